#include "sim/sim_agent.h"

#include "common/random.h"
#include "sim/sim_load.h"
#include "sim/sim_uplink.h"
#include "sim/sim_world.h"

#include <inttypes.h>
#include <stdio.h>

#define FAREWELL_MS_MAX 5000U
#define RESTART_MS_MAX  10000U

void sim_agent_init(struct sim_agent *agent, struct world *world, unsigned index)
{
    static const uint32_t intervals_ms[] = {50, 100, 200, 500, 1000};
    static const unsigned outboxes[] = {16, 32, 64, 256, 512};
    bool twin = world->with_twin && index + 1 == world->agent_count;

    *agent = (struct sim_agent){.world = world, .index = index, .node = twin ? 0 : index};
    snprintf(agent->node_id, sizeof agent->node_id, "n%u", agent->node % SIM_AGENTS_MAX);
    snprintf(agent->group, sizeof agent->group, "g%u", agent->node % SIM_GROUPS_MAX);
    agent->interval_ms = twin ? world->agents[0].interval_ms : intervals_ms[sim_below(world, 5)];
    agent->outbox_samples = outboxes[sim_below(world, 5)];
    agent->careless = sim_chance(world, 15);
    agent->route_count = (unsigned)sim_between(world, 1, world->collector_count);
    unsigned first = (unsigned)sim_below(world, world->collector_count);
    for (unsigned i = 0; i < agent->route_count; i++)
        agent->routes[i].collector = (first + i) % world->collector_count;
    agent->boot_ms = world->now_ms - sim_below(world, 1000000);
    agent->cpu = (double)sim_below(world, 100);
    agent->start_ms = world->now_ms + sim_below(world, 5000);
    agent->tick_ms = agent->attempt_ms = agent->connect_ms = agent->deadline_ms = NEVER;
    agent->farewell_ms = agent->return_ms = NEVER;
}

void sim_agent_deinit(struct sim_agent *agent)
{
    if (agent->state == AGENT_DOWN)
        return;
    sender_deinit(&agent->sender);
    outbox_deinit(&agent->outbox);
}

/* ---- start and end ---- */

static void start(struct sim_agent *agent)
{
    struct world *world = agent->world;
    struct sender_identity identity = {
        .node_id = agent->node_id,
        .group = agent->group,
        .token = "",
        .interval_ms = agent->interval_ms,
        .cores = 1 + agent->index % 4,
        .memory_bytes = UINT64_C(1) << 30,
    };

    uint64_t instance = random_next(&world->random) | 1U;

    agent->start_ms = NEVER;
    if (outbox_init(&agent->outbox, agent->outbox_samples, instance) < 0 ||
        sender_init(&agent->sender, &identity, &agent->outbox, &world->arena) < 0)
        sim_fail(world, "the simulation itself is out of memory");
    agent->run = truth_begin_run(world, agent->index, agent->node, instance);
    agent->state = AGENT_RUNNING;
    agent->tick_ms = world->now_ms + sim_below(world, agent->interval_ms);
    sim_log(world, "agent %u (%s) starts as i%016" PRIx64, agent->index, agent->node_id, instance);
    uplink_begin(agent);
}

static void end_process(struct sim_agent *agent)
{
    truth_end_run(agent->run);
    sim_agent_deinit(agent);
    agent->state = AGENT_DOWN;
    agent->tick_ms = agent->attempt_ms = agent->connect_ms = agent->deadline_ms = NEVER;
    agent->farewell_ms = agent->return_ms = NEVER;
    agent->link = NULL;
    agent->connected = false;
    if (!agent->world->quiet)
        agent->start_ms = agent->world->now_ms + sim_below(agent->world, RESTART_MS_MAX);
}

void sim_agent_crash(struct sim_agent *agent, bool power)
{
    struct world *world = agent->world;

    if (agent->state == AGENT_DOWN)
        return;
    sim_log(world, "agent %u %s with %" PRIu64 " samples not acknowledged", agent->index,
            power ? "loses power" : "is killed", outbox_waiting(&agent->outbox));
    if (agent->link != NULL && power)
        link_vanish(world, agent->link, END_AGENT);
    else if (agent->link != NULL)
        link_close(world, agent->link, END_AGENT, true);
    end_process(agent);
    if (power)
        agent->boot_ms = world->now_ms;
    world->totals.agent_crashes++;
}

void sim_agent_stop(struct sim_agent *agent, bool draining)
{
    if (agent->state != AGENT_RUNNING)
        return;
    sim_log(agent->world, "agent %u is told to %s", agent->index, draining ? "drain" : "stop");
    agent->state = AGENT_STOPPING;
    agent->tick_ms = NEVER;
    agent->farewell_ms = agent->world->now_ms + FAREWELL_MS_MAX;
    if (agent->sender.state != SENDER_STREAMING && outbox_waiting(&agent->outbox) == 0)
        agent->farewell_ms = agent->world->now_ms; /* nothing to wait for */
    sender_leave(&agent->sender,
                 draining ? HEADROOM__DEPARTURE__DEPARTURE_DRAINING : HEADROOM__DEPARTURE__DEPARTURE_RESTARTING);
    uplink_send(agent);
}

static void leave(struct sim_agent *agent)
{
    sim_log(agent->world, "agent %u ends with %" PRIu64 " samples not acknowledged", agent->index,
            outbox_waiting(&agent->outbox));
    if (agent->link != NULL)
        link_close(agent->world, agent->link, END_AGENT, false);
    end_process(agent);
}

/* ---- what the uplink tells ---- */

void sim_agent_acknowledged(struct sim_agent *agent)
{
    if (agent->state != AGENT_STOPPING || !sender_done(&agent->sender))
        return;
    if (outbox_waiting(&agent->outbox) > 0)
        sim_fail(agent->world, "agent %u leaves as if done, with %" PRIu64 " samples waiting", agent->index,
                 outbox_waiting(&agent->outbox));
    agent->world->totals.goodbyes++;
    leave(agent);
}

/* ---- time ---- */

static void tick(struct sim_agent *agent)
{
    struct outbox *outbox = &agent->outbox;
    uint64_t acked_seq = outbox->acked_seq;
    struct sample sample;

    agent->tick_ms += agent->interval_ms;
    if (agent->tick_ms <= agent->world->now_ms) /* it slept */
        agent->tick_ms = agent->world->now_ms + agent->interval_ms;
    load_read(agent, &sample);
    sample.seq = outbox_push(outbox, &sample);
    truth_produced(agent->world, agent->run, &sample);
    for (uint64_t seq = acked_seq + 1; seq <= outbox->acked_seq; seq++)
        truth_dropped(agent->world, agent->run, seq);
    uplink_send(agent);
}

uint64_t sim_agent_due(const struct sim_agent *agent)
{
    uint64_t due_ms = sim_earlier(agent->tick_ms, agent->attempt_ms);

    if (agent->state == AGENT_DOWN)
        return agent->start_ms;
    due_ms = sim_earlier(due_ms, sim_earlier(agent->connect_ms, agent->deadline_ms));
    due_ms = sim_earlier(due_ms, sim_earlier(agent->farewell_ms, agent->return_ms));
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
    else
        uplink_run(agent);
}
