#include "sim/sim_truth.h"

#include "collector/store/csv.h"
#include "collector/store/gap.h"
#include "sim/sim_world.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void truth_deinit(struct truth *truth)
{
    for (unsigned i = 0; i < truth->run_count; i++) {
        free(truth->runs[i]->samples);
        free(truth->runs[i]);
    }
    truth->run_count = 0;
}

struct run *truth_begin_run(struct world *world, unsigned agent, unsigned node, uint64_t id)
{
    struct truth *truth = &world->truth;
    struct run *run = calloc(1, sizeof *run);

    if (run == NULL || truth->run_count == RUNS_MAX)
        sim_fail(world, "the simulation itself is out of room for runs");
    if (truth_find(truth, id) != NULL)
        sim_fail(world, "agent %u starts under an instance that was used before: its seqs name two samples each",
                 agent);
    *run = (struct run){.id = id, .agent = agent, .node = node};
    truth->runs[truth->run_count++] = run;
    return run;
}

void truth_end_run(struct run *run)
{
    for (uint64_t i = 0; i < run->count; i++)
        if (run->samples[i].fate == FATE_WAITING)
            run->samples[i].fate = FATE_LOST;
}

struct run *truth_find(const struct truth *truth, uint64_t id)
{
    for (unsigned i = truth->run_count; i-- > 0;)
        if (truth->runs[i]->id == id)
            return truth->runs[i];
    return NULL;
}

struct truth_sample *truth_at(const struct world *world, const struct run *run, uint64_t seq)
{
    if (seq == 0 || seq > run->count)
        sim_fail(world, "agent %u never produced seq %" PRIu64, run->agent, seq);
    return &run->samples[seq - 1];
}

/* Byte counts must not fall within an instance, even one continued by another process. */
static void check_counters(const struct world *world, const struct run *run, const struct sample *sample)
{
    const struct sample *before = run->count > 0 ? &run->samples[run->count - 1].sample : NULL;

    for (unsigned m = 0; before != NULL && m < METRIC_COUNT; m++)
        if (METRIC_COUNTS(metric_table[m].kind) && sample_has(before, m) && sample_has(sample, m) &&
            sample->value[m].counter < before->value[m].counter)
            sim_fail(world, "agent %u: %s falls with seq %" PRIu64, run->agent, metric_table[m].name, sample->seq);
}

void truth_produced(struct world *world, struct run *run, const struct sample *sample)
{
    if (sample->seq != run->count + 1)
        sim_fail(world, "agent %u numbers a sample %" PRIu64 " after %" PRIu64, run->agent, sample->seq, run->count);
    if (run->count == run->room) {
        run->room = run->room == 0 ? 256 : 2 * run->room;
        run->samples = realloc(run->samples, run->room * sizeof *run->samples);
        if (run->samples == NULL)
            sim_fail(world, "the simulation itself is out of memory");
    }
    check_counters(world, run, sample);
    struct truth_sample *produced = &run->samples[run->count++];
    *produced = (struct truth_sample){.sample = *sample, .taken_ms = world->now_ms};
    (void)sample_clean(&produced->sample);
    world->totals.produced++;
}

void truth_dropped(struct world *world, struct run *run, uint64_t seq, enum loss_reason reason)
{
    struct truth_sample *sample = truth_at(world, run, seq);

    if (sample->fate != FATE_WAITING)
        sim_fail(world, "agent %u counts seq %" PRIu64 " as dropped, which did not wait", run->agent, seq);
    sample->fate = FATE_DROPPED;
    sample->reasons |= (uint8_t)(1U << reason);
    world->totals.dropped++;
}

void truth_acked(struct world *world, struct run *run, uint64_t seq, unsigned c)
{
    struct truth_sample *sample = truth_at(world, run, seq);

    bool had = ((sample->stored | sample->retired | sample->unsure) >> c & 1U) != 0;
    /* An old state may have it as sent, and the collector has skipped it: then the agent believes it is stored. */
    if (!had && run->unclear && sample->reasons != 0) {
        sample->acked |= (uint8_t)(1U << c);
        sample->fate = FATE_DROPPED;
        return;
    }
    /* What was acknowledged once may count as waiting again after a power cut. */
    if (!had && sample->acked == 0)
        sim_fail(world,
                 "agent %u counts seq %" PRIu64 " as acknowledged (it was %s), but collector %u has not stored it",
                 run->agent, seq, sample->fate == FATE_DROPPED ? "dropped" : "waiting", c);
    if (sample->fate == FATE_DROPPED)
        world->totals.forgiven++;
    sample->fate = FATE_ACKED;
    sample->hole = false;
    if (had)
        sample->acked |= (uint8_t)(1U << c);
}

/* ---- what a collector remembers of instances ---- */

static unsigned count_later(const struct truth *truth, const struct run *run, unsigned c)
{
    unsigned later = 0;

    for (unsigned i = 0; i < truth->run_count; i++)
        later += truth->runs[i]->node == run->node && truth->runs[i]->used[c] > run->used[c];
    return later;
}

/* A collector remembers the INSTANCES_PER_NODE_MAX most recently used instances of a node. One that returns after that
 * is new to it, and what its agent still has is stored again: that is a limit of the design. */
void truth_forget(const struct world *world, struct run *run, unsigned c)
{
    if (run->used[c] > 0 && count_later(&world->truth, run, c) >= INSTANCES_PER_NODE_MAX)
        run->forgotten |= (uint8_t)(1U << c);
}

void truth_used(struct world *world, struct run *run, unsigned c)
{
    truth_forget(world, run, c);
    run->used[c] = ++world->truth.uses;
}

/* ---- rows ---- */

static bool values_equal(const struct sample *a, const struct sample *b)
{
    for (unsigned m = 0; m < METRIC_COUNT; m++) {
        if (!sample_has(a, m))
            continue;
        bool counter = METRIC_COUNTS(metric_table[m].kind);
        if (counter ? a->value[m].counter != b->value[m].counter
                    : a->value[m].gauge < b->value[m].gauge || a->value[m].gauge > b->value[m].gauge)
            return false;
    }
    return true;
}

void truth_check_sample(const struct world *world, const struct run *run, const struct sample *sample)
{
    const struct sample *produced = &truth_at(world, run, sample->seq)->sample;

    if (sample->time_ms != produced->time_ms || sample->uptime_ms != produced->uptime_ms ||
        sample->present != produced->present || !values_equal(sample, produced))
        sim_fail(world, "seq %" PRIu64 " of agent %u is not what was produced", sample->seq, run->agent);
}

/* Samples between two rows, or before the first, are in gaps.csv by now; or they were stored here and are gone. */
static void check_gap(const struct world *world, const struct run *run, uint64_t seq, unsigned c)
{
    for (uint64_t missing = run->stored_seq[c] + 1; missing < seq; missing++) {
        const struct truth_sample *sample = truth_at(world, run, missing);
        if (((sample->noted | sample->note_gone | sample->unsure | sample->retired) >> c & 1U) == 0)
            sim_fail(world,
                     "collector %u stores seq %" PRIu64 " of agent %u and has skipped %" PRIu64 ", which is not in "
                     "its gaps.csv",
                     c, seq, run->agent, missing);
    }
}

void truth_stored(struct world *world, const struct csv_row *row, unsigned c, bool durable)
{
    struct run *run = truth_find(&world->truth, row->instance);
    uint64_t seq = row->sample.seq;
    uint8_t bit = (uint8_t)(1U << c);

    if (run == NULL)
        sim_fail(world, "collector %u stores a row of an instance that never existed", c);
    truth_check_sample(world, run, &row->sample);
    struct truth_sample *sample = truth_at(world, run, seq);
    if (strcmp(row->node_id, world->agents[run->agent].node_id) != 0)
        sim_fail(world, "collector %u stores seq %" PRIu64 " of agent %u as of node %s", c, seq, run->agent,
                 row->node_id);
    if ((run->forgotten & bit) == 0) {
        if ((sample->stored & bit) != 0)
            sim_fail(world, "collector %u stores seq %" PRIu64 " of agent %u twice", c, seq, run->agent);
        if (seq <= run->stored_seq[c])
            sim_fail(world, "collector %u stores seq %" PRIu64 " of agent %u after %" PRIu64, c, seq, run->agent,
                     run->stored_seq[c]);
        check_gap(world, run, seq, c);
    }
    sample->stored |= bit;
    sample->unsure &= (uint8_t)~bit;
    run->stored_seq[c] = seq;
    if (durable)
        run->durable_seq[c] = seq;
}

void truth_synced(struct world *world, unsigned c)
{
    for (unsigned i = 0; i < world->truth.run_count; i++)
        world->truth.runs[i]->durable_seq[c] = world->truth.runs[i]->stored_seq[c];
}

void truth_unsure(struct world *world, unsigned c)
{
    for (unsigned i = 0; i < world->truth.run_count; i++) {
        struct run *run = world->truth.runs[i];
        for (uint64_t seq = run->durable_seq[c] + 1; seq <= run->stored_seq[c]; seq++)
            if (run->samples[seq - 1].stored >> c & 1U)
                run->samples[seq - 1].unsure |= (uint8_t)(1U << c);
        run->durable_seq[c] = run->stored_seq[c];
    }
}

/* ---- gaps ---- */

static bool reason_ok(const struct run *run, const struct truth_sample *sample, enum gap_reason reason)
{
    switch (reason) {
    case GAP_OUTBOX_FULL:
        return (sample->reasons >> LOSS_OUTBOX_FULL & 1U) != 0;
    case GAP_REJECTED:
        return (sample->reasons >> LOSS_REJECTED & 1U) != 0;
    case GAP_SPOOL_DAMAGED:
        return (sample->reasons >> LOSS_SPOOL_DAMAGED & 1U) != 0;
    case GAP_UNKNOWN: /* an older state may not have what was dropped */
        return sample->reasons != 0 || sample->acked != 0 || run->unclear;
    case GAP_ELSEWHERE:
        return sample->acked != 0 || run->unclear;
    default: /* headroom-agent always gives a reason */
        return false;
    }
}

uint64_t truth_gap_end(const struct run *run, const struct gap_range *range)
{
    return run->unclear ? sim_earlier(range->last_seq, run->count) : range->last_seq;
}

void truth_check_gap(const struct world *world, const struct run *run, const struct gap_range *range, unsigned c)
{
    for (uint64_t seq = range->first_seq; seq <= truth_gap_end(run, range); seq++)
        if (!reason_ok(run, truth_at(world, run, seq), range->reason))
            sim_fail(world, "collector %u notes seq %" PRIu64 " of agent %u as missing, \"%s\", which it is not", c,
                     seq, run->agent, gap_reason_names[range->reason]);
}

void truth_note(struct truth_sample *sample, unsigned c)
{
    sample->noted |= (uint8_t)(1U << c);
    sample->once_noted |= (uint8_t)(1U << c);
}

void truth_gap_stored(struct world *world, const struct gap *gap, unsigned c)
{
    struct run *run = truth_find(&world->truth, gap->instance);

    for (uint64_t seq = gap->range.first_seq; seq <= truth_gap_end(run, &gap->range); seq++) {
        struct truth_sample *sample = truth_at(world, run, seq);
        if ((sample->noted >> c & 1U) && !(run->forgotten >> c & 1U))
            sim_fail(world, "collector %u notes twice that seq %" PRIu64 " of agent %u is missing", c, seq, run->agent);
        truth_note(sample, c);
    }
    if (gap->noted_ms > run->noted_ms[c])
        run->noted_ms[c] = gap->noted_ms;
}

/* ---- the end ---- */

/* An agent that continues with an older state of its spool may not have what it has dropped. */
void truth_left(const struct world *world, const struct run *run, uint64_t announced_seq, unsigned c)
{
    for (uint64_t k = 0; k < run->count && k < announced_seq && !run->unclear; k++) {
        const struct truth_sample *sample = &run->samples[k];
        unsigned known = sample->stored | sample->once_noted | sample->note_gone | sample->unsure | sample->retired;
        if (sample->fate == FATE_DROPPED && (known >> c & 1U) == 0)
            sim_fail(world,
                     "collector %u lets agent %u go with the last Ack, and has not noted that seq %" PRIu64
                     " is dropped",
                     c, run->agent, k + 1);
    }
}

void truth_check_end(struct world *world)
{
    for (unsigned i = 0; i < world->truth.run_count; i++) {
        const struct run *run = world->truth.runs[i];
        for (uint64_t k = 0; k < run->count; k++) {
            const struct truth_sample *sample = &run->samples[k];
            if (sample->fate == FATE_WAITING ||
                (sample->fate == FATE_ACKED && (sample->stored | sample->retired | sample->unsure) == 0))
                sim_fail(world, "at the end seq %" PRIu64 " of agent %u is neither stored nor dropped nor lost", k + 1,
                         run->agent);
            world->totals.lost += sample->fate == FATE_LOST && sample->stored == 0;
        }
    }
}
