/* Pure. Turns a decision into an order and tracks it: its intent is written to decisions.csv and synced, then the hook
 * runs, then the result of the run is written.
 *
 * What becomes of an order, group by group, is group_orders'; this is where it meets the rows of decisions.csv and the
 * queue of the hook. After each call the caller has the rows written and the queue's next orders run.
 *
 * While decisions.csv can't be written, orders for more nodes go to the hook without it; the scaler decides on none for
 * fewer (GUARD_UNRECORDED), and one that waits for the disk waits. An order that failed is decided again at the next
 * tick; the hook's backoff says when it may run. */
#ifndef COLLECTOR_AUTOSCALE_ACTUATION_H
#define COLLECTOR_AUTOSCALE_ACTUATION_H

#include "collector/autoscale/decision_rows.h"
#include "collector/autoscale/group_orders.h"
#include "collector/autoscale/hook_queue.h"
#include "collector/fleet/registry.h"
#include "common/moment.h"

#include <stdbool.h>
#include <stdint.h>

/* All but the groups belongs to the caller. */
struct actuation {
    const struct registry *registry;
    struct decision_rows *rows;
    struct hook_queue *queue;
    const char *program;         /* the hook; empty: there is none */
    struct group_orders *groups; /* GROUPS_MAX, by group index */
};

/* 0 or -ENOMEM. */
int actuation_init(struct actuation *actuation, const struct registry *registry, struct decision_rows *rows,
                   struct hook_queue *queue, const char *program);

/* Also of what was never initialized, if it is all zeros. */
void actuation_deinit(struct actuation *actuation);

/* There is a hook. */
bool actuation_possible(const struct actuation *actuation);

/* Orders what was decided, and reports the order to the scaler. why: the decision's sentence. Returns 0, or a negative
 * errno: its record can't be made, and nothing is ordered. */
int actuation_order(struct actuation *actuation, const struct group *group, struct scaler *scaler,
                    const struct decision *decision, const char *why, const struct moment *now);

/* At each tick of a group, before an order: takes back what the mode no longer allows, and no longer waits for a disk
 * that fails. */
void actuation_tick(struct actuation *actuation, unsigned index, enum scale_mode mode, uint64_t now_ms);

/* Rows of decisions.csv have become durable. */
void actuation_synced(struct actuation *actuation, uint64_t now_ms);

/* A run of the group's hook has begun, or ended. The result is a row of its own, and an order that failed is
 * withdrawn. */
void actuation_started(struct actuation *actuation, unsigned index);
void actuation_ended(struct actuation *actuation, unsigned index, const struct hook_result *result, int64_t wall_ms);

/* At the end: takes back what no hook has begun with. */
void actuation_cancel_all(struct actuation *actuation);

#endif
