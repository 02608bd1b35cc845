#include "agent/outbox.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

int outbox_init(struct outbox *outbox, unsigned capacity)
{
    struct sample *samples = calloc(capacity, sizeof *samples);
    if (samples == NULL)
        return -ENOMEM;
    *outbox = (struct outbox){.samples = samples, .capacity = capacity, .oldest_seq = 1};
    return 0;
}

void outbox_deinit(struct outbox *outbox)
{
    free(outbox->samples);
    outbox->samples = NULL;
}

static struct sample *slot(const struct outbox *outbox, uint64_t seq)
{
    return &outbox->samples[(seq + outbox->offset) % outbox->capacity];
}

static uint64_t min_seq(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static void remove_loss(struct outbox *outbox, unsigned index)
{
    outbox->loss_count--;
    memmove(&outbox->losses[index], &outbox->losses[index + 1], (outbox->loss_count - index) * sizeof(struct loss));
}

static void note_loss(struct outbox *outbox, uint64_t seq)
{
    struct loss *last = outbox->loss_count > 0 ? &outbox->losses[outbox->loss_count - 1] : NULL;
    bool sent = seq <= outbox->sent_seq;

    outbox->account.dropped++;
    /* Within one loss the sent samples come first. */
    if (last != NULL && last->last_seq + 1 == seq && (!sent || last->sent_seq == last->last_seq)) {
        last->last_seq = seq;
        if (sent)
            last->sent_seq = seq;
        return;
    }
    if (outbox->loss_count == LOSSES_MAX)
        remove_loss(outbox, 0);
    outbox->losses[outbox->loss_count++] =
        (struct loss){.first_seq = seq, .last_seq = seq, .sent_seq = sent ? seq : seq - 1};
}

static void drop_oldest(struct outbox *outbox)
{
    uint64_t seq = outbox->oldest_seq++;

    if (seq > outbox->acked_seq) {
        note_loss(outbox, seq);
        outbox->acked_seq = seq;
    }
}

uint64_t outbox_push(struct outbox *outbox, const struct sample *sample)
{
    if (outbox->newest_seq + 1 - outbox->oldest_seq == outbox->capacity)
        drop_oldest(outbox);

    uint64_t seq = ++outbox->newest_seq;
    struct sample *kept = slot(outbox, seq);
    *kept = *sample;
    kept->seq = seq;
    outbox->account.produced++;
    return seq;
}

const struct sample *outbox_get(const struct outbox *outbox, uint64_t seq)
{
    assert(seq >= outbox->oldest_seq && seq <= outbox->newest_seq);
    return slot(outbox, seq);
}

void outbox_resume(struct outbox *outbox, uint64_t resume_seq)
{
    outbox->sent_seq = resume_seq;
    for (unsigned i = 0; i < outbox->loss_count; i++) {
        struct loss *loss = &outbox->losses[i];
        if (loss->sent_seq > resume_seq)
            loss->sent_seq = resume_seq < loss->first_seq ? loss->first_seq - 1 : resume_seq;
    }
}

void outbox_sent(struct outbox *outbox, uint64_t seq)
{
    outbox->sent_seq = seq;
}

/* Takes the confirmed front of each loss back. */
static void forgive_losses(struct outbox *outbox, uint64_t stored_seq)
{
    for (unsigned i = outbox->loss_count; i-- > 0;) {
        struct loss *loss = &outbox->losses[i];
        uint64_t confirmed_seq = min_seq(loss->sent_seq, stored_seq);
        if (confirmed_seq < loss->first_seq)
            continue;
        uint64_t count = confirmed_seq + 1 - loss->first_seq;
        outbox->account.dropped -= count;
        outbox->account.acknowledged += count;
        loss->first_seq = confirmed_seq + 1;
        if (loss->first_seq > loss->last_seq)
            remove_loss(outbox, i);
    }
}

void outbox_ack(struct outbox *outbox, uint64_t stored_seq)
{
    stored_seq = min_seq(stored_seq, outbox->newest_seq);
    forgive_losses(outbox, stored_seq);
    if (stored_seq > outbox->acked_seq) {
        outbox->account.acknowledged += stored_seq - outbox->acked_seq;
        outbox->acked_seq = stored_seq;
    }
}

uint64_t outbox_waiting(const struct outbox *outbox)
{
    return outbox->newest_seq - outbox->acked_seq;
}

void outbox_renumber(struct outbox *outbox)
{
    uint64_t shift = outbox->acked_seq;
    uint64_t count = outbox_waiting(outbox);

    for (uint64_t seq = shift + 1; seq <= outbox->newest_seq; seq++)
        slot(outbox, seq)->seq -= shift;
    outbox->offset = (outbox->offset + shift) % outbox->capacity;
    outbox->oldest_seq = 1;
    outbox->newest_seq = count;
    outbox->acked_seq = 0;
    outbox->sent_seq = 0;
    outbox->account = (struct outbox_account){.produced = count};
    outbox->loss_count = 0;
}
