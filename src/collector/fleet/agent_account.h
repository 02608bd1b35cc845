/* Pure. An agent's account of the samples of one instance: the agent's last report, which is settled when the
 * instance ends. */
#ifndef COLLECTOR_FLEET_AGENT_ACCOUNT_H
#define COLLECTOR_FLEET_AGENT_ACCOUNT_H

#include "common/wire.h"

#include <stdint.h>

/* produced = acknowledged + all dropped + gone + waiting. */
struct agent_account {
    uint64_t produced;
    uint64_t sent;         /* each time counts */
    uint64_t acknowledged; /* by any collector */
    uint64_t dropped_outbox_full;
    uint64_t dropped_rejected;
    uint64_t dropped_spool_damaged;
    uint64_t gone; /* reported, and not acknowledged when the instance ended without Goodbye */
};

/* For all reasons. */
uint64_t agent_account_dropped(const struct agent_account *account);
/* Produced, and neither acknowledged, dropped nor gone. */
uint64_t agent_account_waiting(const struct agent_account *account);

/* One account of those in the sum is another one than before. */
void agent_account_replace(struct agent_account *sum, const struct agent_account *before,
                           const struct agent_account *after);

/* Takes what the agent reported; NULL, or an implausible report: nothing. */
void agent_account_take(struct agent_account *account, const Headroom__Account *reported);

/* The last Ack after a Goodbye: all that was not dropped is acknowledged. */
void agent_account_settle(struct agent_account *account);

/* The instance has ended without Goodbye: what it reported as produced and is not acknowledged is gone, except for
 * samples up to received_seq, which count as acknowledged. */
void agent_account_end(struct agent_account *account, uint64_t received_seq);

#endif
