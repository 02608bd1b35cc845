/* Pure. The record of one decision: every input, the votes, the guard that bound, and the sentence that says why. */
#ifndef SCALER_DECISION_H
#define SCALER_DECISION_H

#include "scaler/forecast.h"
#include "scaler/settings.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DECISION_SENTENCE_MAX 512U /* bytes that decision_sentence() needs, its 0 included */

/* What one tick sees of one resource of a group. The sums run over the live nodes that reported it and are not warming
 * up; when all are, over all of them. */
struct resource_observation {
    double demand;   /* sum of utilisation x weight; the weight is cores (cpu), bytes (memory) or 1 (disk) */
    double capacity; /* sum of the weights */
    unsigned nodes;  /* how many there are in the sums */
    double pressure; /* mean share of time in which some task waited for the resource (PSI); 0 where it is not known */
};

/* What one tick sees of one group. No count is above NODES_MAX. */
struct group_observation {
    unsigned live;       /* nodes with a recent sample, those that warm up among them */
    unsigned warming;    /* live nodes that joined a short time ago */
    unsigned stale;      /* nodes without one, not yet given up: capacity of unknown load */
    unsigned unreported; /* nodes known from before the collector started, not heard of since */
    unsigned joined;     /* nodes that were absent at the tick before and are live */
    unsigned left;       /* nodes that were there, and have said goodbye or were given up */
    int64_t age_ms;      /* of the oldest sample that a live node is judged by */
    bool unrecorded;     /* the log of decisions can't be written */
    struct resource_observation resource[RESOURCE_COUNT];
};

enum scale_rule {
    RULE_NONE,     /* nobody voted, or nothing is known: the count stands */
    RULE_REACTIVE, /* utilisation is above `high` */
    RULE_FORECAST,
    RULE_BOUNDS /* the votes alone would not have led to this action, the minimum or maximum did */
};

enum scale_guard {
    GUARD_NONE,
    GUARD_NO_DATA,       /* no live node, or live share under one half: the last desired count stands */
    GUARD_STARTING,      /* nodes known from before the start have not reported yet: likewise */
    GUARD_MODE,          /* the group's mode forbids it */
    GUARD_SILENT_NODES,  /* scale-in refused: silent nodes are assumed busy */
    GUARD_LOW,           /* scale-in refused: utilisation is above `low` */
    GUARD_PROJECTION,    /* scale-in refused or shortened: a resource would exceed `high` after it */
    GUARD_STABILIZATION, /* scale-in waits for the stabilization window */
    GUARD_DEAD_BAND,     /* the change is too small to be worth it */
    GUARD_UNRECORDED,    /* scale-in refused: it could not be recorded */
    GUARD_CHURN,         /* scale-in refused: there were too many within the hour */
    GUARD_STEP,          /* so large a change is made in several steps */
    GUARD_FUTILE,        /* more nodes have not helped */
    GUARD_MINIMUM,       /* raised to nodes_min */
    GUARD_MAXIMUM,       /* lowered to nodes_max */
    GUARD_COUNT
};

enum scale_action { ACTION_HOLD, ACTION_UP, ACTION_DOWN };

struct decision {
    int64_t now_ms; /* the tick, monotonic */
    struct scaler_settings settings;
    struct group_observation observed;        /* a resource that made no sense is all zeros: not reported */
    unsigned pending;                         /* ordered, and not there yet */
    unsigned leaving;                         /* ordered away, and still there */
    unsigned expired;                         /* ordered, and given up at this tick */
    int64_t lead_ms;                          /* lead time in use */
    unsigned lead_seen;                       /* lead times that it was learned from; 0: it is the configured one */
    double demand[RESOURCE_COUNT];            /* of all nodes that are there, see policy.h; 0: not reported */
    double utilisation[RESOURCE_COUNT];       /* demand / capacity of live nodes; NaN: not reported */
    struct forecast forecast[RESOURCE_COUNT]; /* those that do not vote are for the record */
    unsigned vote_reactive[RESOURCE_COUNT];   /* nodes asked for; 0 = abstains */
    unsigned vote_forecast[RESOURCE_COUNT];   /* likewise */
    enum scale_rule rule;                     /* whose vote won */
    enum resource resource;                   /* over which resource it was cast */
    enum scale_guard guard;                   /* the last guard that changed the outcome */
    enum resource guard_resource;             /* over which resource: GUARD_LOW, GUARD_PROJECTION */
    enum scale_action action;
    unsigned current;               /* nodes that count as capacity: live + stale + pending - leaving */
    unsigned raw;                   /* the largest vote, before the guards */
    unsigned desired;               /* after them: what should run, whatever runs now */
    int64_t window_ms;              /* stabilization window in force */
    bool saturated[RESOURCE_COUNT]; /* the reading is only a lower bound of demand */
    bool futile;                    /* utilisation has not fallen although the nodes have doubled */
};

extern const char *const rule_names[]; /* none, reactive, forecast, bounds */
extern const char *const guard_names[GUARD_COUNT];
extern const char *const action_names[]; /* hold, up, down */

/* Share of the live capacity's `high` side that the forecast expects to be used: the demand that is sized for, over the
 * capacity of the live nodes. NaN without a forecast of the resource. */
double decision_forecast_utilisation(const struct decision *decision, enum resource resource);

/* Writes one line that a person understands, without newline, for example
 *     web: scale up 4 -> 6 (cpu 71% now, 88% within 120 s, high 80%)
 *     web: hold 6 (cpu 40% now, 42% within 120 s; scale-in to 4 waits for the stabilization window, 5 min)
 *     web: hold 6 (4 of 6 nodes silent: no decision without data)
 * "Within" gives the bound of the forecast, which is what is sized for. Always 0-terminated, cut at size. */
void decision_sentence(const struct decision *decision, const char *group, char *text, size_t size);

/* Two decisions say the same to an operator: action, desired count, rule and guard are equal. */
bool decision_same(const struct decision *a, const struct decision *b);

#endif
