/* What a collector's rings, and the liveness of its nodes, must be: computed independently, in plain lists, from when
 * the simulation took each sample. */
#ifndef SIM_RINGS_H
#define SIM_RINGS_H

#include "sim/sim.h"

#include <stddef.h>
#include <stdint.h>

struct sim_collector;
struct row;
struct run;
struct node;

/* A sample as it arrived. */
struct ring_entry {
    int64_t taken_ms; /* of the collector's monotonic clock */
    const struct run *run;
    uint64_t seq;
};

/* One node, since its ring was last allocated. */
struct node_view {
    struct ring_entry *entries; /* those that belong in the ring */
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

/* One call has added these rows to the backlog, in this order. */
void rings_received(struct sim_collector *collector, const struct row *rows, unsigned count);

/* Rings may have been freed. */
void rings_trimmed(struct sim_collector *collector);

/* Fails unless each ring holds the newest samples, in order, as the ring encodes them. */
void rings_check(const struct sim_collector *collector);

/* Fails unless those nodes are live whose newest sample is recent enough, whatever the wall clocks show; and no others,
 * except connected ones. */
void rings_check_liveness(const struct sim_collector *collector);

#endif
