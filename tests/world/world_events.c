#include "world/world_events.h"

#include "world/world.h"
#include "world/world_people.h"
#include "world/world_scenario.h"

#include <math.h>

#define QUIET_SHARE 0.45             /* of the time at the end is without events */
#define RETURN_MS   (20 * SECOND_MS) /* agents return one by one */

/* ---- helpers ---- */

static struct world_group *any_group(struct world *world)
{
    return &world->groups[world_below(world, world->group_count)];
}

static bool is_of(const struct world_node *node, const struct world_group *group)
{
    return node->group == group->index && node->phase == PHASE_RUNNING;
}

/* Seconds to a quarter of an hour, short times more often. */
static uint64_t some_time(struct world *world)
{
    return (uint64_t)exp(world_real(world, log(5.0), log(900.0))) * SECOND_MS;
}

/* ---- the network ---- */

void event_part(struct world *world, struct world_group *group, unsigned percent, uint64_t for_ms)
{
    world_log(world, "%s: %u%% of the agents can't reach the collector for %llu s", group->name, percent,
              (unsigned long long)(for_ms / SECOND_MS));
    for (unsigned i = 0; i < world->node_count; i++)
        if (is_of(&world->nodes[i], group) && world_chance(world, percent))
            world->nodes[i].agent.parted_until_ms = world->now_ms + for_ms + world_below(world, RETURN_MS);
    world_disturb(world, group, world->now_ms + for_ms + RETURN_MS + 30 * SECOND_MS, "the network was away");
}

static void part_some(struct world *world)
{
    event_part(world, any_group(world), (unsigned)world_between(world, 1, 100), some_time(world));
}

static void part_all(struct world *world)
{
    uint64_t for_ms = some_time(world);

    for (unsigned g = 0; g < world->group_count; g++)
        event_part(world, &world->groups[g], 100, for_ms);
}

/* ---- nodes ---- */

void event_lose(struct world *world, struct world_group *group, unsigned nodes, enum parting parting)
{
    world_log(world, "%s: %u nodes are lost (%s)", group->name, nodes, parting_names[parting]);
    for (unsigned i = 0; i < world->node_count && nodes > 0; i++)
        if (is_of(&world->nodes[i], group)) {
            node_end(world, &world->nodes[i], parting, ENDED_BY_WORLD);
            nodes--;
        }
    world_disturb(world, group, world->now_ms + group->balancer_ms, "nodes were lost");
}

static void lose_some(struct world *world)
{
    struct world_group *group = any_group(world);
    unsigned running = group_running(world, group);

    if (running > 0)
        event_lose(world, group, (unsigned)world_between(world, 1, running),
                   world_chance(world, 50) ? PARTING_VANISHED : (enum parting)world_below(world, 4));
}

static void hang_some(struct world *world)
{
    struct world_group *group = any_group(world);
    uint64_t until_ms = world->now_ms + some_time(world);

    for (unsigned i = 0; i < world->node_count; i++)
        if (is_of(&world->nodes[i], group) && world_chance(world, 30))
            world->nodes[i].agent.hung_until_ms = until_ms;
    world_log(world, "%s: some agents take no samples", group->name);
    world_disturb(world, group, until_ms + 30 * SECOND_MS, "agents took no samples");
}

static void move_some(struct world *world)
{
    struct world_group *group = any_group(world);
    uint64_t until_ms = world->now_ms + some_time(world);

    for (unsigned i = 0; i < world->node_count; i++)
        if (is_of(&world->nodes[i], group) && world_chance(world, 40))
            world->nodes[i].agent.moved_until_ms = until_ms;
    world_log(world, "%s: some agents use another collector", group->name);
    world_disturb(world, group, until_ms + 30 * SECOND_MS, "agents used another collector");
}

static void reboot_some(struct world *world)
{
    struct world_group *group = any_group(world);

    for (unsigned i = 0; i < world->node_count; i++)
        if (is_of(&world->nodes[i], group) && world_chance(world, 30))
            node_reboot(world, &world->nodes[i], world_between(world, 20 * SECOND_MS, 3 * MINUTE_MS));
    world_disturb(world, group, world->now_ms + 4 * MINUTE_MS, "nodes rebooted");
}

void event_unread(struct world *world, struct world_group *group, unsigned nodes, uint64_t for_ms)
{
    world_log(world, "%s: %u nodes have no reading of cpu", group->name, nodes);
    for (unsigned i = 0; i < world->node_count && nodes > 0; i++)
        if (is_of(&world->nodes[i], group)) {
            world->nodes[i].unread_ms = world->now_ms;
            world->nodes[i].unread_until_ms = world->now_ms + for_ms;
            nodes--;
        }
    world_disturb(world, group, world->now_ms + for_ms + 30 * SECOND_MS, "readings were missing");
}

static void unread_some(struct world *world)
{
    struct world_group *group = any_group(world);

    event_unread(world, group, (unsigned)world_between(world, 1, group_running(world, group) + 1), some_time(world));
}

void event_protect(struct world *world, struct world_group *group, unsigned nodes)
{
    world_log(world, "%s: %u nodes protect themselves", group->name, nodes);
    for (unsigned i = 0; i < world->node_count && nodes > 0; i++)
        if (is_of(&world->nodes[i], group)) {
            world->nodes[i].protects = true;
            world->nodes[i].protects_ms = world->now_ms;
            nodes--;
        }
}

static void protect_some(struct world *world)
{
    struct world_group *group = any_group(world);

    event_protect(world, group, (unsigned)world_between(world, 1, 1 + group_running(world, group) / 2));
}

/* By hand: nodes that nobody ordered, or fewer. */
static void add_by_hand(struct world *world)
{
    struct world_group *group = any_group(world);
    unsigned nodes = (unsigned)world_between(world, 1, 4);

    world_log(world, "%s: %u nodes are added by hand", group->name, nodes);
    for (unsigned i = 0; i < nodes; i++)
        (void)node_boot(world, group, false);
    world_disturb(world, group, world->now_ms + group->boot_ms_max, "nodes were added by hand");
}

static void deploy_all(struct world *world)
{
    static const enum parting partings[] = {PARTING_LEAVING, PARTING_RESTARTING, PARTING_KILLED, PARTING_VANISHED};
    struct world_group *group = any_group(world);
    enum deployment how = (enum deployment)world_below(world, DEPLOY_COUNT);

    if (how == DEPLOY_REGROUP && world->group_count < 2)
        how = DEPLOY_RENAME;
    deploy_begin(world, group, how, partings[world_below(world, 4)], world_between(world, 2 * SECOND_MS, MINUTE_MS));
}

/* ---- load ---- */

static void change_load(struct world *world)
{
    struct world_group *group = any_group(world);
    double capacity = (double)world_between(world, 1, 16) * group->cores;
    uint64_t within_ms = world_chance(world, 50) ? 0 : some_time(world);

    load_move(world, group, capacity * world_real(world, 0.2, 1.0), within_ms);
}

/* ---- the hook ---- */

void event_mood(struct world *world, struct world_group *group, enum mood mood, uint64_t for_ms)
{
    world_log(world, "%s: the actuator %s for %llu s", group->name, mood_names[mood],
              (unsigned long long)(for_ms / SECOND_MS));
    group->actuator.mood = mood;
    group->actuator.mood_until_ms = world->now_ms + for_ms;
    world_disturb(world, group, world->now_ms + for_ms + 2 * MINUTE_MS, "the actuator did not work as it should");
    if (group == world->groups && (mood == MOOD_FAILS || mood == MOOD_HANGS)) /* it says for all what its contract is */
        for (unsigned g = 1; g < world->group_count; g++)
            world_disturb(world, &world->groups[g], group->quiet_ms, "the hook could not be asked for its contract");
}

static void spoil_actuator(struct world *world)
{
    event_mood(world, any_group(world), (enum mood)world_between(world, 1, MOOD_COUNT - 1), some_time(world));
}

/* ---- the collector ---- */

void event_fill_disk(struct world *world, uint64_t for_ms)
{
    world_log(world, "the collector's disk is full for %llu s", (unsigned long long)(for_ms / SECOND_MS));
    collector_fill_disk(world);
    world->events.disk_full_until_ms = world->now_ms + for_ms;
    for (unsigned g = 0; g < world->group_count; g++)
        world_disturb(world, &world->groups[g], world->now_ms + for_ms + MINUTE_MS, "the disk was full");
}

static void fill_disk(struct world *world)
{
    event_fill_disk(world, 2 * some_time(world));
}

void event_collector_dies(struct world *world, uint64_t for_ms, enum world_loss loss)
{
    collector_kill(world, 0, for_ms, loss, false);
}

/* In the middle of what it does. */
static void kill_collector(struct world *world)
{
    collector_kill(world, (unsigned)world_below(world, 400), some_time(world),
                   world_chance(world, 20) ? LOSS_FOLDER : LOSS_NONE, false);
}

/* Its CSV files tell of nodes, and not one of them reports. */
static void lose_state(struct world *world)
{
    if (world_chance(world, 50))
        part_all(world);
    collector_kill(world, (unsigned)world_below(world, 100), some_time(world), LOSS_STATE, false);
}

void event_collector_stops(struct world *world, uint64_t for_ms)
{
    collector_stop(world, for_ms);
}

static void stop_collector(struct world *world)
{
    event_collector_stops(world, some_time(world));
}

static void reboot_collector(struct world *world)
{
    collector_kill(world, (unsigned)world_below(world, 100), some_time(world), LOSS_NONE, true);
}

static void step_clock(struct world *world)
{
    int64_t by_ms = (int64_t)world_below(world, 4 * HOUR_MS) - (int64_t)(2 * HOUR_MS);

    world_log(world, "the collector's wall clock steps by %lld s", (long long)(by_ms / 1000));
    world->collector.wall_shift_ms += by_ms;
    world->collector.wall_stepped_back = world->collector.wall_stepped_back || by_ms < 0;
}

/* ---- settings ---- */

static void change_bounds(struct world *world)
{
    struct world_group *group = any_group(world);
    struct scaler_settings *settings = &group->settings;

    settings->nodes_min = (unsigned)world_between(world, 1, 5);
    settings->nodes_max = settings->nodes_min + (unsigned)world_below(world, 40);
    world_log(world, "%s: min is %u and max %u", group->name, settings->nodes_min, settings->nodes_max);
    collector_configure(world);
    world_disturb(world, group, world->now_ms, "min and max were changed");
}

/* ---- people ---- */

/* Within the bounds of the group. */
static void pin(struct world *world)
{
    struct world_group *group = any_group(world);
    unsigned most = group->settings.nodes_min + 12;

    if (most > group->settings.nodes_max)
        most = group->settings.nodes_max;
    people_pin(world, group, (unsigned)world_between(world, group->settings.nodes_min, most), some_time(world));
}

static void pause_orders(struct world *world)
{
    if (world_chance(world, 50))
        people_pause(world, any_group(world), some_time(world));
    else
        people_pause_scale_in(world, any_group(world), some_time(world));
}

static void resume(struct world *world)
{
    people_resume(world, any_group(world));
}

static void forget(struct world *world)
{
    people_forget(world, any_group(world));
}

static void schedule(struct world *world)
{
    struct world_group *group = any_group(world);
    const struct scaler_settings *s = &group->settings;

    people_schedule(world, group, (unsigned)world_between(world, s->nodes_min, s->nodes_max < 12 ? s->nodes_max : 12),
                    some_time(world), MINUTE_MS + some_time(world));
}

/* ---- all ---- */

static const struct {
    unsigned weight;
    void (*begin)(struct world *world);
} kinds[] = {
    {22, change_load},    {8, part_some},      {5, part_all},         {10, lose_some},  {12, deploy_all},
    {14, kill_collector}, {4, stop_collector}, {2, reboot_collector}, {3, step_clock},  {5, fill_disk},
    {8, spoil_actuator},  {4, unread_some},    {2, protect_some},     {3, add_by_hand}, {4, hang_some},
    {3, move_some},       {3, reboot_some},    {4, change_bounds},    {3, lose_state},  {4, pin},
    {4, pause_orders},    {2, resume},         {3, forget},           {3, schedule},
};

static void draw(struct world *world)
{
    uint64_t total = 0;

    for (unsigned i = 0; i < sizeof kinds / sizeof *kinds; i++)
        total += kinds[i].weight;
    uint64_t drawn = world_below(world, total);
    unsigned at = 0;
    while (drawn >= kinds[at].weight)
        drawn -= kinds[at++].weight;
    kinds[at].begin(world);
    world->totals.events++;
}

void events_init(struct world *world)
{
    uint64_t length_ms = world->end_ms - world->now_ms;

    world->events = (struct world_events){.next_ms = NEVER};
    world->events.last_ms = world->end_ms - (uint64_t)((double)length_ms * QUIET_SHARE);
    if (world->scenario == NULL)
        world->events.next_ms = world->now_ms + world_between(world, MINUTE_MS, 10 * MINUTE_MS);
}

void events_step(struct world *world)
{
    struct world_events *events = &world->events;

    if (world->scenario != NULL)
        scenario_step(world);
    if (events->next_ms > world->now_ms || world->now_ms > events->last_ms)
        return;
    draw(world);
    events->next_ms = world->now_ms + world_between(world, 5 * SECOND_MS, 12 * MINUTE_MS);
}
