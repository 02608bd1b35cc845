#include "collector/fleet/node_outlook.h"

#include "collector/fleet/observe.h"

#include <math.h>
#include <stdio.h>

#define WINDOW_MS     300000
#define MEMORY_SOON_S 1800.0
#define AFTER_ALL     2.0 /* an event is over when it is twice as far away as "soon" */
#define POINTS_MIN    8U
#define ALMOST_FULL   0.995 /* of memory: what the metric shows when it is full */

static double limit_of(const struct scaler_settings *settings, enum resource resource)
{
    return resource == RESOURCE_MEMORY ? ALMOST_FULL : settings->thresholds[resource].high;
}

/* As far ahead as the scaler looks: a node ordered now is ready by then. */
static double horizon_s(const struct scaler_settings *settings)
{
    return (double)(settings->lead_time_ms + settings->tick_ms) / 1000.0;
}

struct outlook node_outlook(const struct node *node, const struct scaler_settings *settings, enum resource resource,
                            int64_t now_ms)
{
    double x[NODE_OUTLOOK_POINTS_MAX];
    double y[NODE_OUTLOOK_POINTS_MAX];
    const struct ring *ring = &node->ring;
    unsigned first = ring->count;
    unsigned n = 0;

    while (first > 0 && ring_time_ms(ring, first - 1) > now_ms - WINDOW_MS)
        first--;
    unsigned stride = (ring->count - first + NODE_OUTLOOK_POINTS_MAX - 1) / NODE_OUTLOOK_POINTS_MAX;
    for (unsigned i = ring->count; i > first; i = i > stride ? i - stride : 0) {
        double percent = ring_value(ring, i - 1, observe_metric[resource]);
        if (isnan(percent))
            continue;
        x[n] = (double)(ring_time_ms(ring, i - 1) - now_ms) / 1000.0;
        y[n++] = percent / 100.0;
    }
    if (n < POINTS_MIN)
        return (struct outlook){.until_s = INFINITY};
    return outlook_of(x, y, n, horizon_s(settings), limit_of(settings, resource));
}

static double soon_s(const struct scaler_settings *settings, enum resource resource)
{
    return resource == RESOURCE_MEMORY ? MEMORY_SOON_S : horizon_s(settings);
}

bool node_outlook_is_soon(const struct scaler_settings *settings, enum resource resource, const struct outlook *outlook)
{
    return outlook->valid && outlook->until_s <= soon_s(settings, resource);
}

bool node_outlook_changed(struct node *node, const struct scaler_settings *settings, enum resource resource,
                          const struct outlook *outlook)
{
    uint8_t bit = (uint8_t)(1U << resource);
    bool logged = (node->outlook_logged & bit) != 0;

    if (!outlook->valid)
        return false;
    if (!logged && node_outlook_is_soon(settings, resource, outlook)) {
        node->outlook_logged |= bit;
        return true;
    }
    if (logged && outlook->until_s > AFTER_ALL * soon_s(settings, resource)) {
        node->outlook_logged &= (uint8_t)~bit;
        return true;
    }
    return false;
}

static void format_about(double seconds, char *text, size_t size)
{
    if (seconds < 100.0)
        snprintf(text, size, "%.0f s", ceil(seconds / 10.0) * 10.0);
    else if (seconds < 6000.0)
        snprintf(text, size, "%.0f min", round(seconds / 60.0));
    else
        snprintf(text, size, "%.0f h", round(seconds / 3600.0));
}

/* The utilisation by the newest sample, as the page shows it next to the sentence; without one, by the line. */
static double reading(const struct node *node, enum resource resource, const struct outlook *outlook)
{
    unsigned count = node->ring.count;
    double percent = count > 0 ? ring_value(&node->ring, count - 1, observe_metric[resource]) : NAN;

    return isnan(percent) ? outlook->now : percent / 100.0;
}

/* When line and reading are on different sides of the limit, the sentence says so instead of contradicting itself. */
static void format_when(const struct outlook *outlook, bool above, const char *limit, char *text, size_t size)
{
    char about[32];

    if (isinf(outlook->until_s)) {
        snprintf(text, size, above ? "%s for now" : "no longer expected to be %s soon", limit);
    } else if (above) {
        snprintf(text, size, "%s", limit);
    } else if (outlook->until_s <= 0.0) {
        snprintf(text, size, "%s by the trend of the last minutes", limit);
    } else {
        format_about(outlook->until_s, about, sizeof about);
        snprintf(text, size, "%s in about %s", limit, about);
    }
}

void node_outlook_sentence(const struct node *node, const struct scaler_settings *settings, enum resource resource,
                           const struct outlook *outlook, char *text, size_t size)
{
    double now = reading(node, resource, outlook);
    char limit[32];
    char when[80];

    snprintf(limit, sizeof limit, resource == RESOURCE_MEMORY ? "full" : "above %.4g%%",
             100.0 * settings->thresholds[resource].high);
    format_when(outlook, now >= limit_of(settings, resource), limit, when, sizeof when);
    snprintf(text, size, "%s: %s %.0f%% now, %s", node->id, resource_names[resource], 100.0 * now, when);
}
