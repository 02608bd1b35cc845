/* Pure. One group's orders, between the scaler and the hook.
 *
 *     placed (waits until its row is durable) -> handed to the hook's queue -> runs -> accepted, or failed
 *
 * An intent without a result, as a crash leaves it, counts as pending. While decisions.csv can't be written an order
 * for more nodes goes to the hook without its row, and one for fewer never does. An order that failed or was cancelled
 * is taken back from the scaler, which decides again at its next tick. */
#ifndef COLLECTOR_AUTOSCALE_GROUP_ORDERS_H
#define COLLECTOR_AUTOSCALE_GROUP_ORDERS_H

#include "collector/autoscale/decision_fields.h"
#include "collector/autoscale/hook_queue.h"
#include "collector/autoscale/hook_result.h"
#include "scaler/decision.h"
#include "scaler/scaler.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All zero: there was no order. */
struct group_orders {
    struct scaler *scaler;   /* the caller's */
    struct decision ordered; /* the newest order */
    struct decision handed;  /* the newest one that the hook has */
    struct decision run;     /* the one that runs, or ran last */
    int64_t waits_ms;        /* tick of the first order that waits for its row; 0: none waits */
    uint64_t row;            /* the number of the newest one's row */
    char *record;            /* for the hook; owned while it waits */
    size_t record_len;
    bool running;
    int64_t unaccepted_ms; /* tick of the first order that no run of the hook has accepted; 0: none */
    int64_t since_run_ms;  /* of the first order since the present run began; 0: none */
};

/* Whether decisions.csv can be written: what an order may wait for. */
struct group_orders_log {
    uint64_t synced; /* rows that are durable */
    bool failing;
};

enum group_orders_action {
    GROUP_ORDERS_NOTHING,
    GROUP_ORDERS_HAND_OVER, /* give the hook what group_orders_hand_over() returns */
    GROUP_ORDERS_WITHDRAW   /* withdraw the group's order from the hook */
};

/* Places the decision's order and reports it to the scaler. record: from malloc(), the hook's, taken over. row: the
 * number of its row in decisions.csv; 0: there was no room for one, which only an order for more nodes survives. */
enum group_orders_action group_orders_place(struct group_orders *orders, struct scaler *scaler,
                                            const struct decision *decision, char *record, size_t record_len,
                                            uint64_t row, const struct group_orders_log *log);

/* Whether an order must not be placed without a row in decisions.csv. */
bool group_orders_needs_row(const struct decision *decision);

/* Rows have become durable. */
enum group_orders_action group_orders_synced(const struct group_orders *orders, const struct group_orders_log *log);

/* At each tick, before an order is placed: the group's mode may have changed, or the disk have failed. */
enum group_orders_action group_orders_tick(struct group_orders *orders, enum scale_mode mode,
                                           const struct group_orders_log *log);

/* Takes back what no run of the hook has begun with. */
enum group_orders_action group_orders_cancel(struct group_orders *orders);

/* The order that waits, whose record the caller takes over. */
struct hook_order group_orders_hand_over(struct group_orders *orders);

/* The hook has begun with what was handed over. */
void group_orders_started(struct group_orders *orders);

/* A run has ended. Returns what decisions.csv records of orders->run: ORDER_NONE, nothing, for a run that the
 * collector's stop has ended: how far it got is unknown. *action: whether to withdraw the hook's own retry. */
enum order_stage group_orders_ended(struct group_orders *orders, enum hook_verdict verdict,
                                    enum group_orders_action *action);

void group_orders_deinit(struct group_orders *orders);

#endif
