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

/* The group is used, again. */
static struct group *use(struct registry *registry, struct group *group)
{
    registry->vacant_groups -= group->vacant;
    group->vacant = false;
    group->unused_looks = 0;
    return group;
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

/* The number of places up to limit that have no group, or one that gives its place up. */
static bool has_room(const struct registry *registry, unsigned limit)
{
    return registry->group_count < limit || (registry->vacant_groups > 0 && !registry->pinned);
}

/* The place of a vacant group, which is freed; there must be one. */
static unsigned clear_place(struct registry *registry)
{
    unsigned index = 0;

    while (!registry->groups[index]->vacant)
        index++;
    HASH_DEL(registry->groups_by_name, registry->groups[index]);
    free(registry->groups[index]);
    registry->vacant_groups--;
    return index;
}

/* false: no memory, and the group has no place. has_room() must hold. */
static bool give_place(struct registry *registry, struct group *group, unsigned limit)
{
    HASH_ADD_STR(registry->groups_by_name, name, group);
    if (group->hh.tbl == NULL) /* it was not added */
        return false;
    HASH_DELETE(joined_hh, registry->joined_by_name, group);
    group->joined = 0;
    group->index = registry->group_count < limit ? registry->group_count++ : clear_place(registry);
    group->number = ++registry->group_comings;
    registry->groups[group->index] = group;
    return true;
}

struct group *registry_ensure_group(struct registry *registry, const char *name)
{
    struct group *group = registry_find_group(registry, name);

    if (group != NULL)
        return use(registry, group);
    if (!has_room(registry, GROUPS_MAX))
        return NULL;
    group = find_joined(registry, name);
    bool is_new = group == NULL;
    if (is_new)
        group = make_group(registry, name);
    if (group == NULL || give_place(registry, group, GROUPS_MAX))
        return group;
    if (is_new) {
        HASH_DELETE(joined_hh, registry->joined_by_name, group);
        free(group);
    }
    return NULL;
}

#define JOINED_MAX (GROUPS_MAX - GROUPS_RESERVED)

struct group *registry_join_group(struct registry *registry, const char *name)
{
    struct group *group = registry_find_group(registry, name);

    if (group != NULL)
        return use(registry, group);
    if (!has_room(registry, JOINED_MAX))
        return NULL;
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
    return has_room(registry, JOINED_MAX) && give_place(registry, node->group, JOINED_MAX);
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

/* ---- places that are given back ---- */

bool registry_groups_are_short(const struct registry *registry)
{
    return registry->group_count - registry->vacant_groups >= JOINED_MAX / 4 * 3;
}

bool registry_note_unused(struct group *group, bool unused)
{
    group->unused_looks = unused && !group->vacant ? group->unused_looks + 1 : 0;
    return group->unused_looks >= GROUP_UNUSED_LOOKS;
}

static bool is_vacated(const struct group *group, const bool vacated[GROUPS_MAX])
{
    return group != NULL && has_place(group) && vacated[group->index];
}

void registry_vacate_groups(struct registry *registry, const bool vacated[GROUPS_MAX])
{
    for (unsigned i = 0; i < registry->node_count; i++) {
        struct node *node = registry->nodes[i];
        if (is_vacated(node->former, vacated))
            node->former = NULL;
        if (is_vacated(node->group, vacated))
            node->group = NULL;
    }
    for (unsigned i = 0; i < registry->group_count; i++) {
        if (!vacated[i])
            continue;
        registry->groups[i]->vacant = true;
        registry->vacant_groups++;
    }
    registry->roster++;
}

void registry_free_joined_groups(struct registry *registry)
{
    struct group *group = registry->joined_by_name;

    HASH_CLEAR(joined_hh, registry->joined_by_name);
    while (group != NULL) {
        struct group *following = group->joined_hh.next;
        free(group);
        group = following;
    }
}
