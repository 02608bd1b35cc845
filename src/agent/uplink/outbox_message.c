#include "agent/uplink/outbox_message.h"

static const Headroom__LossReason reasons[LOSS_REASON_COUNT] = {
    [LOSS_OUTBOX_FULL] = HEADROOM__LOSS_REASON__LOSS_REASON_OUTBOX_FULL,
    [LOSS_SPOOL_DAMAGED] = HEADROOM__LOSS_REASON__LOSS_REASON_SPOOL_DAMAGED,
    [LOSS_REJECTED] = HEADROOM__LOSS_REASON__LOSS_REASON_REJECTED,
};

void outbox_message_account(const struct outbox *outbox, Headroom__Account *account)
{
    const uint64_t *dropped = outbox->account.dropped;

    headroom__account__init(account);
    account->produced = outbox->account.produced;
    account->has_sent = true;
    account->sent = outbox->account.sent;
    account->acknowledged = outbox->account.acknowledged;
    account->dropped_outbox_full = dropped[LOSS_OUTBOX_FULL];
    account->dropped_spool_damaged = dropped[LOSS_SPOOL_DAMAGED];
    account->has_dropped_rejected = dropped[LOSS_REJECTED] > 0;
    account->dropped_rejected = dropped[LOSS_REJECTED];
}

void outbox_message_losses(const struct outbox *outbox, uint64_t after_seq, struct outbox_losses *losses)
{
    losses->count = 0;
    for (unsigned i = 0; i < outbox->loss_count; i++) {
        if (outbox->losses[i].last_seq <= after_seq)
            continue;
        Headroom__Loss *message = &losses->messages[losses->count];
        headroom__loss__init(message);
        message->first_seq = outbox->losses[i].first_seq;
        message->last_seq = outbox->losses[i].last_seq;
        message->has_reason = true;
        message->reason = reasons[outbox->losses[i].reason];
        losses->pointers[losses->count++] = message;
    }
}
