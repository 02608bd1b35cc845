#include "common/metric.h"

const struct metric_info metric_table[METRIC_COUNT] = {
#define METRIC_ROW(symbol, field, column, kind) [METRIC_##symbol] = {#field, column, kind},
    METRICS(METRIC_ROW)
#undef METRIC_ROW
};
