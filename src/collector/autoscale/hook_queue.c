#include "collector/autoscale/hook_queue.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

void hook_order_deinit(struct hook_order *order)
{
    free(order->nodes);
    free(order->record);
    *order = (struct hook_order){0};
}

int hook_queue_init(struct hook_queue *queue, const struct hook_queue_limits *limits, uint64_t seed)
{
    struct hook_slot *slots = calloc(GROUPS_MAX, sizeof *slots);

    if (slots == NULL)
        return -ENOMEM;
    for (unsigned i = 0; i < GROUPS_MAX; i++)
        backoff_init(&slots[i].backoff, limits->wait_min_ms, limits->wait_max_ms, seed + i);
    *queue = (struct hook_queue){.slots = slots, .limits = *limits};
    return 0;
}

void hook_queue_deinit(struct hook_queue *queue)
{
    for (unsigned i = 0; queue->slots != NULL && i < GROUPS_MAX; i++) {
        hook_order_deinit(&queue->slots[i].running);
        hook_order_deinit(&queue->slots[i].waiting);
    }
    free(queue->slots);
    *queue = (struct hook_queue){0};
}

/* ---- orders ---- */

void hook_queue_put(struct hook_queue *queue, unsigned index, const char *group, const struct hook_order *order,
                    uint64_t now_ms)
{
    assert(index < GROUPS_MAX && order->record != NULL);
    struct hook_slot *slot = &queue->slots[index];

    if (!slot->is_waiting)
        slot->waiting_ms = now_ms > slot->not_before_ms ? now_ms : slot->not_before_ms;
    hook_order_deinit(&slot->waiting);
    slot->group = group;
    slot->waiting = *order;
    slot->is_waiting = true;
    queue->has_new = true;
}

void hook_queue_withdraw(struct hook_queue *queue, unsigned index)
{
    assert(index < GROUPS_MAX);
    hook_order_deinit(&queue->slots[index].waiting);
    queue->slots[index].is_waiting = false;
}

void hook_queue_withdraw_all(struct hook_queue *queue)
{
    for (unsigned i = 0; i < GROUPS_MAX; i++)
        hook_queue_withdraw(queue, i);
}

const struct hook_slot *hook_queue_slot(const struct hook_queue *queue, unsigned index)
{
    return &queue->slots[index];
}

bool hook_queue_is_free(const struct hook_queue *queue, unsigned index, uint64_t now_ms)
{
    const struct hook_slot *slot = &queue->slots[index];

    return !slot->is_running && !slot->is_waiting && slot->not_before_ms <= now_ms;
}

/* ---- runs ---- */

/* What runs now. */
struct load {
    unsigned fresh;
    unsigned timed_out;
    uint64_t oldest_fresh_ms;
};

static struct load load_of(const struct hook_queue *queue, uint64_t now_ms)
{
    struct load load = {.oldest_fresh_ms = UINT64_MAX};

    for (unsigned i = 0; i < GROUPS_MAX && queue->running > 0; i++) {
        const struct hook_slot *slot = &queue->slots[i];
        if (!slot->is_running)
            continue;
        load.timed_out += slot->has_timed_out;
        if (now_ms - slot->begun_ms >= HOOK_FRESH_MS)
            continue;
        load.fresh++;
        if (slot->begun_ms < load.oldest_fresh_ms)
            load.oldest_fresh_ms = slot->begun_ms;
    }
    return load;
}

/* The waiting order that could have begun first, of those that only time or the limit of fresh runs holds back. */
static struct hook_slot *next_slot(const struct hook_queue *queue, const struct load *load)
{
    struct hook_slot *found = NULL;

    if (queue->running >= queue->limits.all)
        return NULL;
    for (unsigned i = 0; i < GROUPS_MAX; i++) {
        struct hook_slot *slot = &queue->slots[i];
        if (!slot->is_waiting || slot->is_running)
            continue;
        if (slot->has_timed_out && load->timed_out >= queue->limits.timed_out)
            continue;
        if (found == NULL || slot->waiting_ms < found->waiting_ms)
            found = slot;
    }
    return found;
}

int hook_queue_next(struct hook_queue *queue, uint64_t now_ms)
{
    struct load load = load_of(queue, now_ms);
    struct hook_slot *slot = next_slot(queue, &load);

    if (slot == NULL || slot->waiting_ms > now_ms || load.fresh >= queue->limits.fresh) {
        queue->has_new = false;
        return -1;
    }
    slot->running = slot->waiting;
    slot->waiting = (struct hook_order){0};
    slot->is_waiting = false;
    slot->is_running = true;
    slot->begun_ms = now_ms;
    queue->running++;
    return (int)(slot - queue->slots);
}

uint64_t hook_queue_due_ms(const struct hook_queue *queue, uint64_t now_ms)
{
    struct load load = load_of(queue, now_ms);
    const struct hook_slot *slot = next_slot(queue, &load);

    if (slot == NULL)
        return UINT64_MAX;
    uint64_t room_ms = load.fresh >= queue->limits.fresh ? load.oldest_fresh_ms + HOOK_FRESH_MS : 0;
    return room_ms > slot->waiting_ms ? room_ms : slot->waiting_ms;
}

void hook_queue_cancel(struct hook_queue *queue, unsigned index)
{
    assert(index < GROUPS_MAX && queue->slots[index].is_running);
    hook_order_deinit(&queue->slots[index].running);
    queue->slots[index].is_running = false;
    queue->running--;
}

uint32_t hook_queue_end(struct hook_queue *queue, unsigned index, enum hook_end end, uint64_t now_ms)
{
    assert(index < GROUPS_MAX && queue->slots[index].is_running);
    struct hook_slot *slot = &queue->slots[index];
    uint32_t wait_ms = 0;

    hook_queue_cancel(queue, index);
    slot->has_timed_out = end == HOOK_END_TIMED_OUT;
    if (end == HOOK_END_WELL) {
        backoff_reset(&slot->backoff);
    } else {
        wait_ms = backoff_next_ms(&slot->backoff);
        slot->not_before_ms = now_ms + wait_ms;
        slot->waiting_ms = slot->not_before_ms;
    }
    return wait_ms;
}
