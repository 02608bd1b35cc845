#include "agent/spool/spool.h"

#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

/* ---- the state ---- */

static uint64_t state_check(const struct spool_state *state)
{
    return record_checksum(&state->generation, sizeof *state - offsetof(struct spool_state, generation));
}

bool spool_state_ok(const struct spool_state *state)
{
    if (state->check == 0 || state->check != state_check(state) || state->run_count == 0 ||
        state->run_count > SPOOL_RUNS_MAX)
        return false;
    for (unsigned i = 0; i < state->run_count; i++)
        if (state->runs[i].instance == 0 || state->runs[i].newest_seq > INT64_MAX ||
            state->runs[i].loss_count > LOSSES_MAX)
            return false;
    return true;
}

/* Those above acked_seq are holes. The ring shows these too, but not whether they were sent. */
static void save_losses(const struct outbox *run, struct spool_run *saved)
{
    for (unsigned i = 0; i < run->loss_count; i++) {
        const struct loss *loss = &run->losses[i];
        saved->losses[saved->loss_count++] = (struct spool_loss){.first_seq = loss->first_seq,
                                                                 .last_seq = loss->last_seq,
                                                                 .sent_seq = loss->sent_seq,
                                                                 .reason = (uint64_t)loss->reason};
    }
}

static void save_run(const struct outbox *run, struct spool_run *saved)
{
    saved->instance = run->instance;
    saved->newest_seq = run->newest_seq;
    saved->acked_seq = run->acked_seq;
    saved->strays = run->strays;
    saved->sent = run->account.sent;
    for (unsigned reason = 0; reason < LOSS_REASON_COUNT; reason++)
        saved->dropped[reason] = run->account.dropped[reason];
    saved->dropped[LOSS_SPOOL_DAMAGED] -= run->holes;
    saved->rejected = run->rejected;
    save_losses(run, saved);
}

static void save_as_of(struct spool *spool, uint64_t position)
{
    spool->changed = true;
    if (spool->states == NULL)
        return;
    struct spool_state *state = &spool->states[++spool->generation % 2];
    state->check = 0;
    atomic_signal_fence(memory_order_seq_cst); /* as in record_put() */
    memset(&state->generation, 0, sizeof *state - offsetof(struct spool_state, generation));
    state->generation = spool->generation;
    state->position = position;
    for (unsigned i = 0; i < spool->count; i++)
        if (!spool->runs[i].finished)
            save_run(&spool->runs[i], &state->runs[state->run_count++]);
    state->runs[state->run_count - 1].newest_seq = position - spool->runs[spool->count - 1].offset;
    atomic_signal_fence(memory_order_seq_cst);
    state->check = state_check(state);
}

void spool_save(struct spool *spool)
{
    const struct outbox *present = &spool->runs[spool->count - 1];

    save_as_of(spool, present->offset + present->newest_seq);
}

/* ---- in use ---- */

void spool_begin(struct spool *spool, struct record *records, uint64_t capacity, uint64_t boot, uint64_t instance)
{
    *spool = (struct spool){.records = records, .capacity = capacity, .count = 1};
    spool->runs[0] = outbox_on(records, capacity, instance, boot, 0);
}

struct outbox *spool_present(struct spool *spool)
{
    return &spool->runs[spool->count - 1];
}

struct outbox *spool_current(struct spool *spool)
{
    unsigned i = 0;

    while (i + 1 < spool->count && spool->runs[i].finished)
        i++;
    return &spool->runs[i];
}

uint64_t spool_push(struct spool *spool, const struct sample *sample)
{
    struct outbox *present = spool_present(spool);
    uint64_t position = present->offset + present->newest_seq + 1;
    bool dropped = false;

    for (struct outbox *run = spool->runs; position > spool->capacity && run < present; run++) {
        uint64_t acked_seq = run->acked_seq;
        while (run->oldest_seq <= run->newest_seq && run->oldest_seq + run->offset + spool->capacity <= position)
            outbox_drop_oldest(run);
        dropped |= run->acked_seq != acked_seq;
    }
    uint64_t acked_seq = present->acked_seq;
    uint64_t seq = outbox_push(present, sample);
    spool->changed = true;
    if (dropped || present->acked_seq != acked_seq)
        spool_save(spool);
    return seq;
}

void spool_finish(struct spool *spool, struct outbox *run)
{
    run->finished = true;
    spool_save(spool);
}

void spool_share_reject(struct spool *spool, const struct outbox *run)
{
    const bool rejected = run->rejected;

    for (unsigned i = 0; i < spool->count; i++)
        spool->runs[i].rejected = rejected;
    spool_save(spool);
}

void spool_renumber(struct spool *spool, uint64_t instance)
{
    struct outbox *present = spool_present(spool);

    /* After a kill in between, restore takes the waiting samples for newer than this state, and for the new
     * instance's. */
    save_as_of(spool, present->offset + present->acked_seq);
    outbox_renumber(present, instance);
    spool_save(spool);
}

bool spool_take_changed(struct spool *spool)
{
    bool changed = spool->changed;

    spool->changed = false;
    return changed;
}

void spool_set_changed(struct spool *spool)
{
    spool->changed = true;
}

uint64_t spool_waiting(const struct spool *spool)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < spool->count; i++)
        if (!spool->runs[i].finished)
            sum += outbox_waiting(&spool->runs[i]);
    return sum;
}
