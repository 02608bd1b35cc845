#include "collector/observe.h"

#include <math.h>
#include <string.h>

const enum metric observe_metric[RESOURCE_COUNT] = {
    [RESOURCE_CPU] = METRIC_CPU,
    [RESOURCE_MEMORY] = METRIC_MEMORY,
    [RESOURCE_DISK] = METRIC_DISK_BUSY,
};

static const enum metric pressure_metric[RESOURCE_COUNT] = {
    [RESOURCE_CPU] = METRIC_PSI_CPU,
    [RESOURCE_MEMORY] = METRIC_PSI_MEMORY,
    [RESOURCE_DISK] = METRIC_PSI_IO,
};

/* One group while it is summed. Nodes that warm up are summed by themselves. */
struct sums {
    struct resource_observation settled[RESOURCE_COUNT];
    struct resource_observation warming[RESOURCE_COUNT];
    unsigned pressured[RESOURCE_COUNT]; /* nodes that report pressure */
    int64_t warm_up_ms;
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

static void add_resource(const struct node *node, enum resource r, int64_t since_ms, bool warming, struct sums *sums)
{
    struct resource_observation *sum = warming ? &sums->warming[r] : &sums->settled[r];
    double percent = ring_mean(&node->ring, observe_metric[r], since_ms);
    double pressure = ring_mean(&node->ring, pressure_metric[r], since_ms);

    if (!isnan(pressure)) {
        sums->settled[r].pressure += pressure / 100.0;
        sums->pressured[r]++;
    }
    if (isnan(percent))
        return;
    sum->demand += percent / 100.0 * observe_weight(node, r);
    sum->capacity += observe_weight(node, r);
    sum->nodes++;
}

static void add_live(const struct node *node, int64_t now_ms, int64_t tick_ms, struct sums *sums,
                     struct group_observation *observed)
{
    bool warming = node->joined_ms != NEVER_JOINED && now_ms - node->joined_ms < sums->warm_up_ms;

    observed->live++;
    observed->warming += warming;
    if (now_ms - node->seen_ms > observed->age_ms)
        observed->age_ms = now_ms - node->seen_ms;
    for (unsigned r = 0; r < RESOURCE_COUNT; r++)
        add_resource(node, r, now_ms - tick_ms, warming, sums);
}

/* What is known from before the collector's start was there, whatever has become of it meanwhile. */
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

static void add_node(struct node *node, const struct collector_config *config, int64_t now_ms, struct sums *sums,
                     struct group_observation *observed)
{
    enum liveness liveness = registry_liveness(node, now_ms, config->gone_ms);
    bool there = liveness == NODE_LIVE || liveness == NODE_STALE || liveness == NODE_UNREPORTED;

    notice_presence(node, there, liveness == NODE_LIVE, now_ms, observed);
    if (liveness == NODE_LIVE)
        add_live(node, now_ms, config->settings.tick_ms, sums, observed);
    observed->stale += liveness == NODE_STALE;
    observed->unreported += liveness == NODE_UNREPORTED;
}

/* A group of which all nodes warm up has no others to go by. */
static void conclude(struct sums *sums, struct group_observation *observed)
{
    for (unsigned r = 0; r < RESOURCE_COUNT; r++) {
        double pressure = sums->pressured[r] > 0 ? sums->settled[r].pressure / sums->pressured[r] : 0.0;
        observed->resource[r] = sums->settled[r].nodes > 0 ? sums->settled[r] : sums->warming[r];
        observed->resource[r].pressure = pressure;
    }
}

void observe_groups(const struct registry *registry, const struct collector_config *config, int64_t now_ms,
                    struct group_observation *observed)
{
    struct sums sums[GROUPS_MAX];

    memset(observed, 0, registry->group_count * sizeof *observed);
    memset(sums, 0, registry->group_count * sizeof *sums);
    for (unsigned i = 0; i < registry->group_count; i++)
        sums[i].warm_up_ms = collector_config_group(config, registry->groups[i]->name)->warm_up_ms;
    for (unsigned i = 0; i < registry->node_count; i++) {
        struct node *node = registry->nodes[i];
        if (node->group != NULL)
            add_node(node, config, now_ms, &sums[node->group->index], &observed[node->group->index]);
    }
    for (unsigned i = 0; i < registry->group_count; i++)
        conclude(&sums[i], &observed[i]);
}
