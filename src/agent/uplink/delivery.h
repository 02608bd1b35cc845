/* Pure. Tracks the delivery of the agent's samples: it stores each sample in the spool and records each event of the
 * connection there, so that the next process knows which samples are acknowledged.
 *
 * Earlier runs are sent first, each in sessions of its own, then the present one. */
#ifndef AGENT_UPLINK_DELIVERY_H
#define AGENT_UPLINK_DELIVERY_H

#include "agent/spool/counter_carry.h"
#include "agent/spool/spool.h"
#include "agent/uplink/sender.h"
#include "agent/uplink/uplink_plan.h"

#include <stdbool.h>
#include <stdint.h>

struct delivery {
    struct spool *spool;
    struct sender *sender;
    struct counter_carry carry;
};

/* The spool is begun or restored. Both are the caller's. */
void delivery_init(struct delivery *delivery, struct spool *spool, struct sender *sender);

/* A new sample; returns its seq. Its byte counts continue those of the run that is carried on. */
uint64_t delivery_take(struct delivery *delivery, struct sample *sample);

/* An event of the connection, but for UPLINK_AHEAD, which takes spool_renumber(). true: the agent was leaving, and the
 * collector has acknowledged all. */
bool delivery_on_event(struct delivery *delivery, enum uplink_event event);

/* The agent takes no more samples, and sends Goodbye once all are sent. true: there is nothing to wait for. */
bool delivery_leave(struct delivery *delivery, Headroom__Departure departure);

#endif
