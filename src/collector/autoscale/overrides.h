/* Pure. What people order by hand for a while: a group's pinned number of nodes, a pause of its orders, or that a
 * collector orders for it which its agents do not prefer. Each override ends by itself, and is kept over restarts in
 * the file `overrides`.
 *
 * A group has at most one of each; a new one takes the place of the old one. Their times are those of
 * the wall clock, because a person gave them. */
#ifndef COLLECTOR_AUTOSCALE_OVERRIDES_H
#define COLLECTOR_AUTOSCALE_OVERRIDES_H

#include "common/limits.h"
#include "common/writer.h"
#include "scaler/decision.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OVERRIDE_MS_MAX     (INT64_C(7) * 86400000) /* from its order to its end */
#define OVERRIDE_USER_MAX   32U                     /* bytes */
#define OVERRIDE_REASON_MAX 200U                    /* bytes */
#define OVERRIDES_MAX       (3 * GROUPS_MAX)
#define OVERRIDE_TEXT_MAX   512U  /* bytes of overrides_describe() */
#define OVERRIDE_JSON_MAX   2048U /* bytes of overrides_put_one() */

enum override_kind {
    OVERRIDE_PIN,
    OVERRIDE_PAUSE,    /* no orders, not even for the minimum */
    OVERRIDE_PAUSE_IN, /* no scale-in */
    OVERRIDE_ACTIVATE, /* this collector orders, although the group's agents prefer another one */
    OVERRIDE_KIND_COUNT
};

extern const char *const override_kind_names[OVERRIDE_KIND_COUNT]; /* pin, pause, pause-scale-in, activate */

struct override {
    enum override_kind kind;
    char group[NAME_LEN_MAX + 1];
    unsigned nodes; /* of a pin */
    bool forced;    /* a pin that may be outside the bounds of the group */
    int64_t set_ms; /* Unix time, as is until_ms */
    int64_t until_ms;
    unsigned uid;                         /* of the process that gave the command */
    char user[OVERRIDE_USER_MAX + 1];     /* as that process names its user; may be empty */
    char reason[OVERRIDE_REASON_MAX + 1]; /* may be empty */
};

/* All zero: none. */
struct overrides {
    struct override *items; /* owned, in the order in which they were given */
    unsigned count;
    unsigned room;
    uint64_t changes; /* since the start */
};

void overrides_deinit(struct overrides *overrides);

/* Whether the override may be set at that time to a group with these settings. Returns 0, or -EINVAL with what to do
 * in error. */
int overrides_check(const struct override *override, const struct scaler_settings *settings, int64_t wall_ms,
                    char *error, size_t error_size);

/* Adds a checked override, in place of one that it replaces. 0, -ENOMEM, or -ENOSPC: there are OVERRIDES_MAX. */
int overrides_set(struct overrides *overrides, const struct override *override);

/* The group's pin, its pause, or its activation; NULL: there is none. */
const struct override *overrides_pin(const struct overrides *overrides, const char *group);
const struct override *overrides_pause(const struct overrides *overrides, const char *group);
const struct override *overrides_activation(const struct overrides *overrides, const char *group);

/* Why an order of the group, to scale in or out, must not be carried out; NULL: nobody has paused it. */
const char *overrides_objection(const struct overrides *overrides, const char *group, bool is_in);

/* Removes one that is over, or that of a group (group NULL: any that is over at wall_ms), into *removed. false: there
 * is none. */
bool overrides_remove(struct overrides *overrides, const char *group, int64_t wall_ms, struct override *removed);

/* What the overrides say of the group, in the observation and in the settings of a tick: a forced pin widens the
 * bounds. */
void overrides_apply(const struct overrides *overrides, const char *group, struct group_observation *observed,
                     struct scaler_settings *settings);

/* As a person reads it: "pinned to 20 nodes until 2026-11-28 18:00 UTC by alice (uid 1000): the reason". */
void overrides_describe(const struct override *override, char *text, size_t size);

/* As a JSON object; those of a group as an array. */
void overrides_put_one(struct writer *writer, const struct override *override);
void overrides_put_json(struct writer *writer, const struct overrides *overrides, const char *group);

#endif
