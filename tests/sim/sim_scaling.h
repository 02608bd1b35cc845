/* A collector's scalers, at each tick and across its restarts: they must not order a scale-in because samples are
 * missing, or because of a restart.
 *
 * Their state is saved as snapshot.c saves it: some time after a tick, and at an ordinary stop; a crash may lose the
 * write that is in progress. */
#ifndef SIM_SCALING_H
#define SIM_SCALING_H

#include "collector/config/config.h"
#include "scaler/scaler.h"
#include "scaler/state.h"
#include "sim/sim.h"

#include <stdbool.h>
#include <stdint.h>

struct sim_collector;

/* What the simulation itself knows of a group. */
struct sim_group {
    char name[NAME_LEN_MAX + 1]; /* empty: no group */
    bool decided;                /* from data */
    unsigned desired;
    uint64_t ticked_ms;   /* the last tick */
    uint64_t unbroken_ms; /* the first tick after the last gap; 0: unknown, as a clock was changed */
};

/* A saved state. */
struct sim_saved {
    struct state_text text; /* len 0: none */
    uint64_t done_ms;       /* when its write is done, or NEVER */
    int64_t wall_shift_ms;
    struct sim_group groups[SIM_GROUPS_MAX];
};

struct sim_scaling {
    struct collector_config config; /* its settings, and when a node counts as gone */
    uint64_t tick_ms;               /* the next one */
    uint64_t next_save_ms;
    struct scaler *scalers[SIM_GROUPS_MAX];
    struct sim_group groups[SIM_GROUPS_MAX];
    struct sim_saved file;
    struct sim_saved under_way;
};

void scaling_init(struct sim_scaling *scaling, struct world *world, int64_t gone_ms);
void scaling_deinit(struct sim_scaling *scaling);

/* The collector starts, begins to stop, has stopped in order, or has ended in any way. */
void scaling_begin(struct sim_collector *collector);
void scaling_stop(struct sim_collector *collector);
void scaling_stopped(struct sim_collector *collector);
void scaling_end(struct sim_collector *collector);

void scaling_tick(struct sim_collector *collector);

#endif
