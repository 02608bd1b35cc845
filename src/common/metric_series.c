#include "common/metric_series.h"

#define NAME_METRIC_PERCENT(column) "headroom_node_" column "_ratio"
#define NAME_METRIC_GAUGE(column)   "headroom_node_" column
#define NAME_METRIC_COUNTER(column) "headroom_node_" column "_bytes_total"
#define NAME_METRIC_EVENTS(column)  "headroom_node_" column "_total"

const char *const metric_series_names[METRIC_COUNT] = {
#define NAME(symbol, field, column, kind, title) NAME_##kind(column),
    METRICS(NAME)};
