/* Pure. The rules that turn demand into a desired number of nodes. Each one reads the record of the decision and
 * writes its own part of it; they are called in the order in which they stand here. */
#ifndef SCALER_POLICY_H
#define SCALER_POLICY_H

#include "scaler/decision.h"

#include <stdbool.h>

/* The recommendations within the stabilization window, this tick's included. */
struct stabilization {
    unsigned highest; /* highest recommendation */
    bool whole;       /* recommendations are known for the whole window */
};

/* Sets a resource to all zeros, not reported, if it is negative, not finite, or reported by no node. */
void policy_clean(struct group_observation *observed);

/* Computes the current count, demand, utilisation and saturation from d->observed, d->pending and d->leaving. Demand is
 * that of all live nodes; a node without a reading counts at the mean of the others. */
void policy_observe(struct decision *d);

/* The load of silent and warming nodes is unknown. Assumes that the total demand is still `before`, clamped to [what
 * the other nodes carry, what all nodes would carry at the others' mean]. So neither silence, nor its end, nor new
 * nodes look like a change of demand. */
void policy_continue(struct decision *d, enum resource resource, double before);

/* Mean weight of a node, see resource_observation. 0: not reported. */
double policy_weight(const struct decision *d, enum resource resource);

/* Whether no decision is possible or wanted: nodes have not reported since the start, no node is live, fewer than half
 * are, or the mode is off. Sets d->guard to the reason. */
bool policy_withholds(struct decision *d);

/* Computes the votes of the thresholds and of d->forecast. A vote is at least 1 node; 0 abstains. */
void policy_vote(struct decision *d);

/* Sets d->raw, d->rule and d->resource to the largest vote. Without a vote, d->raw is the larger of the current count
 * and `wanted`, the last desired count. d->desired starts as d->raw. */
void policy_combine(struct decision *d, unsigned wanted);

/* The guards of a scale-out: dead band, step, futility. */
void policy_scale_out(struct decision *d);

/* The guards of a scale-in: stabilization, projection, silent nodes, low, dead band, unrecorded, churn, mode, step.
 * ordered: scale-ins within the last hour. */
void policy_scale_in(struct decision *d, struct stabilization window, unsigned ordered);

/* Applies minimum and maximum, and sets the resulting action. */
void policy_bound(struct decision *d);

#endif
