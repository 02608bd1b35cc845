#include "collector/autoscale/hook_queue.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

int hook_queue_init(struct hook_queue *queue, unsigned running_max, uint32_t min_ms, uint32_t max_ms, uint64_t seed)
{
    struct hook_slot *slots = calloc(GROUPS_MAX, sizeof *slots);

    if (slots == NULL)
        return -ENOMEM;
    for (unsigned i = 0; i < GROUPS_MAX; i++)
        backoff_init(&slots[i].backoff, min_ms, max_ms, seed + i);
    *queue = (struct hook_queue){.slots = slots, .running_max = running_max};
    return 0;
}

void hook_queue_deinit(struct hook_queue *queue)
{
    for (unsigned i = 0; queue->slots != NULL && i < GROUPS_MAX; i++) {
        free(queue->slots[i].running.record);
        free(queue->slots[i].waiting.record);
    }
    free(queue->slots);
    *queue = (struct hook_queue){0};
}

void hook_queue_put(struct hook_queue *queue, unsigned index, const char *group, const struct hook_order *order,
                    uint64_t now_ms)
{
    assert(index < GROUPS_MAX && order->record != NULL);
    struct hook_slot *slot = &queue->slots[index];

    if (!slot->is_waiting)
        slot->waiting_ms = now_ms > slot->not_before_ms ? now_ms : slot->not_before_ms;
    free(slot->waiting.record);
    slot->group = group;
    slot->waiting = *order;
    slot->is_waiting = true;
    slot->is_withdrawn = false;
    queue->has_new = true;
}

static void drop_waiting(struct hook_slot *slot)
{
    free(slot->waiting.record);
    slot->waiting = (struct hook_order){0};
    slot->is_waiting = false;
}

void hook_queue_withdraw(struct hook_queue *queue, unsigned index)
{
    assert(index < GROUPS_MAX);
    drop_waiting(&queue->slots[index]);
    queue->slots[index].is_withdrawn = true;
}

void hook_queue_withdraw_all(struct hook_queue *queue)
{
    for (unsigned i = 0; i < GROUPS_MAX; i++)
        hook_queue_withdraw(queue, i);
}

/* NULL: no order could begin, whatever the time. */
static struct hook_slot *next_slot(const struct hook_queue *queue)
{
    struct hook_slot *found = NULL;

    if (queue->running >= queue->running_max)
        return NULL;
    for (unsigned i = 0; i < GROUPS_MAX; i++) {
        struct hook_slot *slot = &queue->slots[i];
        if (slot->is_waiting && !slot->is_running && (found == NULL || slot->waiting_ms < found->waiting_ms))
            found = slot;
    }
    return found;
}

int hook_queue_next(struct hook_queue *queue, uint64_t now_ms)
{
    struct hook_slot *slot = next_slot(queue);

    if (slot == NULL || slot->waiting_ms > now_ms) {
        queue->has_new = false;
        return -1;
    }
    slot->running = slot->waiting;
    slot->waiting = (struct hook_order){0};
    slot->is_waiting = false;
    slot->is_running = true;
    queue->running++;
    return (int)(slot - queue->slots);
}

const struct hook_slot *hook_queue_slot(const struct hook_queue *queue, unsigned index)
{
    return &queue->slots[index];
}

uint64_t hook_queue_due_ms(const struct hook_queue *queue)
{
    const struct hook_slot *slot = next_slot(queue);

    return slot != NULL ? slot->waiting_ms : UINT64_MAX;
}

uint32_t hook_queue_end(struct hook_queue *queue, unsigned index, bool accepted, uint64_t now_ms)
{
    assert(index < GROUPS_MAX && queue->slots[index].is_running);
    struct hook_slot *slot = &queue->slots[index];
    struct hook_order ended = slot->running;
    uint32_t wait_ms = 0;

    slot->running = (struct hook_order){0};
    slot->is_running = false;
    queue->running--;
    if (accepted) {
        backoff_reset(&slot->backoff);
    } else {
        wait_ms = backoff_next_ms(&slot->backoff);
        slot->not_before_ms = now_ms + wait_ms;
        if (!slot->is_waiting && !slot->is_withdrawn) {
            slot->waiting = ended;
            slot->is_waiting = true;
            ended.record = NULL;
        }
        slot->waiting_ms = slot->not_before_ms;
    }
    free(ended.record);
    return slot->is_waiting ? wait_ms : 0;
}
