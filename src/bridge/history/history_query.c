#include "bridge/history/history_query.h"

#include "common/metric_series.h"

#include <inttypes.h>
#include <stdio.h>

#define RATE_S_MIN 120 /* of the window of a rate: at least two samples have to be in it */

static const char *const aggregations[] = {[ARCHIVE_MEAN] = "avg", [ARCHIVE_LOWEST] = "min", [ARCHIVE_HIGHEST] = "max"};

static const struct {
    const char *name;
    const char *label; /* with its value; NULL: none */
} group_series[ARCHIVE_GROUP_COLUMN_COUNT] = {
    [ARCHIVE_GROUP_DEMAND] = {"headroom_group_demand", "resource=\"cpu\""},
    [ARCHIVE_GROUP_CAPACITY] = {"headroom_group_capacity", "resource=\"cpu\""},
    [ARCHIVE_GROUP_FORECAST] = {"headroom_group_forecast_demand_cores", "value=\"expected\""},
    [ARCHIVE_GROUP_FORECAST_LOW] = {"headroom_group_forecast_demand_cores", "value=\"low\""},
    [ARCHIVE_GROUP_FORECAST_HIGH] = {"headroom_group_forecast_demand_cores", "value=\"high\""},
    [ARCHIVE_GROUP_FORECAST_BOUND] = {"headroom_group_forecast_demand_cores", "value=\"sized_for\""},
    [ARCHIVE_GROUP_HORIZON] = {"headroom_group_lead_time_seconds", NULL}, /* which is a tick less */
    [ARCHIVE_GROUP_LIVE] = {"headroom_group_nodes", "state=\"live\""},
    [ARCHIVE_GROUP_MISSING] = {"headroom_group_nodes", "state=\"missing\""},
    [ARCHIVE_GROUP_EXISTING] = {"headroom_group_existing_nodes", NULL},
    [ARCHIVE_GROUP_DESIRED] = {"headroom_group_desired_nodes", NULL},
    [ARCHIVE_GROUP_CPU] = {"headroom_group_utilisation_ratio", "resource=\"cpu\""},
    [ARCHIVE_GROUP_MEMORY] = {"headroom_group_utilisation_ratio", "resource=\"memory\""},
    [ARCHIVE_GROUP_DISK] = {"headroom_group_utilisation_ratio", "resource=\"disk\""},
    [ARCHIVE_GROUP_APP] = {"headroom_group_utilisation_ratio", "resource=\"app\""},
    [ARCHIVE_GROUP_APP_DEMAND] = {"headroom_group_demand", "resource=\"app\""},
    [ARCHIVE_GROUP_APP_CAPACITY] = {"headroom_group_capacity", "resource=\"app\""},
    [ARCHIVE_GROUP_SIGNAL] = {"headroom_signal_value", NULL}, /* with the label signal */
};

static bool is_rate(const struct archive_query *query, unsigned column)
{
    return query->kind == ARCHIVE_NODE && METRIC_COUNTS(metric_table[query->columns[column]].kind);
}

/* Names match parse_name_ok(): there is nothing to escape in them. */
static void put_selector(const struct archive_query *query, unsigned column, char *text, size_t size)
{
    unsigned id = query->columns[column];

    if (query->kind == ARCHIVE_NODE)
        snprintf(text, size, "%s{node=\"%s\"}", metric_series_names[id], query->name);
    else if (id == ARCHIVE_GROUP_SIGNAL)
        snprintf(text, size, "%s{group=\"%s\",signal=\"%s\"}", group_series[id].name, query->name, query->signal);
    else if (group_series[id].label == NULL)
        snprintf(text, size, "%s{group=\"%s\"}", group_series[id].name, query->name);
    else
        snprintf(text, size, "%s{group=\"%s\",%s}", group_series[id].name, query->name, group_series[id].label);
}

void history_query_put(const struct archive_query *query, unsigned column, enum archive_statistic statistic,
                       char text[HISTORY_QUERY_MAX])
{
    int64_t step_s = archive_query_step_ms(query) / 1000;
    const char *aggregation = aggregations[statistic];
    char selector[HISTORY_QUERY_MAX / 2];

    put_selector(query, column, selector, sizeof selector);
    if (is_rate(query, column))
        snprintf(text, HISTORY_QUERY_MAX, "avg(rate(%s[%" PRId64 "s]))", selector,
                 step_s > RATE_S_MIN ? step_s : (int64_t)RATE_S_MIN);
    else
        snprintf(text, HISTORY_QUERY_MAX, "%s(%s_over_time(%s[%" PRId64 "s]))", aggregation, aggregation, selector,
                 step_s);
}

double history_query_factor(const struct archive_query *query, unsigned column)
{
    return query->kind == ARCHIVE_NODE && metric_table[query->columns[column]].kind == METRIC_PERCENT ? 100.0 : 1.0;
}
