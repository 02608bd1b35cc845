/* A collector's process and its machine: sessions, registry, backlog and store joined as collector.c joins them, its
 * clocks, its ends and its starts. */
#ifndef SIM_COLLECTOR_H
#define SIM_COLLECTOR_H

#include "sim/sim_disk.h"
#include "sim/sim_pack.h"
#include "sim/sim_rings.h"
#include "sim/sim_scaling.h"
#include "sim/sim_session.h"
#include "sim/sim_store.h"

#include <stdbool.h>
#include <stdint.h>

struct sim_collector {
    struct world *world;
    unsigned index;
    uint64_t boot_ms;      /* the monotonic clock's 0 */
    int64_t wall_shift_ms; /* how wrong the wall clock is */
    bool wall_stepped;     /* it has stepped while the collector had this folder */
    bool running;
    bool stopping; /* drains, then closes its sessions */
    uint64_t start_ms;
    uint64_t stop_ms; /* gives up draining */
    uint64_t paused_ms;
    uint64_t housekeeping_ms;
    uint64_t written_ms; /* when its store last ended a write, successful or not; of the world's time */
    uint32_t ack_interval_ms;
    uint32_t credit;
    int64_t history_ms;
    int64_t gone_ms;
    struct registry registry;
    struct backlog backlog;
    struct intake_hub hub;
    struct session sessions[SESSIONS_MAX];
    struct sim_disk disk;
    struct sim_store store;
    struct sim_pack pack;
    struct sim_rings rings;
    struct sim_scaling scaling;
};

uint64_t sim_collector_mono(const struct sim_collector *collector);
int64_t sim_collector_wall(const struct sim_collector *collector);

void sim_collector_init(struct sim_collector *collector, struct world *world, unsigned index);
void sim_collector_deinit(struct sim_collector *collector);

uint64_t sim_collector_due(const struct sim_collector *collector);
void sim_collector_run(struct sim_collector *collector);

/* SIGTERM. */
void sim_collector_stop(struct sim_collector *collector);

/* SIGKILL, or no power; starts again after a while. */
void sim_collector_crash(struct sim_collector *collector, bool power);

/* Nothing waits for the disk. */
bool sim_collector_idle(const struct sim_collector *collector);

/* From the store. */
void collector_on_stored(const struct backlog_instances *stored);
void collector_on_held(struct sim_collector *collector, bool held);
void collector_on_drained(struct sim_collector *collector);

#endif
