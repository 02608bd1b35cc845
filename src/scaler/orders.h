/* Pure. Open orders of one group: nodes that will arrive, and named nodes that will leave; and lead times, from the
 * order of a node until it is live.
 *
 * Orders and nodes are matched by count, because names are reused: any absent node that becomes live fulfils the oldest
 * order to arrive, any node that leaves the oldest order to leave. An order that has brought nothing for a while is
 * overdue: it may still be fulfilled, but no one relies on it, and it may be stated again. */
#ifndef SCALER_ORDERS_H
#define SCALER_ORDERS_H

#include <stdbool.h>
#include <stdint.h>

#define ORDERS_MAX     32U /* beyond it the two oldest are merged; the newest are those that may be withdrawn */
#define LEAD_TIMES_MAX 20U
#define LEAD_TIMES_MIN 3U /* with fewer, the configured lead time is used */

struct order {
    int64_t time_ms;
    int64_t stated_ms; /* the last time; for nodes to leave, time_ms */
    unsigned nodes;
};

struct order_list {
    unsigned count;
    struct order order[ORDERS_MAX]; /* oldest first */
};

struct orders {
    struct order_list arriving;
    struct order_list leaving;
    unsigned lead_count, lead_next;
    uint32_t lead_ms[LEAD_TIMES_MAX];        /* a ring */
    uint32_t lead_sorted_ms[LEAD_TIMES_MAX]; /* ascending */
};

unsigned orders_nodes(const struct order_list *list);

/* The nodes to arrive of orders that were last stated before that time. */
unsigned orders_overdue(const struct orders *orders, int64_t before_ms);

/* Orders nodes. Of those stated before overdue_ms as many are stated again; only the rest is new. */
void orders_add(struct orders *orders, int64_t now_ms, unsigned nodes, int64_t overdue_ms);

/* Orders that nodes leave. Earlier orders of that kind are dead: each names its nodes afresh. */
void orders_remove(struct orders *orders, int64_t now_ms, unsigned nodes);

/* Withdraws all orders since that time. What was only stated again since then is as old as it was first. */
void orders_withdraw(struct orders *orders, int64_t since_ms);

/* Counts nodes that became live, and nodes that left, against the oldest orders. Learns lead times. Returns how many
 * came without an order. */
unsigned orders_fulfil(struct orders *orders, int64_t now_ms, unsigned joined, unsigned left);

/* At most `lacking` nodes are still to arrive: if more are expected, those ordered first are no longer awaited. */
void orders_limit(struct orders *orders, unsigned lacking);

/* Ends orders to arrive that are older than after_ms, and orders to leave older than leave_ms. Returns how many
 * nodes never arrived. */
unsigned orders_expire(struct orders *orders, int64_t now_ms, int64_t after_ms, int64_t leave_ms);

/* Learns a lead time, in place of the oldest one once there are LEAD_TIMES_MAX. */
void orders_learn_lead(struct orders *orders, int64_t lead_ms);

/* The median of the observed lead times, within a quarter and four times of assumed_ms; assumed_ms while there are
 * fewer than LEAD_TIMES_MIN. floor_ms: the longest that is never too long. */
int64_t orders_lead_ms(const struct orders *orders, int64_t assumed_ms, int64_t floor_ms);
int64_t orders_slow_lead_ms(const struct orders *orders, int64_t assumed_ms); /* their 90th percentile */
int64_t orders_longest_lead_ms(const struct orders *orders);                  /* 0: none observed */

#endif
