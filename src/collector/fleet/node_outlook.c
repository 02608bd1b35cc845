#include "collector/fleet/node_outlook.h"

#include "collector/fleet/node_weight.h"
#include "collector/fleet/observe.h"
#include "common/format.h"

#include <math.h>
#include <stdio.h>

#define WINDOW_MS     300000
#define MEMORY_SOON_S 1800.0
#define AFTER_ALL     2.0  /* an event is over when it is twice as far away as "soon" ... */
#define BELOW_AGAIN   0.95 /* ... and the line is clearly below the limit: a plateau at the limit is one event */
#define POINTS_MIN    8U
#define ALMOST_FULL   0.985 /* of memory, which is shown as 99%: the kernel keeps a rest for itself */
#define LEVEL_BITS    2U

static double high_of(const struct scaler_settings *settings, enum resource resource)
{
    return settings->thresholds[resource].high;
}

static double limit_of(const struct scaler_settings *settings, enum resource resource)
{
    return resource == RESOURCE_MEMORY ? ALMOST_FULL : high_of(settings, resource);
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
    double weight = resource == RESOURCE_APP ? node_weight_of(node, resource) : 0.0;
    unsigned first = ring_first_after(ring, now_ms - WINDOW_MS);
    unsigned n = 0;

    unsigned stride = (ring->count - first + NODE_OUTLOOK_POINTS_MAX - 1) / NODE_OUTLOOK_POINTS_MAX;
    for (unsigned i = ring->count; i > first; i = i > stride ? i - stride : 0) {
        double value = ring_value(ring, i - 1, observe_metric[resource]);
        double share = node_weight_share_of(weight, resource, value);
        if (isnan(share))
            continue;
        x[n] = (double)(ring_time_ms(ring, i - 1) - now_ms) / 1000.0;
        y[n++] = share;
    }
    if (n < POINTS_MIN)
        return (struct outlook){.until_s = INFINITY};
    return outlook_of(x, y, n, horizon_s(settings), limit_of(settings, resource));
}

/* ---- levels ---- */

/* Whether the limit is reached or will be soon. before: it was, and stays so until the line is clearly away from it. */
static bool is_near(const struct outlook *outlook, double limit, double soon, bool before)
{
    if (!before)
        return outlook->until_s <= soon;
    return outlook->until_s <= AFTER_ALL * soon || outlook->now >= BELOW_AGAIN * limit;
}

/* Memory has two limits: `high`, which is said once the line is above it, and its end, which is foreseen. */
static enum node_outlook_level level_after(const struct scaler_settings *settings, enum resource resource,
                                           const struct outlook *outlook, enum node_outlook_level before)
{
    double high = high_of(settings, resource);

    if (resource != RESOURCE_MEMORY)
        return is_near(outlook, high, horizon_s(settings), before != NODE_OUTLOOK_BELOW) ? NODE_OUTLOOK_HIGH
                                                                                         : NODE_OUTLOOK_BELOW;
    if (is_near(outlook, ALMOST_FULL, MEMORY_SOON_S, before == NODE_OUTLOOK_FULL))
        return NODE_OUTLOOK_FULL;
    if (outlook->now > (before == NODE_OUTLOOK_BELOW ? high : BELOW_AGAIN * high))
        return NODE_OUTLOOK_HIGH;
    return NODE_OUTLOOK_BELOW;
}

static enum node_outlook_level logged_level(const struct node *node, enum resource resource)
{
    return node->outlook_logged >> LEVEL_BITS * resource & ((1U << LEVEL_BITS) - 1);
}

bool node_outlook_changed(struct node *node, const struct scaler_settings *settings, enum resource resource,
                          const struct outlook *outlook)
{
    enum node_outlook_level before = logged_level(node, resource);

    if (!outlook->valid)
        return false;
    enum node_outlook_level after = level_after(settings, resource, outlook, before);
    node->outlook_logged ^= (uint8_t)((before ^ after) << LEVEL_BITS * resource);
    return after != before;
}

/* ---- the newest sample ---- */

/* NAN: it does not have the resource, or there is none. */
static double newest(const struct node *node, enum resource resource)
{
    unsigned count = node->ring.count;

    return count > 0 ? node_weight_share(node, resource, ring_value(&node->ring, count - 1, observe_metric[resource]))
                     : NAN;
}

bool node_outlook_is_high(const struct node *node, const struct scaler_settings *settings, enum resource resource)
{
    return newest(node, resource) > high_of(settings, resource);
}

bool node_outlook_is_news(const struct node *node, const struct scaler_settings *settings, enum resource resource,
                          const struct outlook *outlook)
{
    if (!outlook->valid)
        return false;
    return node_outlook_is_high(node, settings, resource) ||
           level_after(settings, resource, outlook, NODE_OUTLOOK_BELOW) != NODE_OUTLOOK_BELOW;
}

/* ---- the sentence ---- */

/* The utilisation as the page shows it next to the sentence; without a newest sample, by the line. */
static double reading(const struct node *node, enum resource resource, const struct outlook *outlook)
{
    double share = newest(node, resource);

    return isnan(share) ? outlook->now : share;
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
    double high = high_of(settings, resource);
    char above[32], when[80];

    snprintf(above, sizeof above, "above %.4g%%", 100.0 * high);
    if (resource != RESOURCE_MEMORY)
        format_when(outlook, now >= high, above, when, sizeof when);
    else if (isinf(outlook->until_s) && now < ALMOST_FULL)
        snprintf(when, sizeof when, "%s%.4g%%, not expected to be full soon", now > high ? "above " : "not above ",
                 100.0 * high);
    else
        format_when(outlook, now >= ALMOST_FULL, "full", when, sizeof when);
    snprintf(text, size, "%s: %s %.0f%% now, %s", node->id, resource_names[resource], 100.0 * now, when);
}
