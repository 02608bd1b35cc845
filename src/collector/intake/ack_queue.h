/* Pure. The queue of agents that wait for an Ack. */
#ifndef COLLECTOR_INTAKE_ACK_QUEUE_H
#define COLLECTOR_INTAKE_ACK_QUEUE_H

#include "collector/intake/intake.h"

/* All zeros: empty. */
struct ack_queue {
    struct intake *head; /* utlist, by ack_prev and ack_next */
};

/* Idempotent. An intake has to be removed before its memory goes. */
void ack_queue_add(struct ack_queue *queue, struct intake *intake);
void ack_queue_remove(struct ack_queue *queue, struct intake *intake);

/* Removes the first one and returns it; NULL: the queue is empty. */
struct intake *ack_queue_take(struct ack_queue *queue);

/* Rows were stored: adds the agents whose Acks are due now. */
void ack_queue_add_stored(struct ack_queue *queue, const struct backlog_instances *stored);

#endif
