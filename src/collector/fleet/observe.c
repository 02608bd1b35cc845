#include "collector/fleet/observe.h"

#include <math.h>
#include <string.h>

#define AHEAD 4U /* nodes whose memory is prefetched */

const enum metric observe_metric[OBSERVE_METRICS] = {
    [RESOURCE_CPU] = METRIC_CPU,
    [RESOURCE_MEMORY] = METRIC_MEMORY,
    [RESOURCE_DISK] = METRIC_DISK_BUSY,
    [RESOURCE_COUNT + RESOURCE_CPU] = METRIC_PSI_CPU,
    [RESOURCE_COUNT + RESOURCE_MEMORY] = METRIC_PSI_MEMORY,
    [RESOURCE_COUNT + RESOURCE_DISK] = METRIC_PSI_IO,
};

double observe_weight(const struct node *node, enum resource resource)
{
    switch (resource) {
    case RESOURCE_CPU:
        return node->cores > 0 ? node->cores : 1.0;
    case RESOURCE_MEMORY:
        return node->memory_bytes > 0 ? (double)node->memory_bytes : 1.0;
    default:
        return 1.0;
    }
}

static void add_resource(const struct node *node, enum resource r, const double *means, struct observe_sum *to)
{
    struct resource_observation *sum = &to->resource[r];
    double percent = means[r];
    double pressure = means[RESOURCE_COUNT + r];

    if (!isnan(pressure)) {
        sum->pressure += pressure / 100.0;
        to->pressured[r]++;
    }
    if (isnan(percent))
        return;
    sum->demand += percent / 100.0 * observe_weight(node, r);
    sum->capacity += observe_weight(node, r);
    sum->nodes++;
}

static void add_live(const struct node *node, const struct observe_pass *pass, struct observe_sums *sums,
                     struct group_observation *observed)
{
    int64_t now_ms = pass->now_ms;
    bool warming = node->joined_ms != NEVER_JOINED && now_ms - node->joined_ms < sums->warm_up_ms;
    double means[OBSERVE_METRICS];

    observed->live++;
    observed->warming += warming;
    if (now_ms - node->seen_ms > observed->age_ms)
        observed->age_ms = now_ms - node->seen_ms;
    ring_means(&node->ring, observe_metric, OBSERVE_METRICS, now_ms - pass->tick_ms, now_ms, means);
    for (unsigned r = 0; r < RESOURCE_COUNT; r++)
        add_resource(node, r, means, warming ? &sums->warming : &sums->settled);
}

/* A node read back from disk was present before the start, whatever has become of it since. */
static void notice_presence(struct node *node, bool there, bool live, int64_t now_ms,
                            struct group_observation *observed)
{
    bool absent = node->presence == PRESENCE_ABSENT || (node->presence == PRESENCE_UNKNOWN && !node->recovered);

    if (!there && node->presence == PRESENCE_PRESENT)
        observed->left++;
    if (there && absent)
        node->joined_ms = live ? now_ms : NEVER_JOINED;
    else if (there && node->presence == PRESENCE_UNKNOWN)
        node->joined_ms = NEVER_JOINED;
    observed->joined += there && absent && live;
    node->presence = there ? PRESENCE_PRESENT : PRESENCE_ABSENT;
}

static void add_node(struct node *node, struct observe_pass *pass)
{
    struct observe_sums *sums = &pass->sums[node->group->index];
    struct group_observation *observed = &pass->observed[node->group->index];
    enum liveness liveness = registry_liveness(node, pass->now_ms, pass->gone_ms);
    bool there = liveness == NODE_LIVE || liveness == NODE_STALE || liveness == NODE_UNREPORTED;

    notice_presence(node, there, liveness == NODE_LIVE, pass->now_ms, observed);
    if (liveness == NODE_LIVE)
        add_live(node, pass, sums, observed);
    observed->missing += liveness == NODE_STALE;
    observed->unreported += liveness == NODE_UNREPORTED;
}

/* Nodes that warm up are left out, unless all nodes of the group do. */
static void conclude(const struct observe_sums *sums, struct group_observation *observed)
{
    for (unsigned r = 0; r < RESOURCE_COUNT; r++) {
        const struct observe_sum *seen = sums->settled.resource[r].nodes > 0 ? &sums->settled : &sums->warming;
        const struct observe_sum *pressed = sums->settled.pressured[r] > 0 ? &sums->settled : &sums->warming;
        unsigned pressured = pressed->pressured[r];
        observed->resource[r] = seen->resource[r];
        observed->resource[r].pressure = pressured > 0 ? pressed->resource[r].pressure / pressured : 0.0;
    }
}

void observe_begin(struct observe_pass *pass, const struct registry *registry, const struct collector_config *config,
                   int64_t now_ms, struct group_observation *observed)
{
    pass->registry = registry;
    pass->observed = observed;
    pass->now_ms = now_ms;
    pass->tick_ms = config->settings.tick_ms;
    pass->gone_ms = config->gone_ms;
    pass->group_count = registry->group_count;
    pass->at = 0;
    pass->done = false;
    memset(observed, 0, registry->group_count * sizeof *observed);
    memset(pass->sums, 0, registry->group_count * sizeof *pass->sums);
    for (unsigned i = 0; i < registry->group_count; i++)
        pass->sums[i].warm_up_ms = collector_config_group(config, registry->groups[i]->name)->warm_up_ms;
}

/* With many nodes neither a node nor its newest samples are cached: both are prefetched in time. */
static void prefetch(const struct registry *registry, unsigned at)
{
    if (at + 2 * AHEAD < registry->node_count) {
        const struct node *node = registry->nodes[at + 2 * AHEAD];
        __builtin_prefetch(node);
        __builtin_prefetch(&node->seen_ms);
        __builtin_prefetch(&node->ring.rows);
    }
    if (at + AHEAD < registry->node_count)
        ring_prefetch(&registry->nodes[at + AHEAD]->ring);
}

bool observe_step(struct observe_pass *pass, unsigned nodes)
{
    const struct registry *registry = pass->registry;

    for (; nodes > 0 && pass->at < registry->node_count && !pass->done; nodes--) {
        struct node *node = registry->nodes[pass->at];
        prefetch(registry, pass->at++);
        if (node->group != NULL && node->group->index < pass->group_count)
            add_node(node, pass);
    }
    if (pass->at < registry->node_count || pass->done)
        return pass->done;
    for (unsigned i = 0; i < pass->group_count; i++)
        conclude(&pass->sums[i], &pass->observed[i]);
    pass->done = true;
    return true;
}

void observe_groups(const struct registry *registry, const struct collector_config *config, int64_t now_ms,
                    struct group_observation *observed)
{
    struct observe_pass pass;

    observe_begin(&pass, registry, config, now_ms, observed);
    (void)observe_step(&pass, NODES_MAX);
}
