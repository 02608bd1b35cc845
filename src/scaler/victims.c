#include "scaler/victims.h"

#include "scaler/policy.h"
#include "scaler/scale_in.h"
#include "scaler/sizing.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDING 1e-9 /* of the capacity: what arithmetic may add to a sum */

/* ---- the order in which nodes go ---- */

static int compare_doubles(double a, double b)
{
    if (isnan(a) || isnan(b))
        return (isnan(a) != 0) - (isnan(b) != 0);
    return (a > b) - (a < b);
}

/* Those that may not go come last, and those that are about to go anyway first. */
static int compare_standing(const struct victim_candidate *a, const struct victim_candidate *b)
{
    int order = (a->excluded || a->warming) - (b->excluded || b->warming);

    return order != 0 ? order : b->named - a->named;
}

static int by_load(const void *first, const void *second)
{
    const struct victim_candidate *a = first;
    const struct victim_candidate *b = second;
    int order = compare_standing(a, b);

    if (order == 0)
        order = compare_doubles(a->busiest, b->busiest);
    if (order == 0)
        order = (a->first_s < b->first_s) - (a->first_s > b->first_s);
    return order != 0 ? order : strcmp(a->node_id, b->node_id);
}

static int by_age(const struct victim_candidate *a, const struct victim_candidate *b, int sign)
{
    int order = compare_standing(a, b);

    if (order == 0)
        order = sign * ((a->first_s > b->first_s) - (a->first_s < b->first_s));
    if (order == 0)
        order = compare_doubles(a->busiest, b->busiest);
    return order != 0 ? order : strcmp(a->node_id, b->node_id);
}

static int newest_first(const void *first, const void *second)
{
    return by_age(first, second, -1);
}

static int oldest_first(const void *first, const void *second)
{
    return by_age(first, second, 1);
}

static int heaviest(const void *first, const void *second, enum resource resource)
{
    const struct victim_candidate *a = first;
    const struct victim_candidate *b = second;

    return compare_doubles(b->weight[resource], a->weight[resource]);
}

static int heaviest_cpu(const void *first, const void *second)
{
    return heaviest(first, second, RESOURCE_CPU);
}

static int heaviest_memory(const void *first, const void *second)
{
    return heaviest(first, second, RESOURCE_MEMORY);
}

static int heaviest_disk(const void *first, const void *second)
{
    return heaviest(first, second, RESOURCE_DISK);
}

static int heaviest_app(const void *first, const void *second)
{
    return heaviest(first, second, RESOURCE_APP);
}

typedef int compare_cb(const void *first, const void *second);

static compare_cb *const orders[] = {
    [VICTIMS_LEAST_LOADED] = by_load, [VICTIMS_NEWEST] = newest_first, [VICTIMS_OLDEST] = oldest_first};
static compare_cb *const heaviest_first[RESOURCE_NODE_COUNT] = {heaviest_cpu, heaviest_memory, heaviest_disk,
                                                                heaviest_app};

/* ---- how many may go ---- */

/* What the resource must be able to carry, and the weight of all that carries it: of all nodes, those that do not
 * report or have no reading fully busy; and of the warm ones alone, which have to carry what they carry now. */
struct load {
    double demand, capacity;
    double warm_demand, warm_capacity;
    double high;
};

static struct load load_of(const struct decision *d, enum resource resource)
{
    const struct resource_observation *o = &d->observed.resource[resource];
    double reporting = policy_weight(d, resource) * d->observed.live;

    return (struct load){.demand = scale_in_demand(d, resource),
                         .capacity = reporting + policy_silent_weight(d, resource),
                         .warm_demand = o->demand,
                         .warm_capacity = o->capacity,
                         .high = d->settings.thresholds[resource].high};
}

static bool carries(double demand, double capacity, double high)
{
    return demand <= high * capacity * (1.0 + ROUNDING);
}

/* How many of the first candidates, at most `most`, may go as far as this resource is concerned. */
static unsigned expendable(const struct decision *d, enum resource resource, const struct victim_candidate *candidates,
                           unsigned most)
{
    struct load load = load_of(d, resource);
    unsigned nodes = 0;

    if (d->observed.resource[resource].nodes == 0)
        return most;
    for (; nodes < most; nodes++) {
        load.capacity -= candidates[nodes].weight[resource];
        load.warm_capacity -= candidates[nodes].weight[resource];
        if (!carries(load.demand, load.capacity, load.high) ||
            !carries(load.warm_demand, load.warm_capacity, load.high))
            break;
    }
    return nodes;
}

static bool is_excluded(const struct victim_candidate *candidates, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (candidates[i].excluded)
            return true;
    return false;
}

/* Limits d->victims to what may go, and notes the reason. */
static void limit(struct decision *d, unsigned nodes, enum scale_guard guard, enum resource resource)
{
    if (nodes >= d->victims)
        return;
    d->victims = nodes;
    d->guard = guard;
    d->guard_resource = resource;
}

static void limit_to_load(struct decision *d, struct victim_candidate *candidates, unsigned count)
{
    bool any = scaler_settings_any_victim(&d->settings);

    if (d->is_idle && d->victims == d->existing)
        return; /* all nodes go, and nothing has to be carried */
    for (enum resource r = 0; r < RESOURCE_NODE_COUNT; r++) {
        if (any && count > 1)
            qsort(candidates, count, sizeof *candidates, heaviest_first[r]);
        limit(d, expendable(d, r, candidates, d->victims), GUARD_PROJECTION, r);
    }
}

static void limit_to_allowed(struct decision *d, struct victim_candidate *candidates, unsigned count)
{
    unsigned allowed = 0;

    if (scaler_settings_any_victim(&d->settings)) {
        limit(d, is_excluded(candidates, count) ? 0 : count, GUARD_PROTECTED, d->resource);
        return;
    }
    if (count > 1)
        qsort(candidates, count, sizeof *candidates, orders[d->settings.victims]);
    while (allowed < count && !candidates[allowed].excluded && !candidates[allowed].warming)
        allowed++;
    limit(d, allowed, GUARD_PROTECTED, d->resource);
}

void victims_choose(struct decision *d, struct victim_candidate *candidates, unsigned count)
{
    limit_to_allowed(d, candidates, count);
    if (d->rule != RULE_PIN)
        limit_to_load(d, candidates, count);
    if (d->rule != RULE_PIN && d->rule != RULE_BOUNDS && !sizing_worth(d->existing, d->existing - d->victims))
        d->victims = 0;
    scale_in_order(d, d->victims);
}
