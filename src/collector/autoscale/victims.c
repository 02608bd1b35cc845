#include "collector/autoscale/victims.h"

#include "collector/fleet/registry.h"
#include "scaler/decision.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int compare_load(double a, double b)
{
    if (isnan(a) || isnan(b))
        return (isnan(a) != 0) - (isnan(b) != 0);
    return (a > b) - (a < b);
}

static int compare(const void *first, const void *second)
{
    const struct victim_candidate *a = first;
    const struct victim_candidate *b = second;

    if (a->is_warming != b->is_warming)
        return a->is_warming ? 1 : -1;
    if (a->known_ms != b->known_ms)
        return a->known_ms > b->known_ms ? -1 : 1;
    int by_load = compare_load(a->load, b->load);
    return by_load != 0 ? by_load : strcmp(a->node_id, b->node_id);
}

unsigned victims_choose(struct victim_candidate *candidates, unsigned count, unsigned wanted)
{
    unsigned ready = 0;

    if (count > 0)
        qsort(candidates, count, sizeof *candidates, compare);
    while (ready < count && ready < wanted && !candidates[ready].is_warming)
        ready++;
    return ready;
}

/* ---- of a group ---- */

static bool is_candidate(const struct node *node, const struct group *group)
{
    return node->group == group && node->presence == PRESENCE_PRESENT && node->reported &&
           node->farewell == FAREWELL_NONE;
}

static struct victim_candidate candidate(const struct node *node, const struct decision *decision)
{
    int64_t warm_ms = decision->now_ms - decision->settings.warm_up_ms;

    return (struct victim_candidate){
        .node_id = node->id,
        .known_ms = node->known_ms,
        .load = ring_mean(&node->ring, METRIC_CPU, decision->now_ms - decision->settings.tick_ms),
        .is_warming = node->joined_ms != NEVER_JOINED && node->joined_ms > warm_ms,
    };
}

const char **victims_suggest(const struct registry *registry, const struct group *group,
                             const struct decision *decision, unsigned *count)
{
    struct victim_candidate *candidates = NULL;
    unsigned n = 0;

    *count = 0;
    if (decision->desired < decision->current)
        candidates = calloc(registry->node_count + 1, sizeof *candidates);
    for (unsigned i = 0; candidates != NULL && i < registry->node_count; i++)
        if (is_candidate(registry->nodes[i], group))
            candidates[n++] = candidate(registry->nodes[i], decision);
    unsigned wanted = n > decision->desired ? n - decision->desired : 0;
    unsigned chosen = candidates != NULL ? victims_choose(candidates, n, wanted) : 0;
    const char **names = chosen > 0 ? calloc(chosen, sizeof *names) : NULL;
    for (unsigned i = 0; names != NULL && i < chosen; i++)
        names[i] = candidates[i].node_id;
    *count = names != NULL ? chosen : 0;
    free(candidates);
    return names;
}
