#include "collector/fleet/registry.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LIVE_INTERVALS 3
#define LIVE_MS_MIN    3000  /* a fast agent is not stale after one hiccup of the network */
#define STARTING_MS    30000 /* agents are back within their longest backoff, 10 s */
#define FORGET_MS      (24 * INT64_C(3600000))

int registry_init(struct registry *registry, int64_t history_ms)
{
    *registry = (struct registry){.history_ms = history_ms};
    registry->nodes = calloc(NODES_MAX, sizeof(struct node *));
    return registry->nodes != NULL ? 0 : -ENOMEM;
}

static void free_node(struct node *node)
{
    while (node->instances != NULL) {
        struct instance *instance = node->instances;
        node->instances = instance->next;
        free(instance);
    }
    ring_deinit(&node->ring);
    free(node);
}

void registry_deinit(struct registry *registry)
{
    HASH_CLEAR(hh, registry->nodes_by_id);
    HASH_CLEAR(hh, registry->groups_by_name);
    for (unsigned i = 0; i < registry->node_count; i++)
        free_node(registry->nodes[i]);
    for (unsigned i = 0; i < registry->group_count; i++)
        free(registry->groups[i]);
    free(registry->nodes);
    *registry = (struct registry){0};
}

static unsigned ring_capacity(int64_t history_ms, uint32_t interval_ms)
{
    int64_t samples = history_ms / (interval_ms > 0 ? interval_ms : 1);

    if (samples < RING_SAMPLES_MIN)
        return RING_SAMPLES_MIN;
    return samples > RING_SAMPLES_MAX ? RING_SAMPLES_MAX : (unsigned)samples;
}

struct node *registry_find_node(const struct registry *registry, const char *id)
{
    struct node *node = NULL;

    HASH_FIND_STR(registry->nodes_by_id, id, node);
    return node;
}

static bool is_idle(const struct node *node)
{
    if (node->intake != NULL)
        return false;
    for (const struct instance *instance = node->instances; instance != NULL; instance = instance->next)
        if (instance_waits(instance))
            return false;
    return true;
}

void registry_pin(struct registry *registry)
{
    registry->pinned = true;
}

void registry_unpin(struct registry *registry)
{
    registry->pinned = false;
}

/* Makes a place for a new node: its index, or -1 when there is none. */
static long find_place(struct registry *registry, int64_t now_ms)
{
    struct node *silent = NULL;

    if (registry->node_count < NODES_MAX)
        return registry->node_count++;
    if (registry->pinned)
        return -1;
    for (unsigned i = 0; i < registry->node_count; i++) {
        struct node *node = registry->nodes[i];
        if (is_idle(node) && (silent == NULL || node->seen_ms < silent->seen_ms))
            silent = node;
    }
    if (silent == NULL || now_ms - silent->seen_ms < FORGET_MS)
        return -1;
    unsigned index = silent->index;
    HASH_DEL(registry->nodes_by_id, silent);
    free_node(silent);
    return index;
}

/* With its ring, and among the nodes by id; NULL: no memory. */
static struct node *make_node(struct registry *registry, const char *id, uint32_t interval_ms)
{
    size_t id_size = strlen(id) + 1;
    struct node *node = calloc(1, sizeof *node + id_size);

    if (node == NULL)
        return NULL;
    node->interval_ms = interval_ms;
    memcpy(node->id, id, id_size);
    if (registry_ready_ring(registry, node) == 0)
        HASH_ADD_STR(registry->nodes_by_id, id, node);
    if (node->hh.tbl != NULL) /* it was added */
        return node;
    free_node(node);
    return NULL;
}

struct node *registry_ensure_node(struct registry *registry, const char *id, uint32_t interval_ms, int64_t now_ms)
{
    struct node *node = registry_find_node(registry, id);

    if (node != NULL)
        return node;
    node = make_node(registry, id, interval_ms);
    if (node == NULL)
        return NULL;
    long index = find_place(registry, now_ms);
    if (index < 0) {
        HASH_DEL(registry->nodes_by_id, node);
        free_node(node);
        return NULL;
    }
    node->known_ms = now_ms;
    node->seen_ms = now_ms;
    node->index = (unsigned)index;
    registry->nodes[index] = node;
    registry->roster++;
    return node;
}

struct group *registry_find_group(const struct registry *registry, const char *name)
{
    struct group *group = NULL;

    HASH_FIND_STR(registry->groups_by_name, name, group);
    return group;
}

void registry_assign(struct registry *registry, struct node *node, struct group *group)
{
    registry->roster += node->group != group;
    node->group = group;
}

struct group *registry_ensure_group(struct registry *registry, const char *name)
{
    struct group *group = registry_find_group(registry, name);

    if (group != NULL || registry->group_count == GROUPS_MAX)
        return group;
    group = calloc(1, sizeof *group);
    if (group == NULL)
        return NULL;
    memcpy(group->name, name, strlen(name) + 1);
    HASH_ADD_STR(registry->groups_by_name, name, group);
    if (group->hh.tbl == NULL) { /* it was not added */
        free(group);
        return NULL;
    }
    group->index = registry->group_count;
    registry->groups[registry->group_count++] = group;
    return group;
}

struct instance *registry_find_instance(const struct node *node, uint64_t id)
{
    struct instance *instance = node->instances;

    while (instance != NULL && instance->id != id)
        instance = instance->next;
    return instance;
}

bool registry_has_place(const struct node *node)
{
    unsigned count = 0;

    for (const struct instance *instance = node->instances; instance != NULL; instance = instance->next)
        count++;
    return count < INSTANCES_PER_NODE_MAX;
}

/* NULL: no memory. */
static struct instance *add_instance(struct node *node)
{
    struct instance **end = &node->instances;

    while (*end != NULL)
        end = &(*end)->next;
    *end = calloc(1, sizeof **end);
    return *end;
}

/* The place longest unused, free of what had it. NULL: all are in use. */
static struct instance *take_place(struct node *node)
{
    struct instance *oldest = NULL;

    for (struct instance *instance = node->instances; instance != NULL; instance = instance->next) {
        if (instance_waits(instance) || instance->intake != NULL)
            continue;
        if (oldest == NULL || instance->used < oldest->used)
            oldest = instance;
    }
    if (oldest == NULL)
        return NULL;
    agent_account_add(&node->forgotten, &oldest->account);
    *oldest = (struct instance){.next = oldest->next};
    return oldest;
}

struct instance *registry_ensure_instance(struct node *node, uint64_t id)
{
    struct instance *instance = registry_find_instance(node, id);

    if (instance == NULL)
        instance = registry_has_place(node) ? add_instance(node) : take_place(node);
    if (instance == NULL)
        return NULL;
    instance->id = id;
    instance->node = node;
    instance->used = ++node->uses;
    return instance;
}

struct instance *registry_latest(const struct node *node)
{
    struct instance *latest = node->instances;

    for (struct instance *instance = latest; instance != NULL; instance = instance->next)
        if (instance->used > latest->used)
            latest = instance;
    return latest;
}

unsigned registry_sum(const struct registry *registry, struct agent_account *sum)
{
    unsigned clocks_off = 0;

    *sum = (struct agent_account){0};
    for (unsigned i = 0; i < registry->node_count; i++) {
        const struct node *node = registry->nodes[i];
        agent_account_add(sum, &node->forgotten);
        for (const struct instance *instance = node->instances; instance != NULL; instance = instance->next)
            agent_account_add(sum, &instance->account);
        clocks_off += node->clock_off != 0;
    }
    return clocks_off;
}

int64_t registry_live_ms(const struct node *node)
{
    int64_t live_ms = LIVE_INTERVALS * (int64_t)node->interval_ms;

    return live_ms > LIVE_MS_MIN ? live_ms : LIVE_MS_MIN;
}

enum liveness registry_liveness(const struct node *node, int64_t now_ms, int64_t gone_ms)
{
    if (node->departed)
        return NODE_GONE;
    if (!node->reported && !node->recovered)
        return NODE_NEW;
    if (!node->reported && now_ms - node->known_ms <= STARTING_MS)
        return NODE_UNREPORTED;
    int64_t silent_ms = now_ms - (node->reported ? node->seen_ms : node->known_ms);
    if (node->reported && silent_ms <= registry_live_ms(node))
        return NODE_LIVE;
    bool gone = node->intake == NULL && silent_ms > gone_ms + registry_live_ms(node);
    return gone ? NODE_GONE : NODE_STALE;
}

void registry_trim_rings(struct registry *registry, int64_t now_ms)
{
    for (unsigned i = 0; i < registry->node_count; i++) {
        struct node *node = registry->nodes[i];
        if (node->intake == NULL && now_ms - node->seen_ms > registry->history_ms)
            ring_deinit(&node->ring);
    }
}

int registry_ready_ring(const struct registry *registry, struct node *node)
{
    unsigned capacity = ring_capacity(registry->history_ms, node->interval_ms);

    return node->ring.capacity == capacity ? 0 : ring_resize(&node->ring, capacity);
}
