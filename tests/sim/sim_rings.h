/* What a collector's rings and its view of who is alive must be, kept beside them in plain lists and by other means:
 * from the simulation's own knowledge of when a sample was taken. */
#ifndef SIM_RINGS_H
#define SIM_RINGS_H

#include "sim/sim.h"

#include <stddef.h>
#include <stdint.h>

struct sim_collector;
struct row;
struct run;
struct node;

/* A sample as it came. */
struct ring_entry {
    int64_t taken_ms; /* of the collector's monotonic clock */
    const struct run *run;
    uint64_t seq;
};

/* One node, since its ring was last made new. */
struct node_view {
    struct ring_entry *entries; /* those that belong into the ring */
    size_t count;
    size_t size;
    int64_t last_ms;
    uint64_t last_uptime_ms;
    int64_t seen_ms;
    bool reported;
};

struct sim_rings {
    struct node_view nodes[SIM_AGENTS_MAX];
};

void rings_deinit(struct sim_rings *rings);

/* The collector has just read its files. */
void rings_begin(struct sim_collector *collector);

/* Rows have come into the backlog, each in its turn, and all in one call. */
void rings_received(struct sim_collector *collector, const struct row *rows, unsigned count);

/* Rings may have been given back. */
void rings_trimmed(struct sim_collector *collector);

/* Each ring holds the newest of the samples, in order, in its own encoding. */
void rings_check(const struct sim_collector *collector);

/* A node is live if and only if its newest sample is young enough, whatever the wall clocks say. */
void rings_check_liveness(const struct sim_collector *collector);

#endif
