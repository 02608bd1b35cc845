/* Invariant 4: at constant load and without faults, orders are for at most
 * max(1.5 x need, need + 2) nodes, at most 12 actions an hour, and the fleet
 * comes down to its need. */
#include "world/world.h"

#include <math.h>

#define ACTIONS_MAX         12U
#define EXCESS              0.5  /* of the need */
#define EXCESS_AFTER_CHANGE 0.75 /* while forecasts remember that they erred */
#define EXCESS_HELD         1.5 /* held for the next jump as long as that is worth its price: rehearsals reach 8 hours back */
#define SETTLE_MS           (3 * MINUTE_MS)
#define READER_SLACK        1.1 /* the HPA's tolerance */

/* The most that was needed since that time. */
static double level_since(const struct world_group *group, uint64_t since_ms)
{
    const struct world_load *load = &group->load;

    return load->reaches_ms >= since_ms ? fmax(load->level, load->before) : load->level;
}

/* The weight of new nodes, or of those that are there if they are lighter: some came from another group. */
static double weight_of(const struct world *world, const struct world_group *group)
{
    double cores = 0.0;
    unsigned nodes = 0;

    for (unsigned i = 0; i < world->node_count; i++) {
        const struct world_node *node = &world->nodes[i];
        bool exists = node->group == group->index && node_exists(node);
        nodes += exists;
        cores += exists ? node->cores : 0.0;
    }
    return nodes > 0 ? fmin(group->cores, cores / nodes) : group->cores;
}

/* For an hour forecasts remember that they erred. */
static double excess_of(const struct world *world, const struct world_group *group)
{
    return world->now_ms - group->load.reaches_ms < HOUR_MS ? EXCESS_AFTER_CHANGE : EXCESS;
}

static unsigned most_nodes(const struct world *world, const struct world_group *group, uint64_t since_ms, double excess)
{
    const struct scaler_settings *s = &group->settings;
    double weight = weight_of(world, group);
    double need = ceil(level_since(group, since_ms) / (s->thresholds[RESOURCE_CPU].target * weight) - 1e-9);
    unsigned most = (unsigned)fmax(ceil((1.0 + excess) * need), need + 4.0 * excess);

    if (group->memory_idle > 0.7) /* memory asks for nodes, until it is clear that they do not help */
        most += 4;
    return most > s->nodes_min ? most : s->nodes_min;
}

static uint64_t window_ms(const struct world_group *group)
{
    return (uint64_t)(group->settings.stabilization_ms + group->settings.lead_time_ms + group->settings.warm_up_ms) +
           group->boot_ms_max + SETTLE_MS;
}

/* ---- orders ---- */

static void check_count(struct world *world, struct world_group *group)
{
    struct check_memory *memory = &group->memory;
    uint64_t since_ms = world->now_ms > HOUR_MS ? world->now_ms - HOUR_MS : 0;
    uint64_t calm_ms = world_later(since_ms, group->quiet_ms + window_ms(group));
    unsigned kept = 0;

    for (unsigned i = 0; i < memory->actions; i++)
        if (memory->action_ms[i] > calm_ms)
            memory->action_ms[kept++] = memory->action_ms[i];
    if (world->now_ms > calm_ms && kept < CALM_ACTIONS_MAX)
        memory->action_ms[kept++] = world->now_ms;
    memory->actions = kept;
    if (kept > ACTIONS_MAX)
        world_fail(world, CHECK_CALM, group, "%u actions within an hour at constant load: %s", kept,
                   collector_why(world, group));
}

/* What exists, or may do so for all that is known, what is on its way, and what is lacking; or what was ordered before.
 */
static void check_lack(struct world *world, struct world_group *group)
{
    const struct world_view *view = &group->view;
    unsigned exist = group_existing(world, group);
    unsigned known = view->live + view->missing - view->leaving;
    unsigned least = view->wanted > view->nodes_min ? view->wanted : view->nodes_min;
    unsigned lack = least > view->carrying ? least - view->carrying : 0;
    if (lack > 0 && view->forecast) /* what the forecast asks for is at least 5 % more */
        lack = (unsigned)fmax(lack, ceil(0.05 * view->carrying - 1e-9));
    unsigned most = (exist > known ? exist : known) + view->pending + lack;

    if (view->pin > 0 || world->now_ms < group->fault_ms + 2 * MINUTE_MS) /* a count may be a minute old */
        return;
    if (group->actuated != ACTUATED_BY_READER && view->to > most && view->to > view->before)
        world_fail(world, CHECK_CALM, group,
                   "an order for %u nodes: %u exist, %u may, %u are lacking, %u were ordered: %s", view->to, exist,
                   known, lack, view->before, collector_why(world, group));
}

void check_calm_on_decision(struct world *world, struct world_group *group)
{
    const struct world_view *view = &group->view;
    uint64_t window = window_ms(group);

    if (!view->ordered)
        return;
    bool is_new = view->to != group->memory.ordered_to || view->action != group->memory.ordered_action;
    group->memory.ordered_to = view->to;
    group->memory.ordered_action = view->action;
    if (is_new)
        check_count(world, group);
    bool calm = world->now_ms > group->quiet_ms + window;
    if (view->action == VIEW_OUT)
        check_lack(world, group);
    if (view->held_by_person || (group->memory.held_ms > 0 && world->now_ms <= group->memory.held_ms + window))
        return;
    if (view->forecast && (!calm || world->now_ms <= group->changed_ms + window))
        return; /* it may take a jump for a trend */
    unsigned most = most_nodes(world, group, world->now_ms - window, excess_of(world, group));
    if (view->action == VIEW_OUT && world->now_ms > group->fault_ms + window && view->to > most &&
        view->to > group_existing(world, group))
        world_fail(world, CHECK_CALM, group, "an order for %u nodes; at most %u would do for %.2f cores of load: %s",
                   view->to, most, group->load.level, collector_why(world, group));
}

/* ---- the fleet ---- */

/* Many nodes that went at once count for an hour, unless somebody says that
 * they are gone. */
static bool is_held_up(const struct world *world, const struct world_group *group)
{
    bool protects = group->view.lost_at_once > 0 && !group->counts;

    for (unsigned i = 0; i < world->node_count; i++)
        protects = protects || (world->nodes[i].group == group->index && world->nodes[i].protects);
    return protects || group->settings.mode != MODE_FULL || group->view.held_by_person || !world->collector.running;
}

/* Each scale-in at least takes a third, or two nodes, and needs a lead time. */
static uint64_t descent_ms(const struct world_group *group, unsigned from, unsigned to)
{
    double steps = 2.0 + ceil(log((double)from / to) / log(1.5));
    double step_ms = (double)(group->settings.lead_time_ms + 2 * group->settings.tick_ms);

    return 2 * (uint64_t)group->settings.stabilization_ms + window_ms(group) + (uint64_t)(steps * step_ms);
}

void check_calm_step(struct world *world, struct world_group *group)
{
    uint64_t since_ms = world_later(group->quiet_ms, group->memory.lost_ms);
    uint64_t quiet_ms = world->now_ms > since_ms ? world->now_ms - since_ms : 0;

    if (quiet_ms < window_ms(group) || world->now_ms % (10 * SECOND_MS) != 0 || is_held_up(world, group))
        return;
    unsigned exist = group_existing(world, group);
    double excess = group->load.reaches_ms > 0 ? EXCESS_HELD : EXCESS;
    unsigned most = most_nodes(world, group, group->quiet_ms + SECOND_MS, excess);
    if (group->actuated == ACTUATED_BY_READER)
        most = (unsigned)ceil(READER_SLACK * most);
    most++; /* a change by one may be too small to be worth it */
    if (exist > most && quiet_ms > descent_ms(group, exist, most))
        world_fail(world, CHECK_CALM, group,
                   "%u nodes exist, %llu s after the last trouble (%s); at most %u "
                   "would do for %.2f cores of load: %s",
                   exist, (unsigned long long)(quiet_ms / SECOND_MS), group->trouble, most, group->load.level,
                   collector_why(world, group));
}
