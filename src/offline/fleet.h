/* Pure. The fleet of a simulation: identical nodes with a capacity of one unit of demand each, which take some time
 * to start. */
#ifndef OFFLINE_FLEET_H
#define OFFLINE_FLEET_H

#include "common/limits.h"
#include "scaler/model_fleet.h"

struct fleet {
    struct model_fleet nodes;
    unsigned joined;                        /* ready since the step before */
    unsigned left;                          /* ready nodes removed by the last fleet_scale() */
    unsigned delay;                         /* steps from the order of a node until it is ready, 1 .. FLEET_DELAY_MAX */
    unsigned arriving[FLEET_DELAY_MAX + 1]; /* see model_fleet.h; delay + 1 places are in use */
};

void fleet_init(struct fleet *fleet, unsigned ready, unsigned delay);

/* Begins a step, the first or the next: the nodes that were ordered `delay` steps ago are ready. */
void fleet_begin_step(struct fleet *fleet);

/* Scales to the desired count, at least 1, as model_fleet_scale() does. */
void fleet_scale(struct fleet *fleet, unsigned desired);

#endif
