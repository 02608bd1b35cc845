/* Pure. Orders that are not fulfilled yet, and the lead time learned from those that were.
 *
 * A node that is ordered counts as capacity from then on, one that is ordered away counts no more. Which node fulfils
 * an order is not asked: names are used again. Any node that was absent and turns live fulfils the oldest order for
 * more, any that leaves the oldest for fewer. */
#ifndef SCALER_ORDERS_H
#define SCALER_ORDERS_H

#include <stdbool.h>
#include <stdint.h>

#define ORDERS_MAX     32U /* with more, the two oldest become one; the newest are those that may be withdrawn */
#define LEAD_TIMES_MAX 32U
#define LEAD_TIMES_MIN 3U /* with fewer the lead time is the configured one */

struct order {
    int64_t time_ms;
    unsigned nodes;
};

struct order_list {
    unsigned count;
    struct order order[ORDERS_MAX]; /* the oldest first */
};

/* What the newest orders took back of earlier ones for the contrary: it comes about after all when they fail. */
struct order_taken {
    struct order order;
    bool arriving;   /* else leaving */
    int64_t time_ms; /* when */
};

struct orders {
    struct order_list arriving;
    struct order_list leaving;
    unsigned taken_count;
    struct order_taken taken[ORDERS_MAX]; /* the latest last */
    unsigned lead_count, lead_next;
    uint32_t lead_ms[LEAD_TIMES_MAX];
};

unsigned orders_nodes(const struct order_list *list);

/* `desired` nodes are ordered where `current` ones, pending ones included, are or will be. Of orders for the contrary
 * the newest are taken back first. */
void orders_place(struct orders *orders, int64_t now_ms, unsigned current, unsigned desired);

/* What was ordered since then did not come about, and what it took back stands again. */
void orders_withdraw(struct orders *orders, int64_t since_ms);

/* So many nodes have turned live, and left. */
void orders_fulfil(struct orders *orders, int64_t now_ms, unsigned joined, unsigned left);

/* Gives up what was ordered more than after_ms ago. Returns how many nodes have not come. */
unsigned orders_expire(struct orders *orders, int64_t now_ms, int64_t after_ms);

/* The 90th percentile of the lead times seen, or assumed_ms while there are fewer than LEAD_TIMES_MIN. */
int64_t orders_lead_ms(const struct orders *orders, int64_t assumed_ms);
int64_t orders_longest_lead_ms(const struct orders *orders); /* 0: none was seen */

#endif
