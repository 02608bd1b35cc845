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

void check_fall_on_folder_lost(struct world *world, struct world_group *group)
{
    unsigned exist = group_existing(world, group);

    if (group->memory.number > exist) /* what was ordered before is forgotten */
        group->memory.number = exist;
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
    if (!world->collector.has_state && world->now_ms - world->collector.start_ms < window_ms)
        world_fail(world, CHECK_FALL, group, "the number falls from %u to %u %llu s after a start without state: %s",
                   before, number, (unsigned long long)((world->now_ms - world->collector.start_ms) / SECOND_MS),
                   collector_why(world, group));
    for (unsigned r = 0; r < 2; r++)
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
