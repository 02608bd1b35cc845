#include "world/world_agent.h"

#include "common/random.h"
#include "world/world.h"

#include <math.h>

#define BACKOFF_MS_MIN 1000U
#define BACKOFF_MS_MAX 10000U
#define SILENT_MS      (SILENT_ACK_INTERVALS * WORLD_ACK_MS)
#define RING_MASK      (AGENT_SAMPLES - 1)

const char *const parting_names[PARTING_COUNT] = {"leaving", "restarting", "killed", "vanished", "moved"};

/* ---- life ---- */

void agent_start(struct world *world, struct world_node *node)
{
    struct world_agent *agent = &node->agent;

    agent->runs = true;
    agent->connected = false;
    agent->starts_ms = NEVER;
    agent->instance = random_next(&world->random) | 1;
    agent->seq = agent->sent_seq = agent->acked_seq = 0;
    agent->interval_ms = world->groups[node->group].interval_ms;
    agent->is_old = world->groups[node->group].old_agents;
    agent->sample_ms = world->now_ms + world_below(world, agent->interval_ms);
    agent->retry_ms = world->now_ms + world_below(world, BACKOFF_MS_MIN);
    agent->backoff_ms = BACKOFF_MS_MIN;
}

static bool is_parted(const struct world *world, const struct world_agent *agent)
{
    return agent->parted_until_ms > world->now_ms;
}

void agent_end(struct world *world, struct world_node *node, enum parting parting)
{
    struct world_agent *agent = &node->agent;
    bool reaches = agent->connected && agent->attached && !is_parted(world, agent);

    if (reaches && (parting <= PARTING_RESTARTING || parting == PARTING_MOVED))
        collector_goodbye(world, node, parting);
    else if (reaches && parting == PARTING_KILLED)
        collector_hang_up(world, node);
    agent->runs = false;
    agent->connected = false;
}

void agent_on_collector_gone(struct world_node *node)
{
    node->agent.attached = false;
}

/* ---- samples ---- */

const struct agent_sample *agent_sample(const struct world_agent *agent, uint64_t seq)
{
    const struct agent_sample *sample = &agent->kept[seq & RING_MASK];

    return seq > 0 && seq <= agent->seq && agent->seq - seq < AGENT_SAMPLES && sample->seq == seq ? sample : NULL;
}

static void take_sample(struct world *world, struct world_node *node)
{
    struct world_agent *agent = &node->agent;
    bool unread = node->unread_until_ms > world->now_ms;

    agent->sample_ms += agent->interval_ms;
    agent->seq++;
    agent->kept[agent->seq & RING_MASK] = (struct agent_sample){
        .seq = agent->seq, .taken_ms = world->now_ms, .cpu = unread ? NAN : node->cpu, .memory = node->memory};
}

/* ---- the connection ---- */

static void lose(struct world *world, struct world_agent *agent)
{
    agent->connected = false;
    agent->retry_ms = world->now_ms + agent->backoff_ms / 2 + world_below(world, agent->backoff_ms / 2 + 1);
    agent->backoff_ms = world_earlier(2 * agent->backoff_ms, BACKOFF_MS_MAX);
}

static void connect_agent(struct world *world, struct world_node *node)
{
    struct world_agent *agent = &node->agent;

    if (is_parted(world, agent) || agent->moved_until_ms > world->now_ms || !collector_hello(world, node)) {
        lose(world, agent);
        return;
    }
    agent->connected = true;
    agent->told_protection = false;
    agent->backoff_ms = BACKOFF_MS_MIN;
    agent->heard_ms = world->now_ms;
    agent->sent_ms = world->now_ms;
}

/* The last sample that is old enough to be sent, within the credit. */
static uint64_t sendable(const struct world *world, const struct world_agent *agent)
{
    uint64_t until = world_earlier(agent->seq, agent->acked_seq + WORLD_CREDIT);

    while (until > agent->sent_seq && agent->late_ms > 0) {
        const struct agent_sample *sample = agent_sample(agent, until);
        if (sample == NULL || sample->taken_ms + agent->late_ms <= world->now_ms)
            break;
        until--;
    }
    return until;
}

/* What there is no room for is dropped, oldest first. */
static void drop_oldest(struct world_agent *agent)
{
    uint64_t dropped = agent->seq > AGENT_SAMPLES ? agent->seq - AGENT_SAMPLES : 0;

    agent->sent_seq = world_later(agent->sent_seq, dropped);
    agent->acked_seq = world_later(agent->acked_seq, dropped);
}

static void talk(struct world *world, struct world_node *node)
{
    struct world_agent *agent = &node->agent;

    drop_oldest(agent);
    uint64_t until = sendable(world, agent);

    if (until <= agent->sent_seq && !agent->is_old && agent->seq > agent->sent_seq && agent->late_ms == 0 &&
        world->now_ms - agent->read_ms >= agent->interval_ms) {
        agent->read_ms = world->now_ms;
        collector_reading(world, node);
    }
    if (until <= agent->sent_seq && world->now_ms - agent->sent_ms < WORLD_ACK_MS)
        return;
    agent->sent_ms = world->now_ms;
    if (!collector_batch(world, node, until))
        lose(world, agent);
}

/* To another collector; it may have no chance to say so. */
static void move(struct world *world, struct world_node *node)
{
    if (node->agent.is_old || world_chance(world, 30))
        collector_hang_up(world, node);
    else
        collector_goodbye(world, node, PARTING_MOVED);
    lose(world, &node->agent);
}

/* While the network is away, both sides wait for the other one, and then give
 * up. */
static void speak(struct world *world, struct world_node *node)
{
    struct world_agent *agent = &node->agent;

    if (!agent->connected) {
        if (agent->retry_ms <= world->now_ms)
            connect_agent(world, node);
        return;
    }
    if (is_parted(world, agent)) {
        if (world->now_ms - agent->heard_ms >= SILENT_MS)
            lose(world, agent);
        return;
    }
    if (!agent->attached) {
        lose(world, agent);
        return;
    }
    agent->heard_ms = world->now_ms;
    if (agent->moved_until_ms > world->now_ms) {
        move(world, node);
        return;
    }
    talk(world, node);
}

void agent_step(struct world *world, struct world_node *node)
{
    struct world_agent *agent = &node->agent;

    if (!agent->runs && agent->starts_ms <= world->now_ms)
        agent_start(world, node);
    if (!agent->runs)
        return;
    if (agent->sample_ms <= world->now_ms && agent->hung_until_ms <= world->now_ms)
        take_sample(world, node);
    else if (agent->sample_ms <= world->now_ms)
        agent->sample_ms += agent->interval_ms;
    speak(world, node);
}
