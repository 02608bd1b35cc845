#include "world/world_node.h"

#include "common/random.h"
#include "world/world.h"

#include <stdio.h>
#include <string.h>

#define FORGET_MS (3 * HOUR_MS) /* a slot is used again so long after its node's end */

static const char *const parting_words[] = {"leaves", "restarts", "is killed", "vanishes", "moves"};

bool node_exists(const struct world_node *node)
{
    return node->phase == PHASE_BOOTING || node->phase == PHASE_RUNNING || node->phase == PHASE_DOWN;
}

struct world_node *node_find(struct world *world, const char *name)
{
    for (unsigned i = 0; i < world->node_count; i++)
        if (world->nodes[i].phase != PHASE_NONE && strcmp(world->nodes[i].name, name) == 0)
            return &world->nodes[i];
    return NULL;
}

/* ---- beginning ---- */

/* A free slot, or that of the node that ended first. NULL: all nodes exist. */
static struct world_node *find_slot(struct world *world)
{
    struct world_node *oldest = NULL;

    for (unsigned i = 0; i < world->node_count; i++)
        if (world->nodes[i].phase == PHASE_NONE)
            return &world->nodes[i];
    if (world->node_count < WORLD_NODES_MAX)
        return &world->nodes[world->node_count++];
    for (unsigned i = 0; i < world->node_count; i++) {
        struct world_node *node = &world->nodes[i];
        if (node->phase == PHASE_DEAD && (oldest == NULL || node->ended_ms < oldest->ended_ms))
            oldest = node;
    }
    return oldest;
}

static struct world_node *take_slot(struct world *world)
{
    struct world_node *node = find_slot(world);

    if (node == NULL)
        return NULL;
    collector_hang_up(world, node);
    memset(node, 0, sizeof *node);
    return node;
}

/* Under a name that was used before, the node is the old one again for all who
 * only know names. */
static void take_name(struct world *world, const char *name)
{
    struct world_node *before = node_find(world, name);

    if (before != NULL)
        before->phase = PHASE_NONE;
}

static bool is_taken(struct world *world, const char *name)
{
    const struct world_node *node = node_find(world, name);

    return node != NULL && node_exists(node);
}

static void name_node(struct world *world, struct world_group *group, struct world_node *node)
{
    char name[WORLD_NAME_SIZE];
    unsigned number = group->reuses_names ? 0 : group->serial;

    do
        snprintf(name, sizeof name, "%.20s-%u", group->name, ++number);
    while (is_taken(world, name));
    group->serial = number;
    take_name(world, name);
    memcpy(node->name, name, sizeof name);
}

/* NULL: there are more nodes than this world has room for. */
static struct world_node *make(struct world *world, struct world_group *group)
{
    struct world_node *node = take_slot(world);

    if (node == NULL)
        return NULL;
    node->group = node->told_group = group->index;
    node->former_group = WORLD_GROUPS_MAX;
    name_node(world, group, node);
    node->cores = group->cores;
    node->share = 1.0;
    node->memory_bytes = group->memory_bytes;
    node->unbalanced_ms = NEVER;
    node->ordered_ms = world->now_ms;
    return node;
}

static void run(struct world *world, struct world_node *node)
{
    struct world_group *group = &world->groups[node->group];

    node->phase = PHASE_RUNNING;
    node->running_ms = world->now_ms;
    node->boot_id = random_next(&world->random) | 1;
    node->balanced = true;
    node->balanced_ms = world->now_ms;
    node->unbalanced_ms = NEVER;
    node->left_ms = 0;
    node->memory = group->memory_idle;
    group->changed_ms = world->now_ms;
    agent_start(world, node);
}

struct world_node *node_boot(struct world *world, struct world_group *group, bool by_order)
{
    struct world_node *node = make(world, group);

    if (node == NULL)
        return NULL;
    node->phase = PHASE_BOOTING;
    node->by_order = by_order;
    node->ready_ms = world->now_ms + world_between(world, group->boot_ms_min, group->boot_ms_max);
    world->totals.joined += by_order;
    return node;
}

struct world_node *node_running(struct world *world, struct world_group *group)
{
    struct world_node *node = make(world, group);

    if (node == NULL)
        return NULL;
    run(world, node);
    node->balanced_ms = world->now_ms - group->slow_start_ms;
    return node;
}

void node_rename(struct world *world, struct world_node *node)
{
    struct world_node *ghost = take_slot(world);

    if (ghost != NULL) {
        *ghost = *node;
        ghost->phase = PHASE_DEAD;
        ghost->ended_ms = world->now_ms;
        ghost->balanced = false;
        ghost->agent.attached = false; /* a session that is not over is the node's */
    }
    name_node(world, &world->groups[node->group], node);
    node->known = false;
    node->stored_seq = 0;
}

/* ---- end ---- */

static void unbalance(const struct world *world, struct world_node *node, enum parting parting)
{
    const struct world_group *group = &world->groups[node->group];
    bool told = parting == PARTING_LEAVING || parting == PARTING_RESTARTING;

    node->unbalanced_ms = world->now_ms + (told ? 0 : group->balancer_ms);
}

void node_end(struct world *world, struct world_node *node, enum parting parting, enum ender ender)
{
    struct world_group *group = &world->groups[node->group];
    bool ran = node->phase == PHASE_RUNNING;

    world_log(world, "%s %s%s", node->name, ran ? parting_words[parting] : "is called off while it boots",
              ender == ENDED_BY_ORDER ? ", as ordered" : "");
    if (ran) {
        unbalance(world, node, parting);
        agent_end(world, node, parting);
    }
    node->phase = PHASE_DEAD;
    node->ended_ms = world->now_ms;
    node->cpu = 0.0;
    group->changed_ms = world->now_ms;
    world->totals.removed += ender == ENDED_BY_ORDER;
}

void node_reboot(struct world *world, struct world_node *node, uint64_t down_ms)
{
    struct world_group *group = &world->groups[node->group];

    world_log(world, "%s reboots", node->name);
    unbalance(world, node, PARTING_RESTARTING);
    node->phase = PHASE_DOWN;
    agent_end(world, node, PARTING_RESTARTING);
    node->ready_ms = world->now_ms + down_ms;
    node->cpu = 0.0;
    group->changed_ms = world->now_ms;
}

/* ---- time ---- */

void node_step(struct world *world, struct world_node *node)
{
    if (node->balanced && node->unbalanced_ms <= world->now_ms)
        node->balanced = false;
    if ((node->phase == PHASE_BOOTING || node->phase == PHASE_DOWN) && node->ready_ms <= world->now_ms)
        run(world, node);
    else if (node->phase == PHASE_DEAD && world->now_ms - node->ended_ms > FORGET_MS)
        node->phase = PHASE_NONE;
    if (node->phase == PHASE_RUNNING)
        agent_step(world, node);
}
