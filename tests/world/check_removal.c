/* Invariant 1: no node is removed but one that a scale-in names, in whose
 * decision every existing node had reported or was counted as busy; and no
 * protected one, ever. */
#include "world/check_fleet.h"
#include "world/world.h"

#define SLACK 0.03 /* share of utilisation: noise, and readings of another second */

void check_removal_on_decision(struct world *world, struct world_group *group)
{
    const struct world_view *view = &group->view;
    struct check_fleet fleet;

    if (view->action != VIEW_IN || !view->ordered)
        return;
    check_fleet_sum(world, group, NULL, &fleet);
    if (view->existing < fleet.known)
        world_fail(world, CHECK_REMOVAL, group,
                   "a scale-in counts %u nodes, but %u exist that it can know of, "
                   "%u of them silent (%s): %s",
                   view->existing, fleet.known, fleet.silent, group->trouble, collector_why(world, group));
    if (view->roll_call)
        world_fail(world, CHECK_REMOVAL, group, "a scale-in during a roll call: %s", collector_why(world, group));
}

/* Since before the decision, load and fleet are what they are now: the
 * collector could know. */
static bool is_steady(const struct world *world, const struct world_group *group, const struct world_order *order)
{
    uint64_t notice_ms = 3 * group->interval_ms + 2 * (uint64_t)group->settings.tick_ms + MINUTE_MS;
    uint64_t moved_ms = world_later(group->load.reaches_ms, group->changed_ms);

    return order->decided_ms > moved_ms + notice_ms && world->now_ms - order->decided_ms < MINUTE_MS;
}

void check_removal_on_run(struct world *world, struct world_group *group, const struct world_order *order)
{
    static const char *const resources[] = {"cpu", "memory"};
    const double high[2] = {group->settings.thresholds[RESOURCE_CPU].high,
                            group->settings.thresholds[RESOURCE_MEMORY].high};
    struct check_fleet fleet;

    bool pinned = group->memory.pinned_ms >= order->decided_ms; /* a person's number passes the projection */

    if (order->name_count == 0 || pinned || !is_steady(world, group, order))
        return;
    check_fleet_sum(world, group, order, &fleet);
    for (unsigned r = 0; r < 2; r++)
        if (fleet.demand[r] > (high[r] + SLACK) * fleet.left[r])
            world_fail(world, CHECK_REMOVAL, group,
                       "a scale-in of %u nodes leaves a capacity of %.3g for a %s "
                       "demand of %.3g, of which %u silent "
                       "nodes count as busy: %s",
                       order->name_count, fleet.left[r], resources[r], fleet.demand[r], fleet.silent,
                       collector_why(world, group));
}

void check_removal_on_removed(struct world *world, struct world_group *group, const struct world_node *node,
                              const struct world_order *order, bool named)
{
    if (group->actuated != ACTUATED_BY_NAMES)
        return;
    if (!named && node->known)
        world_fail(world, CHECK_REMOVAL, group,
                   "%s is removed, which no order names (%s); the order is to %u, "
                   "%u exist",
                   node->name, group->trouble, order->to, group_existing(world, group));
    bool says_so = node->agent.told_protects && !node->agent.is_old; /* a node may get an older agent */
    if (node->protects && says_so && node->protects_ms + 2 * group->interval_ms + 10 * SECOND_MS < order->decided_ms)
        world_fail(world, CHECK_REMOVAL, group, "%s is removed, which protects itself", node->name);
    if (node->running_ms > order->decided_ms)
        world_fail(world, CHECK_REMOVAL, group, "%s is removed, which began to run after the decision", node->name);
}
