#include "scaler/decision.h"

#include "common/format.h"
#include "common/writer.h"

#include <assert.h>
#include <math.h>

#define DECIMALS_MAX 3
#define PERCENT_MAX  100000.0 /* shown for any larger reading, which cannot be true */
#define DURATION_LEN 24

const char *const rule_names[] = {
    [RULE_NONE] = "none",
    [RULE_REACTIVE] = "reactive",
    [RULE_FORECAST] = "forecast",
    [RULE_BOUNDS] = "bounds",
};
const char *const guard_names[] = {
    [GUARD_NONE] = "none",
    [GUARD_NO_DATA] = "no-data",
    [GUARD_STARTING] = "starting",
    [GUARD_MODE] = "mode",
    [GUARD_SILENT_NODES] = "silent-nodes",
    [GUARD_LOW] = "low",
    [GUARD_PROJECTION] = "projection",
    [GUARD_STABILIZATION] = "stabilization",
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

static bool is_reported(const struct decision *d, enum resource resource)
{
    return d->observed.resource[resource].nodes > 0;
}

/* Why there is no decision. */
static void put_silence(struct writer *line, const struct decision *d)
{
    const struct group_observation *o = &d->observed;
    unsigned known = o->live + o->missing + o->unreported;

    if (d->guard == GUARD_MODE)
        writer_print(line, "the mode is off");
    else if (known == 0)
        writer_print(line, "no nodes");
    else if (d->guard == GUARD_STARTING)
        writer_print(line, "%u of %u nodes have not reported since the start", o->unreported, known);
    else
        writer_print(line, "%u of %u nodes silent", o->missing, known);
    if (d->guard != GUARD_MODE)
        writer_print(line, ": no decision without data");
}

double decision_forecast_utilisation(const struct decision *decision, enum resource resource)
{
    const struct resource_observation *o = &decision->observed.resource[resource];

    if (!decision->forecast[resource].valid || o->nodes == 0)
        return NAN;
    return decision->forecast[resource].bound / (o->capacity / o->nodes * decision->observed.live);
}

static void put_forecast(struct writer *line, const struct decision *d, enum resource r)
{
    double utilisation = decision_forecast_utilisation(d, r);

    if (!d->settings.forecast[r] || isnan(utilisation))
        return;
    writer_print(line, ", ");
    put_percent(line, utilisation, d->settings.thresholds[r].high);
    writer_print(line, " within %g s", (double)d->forecast[r].horizon_ms / 1000.0);
}

/* The load of the resource that decided: "cpu 71% now, 88% within 135 s, high 80%". */
static void put_load(struct writer *line, const struct decision *d)
{
    enum resource r = d->resource;
    double high = d->settings.thresholds[r].high;

    if (!is_reported(d, r)) {
        writer_print(line, "no %s reading", resource_names[r]);
        return;
    }
    writer_print(line, "%s ", resource_names[r]);
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

/* Open orders and failed ones. */
static void put_orders(struct writer *line, const struct decision *d)
{
    if (d->pending > 0)
        writer_print(line, "; %u ordered and pending", d->pending);
    if (d->leaving > 0)
        writer_print(line, "; %u leaving", d->leaving);
    if (d->expired > 0)
        writer_print(line, "; %u never joined and %s given up", d->expired, d->expired == 1 ? "was" : "were");
    if (d->futile && d->guard != GUARD_FUTILE)
        writer_print(line, "; more nodes have not helped");
}

/* "7 -> 5, the maximum"; or "the maximum is 5" if the vote lies within the bound and a guard went beyond it. */
static void put_bound(struct writer *line, const struct decision *d, const char *name, unsigned bound)
{
    if (d->raw != d->desired && (d->raw < bound) == (d->guard == GUARD_MINIMUM))
        writer_print(line, "; %u -> %u, the %s", d->raw, d->desired, name);
    else
        writer_print(line, "; the %s is %u", name, bound);
}

static void put_low(struct writer *line, const struct decision *d)
{
    double low = d->settings.thresholds[d->guard_resource].low;

    writer_print(line, "; scale-in to %u waits for %s, ", d->raw, resource_names[d->guard_resource]);
    put_percent(line, d->utilisation[d->guard_resource], low);
    writer_print(line, " now, to fall to low %.4g%%", low * 100.0);
}

static void put_stabilization(struct writer *line, const struct decision *d)
{
    char window[DURATION_LEN];

    format_duration(d->window_ms, window, sizeof window);
    writer_print(line, "; scale-in to %u waits for the stabilization window, %s", d->raw, window);
}

/* The guard that changed the outcome, as a clause. */
static void put_guard(struct writer *line, const struct decision *d)
{
    unsigned silent = d->observed.missing;

    switch (d->guard) {
    case GUARD_SILENT_NODES:
        writer_print(line, "; for a scale-in to %u the %u silent node%s count%s as busy", d->raw, silent,
                     silent == 1 ? "" : "s", silent == 1 ? "s" : "");
        break;
    case GUARD_LOW:
        put_low(line, d);
        break;
    case GUARD_PROJECTION:
        writer_print(line, "; scale-in to %u would bring %s above %.4g%%", d->raw, resource_names[d->guard_resource],
                     d->settings.thresholds[d->guard_resource].high * 100.0);
        break;
    case GUARD_STABILIZATION:
        put_stabilization(line, d);
        break;
    case GUARD_DEAD_BAND:
        writer_print(line, "; %u would be too small a change", d->raw);
        break;
    case GUARD_UNRECORDED:
        writer_print(line, "; no scale-in while decisions.csv can't be written");
        break;
    case GUARD_CHURN:
        writer_print(line, "; scale-in to %u waits: at most %u within the hour", d->raw, d->settings.scale_ins_max);
        break;
    case GUARD_STEP:
        writer_print(line, "; %u in several steps", d->raw);
        break;
    case GUARD_FUTILE:
        writer_print(line, "; more nodes have not helped, so no more are ordered");
        break;
    case GUARD_MODE:
        writer_print(line, "; mode %s does not allow a scale-in to %u", mode_names[d->settings.mode], d->raw);
        break;
    case GUARD_MINIMUM:
        put_bound(line, d, "minimum", d->settings.nodes_min);
        break;
    case GUARD_MAXIMUM:
        put_bound(line, d, "maximum", d->settings.nodes_max);
        break;
    case GUARD_NONE:
    case GUARD_NO_DATA:
    case GUARD_STARTING:
    case GUARD_COUNT:
        break;
    }
}

void decision_sentence(const struct decision *decision, const char *group, char *text, size_t size)
{
    struct writer line = {.text = text, .size = size};

    if (decision->action == ACTION_HOLD)
        writer_print(&line, "%s: hold %u (", group, decision->desired);
    else
        writer_print(&line, "%s: scale %s %u -> %u (", group, action_names[decision->action], decision->current,
                     decision->desired);

    bool off = decision->settings.mode == MODE_OFF;
    if (off || decision->guard == GUARD_NO_DATA || decision->guard == GUARD_STARTING) {
        put_silence(&line, decision);
    } else {
        put_load(&line, decision);
        put_guard(&line, decision);
        if (decision->observed.missing > 0 && decision->guard != GUARD_SILENT_NODES)
            writer_print(&line, "; %u silent", decision->observed.missing);
    }
    put_orders(&line, decision);
    writer_print(&line, ")");
}

bool decision_same(const struct decision *a, const struct decision *b)
{
    return a->action == b->action && a->desired == b->desired && a->rule == b->rule && a->guard == b->guard;
}
