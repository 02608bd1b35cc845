/* Pure. The record of one decision: all inputs, the votes, the guard that limited it, and the sentence that gives
 * the reason. */
#ifndef SCALER_DECISION_H
#define SCALER_DECISION_H

#include "scaler/forecast.h"
#include "scaler/settings.h"
#include "scaler/signal.h"
#include "scaler/unmet.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DECISION_SENTENCE_MAX 512U /* bytes that decision_sentence() needs, its 0 included */

/* What one tick observes of one resource of a group. The sums run over the live nodes that report the resource and are
 * not warming up; if all of them are warming up, over all of them. */
struct resource_observation {
    double
        demand; /* sum of utilisation x weight; the weight is cores (cpu), bytes (memory), 1 (disk) or app_capacity */
    double capacity; /* sum of the weights */
    unsigned nodes;  /* in the sums */
    double pressure; /* mean share of time in which some task waited for the resource (PSI, throttling); 0: unknown */
    unsigned unread; /* live nodes that are not warming up and have no fresh reading of it */
    double newest_weight; /* mean weight of the nodes that joined last by order; 0: unknown */
    double silent_weight; /* sum of the last known weights of the nodes that do not report; 0: unknown */
};

/* What one tick observes of one group. No count is above NODES_MAX. */
struct group_observation {
    unsigned live;            /* nodes with a recent sample, including those that are warming up */
    unsigned warming;         /* live nodes that joined within the warm-up time */
    unsigned returning;       /* nodes whose agent said that it restarts, within their grace */
    unsigned missing;         /* nodes that may exist and do not report; their load is unknown */
    unsigned leaving;         /* nodes that said that they leave, within their grace */
    unsigned unreported;      /* nodes known from before the collector started that have not reported since */
    unsigned joined;          /* nodes that were absent at the previous tick and are live */
    unsigned left;            /* nodes that left or were forgotten since the previous tick */
    unsigned protected_nodes; /* live nodes that protect themselves from removal */
    unsigned implausible;     /* live nodes whose size is not believed: they count as the median of the group */
    unsigned slow;            /* live nodes that sample less often than the collector waits for */
    unsigned regrouped;       /* nodes of other groups that were in this one before: it never orders their like again.
                                 In a decision: of those that have changed since the group last had its minimum */
    unsigned moved;           /* nodes that were moved from this group to another one since the previous tick */
    bool configured;          /* the group has a section or a schedule of its own */
    bool unlisted;            /* scale-groups does not include the group: it is only observed */
    unsigned lost_at_once;    /* missing nodes of a mass loss that has not ended; 0: there is none */
    bool roll_call;           /* the group may not be whole: nodes still report for the first time */
    bool roll_call_blind;     /* the same, and nothing is known from before; in a decision: readers get no number */
    bool counted;             /* the actuator's count is known, and not older than 3 minutes */
    unsigned count;           /* how many nodes exist by that count */
    bool count_unconfirmed;   /* some of them may be gone: the last answers say so, or nodes have left since */
    unsigned pin;             /* the number of nodes that a person has pinned; 0: none */
    bool paused;              /* a person has paused all orders */
    bool paused_in;           /* a person has paused scale-in */
    bool orders_elsewhere;    /* another collector orders for the group */
    int64_t age_ms;           /* of the oldest sample among the newest ones of the live nodes */
    bool unrecorded;          /* decisions.csv can't be written */
    struct resource_observation resource[RESOURCE_COUNT]; /* those of signals are computed from: */
    struct signal_observation signal[SIGNALS_OF_GROUP_MAX];
};

enum scale_rule {
    RULE_NONE,     /* no vote, or no data: the count stays */
    RULE_REACTIVE, /* utilisation is above `high` */
    RULE_FORECAST,
    RULE_BOUNDS, /* the minimum or maximum led to this action, not the votes */
    RULE_PIN,    /* a person has pinned the number */
    RULE_SIGNAL, /* a signal gives a number of nodes: its floor, that of a signal that is gone, or none at all */
    RULE_COUNT
};

enum scale_guard {
    GUARD_NONE,
    GUARD_NO_DATA,        /* no node is live: only the minimum is restored */
    GUARD_ROLL_CALL,      /* nodes still report for the first time: no scale-in, and the minimum is not restored */
    GUARD_MODE,           /* the group's mode forbids the action */
    GUARD_PAUSED,         /* a person has paused orders, or scale-in */
    GUARD_ELSEWHERE,      /* another collector orders for the group */
    GUARD_MISSING_NODES,  /* scale-in refused: nodes that do not report are assumed to be fully busy */
    GUARD_UNREAD,         /* scale-in refused: nodes without a reading are assumed to be fully busy */
    GUARD_SIGNAL_MISSING, /* scale-in refused: the value of a signal is unknown */
    GUARD_LOW,            /* scale-in refused: utilisation is above `low` */
    GUARD_PROJECTION,     /* scale-in refused or shortened: a resource would exceed `high` after it */
    GUARD_PROTECTED,      /* scale-in refused or shortened: too few nodes may be removed */
    GUARD_UNCOUNTED,      /* scale-in refused: the hook chooses the nodes, and can't say how many there are */
    GUARD_STABILIZATION,  /* scale-in waits for the stabilization window */
    GUARD_UNDONE,         /* scale-in waits longer: the last one had to be undone */
    GUARD_ORDERED,        /* scale-in waits: an earlier order is being carried out */
    GUARD_DEAD_BAND,      /* the change is too small */
    GUARD_UNRECORDED,     /* scale-in refused: decisions.csv can't be written */
    GUARD_CHURN,          /* scale-in refused: too many within the last hour */
    GUARD_STEP,           /* a large change is made in several steps */
    GUARD_FUTILE,         /* scale-out refused: more nodes have not helped */
    GUARD_MINIMUM,        /* raised to nodes_min */
    GUARD_MAXIMUM,        /* lowered to nodes_max */
    GUARD_COUNT
};

enum scale_action { ACTION_HOLD, ACTION_UP, ACTION_DOWN };

struct decision {
    int64_t now_ms; /* the tick, monotonic */
    struct scaler_settings settings;
    struct group_observation observed;        /* an implausible resource is all zeros: not reported */
    unsigned pending;                         /* nodes ordered that have not joined yet, those overdue included */
    unsigned overdue;                         /* of these: nothing has come for a lead time and a tick */
    unsigned removing;                        /* nodes named by a scale-in that are still there */
    unsigned expired;                         /* nodes whose order expired at this tick */
    struct unmet unmet;                       /* orders that have brought nothing so far */
    bool gives_up;                            /* they are given up at this tick */
    int64_t lead_ms;                          /* lead time in use */
    int64_t slow_lead_ms;                     /* 90th percentile of the observed ones; the setting, if there are none */
    unsigned lead_seen;                       /* observed lead times it was learned from; 0: it is the configured one */
    bool is_emptied;                          /* its last node was moved to another group, and none has come since */
    bool is_regrouping;                       /* forecasts still see the demand of nodes that were moved away */
    bool strained;                            /* a resource of the nodes that report is above its `high` */
    double demand[RESOURCE_COUNT];            /* that votes are computed from, see policy_continue(); 0: not reported */
    double total[RESOURCE_COUNT];             /* the same, with what missing nodes may carry */
    double utilisation[RESOURCE_COUNT];       /* demand / capacity of live nodes; NaN: not reported */
    struct forecast forecast[RESOURCE_COUNT]; /* those without a vote are only recorded */
    unsigned vote_reactive[RESOURCE_COUNT];   /* nodes; 0: abstains */
    unsigned vote_forecast[RESOURCE_COUNT];   /* nodes; 0: abstains */
    unsigned vote_signal;   /* nodes that a signal asks for by number: its floor, or its number while it is gone */
    enum resource signal;   /* that asks for them; if none does, one that shows whether nodes are needed */
    bool is_idle;           /* the minimum is 0, and the load signals show that no node is needed */
    enum scale_rule rule;   /* that cast the winning vote */
    enum resource resource; /* for which resource */
    enum scale_guard guard; /* the last guard that changed the outcome */
    enum resource guard_resource; /* for which resource, of the guards that look at one */
    enum scale_action action;
    unsigned existing;     /* nodes that may exist or are on order; the actuator's count, if that is larger */
    unsigned carrying;     /* nodes that carry load, or will in time: live, returning, on order and not overdue */
    unsigned current;      /* what the votes are compared with: existing; for a scale-out, see policy_base() */
    unsigned raw;          /* the largest vote, before the guards */
    unsigned before;       /* the desired count before this decision */
    unsigned desired;      /* after the guards: how many nodes should run */
    unsigned to;           /* the number of nodes of the order; 0: there is none, or a scale-in to no node */
    unsigned adding;       /* how many nodes a scale-out adds, as far as is known */
    unsigned victims;      /* how many nodes a scale-in names, see victims.h */
    uint64_t order_epoch;  /* the order's id is EPOCH.NUMBER, which rises for each group */
    uint64_t order_number; /* 0: there is no order */
    int64_t window_ms;     /* stabilization window in force, prolonged by GUARD_UNDONE */
    bool saturated[RESOURCE_COUNT]; /* the reading is only a lower bound of the demand */
    bool unhelped[RESOURCE_COUNT];  /* its votes for more nodes have ended: more nodes have not helped */
    bool futile;                    /* utilisation has not fallen although the nodes have doubled */
};

extern const char *const rule_names[RULE_COUNT]; /* none, reactive, forecast, bounds, pin, signal */
extern const char *const guard_names[GUARD_COUNT];
extern const char *const action_names[]; /* hold, up, down */

/* The utilisation that the fleet is sized for: the bound of the resource's forecast over the capacity of the live
 * nodes. NaN without a forecast. */
double decision_forecast_utilisation(const struct decision *decision, enum resource resource);

/* cpu, memory, disk, app, or the name of the signal. Belongs to the decision. */
const char *decision_resource_name(const struct decision *decision, enum resource resource);

/* How many of the resources, in their order, the group can have: without signals, those that nodes report. */
static inline unsigned decision_resources(const struct decision *decision)
{
    for (unsigned i = 0; i < SIGNALS_OF_GROUP_MAX; i++)
        if (signal_is_used(&decision->observed.signal[i]))
            return RESOURCE_COUNT;
    return RESOURCE_NODE_COUNT;
}

/* The nodes that the group must have: the minimum; where that is 0, one while a load signal is above 0. */
unsigned decision_minimum(const struct decision *decision);

/* Whether there is something to decide from: live nodes; or, in a group that has none of any kind, a load signal. */
bool decision_has_data(const struct decision *decision);

/* Whether the group's orders are carried out, so that a desired count is an intention that stands. */
bool decision_acts(const struct decision *decision);

/* Writes the decision as one line of English, without a newline, for example
 *     web: scale up 4 -> 6 (cpu 71% now, 88% within 120 s, high 80%)
 *     web: hold 6 (cpu 40% now, 42% within 120 s; scale-in to 4 waits for the stabilization window, 5 min)
 *     web: hold 6 (4 of 4 nodes missing: no decision without data)
 * The value before "within" is the bound of the forecast, for which the fleet is sized. The text is 0-terminated, and
 * cut at size; DECISION_SENTENCE_MAX is enough. */
void decision_sentence(const struct decision *decision, const char *group, char *text, size_t size);

/* Whether two decisions are the same to an operator: action, desired count, rule and guard are equal. */
bool decision_same(const struct decision *a, const struct decision *b);

#endif
