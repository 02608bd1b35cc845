#include "scaler/policy.h"

#include "common/uint.h"
#include "scaler/errors.h"
#include "scaler/sizing.h"

#include <math.h>

#define SATURATION   0.99 /* cpu utilisation from which the reading is only a lower bound of demand */
#define PRESSURE     0.5  /* share of time in which tasks wait; above it and above `high`, too */
#define LARGEST      1e21 /* demand and capacity of a group: everything computed from them fits into a float */
#define LIGHTEST     1e-4 /* weight of a node */
#define QUEUE_GROWTH 1.25 /* at most, of demand that may be work that waits */

/* ---- observation ---- */

void policy_clean(struct group_observation *observed)
{
    for (enum resource r = 0; r < RESOURCE_NODE_COUNT; r++) {
        struct resource_observation *o = &observed->resource[r];
        bool sound = o->nodes > 0 && o->demand >= 0.0 && o->demand <= LARGEST && o->capacity <= LARGEST &&
                     o->capacity / o->nodes >= LIGHTEST;
        if (!sound)
            *o = (struct resource_observation){.unread = r == RESOURCE_APP ? o->unread : 0};
        if (!(o->pressure >= 0.0 && o->pressure <= 1.0))
            o->pressure = 0.0;
        if (!(o->silent_weight >= 0.0 && o->silent_weight <= LARGEST))
            o->silent_weight = 0.0;
    }
}

unsigned policy_silent(const struct group_observation *observed)
{
    return observed->returning + observed->missing + observed->leaving + observed->unreported;
}

unsigned policy_settled(const struct group_observation *observed)
{
    return observed->warming < observed->live ? observed->live - observed->warming : observed->live;
}

/* The settled nodes that ought to have a reading. Not each node of a group has an application with a number of its own.
 */
static unsigned readable(const struct decision *d, enum resource resource)
{
    const struct resource_observation *o = &d->observed.resource[resource];
    unsigned settled = policy_settled(&d->observed);

    return resource == RESOURCE_APP ? uint_min(o->nodes + o->unread, settled) : settled;
}

unsigned policy_unread(const struct decision *d, enum resource resource)
{
    unsigned all = readable(d, resource);
    unsigned nodes = d->observed.resource[resource].nodes;

    return nodes > 0 && nodes < all ? all - nodes : 0;
}

/* The demand of that many nodes; a node without a reading counts at the mean of the others. */
static double demand_of(const struct decision *d, enum resource resource, unsigned nodes)
{
    const struct resource_observation *o = &d->observed.resource[resource];

    return o->nodes == 0 || o->nodes >= nodes ? o->demand : o->demand * nodes / o->nodes;
}

static double clamp(double value, double least, double most)
{
    return fmin(fmax(value, least), most);
}

void policy_continue(struct decision *d, enum resource resource, double before)
{
    const struct group_observation *o = &d->observed;
    unsigned nodes = policy_settled(o);
    double least = demand_of(d, resource, nodes);
    unsigned reporting = o->live + o->returning;
    unsigned lost = o->missing - uint_min(o->missing, d->removing); /* but for those that went as ordered */
    unsigned all = reporting + lost + o->unreported + o->leaving;

    if (2 * o->resource[resource].nodes < readable(d, resource)) { /* too few readings to tell */
        d->total[resource] = before;
        d->demand[resource] = before;
        return;
    }
    d->total[resource] = clamp(before, least, least * all / nodes);
    d->demand[resource] = clamp(before, least, least * (d->strained ? reporting : all) / nodes);
}

double policy_weight(const struct decision *d, enum resource resource)
{
    const struct resource_observation *o = &d->observed.resource[resource];

    return o->nodes > 0 ? o->capacity / o->nodes : 0.0;
}

double policy_silent_weight(const struct decision *d, enum resource resource)
{
    double known = d->observed.resource[resource].silent_weight;

    return known > 0.0 ? known : policy_silent(&d->observed) * policy_weight(d, resource);
}

static bool is_saturated(const struct decision *d, enum resource resource)
{
    if (resource == RESOURCE_CPU && d->utilisation[resource] >= SATURATION)
        return true;
    return resource < RESOURCE_NODE_COUNT && d->utilisation[resource] > d->settings.thresholds[resource].high &&
           d->observed.resource[resource].pressure > PRESSURE;
}

static void count_nodes(struct decision *d)
{
    const struct group_observation *o = &d->observed;

    d->existing = o->live + policy_silent(o) + d->pending;
    if (o->counted && o->count > d->existing)
        d->existing = o->count;
    d->carrying = o->live + o->returning + d->pending - d->overdue;
    d->current = d->existing;
}

void policy_observe(struct decision *d)
{
    count_nodes(d);
    d->strained = false;
    for (enum resource r = 0; r < RESOURCE_COUNT; r++) {
        const struct resource_observation *o = &d->observed.resource[r];
        d->total[r] = demand_of(d, r, d->observed.live);
        d->demand[r] = d->total[r];
        d->utilisation[r] = o->nodes > 0 ? o->demand / o->capacity : NAN;
        d->saturated[r] = is_saturated(d, r);
        d->strained = d->strained || d->utilisation[r] > d->settings.thresholds[r].high;
    }
}

/* ---- votes ---- */

bool policy_withholds(struct decision *d)
{
    if (d->settings.mode == MODE_OFF)
        d->guard = GUARD_MODE;
    else if (!decision_has_data(d))
        d->guard = GUARD_NO_DATA;
    return d->guard != GUARD_NONE;
}

unsigned policy_base(const struct decision *d)
{
    return d->carrying + (d->strained ? 0 : d->observed.missing + d->observed.unreported);
}

bool policy_is_counted(const struct decision *d)
{
    return d->observed.counted && !d->observed.count_unconfirmed;
}

unsigned policy_certain(const struct decision *d)
{
    return policy_is_counted(d) ? uint_max(d->observed.count, d->carrying) : d->carrying;
}

/* The nodes that carry the demand at that utilisation. Those that are added to the base count with the weight of the
 * nodes that came last by order, if they are lighter than the mean. */
static unsigned nodes_for(const struct decision *d, enum resource resource, double demand, double utilisation)
{
    double mean = policy_weight(d, resource);
    double newest = d->observed.resource[resource].newest_weight;
    unsigned base = policy_base(d);
    unsigned nodes = sizing_nodes(demand, utilisation, mean);

    if (!(newest >= LIGHTEST && newest < mean) || nodes <= base)
        return nodes;
    double carried = utilisation * mean * base;
    return base + sizing_nodes(demand - carried, utilisation, newest);
}

bool policy_is_carried(const struct decision *d, enum resource resource)
{
    return resource < RESOURCE_SIGNAL_0 || d->observed.signal[resource - RESOURCE_SIGNAL_0].kind != SIGNAL_LIMIT;
}

/* What the reactive rule sizes for. Once the forecast knows its errors, its bound has the reserve that the price is
 * worth, and this rule adds none. */
static double reactive_utilisation(const struct decision *d, enum resource resource)
{
    const struct thresholds *t = &d->settings.thresholds[resource];
    const struct forecast *f = &d->forecast[resource];

    return d->settings.forecast[resource] && f->valid && f->scored >= ERRORS_ASSUMED ? t->high : t->target;
}

/* Above `high`, or where no node is yet: the nodes that bring utilisation to `target`, or at least to `high`. */
static unsigned reactive_vote(const struct decision *d, enum resource resource, unsigned given)
{
    bool is_first = resource >= RESOURCE_SIGNAL_0 && policy_base(d) == 0 && d->demand[resource] > 0.0;
    unsigned vote = 0;

    if (policy_is_carried(d, resource) &&
        (is_first || d->utilisation[resource] > d->settings.thresholds[resource].high))
        vote = nodes_for(d, resource, d->demand[resource], reactive_utilisation(d, resource));
    return vote > given ? vote : given;
}

/* The nodes that keep the bound of the forecast within `high`. The forecast is that of the whole demand: of it counts
 * the part that votes are computed from. */
static unsigned forecast_vote(const struct decision *d, enum resource resource)
{
    double share = d->total[resource] > 0.0 ? d->demand[resource] / d->total[resource] : 1.0;

    if (!d->settings.forecast[resource] || !d->forecast[resource].valid || policy_weight(d, resource) <= 0.0)
        return 0;
    return nodes_for(d, resource, share * d->forecast[resource].bound, d->settings.thresholds[resource].high);
}

/* A vote is for at least one node. While the load signals show that none is needed, that one is no vote, nor is what
 * the forecasts of these signals expect. */
static unsigned without_last(const struct decision *d, unsigned vote)
{
    return d->is_idle && vote == 1 ? 0 : vote;
}

/* Demand beyond what all live nodes carry may be work that waits, which grows because nodes are lacking: a queue whose
 * nodes start slowly. Of such a trend the forecast extends little. */
static unsigned without_queue(const struct decision *d, enum resource resource, unsigned forecast, unsigned reactive)
{
    bool may_wait = resource >= RESOURCE_SIGNAL_0 && d->utilisation[resource] > 1.0;

    return may_wait ? uint_min(forecast, sizing_whole(QUEUE_GROWTH * reactive)) : forecast;
}

static bool is_idle_load(const struct decision *d, enum resource resource)
{
    return d->is_idle && resource >= RESOURCE_SIGNAL_0 &&
           d->observed.signal[resource - RESOURCE_SIGNAL_0].kind == SIGNAL_LOAD;
}

void policy_vote(struct decision *d, const unsigned given[RESOURCE_COUNT])
{
    unsigned resources = decision_resources(d);

    for (enum resource r = 0; r < resources; r++) {
        unsigned most = d->unhelped[r] ? policy_base(d) : SIZING_NODES_MAX;
        unsigned reactive = reactive_vote(d, r, given[r]);
        unsigned forecast = is_idle_load(d, r) ? 0 : forecast_vote(d, r);
        forecast = without_queue(d, r, forecast, reactive);
        d->vote_reactive[r] = without_last(d, uint_min(reactive, most));
        d->vote_forecast[r] = without_last(d, uint_min(forecast, d->is_regrouping ? policy_base(d) : most));
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

void policy_combine(struct decision *d)
{
    d->rule = RULE_NONE;
    d->resource = RESOURCE_CPU;
    d->raw = 0;
    unsigned resources = decision_resources(d);

    for (enum resource r = 0; r < resources; r++)
        take_vote(d, d->vote_reactive[r], RULE_REACTIVE, r);
    for (enum resource r = 0; r < resources; r++)
        take_vote(d, d->vote_forecast[r], RULE_FORECAST, r);
    take_vote(d, d->vote_signal, RULE_SIGNAL, d->signal);
    if (d->rule == RULE_NONE && d->is_idle) {
        d->rule = RULE_SIGNAL;
        d->resource = d->signal;
    }
    /* No vote may be due to nodes that were ordered and have left. That is no reason to want fewer. */
    if (d->rule == RULE_NONE)
        d->raw = d->before > d->existing ? d->before : d->existing;
    d->desired = d->raw;
}
