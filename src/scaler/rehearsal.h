/* Pure. What a way of deciding would have cost: a fleet that exists on paper only, scaled by it on the demand that was
 * seen.
 *
 * Demand does not depend on the fleet, so any number of such fleets can be run beside the real one. They live through
 * what a forecast's error alone does not show: orders take their time, noise in the recommendation is kept by the
 * stabilization window, small changes are not worth an action. The price of a step is the nodes that are paid for, in
 * mean fleets; `price` when the demand exceeds `high`; and a little for each action. */
#ifndef SCALER_REHEARSAL_H
#define SCALER_REHEARSAL_H

#include "scaler/model_fleet.h"

#define REHEARSAL_DELAY_MAX 72U /* steps from order to ready */
#define REHEARSAL_BLOCKS    40U

/* The highest recommendation of a window that slides: blocks of steps, of which each keeps its highest. */
struct rehearsal_window {
    unsigned block_steps;
    unsigned steps; /* of the newest block */
    unsigned at;    /* the newest block */
    unsigned block[REHEARSAL_BLOCKS];
};

/* longest_steps: the longest window that is asked for. */
void rehearsal_window_init(struct rehearsal_window *window, unsigned longest_steps);
void rehearsal_window_push(struct rehearsal_window *window, unsigned nodes);
unsigned rehearsal_window_highest(const struct rehearsal_window *window, unsigned window_steps);

struct rehearsal {
    struct model_fleet fleet;
    unsigned arriving[REHEARSAL_DELAY_MAX + 1]; /* see model_fleet.h */
    double price;                               /* of a step, averaged over the last 8 hours */
};

/* What one step is seen with. */
struct rehearsal_step {
    double demand;
    double high;       /* share */
    double weight;     /* of a node */
    double mean_fleet; /* in units of demand */
    double price;
    double action_price;
    double memory; /* weight of this step in the average, 0 to 1 */
    unsigned delay_steps;
    unsigned nodes_min;
    unsigned nodes_max;
};

void rehearsal_init(struct rehearsal *rehearsal, unsigned nodes);

/* Nodes ordered delay_steps ago are ready; the step is paid for; then `raw` nodes are recommended, of which the highest
 * of the window is `highest`. */
void rehearsal_run(struct rehearsal *rehearsal, const struct rehearsal_step *step, unsigned raw, unsigned highest);

#endif
