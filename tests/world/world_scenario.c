#include "world/world_scenario.h"

#include "world/world.h"
#include "world/world_people.h"

#include <string.h>

#define STEADY_AFTER_S 900U
#define MARGIN         3U /* a forecast without a past may ask for two, and a surge adds one */

/* ---- collectors that know nothing ---- */

/* It starts again shortly before a tick. */
static void forget_all(struct world *world, struct world_group *group)
{
    (void)group;
    event_collector_dies(world, 45 * SECOND_MS - world_between(world, 1, 5) * SECOND_MS, LOSS_FOLDER);
}

static const struct scenario_event fresh_start[] = {{1200, forget_all}, {2400, forget_all}, {3600, forget_all}};

static void without_max(struct world *world, struct world_group *group)
{
    (void)world;
    group->settings.nodes_max = 100; /* what 0.1 has without a setting */
}

/* ---- the network ---- */

static void part_longer_than_gone_after(struct world *world, struct world_group *group)
{
    event_part(world, group, 100, world->gone_ms + MINUTE_MS);
}

/* Its CSV files tell of the nodes. None of them reports for half an hour, and what is ordered does not come. */
static void lose_state(struct world *world, struct world_group *group)
{
    event_part(world, group, 100, 30 * MINUTE_MS);
    event_mood(world, group, MOOD_LIES, 30 * MINUTE_MS);
    event_collector_dies(world, 20 * SECOND_MS, LOSS_STATE);
}

static const struct scenario_event state_lost[] = {{1200, lose_state}};
static const struct scenario_event network_away[] = {{1200, part_longer_than_gone_after}};

/* ---- deployments ---- */

static void roll_stop(struct world *world, struct world_group *group)
{
    deploy_begin(world, group, DEPLOY_SURGE, PARTING_RESTARTING, 20 * SECOND_MS);
}

static void roll_kill(struct world *world, struct world_group *group)
{
    deploy_begin(world, group, DEPLOY_SURGE, PARTING_VANISHED, 20 * SECOND_MS);
}

static void roll_drain(struct world *world, struct world_group *group)
{
    deploy_begin(world, group, DEPLOY_SURGE, PARTING_LEAVING, 20 * SECOND_MS);
}

static void roll_in_place(struct world *world, struct world_group *group)
{
    deploy_begin(world, group, DEPLOY_IN_PLACE, PARTING_KILLED, 40 * SECOND_MS);
}

static void roll_agents(struct world *world, struct world_group *group)
{
    deploy_begin(world, group, DEPLOY_AGENTS, PARTING_RESTARTING, 2 * SECOND_MS);
}

static void roll_names(struct world *world, struct world_group *group)
{
    deploy_begin(world, group, DEPLOY_RENAME, PARTING_RESTARTING, 2 * SECOND_MS);
}

static void roll_groups(struct world *world, struct world_group *group)
{
    deploy_begin(world, group, DEPLOY_REGROUP, PARTING_RESTARTING, 2 * SECOND_MS);
}

static void saturate(struct world *world, struct world_group *group)
{
    load_move(world, group, 1.05 * group_running(world, group) * group->cores, 0);
}

static void forget_while_rolling(struct world *world, struct world_group *group)
{
    (void)group;
    event_collector_dies(world, 20 * SECOND_MS, LOSS_FOLDER);
}

static const struct scenario_event rolling_stop[] = {{1200, roll_stop}, {2000, saturate}};
static const struct scenario_event rolling_kill[] = {{1200, roll_kill}, {2000, saturate}};
static const struct scenario_event rolling_drain[] = {{1200, roll_drain}, {2000, saturate}};
static const struct scenario_event rolling_in_place[] = {{1200, roll_in_place}, {2000, saturate}};
static const struct scenario_event agents_update[] = {{1200, roll_agents}};
static const struct scenario_event rename_hosts[] = {{1200, roll_names}};
static const struct scenario_event rename_group[] = {{1200, roll_groups}};
static const struct scenario_event keda_rolling[] = {
    {1000, roll_drain}, {2000, roll_drain}, {2100, forget_while_rolling}, {3000, roll_kill},  {4000, roll_drain},
    {5000, roll_drain}, {6000, roll_kill},  {6060, forget_while_rolling}, {7000, roll_drain}, {8000, roll_drain},
    {9000, roll_drain}, {10000, roll_kill}};

static void with_reader(struct world *world, struct world_group *group)
{
    (void)world;
    group->actuated = ACTUATED_BY_READER;
    group->settings.nodes_max = 30;
}

static void with_two_groups(struct world *world, struct world_group *group)
{
    (void)group;
    world->group_count = 2;
}

/* ---- lost nodes ---- */

static void lose_six(struct world *world, struct world_group *group)
{
    event_lose(world, group, 6, PARTING_VANISHED);
}

static void lose_all(struct world *world, struct world_group *group)
{
    event_lose(world, group, group_running(world, group), PARTING_VANISHED);
}

static void drain_all(struct world *world, struct world_group *group)
{
    event_lose(world, group, group_running(world, group), PARTING_LEAVING);
}

static void drain_two(struct world *world, struct world_group *group)
{
    event_lose(world, group, 2, PARTING_LEAVING);
}

static void restart_collector(struct world *world, struct world_group *group)
{
    (void)group;
    event_collector_dies(world, 20 * SECOND_MS, LOSS_NONE);
}

static const struct scenario_event spot[] = {{1200, lose_six}};
static const struct scenario_event from_zero_kill[] = {{1200, lose_all}};
static const struct scenario_event from_zero_drain[] = {{1200, drain_all}};
static const struct scenario_event leaving_restart[] = {{1200, drain_two}, {1215, restart_collector}, {1800, saturate}};

static void behind_balancer(struct world *world, struct world_group *group)
{
    (void)world;
    group->balancer_ms = 40 * SECOND_MS;
}

static void with_min(struct world *world, struct world_group *group)
{
    (void)world;
    group->settings.nodes_min = 2;
}

/* ---- what nodes carry ---- */

static void mix_weights(struct world *world, struct world_group *group)
{
    world->nodes[0].cores = 32.0 * group->cores;
}

static void start_slowly(struct world *world, struct world_group *group)
{
    (void)world;
    group->slow_start_ms = 4 * MINUTE_MS;
    group->settings.warm_up_ms = 270000;
}

static void idle_at_85_percent_memory(struct world *world, struct world_group *group)
{
    (void)world;
    group->memory_idle = 0.85;
    group->memory_rise = 0.02;
}

/* The node that keeps its reading has little load. */
static void spare_one(struct world *world, struct world_group *group)
{
    (void)group;
    for (unsigned i = 0; i < world->node_count; i++)
        world->nodes[i].share = i + 1 == world->node_count ? 0.2 : 1.0;
}

static void lose_readings(struct world *world, struct world_group *group)
{
    event_unread(world, group, group_running(world, group) - 1, 15 * MINUTE_MS);
}

static void fall(struct world *world, struct world_group *group)
{
    load_move(world, group, 0.3 * group->load.level, 0);
}

static void fall_to_a_tenth(struct world *world, struct world_group *group)
{
    load_move(world, group, 0.1 * group->load.level, 0);
}

static void protect_half(struct world *world, struct world_group *group)
{
    event_protect(world, group, group_running(world, group) / 2);
}

static const struct scenario_event quiet[] = {{3000, fall}};
static const struct scenario_event missing_cpu[] = {{1200, lose_readings}};
static const struct scenario_event slow_start[] = {{1200, saturate}};
static const struct scenario_event big_step[] = {{1200, fall_to_a_tenth}, {7000, saturate}};
static const struct scenario_event urgent[] = {{1200, fall}, {2400, saturate}};
static const struct scenario_event protected_nodes[] = {{1000, protect_half}, {1200, fall}};

/* ---- people ---- */

static void pin_four(struct world *world, struct world_group *group)
{
    people_pin(world, group, 4, 40 * MINUTE_MS);
}

/* What its hook can't count is not forgotten: the nodes that are lost may exist. */
static void with_min_and_no_count(struct world *world, struct world_group *group)
{
    with_min(world, group);
    group->counts = false;
}

static void pause_and_saturate(struct world *world, struct world_group *group)
{
    saturate(world, group);
    people_pause(world, group, 20 * MINUTE_MS);
}

static void pause_scale_in_and_fall(struct world *world, struct world_group *group)
{
    fall(world, group);
    people_pause_scale_in(world, group, 20 * MINUTE_MS);
}

static void resume(struct world *world, struct world_group *group)
{
    people_resume(world, group);
}

static void forget(struct world *world, struct world_group *group)
{
    people_forget(world, group);
}

static void schedule_ten(struct world *world, struct world_group *group)
{
    people_schedule(world, group, 10, 10 * MINUTE_MS, 20 * MINUTE_MS);
}

static const struct scenario_event pinned_lost[] = {{1200, pin_four}, {1800, lose_all}};
static const struct scenario_event paused[] = {
    {1200, pause_and_saturate}, {3600, pause_scale_in_and_fall}, {4200, resume}};
static const struct scenario_event forgotten[] = {{1200, lose_six}, {1500, forget}};
static const struct scenario_event scheduled[] = {{1200, schedule_ten}};

/* ---- disk and hook ---- */

static void fill(struct world *world, struct world_group *group)
{
    (void)group;
    event_fill_disk(world, 40 * MINUTE_MS);
}

static void hang(struct world *world, struct world_group *group)
{
    event_mood(world, group, MOOD_HANGS, 10 * MINUTE_MS);
}

static void lie(struct world *world, struct world_group *group)
{
    event_mood(world, group, MOOD_LIES, 20 * MINUTE_MS);
}

static void fail_hook(struct world *world, struct world_group *group)
{
    event_mood(world, group, MOOD_FAILS, 10 * MINUTE_MS);
}

static const struct scenario_event disk_blind[] = {{1200, fill}, {2400, saturate}};
static const struct scenario_event hook_hangs[] = {{1190, hang}, {1200, saturate}};
static const struct scenario_event hook_lies[] = {{1190, lie}, {1200, saturate}, {2800, fall}};
static const struct scenario_event hook_fails_killed[] = {
    {1190, fail_hook}, {1200, saturate}, {1300, restart_collector}};

#define EVENTS(list) .events = (list), .event_count = sizeof(list) / sizeof *(list)

static const struct scenario scenarios[] = {
    {"fresh-start", "a collector without history starts while 12 nodes run", 7200, 12, 4.0, without_max,
     .steady_s = 7200, EVENTS(fresh_start)},
    {"network-away", "all agents are away for longer than gone-after", 5400, 13, 8.5, NULL, .steady_s = 5400,
     EVENTS(network_away)},
    {"state-lost", "scaler.state is lost while no agent reports, and orders bring nothing", 5400, 12, 8.0, with_min,
     EVENTS(state_lost)},
    {"rolling-stop", "a rolling replacement with a surge, by stop", 5400, 6, 3.6, NULL, .steady_s = 1990,
     EVENTS(rolling_stop)},
    {"rolling-kill", "the same, by kill", 5400, 6, 3.6, NULL, .steady_s = 1990, EVENTS(rolling_kill)},
    {"rolling-drain", "the same, by drain", 5400, 6, 3.6, NULL, .steady_s = 1990, EVENTS(rolling_drain)},
    {"rolling-in-place", "a rolling replacement without a surge", 5400, 6, 3.6, NULL, EVENTS(rolling_in_place)},
    {"agents-update", "all agents are replaced", 3600, 6, 3.8, NULL, .steady_s = 3600, EVENTS(agents_update)},
    {"rename-hosts", "all nodes get other names", 3600, 5, 3.2, NULL, .steady_s = 3600, EVENTS(rename_hosts)},
    {"rename-group", "all nodes move to another group", 3600, 5, 3.2, with_two_groups, EVENTS(rename_group)},
    {"keda-rolling", "a Deployment is rolled ten times under KEDA and an HPA", 12000, 6, 4.0, with_reader,
     .steady_s = 12000, EVENTS(keda_rolling)},
    {"spot", "6 of 10 nodes vanish", 5400, 10, 6.0, NULL, EVENTS(spot)},
    {"spot-balancer", "6 of 10 nodes vanish behind a load balancer", 5400, 10, 6.0, behind_balancer, EVENTS(spot)},
    {"from-zero-kill", "all nodes vanish, min is 2", 3600, 2, 1.0, with_min, EVENTS(from_zero_kill)},
    {"from-zero-drain", "all nodes are drained, min is 2", 3600, 2, 1.0, with_min, EVENTS(from_zero_drain)},
    {"leaving-restart", "nodes are drained and the collector restarts", 5400, 6, 4.0, NULL, EVENTS(leaving_restart)},
    {"mixed", "nodes of 1 and 32 cores, little load", 5400, 6, 4.0, mix_weights, EVENTS(quiet)},
    {"slow-start", "the load balancer gives new nodes little", 5400, 3, 2.0, start_slowly, EVENTS(slow_start)},
    {"missing-cpu", "all nodes but one lose their reading of cpu", 5400, 8, 5.2, spare_one, EVENTS(missing_cpu)},
    {"memory-idle", "each node idles at 85 % memory", 5400, 2, 0.3, idle_at_85_percent_memory, EVENTS(quiet)},
    {"disk-blind", "the disk is full, then the load rises", 7200, 4, 2.0, NULL, EVENTS(disk_blind)},
    {"hook-hangs", "the hook hangs when it is needed", 5400, 4, 2.4, NULL, EVENTS(hook_hangs)},
    {"hook-lies", "the hook says that it works, and no node comes", 7200, 3, 2.0, NULL, EVENTS(hook_lies)},
    {"hook-fails-killed", "the collector is killed while a failed order waits", 5400, 4, 2.4, NULL,
     EVENTS(hook_fails_killed)},
    {"big-step", "the load of 50 nodes falls to a tenth, and rises again", 10800, 50, 34.0, NULL, EVENTS(big_step)},
    {"urgent", "the load rises right after a scale-in", 5400, 9, 6.0, NULL, EVENTS(urgent)},
    {"pinned-lost", "all nodes of a pinned group vanish", 5400, 4, 2.4, with_min_and_no_count, EVENTS(pinned_lost)},
    {"paused", "a group is paused when its load rises, and its scale-in when it falls", 7200, 4, 2.4, NULL,
     EVENTS(paused)},
    {"forgotten", "a person says that the nodes that vanished are gone", 5400, 10, 6.0, NULL, EVENTS(forgotten)},
    {"scheduled", "a schedule raises the minimum for a while", 7200, 4, 2.4, NULL, EVENTS(scheduled)},
    {"protected", "half of the nodes protect themselves, and the load falls", 7200, 8, 5.2, NULL,
     EVENTS(protected_nodes)},
};

const struct scenario *scenario_at(unsigned index)
{
    return index < sizeof scenarios / sizeof *scenarios ? &scenarios[index] : NULL;
}

const struct scenario *scenario_find(const char *name)
{
    for (unsigned i = 0; i < sizeof scenarios / sizeof *scenarios; i++)
        if (strcmp(scenarios[i].name, name) == 0)
            return &scenarios[i];
    return NULL;
}

/* With `high` as the utilisation that is just allowed, and `target` as the one
 * that is aimed for. */
void scenario_check(struct world *world, const struct world_group *group)
{
    const struct scenario *scenario = world->scenario;
    const struct thresholds *cpu = &group->settings.thresholds[RESOURCE_CPU];
    uint64_t passed_s = (world->now_ms - WORLD_START_MS) / SECOND_MS;
    unsigned desired = group->view.desired;

    if (scenario == NULL || group->index > 0 || passed_s < STEADY_AFTER_S || passed_s > scenario->steady_s ||
        !group->view.number || (group->view.roll_call && group->actuated != ACTUATED_BY_READER))
        return;
    if (desired + 1 < group_need(group, cpu->high) || desired > group_need(group, cpu->target) + MARGIN)
        world_fail(world, CHECK_CALM, group, "%u nodes are desired for %.2f cores of load: %s", desired,
                   group->load.level, collector_why(world, group));
}

void scenario_step(struct world *world)
{
    const struct scenario *scenario = world->scenario;
    unsigned *at = &world->events.scripted;

    while (*at < scenario->event_count && world->now_ms >= WORLD_START_MS + scenario->events[*at].at_s * SECOND_MS)
        scenario->events[(*at)++].begin(world, &world->groups[0]);
}
