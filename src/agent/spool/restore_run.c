#include "agent/spool/restore_run.h"

#include "common/u64.h"

void restore_run_load(struct outbox *run, const struct spool_run *saved)
{
    run->strays = saved->strays;
    run->account.sent = saved->sent;
    run->rejected = saved->rejected != 0;
    for (unsigned reason = 0; reason < LOSS_REASON_COUNT; reason++)
        run->account.dropped[reason] = saved->dropped[reason];
    for (unsigned i = 0; i < saved->loss_count; i++) {
        const struct spool_loss *loss = &saved->losses[i];
        uint64_t last_seq = u64_min(loss->last_seq, run->acked_seq);
        uint64_t after_seq = run->loss_count > 0 ? run->losses[run->loss_count - 1].last_seq : 0;
        if (loss->first_seq <= after_seq || loss->first_seq > last_seq || loss->reason >= LOSS_REASON_COUNT)
            continue;
        run->losses[run->loss_count++] =
            (struct loss){.first_seq = loss->first_seq,
                          .last_seq = last_seq,
                          .sent_seq = u64_max(loss->first_seq - 1, u64_min(loss->sent_seq, last_seq)),
                          .reason = (enum loss_reason)loss->reason};
    }
}

/* Whether the collector may have received the hole's sample before it was damaged: then a Welcome takes the loss back.
 * Not for a hole that was known before, and whose sample the collector, by its Welcome, does not have. */
static bool may_have_come_in(const struct spool_run *saved, uint64_t seq)
{
    if (saved == NULL)
        return true;
    for (unsigned i = 0; i < saved->loss_count; i++)
        if (seq >= saved->losses[i].first_seq && seq <= saved->losses[i].last_seq)
            return seq <= saved->losses[i].sent_seq;
    return saved->loss_count < LOSSES_MAX || seq > saved->losses[0].first_seq; /* else it may have been discarded */
}

void restore_run_count_dropped(struct outbox *run, const struct spool_run *saved, uint64_t last_seq,
                               enum loss_reason reason)
{
    uint64_t seq = run->acked_seq + 1;

    for (unsigned i = 0; saved != NULL && i < saved->loss_count; i++) {
        const struct spool_loss *hole = &saved->losses[i];
        uint64_t first = u64_max(hole->first_seq, seq);
        uint64_t last = u64_min(hole->last_seq, last_seq);
        uint64_t sent = u64_max(first - 1, u64_min(hole->sent_seq, last));
        if (first > last)
            continue;
        if (seq < first)
            outbox_count_loss(run, seq, first - 1, reason, true);
        if (first <= sent)
            outbox_count_loss(run, first, sent, LOSS_SPOOL_DAMAGED, true);
        if (sent < last)
            outbox_count_loss(run, sent + 1, last, LOSS_SPOOL_DAMAGED, false);
        seq = last + 1;
    }
    if (seq <= last_seq)
        outbox_count_loss(run, seq, last_seq, reason, true);
    run->acked_seq = u64_max(run->acked_seq, last_seq);
}

void restore_run_count_holes(struct outbox *run, const struct spool_run *saved)
{
    for (uint64_t seq = run->acked_seq + 1; seq <= run->newest_seq; seq++) {
        if (outbox_get(run, seq) != NULL)
            continue;
        outbox_count_loss(run, seq, seq, LOSS_SPOOL_DAMAGED, may_have_come_in(saved, seq));
        run->holes++;
    }
}

void restore_run_balance(struct outbox *run)
{
    uint64_t produced = run->newest_seq + run->strays;
    uint64_t known = outbox_dropped(run) + outbox_waiting(run);

    if (produced < known) {
        run->strays += known - produced;
        produced = known;
    }
    run->account.produced = produced;
    run->account.acknowledged = produced - known;
}
