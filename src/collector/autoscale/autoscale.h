/* Runs the scaler on the loop: at each tick it observes and decides for each group (scaling.h), logs the decision, has
 * it recorded, and runs the hook.
 *
 * A tick over a large fleet is made in slices, and decides the same as one made at once (observe.h): all of it is as of
 * the moment at which it was due. A tick that is due while the last one is still under way is skipped.
 *
 * A decision is logged and written to decisions.csv when it differs from the last logged one, and again at a low rate
 * while it stands (scaled_group.h). A decision for another number of nodes is carried out (actuation.h), as far as the
 * group's mode allows; without a hook the mode is at most observe.
 *
 * After each tick the state of the scalers is saved, and read back at the next start (snapshot.h, scaler/state.h), so
 * that a restart changes no decision. A decision logged before the restart is not logged again, unless it would be
 * anyway. A group without stored samples is not read back. A damaged
 * file is renamed, the log says so, and the scalers start without history: they hold, as after a first start. */
#ifndef COLLECTOR_AUTOSCALE_AUTOSCALE_H
#define COLLECTOR_AUTOSCALE_AUTOSCALE_H

#include "collector/autoscale/decision_history.h"
#include "collector/autoscale/decision_log.h"
#include "collector/autoscale/hook.h"
#include "collector/autoscale/hook_questions.h"
#include "collector/autoscale/override_store.h"
#include "collector/autoscale/scaling.h"
#include "collector/autoscale/snapshot.h"
#include "collector/config/config.h"
#include "collector/config/config_in_force.h"
#include "collector/fleet/member_log.h"
#include "collector/fleet/registry.h"
#include "common/slices.h"
#include "common/ticker.h"

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

struct autoscale {
    struct scaling scaling;
    struct decision_log *decisions;
    struct ticker ticker;
    struct slices slices; /* of the tick under way */
    struct member_log members;
    struct snapshot snapshot;
    struct hook hook;
    struct override_store overrides;
    struct hook_questions questions;
    snapshot_drained_cb *drained_cb;
    void *drained_arg;
};

/* All belongs to the caller. */
struct autoscale_options {
    struct registry *registry; /* recovered before */
    const struct collector_config *config;
    struct decision_log *decisions;
    struct decision_history *history;
    const struct disk *disk; /* the state is saved there */
    struct spawner *spawner; /* of the hooks */
};

/* 0 or -ENOMEM. */
int autoscale_start(struct autoscale *autoscale, uv_loop_t *loop, const struct autoscale_options *options);

/* Notes whether what the configuration file says is in force, for those who ask. The caller logs it. */
void autoscale_note_config(struct autoscale *autoscale, const struct config_in_force *state);

/* Takes over another configuration. */
void autoscale_reconfigure(struct autoscale *autoscale, const struct collector_config *config);

/* An override of the group has been set: a pause takes back an order that has not begun. */
void autoscale_pause(struct autoscale *autoscale, const char *group);

/* Stops the ticks; one that is under way is finished. Saves the state a last time, then calls drained_cb, possibly
 * before this returns. */
void autoscale_drain(struct autoscale *autoscale, snapshot_drained_cb *drained_cb, void *arg);

void autoscale_close(struct autoscale *autoscale);

/* After the loop has run empty. */
void autoscale_deinit(struct autoscale *autoscale);

#endif
