/* The record of one decision: every input, the votes, the guard that bound, and the sentence that says why. */
#ifndef SCALER_DECISION_H
#define SCALER_DECISION_H

#include "scaler/settings.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What one tick sees of one resource of a group. The sums run over the live nodes that reported it. */
struct resource_observation {
    double demand;   /* sum of utilisation x weight; the weight is cores (cpu), bytes (memory) or 1 (disk) */
    double capacity; /* sum of the weights */
    unsigned nodes;  /* how many reported it */
};

/* What one tick sees of one group. No count is above NODES_MAX. */
struct group_observation {
    unsigned live;       /* nodes with a recent sample */
    unsigned stale;      /* nodes without one, not yet given up: capacity of unknown load */
    unsigned unreported; /* nodes known from before the collector started, not heard of since */
    struct resource_observation resource[RESOURCE_COUNT];
};

/* A least-squares forecast of a group's demand of one resource. */
struct forecast {
    bool valid;   /* false: too few points, the rest is 0 */
    double level; /* demand now, on the line */
    double slope; /* demand per second, after damping */
    double peak;  /* largest demand expected from now to the horizon; never below the level */
    double low;   /* prediction interval of the peak */
    double high;
    double confidence; /* of that interval, for example 0.80 */
    unsigned points;
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
    GUARD_SILENT_NODES,  /* scale-in refused: silent nodes are assumed busy */
    GUARD_LOW,           /* scale-in refused: utilisation is above `low` */
    GUARD_PROJECTION,    /* scale-in refused or shortened: a resource would exceed `high` after it */
    GUARD_STABILIZATION, /* scale-in waits for the stabilization window */
    GUARD_DEAD_BAND,     /* scale-in refused: too small to be worth it */
    GUARD_MINIMUM,       /* raised to nodes_min */
    GUARD_MAXIMUM        /* lowered to nodes_max */
};

enum scale_action { ACTION_HOLD, ACTION_UP, ACTION_DOWN };

struct decision {
    int64_t now_ms; /* the tick, monotonic */
    struct scaler_settings settings;
    struct group_observation observed;        /* a resource that made no sense is all zeros: not reported */
    double utilisation[RESOURCE_COUNT];       /* demand / capacity of live nodes; NaN: not reported */
    struct forecast forecast[RESOURCE_COUNT]; /* cpu's votes; the others are for the record */
    double forecast_utilisation;              /* cpu demand that is sized for / live capacity; NaN without a forecast */
    unsigned vote_reactive[RESOURCE_COUNT];   /* nodes asked for; 0 = abstains */
    unsigned vote_forecast;                   /* nodes asked for; 0 = abstains */
    enum scale_rule rule;                     /* whose vote won */
    enum resource resource;                   /* over which resource it was cast */
    enum scale_guard guard;                   /* the last guard that changed the outcome */
    enum resource guard_resource;             /* over which resource: GUARD_LOW, GUARD_PROJECTION */
    enum scale_action action;
    unsigned current; /* nodes that count as capacity: live + stale */
    unsigned raw;     /* the largest vote, before the guards */
    unsigned desired; /* after them: what should run, whatever runs now */
    bool saturated;   /* a cpu reading of 100 % is only a lower bound of demand */
};

extern const char *const rule_names[];   /* none, reactive, forecast, bounds */
extern const char *const guard_names[];  /* none, no-data, starting, silent-nodes, low, projection, ... */
extern const char *const action_names[]; /* hold, up, down */

/* Writes one line that a person understands, without newline, for example
 *     web: scale up 4 -> 6 (cpu 71% now, 88% within 120 s, high 80%)
 *     web: hold 6 (cpu 40% now, 42% within 120 s; scale-in to 4 waits for the stabilization window, 5 min)
 *     web: hold 6 (4 of 6 nodes silent: no decision without data)
 * "Within" gives the upper end of the forecast, which is what is sized for. Always 0-terminated, cut at size. */
void decision_sentence(const struct decision *decision, const char *group, char *text, size_t size);

/* Two decisions say the same to an operator: action, desired count, rule and guard are equal. */
bool decision_same(const struct decision *a, const struct decision *b);

#endif
