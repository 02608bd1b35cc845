#include "scaler/scale_in.h"

#include "common/uint.h"
#include "scaler/policy.h"
#include "scaler/sizing.h"

#include <math.h>

/* Raises d->desired to `nodes`, but not above the existing count. */
static void raise_to(struct decision *d, unsigned nodes, enum scale_guard guard, enum resource resource)
{
    nodes = uint_min(nodes, d->existing);
    if (nodes <= d->desired)
        return;
    d->desired = nodes;
    d->guard = guard;
    d->guard_resource = resource;
}

/* ---- the load ---- */

/* Nodes that only the actuator's count knows carry nothing and are not busy. */
static unsigned only_counted(const struct decision *d)
{
    unsigned known = d->observed.live + policy_silent(&d->observed) + d->pending;

    return d->existing > known ? d->existing - known : 0;
}

/* The readings, as if nodes without one were as loaded as the others. A possible load is enough to refuse a scale-in.
 */
static double seen_demand(const struct decision *d, enum resource resource)
{
    const struct resource_observation *o = &d->observed.resource[resource];
    double demand = fmax(d->total[resource], o->demand * fmax(1.0, (double)d->observed.live / o->nodes));

    if (d->settings.forecast[resource] && d->forecast[resource].valid)
        demand = fmax(d->forecast[resource].bound, demand);
    return demand;
}

/* What the nodes without a reading carry more than the others if they are fully busy. */
static double unread_demand(const struct decision *d, enum resource resource)
{
    const struct resource_observation *o = &d->observed.resource[resource];

    return policy_unread(d, resource) * fmax(0.0, (o->capacity - o->demand) / o->nodes);
}

double scale_in_demand(const struct decision *d, enum resource resource)
{
    return seen_demand(d, resource) + unread_demand(d, resource) + policy_silent_weight(d, resource);
}

/* Where no node is needed, the idle load of one does not keep it. */
static unsigned spared(const struct decision *d, unsigned nodes)
{
    return d->is_idle && nodes == 1 ? 0 : nodes;
}

/* The fewest nodes that keep the demand within `high`. The nodes that do not report stay, whatever they weigh. */
static unsigned projected(const struct decision *d, enum resource resource, double demand)
{
    double high = d->settings.thresholds[resource].high;
    double weight = policy_weight(d, resource);
    double apart = policy_silent_weight(d, resource) - policy_silent(&d->observed) * weight;

    return spared(d, sizing_nodes(fmax(0.0, demand - high * apart), high, weight)) + only_counted(d);
}

/* The demand of a signal is that of the group. Nodes that do not report may carry none of it. */
static void guard_signal(struct decision *d, enum resource resource)
{
    const struct signal_observation *s = &d->observed.signal[resource - RESOURCE_SIGNAL_0];

    if (!policy_is_carried(d, resource) || (d->is_idle && s->kind == SIGNAL_LOAD))
        return;
    unsigned needed =
        sizing_nodes(seen_demand(d, resource), d->settings.thresholds[resource].high, policy_weight(d, resource));
    unsigned nodes = spared(d, needed) + only_counted(d);
    raise_to(d, nodes, GUARD_PROJECTION, resource);
    raise_to(d, nodes + policy_silent(&d->observed), GUARD_MISSING_NODES, resource);
}

static void guard_resource(struct decision *d, enum resource resource)
{
    double demand = seen_demand(d, resource);

    raise_to(d, projected(d, resource, demand), GUARD_PROJECTION, resource);
    raise_to(d, projected(d, resource, demand + unread_demand(d, resource)), GUARD_UNREAD, resource);
    raise_to(d, projected(d, resource, scale_in_demand(d, resource)), GUARD_MISSING_NODES, resource);
}

/* A resource that was reported before, and is not now. An application's number may be given up, on all nodes. */
static bool is_lost(const struct decision *d, enum resource resource)
{
    const struct resource_observation *o = &d->observed.resource[resource];

    return resource < RESOURCE_SIGNAL_0 && o->nodes == 0 && d->total[resource] > 0.0 &&
           (resource != RESOURCE_APP || o->unread > 0);
}

/* Refuses or shortens a scale-in that the load does not allow. */
static void guard_load(struct decision *d)
{
    unsigned resources = decision_resources(d);

    for (unsigned i = 0; i < SIGNALS_OF_GROUP_MAX; i++)
        if (signal_vetoes(&d->observed.signal[i]))
            raise_to(d, d->existing, GUARD_SIGNAL_MISSING, RESOURCE_SIGNAL_0 + i);
    /* The true demand of a saturated resource is unknown, so no projection is possible. */
    for (enum resource r = 0; r < resources; r++)
        if (d->saturated[r])
            raise_to(d, d->existing, GUARD_PROJECTION, r);
    for (enum resource r = 0; r < resources; r++) {
        if (is_lost(d, r))
            raise_to(d, d->existing, GUARD_UNREAD, r);
        else if (d->observed.resource[r].nodes > 0 && r < RESOURCE_SIGNAL_0)
            guard_resource(d, r);
        else if (d->observed.resource[r].nodes > 0)
            guard_signal(d, r);
    }
    for (enum resource r = 0; r < resources; r++) {
        double low = d->settings.thresholds[r].low;
        if (low > 0.0 && d->utilisation[r] > low)
            raise_to(d, d->existing, GUARD_LOW, r);
    }
}

/* ---- the other guards ---- */

/* Only nodes that fulfil the minimum are removed: as many of them as there are beyond it. */
static unsigned beyond_minimum(const struct decision *d)
{
    unsigned certain = policy_certain(d);

    unsigned minimum = decision_minimum(d);

    return certain > minimum ? certain - minimum : 0;
}

/* Nodes that do not report do not stand in for those that are removed: the minimum would be ordered again at once. */
static void guard_minimum(struct decision *d)
{
    raise_to(d, d->existing - beyond_minimum(d), GUARD_MINIMUM, d->resource);
}

/* Only nodes that report, have warmed up and do not protect themselves may be removed. An actuator that chooses the
 * nodes by itself must not meet one that is protected. */
static void guard_protected(struct decision *d)
{
    const struct group_observation *o = &d->observed;
    unsigned warm = o->warming < o->live ? o->live - o->warming : 0;
    unsigned free = o->protected_nodes < warm ? warm - o->protected_nodes : 0;

    bool any = scaler_settings_any_victim(&d->settings);

    if (any && o->protected_nodes > 0)
        free = 0;
    if (any && d->settings.actuator == ACTUATOR_HOOK && !o->counted)
        raise_to(d, d->existing, GUARD_UNCOUNTED, d->resource);
    raise_to(d, d->existing - uint_min(free, d->existing), GUARD_PROTECTED, d->resource);
}

static void guard_stops(struct decision *d)
{
    if (d->observed.paused || d->observed.paused_in)
        raise_to(d, d->existing, GUARD_PAUSED, d->resource);
    if (d->observed.orders_elsewhere)
        raise_to(d, d->existing, GUARD_ELSEWHERE, d->resource);
    if (d->observed.roll_call)
        raise_to(d, d->existing, GUARD_ROLL_CALL, d->resource);
}

/* Neither a person's number nor a maximum is undone by the votes. */
static void guard_undone(struct decision *d, struct scale_in_past past)
{
    if (past.wait_ms == 0 || d->rule == RULE_BOUNDS || d->desired >= past.undone)
        return;
    raise_to(d, past.undone, GUARD_UNDONE, d->resource);
    d->window_ms = past.wait_ms;
}

/* One order at a time: nodes on order are awaited, and so is the lead time after a scale-in. */
static void guard_orders(struct decision *d, struct scale_in_past past)
{
    bool awaited = d->pending > d->overdue;
    bool recent = past.newest != 0 && d->now_ms - past.newest < d->lead_ms;

    if (decision_acts(d) && (awaited || recent))
        raise_to(d, d->existing, GUARD_ORDERED, d->resource);
}

/* The larger half; of the last node, which may go where it is not needed, none. */
static unsigned half(unsigned nodes)
{
    return nodes > 1 ? (nodes + 1) / 2 : 0;
}

static void guard_record(struct decision *d, struct scale_in_past past)
{
    if (d->observed.unrecorded)
        raise_to(d, d->existing, GUARD_UNRECORDED, d->resource);
    if (past.hour >= d->settings.scale_ins_max)
        raise_to(d, d->existing, GUARD_CHURN, d->resource);
    if (d->settings.mode == MODE_OUT_ONLY)
        raise_to(d, d->existing, GUARD_MODE, d->resource);
    raise_to(d, half(d->existing), GUARD_STEP, d->resource);
}

/* ---- the decision ---- */

/* Only nodes that report make a group too large for a pinned number; and for a reader, the number it has. */
static unsigned beyond_pin(const struct decision *d)
{
    unsigned nodes = d->observed.live;

    if (d->settings.actuator == ACTUATOR_READER)
        nodes = uint_max(nodes, d->before);
    return nodes > d->observed.pin ? nodes - d->observed.pin : 0;
}

/* What is wanted: the votes within the bounds, or the pinned number. */
static void begin(struct decision *d)
{
    unsigned max = scaler_settings_max(&d->settings);
    unsigned min = decision_minimum(d);

    if (d->observed.pin > 0) {
        d->rule = RULE_PIN;
        d->desired = d->existing - uint_min(d->existing, beyond_pin(d));
        return;
    }
    d->desired = d->raw;
    if (d->desired < min) {
        d->desired = min;
        if (d->guard != GUARD_PAUSED && d->guard != GUARD_ELSEWHERE) /* which keep the minimum from being ordered */
            d->guard = GUARD_MINIMUM;
    }
    if (d->desired > max) {
        d->desired = uint_max(max, min);
        d->guard = GUARD_MAXIMUM;
        if (d->existing > max)
            d->rule = RULE_BOUNDS;
    }
}

/* A reader makes its group as large as its number, whatever exists. The number falls to what is enough, by no more than
 * may go, and by at most a half: so neither a surge of nodes nor ones that were forgotten make it fall further. */
static unsigned reader_victims(const struct decision *d, unsigned victims)
{
    unsigned enough = d->existing - victims;
    unsigned number = d->before > victims ? d->before - victims : 0;

    if (d->observed.pin == 0)
        number = uint_max(number, enough);
    number = uint_max(number, half(d->before));
    return d->before > number ? d->before - number : 0;
}

void scale_in_order(struct decision *d, unsigned victims)
{
    bool is_reader = d->settings.actuator == ACTUATOR_READER;
    unsigned from = is_reader ? d->before : d->existing;

    if (is_reader)
        victims = reader_victims(d, victims);
    unsigned minimum = decision_minimum(d);
    victims = uint_min(victims, from > minimum ? from - minimum : 0);
    victims = uint_min(victims, beyond_minimum(d));
    d->victims = victims;
    d->action = victims > 0 ? ACTION_DOWN : ACTION_HOLD;
    d->to = victims > 0 ? from - victims : 0;
    d->desired = victims > 0 ? d->to : d->before;
    d->current = d->existing;
    if (victims == 0)
        d->order_epoch = d->order_number = 0;
}

void scale_in_decide(struct decision *d, struct stabilization window, struct scale_in_past past)
{
    begin(d);
    if (d->desired < d->existing) {
        guard_stops(d);
        if (d->rule != RULE_PIN) {
            raise_to(d, window.whole ? window.highest : d->existing, GUARD_STABILIZATION, d->resource);
            guard_undone(d, past);
            guard_load(d);
            guard_minimum(d);
        }
        guard_orders(d, past);
        guard_protected(d);
        if (d->rule != RULE_PIN && d->rule != RULE_BOUNDS && !sizing_worth(d->existing, d->desired))
            raise_to(d, d->existing, GUARD_DEAD_BAND, d->resource);
        guard_record(d, past);
    }
    scale_in_order(d, d->desired < d->existing ? d->existing - d->desired : 0);
}
