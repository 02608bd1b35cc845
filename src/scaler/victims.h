/* Pure. Chooses the nodes that a scale-in names.
 *
 * A decision to scale in is made with the weight of the mean node (scale_in.h). Which nodes go is decided here: they
 * are sorted as the setting `victims` says, and as many of the first are kept as may go, projected with exactly their
 * weights: a group of small and large nodes loses no node that the others can't replace. */
#ifndef SCALER_VICTIMS_H
#define SCALER_VICTIMS_H

#include "scaler/decision.h"

#include <stdbool.h>
#include <stdint.h>

struct victim_candidate {
    const char *node_id;
    double weight[RESOURCE_NODE_COUNT]; /* see resource_observation */
    double demand[RESOURCE_NODE_COUNT]; /* utilisation x weight; NaN: unknown */
    int64_t first_s;                    /* when the node was first seen: the largest is the newest */
    double busiest;                     /* share: the mean of its busiest resource over 5 minutes; NaN: unknown */
    bool named; /* by the last scale-in, and it has not gone yet: it goes first, so that no more nodes than wanted go */
    bool warming;
    bool excluded; /* it protects itself, or has no fresh reading */
};

/* d->action is ACTION_DOWN; the candidates are the live nodes of the group. Sorts them: those that go come first. Sets
 * d->victims, d->to and d->desired; if none may go, the decision becomes a hold, and d->guard tells why. With
 * VICTIMS_ANY, where the actuator chooses, as many may go as if it chose the heaviest, and none if one is excluded. */
void victims_choose(struct decision *d, struct victim_candidate *candidates, unsigned count);

#endif
