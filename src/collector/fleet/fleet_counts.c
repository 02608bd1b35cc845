#include "collector/fleet/fleet_counts.h"

#include "collector/fleet/observe.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

int fleet_counts_init(struct fleet_counts *survey)
{
    *survey = (struct fleet_counts){0};
    survey->done.groups = calloc(GROUPS_MAX, sizeof *survey->done.groups);
    survey->next.groups = calloc(GROUPS_MAX, sizeof *survey->next.groups);
    if (survey->done.groups != NULL && survey->next.groups != NULL)
        return 0;
    fleet_counts_deinit(survey);
    return -ENOMEM;
}

void fleet_counts_deinit(struct fleet_counts *survey)
{
    free(survey->done.groups);
    free(survey->next.groups);
    *survey = (struct fleet_counts){0};
}

static void begin(struct fleet_counts *survey, int64_t now_ms)
{
    struct fleet_counts_group *groups = survey->next.groups;

    memset(groups, 0, GROUPS_MAX * sizeof *groups);
    survey->next = (struct fleet_counts_result){.groups = groups};
    survey->at = 0;
    survey->since_ms = now_ms;
    survey->running = true;
}

static void add_newest(struct fleet_counts_group *group, const struct node *node)
{
    for (unsigned r = 0; r < RESOURCE_COUNT; r++) {
        double percent = ring_value(&node->ring, node->ring.count - 1, observe_metric[r]);
        if (isnan(percent))
            continue;
        group->resource[r].demand += percent / 100.0 * observe_weight(node, r);
        group->resource[r].capacity += observe_weight(node, r);
    }
}

static void add(struct fleet_counts_result *result, const struct node *node, int64_t now_ms, int64_t gone_ms)
{
    enum liveness liveness = registry_liveness(node, now_ms, gone_ms);

    result->nodes[liveness]++;
    result->clocks_off += node->clock_off != 0;
    agent_account_add(&result->account, &node->forgotten);
    for (const struct instance *instance = node->instances; instance != NULL; instance = instance->next)
        agent_account_add(&result->account, &instance->account);
    if (node->group == NULL)
        return;
    struct fleet_counts_group *group = &result->groups[node->group->index];
    group->nodes[liveness]++;
    if (liveness == NODE_LIVE && node->ring.count > 0)
        add_newest(group, node);
}

static void finish(struct fleet_counts *survey)
{
    struct fleet_counts_result done = survey->next;

    survey->next = survey->done;
    survey->done = done;
    survey->taken_ms = survey->since_ms;
    survey->known = true;
    survey->running = false;
}

bool fleet_counts_step(struct fleet_counts *survey, const struct registry *registry, int64_t now_ms, int64_t gone_ms)
{
    if (survey->known && now_ms - survey->taken_ms <= FLEET_COUNTS_FRESH_MS)
        return true;
    if (!survey->running || now_ms - survey->stepped_ms > FLEET_COUNTS_FRESH_MS)
        begin(survey, now_ms); /* who wanted the one under way has left */
    survey->stepped_ms = now_ms;
    for (unsigned i = 0; i < FLEET_COUNTS_SLICE && survey->at < registry->node_count; i++)
        add(&survey->next, registry->nodes[survey->at++], now_ms, gone_ms);
    if (survey->at < registry->node_count)
        return false;
    finish(survey);
    return true;
}
