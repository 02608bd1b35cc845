/* Pure. The settings of a group's scaler, one row each in settings.h: default, range, flag, help. */
#ifndef SCALER_SETTINGS_H
#define SCALER_SETTINGS_H

#include "common/limits.h"
#include "common/setting.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a group is scaled by: what its nodes report, and its signals (signal.h). */
enum resource {
    RESOURCE_CPU,
    RESOURCE_MEMORY,
    RESOURCE_DISK,
    RESOURCE_APP,
    RESOURCE_SIGNAL_0,
    RESOURCE_SIGNAL_1,
    RESOURCE_SIGNAL_2,
    RESOURCE_SIGNAL_3,
    RESOURCE_COUNT,
    RESOURCE_NODE_COUNT = RESOURCE_SIGNAL_0 /* of those that nodes report */
};

/* cpu, memory, disk, app; signal-0 to signal-3 stand for signals whose names are not at hand, see
 * decision_resource_name() */
extern const char *const resource_names[RESOURCE_COUNT];

#define SCALER_TICKS_MAX 4096U /* that a scaler remembers: 1 h of stabilization at a tick of 1 s, and some to spare */

#define SCALE_INS_MAX 64U /* within an hour */

/* Utilisations as shares, 0 to 1: low <= target <= high. */
struct thresholds {
    double high;
    double low; /* 0: scale-in has no such limit */
    double target;
};

enum scale_mode {
    MODE_OFF,      /* the group is watched, no decisions are made */
    MODE_OBSERVE,  /* decisions are made and recorded, nothing is ordered */
    MODE_OUT_ONLY, /* scale-out is ordered, scale-in is not */
    MODE_FULL
};

extern const char *const mode_names[]; /* off, observe, out-only, full */

/* What carries out a group's orders. */
enum scale_actuator {
    ACTUATOR_AUTO, /* hook, if there is a program; else none. Only as a setting: never in a decision */
    ACTUATOR_HOOK,
    ACTUATOR_READER, /* another program reads the desired count (KEDA): publishing a number is ordering it */
    ACTUATOR_NONE
};

extern const char *const actuator_names[]; /* auto, hook, reader, none */

/* Which nodes a scale-in removes first. */
enum scale_victims {
    VICTIMS_LEAST_LOADED,
    VICTIMS_NEWEST,
    VICTIMS_OLDEST,
    VICTIMS_ANY /* the actuator chooses */
};

extern const char *const victims_names[]; /* least-loaded, newest, oldest, any */

/* Which sizes of nodes are believed. */
enum node_sizes {
    NODE_SIZES_SIMILAR, /* those that are similar to the median of the group */
    NODE_SIZES_ANY
};

extern const char *const node_sizes_names[]; /* similar, any */

/* The rows of common/setting.h, without the heading: X(field, KIND, default, SCOPE, "name", "help"). */
#define SCALER_SETTINGS(X) SCALER_THRESHOLD_SETTINGS(X) SCALER_GROUP_SETTINGS(X) SCALER_FORECAST_SETTINGS(X)

/* Those that each resource has. Their fields are arrays, which struct scaler_settings declares. */
#define SCALER_THRESHOLD_SETTINGS(X)                                                                                   \
    SCALER_THRESHOLDS_OF(X, RESOURCE_CPU, "cpu")                                                                       \
    SCALER_THRESHOLDS_OF(X, RESOURCE_MEMORY, "memory")                                                                 \
    SCALER_THRESHOLDS_OF(X, RESOURCE_DISK, "disk")                                                                     \
    SCALER_THRESHOLDS_OF(X, RESOURCE_APP, "app")

#define SCALER_THRESHOLDS_OF(X, resource, name)                                                                        \
    X(thresholds[resource].high, SHARE, 0.80, GROUP, name "-high",                                                     \
      "Maximum " name " utilisation of a group; above it, the scaler adds nodes")                                      \
    X(thresholds[resource].target, SHARE, 0.70, GROUP, name "-target",                                                 \
      "The " name " utilisation that a scale-out aims for until the forecast knows its errors; not set, it follows "   \
      "--" name "-high: 7/8 of it")                                                                                    \
    X(thresholds[resource].low, SHARE, 0.0, GROUP, name "-low",                                                        \
      "No scale-in while " name " utilisation is above this; 0%: no such limit")

#define SCALER_FORECAST_SETTINGS(X)                                                                                    \
    SCALER_FORECAST_OF(X, RESOURCE_CPU, true, "cpu", "Whether the forecast of cpu demand adds nodes")                  \
    SCALER_FORECAST_OF(                                                                                                \
        X, RESOURCE_MEMORY, false, "memory",                                                                           \
        "Whether the forecast of memory demand adds nodes; rising memory use is more often a leak than load")          \
    SCALER_FORECAST_OF(X, RESOURCE_DISK, false, "disk", "Whether the forecast of disk demand adds nodes")              \
    SCALER_FORECAST_OF(X, RESOURCE_APP, true, "app", "Whether the forecast of the application's load adds nodes")

#define SCALER_FORECAST_OF(X, resource, initial, name, help)                                                           \
    X(forecast[resource], SWITCH, initial, GROUP, name "-forecast", help)

#define SCALER_GROUP_SETTINGS(X)                                                                                       \
    X(tick_ms, DURATION(100, SETTING_HOUR_MS), 15 * SETTING_SECOND_MS, RELOAD, "tick",                                 \
      "Interval between decisions; the same for all groups")                                                           \
    X(nodes_min, NUMBER(0, NODES_MAX), 1, GROUP, "min",                                                                \
      "Minimum number of nodes in a group; 0 needs a signal that shows when no node is needed")                        \
    X(nodes_max, LIMIT(1, NODES_MAX), SETTING_LIMIT_UNSET, GROUP, "max",                                               \
      "Maximum number of nodes in a group; none: no limit. Set it for each group whose orders are carried out")        \
    X(mode, CHOICE(enum scale_mode, mode_names, MODE_FULL), MODE_FULL, GROUP, "mode",                                  \
      "What the scaler does: off makes no decisions, observe only records them, out-only adds nodes but never "        \
      "removes any, full adds and removes nodes. Where nothing carries out orders, full and out-only act as observe")  \
    X(actuator, CHOICE(enum scale_actuator, actuator_names, ACTUATOR_NONE), ACTUATOR_AUTO, GROUP, "actuator",          \
      "What carries out orders: hook runs the program of --on-scale, reader is a program that reads the desired "      \
      "count, such as KEDA, none is nothing; auto is hook with --on-scale, and none without it")                       \
    X(victims, CHOICE(enum scale_victims, victims_names, VICTIMS_ANY), VICTIMS_LEAST_LOADED, GROUP, "victims",         \
      "Which nodes a scale-in removes first: least-loaded, newest or oldest; any if the hook can't remove nodes "      \
      "by name")                                                                                                       \
    X(node_sizes, CHOICE(enum node_sizes, node_sizes_names, NODE_SIZES_ANY), NODE_SIZES_SIMILAR, GROUP, "node-sizes",  \
      "Which sizes of nodes are believed: similar, so that a node whose cores, memory or capacity differ from the "    \
      "median of the group by more than a factor of 64 counts as the median, or any")                                  \
    X(longest_interval_ms, DURATION(SETTING_SECOND_MS, SETTING_HOUR_MS), SETTING_MINUTE_MS, GROUP, "longest-interval", \
      "Longest sample interval of a node that the collector waits for: a node without a connection is missing after "  \
      "three intervals, or three times this")                                                                          \
    X(report_ms, DURATION(0, REPORT_MS_MAX), 0, GROUP, "report",                                                       \
      "How long agents may hold samples back, to send several in one frame; no more than a third of the tick counts. " \
      "0: the collector chooses, by the size of the fleet")                                                            \
    X(price, REAL(0, 10000), 12.0, GROUP, "price",                                                                     \
      "Cost of one hour above the high threshold, in hours of the whole mean fleet; a higher price buys a "            \
      "larger safety margin")                                                                                          \
    X(lead_time_ms, DURATION(0, SETTING_DAY_MS), 2 * SETTING_MINUTE_MS, GROUP, "lead-time",                            \
      "Initial estimate of the time from ordering a node to its first sample, used until the scaler has "              \
      "measured enough orders; forecasts look one tick further ahead")                                                 \
    X(warm_up_ms, DURATION(0, SETTING_DAY_MS), 30 * SETTING_SECOND_MS, GROUP, "warm-up",                               \
      "How long the scaler assumes that a new node is as loaded as the others")                                        \
    X(stabilization_ms, DURATION(0, SETTING_DAY_MS), 5 * SETTING_MINUTE_MS, GROUP, "stabilization",                    \
      "Stabilization window: maximum time that fewer nodes must have been sufficient before a scale-in")               \
    X(scale_ins_max, NUMBER(1, SCALE_INS_MAX), 30, GROUP, "scale-ins", "Maximum number of scale-ins per hour")         \
    X(stop_futile, SWITCH, false, GROUP, "stop-futile",                                                                \
      "Stop adding nodes when doubling their number has not reduced utilisation")

struct scaler_settings {
    struct thresholds thresholds[RESOURCE_COUNT]; /* those of signals are taken from the observation */
    bool forecast[RESOURCE_COUNT];                /* whether the forecast of a resource votes; signals the same */
    bool may_be_empty; /* the group has a load signal that shows when no node is needed: nodes_min may be 0 */
    SCALER_GROUP_SETTINGS(SETTING_MEMBER)
};

#define SCALER_SETTINGS_DEFAULT                                                                                        \
    {                                                                                                                  \
        SCALER_SETTINGS(SETTING_DEFAULT)                                                                               \
    }

/* Whether there is a maximum number of nodes. */
static inline bool scaler_settings_is_limited(const struct scaler_settings *settings)
{
    return settings->nodes_max != SETTING_LIMIT_UNSET && settings->nodes_max != SETTING_LIMIT_NONE;
}

/* The maximum number of nodes in force: without a limit, as many as the collector can hold. */
static inline unsigned scaler_settings_max(const struct scaler_settings *settings)
{
    return scaler_settings_is_limited(settings) ? settings->nodes_max : NODES_MAX;
}

/* Whether the actuator chooses the nodes that a scale-in removes. */
static inline bool scaler_settings_any_victim(const struct scaler_settings *settings)
{
    return settings->victims == VICTIMS_ANY || settings->actuator == ACTUATOR_READER;
}

/* Checks each setting's range and how they fit together. Returns 0, or -EINVAL with a text in error that says what is
 * wrong and what is allowed. */
int scaler_settings_check(const struct scaler_settings *settings, char *error, size_t size);

#endif
