#include "scaler/scale_out.h"

#include "common/uint.h"
#include "scaler/policy.h"
#include "scaler/sizing.h"

#define STEP_MIN 4U /* a step adds at most this many nodes, or doubles the fleet */

/* ---- how many nodes are wanted ---- */

/* Lowers d->desired to `nodes`, but not below the base. */
static void lower_to(struct decision *d, unsigned nodes, enum scale_guard guard)
{
    nodes = uint_max(nodes, policy_base(d));
    if (nodes >= d->desired)
        return;
    d->desired = nodes;
    d->guard = guard;
}

/* What the forecast asks for is at least 5 % more nodes, but for the maximum. */
static void raise_forecast(struct decision *d)
{
    unsigned base = policy_base(d);
    unsigned least = uint_min(sizing_out(base, d->desired), scaler_settings_max(&d->settings));

    if (d->rule == RULE_FORECAST && d->desired > base)
        d->desired = uint_max(d->desired, least);
}

static void guard_votes(struct decision *d)
{
    unsigned base = policy_base(d);

    raise_forecast(d);
    if (base > 0) /* a group without nodes has no votes but those of signals, which see the whole demand */
        lower_to(d, base + uint_max(base, STEP_MIN), GUARD_STEP);
    if (d->futile && d->settings.stop_futile)
        lower_to(d, base, GUARD_FUTILE);
}

/* A node that exists and does not report fulfils the minimum only if the actuator's count says that it exists. One that
 * changed its group was moved on purpose: the minimum does not order another one in its place. A group that was emptied
 * so, and that the configuration does not name, does not exist any more. */
static bool is_below_minimum(const struct decision *d)
{
    const struct group_observation *o = &d->observed;

    if (d->is_emptied && !o->configured)
        return false;
    return policy_certain(d) + o->regrouped < decision_minimum(d) && !o->roll_call;
}

/* ---- what is ordered ---- */

static bool is_due(const struct decision *d, int64_t stated_ms)
{
    return stated_ms == 0 || d->now_ms - stated_ms >= d->lead_ms + d->settings.tick_ms;
}

/* With a count, or a person's number, an intention of the past counts no more; what a reader gets never falls so. */
static bool forgets_intention(const struct decision *d)
{
    return d->settings.actuator != ACTUATOR_READER && (policy_is_counted(d) || d->observed.pin > 0);
}

/* Orders at least `to` nodes, of which `known` are there. What is desired already is ordered again when it is due. */
static bool order(struct decision *d, unsigned to, unsigned known, int64_t stated_ms)
{
    bool is_new = forgets_intention(d) ? to != d->before : to > d->before;

    if (to <= d->carrying || (!is_new && !is_due(d, stated_ms)))
        return false;
    d->action = ACTION_UP;
    d->current = policy_base(d);
    d->to = to;
    d->adding = to > known ? to - known : to - d->carrying;
    d->desired = forgets_intention(d) ? to : uint_max(to, d->before);
    return true;
}

/* How many nodes there are for the actuator, as far as is known. While fewer may exist than were counted before, an
 * order states what it would without a count: it adds none to nodes that are gone. What replaces the nodes of a
 * reader's group keeps its number by itself, so the others are asked for once nothing has come. */
static unsigned known_nodes(const struct decision *d)
{
    const struct group_observation *o = &d->observed;
    bool in_vain = d->strained && d->overdue > 0;

    if (policy_is_counted(d) && (d->settings.actuator != ACTUATOR_READER || in_vain))
        return policy_certain(d);
    return in_vain ? o->live + o->returning + o->missing + o->leaving : policy_base(d);
}

/* d->desired nodes are wanted, more than the base. */
static bool order_lack(struct decision *d, int64_t stated_ms)
{
    unsigned max = scaler_settings_max(&d->settings);
    unsigned lack = d->desired - policy_base(d);
    unsigned known = known_nodes(d);
    unsigned least = forgets_intention(d) ? 0 : d->before;

    unsigned to = uint_max(known + lack, least);
    if (to > max)
        d->guard = GUARD_MAXIMUM;
    return order(d, uint_min(to, max), known, stated_ms);
}

static bool order_minimum(struct decision *d, int64_t stated_ms)
{
    unsigned wanted = decision_acts(d) ? d->before : uint_min(d->before, d->existing);
    unsigned most = uint_min(wanted, scaler_settings_max(&d->settings));
    enum scale_guard guard = d->guard;
    enum scale_rule rule = d->rule;

    d->guard = GUARD_MINIMUM;
    d->rule = RULE_BOUNDS;
    if (order(d, uint_max(most, decision_minimum(d)), d->carrying, stated_ms))
        return true;
    d->guard = guard;
    d->rule = rule;
    return false;
}

/* A person's number is that of the group, whatever is missing from it; when nothing reports, it is ordered anew. */
static bool order_pin(struct decision *d, int64_t stated_ms)
{
    bool is_silent = d->observed.live == 0 && !d->observed.roll_call;
    unsigned base = is_silent ? d->carrying : policy_base(d);
    unsigned desired = d->desired;

    if (d->observed.pin <= base)
        return false;
    d->desired = d->observed.pin;
    lower_to(d, base + uint_max(base, STEP_MIN), GUARD_STEP);
    if (order(d, d->desired, base, stated_ms))
        return true;
    d->desired = desired; /* what is ordered already, or what a reader gets */
    return false;
}

/* ---- the decision ---- */

/* A number that a reader does not get orders nothing. */
static bool is_stopped(struct decision *d)
{
    bool is_unread = d->settings.actuator == ACTUATOR_READER && d->observed.roll_call_blind;

    if (d->observed.paused)
        d->guard = GUARD_PAUSED;
    else if (d->observed.orders_elsewhere)
        d->guard = GUARD_ELSEWHERE;
    else if (is_unread)
        d->guard = GUARD_ROLL_CALL;
    return d->observed.paused || d->observed.orders_elsewhere || is_unread;
}

/* A pinned group is not below its minimum, either. */
static bool restore_pinned(struct decision *d, int64_t stated_ms)
{
    return order_pin(d, stated_ms) || (is_below_minimum(d) && order_minimum(d, stated_ms));
}

bool scale_out_restore(struct decision *d, int64_t stated_ms)
{
    if (d->settings.mode == MODE_OFF || is_stopped(d))
        return false;
    if (d->observed.pin > 0)
        return restore_pinned(d, stated_ms);
    bool is_unknown = d->settings.actuator == ACTUATOR_READER && d->before == 0 && !d->observed.counted;
    return !is_unknown && is_below_minimum(d) && order_minimum(d, stated_ms);
}

bool scale_out_decide(struct decision *d, int64_t stated_ms)
{
    if (d->observed.pin > 0) {
        d->rule = RULE_PIN;
        return !is_stopped(d) && restore_pinned(d, stated_ms);
    }
    if (d->rule == RULE_NONE)
        lower_to(d, 0, d->guard); /* what exists or is desired is no vote */
    if (d->desired > policy_base(d))
        guard_votes(d);
    bool is_lacking = d->desired > policy_base(d);
    bool is_below = is_below_minimum(d);
    if ((!is_lacking && !is_below) || is_stopped(d))
        return false;
    if (is_below && (!is_lacking || d->desired < decision_minimum(d)))
        return order_minimum(d, stated_ms);
    return order_lack(d, stated_ms);
}
