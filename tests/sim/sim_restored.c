#include "sim/sim_restored.h"

#include "sim/sim_world.h"

#include <inttypes.h>

struct comparing {
    struct sim_agent *agent;
    const struct run *run;
    const struct outbox *outbox; /* of that run, or NULL: the spool has it no more */
    bool quiet_kill;             /* nothing but a kill came over the spool: nothing may be missing */
    bool state_lost;
    uint64_t strays; /* samples counted as dropped whose seq nobody knows */
};

static const struct outbox *find_outbox(const struct spool *spool, uint64_t instance)
{
    for (unsigned i = 0; i < spool->count; i++)
        if (spool->runs[i].instance == instance)
            return &spool->runs[i];
    return NULL;
}

static bool waits(const struct outbox *outbox, uint64_t seq)
{
    return outbox != NULL && seq > outbox->acked_seq && seq <= outbox->newest_seq && outbox_get(outbox, seq) != NULL;
}

static bool is_hole(const struct outbox *outbox, uint64_t seq)
{
    return outbox != NULL && seq > outbox->acked_seq && seq <= outbox->newest_seq && outbox_get(outbox, seq) == NULL;
}

static void check_waiting(const struct comparing *comparing, struct truth_sample *sample, uint64_t seq)
{
    const struct world *world = comparing->agent->world;
    const struct sample *found = outbox_get(comparing->outbox, seq);

    if (found->seq != seq || found->time_ms != sample->sample.time_ms || found->uptime_ms != sample->sample.uptime_ms)
        sim_fail(world, "agent %u finds seq %" PRIu64 " in its spool, which is not what was produced",
                 comparing->agent->index, seq);
    if (comparing->quiet_kill && (sample->fate == FATE_DROPPED || sample->fate == FATE_LOST))
        sim_fail(world, "agent %u finds seq %" PRIu64 " in its spool, which had been dropped", comparing->agent->index,
                 seq);
    sample->fate = FATE_WAITING;
}

static void note_loss(struct comparing *comparing, struct truth_sample *sample, const struct loss *loss, uint64_t seq)
{
    bool waited = sample->fate == FATE_WAITING;

    if (comparing->quiet_kill && !comparing->agent->file.resized && waited)
        sim_fail(comparing->agent->world, "after a mere kill agent %u counts seq %" PRIu64 " as dropped",
                 comparing->agent->index, seq);
    /* A power cut had taken it: it is a damaged record of the next run that was taken for the end of this one. */
    if (!comparing->quiet_kill && sample->fate == FATE_LOST)
        comparing->strays++;
    sample->fate = FATE_DROPPED;
    sample->reasons |= (uint8_t)(1U << loss->reason);
    comparing->agent->world->totals.dropped += waited;
}

/* The state does not know that sample yet: it is the older copy, because the other one is lost; or the agent was killed
 * between the record of its newest sample and the state, and the record was damaged since. */
static bool is_newer_than_state(const struct comparing *comparing, uint64_t seq)
{
    const struct sim_spool *file = &comparing->agent->file;

    for (unsigned i = 0; i < file->believed.run_count; i++) {
        uint64_t known_seq = file->believed.runs[i].newest_seq;
        if (file->believed.runs[i].instance == comparing->run->id)
            return (file->one_state && seq > known_seq) || (file->damaged && seq == known_seq + 1);
    }
    return file->one_state;
}

/* It waited, and nothing in the spool tells of it. */
static void note_vanished(struct comparing *comparing, struct truth_sample *sample, uint64_t seq)
{
    struct world *world = comparing->agent->world;
    const struct outbox *outbox = comparing->outbox;
    bool forgotten = outbox != NULL && outbox->loss_count == LOSSES_MAX && seq < outbox->losses[0].first_seq;

    /* What a state does not know, only the records themselves tell; and a ring that is laid out anew does not take
     * damaged records behind its newest one along. */
    forgotten |= comparing->state_lost || is_newer_than_state(comparing, seq) ||
                 (comparing->agent->file.resized && !comparing->quiet_kill);

    if (comparing->agent->file.power_cut && seq > comparing->run->safe_seq) {
        sample->fate = FATE_LOST;
        return;
    }
    bool quiet_kill = comparing->quiet_kill && !comparing->agent->file.resized;
    if (quiet_kill || (!forgotten && comparing->strays == 0))
        sim_fail(world,
                 "agent %u had seq %" PRIu64 " of i%016" PRIx64 " in its spool; after the start it neither waits nor "
                 "is counted as dropped",
                 comparing->agent->index, seq, comparing->run->id);
    comparing->strays -= !forgotten;
    sample->fate = FATE_DROPPED;
    sample->reasons = (1U << LOSS_REASON_COUNT) - 1;
    world->totals.dropped++;
    world->totals.strays++;
}

static void compare_run(struct comparing *comparing)
{
    for (uint64_t i = 0; i < comparing->run->count; i++) {
        struct truth_sample *sample = &comparing->run->samples[i];
        const struct loss *loss = comparing->outbox != NULL ? sim_spool_loss(comparing->outbox, i + 1) : NULL;
        if (waits(comparing->outbox, i + 1))
            check_waiting(comparing, sample, i + 1);
        else if (loss != NULL)
            note_loss(comparing, sample, loss, i + 1);
        else if (sample->fate == FATE_WAITING)
            note_vanished(comparing, sample, i + 1);
        sample->hole = is_hole(comparing->outbox, i + 1);
    }
}

static void check_carried_on(const struct sim_agent *agent, const struct restore_found *found, bool quiet_kill)
{
    bool ran_before = agent->run != NULL && agent->run->count > 0;

    if (found->carried_on && (agent->file.power_cut || !ran_before))
        sim_fail(agent->world, "agent %u carries its instance on after a power cut", agent->index);
    /* A ring that is laid out anew takes a record that was never finished for a damaged one. */
    if (quiet_kill && ran_before && !agent->file.resized && !found->carried_on)
        sim_fail(agent->world, "agent %u was only killed, and begins a new instance after seq %" PRIu64, agent->index,
                 agent->run->count);
}

static void log_found(const struct sim_agent *agent, const struct restore_found *found)
{
    const struct world *world = agent->world;

    sim_log(world, "agent %u finds in its spool: %" PRIu64 " records damaged, %" PRIu64 " samples of too many runs%s%s",
            agent->index, found->damaged, found->too_many, found->state_lost ? ", no state" : "",
            agent->file.power_cut ? ", after a power cut" : "");
    for (unsigned i = 0; i < agent->spool.count; i++) {
        const struct outbox *run = &agent->spool.runs[i];
        sim_log(world,
                "  i%016" PRIx64 ": seq %" PRIu64 " to %" PRIu64 ", acknowledged %" PRIu64 ", %" PRIu64
                " holes, %" PRIu64 " strays, %u losses",
                run->instance, run->oldest_seq, run->newest_seq, run->acked_seq, run->holes, run->strays,
                run->loss_count);
    }
}

/* All that is in the spool is on its medium. */
static void note_all_safe(const struct sim_agent *agent)
{
    struct truth *truth = &agent->world->truth;

    for (unsigned i = 0; i < truth->run_count; i++)
        if (truth->runs[i]->agent == agent->index)
            truth->runs[i]->safe_seq = truth->runs[i]->count;
}

void restored_compare(struct sim_agent *agent, const struct restore_found *found)
{
    struct world *world = agent->world;
    struct truth *truth = &world->truth;
    const struct outbox *present = spool_present(&agent->spool);
    struct comparing comparing = {.agent = agent, .state_lost = found->state_lost};

    comparing.quiet_kill = !agent->file.power_cut && !agent->file.damaged;
    comparing.strays = present->strays;
    log_found(agent, found);
    check_carried_on(agent, found, comparing.quiet_kill);
    for (unsigned i = 0; i < truth->run_count; i++) {
        comparing.run = truth->runs[i];
        comparing.outbox = find_outbox(&agent->spool, comparing.run->id);
        if (comparing.run->agent != agent->index)
            continue;
        /* A damaged record between two runs may be taken for the end of the first one. */
        if (comparing.outbox != NULL && comparing.outbox->newest_seq > comparing.run->count)
            comparing.strays += comparing.outbox->newest_seq - comparing.run->count;
        truth->runs[i]->unclear |= !comparing.quiet_kill;
        compare_run(&comparing);
    }
    if (agent->file.power_cut)
        note_all_safe(agent);
    agent->run = truth_find(truth, present->instance);
    if (agent->run == NULL)
        agent->run = truth_begin_run(world, agent->index, agent->node, present->instance);
    else if (!found->carried_on)
        sim_fail(world, "agent %u begins an instance that was used before", agent->index);
    world->totals.carried_on += found->carried_on;
    world->totals.damaged += found->damaged;
}
