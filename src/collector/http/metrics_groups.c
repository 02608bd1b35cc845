#include "collector/http/metrics_groups.h"

#include "collector/autoscale/decision_series.h"

#include <math.h>

enum group_number {
    GROUP_NODES,
    GROUP_DEMAND,
    GROUP_CAPACITY,
    GROUP_UTILISATION,
    GROUP_HIGH,
    GROUP_FS_FULLEST,
    GROUP_FS_FILLING,
    GROUP_ABOVE_HIGH,
    GROUP_ERROR,
    GROUP_DESIRED,
    GROUP_MIN,
    GROUP_MAX,
    GROUP_DECISIONS,
    GROUP_CONDITION,
    GROUP_ORDERS_EXPECTED,
    GROUP_PINNED,
    GROUP_PAUSED,
    GROUP_REPORT,
    GROUP_SIGNAL_VALUE,
    GROUP_SIGNAL_AGE,
    GROUP_SIGNAL_MISSING
};

/* Fields of its last decision. */
static const char *const forecast_values[] = {"expected", "low", "high", "sized_for"};
static const enum decision_field_id forecast_fields[] = {DECISION_FIELD_CPU_FORECAST, DECISION_FIELD_CPU_FORECAST_LOW,
                                                         DECISION_FIELD_CPU_FORECAST_HIGH,
                                                         DECISION_FIELD_CPU_FORECAST_BOUND};
static const char *const paused_names[] = {"all", "scale-in"};
static const char *const price_names[] = {"promised", "paid"};
static const enum decision_field_id price_fields[] = {DECISION_FIELD_PRICE_PROMISED, DECISION_FIELD_PRICE_PAID};
static const enum decision_field_id coverage_field[] = {DECISION_FIELD_COVERAGE};
static const enum decision_field_id existing_field[] = {DECISION_FIELD_EXISTING};
static const enum decision_field_id needed_field[] = {DECISION_FIELD_RAW};
static const enum decision_field_id pending_field[] = {DECISION_FIELD_PENDING};
static const enum decision_field_id lead_time_field[] = {DECISION_FIELD_LEAD_TIME_S};
static const enum decision_field_id age_field[] = {DECISION_FIELD_AGE_S};

static struct scaler_settings settings_of(const struct metrics_source *from)
{
    return answer_group_settings(from->world, from->group->name, from->wall_ms);
}

/* 1 or 0; NaN before the first tick of the group. */
static double condition_number(const struct metrics_source *from, unsigned id)
{
    const struct condition *condition = &from->world->conditions->groups[from->group->index].of[id];

    return condition->since_ms != 0 ? (double)condition->holds : NAN;
}

static double pinned_number(const struct metrics_source *from)
{
    const struct override *pin = overrides_pin(from->world->overrides, from->group->name);

    return pin != NULL ? (double)pin->nodes : NAN;
}

static double paused_number(const struct metrics_source *from, unsigned i)
{
    const struct override *pause = overrides_pause(from->world->overrides, from->group->name);

    return pause != NULL && (i > 0 || pause->kind == OVERRIDE_PAUSE);
}

static double max_number(const struct metrics_source *from)
{
    const struct scaler_settings settings = settings_of(from);

    return scaler_settings_is_limited(&settings) ? (double)settings.nodes_max : NAN;
}

static double desired_number(const struct metrics_source *from)
{
    unsigned desired = 0;

    return decision_history_desired(from->history, &desired) ? (double)desired : NAN;
}

/* A missing signal has no value, and the age of its last one. */
static double signal_number(const struct metrics_source *from, enum group_number number,
                            const struct signal_entry *entry)
{
    struct signal_status status;

    signal_table_status(from->world->signals, entry, from->now_ms, &status);
    if (number == GROUP_SIGNAL_MISSING)
        return (double)entry->missing_ticks;
    if (number == GROUP_SIGNAL_AGE)
        return entry->has_value ? (double)status.age_ms / 1000.0 : NAN;
    return status.state == SIGNAL_PRESENT ? entry->value : NAN;
}

static double number_of(const struct metrics_source *from, enum group_number number, unsigned i)
{
    bool reported = i < RESOURCE_NODE_COUNT && from->now->resource[i].capacity > 0;

    switch (number) {
    case GROUP_NODES:
        return answer_group_nodes(from->world, from->group, (enum liveness)i);
    case GROUP_DEMAND:
        return reported ? from->now->resource[i].demand : NAN;
    case GROUP_CAPACITY:
        return reported ? from->now->resource[i].capacity : NAN;
    case GROUP_UTILISATION:
        return reported ? from->now->resource[i].demand / from->now->resource[i].capacity : NAN;
    case GROUP_HIGH:
        return i == RESOURCE_APP && !reported ? NAN : settings_of(from).thresholds[i].high;
    case GROUP_FS_FULLEST:
        return from->now->fs.nodes > 0 ? from->now->fs.fullest : NAN;
    case GROUP_FS_FILLING:
        return from->now->fs.nodes > 0 ? (double)from->now->filling.count : NAN;
    case GROUP_ABOVE_HIGH:
        return from->now->above_high.count;
    case GROUP_ERROR:
        return from->history->decided ? from->history->forecast_error : NAN;
    case GROUP_DESIRED:
        return desired_number(from);
    case GROUP_MIN:
        return settings_of(from).nodes_min;
    case GROUP_MAX:
        return max_number(from);
    case GROUP_DECISIONS:
        return (double)from->history->decisions[i];
    case GROUP_CONDITION:
        return condition_number(from, i);
    case GROUP_ORDERS_EXPECTED:
        return from->history->decided ? (double)conditions_expect_orders(&from->history->last) : NAN;
    case GROUP_PINNED:
        return pinned_number(from);
    case GROUP_PAUSED:
        return paused_number(from, i);
    case GROUP_REPORT:
        return from->group->report.ms / 1000.0;
    case GROUP_SIGNAL_VALUE:
    case GROUP_SIGNAL_AGE:
    case GROUP_SIGNAL_MISSING:
        return signal_number(from, number, &from->signals[i]);
    }
    return NAN;
}

/* NaN when nothing is decided yet. */
static double decision_number(const struct metrics_source *from, enum decision_field_id id)
{
    const struct decision_record record = {.group = from->group->name, .decision = &from->history->last};
    const struct decision_field *field = &decision_fields[id];

    if (from->history == NULL || !from->history->decided)
        return NAN;
    struct decision_value value = decision_fields_value(field, &record, field->resource);
    return decision_fields_base_unit(&value);
}

static const struct metrics_family families[] = {
    {DECISION_SERIES_NODES, "gauge", "Nodes of a group by state.",
     METRICS_LABEL("state", liveness_names, NODE_GONE + 1), .number = GROUP_NODES},
    {DECISION_SERIES_DEMAND, "gauge",
     "Demand by the newest samples: cores, bytes of memory, disks, the application's unit.",
     METRICS_LABEL("resource", resource_names, RESOURCE_NODE_COUNT), .number = GROUP_DEMAND},
    {DECISION_SERIES_CAPACITY, "gauge",
     "Capacity of the live nodes: cores, bytes of memory, disks, the application's unit.",
     METRICS_LABEL("resource", resource_names, RESOURCE_NODE_COUNT), .number = GROUP_CAPACITY},
    {DECISION_SERIES_UTILISATION, "gauge", "Demand over capacity of the live nodes.",
     METRICS_LABEL("resource", resource_names, RESOURCE_NODE_COUNT), .number = GROUP_UTILISATION},
    {"headroom_group_high_ratio", "gauge", "Upper limit of utilisation.",
     METRICS_LABEL("resource", resource_names, RESOURCE_NODE_COUNT), .number = GROUP_HIGH},
    {"headroom_group_fs_fullest_ratio", "gauge", "How full the fullest file system of the live nodes is.",
     .number = GROUP_FS_FULLEST},
    {"headroom_group_fs_filling_nodes", "gauge",
     "Live nodes whose fullest file system is full, or expected to be within 6 h.", .number = GROUP_FS_FILLING},
    {"headroom_group_above_high_nodes", "gauge",
     "Live nodes with a resource above its upper limit, or expected to be within minutes.", .number = GROUP_ABOVE_HIGH},
    {"headroom_group_forecast_demand_cores", "gauge",
     "Cpu demand expected at the horizon, the interval that should contain 90 % of outcomes, and the demand that the "
     "group is "
     "sized for.",
     METRICS_LABEL("value", forecast_values, 4), .fields = forecast_fields},
    {"headroom_group_forecast_coverage_ratio", "gauge", "Share of outcomes within their forecast interval.",
     .fields = coverage_field},
    {"headroom_group_forecast_error_cores", "gauge",
     "Cpu demand at the last tick, minus the forecast made one horizon earlier.", .number = GROUP_ERROR},
    {"headroom_group_forecast_price", "gauge", "Cost of decisions by forecast, promised and paid, in mean fleets.",
     METRICS_LABEL("price", price_names, 2), .fields = price_fields},
    {DECISION_SERIES_EXISTING, "gauge",
     "Nodes that may exist: those that report, are missing or are on order, or the actuator's count.",
     .fields = existing_field},
    {"headroom_group_needed_nodes", "gauge", "Nodes that the load needs, before min, max and pins; 0: not known.",
     .fields = needed_field},
    {DECISION_SERIES_PENDING, "gauge", "Nodes that were ordered and have not arrived yet.", .fields = pending_field},
    {"headroom_group_lead_time_seconds", "gauge",
     "Time from the order of a node to its first sample, as the scaler uses it.", .fields = lead_time_field},
    {DECISION_SERIES_DESIRED, "gauge", "Desired number of nodes.", .number = GROUP_DESIRED},
    {"headroom_group_min_nodes", "gauge", "Minimum number of nodes.", .number = GROUP_MIN},
    {"headroom_group_max_nodes", "gauge", "Maximum number of nodes.", .number = GROUP_MAX},
    {"headroom_group_decisions_total", "counter", "Decisions that were logged, by action.",
     METRICS_LABEL("action", action_names, ACTION_DOWN + 1), .number = GROUP_DECISIONS},
    {"headroom_group_condition", "gauge", "1 while the condition is true, 0 while it is false.",
     METRICS_LABEL("condition", condition_names, CONDITION_COUNT), .number = GROUP_CONDITION},
    {"headroom_group_orders_expected", "gauge",
     "1 if the configuration lets orders be carried out, or leaves out a group that could have them.",
     .number = GROUP_ORDERS_EXPECTED},
    {"headroom_group_pinned_nodes", "gauge", "The number of nodes that a person has pinned.", .number = GROUP_PINNED},
    {"headroom_group_paused", "gauge", "1 while a person has paused all orders, or at least scale-in.",
     METRICS_LABEL("orders", paused_names, 2), .number = GROUP_PAUSED},
    {"headroom_group_report_seconds", "gauge",
     "How long agents may hold samples back, to send several in one frame; 0: each sample is sent at once.",
     .number = GROUP_REPORT},
    {"headroom_group_data_age_seconds", "gauge",
     "Age of the oldest of the live nodes' newest samples, at the last decision.", .fields = age_field},
    {"headroom_signal_value", "gauge", "Value of a signal, in its own unit; no line while it is missing.",
     METRICS_OF_SIGNALS, .number = GROUP_SIGNAL_VALUE},
    {"headroom_signal_age_seconds", "gauge", "Age of the last value of a signal.", METRICS_OF_SIGNALS,
     .number = GROUP_SIGNAL_AGE},
    {"headroom_signal_missing_total", "counter", "Ticks at which a signal was missing.", METRICS_OF_SIGNALS,
     .number = GROUP_SIGNAL_MISSING},
};

static double number(const struct metrics_source *from, const struct metrics_family *family, unsigned i)
{
    if (family->fields != NULL)
        return decision_number(from, family->fields[i]);
    return number_of(from, family->number, i);
}

const struct metrics_table metrics_groups = {families, sizeof families / sizeof *families, number};
