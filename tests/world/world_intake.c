#include "world/world_intake.h"

#include "collector/intake/intake_hello.h"
#include "collector/intake/intake_samples.h"
#include "world/world.h"

#include <math.h>
#include <string.h>

#define HOUSEKEEPING_MS (10 * SECOND_MS)
#define BATCH_MAX       64U

struct sample intake_sample(const struct world_node *node, const struct agent_sample *taken)
{
    struct sample sample = {.seq = taken->seq,
                            .time_ms = WORLD_WALL_START_MS + (int64_t)taken->taken_ms,
                            .uptime_ms = taken->taken_ms - node->running_ms + SECOND_MS};

    if (!isnan(taken->cpu))
        sample_set_gauge(&sample, METRIC_CPU, 100.0 * taken->cpu);
    sample_set_gauge(&sample, METRIC_MEMORY, 100.0 * taken->memory);
    sample_set_gauge(&sample, METRIC_DISK_BUSY, 1.0);
    return sample;
}

/* ---- the store ---- */

static void note_stored(struct world_collector *c, const struct instance *instance)
{
    unsigned index = instance->node->index;
    struct world_node *node = index < WORLD_KNOWN_MAX ? &c->world->nodes[c->slots[index]] : NULL;

    if (node == NULL || strcmp(node->name, instance->node->id) != 0)
        return;
    const struct agent_sample *taken = agent_sample(&node->agent, instance->stored_seq);
    node->stored_instance = instance->id;
    node->stored_seq = instance->stored_seq;
    node->stored_ms = taken != NULL ? taken->taken_ms : c->world->now_ms;
    if (node->agent.instance == instance->id)
        node->agent.acked_seq = world_later(node->agent.acked_seq, instance->stored_seq);
}

void intake_store(struct world_collector *c)
{
    const struct row *rows = NULL;
    uint32_t count = 0;

    c->hub.held = c->disk.full;
    if (c->disk.full)
        return;
    if (c->backlog.writing) {
        struct backlog_instances stored = backlog_stored(&c->backlog, 1);
        for (uint32_t i = 0; i < stored.count; i++)
            note_stored(c, stored.at[i]);
    }
    if (backlog_waiting(&c->backlog) > 0)
        backlog_take(&c->backlog, &rows, &count);
}

/* ---- sessions ---- */

void intake_look(struct world_collector *c)
{
    struct world *world = c->world;

    if (c->housekeeping_ms <= world->now_ms) {
        c->housekeeping_ms = world->now_ms + HOUSEKEEPING_MS;
        registry_trim_rings(&c->registry, 0, NODES_MAX, (int64_t)collector_mono_ms(c, c->world->now_ms));
    }
    if (c->sessions_ms > world->now_ms)
        return;
    c->sessions_ms = world->now_ms + WORLD_ACK_MS;
    for (unsigned i = 0; i < world->node_count; i++) {
        struct world_agent *agent = &world->nodes[i].agent;
        if (!agent->attached)
            continue;
        intake_tick(&agent->intake, collector_mono_ms(c, c->world->now_ms));
        if (agent->intake.state == INTAKE_REJECTED)
            collector_hang_up(world, &world->nodes[i]);
    }
}

bool collector_hello(struct world *world, struct world_node *node)
{
    struct world_collector *c = &world->collector;
    struct world_agent *agent = &node->agent;
    Headroom__Hello hello = HEADROOM__HELLO__INIT;

    if (!c->running)
        return false;
    if (agent->attached)
        collector_hang_up(world, node);
    hello.version = WIRE_VERSION;
    hello.node_id = node->name;
    hello.group = world->groups[node->group].name;
    hello.instance = agent->instance;
    hello.has_cores = hello.has_memory_bytes = true;
    hello.cores = (uint32_t)node->cores;
    hello.memory_bytes = (uint64_t)node->memory_bytes;
    hello.has_boot_id = !agent->is_old;
    hello.boot_id = node->boot_id;
    hello.interval_ms = (uint32_t)agent->interval_ms;
    hello.newest_seq = agent->seq;
    hello.oldest_seq = agent->acked_seq + 1;
    if (agent->seq >= AGENT_SAMPLES && hello.oldest_seq + AGENT_SAMPLES <= agent->seq)
        hello.oldest_seq = agent->seq - AGENT_SAMPLES + 1;
    intake_init(&agent->intake, &c->hub, agent, collector_mono_ms(c, c->world->now_ms));
    intake_hello_take(&agent->intake, &hello, collector_mono_ms(c, c->world->now_ms),
                      collector_wall_ms(c, c->world->now_ms));
    if (agent->intake.state != INTAKE_STREAMING) {
        intake_detach(&agent->intake);
        return false;
    }
    agent->attached = true;
    if (node->told_group != node->group)
        check_fall_on_move(&world->groups[node->told_group]);
    node->told_group = node->group;
    node->moved = false;
    agent->sent_seq = agent->intake.instance->received_seq;
    if (agent->sent_seq + 1 < hello.oldest_seq)
        agent->sent_seq = hello.oldest_seq - 1;
    if (agent->acked_seq + 1 < hello.oldest_seq) /* the rest was dropped */
        agent->acked_seq = hello.oldest_seq - 1;
    c->slots[agent->intake.node->index % WORLD_KNOWN_MAX] = (unsigned)(node - world->nodes);
    return true;
}

void collector_hang_up(struct world *world, struct world_node *node)
{
    (void)world;
    if (node->agent.attached)
        intake_detach(&node->agent.intake);
    node->agent.attached = false;
}

static void note_delivered(const struct world *world, struct world_node *node, const struct agent_sample *newest)
{
    node->known = true;
    node->delivered_ms = world->now_ms;
    node->fresh_ms = world_later(node->fresh_ms, newest->taken_ms); /* older ones may follow a Reading */
}

static void note_life(const struct world_collector *c, struct world_agent *agent)
{
    agent->intake.heard_ms = collector_mono_ms(c, c->world->now_ms);
    agent->intake.node->heard_ms = (int64_t)agent->intake.heard_ms;
}

bool collector_batch(struct world *world, struct world_node *node, uint64_t until_seq)
{
    struct world_collector *c = &world->collector;
    struct world_agent *agent = &node->agent;
    struct sample samples[BATCH_MAX];
    struct batch batch = {.sent_uptime_ms = world->now_ms - node->running_ms + SECOND_MS, .samples = samples};
    const struct agent_sample *taken = NULL;

    for (uint64_t seq = agent->sent_seq + 1; seq <= until_seq && batch.count < BATCH_MAX; seq++) {
        const struct agent_sample *next = agent_sample(agent, seq);
        if (next == NULL)
            continue;
        taken = next;
        samples[batch.count++] = intake_sample(node, taken);
    }
    note_life(c, agent);
    batch.has_protects = !agent->is_old && (!agent->told_protection || agent->told_protects != node->protects);
    batch.protects = node->protects;
    agent->told_protection = agent->told_protection || batch.has_protects;
    if (batch.has_protects)
        agent->told_protects = node->protects;
    intake_samples_take(&agent->intake, &batch, collector_mono_ms(c, c->world->now_ms),
                        collector_wall_ms(c, c->world->now_ms));
    if (agent->intake.state != INTAKE_STREAMING) {
        collector_hang_up(world, node);
        return false;
    }
    if (taken == NULL)
        return true;
    agent->sent_seq = taken->seq;
    note_delivered(world, node, taken);
    return true;
}

/* The newest sample, while it can't be sent. */
void collector_reading(struct world *world, struct world_node *node)
{
    struct world_collector *c = &world->collector;
    struct world_agent *agent = &node->agent;
    Headroom__Reading reading = HEADROOM__READING__INIT;
    Headroom__Sample wire = HEADROOM__SAMPLE__INIT;
    const struct agent_sample *taken = agent_sample(agent, agent->seq);

    if (taken == NULL)
        return;
    wire.seq = taken->seq;
    wire.time_ms = WORLD_WALL_START_MS + (int64_t)taken->taken_ms;
    wire.uptime_ms = taken->taken_ms - node->running_ms + SECOND_MS;
    wire.has_cpu_percent = !isnan(taken->cpu);
    wire.cpu_percent = wire.has_cpu_percent ? (float)(100.0 * taken->cpu) : 0.0F;
    wire.has_memory_percent = true;
    wire.memory_percent = (float)(100.0 * taken->memory);
    reading.sent_uptime_ms = world->now_ms - node->running_ms + SECOND_MS;
    reading.sample = &wire;
    note_life(c, agent);
    intake_samples_read(&agent->intake, &reading, collector_mono_ms(c, world->now_ms),
                        collector_wall_ms(c, world->now_ms));
    note_delivered(world, node, taken);
}

void collector_goodbye(struct world *world, struct world_node *node, enum parting parting)
{
    struct world_collector *c = &world->collector;
    Headroom__Goodbye goodbye = HEADROOM__GOODBYE__INIT;

    goodbye.departure = HEADROOM__DEPARTURE__DEPARTURE_RESTARTING;
    if (parting == PARTING_LEAVING)
        goodbye.departure = HEADROOM__DEPARTURE__DEPARTURE_LEAVING;
    else if (parting == PARTING_MOVED)
        goodbye.departure = HEADROOM__DEPARTURE__DEPARTURE_MOVED;
    goodbye.has_reboots = !node->agent.is_old;
    goodbye.reboots = node->phase == PHASE_DOWN;
    intake_samples_end(&node->agent.intake, &goodbye, collector_mono_ms(c, world->now_ms),
                       collector_wall_ms(c, world->now_ms));
    node->moved = parting == PARTING_MOVED;
    node->left_ms = parting == PARTING_LEAVING ? world->now_ms : 0;
    collector_hang_up(world, node);
}

void collector_show_nodes(const struct world *world, const struct world_group *group)
{
    const struct world_collector *c = &world->collector;
    int64_t now_ms = (int64_t)collector_mono_ms(c, world->now_ms);

    for (unsigned i = 0; world->verbose && c->running && i < c->registry.node_count; i++) {
        const struct node *node = c->registry.nodes[i];
        enum liveness liveness = registry_liveness(node, now_ms, (int64_t)world->gone_ms);
        if (liveness != NODE_GONE && node->group != NULL && strcmp(node->group->name, group->name) == 0)
            world_log(world, "    %s: %s, last seen %lld s ago", node->id, liveness_names[liveness],
                      (long long)(now_ms - node->seen_ms) / 1000);
    }
}
