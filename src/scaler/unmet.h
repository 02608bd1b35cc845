/* Pure. Notices orders that bring nothing: the actuator accepts them, and no node comes.
 *
 * What is lacking is ordered again each lead time and tick. When the third such order is placed and nothing has come
 * since the first, the order is given up: that is said once, with its reason. Ordering goes on, because an order for at
 * least a number of nodes does no harm when it is repeated. The first node that joins ends this state. */
#ifndef SCALER_UNMET_H
#define SCALER_UNMET_H

#include <stdbool.h>
#include <stdint.h>

#define UNMET_TIMES 3U

struct unmet_order {
    int64_t time_ms;
    uint64_t epoch; /* its id */
    uint64_t number;
};

/* All zeros: no order waits for its first node. */
struct unmet {
    unsigned count;                        /* of the orders: */
    struct unmet_order order[UNMET_TIMES]; /* the first since a node came, and those a lead time and a tick apart */
    unsigned nodes;                        /* on order since then */
    bool is_given_up;
};

/* This order for more nodes was placed. nodes: how many are on order now. The order repeats the last one if that is
 * repeat_ms old, a lead time and a tick; nodes that are ordered sooner are no repetition. */
void unmet_note(struct unmet *unmet, const struct unmet_order *order, int64_t repeat_ms, unsigned nodes);

/* The orders since that time were withdrawn. */
void unmet_withdraw(struct unmet *unmet, int64_t since_ms);

/* At each tick. lacking: nodes that are desired and do not report; without any, nothing is awaited. Returns whether the
 * order is given up now. */
bool unmet_step(struct unmet *unmet, unsigned joined, unsigned lacking);

#endif
