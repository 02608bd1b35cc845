/* The scaler on the loop: at each tick, for each group, observe, decide, say so, and order what is to be ordered.
 *
 * A tick over a large fleet is made in slices, and decides as one that is made at once (observe.h): all of it is as of
 * the moment at which it was due. One that is due while the last one is still under way is left out.
 *
 * A decision is printed and written to decisions.csv when it says something new, and again at a low rate while it
 * stands. One that is for another number of nodes is carried out (actuation.h), as far as the group's mode allows;
 * where there is no hook the mode is observe at the most.
 *
 * After each tick what the scalers remember is saved, and read back at the next start (snapshot.h, scaler/state.h), so
 * that a restart changes no decision. What was said before it is not said again, unless it would be anyway. A group of
 * which no sample is stored any more is not read back: as without a restart nobody forgets a group, this is how one
 * goes that has ended. A damaged file is kept aside, the log says so, and the scalers begin without a past: they hold,
 * as after a first start. */
#ifndef COLLECTOR_AUTOSCALE_AUTOSCALE_H
#define COLLECTOR_AUTOSCALE_AUTOSCALE_H

#include "collector/autoscale/actuation.h"
#include "collector/autoscale/decision_history.h"
#include "collector/autoscale/decision_log.h"
#include "collector/autoscale/scaled_group.h"
#include "collector/autoscale/snapshot.h"
#include "collector/config/config.h"
#include "collector/fleet/observe.h"
#include "collector/fleet/registry.h"
#include "common/slices.h"
#include "common/ticker.h"

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

struct autoscale {
    const struct registry *registry;
    const struct collector_config *config;
    struct decision_log *decisions;
    struct decision_history *history; /* what is shown of it */
    struct ticker ticker;
    struct slices slices; /* the tick that is under way */
    struct observer *observer;
    unsigned decided; /* groups, in this tick */
    struct snapshot snapshot;
    struct actuation actuation;
    struct scaled_group *groups;        /* GROUPS_MAX, by group index */
    struct group_observation *observed; /* likewise */
    snapshot_drained_cb *drained_cb;
    void *drained_arg;
};

/* All belongs to the caller. */
struct autoscale_options {
    const struct registry *registry; /* recovered before */
    const struct collector_config *config;
    struct decision_log *decisions;
    struct decision_history *history;
    int dir_fd; /* the state is saved there */
};

/* 0 or -ENOMEM. */
int autoscale_start(struct autoscale *autoscale, uv_loop_t *loop, const struct autoscale_options *options);

/* Another configuration, from now on. */
void autoscale_reconfigure(struct autoscale *autoscale, const struct collector_config *config);

/* No more ticks; one that is under way is ended. The state is saved a last time, then drained_cb is called, maybe
 * before this returns. */
void autoscale_drain(struct autoscale *autoscale, snapshot_drained_cb *drained_cb, void *arg);

void autoscale_close(struct autoscale *autoscale);

/* After the loop has run empty. */
void autoscale_deinit(struct autoscale *autoscale);

#endif
