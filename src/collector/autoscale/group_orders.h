/* Pure. One group's orders, between the scaler and the hook.
 *
 *     placed -> its row is durable, and a scale-in's group is counted -> queued -> runs -> accepted, failed, ...
 *
 * At most one order runs, and at most one is next. A scale-in is placed only if it could begin at once; so it is never
 * older than its row and its count. No order is run again: one that failed or was withdrawn is taken back from the
 * scaler, which decides again at its next tick. While decisions.csv can't be written, an order for more nodes goes to
 * the hook without its row, and one for fewer never does. */
#ifndef COLLECTOR_AUTOSCALE_GROUP_ORDERS_H
#define COLLECTOR_AUTOSCALE_GROUP_ORDERS_H

#include "collector/autoscale/count_belief.h"
#include "collector/autoscale/decision_fields.h"
#include "collector/autoscale/hook_queue.h"
#include "collector/autoscale/hook_result.h"
#include "collector/autoscale/victim_list.h"
#include "scaler/decision.h"
#include "scaler/scaler.h"

#include <stdbool.h>
#include <stdint.h>

enum group_orders_next {
    GROUP_ORDERS_NONE,
    GROUP_ORDERS_PLACED, /* it waits for its row, or for the count */
    GROUP_ORDERS_QUEUED  /* the hook's queue has it */
};

/* All zero: there was no order. */
struct group_orders {
    struct scaler *scaler; /* the caller's */
    enum group_orders_next state;
    struct decision next;       /* the order that has not begun */
    struct decision run;        /* the one that runs, or ran last */
    uint64_t row;               /* the number of the next order's row; 0: there was no room for one */
    bool is_uncounted;          /* the next order waits for the count */
    struct hook_order order;    /* of the next order, while it is placed */
    struct victim_list victims; /* of the next order */
    bool is_running;
    int64_t since_ms;         /* tick of the first order that no run of the hook has accepted; 0: none */
    int64_t since_run_ms;     /* of the first order since the present run began; 0: none */
    int64_t in_not_before_ms; /* no scale-in before: the last one had no effect */
    int64_t in_ms;            /* tick of the last scale-in; 0: none */
    int64_t in_lead_ms;       /* the lead time then */
    unsigned in_nodes;        /* how many nodes it removes */
};

/* Whether decisions.csv can be written: what an order may wait for. */
struct group_orders_log {
    uint64_t synced; /* rows that are durable */
    bool is_failing;
};

/* Whether a decision to scale in may be placed: nothing is under way. */
bool group_orders_may_scale_in(const struct group_orders *orders, int64_t now_ms);

/* Places the decision's order and reports it to the scaler. There must be no next order but one that this one replaces,
 * see group_orders_replace(). Takes over order and victims. row: the number of its row in decisions.csv; 0: there was
 * no room for one, which only an order for more nodes survives. is_uncounted: it waits for group_orders_counted(). */
void group_orders_place(struct group_orders *orders, struct scaler *scaler, const struct decision *decision,
                        const struct hook_order *order, const struct victim_list *victims, uint64_t row,
                        bool is_uncounted);

/* Notes what an order that is carried out elsewhere removes; group_orders_place() does that, too. */
void group_orders_note(struct group_orders *orders, const struct decision *decision);

/* Whether an order must not be placed without a row in decisions.csv. */
bool group_orders_needs_row(const struct decision *decision);

/* The group has been counted. answer: NULL if it could not be. Returns why the next order, a scale-in that was decided
 * before, must not begin now; NULL: it may. */
const char *group_orders_counted(struct group_orders *orders, const struct count_answer *answer);

/* Whether the next order is to be handed to the hook's queue now. */
bool group_orders_is_ready(const struct group_orders *orders, const struct group_orders_log *log);

/* The next order, which the caller takes over and puts into the queue. */
struct hook_order group_orders_hand_over(struct group_orders *orders);

/* Whether the mode lets the next order run. */
bool group_orders_is_allowed(const struct group_orders *orders, enum scale_mode mode);

/* Drops the next order, since another one takes its place: what it ordered stays ordered, unless it is a scale-in. */
void group_orders_replace(struct group_orders *orders);

/* Drops the next order, and takes back from the scaler what no run of the hook has begun with. */
void group_orders_withdraw(struct group_orders *orders);

/* The hook has begun with the next order. */
void group_orders_started(struct group_orders *orders);

/* The run has ended. Returns what decisions.csv records of orders->run. Unless it was accepted, it is taken back from
 * the scaler, with what was ordered meanwhile; the caller then drops the next order, if there is one
 * (group_orders_withdraw()). */
enum order_stage group_orders_ended(struct group_orders *orders, enum hook_verdict verdict, int64_t now_ms);

void group_orders_deinit(struct group_orders *orders);

#endif
