/* Invariant 2: what a reader gets never falls because of silence, a partial
 * view, a restart or a forgotten node; nor because of a bound in a way that
 * bypasses window, projection and step. */
#include "world/check_fleet.h"
#include "world/world.h"

#define SLACK        0.03
#define ROLL_CALL_MS (2 * MINUTE_MS)
#define WINDOW_SHARE                                                                                                   \
    0.4 /* of the stabilization window, at least: settings.h                                                           \
         */

void check_fall_on_state_lost(struct world *world, struct world_group *group)
{
    unsigned exist = group_existing(world, group);

    if (group->memory.number > exist) /* what was ordered before is forgotten */
        group->memory.number = exist;
    group->memory.desired_least = 0;
}

void check_fall_on_move(struct world_group *group)
{
    group->memory.desired_least -= group->memory.desired_least > 0;
}

/* An order without data is for no more than was desired before, exists or may exist. In the memory of the world, which
 * no restart of the collector changes. */
static void check_rise(struct world *world, struct world_group *group)
{
    const struct world_view *view = &group->view;
    unsigned exist = group_existing(world, group);
    unsigned most = view->nodes_min;

    for (unsigned i = 0; i < 3; i++) {
        const unsigned numbers[] = {exist, view->missing, group->memory.desired_most};
        most = numbers[i] > most ? numbers[i] : most;
    }
    if (view->to > most)
        world_fail(world, CHECK_FALL, group,
                   "an order for %u nodes while none reports; %u exist, %u may, and at most %u were ever desired: %s",
                   view->to, exist, view->missing, group->memory.desired_most, collector_why(world, group));
}

/* What a hook is ordered is no less than what was desired, before a restart of the collector too, but for the maximum
 * and what its count says. */
void check_fall_on_decision(struct world *world, struct world_group *group)
{
    const struct world_view *view = &group->view;
    struct check_memory *memory = &group->memory;
    unsigned least =
        memory->desired_least < group->settings.nodes_max ? memory->desired_least : group->settings.nodes_max;
    bool is_order =
        view->ordered && view->action == VIEW_OUT && group->actuated != ACTUATED_BY_READER && view->pin == 0;

    if (is_order && view->live == 0)
        check_rise(world, group);
    if (is_order && !group->counts && view->to < least)
        world_fail(world, CHECK_FALL, group, "an order for %u nodes, and %u were desired: %s", view->to, least,
                   collector_why(world, group));
    if (view->live > 0 && view->desired > memory->desired_most)
        memory->desired_most = view->desired;
    if (view->pin > 0 || world->collector.disk.full)
        memory->desired_least = 0;
    else if (view->pending == 0 && view->action != VIEW_OUT) /* a scale-in may be withdrawn */
        memory->desired_least = view->desired < view->before ? view->desired : view->before;
}

/* Whether the demand that the collector sees, with silent nodes as fully busy,
 * fits into that many nodes. */
static bool fits(const struct world_group *group, const struct check_fleet *fleet, unsigned nodes, unsigned resource)
{
    static const enum resource resources[] = {RESOURCE_CPU, RESOURCE_MEMORY};
    double high = group->settings.thresholds[resources[resource]].high;

    if (fleet->known == 0)
        return true;
    return fleet->demand[resource] <= (high + SLACK) * nodes * fleet->capacity[resource] / fleet->known;
}

/* Nodes that have run for a while, and whose agents can reach the collector. */
static unsigned reachable(const struct world *world, const struct world_group *group)
{
    unsigned nodes = 0;

    for (unsigned i = 0; i < world->node_count; i++) {
        const struct world_node *node = &world->nodes[i];
        const struct world_agent *agent = &node->agent;
        uint64_t away_ms =
            world_later(agent->parted_until_ms, world_later(agent->hung_until_ms, agent->moved_until_ms));
        nodes += node->group == group->index && node->phase == PHASE_RUNNING &&
                 world_later(away_ms, node->running_ms) + ROLL_CALL_MS <= world->now_ms;
    }
    return nodes;
}

/* A collector without its folder knows nothing of nodes that can't reach it. */
static void forget_unreachable(const struct world *world, struct world_group *group)
{
    unsigned nodes = reachable(world, group);

    if (!world->collector.has_state && group->memory.number > nodes)
        group->memory.number = nodes;
}

static void check_cause(struct world *world, struct world_group *group, unsigned before, unsigned number)
{
    const struct world_view *view = &group->view;
    uint64_t window_ms = (uint64_t)(WINDOW_SHARE * (double)group->settings.stabilization_ms);
    struct check_fleet fleet;

    check_fleet_sum(world, group, NULL, &fleet);
    if (view->roll_call)
        world_fail(world, CHECK_FALL, group, "the number falls from %u to %u during a roll call: %s", before, number,
                   collector_why(world, group));
    if (!world->collector.has_state && view->pin == 0 && world->now_ms - world->collector.start_ms < window_ms)
        world_fail(world, CHECK_FALL, group, "the number falls from %u to %u %llu s after a start without state: %s",
                   before, number, (unsigned long long)((world->now_ms - world->collector.start_ms) / SECOND_MS),
                   collector_why(world, group));
    for (unsigned r = 0; r < 2 && view->pin == 0; r++)
        if (!fits(group, &fleet, number, r))
            world_fail(world, CHECK_FALL, group,
                       "the number falls from %u to %u, which can't carry what %u "
                       "nodes carry, %u of them silent "
                       "(%s): %s",
                       before, number, fleet.known, fleet.silent, group->trouble, collector_why(world, group));
    if (number < before / 2)
        world_fail(world, CHECK_FALL, group, "the number falls from %u to %u in one step: %s", before, number,
                   collector_why(world, group));
}

/* A number is published when its row is durable, some time after its decision. */
void check_fall_step(struct world *world, struct world_group *group)
{
    struct check_memory *memory = &group->memory;
    unsigned number = 0;

    if (group->actuated != ACTUATED_BY_READER || !collector_read(world, group, &number))
        return;
    forget_unreachable(world, group);
    if (memory->has_number && number < memory->number)
        check_cause(world, group, memory->number, number);
    memory->has_number = true;
    memory->number = number;
}
