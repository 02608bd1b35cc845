#include "collector/fleet/registry_groups.h"

#include <stdlib.h>
#include <string.h>

static bool has_place(const struct group *group)
{
    return group->index < GROUPS_MAX;
}

/* A node has left the group. */
static void release_group(struct registry *registry, struct group *group)
{
    if (group == NULL || has_place(group) || --group->joined > 0)
        return;
    HASH_DELETE(joined_hh, registry->joined_by_name, group);
    free(group);
}

struct group *registry_find_group(const struct registry *registry, const char *name)
{
    struct group *group = NULL;

    HASH_FIND_STR(registry->groups_by_name, name, group);
    return group;
}

void registry_assign(struct registry *registry, struct node *node, struct group *group)
{
    struct group *before = node->group;

    if (before == group)
        return;
    registry->roster++;
    if (before == NULL || has_place(before))
        node->former = before;
    if (before != NULL)
        before->moved++;
    node->group = group;
    group->joined += !has_place(group);
    release_group(registry, before);
}

static struct group *find_joined(const struct registry *registry, const char *name)
{
    struct group *group = NULL;

    HASH_FIND(joined_hh, registry->joined_by_name, name, strlen(name), group);
    return group;
}

/* Without a place, and without a node. NULL: no memory. */
static struct group *make_group(struct registry *registry, const char *name)
{
    struct group *group = calloc(1, sizeof *group);

    if (group == NULL)
        return NULL;
    group->index = GROUPS_MAX;
    memcpy(group->name, name, strlen(name) + 1);
    HASH_ADD_KEYPTR(joined_hh, registry->joined_by_name, group->name, strlen(name), group);
    if (group->joined_hh.tbl != NULL) /* it was added */
        return group;
    free(group);
    return NULL;
}

/* false: no memory, and the group has no place. */
static bool give_place(struct registry *registry, struct group *group)
{
    HASH_ADD_STR(registry->groups_by_name, name, group);
    if (group->hh.tbl == NULL) /* it was not added */
        return false;
    HASH_DELETE(joined_hh, registry->joined_by_name, group);
    group->joined = 0;
    group->index = registry->group_count;
    registry->groups[registry->group_count++] = group;
    return true;
}

struct group *registry_ensure_group(struct registry *registry, const char *name)
{
    struct group *group = registry_find_group(registry, name);

    if (group != NULL || registry->group_count == GROUPS_MAX)
        return group;
    group = find_joined(registry, name);
    bool is_new = group == NULL;
    if (is_new)
        group = make_group(registry, name);
    if (group == NULL || give_place(registry, group))
        return group;
    if (is_new) {
        HASH_DELETE(joined_hh, registry->joined_by_name, group);
        free(group);
    }
    return NULL;
}

static bool is_crowded(const struct registry *registry)
{
    return registry->group_count >= GROUPS_MAX - GROUPS_RESERVED;
}

struct group *registry_join_group(struct registry *registry, const char *name)
{
    struct group *group = registry_find_group(registry, name);

    if (group != NULL || is_crowded(registry))
        return group;
    group = find_joined(registry, name);
    return group != NULL ? group : make_group(registry, name);
}

const struct group *registry_placed_group(const struct node *node)
{
    return node->group == NULL || has_place(node->group) ? node->group : node->former;
}

bool registry_place_group(struct registry *registry, const struct node *node)
{
    if (has_place(node->group))
        return true;
    return !is_crowded(registry) && give_place(registry, node->group);
}

void registry_leave_group(struct registry *registry, struct node *node)
{
    struct group *group = node->group;

    if (group == NULL || has_place(group))
        return;
    registry->roster++;
    node->group = node->former;
    node->former = NULL;
    release_group(registry, group);
}

void registry_free_joined_groups(struct registry *registry)
{
    struct group *group = NULL;
    struct group *following = NULL;

    HASH_ITER (joined_hh, registry->joined_by_name, group, following) {
        HASH_DELETE(joined_hh, registry->joined_by_name, group);
        free(group);
    }
}
