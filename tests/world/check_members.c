/* Invariant 1, the other way round: what said that it leaves is not counted
 * when its grace is over, restarts or not. */
#include "world/world.h"

#define GRACE_MS MINUTE_MS

/* Whether the collector may count a node: it exists, or may do so for all that
 * is known. */
static bool may_count(const struct world *world, const struct world_group *group, const struct world_node *node)
{
    uint64_t notice_ms = GRACE_MS + 2 * (uint64_t)group->settings.tick_ms;

    if (node->phase == PHASE_NONE || (node->group != group->index && node->told_group != group->index))
        return false;
    return node_exists(node) || node->left_ms == 0 || world->now_ms - node->left_ms <= notice_ms;
}

/* Nodes that came from another group may be counted in both, under names that are used again. */
static bool has_foreign(const struct world *world, const struct world_group *group)
{
    bool has = false;

    for (unsigned i = 0; i < world->node_count; i++)
        has = has || (world->nodes[i].group == group->index && world->nodes[i].former_group < WORLD_GROUPS_MAX);
    return has;
}

void check_members_on_decision(struct world *world, struct world_group *group)
{
    unsigned counted = group->view.live + group->view.missing;
    unsigned possible = 0;

    if (group->view.lost_at_once > 0)
        group->memory.lost_ms = world->now_ms;
    if (world->now_ms < group->quiet_ms + 3 * MINUTE_MS || world->now_ms < group->memory.lost_ms + MINUTE_MS)
        return; /* in a mass loss nothing is believed */
    if (has_foreign(world, group))
        return;
    for (unsigned i = 0; i < world->node_count; i++)
        possible += may_count(world, group, &world->nodes[i]);
    if (counted > possible)
        world_fail(world, CHECK_REMOVAL, group, "%u nodes are counted, but all but %u have left (%s): %s", counted,
                   possible, group->trouble, collector_why(world, group));
}
