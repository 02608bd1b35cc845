/* Pure. The groups of the registry, by name, and which group a node is in.
 *
 *     agent says Hello --> joined: no place --first sample--> in registry->groups, by index
 *                             |                                                              |
 *                             +--its last node leaves--> freed      nothing holds it --> vacant --+
 *                                                          ^                                |     |
 *                                                          +----another one needs its place-+     +--a node is back
 *
 * Names that no sample follows thus take no place: such a group is in no tick and no answer, and registry_find_group()
 * does not find it. */
#ifndef COLLECTOR_FLEET_REGISTRY_GROUPS_H
#define COLLECTOR_FLEET_REGISTRY_GROUPS_H

#include "collector/fleet/registry_state.h"

#include <stdbool.h>

/* The group of that name, if it has a place, or NULL; names match parse_name_ok(). */
struct group *registry_find_group(const struct registry *registry, const char *name);

/* The same; adds one with a place if there is none. NULL: no memory, or no place. */
struct group *registry_ensure_group(struct registry *registry, const char *name);

/* Puts the node into the group; the one before becomes its former one, if that has a place. */
void registry_assign(struct registry *registry, struct node *node, struct group *group);

/* The group for an agent that says Hello; one that is new has no place yet. NULL: no memory, or no place would be left
 * for it. */
struct group *registry_join_group(struct registry *registry, const char *name);

/* The node's group gets its place, if it has none: a sample has come. false: all are taken, but for GROUPS_RESERVED,
 * which are for the groups of the configuration and for samples that are posted. */
bool registry_place_group(struct registry *registry, const struct node *node);

/* The group that the node's samples have been stored for: the one that it is in, or its former one while that has no
 * place. NULL: none. */
const struct group *registry_placed_group(const struct node *node);

/* Whether few places are left, so that some should be given back. */
bool registry_groups_are_short(const struct registry *registry);

/* The regular look at the groups: nothing holds the place of this one, or something does. After GROUP_UNUSED_LOOKS of
 * them nobody has a pointer to it but its nodes. true: it is to become vacant. */
#define GROUP_UNUSED_LOOKS 3U
bool registry_note_unused(struct group *group, bool unused);

/* The group stays until another one needs its place; an agent that says Hello, or the configuration, takes it back. Its
 * nodes are in no group then. Not while the registry is pinned. */
void registry_vacate_groups(struct registry *registry, const bool vacated[GROUPS_MAX]);

/* The agent has gone. A node whose group has no place is in its former group again. */
void registry_leave_group(struct registry *registry, struct node *node);

/* At the end. */
void registry_free_joined_groups(struct registry *registry);

#endif
