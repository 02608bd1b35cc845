#include "collector/autoscale/victim_list.h"

#include "collector/fleet/membership.h"
#include "collector/fleet/node_weight.h"
#include "collector/fleet/observe.h"
#include "scaler/policy.h"
#include "scaler/scale_in.h"
#include "scaler/victims.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BUSIEST_MS 300000 /* over which the busiest resource of a node is taken */

/* ---- candidates ---- */

/* As observe.h has it. */
static bool has_fresh_reading(const struct node *node, const struct decision *decision)
{
    int64_t age_ms = decision->now_ms - node->seen_ms;

    return age_ms <= decision->lead_ms + decision->settings.tick_ms || age_ms <= registry_live_ms(node);
}

static bool reports(const struct node *node, const struct group *group, int64_t now_ms, int64_t gone_ms)
{
    return node->group == group && registry_liveness(node, now_ms, gone_ms) == NODE_LIVE;
}

static double mean(const struct node *node, enum resource resource, int64_t now_ms, int64_t within_ms)
{
    return node_weight_share(node, resource, ring_mean(&node->ring, observe_metric[resource], now_ms - within_ms));
}

/* The share of the resource that it uses most; NaN: none is known. */
static double busiest(const struct node *node, int64_t now_ms)
{
    double most = NAN;

    for (enum resource r = 0; r < RESOURCE_NODE_COUNT; r++)
        most = fmax(most, mean(node, r, now_ms, BUSIEST_MS));
    return most;
}

static struct victim_candidate candidate(const struct node *node, const struct decision *decision)
{
    int64_t now_ms = decision->now_ms;
    struct victim_candidate result = {
        .node_id = node->id,
        .first_s = node->first_s,
        .busiest = busiest(node, now_ms),
        .named = now_ms < (int64_t)node->removal_s * 1000,
        .excluded = node->protects || !has_fresh_reading(node, decision),
        .warming = node->joined_ms != NEVER_JOINED && now_ms - node->joined_ms < decision->settings.warm_up_ms,
    };

    for (enum resource r = 0; r < RESOURCE_NODE_COUNT; r++) {
        result.weight[r] = node_weight_of(node, r);
        result.demand[r] = mean(node, r, now_ms, decision->settings.tick_ms) * result.weight[r];
    }
    if (result.weight[RESOURCE_APP] <= 0.0) { /* in the scaler's sums it counts at the mean of the others */
        result.weight[RESOURCE_APP] = policy_weight(decision, RESOURCE_APP);
        result.demand[RESOURCE_APP] = decision->utilisation[RESOURCE_APP] * result.weight[RESOURCE_APP];
    }
    return result;
}

/* A node without a reading that others have may be the busiest of all. Not each node has a disk. */
static void exclude_unread(struct victim_candidate *candidates, unsigned count, enum resource resource)
{
    bool any_read = false;

    for (unsigned i = 0; i < count; i++)
        any_read = any_read || !isnan(candidates[i].demand[resource]);
    for (unsigned i = 0; any_read && i < count; i++)
        if (isnan(candidates[i].demand[resource]))
            candidates[i].excluded = true;
}

/* ---- choice ---- */

/* The instances are looked up now: from here on each of these nodes has to be the same. */
static int keep(struct victim_list *list, const struct registry *registry, const struct victim_candidate *candidates,
                unsigned count)
{
    struct victim *victims = calloc(count + 1, sizeof *victims);

    if (victims == NULL)
        return -ENOMEM;
    for (unsigned i = 0; i < count; i++) {
        const struct node *node = registry_find_node(registry, candidates[i].node_id);
        const struct instance *latest = registry_latest(node);
        memcpy(victims[i].node_id, candidates[i].node_id, strlen(candidates[i].node_id) + 1);
        victims[i].instance = latest != NULL ? latest->id : 0;
    }
    *list = (struct victim_list){.victims = victims, .count = count};
    return 0;
}

int victim_list_choose(struct victim_list *list, const struct registry *registry, const struct group *group,
                       struct decision *decision, int64_t gone_ms)
{
    struct victim_candidate *candidates = calloc(registry->node_count + 1, sizeof *candidates);
    unsigned count = 0;
    int rc = 0;

    *list = (struct victim_list){0};
    if (candidates == NULL)
        return -ENOMEM;
    for (unsigned i = 0; i < registry->node_count; i++)
        if (reports(registry->nodes[i], group, decision->now_ms, gone_ms))
            candidates[count++] = candidate(registry->nodes[i], decision);
    exclude_unread(candidates, count, RESOURCE_CPU);
    exclude_unread(candidates, count, RESOURCE_MEMORY);
    exclude_unread(candidates, count, RESOURCE_APP);
    victims_choose(decision, candidates, count);
    if (decision->action == ACTION_DOWN && decision->settings.victims != VICTIMS_ANY) {
        if (decision->victims > VICTIMS_MAX) /* the names must fit on a command line */
            scale_in_order(decision, VICTIMS_MAX);
        rc = keep(list, registry, candidates, decision->victims);
    }
    free(candidates);
    return rc;
}

/* ---- later ---- */

static bool stands(const struct victim *victim, const struct registry *registry, const struct group *group,
                   int64_t now_ms, int64_t gone_ms)
{
    const struct node *node = registry_find_node(registry, victim->node_id);
    const struct instance *latest = node != NULL ? registry_latest(node) : NULL;

    return latest != NULL && latest->id == victim->instance && !node->protects && reports(node, group, now_ms, gone_ms);
}

bool victim_list_stands(const struct victim_list *list, const struct registry *registry, const struct group *group,
                        int64_t now_ms, int64_t gone_ms)
{
    for (unsigned i = 0; i < list->count; i++)
        if (!stands(&list->victims[i], registry, group, now_ms, gone_ms))
            return false;
    return true;
}

void victim_list_note_removal(const struct victim_list *list, const struct registry *registry, int64_t until_ms)
{
    for (unsigned i = 0; i < list->count; i++) {
        struct node *node = registry_find_node(registry, list->victims[i].node_id);
        if (node != NULL)
            membership_note_removal(node, until_ms);
    }
}

char **victim_list_names(const struct victim_list *list)
{
    size_t name_size = sizeof list->victims->node_id;

    if (list->count == 0)
        return NULL;
    char **names = calloc(list->count, sizeof *names + name_size);
    if (names == NULL)
        return NULL;
    for (unsigned i = 0; i < list->count; i++) {
        names[i] = (char *)(names + list->count) + i * name_size;
        memcpy(names[i], list->victims[i].node_id, name_size);
    }
    return names;
}

void victim_list_deinit(struct victim_list *list)
{
    free(list->victims);
    *list = (struct victim_list){0};
}
