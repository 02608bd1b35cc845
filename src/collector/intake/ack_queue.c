#include "collector/intake/ack_queue.h"

#include "common/prefetch.h"

#include <stddef.h>

#include <utlist.h>

#define AHEAD 8U /* intakes that are prefetched */

void ack_queue_add(struct ack_queue *queue, struct intake *intake)
{
    if (intake->ack_prev == NULL)
        DL_APPEND2(queue->head, intake, ack_prev, ack_next);
}

void ack_queue_remove(struct ack_queue *queue, struct intake *intake)
{
    if (intake->ack_prev != NULL)
        DL_DELETE2(queue->head, intake, ack_prev, ack_next);
    intake->ack_prev = NULL;
}

struct intake *ack_queue_take(struct ack_queue *queue)
{
    struct intake *intake = queue->head;

    if (intake != NULL)
        ack_queue_remove(queue, intake);
    return intake;
}

static void add_stored(struct ack_queue *queue, struct intake *intake)
{
    intake_stored(intake);
    if (intake->ack_due)
        ack_queue_add(queue, intake);
}

static void prefetch_state(const struct intake *intake)
{
    if (intake != NULL)
        prefetch(&intake->state, offsetof(struct intake, heard_ms) - offsetof(struct intake, state));
}

void ack_queue_add_stored(struct ack_queue *queue, const struct backlog_instances *stored)
{
    for (uint32_t i = 0; i < stored->count; i++) {
        if (i + AHEAD < stored->count)
            prefetch_state(stored->at[i + AHEAD]->intake);
        if (stored->at[i]->intake != NULL)
            add_stored(queue, stored->at[i]->intake);
    }
}
