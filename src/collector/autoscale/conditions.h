/* Pure. The conditions of each group: whether orders can be carried out, the data is complete, a bound limits the
 * result, the forecast can be trusted, and growth helps; since when, and why. */
#ifndef COLLECTOR_AUTOSCALE_CONDITIONS_H
#define COLLECTOR_AUTOSCALE_CONDITIONS_H

#include "collector/autoscale/overrides.h"
#include "common/writer.h"
#include "scaler/decision.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONDITION_WHY_MAX 640U /* bytes of a reason: an override with the longest reason, and more */

enum condition_id {
    CONDITION_ABLE_TO_SCALE,    /* what carries out orders works, and may be used */
    CONDITION_DATA_COMPLETE,    /* every node that may exist reports, and all of its resources */
    CONDITION_LIMITED,          /* a bound or a pin keeps the group from the number that the load needs */
    CONDITION_FORECAST_TRUSTED, /* past forecasts of cpu, app and signals were as good as they promised */
    CONDITION_SIGNALS_FRESH,    /* every signal of the group has a value that is not too old */
    CONDITION_HELPING,          /* growth lowers utilisation, and protection does not hold scale-in for long */
    CONDITION_COUNT
};

extern const char *const condition_names[CONDITION_COUNT]; /* able-to-scale, data-complete, ... */

struct condition {
    bool holds;
    int64_t since_ms; /* Unix time since which it holds, or does not, as seen since the start of the collector; 0: never
                         looked at */
    char why[CONDITION_WHY_MAX];
    bool logged; /* what the log last said of it, or what goes without saying */
    int64_t logged_ms;
};

/* Why nothing of a group is carried out. */
struct condition_trouble {
    unsigned tries;   /* runs of the hook that failed in a row; 0: it was not run */
    int64_t since_ms; /* Unix time */
    const char *why;
};

struct condition_group {
    struct condition of[CONDITION_COUNT];
    int64_t begun_ms; /* the first tick, Unix time */
    int64_t held_ms;  /* since when protection holds a scale-in, Unix time; 0: it does not */
    int64_t read_ms;  /* when a reader last asked for the desired count, Unix time; 0: never */
};

/* All that conditions say. All zero at the beginning, but for the groups. */
struct conditions {
    struct condition_group *groups;   /* GROUPS_MAX, by group index; owned */
    struct condition config_in_force; /* of the collector: what it runs with is what its configuration file says */
};

/* 0 or -ENOMEM. */
int conditions_init(struct conditions *conditions);
void conditions_deinit(struct conditions *conditions);

/* Whether orders are expected: the configuration lets them be made, or leaves out a group that could have them. */
bool conditions_expect_orders(const struct decision *decision);

/* A reader has asked for the desired count of the group. */
void conditions_note_read(struct condition_group *group, int64_t wall_ms);

/* Why signals of a group have no value, and whether they may just need some time after the start. */
struct condition_absence {
    char why[CONDITION_WHY_MAX]; /* empty: all have one */
    bool is_starting;
};

/* After a tick. trouble, pin and pause: of the group; NULL: there is none. Returns a bit for each condition that is to
 * be logged: it has turned, at most once a minute, and not because of roll call. */
unsigned conditions_update(struct condition_group *group, const struct decision *decision,
                           const struct condition_trouble *trouble, const struct condition_absence *absence,
                           const struct override *pin, const struct override *pause, int64_t wall_ms);

/* Sets a condition. normal: the value that need not be logged at the start. */
void conditions_set(struct condition *condition, bool normal, bool holds, const char *why, int64_t wall_ms);

/* As JSON: {"able-to-scale":{"status":true,"since_ms":...,"why":"..."},...}. */
void conditions_put_all(struct writer *writer, const struct condition_group *group);

#endif
