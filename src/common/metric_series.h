/* Pure. The names and units under which Prometheus and engines like it know the metrics of nodes: base units, so
 * percentages are ratios from 0 to 1. */
#ifndef COMMON_METRIC_SERIES_H
#define COMMON_METRIC_SERIES_H

#include "common/sample.h"

/* headroom_node_cpu_ratio. */
extern const char *const metric_series_names[METRIC_COUNT];

/* The value of a metric that the sample has. */
static inline double metric_series_value(const struct sample *sample, enum metric metric)
{
    enum metric_kind kind = metric_table[metric].kind;

    if (METRIC_COUNTS(kind))
        return (double)sample->value[metric].counter;
    return kind == METRIC_PERCENT ? sample->value[metric].gauge / 100.0 : sample->value[metric].gauge;
}

#endif
