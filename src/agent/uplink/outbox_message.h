/* Pure. Converts what an outbox counts to messages: its account, and its losses. */
#ifndef AGENT_UPLINK_OUTBOX_MESSAGE_H
#define AGENT_UPLINK_OUTBOX_MESSAGE_H

#include "agent/spool/outbox.h"
#include "common/wire.h"

#include <stdint.h>

/* Room for the losses in one message. */
struct outbox_losses {
    Headroom__Loss messages[LOSSES_MAX];
    Headroom__Loss *pointers[LOSSES_MAX];
    unsigned count;
};

void outbox_message_account(const struct outbox *outbox, Headroom__Account *account);

/* Losses that reach above after_seq, including holes further on. A full list tells the collector that older losses may
 * have been discarded. */
void outbox_message_losses(const struct outbox *outbox, uint64_t after_seq, struct outbox_losses *losses);

#endif
