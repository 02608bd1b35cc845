#include "collector/autoscale/unused_groups.h"

/* The groups that a node holds. */
static void find_held(const struct registry *registry, int64_t now_ms, bool held[GROUPS_MAX])
{
    for (unsigned i = 0; i < registry->node_count; i++) {
        const struct node *node = registry->nodes[i];
        if (node->group != NULL && node->group->index < GROUPS_MAX && !registry_may_be_replaced(node, now_ms))
            held[node->group->index] = true;
    }
}

unsigned unused_groups_give_back(struct scaling *scaling, struct registry *registry, const struct backlog *backlog,
                                 int64_t now_ms)
{
    bool held[GROUPS_MAX] = {false};
    bool vacated[GROUPS_MAX] = {false};
    unsigned count = 0;

    if (!registry_groups_are_short(registry) || registry->pinned || backlog->writing)
        return 0;
    find_held(registry, now_ms, held);
    for (unsigned i = 0; i < registry->group_count; i++) {
        struct group *group = registry->groups[i];
        vacated[i] = registry_note_unused(group, !held[i] && !scaling_holds(scaling, group));
        count += vacated[i];
        if (vacated[i])
            scaling_forget(scaling, group);
    }
    if (count > 0)
        registry_vacate_groups(registry, vacated);
    return count;
}
