#include "scaler/settings.h"

#include "common/limits.h"
#include "common/parse.h"

#include <errno.h>
#include <stdio.h>

#define TICK_MS_MIN 100
#define TARGET_MIN  0.001
#define HOUR_MS     3600000
#define DAY_MS      86400000
#define PRICE_MAX   10000.0
#define DURATION    24 /* characters of a duration in a message */

const char *const resource_names[RESOURCE_COUNT] = {"cpu", "memory", "disk"};
const char *const mode_names[] = {"off", "observe", "out-only", "full"};

/* Comparisons are written so that NaN fails them. */
static int check_share(const char *resource, const char *name, double share, char *error, size_t size)
{
    if (share >= 0.0 && share <= 1.0)
        return 0;
    (void)snprintf(error, size, "%s: %s %.4g%% is outside 0%% to 100%%", resource, name, share * 100.0);
    return -EINVAL;
}

static int check_order(const char *resource, const char *below, double a, const char *above, double b, char *error,
                       size_t size)
{
    if (a <= b)
        return 0;
    (void)snprintf(error, size, "%s: %s %.4g%% is above %s %.4g%%; low <= target <= high is needed", resource, below,
                   a * 100.0, above, b * 100.0);
    return -EINVAL;
}

static int check_thresholds(const char *resource, const struct thresholds *t, char *error, size_t size)
{
    if (check_share(resource, "low", t->low, error, size) != 0 ||
        check_share(resource, "target", t->target, error, size) != 0 ||
        check_share(resource, "high", t->high, error, size) != 0 ||
        check_order(resource, "low", t->low, "target", t->target, error, size) != 0 ||
        check_order(resource, "target", t->target, "high", t->high, error, size) != 0)
        return -EINVAL;
    if (t->target >= TARGET_MIN)
        return 0;
    (void)snprintf(error, size, "%s: target %.4g%% would need endless nodes; it must be at least %.4g%%", resource,
                   t->target * 100.0, TARGET_MIN * 100.0);
    return -EINVAL;
}

static int check_nodes(const struct scaler_settings *s, char *error, size_t size)
{
    if (s->nodes_min >= 1 && s->nodes_min <= s->nodes_max && s->nodes_max <= NODES_MAX)
        return 0;
    (void)snprintf(error, size, "minimum %u and maximum %u nodes: 1 <= minimum <= maximum <= %u is needed",
                   s->nodes_min, s->nodes_max, NODES_MAX);
    return -EINVAL;
}

/* Written so that NaN fails. */
static int check_price(const struct scaler_settings *s, char *error, size_t size)
{
    if (s->price >= 0.0 && s->price <= PRICE_MAX)
        return 0;
    (void)snprintf(error, size, "price %.4g is outside 0 to %.0f", s->price, PRICE_MAX);
    return -EINVAL;
}

static int check_duration(const char *name, int64_t ms, int64_t min_ms, int64_t max_ms, char *error, size_t size)
{
    char given[DURATION];
    char min[DURATION];
    char max[DURATION];

    if (ms >= min_ms && ms <= max_ms)
        return 0;
    format_duration(ms, given, sizeof given);
    format_duration(min_ms, min, sizeof min);
    format_duration(max_ms, max, sizeof max);
    (void)snprintf(error, size, "%s %s is outside %s to %s", name, given, min, max);
    return -EINVAL;
}

static int check_scale_ins(const struct scaler_settings *s, char *error, size_t size)
{
    if (s->scale_ins_max >= 1 && s->scale_ins_max <= SCALE_INS_MAX)
        return 0;
    (void)snprintf(error, size, "%u scale-ins within an hour: 1 to %u are possible", s->scale_ins_max, SCALE_INS_MAX);
    return -EINVAL;
}

/* The window holds a tick at each of its ends. */
static int check_memory(const struct scaler_settings *s, char *error, size_t size)
{
    char window[DURATION];
    char tick[DURATION];

    if (s->stabilization_ms / s->tick_ms < SCALER_TICKS_MAX)
        return 0;
    format_duration(s->stabilization_ms, window, sizeof window);
    format_duration(s->tick_ms, tick, sizeof tick);
    (void)snprintf(error, size,
                   "a stabilization window of %s has more than %u ticks of %s; a longer tick or a shorter window is "
                   "needed",
                   window, SCALER_TICKS_MAX - 1, tick);
    return -EINVAL;
}

int scaler_settings_check(const struct scaler_settings *settings, char *error, size_t size)
{
    for (enum resource r = 0; r < RESOURCE_COUNT; r++)
        if (check_thresholds(resource_names[r], &settings->thresholds[r], error, size) != 0)
            return -EINVAL;
    if (check_nodes(settings, error, size) != 0 || check_price(settings, error, size) != 0 ||
        check_scale_ins(settings, error, size) != 0 ||
        check_duration("tick", settings->tick_ms, TICK_MS_MIN, HOUR_MS, error, size) != 0 ||
        check_duration("lead time", settings->lead_time_ms, 0, DAY_MS, error, size) != 0 ||
        check_duration("warm-up", settings->warm_up_ms, 0, DAY_MS, error, size) != 0 ||
        check_duration("stabilization window", settings->stabilization_ms, 0, DAY_MS, error, size) != 0)
        return -EINVAL;
    return check_memory(settings, error, size);
}
