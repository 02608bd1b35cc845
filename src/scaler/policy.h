/* Pure. The rules that turn demand into a number of nodes. Each one reads what it needs from the record of the decision
 * and writes its own part of it, in the order in which they stand here. */
#ifndef SCALER_POLICY_H
#define SCALER_POLICY_H

#include "scaler/decision.h"

#include <stdbool.h>

/* What the stabilization window remembers, this tick's recommendation among it. */
struct stabilization {
    unsigned highest; /* recommendation */
    bool whole;       /* the window has been seen from its beginning */
};

/* Puts a resource that is negative, not finite, or reported by nobody to all zeros: not reported. */
void policy_clean(struct group_observation *observed);

/* The present count, demand, utilisations and saturation, from d->observed, d->pending and d->leaving. Demand is that
 * of all live nodes, those without a reading at the mean of the others. */
void policy_observe(struct decision *d);

/* Of nodes that are silent or warm up nobody knows the load. With the others they are taken to carry what was demanded
 * before, as far as that can be: no less than the others carry, no more than if they were as loaded as these. So
 * neither their silence, nor their return, nor the arrival of new ones looks like a change of demand. */
void policy_continue(struct decision *d, enum resource resource, double before);

/* The mean node's weight. 0: not reported. */
double policy_weight(const struct decision *d, enum resource resource);

/* Too little is known to decide anything, because nodes have not reported since the start, no node is live, or fewer
 * than half are; or nothing is to be decided: then d->guard says so. */
bool policy_withholds(struct decision *d);

/* The votes of the thresholds and of d->forecast. No vote asks for less than one node; 0 is for abstaining. */
void policy_vote(struct decision *d);

/* d->raw, d->rule, d->resource: the largest vote. If nobody votes, the larger of the present count and `wanted`, the
 * last desired one. Before the guards that is also d->desired. */
void policy_combine(struct decision *d, unsigned wanted);

/* When the vote is for more nodes than there are: dead band, futility, step. */
void policy_scale_out(struct decision *d);

/* When it is for fewer: stabilization, projection, silent nodes, low, dead band, the log, churn, mode, step.
 * ordered: scale-ins within the last hour. */
void policy_scale_in(struct decision *d, struct stabilization window, unsigned ordered);

/* Minimum, maximum, and the action that results. */
void policy_bound(struct decision *d);

#endif
