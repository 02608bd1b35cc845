#include "scaler/decision.h"

#include "common/format.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#define DECIMALS_MAX 3
#define PERCENT_MAX  100000.0 /* what is shown of a reading that cannot be true */
#define DURATION_LEN 24

const char *const rule_names[] = {"none", "reactive", "forecast", "bounds"};
const char *const guard_names[GUARD_COUNT] = {
    "none",      "no-data",    "starting", "mode", "silent-nodes", "low",     "projection", "stabilization",
    "dead-band", "unrecorded", "churn",    "step", "futile",       "minimum", "maximum",
};
const char *const action_names[] = {"hold", "up", "down"};

/* A line that grows at its end and is cut at its size. */
struct line {
    char *text;
    size_t size;
    size_t len;
};

__attribute__((format(printf, 2, 3))) static void put(struct line *line, const char *format, ...)
{
    va_list args;

    if (line->len >= line->size)
        return;
    va_start(args, format);
    int n = vsnprintf(line->text + line->len, line->size - line->len, format, args);
    va_end(args);
    if (n > 0)
        line->len += (size_t)n;
}

/* A share in whole percent, or in as many decimals as show on which side of the limit it is. */
static void put_percent(struct line *line, double share, double limit)
{
    double percent = fmin(share * 100.0, PERCENT_MAX);
    double bound = limit * 100.0;
    double unit = 1.0;
    int decimals = 0;

    while (decimals < DECIMALS_MAX && (round(percent * unit) / unit > bound) != (percent > bound)) {
        decimals++;
        unit *= 10.0;
    }
    put(line, "%.*f%%", decimals, percent);
}

static bool is_reported(const struct decision *d, enum resource resource)
{
    return d->observed.resource[resource].nodes > 0;
}

static void put_silence(struct line *line, const struct decision *d)
{
    const struct group_observation *o = &d->observed;
    unsigned known = o->live + o->stale + o->unreported;

    if (d->guard == GUARD_MODE)
        put(line, "the mode is off");
    else if (known == 0)
        put(line, "no nodes");
    else if (d->guard == GUARD_STARTING)
        put(line, "%u of %u nodes not heard of since the start", o->unreported, known);
    else
        put(line, "%u of %u nodes silent", o->stale, known);
    if (d->guard != GUARD_MODE)
        put(line, ": no decision without data");
}

double decision_forecast_utilisation(const struct decision *decision, enum resource resource)
{
    const struct resource_observation *o = &decision->observed.resource[resource];

    if (!decision->forecast[resource].valid || o->nodes == 0)
        return NAN;
    return decision->forecast[resource].bound / (o->capacity / o->nodes * decision->observed.live);
}

static void put_forecast(struct line *line, const struct decision *d, enum resource r)
{
    double utilisation = decision_forecast_utilisation(d, r);

    if (!d->settings.forecast[r] || isnan(utilisation))
        return;
    put(line, ", ");
    put_percent(line, utilisation, d->settings.thresholds[r].high);
    put(line, " within %g s", (double)d->forecast[r].horizon_ms / 1000.0);
}

/* What the decision was about: "cpu 71% now, 88% within 135 s, high 80%". */
static void put_load(struct line *line, const struct decision *d)
{
    enum resource r = d->resource;
    double high = d->settings.thresholds[r].high;

    if (!is_reported(d, r)) {
        put(line, "no %s reading", resource_names[r]);
        return;
    }
    put(line, "%s ", resource_names[r]);
    put_percent(line, d->utilisation[r], high);
    put(line, " now");
    put_forecast(line, d, r);
    if (d->action != ACTION_HOLD || d->utilisation[r] > high)
        put(line, ", high %.4g%%", high * 100.0);
    if (d->saturated[r])
        put(line, "; saturated, so demand may be more");
    if (r == RESOURCE_MEMORY && d->rule == RULE_REACTIVE)
        put(line, "; more load or a leak");
}

static void put_orders(struct line *line, const struct decision *d)
{
    if (d->pending > 0)
        put(line, "; %u ordered and on the way", d->pending);
    if (d->leaving > 0)
        put(line, "; %u on the way out", d->leaving);
    if (d->expired > 0)
        put(line, "; %u never came and %s given up", d->expired, d->expired == 1 ? "is" : "are");
    if (d->futile && d->guard != GUARD_FUTILE)
        put(line, "; more nodes have not helped");
}

/* "7 -> 5, the maximum", unless the vote lies within the bound and a guard went beyond it. */
static void put_bound(struct line *line, const struct decision *d, const char *name, unsigned bound)
{
    if (d->raw != d->desired && (d->raw < bound) == (d->guard == GUARD_MINIMUM))
        put(line, "; %u -> %u, the %s", d->raw, d->desired, name);
    else
        put(line, "; the %s is %u", name, bound);
}

static void put_low(struct line *line, const struct decision *d)
{
    double low = d->settings.thresholds[d->guard_resource].low;

    put(line, "; scale-in to %u waits for %s, ", d->raw, resource_names[d->guard_resource]);
    put_percent(line, d->utilisation[d->guard_resource], low);
    put(line, " now, to fall to low %.4g%%", low * 100.0);
}

static void put_stabilization(struct line *line, const struct decision *d)
{
    char window[DURATION_LEN];

    format_duration(d->window_ms, window, sizeof window);
    put(line, "; scale-in to %u waits for the stabilization window, %s", d->raw, window);
}

static void put_guard(struct line *line, const struct decision *d)
{
    unsigned silent = d->observed.stale;

    switch (d->guard) {
    case GUARD_SILENT_NODES:
        put(line, "; for a scale-in to %u the %u silent node%s count%s as busy", d->raw, silent, silent == 1 ? "" : "s",
            silent == 1 ? "s" : "");
        break;
    case GUARD_LOW:
        put_low(line, d);
        break;
    case GUARD_PROJECTION:
        put(line, "; scale-in to %u would bring %s above %.4g%%", d->raw, resource_names[d->guard_resource],
            d->settings.thresholds[d->guard_resource].high * 100.0);
        break;
    case GUARD_STABILIZATION:
        put_stabilization(line, d);
        break;
    case GUARD_DEAD_BAND:
        put(line, "; %u would be too small a change", d->raw);
        break;
    case GUARD_UNRECORDED:
        put(line, "; no scale-in while decisions.csv can't be written");
        break;
    case GUARD_CHURN:
        put(line, "; scale-in to %u waits: %u within the hour are the most", d->raw, d->settings.scale_ins_max);
        break;
    case GUARD_STEP:
        put(line, "; %u in several steps", d->raw);
        break;
    case GUARD_FUTILE:
        put(line, "; more nodes have not helped, so no more are ordered");
        break;
    case GUARD_MODE:
        put(line, "; scale-in to %u is not for the mode %s", d->raw, mode_names[d->settings.mode]);
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
    struct line line = {.text = text, .size = size};

    if (decision->action == ACTION_HOLD)
        put(&line, "%s: hold %u (", group, decision->desired);
    else
        put(&line, "%s: scale %s %u -> %u (", group, action_names[decision->action], decision->current,
            decision->desired);

    bool off = decision->settings.mode == MODE_OFF;
    if (off || decision->guard == GUARD_NO_DATA || decision->guard == GUARD_STARTING) {
        put_silence(&line, decision);
    } else {
        put_load(&line, decision);
        put_guard(&line, decision);
        if (decision->observed.stale > 0 && decision->guard != GUARD_SILENT_NODES)
            put(&line, "; %u silent", decision->observed.stale);
    }
    put_orders(&line, decision);
    put(&line, ")");
}

bool decision_same(const struct decision *a, const struct decision *b)
{
    return a->action == b->action && a->desired == b->desired && a->rule == b->rule && a->guard == b->guard;
}
