#include "scaler/settings.h"

#include "common/error_text.h"
#include "common/format.h"
#include "common/limits.h"

#include <errno.h>

#define TARGET_MIN 0.001
#define HIGH_MIN   0.01 /* up to here, a fraction was written instead of a percentage: 0.8 for 80% */

const char *const resource_names[RESOURCE_COUNT] = {"cpu",      "memory",   "disk",     "app",
                                                    "signal-0", "signal-1", "signal-2", "signal-3"};
const char *const mode_names[] = {"off", "observe", "out-only", "full"};
const char *const actuator_names[] = {"auto", "hook", "reader", "none"};
const char *const node_sizes_names[] = {"similar", "any"};
const char *const victims_names[] = {"least-loaded", "newest", "oldest", "any"};

static const struct scaler_settings defaults = SCALER_SETTINGS_DEFAULT;

#define ROW(field, kind, value, scope, ...)                                                                            \
    SETTING_ROW(struct scaler_settings, defaults, field, kind, value, scope, 0, __VA_ARGS__)

static const struct setting rows[] = {SCALER_SETTINGS(ROW)};

static int check_ranges(const struct scaler_settings *settings, char *error, size_t size)
{
    int rc = 0;

    for (size_t i = 0; i < sizeof rows / sizeof *rows && rc == 0; i++)
        rc = setting_check(&rows[i], setting_field(&rows[i], settings), error, size);
    return rc;
}

static int check_thresholds(const char *resource, const struct thresholds *t, char *error, size_t size)
{
    if (t->high <= HIGH_MIN)
        return error_text_set(error, size, -EINVAL,
                              "%s: high must be above %.4g%%, got %.4g%%; write it in percent, for example 80%%",
                              resource, HIGH_MIN * 100.0, t->high * 100.0);
    if (t->low > t->target)
        return error_text_set(error, size, -EINVAL,
                              "%s: low <= target <= high must hold, got low %.4g%% and target %.4g%%", resource,
                              t->low * 100.0, t->target * 100.0);
    if (t->target > t->high)
        return error_text_set(error, size, -EINVAL,
                              "%s: low <= target <= high must hold, got target %.4g%% and high %.4g%%", resource,
                              t->target * 100.0, t->high * 100.0);
    if (t->target < TARGET_MIN)
        return error_text_set(error, size, -EINVAL, "%s: target must be at least %.4g%%, got %.4g%%", resource,
                              TARGET_MIN * 100.0, t->target * 100.0);
    return 0;
}

/* The window holds a tick at each of its ends. */
static int check_window(const struct scaler_settings *s, char *error, size_t size)
{
    char window[24], tick[24];

    if (s->stabilization_ms / s->tick_ms < SCALER_TICKS_MAX)
        return 0;
    format_duration(s->stabilization_ms, window, sizeof window);
    format_duration(s->tick_ms, tick, sizeof tick);
    return error_text_set(error, size, -EINVAL,
                          "a stabilization window of %s has more than %u ticks of %s; use a longer tick or a shorter "
                          "window",
                          window, SCALER_TICKS_MAX - 1, tick);
}

int scaler_settings_check(const struct scaler_settings *settings, char *error, size_t size)
{
    int rc = check_ranges(settings, error, size);

    for (enum resource r = 0; r < RESOURCE_NODE_COUNT && rc == 0; r++)
        rc = check_thresholds(resource_names[r], &settings->thresholds[r], error, size);
    if (rc == 0 && settings->nodes_min == 0 && !settings->may_be_empty)
        rc = error_text_set(error, size, -EINVAL,
                            "min = 0 needs a signal of kind load that shows when no node is needed (a program, or "
                            "empty = 0), and a section [group NAME]; add them, or set min to 1");
    if (rc == 0 && settings->nodes_min > scaler_settings_max(settings))
        rc = error_text_set(error, size, -EINVAL, "minimum <= maximum must hold, got minimum %u and maximum %u nodes",
                            settings->nodes_min, settings->nodes_max);
    return rc == 0 ? check_window(settings, error, size) : rc;
}
