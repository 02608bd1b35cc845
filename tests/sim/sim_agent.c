#include "sim/sim_agent.h"

#include "sim/sim_load.h"
#include "sim/sim_uplink.h"
#include "sim/sim_world.h"

#include <inttypes.h>
#include <stdio.h>

#define FAREWELL_MS_MAX 5000U
#define RESTART_MS_MAX  10000U

/* Of the outbox; with a partition it holds twice the samples of that time. */
static unsigned any_capacity(struct world *world, uint32_t interval_ms)
{
    static const unsigned capacities[] = {16, 32, 64, 256, 512};

    return capacities[sim_below(world, 5)] + 2 * (unsigned)(world->partition_ms / interval_ms);
}

void sim_agent_init(struct sim_agent *agent, struct world *world, unsigned index)
{
    static const uint32_t intervals_ms[] = {50, 100, 200, 500, 1000};
    bool twin = world->with_twin && index + 1 == world->agent_count;

    *agent = (struct sim_agent){.world = world, .index = index, .node = twin ? 0 : index};
    snprintf(agent->node_id, sizeof agent->node_id, "n%u", agent->node % SIM_AGENTS_MAX);
    snprintf(agent->group, sizeof agent->group, "g%u", agent->node % SIM_GROUPS_MAX);
    agent->interval_ms = twin ? world->agents[0].interval_ms : intervals_ms[sim_below(world, 5)];
    agent->outbox_samples = any_capacity(world, agent->interval_ms);
    agent->careless = sim_chance(world, 15);
    agent->file.lasting = !twin && sim_chance(world, 60);
    agent->file.sync_ms = NEVER;
    agent->collector_count = (unsigned)sim_between(world, 1, world->collector_count);
    unsigned first = (unsigned)sim_below(world, world->collector_count);
    for (unsigned i = 0; i < agent->collector_count; i++)
        agent->collectors[i] = (first + i) % world->collector_count;
    sim_log(world, "agent %u: %u samples%s", index, agent->outbox_samples, agent->file.lasting ? " in a spool" : "");
    agent->boot_ms = world->now_ms - sim_below(world, 1000000);
    agent->cpu = (double)sim_below(world, 100);
    agent->start_ms = world->now_ms + sim_below(world, 5000);
    agent->tick_ms = agent->plan_ms = agent->connect_ms = agent->farewell_ms = NEVER;
}

void sim_agent_deinit(struct sim_agent *agent)
{
    if (agent->state != AGENT_DOWN)
        sender_deinit(&agent->sender);
    sim_spool_deinit(agent);
}

/* ---- start and end ---- */

void sim_agent_note_run(struct sim_agent *agent)
{
    agent->spoken = truth_find(&agent->world->truth, agent->sender.outbox->instance);
}

static void start(struct sim_agent *agent)
{
    struct world *world = agent->world;
    struct sender_identity identity = {
        .node_id = agent->node_id,
        .group = agent->group,
        .interval_ms = agent->interval_ms,
        .cpu_milli = 1000 * (1 + agent->index % 4),
        .memory_bytes = UINT64_C(1) << 30,
    };

    agent->start_ms = NEVER;
    if (agent->file.lasting && sim_chance(world, 5))
        agent->outbox_samples = any_capacity(world, agent->interval_ms);
    sim_spool_start(agent);
    if (sender_init(&agent->sender, &identity, spool_present(&agent->spool), &world->arena) < 0)
        sim_fail(world, "the simulation itself is out of memory");
    delivery_init(&agent->delivery, &agent->spool, &agent->sender);
    if (sim_chance(world, 30))
        agent->bytes = sim_below(world, 1000); /* devices went, or a boot began */
    sim_agent_note_run(agent);
    agent->state = AGENT_RUNNING;
    agent->tick_ms = world->quiet ? NEVER : world->now_ms + sim_below(world, agent->interval_ms);
    sim_log(world, "agent %u (%s) starts as i%016" PRIx64 " after seq %" PRIu64 ", %" PRIu64 " samples of %u runs wait",
            agent->index, agent->node_id, agent->run->id, agent->run->count, spool_waiting(&agent->spool),
            agent->spool.count);
    uplink_begin(agent);
}

static void end_process(struct sim_agent *agent, bool torn)
{
    bool waiting = agent->file.lasting && spool_waiting(&agent->spool) > 0;

    sim_spool_end(agent, torn && agent->state == AGENT_RUNNING);
    sender_deinit(&agent->sender);
    agent->state = AGENT_DOWN;
    agent->tick_ms = agent->plan_ms = agent->connect_ms = agent->farewell_ms = NEVER;
    uplink_plan_close(&agent->plan);
    agent->link = NULL;
    agent->file.sync_ms = NEVER;
    if (!agent->world->quiet || waiting)
        agent->start_ms = agent->world->now_ms + sim_below(agent->world, RESTART_MS_MAX);
}

void sim_agent_crash(struct sim_agent *agent, bool power)
{
    struct world *world = agent->world;

    if (agent->state == AGENT_DOWN)
        return;
    sim_log(world, "agent %u %s with %" PRIu64 " samples not acknowledged", agent->index,
            power ? "loses power" : "is killed", spool_waiting(&agent->spool));
    if (agent->link != NULL && power)
        link_vanish(world, agent->link, END_AGENT);
    else if (agent->link != NULL)
        link_close(world, agent->link, END_AGENT, true);
    end_process(agent, sim_chance(world, 50));
    if (power) {
        agent->boot_ms = world->now_ms;
        sim_spool_cut_power(agent);
    }
    world->totals.agent_crashes++;
}

void sim_agent_stop(struct sim_agent *agent, bool draining)
{
    if (agent->state != AGENT_RUNNING)
        return;
    sim_log(agent->world, "agent %u is asked to %s", agent->index, draining ? "drain" : "stop");
    agent->state = AGENT_STOPPING;
    agent->tick_ms = NEVER;
    agent->farewell_ms = agent->world->now_ms + FAREWELL_MS_MAX;
    if (delivery_leave(&agent->delivery,
                       draining ? HEADROOM__DEPARTURE__DEPARTURE_LEAVING : HEADROOM__DEPARTURE__DEPARTURE_RESTARTING))
        agent->farewell_ms = agent->world->now_ms;
    uplink_send(agent);
}

static void leave(struct sim_agent *agent)
{
    sim_log(agent->world, "agent %u ends with %" PRIu64 " samples not acknowledged", agent->index,
            spool_waiting(&agent->spool));
    if (agent->link != NULL)
        link_close(agent->world, agent->link, END_AGENT, false);
    end_process(agent, false);
}

/* ---- from the uplink ---- */

void sim_agent_end_in_order(struct sim_agent *agent)
{
    if (spool_waiting(&agent->spool) > 0)
        sim_fail(agent->world, "agent %u leaves as if done, with %" PRIu64 " samples waiting", agent->index,
                 spool_waiting(&agent->spool));
    agent->world->totals.goodbyes++;
    leave(agent);
}

/* ---- time ---- */

static void tick(struct sim_agent *agent)
{
    struct spool_before before;
    struct sample sample;

    agent->tick_ms += agent->interval_ms;
    if (agent->tick_ms <= agent->world->now_ms) /* it slept */
        agent->tick_ms = agent->world->now_ms + agent->interval_ms;
    load_read(agent, &sample);
    sim_spool_remember(agent, &before);
    sample.seq = delivery_take(&agent->delivery, &sample);
    truth_produced(agent->world, agent->run, &sample);
    sim_spool_note_drops(agent, &before);
    uplink_send(agent);
}

uint64_t sim_agent_due(const struct sim_agent *agent)
{
    uint64_t due_ms = sim_earlier(agent->tick_ms, agent->farewell_ms);

    if (agent->state == AGENT_DOWN)
        return agent->start_ms;
    due_ms = sim_earlier(due_ms, sim_earlier(uplink_due(agent), agent->file.sync_ms));
    return sim_later(due_ms, agent->paused_ms);
}

void sim_agent_run(struct sim_agent *agent)
{
    uint64_t now_ms = agent->world->now_ms;

    if (agent->state == AGENT_DOWN)
        start(agent);
    else if (agent->farewell_ms <= now_ms)
        leave(agent);
    else if (agent->tick_ms <= now_ms)
        tick(agent);
    else if (agent->file.sync_ms <= now_ms)
        sim_spool_sync(agent);
    else
        uplink_run(agent);
}
