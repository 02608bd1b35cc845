/* Pure. What one tick observes of a signal: a number from outside the nodes, such as the rate of requests or the length
 * of a queue, by which a group is scaled.
 *
 * A group has up to SIGNALS_OF_GROUP_MAX of them. Signal i is the resource RESOURCE_SIGNAL_0 + i, with votes and a
 * forecast like those of cpu, but nothing of it is measured on a node. The place i may change from one tick to the
 * next: the scaler recognises a signal by its name.
 *
 *     load   adds up over the nodes, such as requests per second. Demand is the value, and per_node what a node carries
 *            at 100 %: the vote is value / (target x per_node), whatever number of nodes exists
 *     share  the mean utilisation of the nodes, 0 to 1. Demand is the value x the nodes that were live then
 *     limit  must not be exceeded, such as a latency; it is not proportional to the nodes. While it is above `limit`,
 *            the vote is for a tenth more nodes, at least 1, once per lead time. No scale-in while it is above 80 % of
 *            `limit`
 *
 * A missing signal has no vote for more nodes, and forbids scale-in. Once it is gone, its rule applies. */
#ifndef SCALER_SIGNAL_H
#define SCALER_SIGNAL_H

#include "common/limits.h"

#include <stdbool.h>
#include <stdint.h>

enum signal_kind { SIGNAL_LOAD, SIGNAL_SHARE, SIGNAL_LIMIT, SIGNAL_KIND_COUNT };

enum signal_state {
    SIGNAL_PRESENT,
    SIGNAL_MISSING, /* no value, or one that is too old */
    SIGNAL_GONE     /* missing for so long that `when_gone` applies */
};

/* What applies to a signal that is gone. */
enum signal_rule {
    SIGNAL_HOLD,   /* no scale-in, as while it is missing */
    SIGNAL_IGNORE, /* the group is scaled as if it did not have the signal */
    SIGNAL_NODES,  /* a vote for gone_nodes, among the others */
    SIGNAL_RULE_COUNT
};

extern const char *const signal_kind_names[SIGNAL_KIND_COUNT]; /* load, share, limit */

/* All zeros: the group has no such signal. */
struct signal_observation {
    char name[SIGNAL_NAME_LEN_MAX + 1]; /* another one than the names of the group's other signals; empty: none */
    enum signal_kind kind;
    enum signal_state state;
    enum signal_rule when_gone;
    unsigned gone_nodes; /* of SIGNAL_NODES */
    double value;        /* while present; finite and not negative, or it counts as missing */
    int64_t age_ms;      /* of the value */
    double per_node;     /* of a load: SIGNAL_PER_NODE_MIN to SIGNAL_PER_NODE_MAX */
    double limit;        /* of a limit: the same bounds */
    double high;         /* of load and share, as of the other resources: 0 < target <= high */
    double target;
    bool forecast;  /* whether its forecast votes; never that of a limit */
    bool has_nodes; /* it also says how many nodes there are. Used by a group without agents, which has no others: */
    unsigned nodes; /* they are its live nodes */
    unsigned floor; /* the smallest number of nodes that is needed now; 0: not stated */
};

static inline bool signal_is_used(const struct signal_observation *signal)
{
    return signal->name[0] != '\0';
}

static inline bool signal_is_present(const struct signal_observation *signal)
{
    return signal_is_used(signal) && signal->state == SIGNAL_PRESENT;
}

static inline bool signal_is_load(const struct signal_observation *signal)
{
    return signal_is_present(signal) && signal->kind == SIGNAL_LOAD;
}

/* Whether it forbids scale-in because its value is unknown. */
static inline bool signal_vetoes(const struct signal_observation *signal)
{
    bool holds = signal->state == SIGNAL_MISSING || (signal->state == SIGNAL_GONE && signal->when_gone == SIGNAL_HOLD);

    return signal_is_used(signal) && holds;
}

#endif
