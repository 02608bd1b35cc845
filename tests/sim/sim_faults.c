#include "sim/sim_faults.h"

#include "sim/sim_world.h"

#include <string.h>

#define HOUR_MS INT64_C(3600000)

static const char *const fault_names[] = {
#define FAULT_TEXT(name) #name,
    FAULTS(FAULT_TEXT)
#undef FAULT_TEXT
};

void faults_init(struct faults *faults, struct world *world)
{
    *faults = (struct faults){.world = world};
    for (unsigned i = 0; i < FAULT_COUNT; i++) {
        faults->weight[i] = sim_chance(world, 60) ? (unsigned)sim_between(world, 1, 10) : 0;
        faults->weights += faults->weight[i];
    }
    faults->pause_ms = sim_between(world, 200, sim_chance(world, 50) ? 3000 : 30000);
    faults->next_ms = faults->weights > 0 ? world->now_ms + sim_below(world, 5000) : NEVER;
    for (unsigned c = 0; c < SIM_COLLECTORS_MAX; c++)
        faults->disk_ms[c] = NEVER;
}

/* ---- choosing a victim ---- */

static struct sim_agent *any_agent(struct world *world)
{
    return &world->agents[sim_below(world, world->agent_count)];
}

static struct sim_collector *any_collector(struct world *world)
{
    return &world->collectors[sim_below(world, world->collector_count)];
}

static struct link *any_link(struct world *world)
{
    unsigned start = (unsigned)sim_below(world, LINKS_MAX);

    for (unsigned i = 0; i < LINKS_MAX; i++) {
        struct link *link = &world->network.links[(start + i) % LINKS_MAX];
        if (link->used && link->connect_ms == NEVER)
            return link;
    }
    return NULL;
}

/* ---- the network ---- */

static void disturb(struct world *world, const struct sim_agent *agent, const struct sim_collector *collector)
{
    for (unsigned i = 0; i < LINKS_MAX; i++) {
        struct link *link = &world->network.links[i];
        if ((agent == NULL || link->agent == agent->index) &&
            (collector == NULL || link->collector == collector->index))
            link->disturbed = true;
    }
}

static void stall_link(struct world *world)
{
    struct link *link = any_link(world);

    if (link == NULL)
        return;
    link->disturbed = true;
    for (enum end end = END_AGENT; end <= END_COLLECTOR; end++)
        if (link->to[end].due_ms != NEVER)
            link->to[end].due_ms += sim_below(world, 10000);
}

static void cut_link(struct world *world)
{
    struct link *link = any_link(world);

    if (link != NULL)
        link_cut(world, link);
}

static void part(struct world *world)
{
    const struct sim_agent *agent = any_agent(world);
    const struct sim_collector *collector = any_collector(world);
    uint64_t until_ms = world->now_ms + sim_below(world, 20000);

    disturb(world, agent, collector);
    world->network.parted_ms[agent->index][collector->index] = until_ms;
}

/* ---- machines ---- */

static void pause_agent(struct world *world)
{
    struct sim_agent *agent = any_agent(world);

    agent->paused_ms = world->now_ms + sim_below(world, 8000);
    disturb(world, agent, NULL);
}

static void pause_collector(struct world *world)
{
    struct sim_collector *collector = any_collector(world);

    collector->paused_ms = world->now_ms + sim_below(world, 8000);
    disturb(world, NULL, collector);
}

static int64_t step(struct world *world)
{
    return sim_chance(world, 30) ? 0 : (int64_t)sim_below(world, 2 * HOUR_MS + 1) - HOUR_MS;
}

static void step_collector_clock(struct sim_collector *collector)
{
    collector->wall_shift_ms = step(collector->world);
    collector->wall_stepped = true;
}

static void trouble_disk(struct world *world, enum fault fault)
{
    struct sim_collector *collector = any_collector(world);

    collector->disk.full = fault == FAULT_FULL_DISK;
    collector->disk.error_percent = fault == FAULT_FAILING_DISK ? (unsigned)sim_between(world, 5, 80) : 0;
    collector->store.slow_ms = fault == FAULT_SLOW_DISK ? sim_below(world, 5000) : 0;
    world->faults.disk_ms[collector->index] = world->now_ms + sim_below(world, 10000);
}

static void heal_disk(struct faults *faults, unsigned c)
{
    struct sim_collector *collector = &faults->world->collectors[c];

    collector->disk.full = false;
    collector->disk.error_percent = 0;
    collector->store.slow_ms = 0;
    faults->disk_ms[c] = NEVER;
}

/* Only while the machine is down. */
static void damage_files(struct world *world, enum fault fault)
{
    struct sim_collector *collector = any_collector(world);

    if (collector->running)
        return;
    if (fault == FAULT_DAMAGE_INDEX)
        store_damage_index(&collector->store);
    else
        store_remove_segment(&collector->store);
}

/* ---- life ---- */

static enum fault choose(struct faults *faults)
{
    uint64_t at = sim_below(faults->world, faults->weights);
    unsigned fault = 0;

    while (at >= faults->weight[fault])
        at -= faults->weight[fault++];
    return (enum fault)fault;
}

static void strike(struct world *world, enum fault fault)
{
    sim_log(world, "fault: %s", fault_names[fault]);
    switch (fault) {
    case FAULT_CUT_LINK:
        cut_link(world);
        break;
    case FAULT_STALL_LINK:
        stall_link(world);
        break;
    case FAULT_PARTITION:
        part(world);
        break;
    case FAULT_PAUSE_AGENT:
        pause_agent(world);
        break;
    case FAULT_PAUSE_COLLECTOR:
        pause_collector(world);
        break;
    case FAULT_KILL_AGENT:
    case FAULT_REBOOT_AGENT:
        sim_agent_crash(any_agent(world), fault == FAULT_REBOOT_AGENT);
        break;
    case FAULT_STOP_AGENT:
    case FAULT_DRAIN_AGENT:
        sim_agent_stop(any_agent(world), fault == FAULT_DRAIN_AGENT);
        break;
    case FAULT_KILL_COLLECTOR:
    case FAULT_REBOOT_COLLECTOR:
        sim_collector_crash(any_collector(world), fault == FAULT_REBOOT_COLLECTOR);
        break;
    case FAULT_STOP_COLLECTOR:
        sim_collector_stop(any_collector(world));
        break;
    case FAULT_CRASH_IN_WRITE:
        any_collector(world)->disk.crash_in = (unsigned)sim_between(world, 1, 16);
        break;
    case FAULT_FULL_DISK:
    case FAULT_FAILING_DISK:
    case FAULT_SLOW_DISK:
        trouble_disk(world, fault);
        break;
    case FAULT_DAMAGE_SPOOL:
        sim_spool_damage(any_agent(world));
        break;
    case FAULT_DAMAGE_INDEX:
    case FAULT_REMOVE_SEGMENT:
        damage_files(world, fault);
        break;
    case FAULT_STEP_AGENT_CLOCK:
        any_agent(world)->wall_shift_ms = step(world);
        break;
    case FAULT_STEP_COLLECTOR_CLOCK:
        step_collector_clock(any_collector(world));
        break;
    case FAULT_COUNT:
        break;
    }
    world->totals.faults++;
}

uint64_t faults_due(const struct faults *faults)
{
    uint64_t due_ms = faults->next_ms;

    for (unsigned c = 0; c < SIM_COLLECTORS_MAX; c++)
        due_ms = sim_earlier(due_ms, faults->disk_ms[c]);
    return due_ms;
}

void faults_run(struct faults *faults)
{
    struct world *world = faults->world;

    for (unsigned c = 0; c < world->collector_count; c++)
        if (faults->disk_ms[c] <= world->now_ms)
            heal_disk(faults, c);
    if (faults->next_ms > world->now_ms)
        return;
    faults->next_ms = world->now_ms + sim_below(world, faults->pause_ms);
    strike(world, choose(faults));
}

void faults_stop(struct faults *faults)
{
    struct world *world = faults->world;

    faults->next_ms = NEVER;
    for (unsigned c = 0; c < world->collector_count; c++) {
        heal_disk(faults, c);
        world->collectors[c].disk.crash_in = 0;
    }
    memset(world->network.parted_ms, 0, sizeof world->network.parted_ms);
    for (unsigned i = 0; i < world->agent_count; i++)
        world->agents[i].paused_ms = sim_earlier(world->agents[i].paused_ms, world->now_ms);
    for (unsigned c = 0; c < world->collector_count; c++)
        world->collectors[c].paused_ms = sim_earlier(world->collectors[c].paused_ms, world->now_ms);
}
