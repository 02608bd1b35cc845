#include "collector/fleet/registry.h"

#include "common/fields.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LIVE_INTERVALS 3
#define LIVE_MS_MIN    3000 /* so that a fast agent is not late after one hiccup of the network */
#define FORGET_MS      (24 * INT64_C(3600000))

const char *const liveness_names[] = {
    [NODE_NEW] = "new",         [NODE_LIVE] = "live",       [NODE_RETURNING] = "returning",
    [NODE_MISSING] = "missing", [NODE_LEAVING] = "leaving", [NODE_UNREPORTED] = "unreported",
    [NODE_GONE] = "gone",
};

/* ---- nodes ---- */

int registry_init(struct registry *registry, int64_t history_ms)
{
    *registry = (struct registry){.history_ms = history_ms};
    registry->nodes = calloc(NODES_MAX, sizeof(struct node *));
    return registry->nodes != NULL ? 0 : -ENOMEM;
}

void registry_pin(struct registry *registry)
{
    registry->pinned = true;
}

void registry_unpin(struct registry *registry)
{
    registry->pinned = false;
}

static void free_node(struct node *node)
{
    while (node->instances != NULL) {
        struct instance *instance = node->instances;
        node->instances = instance->next;
        free(instance);
    }
    ring_deinit(&node->ring);
    free(node->fs_history);
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

/* Not connected, and nothing left to store: it may be freed. */
static bool is_idle(const struct node *node)
{
    if (node->intake != NULL)
        return false;
    for (const struct instance *instance = node->instances; instance != NULL; instance = instance->next)
        if (registry_instance_waits(instance))
            return false;
    return true;
}

/* The index for a new node: a free one, or that of the node silent for longest, which is freed. -1: there is none. */
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

/* Allocates a node with its ring and adds it to nodes_by_id. NULL: no memory. */
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
    node->first_s = (int32_t)(now_ms / 1000);
    node->index = (unsigned)index;
    registry->nodes[index] = node;
    registry->roster++;
    return node;
}

/* ---- groups ---- */

struct group *registry_find_group(const struct registry *registry, const char *name)
{
    struct group *group = NULL;

    HASH_FIND_STR(registry->groups_by_name, name, group);
    return group;
}

void registry_assign(struct registry *registry, struct node *node, struct group *group)
{
    if (node->group == group)
        return;
    registry->roster++;
    if (node->group != NULL)
        node->group->moved++;
    node->former = node->group;
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

/* ---- instances ---- */

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

/* Clears the least recently used instance that may be replaced. NULL: there is none. */
static struct instance *take_place(struct node *node)
{
    struct instance *oldest = NULL;

    for (struct instance *instance = node->instances; instance != NULL; instance = instance->next) {
        if (registry_instance_waits(instance) || instance->intake != NULL)
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

/* ---- accounts ---- */

bool registry_add_account(const struct node *node, struct agent_account *sum)
{
    agent_account_add(sum, &node->forgotten);
    for (const struct instance *instance = node->instances; instance != NULL; instance = instance->next)
        agent_account_add(sum, &instance->account);
    return node->clock_off != 0;
}

unsigned registry_sum(const struct registry *registry, struct agent_account *sum)
{
    unsigned clocks_off = 0;

    *sum = (struct agent_account){0};
    for (unsigned i = 0; i < registry->node_count; i++)
        clocks_off += registry_add_account(registry->nodes[i], sum);
    return clocks_off;
}

/* ---- file systems ---- */

void registry_add_fs(struct node *node, int64_t time_ms, double percent)
{
    if (node->fs_history == NULL) {
        node->fs_history = malloc(sizeof *node->fs_history);
        if (node->fs_history == NULL)
            return;
        fs_history_init(node->fs_history, time_ms);
    }
    fs_history_add(node->fs_history, time_ms, percent);
}

/* ---- weight ---- */

uint32_t registry_cpu_milli(uint32_t cores, uint32_t cpu_milli)
{
    if (cpu_milli > 0)
        return cpu_milli;
    return cores < UINT32_MAX / 1000 ? cores * 1000 : UINT32_MAX;
}

/* ---- liveness ---- */

int64_t registry_live_ms(const struct node *node)
{
    int64_t live_ms = LIVE_INTERVALS * (int64_t)node->interval_ms;

    return live_ms > LIVE_MS_MIN ? live_ms : LIVE_MS_MIN;
}

static int64_t longer(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* Until when a node may return after its farewell, or still counts. */
static int64_t grace_end_ms(const struct node *node)
{
    bool reboots = node->farewell == FAREWELL_REBOOTING && node->group != NULL;

    return node->farewell_ms + longer(FAREWELL_GRACE_MS, reboots ? node->group->lead_time_ms : 0);
}

/* Not forgotten by time, as it went missing together with many. forget_ms: when it would be. */
static bool is_held(const struct node *node, int64_t forget_ms)
{
    return node->group != NULL && mass_loss_holds(&node->group->loss, forget_ms);
}

/* A node whose samples are posted over HTTP does not connect. */
static bool is_posted(const struct node *node)
{
    const struct instance *latest = registry_latest(node);

    return latest != NULL && fields_instance_is_http(latest->id);
}

/* How long a node may take to its first sample: until that is due, if it is connected or its samples are posted. */
static int64_t first_sample_ms(const struct node *node)
{
    if (is_posted(node))
        return LIVE_INTERVALS * (int64_t)POSTED_INTERVAL_MS_MAX;
    return node->intake != NULL ? LIVE_INTERVALS * (int64_t)node->interval_ms : 0;
}

static bool is_awaited(const struct node *node, int64_t now_ms)
{
    if (node->reported || !node->recovered)
        return false;
    int64_t wait_ms = STARTING_MS + first_sample_ms(node);
    return now_ms - node->known_ms <= (wait_ms < ROLL_CALL_MS_MAX ? wait_ms : ROLL_CALL_MS_MAX);
}

static bool is_live(const struct node *node, int64_t now_ms, int64_t gone_ms)
{
    int64_t age_ms = now_ms - node->seen_ms;
    bool speaks = node->intake != NULL && now_ms - node->heard_ms <= node->life_ms;

    return node->reported && (age_ms <= registry_live_ms(node) || (speaks && age_ms <= gone_ms));
}

/* A node read back from disk counts from known_ms, as it has no sample of this run. */
static int64_t missing_since_ms(const struct node *node)
{
    int64_t silent_ms = (node->reported ? node->seen_ms : node->known_ms) + registry_live_ms(node);
    int64_t since_ms = node->reported ? longer(silent_ms, node->heard_ms) : silent_ms;

    return node->farewell != FAREWELL_NONE ? longer(since_ms, grace_end_ms(node)) : since_ms;
}

/* Without a farewell, or when its grace is over. */
static enum liveness liveness_by_samples(const struct node *node, int64_t now_ms, int64_t gone_ms)
{
    if (!node->reported && !node->recovered)
        return NODE_NEW;
    if (is_awaited(node, now_ms))
        return NODE_UNREPORTED;
    if (node->farewell == FAREWELL_NONE && is_live(node, now_ms, gone_ms))
        return NODE_LIVE;
    int64_t forget_ms = missing_since_ms(node) + gone_ms;
    return node->intake == NULL && now_ms > forget_ms && !is_held(node, forget_ms) ? NODE_GONE : NODE_MISSING;
}

enum liveness registry_liveness(const struct node *node, int64_t now_ms, int64_t gone_ms)
{
    bool in_grace = now_ms <= grace_end_ms(node);

    switch ((enum farewell)node->farewell) {
    case FAREWELL_GONE:
        return NODE_GONE;
    case FAREWELL_MOVED:
        return NODE_MISSING;
    case FAREWELL_LEAVING:
        if (in_grace)
            return NODE_LEAVING;
        return is_held(node, grace_end_ms(node)) ? NODE_MISSING : NODE_GONE;
    case FAREWELL_RESTARTING:
    case FAREWELL_REBOOTING:
        if (in_grace && (node->reported || node->recovered))
            return NODE_RETURNING;
        break;
    case FAREWELL_NONE:
        break;
    }
    return liveness_by_samples(node, now_ms, gone_ms);
}

void registry_restart_waiting(struct registry *registry, int64_t now_ms)
{
    for (unsigned i = 0; i < registry->node_count; i++)
        registry->nodes[i]->known_ms = now_ms;
}

/* ---- rings ---- */

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
