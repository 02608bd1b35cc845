#include "world/world.h"

#include "common/random.h"
#include "world/world_people.h"
#include "world/world_scenario.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- helpers for all parts ---- */

uint64_t world_below(struct world *world, uint64_t bound)
{
    return random_below(&world->random, bound);
}

uint64_t world_between(struct world *world, uint64_t low, uint64_t high)
{
    return low + random_below(&world->random, high - low + 1);
}

double world_real(struct world *world, double low, double high)
{
    return low + (high - low) * (double)(random_next(&world->random) >> 11) / 9007199254740992.0;
}

bool world_chance(struct world *world, unsigned percent)
{
    return random_below(&world->random, 100) < percent;
}

static double seconds(const struct world *world)
{
    return (double)(world->now_ms - WORLD_START_MS) / 1000.0;
}

void world_log(const struct world *world, const char *format, ...)
{
    va_list arguments;

    if (!world->verbose)
        return;
    printf("[%7.0f s] ", seconds(world));
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
}

void world_fail(struct world *world, enum check_kind kind, const struct world_group *group, const char *format, ...)
{
    struct world_failure *failure = &world->failure;
    va_list arguments;

    if (failure->happened)
        return;
    failure->happened = true;
    failure->kind = kind;
    int len = snprintf(failure->text, sizeof failure->text, "[%.0f s] %s: group %s: ", seconds(world),
                       check_names[kind], group->name);
    va_start(arguments, format);
    vsnprintf(failure->text + len, sizeof failure->text - (size_t)len, format, arguments);
    va_end(arguments);
    world_log(world, "FAILED %s", failure->text);
    collector_show_nodes(world, group);
}

void world_disturb(struct world *world, struct world_group *group, uint64_t until_ms, const char *why)
{
    (void)world;
    group->quiet_ms = world_later(group->quiet_ms, until_ms);
    group->fault_ms = world_later(group->fault_ms, until_ms);
    group->trouble = why;
}

/* ---- beginning ---- */

static void default_group(struct world *world, struct world_group *group)
{
    static const char *const names[] = {"web", "www"};
    unsigned index = (unsigned)(group - world->groups);

    *group = (struct world_group){.index = index,
                                  .settings = SCALER_SETTINGS_DEFAULT,
                                  .counts = true,
                                  .counts_names = true,
                                  .count_ms = NEVER,
                                  .cores = 1.0,
                                  .memory_bytes = 4.0 * WORLD_GIB,
                                  .memory_idle = 0.2,
                                  .memory_rise = 0.2,
                                  .boot_ms_min = 60 * SECOND_MS,
                                  .boot_ms_max = 100 * SECOND_MS,
                                  .interval_ms = 5 * SECOND_MS,
                                  .removal = PARTING_LEAVING,
                                  .trouble = "nothing happened",
                                  .quiet_ms = world->now_ms,
                                  .fault_ms = world->now_ms,
                                  .changed_ms = world->now_ms};
    snprintf(group->name, sizeof group->name, "%s", names[index]);
    group->settings.nodes_max = 60;
    group->reader = (struct world_reader){.next_ms = world->now_ms, .fallback = 2};
}

static void draw_settings(struct world *world, struct world_group *group)
{
    static const int64_t ticks_ms[] = {5000, 10000, 15000, 15000, 30000};
    struct scaler_settings *settings = &group->settings;

    settings->tick_ms = ticks_ms[world->seed % 5]; /* the same for all groups */
    settings->lead_time_ms = (int64_t)world_between(world, 30, 240) * 1000;
    settings->warm_up_ms = (int64_t)world_between(world, 0, 90) * 1000;
    settings->stabilization_ms = (int64_t)world_between(world, 2, 10) * 60000;
    settings->nodes_min = (unsigned)world_between(world, 1, 4);
    settings->nodes_max = world_chance(world, 30) ? (unsigned)world_between(world, 6, 20) : 60;
    settings->mode = world_chance(world, 10) ? MODE_OUT_ONLY : MODE_FULL;
}

static void draw_group(struct world *world, struct world_group *group)
{
    uint64_t lead_ms = 0;

    draw_settings(world, group);
    lead_ms = (uint64_t)group->settings.lead_time_ms;
    group->boot_ms_min = lead_ms / 2;
    group->boot_ms_max = lead_ms * world_between(world, 6, 13) / 10;
    group->interval_ms = world_between(world, 1, 10) * SECOND_MS;
    group->balancer_ms = world_chance(world, 50) ? 0 : world_between(world, 5, 60) * SECOND_MS;
    group->slow_start_ms = world_chance(world, 70) ? 0 : world_between(world, 10, 120) * SECOND_MS;
    group->cores = (double)(1U << world_below(world, 4));
    group->removal = (enum parting)(world_chance(world, 70) ? PARTING_LEAVING : world_below(world, 4));
    group->counts = world_chance(world, 60);
    group->counts_names = world_chance(world, 50);
    group->reuses_names = world_chance(world, 40);
    group->old_agents = world_chance(world, 15);
    if (world_chance(world, 30))
        group->actuated = ACTUATED_BY_READER;
    else if (world_chance(world, 20))
        group->actuated = ACTUATED_BY_COUNT;
    if (group->actuated == ACTUATED_BY_COUNT)
        group->counts = true;
}

static void fill_group(struct world *world, struct world_group *group, unsigned nodes)
{
    for (unsigned i = 0; i < nodes; i++) {
        struct world_node *node = node_running(world, group);
        if (node != NULL && world->scenario == NULL && world_chance(world, 5))
            node->cores *= 8.0;
    }
    group->reader.replicas = nodes;
}

static void draw_world(struct world *world)
{
    world->group_count = world_chance(world, 25) ? 2 : 1;
    world->gone_ms = world_between(world, 2, 10) * MINUTE_MS;
    world->end_ms = world->now_ms + world_between(world, 40, 100) * MINUTE_MS;
    for (unsigned g = 0; g < world->group_count; g++) {
        struct world_group *group = &world->groups[g];
        default_group(world, group);
        draw_group(world, group);
        unsigned nodes_max = group->settings.nodes_max < 14 ? group->settings.nodes_max : 14;
        unsigned nodes = (unsigned)world_between(world, group->settings.nodes_min, nodes_max);
        load_init(&group->load, nodes * group->cores * world_real(world, 0.3, 0.8), world_real(world, 0.0, 0.03));
        fill_group(world, group, nodes);
    }
}

static void stage_scenario(struct world *world)
{
    const struct scenario *scenario = world->scenario;

    world->group_count = 1;
    world->gone_ms = 10 * MINUTE_MS;
    world->end_ms = world->now_ms + scenario->length_s * SECOND_MS;
    for (unsigned g = 0; g < WORLD_GROUPS_MAX; g++)
        default_group(world, &world->groups[g]);
    if (scenario->prepare != NULL)
        scenario->prepare(world, &world->groups[0]);
    load_init(&world->groups[0].load, scenario->load, 0.01);
    fill_group(world, &world->groups[0], scenario->nodes);
    if (scenario->prepare != NULL)
        scenario->prepare(world, &world->groups[0]);
}

static void begin(struct world *world, uint64_t seed)
{
    world->seed = seed;
    world->random = seed;
    world->now_ms = WORLD_START_MS;
    world->failure = (struct world_failure){0};
    for (unsigned i = 0; i < world->node_count; i++)
        world->nodes[i].phase = PHASE_NONE;
    world->node_count = 0;
    if (world->scenario == NULL)
        draw_world(world);
    else
        stage_scenario(world);
    collector_init(world);
    events_init(world);
}

/* ---- a step ---- */

static void step(struct world *world)
{
    world->now_ms += WORLD_STEP_MS;
    world->totals.steps++;
    events_step(world);
    for (unsigned g = 0; g < world->group_count; g++) {
        group_step(world, &world->groups[g]);
        deploy_step(world, &world->groups[g]);
        if (world->groups[g].actuated == ACTUATED_BY_READER)
            reader_step(world, &world->groups[g]);
        actuator_step(world, &world->groups[g]);
        people_step(world, &world->groups[g]);
    }
    for (unsigned i = 0; i < world->node_count; i++)
        node_step(world, &world->nodes[i]);
    collector_step(world);
    check_step(world);
}

bool world_run(struct world *world, uint64_t seed)
{
    begin(world, seed);
    while (world->now_ms < world->end_ms && !world->failure.happened)
        step(world);
    world->totals.simulated_ms += world->now_ms - WORLD_START_MS;
    bool whole = !world->failure.happened;
    collector_stop(world, 0);
    if (whole)
        check_outcome_end(world);
    collector_deinit(world);
    if (world->failure.happened)
        world->totals.failures[world->failure.kind]++;
    return !world->failure.happened;
}
