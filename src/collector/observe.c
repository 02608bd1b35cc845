#include "collector/observe.h"

#include <math.h>
#include <string.h>

const enum metric observe_metric[RESOURCE_COUNT] = {
    [RESOURCE_CPU] = METRIC_CPU,
    [RESOURCE_MEMORY] = METRIC_MEMORY,
    [RESOURCE_DISK] = METRIC_DISK_BUSY,
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

static void add_live(const struct node *node, int64_t since_ms, struct group_observation *observed)
{
    observed->live++;
    for (unsigned r = 0; r < RESOURCE_COUNT; r++) {
        double percent = ring_mean(&node->ring, observe_metric[r], since_ms);
        if (isnan(percent))
            continue;
        observed->resource[r].demand += percent / 100.0 * observe_weight(node, r);
        observed->resource[r].capacity += observe_weight(node, r);
        observed->resource[r].nodes++;
    }
}

void observe_groups(const struct registry *registry, int64_t now_ms, int64_t tick_ms, int64_t gone_ms,
                    struct group_observation *observed)
{
    memset(observed, 0, registry->group_count * sizeof *observed);
    for (unsigned i = 0; i < registry->node_count; i++) {
        const struct node *node = registry->nodes[i];
        if (node->group == NULL)
            continue;
        struct group_observation *group = &observed[node->group->index];
        switch (registry_liveness(node, now_ms, gone_ms)) {
        case NODE_LIVE:
            add_live(node, now_ms - tick_ms, group);
            break;
        case NODE_STALE:
            group->stale++;
            break;
        case NODE_UNREPORTED:
            group->unreported++;
            break;
        case NODE_NEW:
        case NODE_GONE:
            break;
        }
    }
}
