/* Pure. A group and its scaler: it decides at a tick, selects what is logged and ordered, and provides what is saved
 * for a restart. */
#ifndef COLLECTOR_AUTOSCALE_SCALED_GROUP_H
#define COLLECTOR_AUTOSCALE_SCALED_GROUP_H

#include "collector/autoscale/decision_history.h"
#include "collector/config/config.h"
#include "collector/fleet/registry.h"
#include "scaler/scaler.h"
#include "scaler/state.h"

#include <stdbool.h>
#include <stdint.h>

/* All zero: no tick yet. */
struct scaled_group {
    struct scaler *scaler;
    bool starved; /* there was no memory for the scaler, which was logged */
    bool has_logged;
    struct decision logged; /* the last one; after a restart, only what decision_same() compares */
    int64_t logged_ms;
    struct decision last; /* of the last tick; settings.tick_ms is 0 before the first one */
};

enum scaled_group_ready {
    SCALED_GROUP_READY,
    SCALED_GROUP_EMPTY,  /* known from old files only, and not configured: it is not scaled */
    SCALED_GROUP_STARVED /* no memory for its scaler */
};

/* Before a tick: makes the scaler where there is none yet. A configured group, one with a section or a schedule, is
 * scaled without nodes too, so that its minimum is restored. wall_ms: now, for the ids of its orders. */
enum scaled_group_ready scaled_group_prepare(struct scaled_group *group, const struct group_observation *observed,
                                             bool is_configured, int64_t wall_ms);

/* The settings in force: the actuator is resolved. Without one, and in a group that scale-groups does not include, the
 * mode is observe at most. */
struct scaler_settings scaled_group_settings(const struct collector_config *config, const char *name, bool has_hook);

/* One tick: the decision is in group->last. */
void scaled_group_step(struct scaled_group *group, const struct scaler_settings *settings, int64_t now_ms,
                       const struct group_observation *observed);

/* The last decision is for another number of nodes, and the mode lets it be ordered. */
bool scaled_group_is_order(const struct scaled_group *group);

/* The last decision is to be logged: it differs from the last logged one, or that one is 5 minutes old.
 * Holding for another reason is logged at most once a minute. */
bool scaled_group_is_due(const struct scaled_group *group, int64_t now_ms);

/* The last decision was logged. */
void scaled_group_note_logged(struct scaled_group *group, int64_t now_ms);

/* Adds the group to the state that is saved; nothing without a scaler. */
void scaled_group_save(const struct scaled_group *group, const char *name, struct state_text *text);

/* Takes over all groups of a saved state (GROUPS_MAX groups, by group index). A group without stored samples is left
 * out, unless it was imported. Returns how many were taken over. A negative errno, and then none is: as of
 * state_next(), or -EBADMSG when a group is there twice. wall_ms: now. */
int scaled_group_adopt_all(struct scaled_group *groups, struct registry *registry, struct state_reader *reader,
                           int64_t wall_ms);

/* Begins the groups' series in the history with the demand that their scalers know from before the start. */
void scaled_group_recall_all(const struct scaled_group *groups, const struct registry *registry,
                             struct decision_history *history);

/* Frees the scalers of GROUPS_MAX groups, which are all zero afterwards. */
void scaled_group_free_all(struct scaled_group *groups);

#endif
