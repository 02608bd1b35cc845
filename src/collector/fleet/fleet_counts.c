#include "collector/fleet/fleet_counts.h"

#include "collector/fleet/node_weight.h"
#include "collector/fleet/observe.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

int fleet_counts_init(struct fleet_counts *counts)
{
    *counts = (struct fleet_counts){0};
    counts->done.groups = calloc(GROUPS_MAX, sizeof *counts->done.groups);
    counts->next.groups = calloc(GROUPS_MAX, sizeof *counts->next.groups);
    if (counts->done.groups != NULL && counts->next.groups != NULL)
        return 0;
    fleet_counts_deinit(counts);
    return -ENOMEM;
}

void fleet_counts_deinit(struct fleet_counts *counts)
{
    free(counts->done.groups);
    free(counts->next.groups);
    *counts = (struct fleet_counts){0};
}

static void begin(struct fleet_counts *counts, int64_t now_ms)
{
    struct fleet_counts_group *groups = counts->next.groups;

    memset(groups, 0, GROUPS_MAX * sizeof *groups);
    counts->next = (struct fleet_counts_result){.groups = groups};
    counts->at = 0;
    counts->since_ms = now_ms;
    counts->running = true;
}

static void add_to(struct fleet_counts_some *some, bool is_one, const struct node *node)
{
    if (!is_one)
        return;
    if (some->count == 0)
        some->first = node->index;
    some->count++;
}

/* Demand and capacity by the node's newest sample. */
static void add_newest(struct fleet_counts_group *group, const struct node *node)
{
    for (unsigned r = 0; r < RESOURCE_NODE_COUNT; r++) {
        double share = node_weight_share(node, r, ring_value(&node->ring, node->ring.count - 1, observe_metric[r]));
        if (isnan(share))
            continue;
        group->resource[r].demand += share * node_weight_of(node, r);
        group->resource[r].capacity += node_weight_of(node, r);
    }
}

static void add_fs(struct fleet_counts_group *group, const struct node *node)
{
    double percent = ring_value(&node->ring, node->ring.count - 1, METRIC_FS);

    if (isnan(percent))
        return;
    group->fs.nodes++;
    add_to(&group->filling, node->fills, node);
    group->fs.fullest = fmax(group->fs.fullest, percent / 100.0);
}

static void add(struct fleet_counts_result *result, const struct registry *registry, const struct node *node,
                int64_t now_ms, int64_t gone_ms)
{
    enum liveness liveness = registry_liveness(node, now_ms, gone_ms);

    result->nodes[liveness]++;
    add_to(&result->clocks_off, node->clock_off != 0, node);
    add_to(&result->short_rings, registry_has_short_ring(registry, node), node);
    if (node->group == NULL || node->group->index >= GROUPS_MAX)
        return;
    struct fleet_counts_group *group = &result->groups[node->group->index];
    group->nodes[liveness]++;
    add_to(&group->missing, liveness == NODE_MISSING, node);
    if (liveness != NODE_LIVE || node->ring.count == 0)
        return;
    add_newest(group, node);
    add_fs(group, node);
    add_to(&group->above_high, node->outlook_logged != 0, node);
}

static void finish(struct fleet_counts *counts)
{
    struct fleet_counts_result done = counts->next;

    counts->next = counts->done;
    counts->done = done;
    counts->taken_ms = counts->since_ms;
    counts->known = true;
    counts->running = false;
}

bool fleet_counts_step(struct fleet_counts *counts, const struct registry *registry, int64_t now_ms, int64_t gone_ms)
{
    if (counts->known && now_ms - counts->taken_ms <= FLEET_COUNTS_FRESH_MS)
        return true;
    if (!counts->running || now_ms - counts->stepped_ms > FLEET_COUNTS_FRESH_MS)
        begin(counts, now_ms); /* the caller that began the current one has gone away */
    counts->stepped_ms = now_ms;
    for (unsigned i = 0; i < FLEET_COUNTS_SLICE && counts->at < registry->node_count; i++)
        add(&counts->next, registry, registry->nodes[counts->at++], now_ms, gone_ms);
    if (counts->at < registry->node_count)
        return false;
    finish(counts);
    return true;
}
