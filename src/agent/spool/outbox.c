#include "agent/spool/outbox.h"

#include "common/u64.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct outbox outbox_on(struct record *records, uint64_t capacity, uint64_t instance, uint64_t boot, uint64_t offset)
{
    return (struct outbox){.records = records,
                           .capacity = capacity,
                           .instance = instance,
                           .boot = boot,
                           .offset = offset,
                           .oldest_seq = 1};
}

int outbox_init(struct outbox *outbox, unsigned capacity, uint64_t instance)
{
    struct record *records = calloc(capacity, sizeof *records);
    if (records == NULL)
        return -ENOMEM;
    *outbox = outbox_on(records, capacity, instance, 0, 0);
    outbox->owns_records = true;
    return 0;
}

void outbox_deinit(struct outbox *outbox)
{
    if (outbox->owns_records)
        free(outbox->records);
    outbox->records = NULL;
}

static struct record *slot(const struct outbox *outbox, uint64_t seq)
{
    return &outbox->records[(seq + outbox->offset) % outbox->capacity];
}

static bool is_hole(const struct outbox *outbox, uint64_t seq)
{
    return slot(outbox, seq)->sample.seq == 0;
}

/* ---- losses ---- */

static void remove_loss(struct outbox *outbox, unsigned index)
{
    outbox->loss_count--;
    memmove(&outbox->losses[index], &outbox->losses[index + 1], (outbox->loss_count - index) * sizeof(struct loss));
}

/* Without room the oldest loss is discarded, which may be the new one. */
static void insert_loss(struct outbox *outbox, unsigned index, struct loss loss)
{
    if (outbox->loss_count == LOSSES_MAX && index == 0)
        return;
    if (outbox->loss_count == LOSSES_MAX) {
        remove_loss(outbox, 0);
        index--;
    }
    memmove(&outbox->losses[index + 1], &outbox->losses[index], (outbox->loss_count - index) * sizeof loss);
    outbox->losses[index] = loss;
    outbox->loss_count++;
}

/* Usually at the end; but a hole is known before the samples in front of it are dropped. */
static unsigned place_of_loss(const struct outbox *outbox, uint64_t seq)
{
    unsigned index = outbox->loss_count;

    while (index > 0 && outbox->losses[index - 1].first_seq > seq)
        index--;
    return index;
}

void outbox_count_loss(struct outbox *outbox, uint64_t first_seq, uint64_t last_seq, enum loss_reason reason, bool sent)
{
    unsigned index = place_of_loss(outbox, first_seq);
    struct loss *before = index > 0 ? &outbox->losses[index - 1] : NULL;

    outbox->account.dropped[reason] += last_seq + 1 - first_seq;
    /* Within one loss the sent samples come first. */
    if (before != NULL && before->last_seq + 1 == first_seq && before->reason == reason &&
        (!sent || before->sent_seq == before->last_seq)) {
        before->last_seq = last_seq;
        if (sent)
            before->sent_seq = last_seq;
        return;
    }
    insert_loss(outbox, index,
                (struct loss){.first_seq = first_seq,
                              .last_seq = last_seq,
                              .sent_seq = sent ? last_seq : first_seq - 1,
                              .reason = reason});
}

void outbox_count_strays(struct outbox *outbox, uint64_t count, enum loss_reason reason)
{
    outbox->strays += count;
    outbox->account.produced += count;
    outbox->account.dropped[reason] += count;
}

/* Turns the acknowledged front of each loss back into acknowledged samples. */
static void forgive_losses(struct outbox *outbox, uint64_t stored_seq)
{
    for (unsigned i = outbox->loss_count; i-- > 0;) {
        struct loss *loss = &outbox->losses[i];
        uint64_t confirmed_seq = u64_min(loss->sent_seq, stored_seq);
        if (confirmed_seq < loss->first_seq)
            continue;
        uint64_t count = confirmed_seq + 1 - loss->first_seq;
        outbox->account.dropped[loss->reason] -= count;
        outbox->account.acknowledged += count;
        loss->first_seq = confirmed_seq + 1;
        if (loss->first_seq > loss->last_seq)
            remove_loss(outbox, i);
    }
}

/* ---- samples ---- */

void outbox_drop_oldest(struct outbox *outbox)
{
    uint64_t seq = outbox->oldest_seq++;

    if (seq <= outbox->acked_seq)
        return;
    if (is_hole(outbox, seq))
        outbox->holes--; /* counted when it was found */
    else
        outbox_count_loss(outbox, seq, seq, outbox->rejected ? LOSS_REJECTED : LOSS_OUTBOX_FULL,
                          seq <= outbox->sent_seq);
    outbox->acked_seq = seq;
}

uint64_t outbox_push(struct outbox *outbox, const struct sample *sample)
{
    if (outbox->newest_seq + 1 - outbox->oldest_seq == outbox->capacity)
        outbox_drop_oldest(outbox);

    uint64_t seq = ++outbox->newest_seq;
    record_put(slot(outbox, seq), outbox->instance, outbox->boot, seq + outbox->offset, seq, sample);
    outbox->account.produced++;
    return seq;
}

const struct sample *outbox_get(const struct outbox *outbox, uint64_t seq)
{
    assert(seq >= outbox->oldest_seq && seq <= outbox->newest_seq);
    return is_hole(outbox, seq) ? NULL : &slot(outbox, seq)->sample;
}

uint64_t outbox_next(const struct outbox *outbox, uint64_t seq)
{
    if (seq < outbox->oldest_seq)
        seq = outbox->oldest_seq;
    while (seq <= outbox->newest_seq && is_hole(outbox, seq))
        seq++;
    return seq;
}

unsigned outbox_stretch(const struct outbox *outbox, uint64_t seq, unsigned most)
{
    unsigned count = 0;

    while (count < most && seq + count <= outbox->newest_seq && !is_hole(outbox, seq + count))
        count++;
    return count;
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

static uint64_t count_holes(const struct outbox *outbox, uint64_t first_seq, uint64_t last_seq)
{
    uint64_t count = 0;

    if (outbox->holes == 0)
        return 0;
    for (uint64_t seq = first_seq; seq <= last_seq; seq++)
        count += is_hole(outbox, seq);
    return count;
}

void outbox_ack(struct outbox *outbox, uint64_t stored_seq)
{
    stored_seq = u64_min(stored_seq, outbox->newest_seq);
    forgive_losses(outbox, stored_seq);
    if (stored_seq <= outbox->acked_seq)
        return;
    uint64_t holes = count_holes(outbox, outbox->acked_seq + 1, stored_seq);
    outbox->account.acknowledged += stored_seq - outbox->acked_seq - holes;
    outbox->holes -= holes;
    outbox->acked_seq = stored_seq;
}

void outbox_set_rejected(struct outbox *outbox, bool rejected)
{
    outbox->rejected = rejected;
}

uint64_t outbox_waiting(const struct outbox *outbox)
{
    return outbox->newest_seq - outbox->acked_seq - outbox->holes;
}

uint64_t outbox_dropped(const struct outbox *outbox)
{
    uint64_t sum = 0;

    for (unsigned reason = 0; reason < LOSS_REASON_COUNT; reason++)
        sum += outbox->account.dropped[reason];
    return sum;
}

void outbox_renumber(struct outbox *outbox, uint64_t instance)
{
    uint64_t shift = outbox->acked_seq;
    uint64_t count = outbox_waiting(outbox);

    assert(outbox->holes == 0);
    /* From the end, so that a kill in between leaves two runs in order. */
    for (uint64_t seq = outbox->newest_seq; seq > shift; seq--) {
        struct record *record = slot(outbox, seq);
        record_put(record, instance, outbox->boot, seq + outbox->offset, seq - shift, &record->sample);
    }
    outbox->instance = instance;
    outbox->offset += shift;
    outbox->oldest_seq = 1;
    outbox->newest_seq = count;
    outbox->acked_seq = 0;
    outbox->sent_seq = 0;
    outbox->strays = 0;
    outbox->account = (struct outbox_account){.produced = count};
    outbox->loss_count = 0;
}

uint64_t outbox_uptime_ms(const struct outbox *outbox, uint64_t uptime_ms, int64_t wall_ms)
{
    if (!outbox->clock_gone)
        return uptime_ms;
    for (uint64_t seq = outbox->newest_seq; seq >= outbox->oldest_seq && seq > 0; seq--) {
        const struct sample *sample = outbox_get(outbox, seq);
        if (sample == NULL)
            continue;
        uint64_t age_ms = wall_ms > sample->time_ms ? (uint64_t)wall_ms - (uint64_t)sample->time_ms : 0;
        return sample->uptime_ms + age_ms;
    }
    return uptime_ms;
}
