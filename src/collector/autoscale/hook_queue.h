/* Pure. Decides which group's order is handed to a hook next, and when a failed one is retried.
 *
 * A group has at most one running order and one waiting order; a newer one replaces the waiting one, since its count is
 * absolute. A failed order waits again, unless a newer one waits or it was withdrawn, for a time that doubles with each
 * failure since the group's last success. Over all groups at most running_max orders run; among those that may begin,
 * the one that could have begun first is next. */
#ifndef COLLECTOR_AUTOSCALE_HOOK_QUEUE_H
#define COLLECTOR_AUTOSCALE_HOOK_QUEUE_H

#include "common/backoff.h"
#include "common/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hook_order {
    unsigned current;
    unsigned desired;
    char *record; /* JSON text from malloc(), without a 0 at its end; the queue frees it */
    size_t record_len;
};

struct hook_slot {
    const char *group; /* the caller's, valid as long as the queue; NULL: the group never had an order */
    bool is_running;
    bool is_waiting;
    bool is_withdrawn; /* the running order is not retried */
    struct hook_order running;
    struct hook_order waiting;
    uint64_t waiting_ms;    /* the waiting order may begin at this time */
    uint64_t not_before_ms; /* no order begins before: the last run failed */
    struct backoff backoff; /* .failures: since the last success */
};

struct hook_queue {
    struct hook_slot *slots; /* GROUPS_MAX, by group index */
    unsigned running;
    unsigned running_max;
    bool has_new; /* an order was put since hook_queue_next() last found none */
};

/* The wait after the first failure is at most min_ms, later ones at most max_ms. 0 or -ENOMEM. */
int hook_queue_init(struct hook_queue *queue, unsigned running_max, uint32_t min_ms, uint32_t max_ms, uint64_t seed);
void hook_queue_deinit(struct hook_queue *queue);

/* Puts an order for the group of that index (< GROUPS_MAX). Takes order->record over. */
void hook_queue_put(struct hook_queue *queue, unsigned index, const char *group, const struct hook_order *order,
                    uint64_t now_ms);

/* Drops the waiting order; the running one continues, and is not retried. */
void hook_queue_withdraw(struct hook_queue *queue, unsigned index);
void hook_queue_withdraw_all(struct hook_queue *queue);

/* The group whose order begins now: its slot is running until hook_queue_end(). -1: none. */
int hook_queue_next(struct hook_queue *queue, uint64_t now_ms);

/* The group's running and waiting orders, and its failures. */
const struct hook_slot *hook_queue_slot(const struct hook_queue *queue, unsigned index);

/* When hook_queue_next() will return a group if nothing else happens; UINT64_MAX: never. */
uint64_t hook_queue_due_ms(const struct hook_queue *queue);

/* The group's run has ended; its record is freed unless it is retried. Returns after how many milliseconds the group's
 * next order may begin because this one failed; 0: it was accepted, or no order waits. */
uint32_t hook_queue_end(struct hook_queue *queue, unsigned index, bool accepted, uint64_t now_ms);

#endif
