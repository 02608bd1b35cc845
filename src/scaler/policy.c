#include "scaler/policy.h"

#include "scaler/sizing.h"

#include <math.h>

#define SATURATION       0.99 /* cpu utilisation from which the reading is only a lower bound of demand */
#define PRESSURE         0.5  /* share of time in which tasks wait; above it and above `high`, too */
#define SATURATED_GROWTH 1.5  /* times the live nodes: the vote of a saturated resource */
#define LARGEST          1e21 /* demand and capacity of a group: everything computed from them fits into a float */
#define LIGHTEST         1e-4 /* weight of a node */
#define STEP_OUT_MIN     4U   /* a scale-out step adds at most this many nodes, or doubles the fleet */

/* ---- observation ---- */

void policy_clean(struct group_observation *observed)
{
    for (enum resource r = 0; r < RESOURCE_COUNT; r++) {
        struct resource_observation *o = &observed->resource[r];
        bool sound = o->nodes > 0 && o->demand >= 0.0 && o->demand <= LARGEST && o->capacity <= LARGEST &&
                     o->capacity / o->nodes >= LIGHTEST;
        if (!sound)
            *o = (struct resource_observation){0};
        if (!(o->pressure >= 0.0 && o->pressure <= 1.0))
            o->pressure = 0.0;
    }
}

/* Live nodes that are not warming up; all live nodes, if all are warming up. */
static unsigned settled(const struct group_observation *observed)
{
    return observed->warming < observed->live ? observed->live - observed->warming : observed->live;
}

/* The demand of that many nodes; a node without a reading counts at the mean of the others. */
static double demand_of(const struct decision *d, enum resource resource, unsigned nodes)
{
    const struct resource_observation *o = &d->observed.resource[resource];

    return o->nodes == 0 || o->nodes >= nodes ? o->demand : o->demand * nodes / o->nodes;
}

void policy_continue(struct decision *d, enum resource resource, double before)
{
    unsigned nodes = settled(&d->observed);
    double least = demand_of(d, resource, nodes);
    double most = least * (d->observed.live + d->observed.missing) / nodes;

    d->demand[resource] = fmin(fmax(before, least), most);
}

double policy_weight(const struct decision *d, enum resource resource)
{
    const struct resource_observation *o = &d->observed.resource[resource];

    return o->nodes > 0 ? o->capacity / o->nodes : 0.0;
}

static bool is_saturated(const struct decision *d, enum resource resource)
{
    if (resource == RESOURCE_CPU && d->utilisation[resource] >= SATURATION)
        return true;
    return d->utilisation[resource] > d->settings.thresholds[resource].high &&
           d->observed.resource[resource].pressure > PRESSURE;
}

void policy_observe(struct decision *d)
{
    unsigned there = d->observed.live + d->observed.missing + d->pending;

    d->current = there > d->leaving ? there - d->leaving : 0;
    for (enum resource r = 0; r < RESOURCE_COUNT; r++) {
        const struct resource_observation *o = &d->observed.resource[r];
        d->demand[r] = demand_of(d, r, d->observed.live);
        d->utilisation[r] = o->nodes > 0 ? o->demand / o->capacity : NAN;
        d->saturated[r] = is_saturated(d, r);
    }
}

/* ---- votes ---- */

bool policy_withholds(struct decision *d)
{
    const struct group_observation *o = &d->observed;

    if (d->settings.mode == MODE_OFF)
        d->guard = GUARD_MODE;
    else if (o->unreported > 0)
        d->guard = GUARD_STARTING;
    else if (o->live == 0 || o->live < o->missing)
        d->guard = GUARD_NO_DATA;
    return d->guard != GUARD_NONE;
}

/* Above `high`: the nodes that bring utilisation to `target`. A saturated resource asks for SATURATED_GROWTH times the
 * live nodes: pending nodes were ordered for the load that is visible now, so they do not count. */
static unsigned reactive_vote(const struct decision *d, enum resource resource)
{
    const struct thresholds *t = &d->settings.thresholds[resource];
    unsigned vote = 0;

    if (d->utilisation[resource] > t->high)
        vote = sizing_nodes(d->demand[resource], t->target, policy_weight(d, resource));
    if (d->saturated[resource]) {
        unsigned grown = sizing_whole(SATURATED_GROWTH * d->observed.live);
        vote = vote > grown ? vote : grown;
    }
    return vote;
}

static bool forecast_votes(const struct decision *d, enum resource resource)
{
    return d->settings.forecast[resource] && d->forecast[resource].valid;
}

/* The nodes that keep the bound of the forecast within `high`. */
static unsigned forecast_vote(const struct decision *d, enum resource resource)
{
    if (!forecast_votes(d, resource))
        return 0;
    return sizing_nodes(d->forecast[resource].bound, d->settings.thresholds[resource].high, policy_weight(d, resource));
}

void policy_vote(struct decision *d)
{
    for (enum resource r = 0; r < RESOURCE_COUNT; r++) {
        d->vote_reactive[r] = reactive_vote(d, r);
        d->vote_forecast[r] = forecast_vote(d, r);
    }
}

static void take_vote(struct decision *d, unsigned vote, enum scale_rule rule, enum resource resource)
{
    if (vote <= d->raw)
        return;
    d->raw = vote;
    d->rule = rule;
    d->resource = resource;
}

void policy_combine(struct decision *d, unsigned wanted)
{
    d->rule = RULE_NONE;
    d->resource = RESOURCE_CPU;
    d->raw = 0;
    for (enum resource r = 0; r < RESOURCE_COUNT; r++)
        take_vote(d, d->vote_reactive[r], RULE_REACTIVE, r);
    for (enum resource r = 0; r < RESOURCE_COUNT; r++)
        take_vote(d, d->vote_forecast[r], RULE_FORECAST, r);
    /* No vote may be due to nodes that were ordered and have left. That is no reason to want fewer. */
    if (d->rule == RULE_NONE)
        d->raw = wanted > d->current ? wanted : d->current;
    d->desired = d->raw;
}

/* ---- guards ---- */

/* Lowers d->desired to `nodes`, but not below the current count. */
static void lower_to(struct decision *d, unsigned nodes, enum scale_guard guard)
{
    nodes = nodes > d->current ? nodes : d->current;
    if (nodes >= d->desired)
        return;
    d->desired = nodes;
    d->guard = guard;
}

void policy_scale_out(struct decision *d)
{
    unsigned step = d->current > STEP_OUT_MIN ? d->current : STEP_OUT_MIN;

    if (d->desired <= d->current)
        return;
    if (d->rule == RULE_FORECAST && !sizing_worth(d->current, d->desired))
        lower_to(d, d->current, GUARD_DEAD_BAND);
    lower_to(d, d->current + step, GUARD_STEP);
    if (d->futile && d->settings.stop_futile)
        lower_to(d, d->current, GUARD_FUTILE);
}

/* The fewest nodes that keep the resource within its `high`, with `silent` more nodes assumed to be fully busy. */
static unsigned projected_nodes(const struct decision *d, enum resource resource, unsigned silent)
{
    double weight = policy_weight(d, resource);
    /* A possible load is enough to refuse a scale-in: warming nodes count as loaded as the others. */
    double demand = fmax(d->demand[resource], demand_of(d, resource, d->observed.live));

    if (d->observed.resource[resource].nodes == 0)
        return 0;
    if (forecast_votes(d, resource))
        demand = fmax(d->forecast[resource].bound, demand);
    return sizing_nodes(demand + silent * weight, d->settings.thresholds[resource].high, weight);
}

/* Raises d->desired to `nodes`, but not above the current count. */
static void raise_to(struct decision *d, unsigned nodes, enum scale_guard guard, enum resource resource)
{
    nodes = nodes < d->current ? nodes : d->current;
    if (nodes <= d->desired)
        return;
    d->desired = nodes;
    d->guard = guard;
    d->guard_resource = resource;
}

/* Refuses or shortens a scale-in that the load does not allow. */
static void guard_load(struct decision *d)
{
    /* The true demand of a saturated resource is unknown, so no projection is possible. */
    for (enum resource r = 0; r < RESOURCE_COUNT; r++)
        if (d->saturated[r])
            raise_to(d, d->current, GUARD_PROJECTION, r);
    for (enum resource r = 0; r < RESOURCE_COUNT; r++)
        raise_to(d, projected_nodes(d, r, 0), GUARD_PROJECTION, r);
    for (enum resource r = 0; r < RESOURCE_COUNT; r++)
        raise_to(d, projected_nodes(d, r, d->observed.missing), GUARD_SILENT_NODES, r);
    for (enum resource r = 0; r < RESOURCE_COUNT; r++) {
        double low = d->settings.thresholds[r].low;
        if (low > 0.0 && d->utilisation[r] > low)
            raise_to(d, d->current, GUARD_LOW, r);
    }
}

void policy_scale_in(struct decision *d, struct stabilization window, unsigned ordered)
{
    if (d->desired >= d->current)
        return;

    raise_to(d, window.whole ? window.highest : d->current, GUARD_STABILIZATION, d->resource);
    guard_load(d);
    if (!sizing_worth(d->current, d->desired))
        raise_to(d, d->current, GUARD_DEAD_BAND, d->resource);
    if (d->observed.unrecorded)
        raise_to(d, d->current, GUARD_UNRECORDED, d->resource);
    if (ordered >= d->settings.scale_ins_max)
        raise_to(d, d->current, GUARD_CHURN, d->resource);
    if (d->settings.mode == MODE_OUT_ONLY)
        raise_to(d, d->current, GUARD_MODE, d->resource);
    raise_to(d, (d->current + 1) / 2, GUARD_STEP, d->resource);
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
    /* Without a vote, d->desired may already be the minimum, from an older order: it is ordered again until the nodes
     * are there. */
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
    if (d->action == ACTION_DOWN && (d->observed.unrecorded || s->mode == MODE_OUT_ONLY)) {
        d->guard = d->observed.unrecorded ? GUARD_UNRECORDED : GUARD_MODE;
        d->action = ACTION_HOLD;
    }
    if (d->action != asked && d->action != ACTION_HOLD)
        d->rule = RULE_BOUNDS;
}
