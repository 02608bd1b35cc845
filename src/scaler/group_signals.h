/* Pure. Turns the signals of a group into resources of its decision, and into votes of their own. */
#ifndef SCALER_GROUP_SIGNALS_H
#define SCALER_GROUP_SIGNALS_H

#include "scaler/decision.h"
#include "scaler/history.h"

#include <stdbool.h>
#include <stdint.h>

#define GROUP_SIGNALS_LIVES 16U /* ticks */

/* The last step of a signal of kind limit. All zeros: there was none. */
struct group_signals_step {
    int64_t time_ms;
    unsigned vote;
};

/* What is remembered of the signals of one group. */
struct group_signals {
    bool has_nodes; /* the group has no agents, and a signal says how many nodes there are: */
    unsigned nodes; /* the last number */
    struct group_signals_step step[SIGNALS_OF_GROUP_MAX];
    struct history lives; /* the live nodes at the last ticks, if a signal of kind share needs them */
    struct history_point lives_points[GROUP_SIGNALS_LIVES];
};

/* After the struct was set to all zeros. */
void group_signals_init(struct group_signals *signals);

/* A present signal whose numbers make no sense is missing. In a group without agents, the nodes that a signal counts
 * are live; while it is missing, those that it counted last. */
void group_signals_take(struct group_signals *signals, struct group_observation *observed);

/* Sets thresholds, demand and capacity of the signals that are present. A group without a live node has the capacity of
 * one, so that a node has a weight. */
void group_signals_observe(struct group_signals *signals, struct decision *d);

/* What the signals of kind limit vote for, for the array of policy_vote(); and d->vote_signal, d->is_idle and
 * d->signal. */
void group_signals_vote(struct group_signals *signals, struct decision *d, unsigned votes[RESOURCE_COUNT]);

#endif
