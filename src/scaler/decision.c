#include "scaler/decision.h"

#include "common/parse.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#define DECIMALS_MAX 3
#define PERCENT_MAX  100000.0 /* what is shown of a reading that cannot be true */
#define DURATION_LEN 24

const char *const rule_names[] = {"none", "reactive", "forecast", "bounds"};
const char *const guard_names[] = {"none",       "no-data",       "starting",  "silent-nodes", "low",
                                   "projection", "stabilization", "dead-band", "minimum",      "maximum"};
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

    if (known == 0)
        put(line, "no nodes");
    else if (d->guard == GUARD_STARTING)
        put(line, "%u of %u nodes not heard of since the start", o->unreported, known);
    else
        put(line, "%u of %u nodes silent", o->stale, known);
    put(line, ": no decision without data");
}

/* What the decision was about: "cpu 71% now, 88% within 120 s, high 80%". */
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
    if (r == RESOURCE_CPU && d->forecast[r].valid) {
        put(line, ", ");
        put_percent(line, d->forecast_utilisation, high);
        put(line, " within %g s", (double)scaler_horizon_ms(&d->settings) / 1000.0);
    }
    if (d->action != ACTION_HOLD || d->utilisation[r] > high)
        put(line, ", high %.4g%%", high * 100.0);
    if (d->rule == RULE_NONE)
        put(line, ", too little history for a forecast");
    if (r == RESOURCE_CPU && d->saturated)
        put(line, "; saturated, so demand may be more");
    if (r == RESOURCE_MEMORY && d->rule == RULE_REACTIVE)
        put(line, "; more load or a leak");
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

    format_duration(d->settings.stabilization_ms, window, sizeof window);
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
        put(line, "; scale-in by so few nodes is not worth it");
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

    if (decision->guard == GUARD_NO_DATA || decision->guard == GUARD_STARTING) {
        put_silence(&line, decision);
    } else {
        put_load(&line, decision);
        put_guard(&line, decision);
    }
    put(&line, ")");
}

bool decision_same(const struct decision *a, const struct decision *b)
{
    return a->action == b->action && a->desired == b->desired && a->rule == b->rule && a->guard == b->guard;
}
