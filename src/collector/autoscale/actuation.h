/* Turns a decision into an order and carries it out: it writes the intent to decisions.csv and syncs it, runs the hook,
 * and writes the result of the run. What becomes of an order, group by group, is group_orders'; this is where it meets
 * the log of decisions and the hook.
 *
 * While decisions.csv can't be written, orders for more nodes go to the hook without it; the scaler decides on none for
 * fewer (GUARD_UNRECORDED), and one that waits for the disk waits. An order that failed is decided again at the next
 * tick; the hook's backoff says when it may run. */
#ifndef COLLECTOR_AUTOSCALE_ACTUATION_H
#define COLLECTOR_AUTOSCALE_ACTUATION_H

#include "collector/autoscale/decision_log.h"
#include "collector/autoscale/group_orders.h"
#include "collector/autoscale/hook.h"
#include "collector/fleet/registry.h"

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

/* All belongs to the caller. */
struct actuation_options {
    const struct registry *registry;
    struct decision_log *decisions;
    const char *program; /* the hook; empty: there is none */
    uint64_t timeout_ms; /* of a run */
};

struct actuation {
    const struct registry *registry;
    struct decision_log *decisions;
    const char *program;
    struct hook hook;
    struct group_orders *groups; /* GROUPS_MAX, by group index */
};

/* 0 or -ENOMEM. */
int actuation_start(struct actuation *actuation, uv_loop_t *loop, const struct actuation_options *options);

/* Another hook and time limit, for the runs that begin from now on. */
void actuation_reconfigure(struct actuation *actuation, const char *program, uint64_t timeout_ms);

/* There is a hook. */
bool actuation_possible(const struct actuation *actuation);

/* Orders what was decided, and reports the order to the scaler. why: the decision's sentence. */
void actuation_order(struct actuation *actuation, const struct group *group, struct scaler *scaler,
                     const struct decision *decision, const char *why);

/* At each tick of a group, before an order: takes back what the mode no longer allows, and no longer waits for a disk
 * that fails. */
void actuation_tick(struct actuation *actuation, unsigned index, enum scale_mode mode);

/* Rows of decisions.csv have become durable; for decision_log_on_synced(). */
void actuation_synced(struct actuation *actuation);

/* Takes back what no hook has begun with, and waits for the runs; drained_cb may be called before this returns. */
void actuation_drain(struct actuation *actuation, hook_drained_cb *drained_cb, void *arg);
void actuation_close(struct actuation *actuation);

/* After the loop has run empty; also of what was never started, if it is all zeros. */
void actuation_deinit(struct actuation *actuation);

#endif
