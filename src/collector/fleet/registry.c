#include "collector/fleet/registry.h"

#include "common/fields.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* uthash doubles its table, in one turn of the loop, when one of the buckets has more than ten nodes: 4 ms at 16,000
 * nodes. So nodes_by_id, the only table that this file makes, begins with 16,384 buckets, 256 KiB. Most sets of ids
 * then grow it at 23,000 to 36,000 nodes, and again at 67,000 to 90,000. */
#undef HASH_INITIAL_NUM_BUCKETS
#undef HASH_INITIAL_NUM_BUCKETS_LOG2
#define HASH_INITIAL_NUM_BUCKETS      16384U
#define HASH_INITIAL_NUM_BUCKETS_LOG2 14U

#define LIVE_INTERVALS      3
#define LIVE_MS_MIN         3000  /* so that a fast agent is not late after one hiccup of the network */
#define LONGEST_INTERVAL_MS 60000 /* until the group's setting is known */
#define FLEETING_INTERVALS  10
#define FLEETING_MS_MIN     1000
#define FORGET_MS           (24 * INT64_C(3600000))
#define FORGET_VISITOR_MS   600000
#define PLACES_LOOKED_AT    64U
#define FLEETING_MS_MAX     10000

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

static void free_ring(struct registry *registry, struct node *node)
{
    registry->rings_bytes -= ring_size(node->ring.capacity);
    ring_deinit(&node->ring);
}

static void free_node(struct registry *registry, struct node *node)
{
    registry_set_clock_off(registry, node, 0);
    while (node->instances != NULL) {
        struct instance *instance = node->instances;
        node->instances = instance->next;
        registry_set_account(registry, instance, &(struct agent_account){0});
        free(instance);
    }
    free_ring(registry, node);
    free(node->fs_history);
    free(node);
}

void registry_deinit(struct registry *registry)
{
    HASH_CLEAR(hh, registry->nodes_by_id);
    for (unsigned i = 0; i < registry->node_count; i++)
        free_node(registry, registry->nodes[i]);
    HASH_CLEAR(hh, registry->groups_by_name);
    for (unsigned i = 0; i < registry->group_count; i++)
        free(registry->groups[i]);
    registry_free_joined_groups(registry);
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

bool registry_is_visitor(const struct node *node)
{
    if (!node->reported && !node->recovered)
        return true;
    int64_t since_ms = node->recovered ? (int64_t)node->first_s * 1000 : node->known_ms;

    return node->seen_ms - since_ms < FLEETING_MS_MAX;
}

/* Nodes that never sent a sample are given up first, as they come in floods. */
bool registry_may_be_replaced(const struct node *node, int64_t now_ms)
{
    int64_t silent_ms = now_ms - (node->reported ? node->seen_ms : node->known_ms);

    if (!is_idle(node))
        return false;
    if (!node->reported && !node->recovered)
        return true;
    return silent_ms >= FORGET_MS || (registry_is_visitor(node) && silent_ms >= FORGET_VISITOR_MS);
}

/* A node that gives its place up. Each call looks at some nodes only, and goes on behind those of the call before, so
 * that many unknown agents do not cost a search of all nodes each. NULL: none of these does. */
static struct node *find_replaceable(struct registry *registry, int64_t now_ms)
{
    if (registry->pinned)
        return NULL;
    for (unsigned i = 0; i < PLACES_LOOKED_AT; i++) {
        struct node *node = registry->nodes[registry->looked_at++ % registry->node_count];
        if (registry_may_be_replaced(node, now_ms))
            return node;
    }
    return NULL;
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
    free_node(registry, node);
    return NULL;
}

struct node *registry_ensure_node(struct registry *registry, const char *id, uint32_t interval_ms, int64_t now_ms)
{
    struct node *node = registry_find_node(registry, id);

    if (node != NULL)
        return node;
    struct node *replaced = registry->node_count == NODES_MAX ? find_replaceable(registry, now_ms) : NULL;
    if (registry->node_count == NODES_MAX && replaced == NULL)
        return NULL;
    node = make_node(registry, id, interval_ms);
    if (node == NULL)
        return NULL;
    unsigned index = replaced != NULL ? replaced->index : registry->node_count++;
    if (replaced != NULL) {
        HASH_DEL(registry->nodes_by_id, replaced);
        free_node(registry, replaced);
    }
    node->known_ms = now_ms;
    node->seen_ms = now_ms;
    node->first_s = (int32_t)(now_ms / 1000);
    node->index = index;
    registry->nodes[index] = node;
    registry->roster++;
    return node;
}

void registry_set_clock_off(struct registry *registry, struct node *node, int8_t clock_off)
{
    registry->clocks_off += clock_off != 0;
    registry->clocks_off -= node->clock_off != 0;
    node->clock_off = clock_off;
}

/* ---- instances ---- */

void registry_set_account(struct registry *registry, struct instance *instance, const struct agent_account *account)
{
    agent_account_replace(&registry->agents, &instance->account, account);
    instance->account = *account;
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

static bool is_owners(const struct node *node, const struct instance *instance)
{
    return ownership_is_owner(&node->ownership, &instance->proof);
}

/* The owner's most recently used instance, or NULL. */
static const struct instance *owners_latest(const struct node *node)
{
    const struct instance *latest = NULL;

    for (const struct instance *instance = node->instances; instance != NULL; instance = instance->next)
        if (is_owners(node, instance) && (latest == NULL || instance->used > latest->used))
            latest = instance;
    return latest;
}

/* Whether a should be replaced rather than b. */
static bool is_better_place(const struct node *node, const struct instance *a, const struct instance *b)
{
    bool a_owners = is_owners(node, a);

    return b == NULL || (a_owners != is_owners(node, b) ? !a_owners : a->used < b->used);
}

/* Clears the least recently used instance that may be replaced by one with that proof. NULL: there is none. Without the
 * owner's latest instance, samples that it sends again would be stored twice. */
static struct instance *take_place(struct node *node, const struct proof *proof)
{
    const struct instance *kept = ownership_is_owner(&node->ownership, proof) ? NULL : owners_latest(node);
    struct instance *oldest = NULL;

    for (struct instance *instance = node->instances; instance != NULL; instance = instance->next) {
        if (registry_instance_waits(instance) || instance->intake != NULL || instance == kept)
            continue;
        if (is_better_place(node, instance, oldest))
            oldest = instance;
    }
    if (oldest == NULL)
        return NULL;
    *oldest = (struct instance){.next = oldest->next};
    return oldest;
}

struct instance *registry_claim_instance(struct node *node, uint64_t id, const struct proof *proof)
{
    struct instance *instance = registry_find_instance(node, id);

    if (instance == NULL)
        instance = registry_has_place(node) ? add_instance(node) : take_place(node, proof);
    if (instance == NULL)
        return NULL;
    instance->id = id;
    instance->node = node;
    instance->used = ++node->uses;
    if (!ownership_is_none(proof))
        instance->proof = *proof;
    return instance;
}

struct instance *registry_ensure_instance(struct node *node, uint64_t id)
{
    static const struct proof none;

    return registry_claim_instance(node, id, &none);
}

struct instance *registry_latest(const struct node *node)
{
    struct instance *latest = node->instances;

    for (struct instance *instance = latest; instance != NULL; instance = instance->next)
        if (instance->used > latest->used)
            latest = instance;
    return latest;
}

/* ---- liveness ---- */

uint32_t registry_interval_ms(const struct node *node)
{
    int64_t longest_ms = node->group != NULL ? node->group->longest_interval_ms : 0;

    if (longest_ms == 0)
        longest_ms = LONGEST_INTERVAL_MS;
    return node->interval_ms < longest_ms ? node->interval_ms : (uint32_t)longest_ms;
}

uint32_t registry_report_ms(const struct node *node)
{
    uint32_t samples = node->interval_ms > 0 ? node->report_ms / node->interval_ms : 0;

    return samples > 1 ? samples * node->interval_ms : 0;
}

int64_t registry_live_ms(const struct node *node)
{
    int64_t live_ms = LIVE_INTERVALS * (int64_t)registry_interval_ms(node);

    return (live_ms > LIVE_MS_MIN ? live_ms : LIVE_MS_MIN) + registry_report_ms(node);
}

/* A node whose samples are posted over HTTP does not connect. */
static bool is_posted(const struct node *node)
{
    const struct instance *latest = registry_latest(node);

    return latest != NULL && fields_instance_is_http(latest->id);
}

/* It came, sent samples for a moment, and went, whatever it said: too little to count as a node that may still exist.
 * Its instances are looked at last: a tick does not have them in the cache. */
static bool is_fleeting(const struct node *node)
{
    int64_t needed_ms = FLEETING_INTERVALS * (int64_t)node->interval_ms;

    if (node->recovered || node->intake != NULL)
        return false;
    if (needed_ms < FLEETING_MS_MIN)
        needed_ms = FLEETING_MS_MIN;
    if (needed_ms > FLEETING_MS_MAX)
        needed_ms = FLEETING_MS_MAX;
    return node->seen_ms - node->known_ms < needed_ms && !is_posted(node);
}

static int64_t longer(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* Until when a node may return after its farewell, or still counts. */
static int64_t grace_end_ms(const struct node *node)
{
    bool reboots = node->farewell == FAREWELL_REBOOTING && node->group != NULL;

    if (is_fleeting(node))
        return node->farewell_ms + LIVE_MS_MIN;
    return node->farewell_ms + longer(FAREWELL_GRACE_MS, reboots ? node->group->lead_time_ms : 0);
}

/* Not forgotten by time, as it went missing together with many. forget_ms: when it would be. */
static bool is_held(const struct node *node, int64_t forget_ms)
{
    return node->group != NULL && mass_loss_holds(&node->group->loss, forget_ms);
}

/* How long a node may take to its first sample: until that is due, if it is connected or its samples are posted. */
static int64_t first_sample_ms(const struct node *node)
{
    if (is_posted(node))
        return LIVE_INTERVALS * (int64_t)POSTED_INTERVAL_MS_MAX;
    return node->intake != NULL ? LIVE_INTERVALS * (int64_t)registry_interval_ms(node) : 0;
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
    int64_t live_ms = is_fleeting(node) ? LIVE_MS_MIN + registry_report_ms(node) : registry_live_ms(node);

    return node->reported && (age_ms <= live_ms || (speaks && age_ms <= gone_ms));
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
    if (is_fleeting(node))
        return NODE_GONE;
    int64_t forget_ms = missing_since_ms(node) + gone_ms;
    return node->intake == NULL && now_ms > forget_ms && !is_held(node, forget_ms) ? NODE_GONE : NODE_MISSING;
}

enum liveness registry_liveness(const struct node *node, int64_t now_ms, int64_t gone_ms)
{
    bool in_grace = node->farewell != FAREWELL_NONE && now_ms <= grace_end_ms(node);

    switch ((enum farewell)node->farewell) {
    case FAREWELL_GONE:
        return NODE_GONE;
    case FAREWELL_MOVED:
        return is_fleeting(node) ? NODE_GONE : NODE_MISSING;
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

void registry_trim_rings(struct registry *registry, unsigned from, unsigned count, int64_t now_ms)
{
    for (unsigned i = from; i < registry->node_count && i - from < count; i++) {
        struct node *node = registry->nodes[i];
        if (node->intake == NULL && now_ms - node->seen_ms > registry->history_ms)
            free_ring(registry, node);
    }
}

bool registry_has_short_ring(const struct registry *registry, const struct node *node)
{
    return node->ring.capacity == RING_SAMPLES_MIN &&
           ring_capacity(registry->history_ms, node->interval_ms) > RING_SAMPLES_MIN;
}

int registry_ready_ring(struct registry *registry, struct node *node)
{
    unsigned capacity = ring_capacity(registry->history_ms, node->interval_ms);
    uint64_t others_bytes = registry->rings_bytes - ring_size(node->ring.capacity);

    if (node->ring.capacity == capacity)
        return 0;
    bool is_short = registry->rings_bytes_max > 0 && others_bytes + ring_size(capacity) > registry->rings_bytes_max;
    if (is_short)
        capacity = RING_SAMPLES_MIN;
    if (node->ring.capacity == capacity)
        return 0;
    int rc = ring_resize(&node->ring, capacity);
    if (rc < 0)
        return rc;
    registry->rings_bytes = others_bytes + ring_size(capacity);
    registry->rings_shortened += is_short;
    return 0;
}
