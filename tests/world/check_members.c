/* Invariant 1, the other way round: what said that it leaves is not counted
 * when its grace is over, restarts or not. */
#include "world/world.h"

#define GRACE_MS MINUTE_MS

/* Several that leave without an order are a mass loss, and are not believed. */
static bool is_doubted(const struct world *world, const struct world_group *group, const struct world_node *node)
{
    unsigned others = 0;

    for (unsigned i = 0; i < world->node_count; i++) {
        const struct world_node *other = &world->nodes[i];
        uint64_t apart_ms =
            other->ended_ms > node->ended_ms ? other->ended_ms - node->ended_ms : node->ended_ms - other->ended_ms;
        others += other != node && other->group == group->index && other->phase == PHASE_DEAD &&
                  other->ended_by == ENDED_BY_WORLD && apart_ms <= 2 * world->gone_ms;
    }
    return node->ended_by == ENDED_BY_WORLD && others > 0;
}

/* Whether the collector may count a node: it exists, or may do so for all that
 * is known. */
static bool may_count(const struct world *world, const struct world_group *group, const struct world_node *node)
{
    uint64_t notice_ms = GRACE_MS + 2 * (uint64_t)group->settings.tick_ms;

    if (node->phase == PHASE_NONE || node->group != group->index)
        return false;
    return node_exists(node) || node->left_ms == 0 || world->now_ms - node->left_ms <= notice_ms ||
           is_doubted(world, group, node);
}

void check_members_on_decision(struct world *world, struct world_group *group)
{
    unsigned counted = group->view.live + group->view.missing;
    unsigned possible = 0;

    if (world->now_ms < group->quiet_ms + MINUTE_MS)
        return;
    for (unsigned i = 0; i < world->node_count; i++)
        possible += may_count(world, group, &world->nodes[i]);
    if (counted > possible)
        world_fail(world, CHECK_REMOVAL, group, "%u nodes are counted, but all but %u have left (%s): %s", counted,
                   possible, group->trouble, collector_why(world, group));
}
