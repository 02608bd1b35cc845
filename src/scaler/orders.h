/* Pure. Open orders for nodes, and the lead time learned from fulfilled ones.
 *
 * From the order on, a node that is to arrive counts as capacity, and one that is to leave does not. Orders are not
 * tied to particular nodes, because names are reused: any absent node that becomes live fulfils the oldest order to
 * arrive, any node that leaves the oldest order to leave. */
#ifndef SCALER_ORDERS_H
#define SCALER_ORDERS_H

#include <stdbool.h>
#include <stdint.h>

#define ORDERS_MAX     32U /* beyond it the two oldest are merged; the newest are those that may be withdrawn */
#define LEAD_TIMES_MAX 32U
#define LEAD_TIMES_MIN 3U /* with fewer, the configured lead time is used */

struct order {
    int64_t time_ms;
    unsigned nodes;
};

struct order_list {
    unsigned count;
    struct order order[ORDERS_MAX]; /* oldest first */
};

/* A part of an earlier order that a newer, opposite order cancelled. It is restored if the newer order is withdrawn. */
struct order_taken {
    struct order order;
    bool arriving;   /* the cancelled order; else leaving */
    int64_t time_ms; /* of the cancellation */
};

struct orders {
    struct order_list arriving;
    struct order_list leaving;
    unsigned taken_count;
    struct order_taken taken[ORDERS_MAX]; /* newest last */
    unsigned lead_count, lead_next;
    uint32_t lead_ms[LEAD_TIMES_MAX];
};

unsigned orders_nodes(const struct order_list *list);

/* Orders the difference between `current` nodes, pending ones included, and `desired`. First cancels open opposite
 * orders, newest first. */
void orders_place(struct orders *orders, int64_t now_ms, unsigned current, unsigned desired);

/* Withdraws all orders since that time, and restores what they cancelled. */
void orders_withdraw(struct orders *orders, int64_t since_ms);

/* Counts nodes that became live, and nodes that left, against the oldest orders. Learns lead times. */
void orders_fulfil(struct orders *orders, int64_t now_ms, unsigned joined, unsigned left);

/* Gives up orders older than after_ms. Returns how many nodes never arrived. */
unsigned orders_expire(struct orders *orders, int64_t now_ms, int64_t after_ms);

/* The 90th percentile of the observed lead times, or assumed_ms while there are fewer than LEAD_TIMES_MIN. */
int64_t orders_lead_ms(const struct orders *orders, int64_t assumed_ms);
int64_t orders_longest_lead_ms(const struct orders *orders); /* 0: none observed */

#endif
