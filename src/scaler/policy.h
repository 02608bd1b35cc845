/* Pure. The rules that turn demand into a number of nodes: what the group has, what it carries, and the votes. Each one
 * reads the record of the decision and writes its own part of it; they are called in the order in which they stand
 * here. What becomes of the votes is decided by scale_out.h and scale_in.h.
 *
 * For growth only what reports carries load: nodes that are missing do not help. Before those that report are above
 * `high`, though, silence alone is no reason to grow: the missing nodes are assumed to go on carrying what they did. */
#ifndef SCALER_POLICY_H
#define SCALER_POLICY_H

#include "scaler/decision.h"

#include <stdbool.h>

/* Sets a resource to all zeros, not reported, if it is negative, not finite, or reported by no node. */
void policy_clean(struct group_observation *observed);

/* Nodes that may exist and do not report: their load is unknown. A scale-in counts them as fully busy. */
unsigned policy_silent(const struct group_observation *observed);

/* Live nodes that are not warming up; all live nodes, if all are warming up. */
unsigned policy_settled(const struct group_observation *observed);

/* Settled nodes without a reading of a resource that others report. A scale-in counts them as fully busy. */
unsigned policy_unread(const struct decision *d, enum resource resource);

/* Computes what exists and what carries, demand, utilisation and saturation from d->observed and the open orders.
 * Demand is that of all live nodes; a node without a reading counts at the mean of the others. */
void policy_observe(struct decision *d);

/* The load of nodes that do not report or are warming up is unknown. Assumes that the total demand is still `before`,
 * clamped to [what the other nodes carry, what all nodes would carry at the others' mean]. So neither silence, nor its
 * end, nor new nodes look like a change of demand; nor does a node that leaves, whose load moves to the others. Of the
 * missing nodes, as many as were to be removed carry nothing. If those that report are above `high`, the demand that
 * votes are computed from is clamped to what they alone would carry. If fewer than half of the settled nodes have a
 * reading, the demand is held at `before`. */
void policy_continue(struct decision *d, enum resource resource, double before);

/* Whether the nodes carry the resource's demand among them. Not that of a signal of kind limit. */
bool policy_is_carried(const struct decision *d, enum resource resource);

/* Mean weight of a node, see resource_observation. 0: not reported. */
double policy_weight(const struct decision *d, enum resource resource);

/* Weight of all nodes that may exist and do not report: what they last said; the mean of the others if that is unknown.
 */
double policy_silent_weight(const struct decision *d, enum resource resource);

/* Whether no decision is possible or wanted: no node is live, or the mode is off. Sets d->guard to the reason. */
bool policy_withholds(struct decision *d);

/* What a scale-out is measured against: the nodes that carry load; before those that report are above `high`, the
 * missing and unreported ones too. */
unsigned policy_base(const struct decision *d);

/* Whether the actuator's count is known, and says that no node is gone that was counted before. */
bool policy_is_counted(const struct decision *d);

/* The nodes that fulfil the minimum: those that carry load or will in time; or the actuator's count, if that is larger.
 */
unsigned policy_certain(const struct decision *d);

/* Computes the votes of the thresholds and of d->forecast. A vote is at least 1 node; 0 abstains. A resource with
 * d->unhelped has no vote for more than the base, nor has a forecast while d->is_regrouping. given: the votes of
 * saturated resources, see helping.h, and of signals of kind limit, see group_signals.h. */
void policy_vote(struct decision *d, const unsigned given[RESOURCE_COUNT]);

/* Sets d->raw, d->rule and d->resource to the largest vote. Without a vote, d->raw is 0 if the group is idle, and
 * otherwise the larger of the existing and the desired count. d->desired starts as d->raw. */
void policy_combine(struct decision *d);

#endif
