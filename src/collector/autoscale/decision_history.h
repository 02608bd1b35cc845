/* Pure. Recent decisions, for the HTTP API: the last decision and a series of ticks of each group, and the logged
 * decisions of all groups. After a restart a series begins with its scaler's past demand.
 * A series of a resource takes memory once the group has a value of it. */
#ifndef COLLECTOR_AUTOSCALE_DECISION_HISTORY_H
#define COLLECTOR_AUTOSCALE_DECISION_HISTORY_H

#include "collector/fleet/registry.h"
#include "common/moment.h"
#include "scaler/decision.h"

#include <stdbool.h>
#include <stdint.h>

#define DECISION_HISTORY_POINTS    960U /* ticks per group: 4 h at 15 s */
#define DECISION_HISTORY_DECISIONS 1024U

/* One tick of a group. */
struct decision_history_tick {
    int64_t now_ms;
    uint32_t nodes; /* live, returning and missing */
    uint32_t desired;
    uint32_t silent;     /* nodes that may exist and do not report */
    uint32_t horizon_ms; /* of the forecasts; 0: there is none */
    uint32_t pin;        /* the number that a person has pinned; 0: none */
    bool paused;         /* a person has paused all orders, */
    bool paused_in;      /* or scale-in */
    bool roll_call;
};

/* One resource of it at a tick. */
struct decision_history_load {
    float demand;   /* NaN: unknown */
    float capacity; /* of the live nodes; NaN: from before a restart, of which only demand is known */
    float assumed;  /* the demand that votes and forecasts are computed from: with that of silent nodes */
    float forecast; /* the demand expected at the horizon, its interval, and the demand that the group is sized for;
                       NaN: no forecast */
    float forecast_low;
    float forecast_high;
    float forecast_bound;
};

struct decision_history_group {
    bool decided;
    struct moment when;
    struct decision last;
    bool has_published;    /* readers get a number, */
    unsigned published;    /* this one */
    double forecast_error; /* cpu demand at the last tick minus its forecast one horizon ago; NaN: no forecast */
    uint64_t decisions[ACTION_DOWN + 1];                 /* logged ones, by action */
    struct decision_history_tick *ticks;                 /* DECISION_HISTORY_POINTS; NULL: no tick yet, or no memory */
    struct decision_history_load *loads[RESOURCE_COUNT]; /* the same; NULL: no value yet, or no memory */
    unsigned count;                                      /* of ticks */
    unsigned next;
};

struct decision_history_decision {
    uint64_t id; /* ascending, also over restarts unless the wall clock went back */
    struct moment when;
    char group[NAME_LEN_MAX + 1];
    struct decision decision;
    char why[DECISION_SENTENCE_MAX];
};

struct decision_history {
    struct decision_history_group *groups; /* GROUPS_MAX, by group index */
    struct decision_history_decision *decisions;
    unsigned count;
    unsigned next;
    uint64_t last_id; /* also before there are any */
    uint64_t changes; /* number of decisions, logged or not, and of numbers that readers get */
};

/* 0 or -ENOMEM. */
int decision_history_init(struct decision_history *history, int64_t wall_ms);
void decision_history_deinit(struct decision_history *history);

/* Adds a demand of cpu from before this start. Call it oldest first, and before the group's first
 * decision_history_note(). */
void decision_history_recall(struct decision_history *history, const struct group *group, int64_t now_ms,
                             double demand);

/* The desired count of the last decision; where a reader carries out what is decided, the number that was published for
 * it. false: there is none. While it is not known how large the group is, nobody may take a number for it. */
bool decision_history_desired(const struct decision_history_group *group, unsigned *desired);

/* Readers get this number from now on, or none. */
void decision_history_publish(struct decision_history *history, const struct group *group, bool has_nodes,
                              unsigned nodes);

/* Records a tick's decision. */
void decision_history_note(struct decision_history *history, const struct group *group, const struct decision *decision,
                           const struct moment *when);

/* Records a decision that was logged, with its sentence. */
void decision_history_add(struct decision_history *history, const struct group *group, const struct decision *decision,
                          const struct moment *when, const char *why);

/* Another group gets the place of this one: its last decision and its series are forgotten, what was logged is not. */
void decision_history_forget(struct decision_history *history, const struct group *group);

/* The oldest logged decision with a higher id, or NULL. */
const struct decision_history_decision *decision_history_after(const struct decision_history *history, uint64_t id);

/* Tick i of the group, 0 the oldest. */
const struct decision_history_tick *decision_history_tick(const struct decision_history_group *group, unsigned i);

/* A resource at that tick. */
struct decision_history_load decision_history_load(const struct decision_history_group *group, enum resource resource,
                                                   unsigned i);

#endif
