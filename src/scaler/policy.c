#include "scaler/policy.h"

#include <math.h>

#define SATURATION       0.99 /* of cpu, from where a reading is only a lower bound of demand */
#define SATURATED_GROWTH 1.5
#define DEAD_BAND        0.05 /* of the present count */
#define MARGIN_MAX       1.3 /* times the forecast: the interval of a few points says nothing, and votes no wild numbers */
#define ROUNDING         1e-9 /* of a node: what arithmetic may add to a whole number */

/* Unlike a cast, this is defined for every number; NaN (0 / 0: no demand on nodes of no weight) is 0. */
static unsigned whole_nodes(double nodes)
{
    double rounded = ceil(nodes - ROUNDING);

    if (rounded >= POLICY_NODES_MAX)
        return POLICY_NODES_MAX;
    return rounded > 0.0 ? (unsigned)rounded : 0;
}

/* The fewest nodes that carry the demand at that utilisation, at least one. */
static unsigned nodes_for(double demand, double utilisation, double weight)
{
    unsigned nodes = whole_nodes(demand / (utilisation * weight));

    return nodes > 0 ? nodes : 1;
}

void policy_clean(struct group_observation *observed)
{
    for (enum resource r = 0; r < RESOURCE_COUNT; r++) {
        struct resource_observation *o = &observed->resource[r];
        bool sound = o->nodes > 0 && isfinite(o->demand) && o->demand >= 0.0 && isfinite(o->capacity) &&
                     o->capacity > 0.0 && isnormal(o->capacity / o->nodes) && isfinite(o->demand / o->capacity) &&
                     isfinite(o->demand * observed->live);
        if (!sound)
            *o = (struct resource_observation){0};
    }
}

double policy_demand(const struct decision *d, enum resource resource)
{
    const struct resource_observation *o = &d->observed.resource[resource];

    if (o->nodes == 0 || o->nodes >= d->observed.live)
        return o->demand;
    return o->demand * d->observed.live / o->nodes;
}

double policy_weight(const struct decision *d, enum resource resource)
{
    const struct resource_observation *o = &d->observed.resource[resource];

    return o->nodes > 0 ? o->capacity / o->nodes : 0.0;
}

void policy_observe(struct decision *d)
{
    d->current = d->observed.live + d->observed.stale;
    for (enum resource r = 0; r < RESOURCE_COUNT; r++) {
        const struct resource_observation *o = &d->observed.resource[r];
        d->utilisation[r] = o->nodes > 0 ? o->demand / o->capacity : NAN;
    }
    d->forecast_utilisation = NAN;
    d->saturated = d->utilisation[RESOURCE_CPU] >= SATURATION;
}

bool policy_silent(struct decision *d)
{
    const struct group_observation *o = &d->observed;

    if (o->unreported > 0)
        d->guard = GUARD_STARTING;
    else if (o->live == 0 || o->live < o->stale)
        d->guard = GUARD_NO_DATA;
    return d->guard != GUARD_NONE;
}

static unsigned reactive_vote(const struct decision *d, enum resource resource)
{
    const struct thresholds *t = &d->settings.thresholds[resource];
    unsigned vote = 0;

    if (d->utilisation[resource] > t->high)
        vote = nodes_for(policy_demand(d, resource), t->target, policy_weight(d, resource));
    if (resource == RESOURCE_CPU && d->saturated) {
        unsigned grown = whole_nodes(SATURATED_GROWTH * d->current);
        vote = vote > grown ? vote : grown;
    }
    return vote;
}

/* What is sized for: the upper end of the interval, which is the margin; after a steep fall the line may end below what
 * is seen now. */
static double forecast_demand(const struct decision *d)
{
    const struct forecast *forecast = &d->forecast[RESOURCE_CPU];

    return fmax(fmin(forecast->high, MARGIN_MAX * forecast->peak), policy_demand(d, RESOURCE_CPU));
}

static unsigned forecast_vote(const struct decision *d)
{
    double high = d->settings.thresholds[RESOURCE_CPU].high;

    if (!d->forecast[RESOURCE_CPU].valid)
        return 0;
    return nodes_for(forecast_demand(d), high, policy_weight(d, RESOURCE_CPU));
}

void policy_vote(struct decision *d)
{
    for (enum resource r = 0; r < RESOURCE_COUNT; r++)
        d->vote_reactive[r] = reactive_vote(d, r);
    d->vote_forecast = forecast_vote(d);
    if (d->forecast[RESOURCE_CPU].valid)
        d->forecast_utilisation = forecast_demand(d) / (policy_weight(d, RESOURCE_CPU) * d->observed.live);
}

void policy_combine(struct decision *d, unsigned wanted)
{
    d->rule = RULE_NONE;
    d->resource = RESOURCE_CPU;
    d->raw = 0;
    for (enum resource r = 0; r < RESOURCE_COUNT; r++) {
        if (d->vote_reactive[r] > d->raw) {
            d->rule = RULE_REACTIVE;
            d->resource = r;
            d->raw = d->vote_reactive[r];
        }
    }
    if (d->vote_forecast > d->raw) {
        d->rule = RULE_FORECAST;
        d->resource = RESOURCE_CPU;
        d->raw = d->vote_forecast;
    }
    /* Nodes that were wanted and have gone may be the reason why nobody votes: that is no ground for wanting fewer. */
    if (d->rule == RULE_NONE)
        d->raw = wanted > d->current ? wanted : d->current;
    d->desired = d->raw;
}

/* The fewest nodes that keep the resource within its `high`, with so many silent ones assumed to be fully busy. */
static unsigned projected_nodes(const struct decision *d, enum resource resource, unsigned silent)
{
    const struct forecast *forecast = &d->forecast[resource];
    double weight = policy_weight(d, resource);
    double demand = policy_demand(d, resource);

    if (d->observed.resource[resource].nodes == 0)
        return 0;
    if (resource == RESOURCE_CPU && forecast->valid)
        demand = forecast_demand(d);
    return nodes_for(demand + silent * weight, d->settings.thresholds[resource].high, weight);
}

/* Raises d->desired to nodes, at most to the present count. */
static void raise_to(struct decision *d, unsigned nodes, enum scale_guard guard, enum resource resource)
{
    nodes = nodes < d->current ? nodes : d->current;
    if (nodes <= d->desired)
        return;
    d->desired = nodes;
    d->guard = guard;
    d->guard_resource = resource;
}

static bool within_dead_band(const struct decision *d)
{
    return d->current - d->desired < DEAD_BAND * d->current - ROUNDING;
}

void policy_scale_in(struct decision *d, struct stabilization window)
{
    if (d->desired >= d->current)
        return;

    raise_to(d, window.whole ? window.highest : d->current, GUARD_STABILIZATION, d->resource);
    for (enum resource r = 0; r < RESOURCE_COUNT; r++)
        raise_to(d, projected_nodes(d, r, 0), GUARD_PROJECTION, r);
    for (enum resource r = 0; r < RESOURCE_COUNT; r++)
        raise_to(d, projected_nodes(d, r, d->observed.stale), GUARD_SILENT_NODES, r);
    for (enum resource r = 0; r < RESOURCE_COUNT; r++) {
        double low = d->settings.thresholds[r].low;
        if (low > 0.0 && d->utilisation[r] > low)
            raise_to(d, d->current, GUARD_LOW, r);
    }
    if (within_dead_band(d))
        raise_to(d, d->current, GUARD_DEAD_BAND, d->resource);
}

static enum scale_action direction(const struct decision *d)
{
    if (d->desired == d->current)
        return ACTION_HOLD;
    return d->desired > d->current ? ACTION_UP : ACTION_DOWN;
}

void policy_bound(struct decision *d)
{
    const struct scaler_settings *s = &d->settings;
    enum scale_action asked = d->rule == RULE_NONE ? ACTION_HOLD : direction(d);
    /* Where nobody votes, an older order may already be for the minimum: it is repeated until it is fulfilled. */
    bool below = d->desired < s->nodes_min || (d->rule == RULE_NONE && d->current < s->nodes_min);
    bool above = d->desired > s->nodes_max;

    d->action = asked;
    if (!below && !above)
        return;
    if (d->desired < s->nodes_min)
        d->desired = s->nodes_min;
    if (above)
        d->desired = s->nodes_max;
    d->guard = above ? GUARD_MAXIMUM : GUARD_MINIMUM;
    d->action = direction(d);
    if (d->action != asked && d->action != ACTION_HOLD)
        d->rule = RULE_BOUNDS;
}
