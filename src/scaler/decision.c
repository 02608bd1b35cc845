#include "scaler/decision.h"

#include "common/format.h"
#include "common/writer.h"
#include "scaler/signal_text.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>

#define DECIMALS_MAX 3
#define PERCENT_MAX  100000.0 /* shown for any larger reading, which cannot be true */
#define DURATION_LEN 24

const char *const rule_names[RULE_COUNT] = {
    [RULE_NONE] = "none",     [RULE_REACTIVE] = "reactive", [RULE_FORECAST] = "forecast",
    [RULE_BOUNDS] = "bounds", [RULE_PIN] = "pin",           [RULE_SIGNAL] = "signal",
};
const char *const guard_names[] = {
    [GUARD_NONE] = "none",
    [GUARD_NO_DATA] = "no-data",
    [GUARD_ROLL_CALL] = "roll-call",
    [GUARD_MODE] = "mode",
    [GUARD_PAUSED] = "paused",
    [GUARD_ELSEWHERE] = "elsewhere",
    [GUARD_MISSING_NODES] = "missing-nodes",
    [GUARD_UNREAD] = "unread",
    [GUARD_SIGNAL_MISSING] = "signal-missing",
    [GUARD_LOW] = "low",
    [GUARD_PROJECTION] = "projection",
    [GUARD_PROTECTED] = "protected",
    [GUARD_UNCOUNTED] = "uncounted",
    [GUARD_STABILIZATION] = "stabilization",
    [GUARD_UNDONE] = "undone",
    [GUARD_ORDERED] = "ordered",
    [GUARD_DEAD_BAND] = "dead-band",
    [GUARD_UNRECORDED] = "unrecorded",
    [GUARD_CHURN] = "churn",
    [GUARD_STEP] = "step",
    [GUARD_FUTILE] = "futile",
    [GUARD_MINIMUM] = "minimum",
    [GUARD_MAXIMUM] = "maximum",
};
const char *const action_names[] = {[ACTION_HOLD] = "hold", [ACTION_UP] = "up", [ACTION_DOWN] = "down"};

static_assert(sizeof guard_names / sizeof *guard_names == GUARD_COUNT, "a guard has no name");

const char *decision_resource_name(const struct decision *decision, enum resource resource)
{
    if (resource < RESOURCE_SIGNAL_0)
        return resource_names[resource];
    return decision->observed.signal[resource - RESOURCE_SIGNAL_0].name;
}

static unsigned known_nodes(const struct group_observation *o)
{
    return o->live + o->returning + o->missing + o->leaving + o->unreported;
}

unsigned decision_minimum(const struct decision *decision)
{
    if (decision->settings.nodes_min > 0)
        return decision->settings.nodes_min;
    for (unsigned i = 0; i < SIGNALS_OF_GROUP_MAX; i++)
        if (signal_is_load(&decision->observed.signal[i]) && decision->observed.signal[i].value > 0.0)
            return 1;
    return 0;
}

static bool has_load_signal(const struct group_observation *o)
{
    for (unsigned i = 0; i < SIGNALS_OF_GROUP_MAX; i++)
        if (signal_is_load(&o->signal[i]))
            return true;
    return false;
}

bool decision_has_data(const struct decision *decision)
{
    const struct group_observation *o = &decision->observed;

    return o->live > 0 || (known_nodes(o) == 0 && has_load_signal(o));
}

bool decision_acts(const struct decision *decision)
{
    return decision->settings.mode > MODE_OBSERVE && decision->settings.actuator != ACTUATOR_NONE;
}

/* A share in whole percent, with as many decimals as are needed to show on which side of the limit it is. */
static void put_percent(struct writer *line, double share, double limit)
{
    double percent = fmin(share * 100.0, PERCENT_MAX);
    double bound = limit * 100.0;
    double unit = 1.0;
    int decimals = 0;

    while (decimals < DECIMALS_MAX && (round(percent * unit) / unit > bound) != (percent > bound)) {
        decimals++;
        unit *= 10.0;
    }
    writer_print(line, "%.*f%%", decimals, percent);
}

static const struct signal_observation *signal_of(const struct decision *d, enum resource resource)
{
    return &d->observed.signal[resource - RESOURCE_SIGNAL_0];
}

static bool is_reported(const struct decision *d, enum resource resource)
{
    return d->observed.resource[resource].nodes > 0;
}

static bool is_blind(const struct decision *d)
{
    return d->settings.mode == MODE_OFF || !decision_has_data(d);
}

/* Why there is no decision from data. */
static void put_silence(struct writer *line, const struct decision *d)
{
    unsigned known = known_nodes(&d->observed);

    if (d->settings.mode == MODE_OFF)
        writer_print(line, "the mode is off");
    else if (known == 0)
        writer_print(line, "no nodes");
    else
        writer_print(line, "%u of %u nodes do not report", known - d->observed.live, known);
    if (d->settings.mode != MODE_OFF)
        writer_print(line, ": no decision without data");
}

double decision_forecast_utilisation(const struct decision *decision, enum resource resource)
{
    const struct resource_observation *o = &decision->observed.resource[resource];

    if (!decision->forecast[resource].valid || o->nodes == 0)
        return NAN;
    unsigned live = decision->observed.live > 0 ? decision->observed.live : 1; /* which a signal assumes, too */

    return decision->forecast[resource].bound / (o->capacity / o->nodes * live);
}

static void put_forecast(struct writer *line, const struct decision *d, enum resource r)
{
    double utilisation = decision_forecast_utilisation(d, r);

    if (!d->settings.forecast[r] || isnan(utilisation))
        return;
    writer_print(line, ", ");
    put_percent(line, utilisation, d->settings.thresholds[r].high);
    writer_print(line, " within %g s", (double)d->forecast[r].horizon_ms / 1000.0);
    if (d->forecast[r].forecaster == FORECASTER_YESTERDAY_PEAK)
        writer_print(line, " as yesterday");
}

static void put_load_signal(struct writer *line, const struct decision *d, enum resource r)
{
    double high = d->settings.thresholds[r].high;

    signal_text_load(line, signal_of(d, r), d->observed.live, &d->forecast[r]);
    if (d->action != ACTION_HOLD || d->utilisation[r] > high)
        writer_print(line, ", high %.4g%%", high * 100.0);
}

/* The signal that decided. False: another resource did, or a signal of kind share, which reads like cpu. */
static bool put_signal(struct writer *line, const struct decision *d, enum resource r)
{
    if (r < RESOURCE_SIGNAL_0)
        return false;
    const struct signal_observation *s = signal_of(d, r);
    if (d->rule == RULE_SIGNAL && s->state == SIGNAL_GONE)
        writer_print(line, "%s is gone, and counts as %u nodes", s->name, d->vote_signal);
    else if (d->rule == RULE_SIGNAL && d->vote_signal > 0)
        writer_print(line, "%s asks for at least %u nodes", s->name, d->vote_signal);
    else if (signal_is_load(s))
        put_load_signal(line, d, r);
    else if (signal_is_present(s) && s->kind == SIGNAL_LIMIT)
        signal_text_limit(line, s);
    else if (!signal_is_present(s))
        writer_print(line, "%s is %s", s->name, signal_text_absence(s));
    else
        return false;
    return true;
}

/* The resource that the sentence is about: the one that decided. If none did in a group without agents, a signal. */
static enum resource shown(const struct decision *d)
{
    unsigned place = signal_text_choose(d->observed.signal);

    for (enum resource r = 0; r < RESOURCE_NODE_COUNT; r++)
        if (d->observed.resource[r].nodes + d->observed.resource[r].unread > 0)
            return d->resource;
    return d->resource >= RESOURCE_SIGNAL_0 || place == SIGNALS_OF_GROUP_MAX ? d->resource : RESOURCE_SIGNAL_0 + place;
}

/* The load of that resource: "cpu 71% now, 88% within 135 s, high 80%". */
static void put_load(struct writer *line, const struct decision *d)
{
    enum resource r = shown(d);
    double high = d->settings.thresholds[r].high;

    if (put_signal(line, d, r))
        return;
    if (!is_reported(d, r)) {
        writer_print(line, "no %s reading", decision_resource_name(d, r));
        return;
    }
    writer_print(line, "%s ", decision_resource_name(d, r));
    put_percent(line, d->utilisation[r], high);
    writer_print(line, " now");
    put_forecast(line, d, r);
    if (d->action != ACTION_HOLD || d->utilisation[r] > high)
        writer_print(line, ", high %.4g%%", high * 100.0);
    if (d->saturated[r])
        writer_print(line, "; saturated, so demand may be higher");
    if (r == RESOURCE_MEMORY && d->rule == RULE_REACTIVE)
        writer_print(line, "; more load or a leak");
}

static void put_count(struct writer *line, unsigned nodes, const char *what)
{
    if (nodes > 0)
        writer_print(line, "; %u %s", nodes, what);
}

/* Open orders and failed ones. */
static void put_orders(struct writer *line, const struct decision *d)
{
    put_count(line, d->pending - d->overdue, "ordered and pending");
    put_count(line, d->overdue, "overdue");
    put_count(line, d->removing, "to be removed");
    if (d->expired > 0)
        writer_print(line, "; %u never joined and %s no longer awaited", d->expired, d->expired == 1 ? "is" : "are");
    if (d->futile && d->guard != GUARD_FUTILE)
        writer_print(line, "; more nodes have not helped");
    for (enum resource r = 0; r < RESOURCE_COUNT; r++)
        if (d->unhelped[r])
            writer_print(line, "; more nodes have not helped %s, so it asks for no more", decision_resource_name(d, r));
}

/* The nodes that are not live, and those that tell nothing of a resource. */
static void put_members(struct writer *line, const struct decision *d)
{
    const struct group_observation *o = &d->observed;

    if (!is_blind(d) && d->guard != GUARD_MISSING_NODES)
        put_count(line, o->missing, "missing");
    if (o->lost_at_once > 0)
        writer_print(line, "; %u of them went at once", o->lost_at_once);
    put_count(line, o->returning, "returning");
    put_count(line, o->leaving, "leaving");
    put_count(line, o->unreported, "not reported since the start");
    for (enum resource r = 0; r < RESOURCE_COUNT; r++)
        if (o->resource[r].nodes > 0 && o->resource[r].unread > 0)
            writer_print(line, "; %u of %u nodes have no %s reading", o->resource[r].unread,
                         o->resource[r].unread + o->resource[r].nodes, decision_resource_name(d, r));
    if (o->counted && o->count != known_nodes(o))
        writer_print(line, "; %u exist by the actuator's count, %u report", o->count, o->live);
}

/* The signals whose values are unknown, and of which nothing else is said. */
static void put_unknown_signals(struct writer *line, const struct decision *d)
{
    for (enum resource r = RESOURCE_SIGNAL_0; r < RESOURCE_COUNT; r++) {
        const struct signal_observation *s = signal_of(d, r);
        bool is_guard = d->guard == GUARD_SIGNAL_MISSING && d->guard_resource == r;
        bool is_shown = !is_blind(d) && shown(d) == r;
        if (signal_is_used(s) && !signal_is_present(s) && !is_guard && !is_shown)
            writer_print(line, "; %s is %s", s->name, signal_text_absence(s));
    }
}

/* What a person has ordered, and what state the group is in. */
static void put_state(struct writer *line, const struct decision *d)
{
    const struct group_observation *o = &d->observed;

    if (o->pin > 0)
        writer_print(line, "; pinned to %u", o->pin);
    if (o->paused)
        writer_print(line, "; paused: nothing is ordered, not even the minimum");
    else if (o->paused_in)
        writer_print(line, "; scale-in is paused");
    if (o->orders_elsewhere)
        writer_print(line, "; another collector orders for this group");
    if (o->roll_call)
        writer_print(line, "; roll call: no scale-in until all nodes have had time to report");
}

/* "7 -> 5, the maximum"; or "the maximum is 5" if the vote lies within the bound and a guard went beyond it. */
static void put_bound(struct writer *line, const struct decision *d, const char *name, unsigned bound)
{
    if (d->raw != d->desired && (d->raw < bound) == (d->guard == GUARD_MINIMUM))
        writer_print(line, "; %u -> %u, the %s", d->raw, d->desired, name);
    else
        writer_print(line, "; the %s is %u", name, bound);
}

/* What a scale-in is for: the votes, the maximum, or a person's number. */
static unsigned wanted(const struct decision *d)
{
    if (d->rule == RULE_PIN)
        return d->observed.pin;
    return d->rule == RULE_BOUNDS && d->raw > d->settings.nodes_max ? d->settings.nodes_max : d->raw;
}

/* Nodes that do not report do not fulfil the minimum. */
static void put_minimum(struct writer *line, const struct decision *d)
{
    bool is_silence = known_nodes(&d->observed) > d->observed.live && d->desired > decision_minimum(d);

    if (is_silence && d->action != ACTION_UP)
        writer_print(line, "; scale-in to %u would leave fewer than %u nodes that report, the minimum", wanted(d),
                     decision_minimum(d));
    else
        put_bound(line, d, "minimum", decision_minimum(d));
}

static void put_low(struct writer *line, const struct decision *d)
{
    double low = d->settings.thresholds[d->guard_resource].low;

    writer_print(line, "; scale-in to %u waits for %s, ", wanted(d), decision_resource_name(d, d->guard_resource));
    put_percent(line, d->utilisation[d->guard_resource], low);
    writer_print(line, " now, to fall to low %.4g%%", low * 100.0);
}

static void put_stabilization(struct writer *line, const struct decision *d)
{
    char window[DURATION_LEN];

    format_duration(d->window_ms, window, sizeof window);
    writer_print(line, "; scale-in to %u waits for the stabilization window, %s", wanted(d), window);
}

static void put_undone(struct writer *line, const struct decision *d)
{
    char wait[DURATION_LEN];

    format_duration(d->window_ms, wait, sizeof wait);
    writer_print(line, "; scale-in to %u waits %s, since the last one had to be undone", wanted(d), wait);
}

static void put_busy(struct writer *line, const struct decision *d, unsigned nodes, const char *what)
{
    writer_print(line, "; for a scale-in to %u the %u %s count%s as busy", wanted(d), nodes, what,
                 nodes == 1 ? "s" : "");
}

/* Of the nodes that a scale-in counts as busy. */
static void put_missing(struct writer *line, const struct decision *d)
{
    unsigned nodes = known_nodes(&d->observed) - d->observed.live;

    put_busy(line, d, nodes, nodes == 1 ? "node that does not report" : "nodes that do not report");
}

static const char *article(enum resource resource)
{
    return resource == RESOURCE_APP ? "an" : "a";
}

static void put_unread(struct writer *line, const struct decision *d)
{
    enum resource r = d->guard_resource;
    unsigned nodes = d->observed.resource[r].nodes;
    char what[DURATION_LEN + 32];

    if (nodes == 0) {
        writer_print(line, "; no scale-in without %s %s reading", article(r), decision_resource_name(d, r));
        return;
    }
    snprintf(what, sizeof what, "without %s %s reading", article(r), decision_resource_name(d, r));
    put_busy(line, d, d->observed.live - nodes, what);
}

/* More nodes may exist than are desired: ordered ones, or others that leave. A scale-in is one of what exists. */
static void put_surplus(struct writer *line, const struct decision *d)
{
    bool is_of_scale_in = d->guard >= GUARD_MISSING_NODES && d->guard < GUARD_FUTILE;

    if (is_of_scale_in && d->action == ACTION_HOLD && d->existing > d->desired && wanted(d) >= d->desired)
        writer_print(line, "; up to %u exist", d->existing);
}

/* The guard that changed the outcome, as a clause. */
static void put_guard(struct writer *line, const struct decision *d)
{
    switch (d->guard) {
    case GUARD_MISSING_NODES:
        put_missing(line, d);
        break;
    case GUARD_UNREAD:
        put_unread(line, d);
        break;
    case GUARD_PROTECTED:
        writer_print(line, "; for a scale-in to %u too few nodes may be removed", wanted(d));
        if (d->observed.protected_nodes > 0)
            writer_print(line, ": %u protect%s", d->observed.protected_nodes,
                         d->observed.protected_nodes == 1 ? "s itself" : " themselves");
        break;
    case GUARD_UNCOUNTED:
        writer_print(line, "; no scale-in: the hook chooses the nodes, and can't say how many there are");
        break;
    case GUARD_ORDERED:
        writer_print(line, "; scale-in to %u waits for the last order", wanted(d));
        break;
    case GUARD_LOW:
        put_low(line, d);
        break;
    case GUARD_SIGNAL_MISSING:
        writer_print(line, "; no scale-in while %s is %s", decision_resource_name(d, d->guard_resource),
                     signal_text_absence(signal_of(d, d->guard_resource)));
        break;
    case GUARD_PROJECTION:
        writer_print(line, "; scale-in to %u would bring %s above %.4g%%", wanted(d),
                     decision_resource_name(d, d->guard_resource),
                     d->settings.thresholds[d->guard_resource].high * 100.0);
        break;
    case GUARD_STABILIZATION:
        put_stabilization(line, d);
        break;
    case GUARD_UNDONE:
        put_undone(line, d);
        break;
    case GUARD_DEAD_BAND:
        writer_print(line, "; %u would be too small a change", wanted(d));
        break;
    case GUARD_UNRECORDED:
        writer_print(line, "; no scale-in while decisions.csv can't be written");
        break;
    case GUARD_CHURN:
        writer_print(line, "; scale-in to %u waits: at most %u within the hour", wanted(d), d->settings.scale_ins_max);
        break;
    case GUARD_STEP:
        writer_print(line, "; %u in several steps", wanted(d));
        break;
    case GUARD_FUTILE:
        writer_print(line, "; more nodes have not helped, so no more are ordered");
        break;
    case GUARD_MODE:
        if (d->settings.mode == MODE_OUT_ONLY)
            writer_print(line, "; mode %s does not allow a scale-in to %u", mode_names[d->settings.mode], wanted(d));
        break;
    case GUARD_MINIMUM:
        put_minimum(line, d);
        break;
    case GUARD_MAXIMUM:
        put_bound(line, d, "maximum", d->settings.nodes_max);
        break;
    case GUARD_NONE:
    case GUARD_NO_DATA:
    case GUARD_ROLL_CALL: /* the states of put_state() */
    case GUARD_PAUSED:
    case GUARD_ELSEWHERE:
    case GUARD_COUNT:
        break;
    }
}

/* "hold 6", "scale up 4 -> 6", or "scale up to at least 6" when nodes may exist that do not carry load. */
static void put_action(struct writer *line, const struct decision *d)
{
    if (d->action == ACTION_HOLD)
        writer_print(line, "hold %u (", d->desired);
    else if (d->action == ACTION_UP && d->to <= d->existing)
        writer_print(line, "scale up to at least %u, %u of them carry load (", d->to, d->carrying);
    else
        writer_print(line, "scale %s %u -> %u (", action_names[d->action], d->existing, d->desired);
}

void decision_sentence(const struct decision *decision, const char *group, char *text, size_t size)
{
    struct writer line = {.text = text, .size = size};

    writer_print(&line, "%s: ", group);
    put_action(&line, decision);
    if (is_blind(decision))
        put_silence(&line, decision);
    else
        put_load(&line, decision);
    put_surplus(&line, decision);
    put_guard(&line, decision);
    put_members(&line, decision);
    put_unknown_signals(&line, decision);
    put_state(&line, decision);
    put_orders(&line, decision);
    writer_print(&line, ")");
}

bool decision_same(const struct decision *a, const struct decision *b)
{
    return a->action == b->action && a->desired == b->desired && a->rule == b->rule && a->guard == b->guard;
}
