/* Pure. Computes what a strategy would have cost: the strategy scales a model fleet under the observed demand.
 *
 * Demand does not depend on the fleet, so any number of model fleets can run next to the real one. They show what the
 * error of a forecast alone does not: orders take time, the stabilization window holds on to noise in the
 * recommendation, small changes are skipped. The price of a step is that of the nodes, in mean fleets; plus `price` if
 * the demand exceeds `high`; plus a little for each action. */
#ifndef SCALER_REHEARSAL_H
#define SCALER_REHEARSAL_H

#include "scaler/model_fleet.h"

#define REHEARSAL_DELAY_MAX 72U /* steps from order to ready */
#define REHEARSAL_BLOCKS    40U

/* The highest recommendation within a sliding window, as blocks of steps with the highest of each. */
struct rehearsal_window {
    unsigned block_steps;
    unsigned steps; /* of the newest block */
    unsigned at;    /* the newest block */
    unsigned block[REHEARSAL_BLOCKS];
};

/* longest_steps: the longest window that will be queried. */
void rehearsal_window_init(struct rehearsal_window *window, unsigned longest_steps);
void rehearsal_window_push(struct rehearsal_window *window, unsigned nodes);

/* The highest within the last window_steps; or, if there is one that is at least `enough`, the newest such one. */
unsigned rehearsal_window_highest(const struct rehearsal_window *window, unsigned window_steps, unsigned enough);

struct rehearsal {
    struct model_fleet fleet;
    unsigned arriving[REHEARSAL_DELAY_MAX + 1]; /* see model_fleet.h */
    double price;                               /* of a step, averaged over the last 8 hours */
};

/* The input of one step. */
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

/* Runs a step: the nodes ordered delay_steps ago become ready, the step is charged, then the fleet is scaled to the
 * recommendation `raw` (at least 1), which is the last one in the window; the last window_steps of it count. */
void rehearsal_run(struct rehearsal *rehearsal, const struct rehearsal_step *step, unsigned raw,
                   const struct rehearsal_window *window, unsigned window_steps);

#endif
