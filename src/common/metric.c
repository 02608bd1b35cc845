#include "common/metric.h"

const struct metric_info metric_table[METRIC_COUNT] = {
#define METRIC_ROW(symbol, field, column, kind, title) [METRIC_##symbol] = {#field, column, kind, title},
    METRICS(METRIC_ROW)
#undef METRIC_ROW
};
