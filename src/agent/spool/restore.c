#include "agent/spool/restore.h"

#include "agent/spool/restore_run.h"
#include "common/u64.h"

#include <assert.h>
#include <string.h>

static_assert(SPOOL_RUNS_MAX <= INSTANCES_PER_NODE_MAX && SPOOL_RUNS_MAX >= 2,
              "a collector that has forgotten a run would store its samples again");

/* The newer one of the valid copies, or NULL. */
static const struct spool_state *newest_state(const struct spool_state *states)
{
    const struct spool_state *newest = NULL;

    for (unsigned i = 0; states != NULL && i < 2; i++)
        if (spool_state_ok(&states[i]) && (newest == NULL || states[i].generation > newest->generation))
            newest = &states[i];
    return newest;
}

/* Records of one instance that follow each other. All but the offset are positions. */
struct stretch {
    uint64_t instance;
    uint64_t boot;
    uint64_t offset; /* seq + offset is the position */
    uint64_t low;    /* the records from here to `first` were of this instance too, but are not whole */
    uint64_t first;
    uint64_t last;
    uint64_t whole; /* number of whole records from first to last */
    bool repeated;  /* there was a run of this instance before, which is impossible */
};

struct restoring {
    struct spool *spool;
    const struct spool_state *state; /* NULL: lost */
    struct stretch stretch;          /* the present one; instance 0: none yet */
    uint64_t instance;               /* the new one */
    uint64_t newest;                 /* position of the newest whole record, 0: none */
    uint64_t own;                    /* the last position known to be of its run; newest, or above it */
    uint64_t stated;                 /* the last position that is in the state; own, or above it */
    uint64_t end;                    /* the last position known to have been written; stated, or above it */
    uint64_t behind;                 /* from this index on, the runs of the state began behind own */
    uint64_t window;                 /* what lies before this position has been overwritten */
    uint64_t strays[LOSS_REASON_COUNT];
    uint64_t recalled;         /* damaged samples of runs of which no record is left */
    bool seen[SPOOL_RUNS_MAX]; /* there are records of that run of the state */
    bool last_is_whole;        /* the last run closed has all its records and its state */
    struct restore_found found;
};

static struct record *slot(const struct spool *spool, uint64_t position)
{
    return &spool->records[position % spool->capacity];
}

static bool is_ok(const struct spool *spool, const struct record *record)
{
    return record_ok(record, (uint64_t)(record - spool->records), spool->capacity);
}

static bool is_whole(const struct spool *spool, uint64_t position)
{
    const struct record *record = slot(spool, position);

    return record->position == position && is_ok(spool, record);
}

/* The state may count records behind the newest one that a power cut or damage has taken: of the same run, and of runs
 * that began behind that and of which nothing is left. */
static void recall_end(struct restoring *restoring)
{
    const struct spool_state *state = restoring->state;

    restoring->own = restoring->stated = restoring->newest;
    restoring->behind = state != NULL ? state->run_count : 0;
    if (state == NULL || restoring->newest == 0)
        return;
    const struct record *record = slot(restoring->spool, restoring->newest);
    uint64_t k = state->run_count;
    uint64_t end = state->position;
    while (k > 0 && state->runs[k - 1].instance != record->instance && state->runs[k - 1].newest_seq <= end)
        end -= state->runs[--k].newest_seq;
    /* An older state counts other records in these places. */
    if (end < restoring->newest ||
        (k > 0 && end - state->runs[k - 1].newest_seq != record->position - record->sample.seq))
        return;
    if (k > 0)
        restoring->own = end;
    restoring->stated = state->position;
    restoring->behind = k;
}

static void survey(struct restoring *restoring)
{
    const struct spool *spool = restoring->spool;
    const struct spool_state *state = restoring->state;

    for (uint64_t i = 0; i < spool->capacity; i++)
        if (is_ok(spool, &spool->records[i]))
            restoring->newest = u64_max(restoring->newest, spool->records[i].position);
    recall_end(restoring);
    restoring->end = restoring->stated;
    restoring->window = restoring->end < spool->capacity ? 1 : restoring->end - spool->capacity + 1;
    for (uint64_t i = 0; i < spool->capacity && state != NULL; i++) {
        const struct record *record = &spool->records[i];
        for (unsigned k = 0; k < state->run_count && is_ok(spool, record); k++)
            restoring->seen[k] |= record->instance == state->runs[k].instance && record->position >= restoring->window;
    }
}

/* A kill while the next record was written: that sample was never produced, and its place had been vacated. The record
 * stays as it is, so that after another kill the result is the same. */
static void pass_over_unfinished(struct restoring *restoring)
{
    const struct spool *spool = restoring->spool;
    struct record *next = slot(spool, restoring->end + 1);

    if (next->check != 0 || record_blank(next))
        return;
    if (restoring->end >= spool->capacity)
        restoring->window++;
    else
        record_clear(next);
}

/* A record that is not whole claims to be the one of that position, or the one of that run that belongs there. */
static bool claims(const struct record *record, uint64_t position, const struct record *newest)
{
    return record->position == position || (record->instance == newest->instance &&
                                            record->sample.seq == newest->sample.seq + position - newest->position);
}

/* Once all places are used, the oldest record follows the end. If a record that is not whole claims to be newer than
 * the newest one, the end is behind it, and the records between were written too; but not beyond a sample of the last
 * round. */
static void find_end(struct restoring *restoring)
{
    const struct spool *spool = restoring->spool;
    uint64_t position = restoring->end + 1;

    for (; position <= spool->capacity; position++)
        if (record_blank(slot(spool, position)))
            return;
    for (; position - restoring->newest < spool->capacity; position++) {
        const struct record *record = slot(spool, position);
        bool ok = is_ok(spool, record);
        if (ok && record->position + spool->capacity >= position)
            break;
        if (!ok && record->check != 0 && claims(record, position, slot(spool, restoring->newest)))
            restoring->end = position;
    }
    restoring->window = restoring->end < spool->capacity ? 1 : restoring->end - spool->capacity + 1;
}

/* After a kill in the middle of spool_renumber(): the rest of the samples gets the new instance's seqs, too. */
static void finish_renumbering(struct restoring *restoring)
{
    const struct spool *spool = restoring->spool;
    const struct spool_state *state = restoring->state;

    if (state == NULL || restoring->newest == 0)
        return;
    const struct record *newest = slot(spool, restoring->newest);
    const uint64_t old_instance = state->runs[state->run_count - 1].instance;
    const uint64_t offset = newest->position - newest->sample.seq;
    if (newest->instance == old_instance || offset != state->position)
        return;
    for (uint64_t position = restoring->newest - 1; position > offset && position >= restoring->window; position--) {
        struct record *record = slot(spool, position);
        if (is_whole(spool, position) && record->instance == old_instance)
            record_put(record, newest->instance, newest->boot, position, position - offset, &record->sample);
    }
}

/* Clears the record. true: it was damaged, not blank and not a whole record of the last round. */
static bool clear_damaged(struct restoring *restoring, uint64_t position)
{
    const struct spool *spool = restoring->spool;
    struct record *record = slot(spool, position);

    if (record_blank(record))
        return false;
    bool damaged = !is_ok(spool, record);
    restoring->found.damaged += damaged;
    record_clear(record);
    return damaged;
}

static const struct spool_run *find_saved(const struct restoring *restoring, uint64_t instance)
{
    for (unsigned i = 0; restoring->state != NULL && i < restoring->state->run_count; i++)
        if (restoring->state->runs[i].instance == instance)
            return &restoring->state->runs[i];
    return NULL;
}

/* The stretch as a run, up to the position `high`. */
static struct outbox run_of(const struct restoring *restoring, uint64_t high, const struct spool_run *saved)
{
    const struct spool *spool = restoring->spool;
    const struct stretch *stretch = &restoring->stretch;
    struct outbox run = outbox_on(spool->records, spool->capacity, stretch->instance, stretch->boot, stretch->offset);

    run.newest_seq = high - stretch->offset;
    run.acked_seq = saved != NULL ? u64_min(saved->acked_seq, run.newest_seq) : stretch->low - stretch->offset - 1;
    run.oldest_seq =
        u64_max(stretch->low, u64_min(stretch->first, stretch->offset + run.acked_seq + 1)) - stretch->offset;
    if (saved != NULL)
        restore_run_load(&run, saved);
    restore_run_count_dropped(&run, saved, run.oldest_seq - 1, run.rejected ? LOSS_REJECTED : LOSS_OUTBOX_FULL);
    restore_run_count_holes(&run, saved);
    restore_run_balance(&run);
    return run;
}

/* Its drops count with the present instance from now on. */
static void forget_oldest_run(struct restoring *restoring)
{
    struct spool *spool = restoring->spool;
    const struct outbox *run = &spool->runs[0];

    restoring->strays[LOSS_OUTBOX_FULL] += outbox_waiting(run);
    for (unsigned reason = 0; reason < LOSS_REASON_COUNT; reason++)
        restoring->strays[reason] += run->account.dropped[reason];
    restoring->found.too_many += outbox_waiting(run);
    spool->count--;
    memmove(&spool->runs[0], &spool->runs[1], spool->count * sizeof spool->runs[0]);
}

static void add_run(struct restoring *restoring, const struct outbox *run)
{
    struct spool *spool = restoring->spool;

    if (spool->count == SPOOL_RUNS_MAX)
        forget_oldest_run(restoring);
    spool->runs[spool->count++] = *run;
}

static bool is_taken(const struct restoring *restoring, uint64_t instance)
{
    const struct spool *spool = restoring->spool;

    for (unsigned i = 0; i < spool->count; i++)
        if (spool->runs[i].instance == instance)
            return true;
    return instance == restoring->instance;
}

/* Runs without a record are older than the ring's first one. Whether newer records have overwritten theirs. */
static bool is_overwritten(const struct restoring *restoring, uint64_t position)
{
    const struct spool *spool = restoring->spool;

    while (position <= restoring->newest && !is_whole(spool, position))
        position++;
    if (position > restoring->newest)
        return false;
    const struct record *first = slot(spool, position);
    return first->position - first->sample.seq < restoring->window;
}

/* Runs of the state of which no record is left, but drops to report. */
static void recall_runs(struct restoring *restoring, uint64_t from, uint64_t to)
{
    const struct spool *spool = restoring->spool;

    for (uint64_t i = from; i < to; i++) {
        const struct spool_run *saved = &restoring->state->runs[i];
        struct outbox run = outbox_on(spool->records, spool->capacity, saved->instance, 0, 0);
        if (restoring->seen[i] || is_taken(restoring, saved->instance))
            continue;
        run.newest_seq = saved->newest_seq;
        run.oldest_seq = run.newest_seq + 1;
        run.acked_seq = u64_min(saved->acked_seq, run.newest_seq);
        restore_run_load(&run, saved);
        enum loss_reason reason = run.rejected ? LOSS_REJECTED : LOSS_OUTBOX_FULL;
        bool behind = i >= restoring->behind; /* the others are older than what is left */
        if (behind || i + 1 == restoring->state->run_count || !is_overwritten(restoring, restoring->window))
            reason = LOSS_SPOOL_DAMAGED;
        if (reason == LOSS_SPOOL_DAMAGED && !behind)
            restoring->recalled += run.newest_seq - run.acked_seq;
        restore_run_count_dropped(&run, saved, run.newest_seq, reason);
        restore_run_balance(&run);
        if (run.newest_seq > 0 && outbox_dropped(&run) > 0)
            add_run(restoring, &run);
        else
            for (unsigned k = 0; k < LOSS_REASON_COUNT; k++)
                restoring->strays[k] += run.account.dropped[k];
    }
}

/* high: the last position of the run; tail: the number of positions at its end that are not whole and may be another
 * run's. */
static void close_stretch(struct restoring *restoring, uint64_t high, uint64_t tail)
{
    const struct stretch *stretch = &restoring->stretch;
    const struct spool_run *saved = find_saved(restoring, stretch->instance);

    restoring->last_is_whole = false;
    if (stretch->repeated ||
        (saved == NULL && restoring->state != NULL && stretch->last <= restoring->state->position)) {
        restoring->strays[LOSS_SPOOL_DAMAGED] += tail;
        return;
    }
    const struct outbox run = run_of(restoring, high, saved);
    bool last = high >= restoring->stated;
    restoring->last_is_whole = last && tail == 0 && saved != NULL && saved->acked_seq <= run.newest_seq &&
                               stretch->whole == stretch->last + 1 - stretch->first && run.holes == 0;
    if (last || outbox_waiting(&run) > 0 || outbox_dropped(&run) > 0)
        add_run(restoring, &run);
}

static void open_stretch(struct restoring *restoring, const struct record *record)
{
    uint64_t offset = record->position - record->sample.seq;
    uint64_t free = restoring->window; /* from here on nothing is another run's */

    if (restoring->stretch.instance != 0) {
        const struct stretch *before = &restoring->stretch;
        free = u64_max(before->last, u64_min(record->position - 1, offset)) + 1;
        close_stretch(restoring, free - 1, 0);
    }
    restoring->stretch = (struct stretch){.instance = record->instance,
                                          .boot = record->boot,
                                          .offset = offset,
                                          .low = u64_max(free, offset + 1),
                                          .first = record->position,
                                          .last = record->position,
                                          .repeated = is_taken(restoring, record->instance)};
}

static void take_whole(struct restoring *restoring, struct record *record)
{
    struct stretch *stretch = &restoring->stretch;

    if (record->instance != stretch->instance || record->position - record->sample.seq != stretch->offset)
        open_stretch(restoring, record);
    stretch->last = record->position;
    stretch->whole++;
    if (!stretch->repeated)
        return;
    restoring->found.damaged++;
    restoring->strays[LOSS_SPOOL_DAMAGED]++;
    record_clear(record);
}

/* A damaged record before the first run belongs to no known run, unless recall_runs() has counted it. */
static void count_ownerless(struct restoring *restoring)
{
    if (restoring->recalled > 0)
        restoring->recalled--;
    else
        restoring->strays[LOSS_SPOOL_DAMAGED]++;
}

/* From the oldest position to the newest. */
static void walk(struct restoring *restoring)
{
    const struct spool *spool = restoring->spool;
    uint64_t position = restoring->window;
    uint64_t first = position;

    while (first <= restoring->newest && !is_whole(spool, first))
        first++;
    for (; position <= restoring->newest; position++) {
        struct record *record = slot(spool, position);
        if (is_whole(spool, position))
            take_whole(restoring, record);
        else if (clear_damaged(restoring, position) && position < first &&
                 position <= slot(spool, first)->position - slot(spool, first)->sample.seq)
            count_ownerless(restoring);
    }
}

/* Records behind the newest one that are known to have been written. Returns how many. */
static uint64_t clear_lost_end(struct restoring *restoring)
{
    uint64_t lost = restoring->end - restoring->newest;

    for (uint64_t i = 1; i <= lost && i <= restoring->spool->capacity; i++)
        (void)clear_damaged(restoring, restoring->newest + i);
    return lost;
}

/* In the first round: the other records behind the newest one. Those right behind it may be the end of its run. */
static void walk_rest(struct restoring *restoring)
{
    uint64_t tail = clear_lost_end(restoring);
    uint64_t position = restoring->end + 1;

    for (; position <= restoring->spool->capacity && clear_damaged(restoring, position); position++)
        tail++;
    for (; position <= restoring->spool->capacity; position++)
        restoring->strays[LOSS_SPOOL_DAMAGED] += clear_damaged(restoring, position);
    /* If other runs lie between, or none is left, recall_runs() counts what is in the state. */
    uint64_t end = restoring->newest + tail;
    bool is_last = restoring->stretch.instance != 0 && restoring->stated == restoring->own;
    uint64_t high = is_last ? end : restoring->own;
    if (!is_last)
        restoring->strays[LOSS_SPOOL_DAMAGED] += end - restoring->stated;
    if (restoring->stretch.instance != 0)
        close_stretch(restoring, high, high - restoring->newest);
    restoring->newest = end;
}

static bool may_carry_on(const struct restoring *restoring, uint64_t boot)
{
    const struct spool *spool = restoring->spool;
    const struct spool_state *state = restoring->state;

    if (boot == 0 || state == NULL || spool->count == 0 || !restoring->last_is_whole || restoring->found.damaged > 0)
        return false;
    const struct outbox *last = &spool->runs[spool->count - 1];
    return last->boot == boot && state->position <= restoring->newest &&
           state->runs[state->run_count - 1].instance == last->instance;
}

static void begin_run(struct restoring *restoring, uint64_t boot)
{
    struct spool *spool = restoring->spool;
    struct outbox *last = spool->count > 0 ? &spool->runs[spool->count - 1] : NULL;

    /* close_stretch() takes the last one even if it has nothing to send. */
    if (last != NULL && outbox_waiting(last) == 0 && outbox_dropped(last) == 0)
        spool->count--;
    struct outbox run = outbox_on(spool->records, spool->capacity, restoring->instance, boot, restoring->newest);
    add_run(restoring, &run);
}

struct restore_found restore_spool(struct spool *spool, struct record *records, uint64_t capacity,
                                   struct spool_state *states, uint64_t boot, uint64_t instance, bool unreadable)
{
    const struct spool_state *newest = newest_state(states);
    const struct spool_state state = newest != NULL ? *newest : (struct spool_state){0};
    struct restoring restoring = {.spool = spool, .instance = instance, .state = newest != NULL ? &state : NULL};

    *spool = (struct spool){.records = records, .capacity = capacity, .states = states};
    spool->generation = state.generation;
    survey(&restoring);
    find_end(&restoring);
    pass_over_unfinished(&restoring);
    finish_renumbering(&restoring);
    recall_runs(&restoring, 0, restoring.behind);
    walk(&restoring);
    walk_rest(&restoring);
    recall_runs(&restoring, restoring.behind, state.run_count);
    restoring.found.state_lost = restoring.newest > 0 && newest == NULL;
    restoring.found.carried_on = !unreadable && may_carry_on(&restoring, boot);
    if (!restoring.found.carried_on)
        begin_run(&restoring, boot);
    restoring.found.waiting = spool_waiting(spool);
    for (unsigned i = 0; i < spool->count; i++)
        spool->runs[i].clock_gone = boot == 0 || spool->runs[i].boot != boot;
    struct outbox *present = spool_present(spool);
    present->clock_gone = false;
    present->rejected = newest != NULL && state.runs[state.run_count - 1].rejected != 0;
    for (unsigned reason = 0; reason < LOSS_REASON_COUNT; reason++)
        outbox_count_strays(present, restoring.strays[reason], (enum loss_reason)reason);
    spool_save(spool);
    if (!restoring.found.carried_on)
        spool_save(spool); /* in both copies: with an older one the last instance would be continued */
    return restoring.found;
}

bool restore_copy(const struct record *from, uint64_t from_capacity, struct record *to, uint64_t to_capacity)
{
    uint64_t newest = 0;
    bool whole = true;

    if (from_capacity == 0 || to_capacity == 0)
        return true;
    for (uint64_t i = 0; i < from_capacity; i++) {
        bool ok = record_ok(&from[i], i, from_capacity);
        if (ok)
            newest = u64_max(newest, from[i].position);
        whole = whole && (ok || from[i].check == 0);
    }
    /* Damaged records stay in their places; in the first round also those behind the newest one. */
    uint64_t end = newest < from_capacity ? from_capacity : newest;
    uint64_t most = u64_min(from_capacity, to_capacity);
    for (uint64_t position = newest > most ? newest - most + 1 : 1; position <= end; position++)
        if (position <= newest || position <= to_capacity)
            to[position % to_capacity] = from[position % from_capacity];
    return whole;
}
