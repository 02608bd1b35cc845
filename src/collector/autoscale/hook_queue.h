/* Pure. Decides which group's order is handed to a hook next.
 *
 * A group has at most one running order and one waiting order; a newer one replaces the waiting one, so no order ever
 * runs after a newer one of its group. A failed order is not run again by itself: the scaler decides again. But the
 * group's next order waits, for a time that doubles with each failure since the group's last success.
 *
 * Hooks that hang must not hold up other groups. So three limits apply over all groups: to the runs that have just
 * begun (starting programs costs the collector time), to all runs, and to the runs of groups whose last run reached its
 * time limit. Among the orders that may begin, the one that could have begun first is next. */
#ifndef COLLECTOR_AUTOSCALE_HOOK_QUEUE_H
#define COLLECTOR_AUTOSCALE_HOOK_QUEUE_H

#include "common/backoff.h"
#include "common/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hook_order {
    bool is_in;   /* scale-in */
    unsigned to;  /* nodes */
    char **nodes; /* the names of a scale-in, from one malloc(); the queue frees it */
    unsigned node_count;
    uint64_t epoch; /* its id is EPOCH.NUMBER */
    uint64_t number;
    char *record; /* JSON text from malloc(), without a 0 at its end; the queue frees it */
    size_t record_len;
};

void hook_order_deinit(struct hook_order *order);

/* How a run has ended. */
enum hook_end { HOOK_END_WELL, HOOK_END_FAILED, HOOK_END_TIMED_OUT };

struct hook_slot {
    const char *group; /* the caller's, valid as long as the queue; NULL: the group never had an order */
    bool is_running;
    bool is_waiting;
    bool has_timed_out; /* the last run reached its time limit */
    struct hook_order running;
    struct hook_order waiting;
    uint64_t begun_ms;      /* of the running order */
    uint64_t waiting_ms;    /* the waiting order may begin at this time */
    uint64_t not_before_ms; /* no order begins before: the last run failed */
    struct backoff backoff; /* .failures: since the last success */
};

struct hook_queue_limits {
    unsigned fresh;       /* runs that began within HOOK_FRESH_MS */
    unsigned all;         /* runs */
    unsigned timed_out;   /* runs of groups whose last run reached its time limit */
    uint32_t wait_min_ms; /* the wait after the first failure is at most this, */
    uint32_t wait_max_ms; /* later ones at most this */
};

struct hook_queue {
    struct hook_slot *slots; /* GROUPS_MAX, by group index */
    struct hook_queue_limits limits;
    unsigned running;
    bool has_new; /* an order was put since hook_queue_next() last found none */
};

/* seed: for jitter. 0 or -ENOMEM. */
int hook_queue_init(struct hook_queue *queue, const struct hook_queue_limits *limits, uint64_t seed);
void hook_queue_deinit(struct hook_queue *queue);

/* Puts an order for the group of that index (< GROUPS_MAX). Takes the order's memory over. */
void hook_queue_put(struct hook_queue *queue, unsigned index, const char *group, const struct hook_order *order,
                    uint64_t now_ms);

/* Drops the waiting order; the running one continues. */
void hook_queue_withdraw(struct hook_queue *queue, unsigned index);
void hook_queue_withdraw_all(struct hook_queue *queue);

/* The group whose order begins now: its slot is running until hook_queue_end(). -1: none. */
int hook_queue_next(struct hook_queue *queue, uint64_t now_ms);

/* The group's running and waiting orders, and its failures. */
const struct hook_slot *hook_queue_slot(const struct hook_queue *queue, unsigned index);

/* Whether an order of the group that is put now could begin now, but for the limits over all groups. */
bool hook_queue_is_free(const struct hook_queue *queue, unsigned index, uint64_t now_ms);

/* When hook_queue_next() will return a group if nothing else happens; UINT64_MAX: never. */
uint64_t hook_queue_due_ms(const struct hook_queue *queue, uint64_t now_ms);

/* The order that hook_queue_next() has chosen is not run after all: it is freed. */
void hook_queue_cancel(struct hook_queue *queue, unsigned index);

/* The group's run has ended, and its order is freed. Returns after how many milliseconds the group's next order may
 * begin because this one failed; 0: it did not. */
uint32_t hook_queue_end(struct hook_queue *queue, unsigned index, enum hook_end end, uint64_t now_ms);

#endif
