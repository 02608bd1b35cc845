/* A collector's scaler at its ticks, and that no node is given up because nothing was heard. */
#ifndef SIM_SCALING_H
#define SIM_SCALING_H

#include "scaler/group.h"
#include "sim/sim.h"

#include <stdint.h>

struct sim_collector;

struct sim_scaling {
    struct scaler_settings settings;
    uint64_t tick_ms; /* the next one */
    struct {
        struct scaler *scaler;
        unsigned desired;
    } groups[SIM_GROUPS_MAX];
};

void scaling_init(struct sim_scaling *scaling, struct world *world);

/* The collector starts, ends, or ticks. */
void scaling_begin(struct sim_collector *collector);
void scaling_end(struct sim_collector *collector);
void scaling_tick(struct sim_collector *collector);

#endif
