#include "collector/intake/ack_queue.h"

#include <utlist.h>

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

void ack_queue_add_stored(struct ack_queue *queue, struct instance *stored, unsigned half)
{
    for (struct instance *instance = stored; instance != NULL; instance = backlog_next(instance, half)) {
        if (instance->intake == NULL)
            continue;
        intake_stored(instance->intake);
        if (instance->intake->ack_due)
            ack_queue_add(queue, instance->intake);
    }
}
