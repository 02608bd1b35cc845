/* Pure. Which order of which group is handed to a hook next, and when one that failed is tried again.
 *
 * A group has at most one order with a hook and one that waits; a newer one replaces the one that waits, since
 * the count it asks for is absolute. One that failed waits again, unless a newer one does or it was withdrawn, for a
 * time that doubles with each failure since the group's last success. Over all groups at most running_max orders are
 * with hooks; among those that may begin, the one that could have begun first is next. */
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
    const char *group; /* the caller's, valid as long as the queue; NULL: it never had an order */
    bool is_running;
    bool is_waiting;
    bool is_withdrawn; /* the running one is not tried again */
    struct hook_order running;
    struct hook_order waiting;
    uint64_t waiting_ms;    /* the waiting one may begin at this time */
    uint64_t not_before_ms; /* nor does any other one begin before it: the last run failed */
    struct backoff backoff; /* .failures: since the last success */
};

struct hook_queue {
    struct hook_slot *slots; /* GROUPS_MAX, by group index */
    unsigned running;
    unsigned running_max;
};

/* The wait after the first failure is at most min_ms, and never more than max_ms. 0 or -ENOMEM. */
int hook_queue_init(struct hook_queue *queue, unsigned running_max, uint32_t min_ms, uint32_t max_ms, uint64_t seed);
void hook_queue_deinit(struct hook_queue *queue);

/* An order for the group of that index (< GROUPS_MAX). Takes order->record over. */
void hook_queue_put(struct hook_queue *queue, unsigned index, const char *group, const struct hook_order *order,
                    uint64_t now_ms);

/* Drops what waits; what runs goes on, and is not tried again. */
void hook_queue_withdraw(struct hook_queue *queue, unsigned index);
void hook_queue_withdraw_all(struct hook_queue *queue);

/* The group whose order begins now: its slot is running until hook_queue_end(). -1: none. */
int hook_queue_next(struct hook_queue *queue, uint64_t now_ms);

/* What the group has running, waiting and failed. */
const struct hook_slot *hook_queue_slot(const struct hook_queue *queue, unsigned index);

/* When hook_queue_next() will have one if nothing else happens; UINT64_MAX: never. */
uint64_t hook_queue_due_ms(const struct hook_queue *queue);

/* What ran has ended, and its record is freed unless it is tried again. Returns after how many milliseconds the group's
 * next order may begin because this one failed; 0: it was accepted, or no order waits. */
uint32_t hook_queue_end(struct hook_queue *queue, unsigned index, bool accepted, uint64_t now_ms);

#endif
