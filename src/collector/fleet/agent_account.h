/* Pure. What an agent says of the samples of one instance, as the collector keeps and settles it. */
#ifndef COLLECTOR_FLEET_AGENT_ACCOUNT_H
#define COLLECTOR_FLEET_AGENT_ACCOUNT_H

#include "common/wire.h"

#include <stdint.h>

/* produced = acknowledged + all dropped + gone + waiting. */
struct agent_account {
    uint64_t produced;
    uint64_t sent;         /* each time it was */
    uint64_t acknowledged; /* by any collector */
    uint64_t dropped_outbox_full;
    uint64_t dropped_rejected;
    uint64_t dropped_spool_damaged;
    uint64_t gone; /* not acknowledged when the instance ended without Goodbye, as far as it had told */
};

uint64_t agent_account_dropped(const struct agent_account *account);
uint64_t agent_account_waiting(const struct agent_account *account);
void agent_account_add(struct agent_account *sum, const struct agent_account *account);

/* The agent has told this; said: NULL for nothing. */
void agent_account_take(struct agent_account *account, const Headroom__Account *said);

/* After a Goodbye nothing waits but what was sent, and the last Ack covers that. */
void agent_account_settle(struct agent_account *account);

/* Its instance has ended without Goodbye: what it had told of and is not acknowledged is gone, but for what was
 * received here. */
void agent_account_end(struct agent_account *account, uint64_t received_seq);

#endif
