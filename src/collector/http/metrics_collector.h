/* Pure. The families of Prometheus metrics about the collector itself. */
#ifndef COLLECTOR_HTTP_METRICS_COLLECTOR_H
#define COLLECTOR_HTTP_METRICS_COLLECTOR_H

#include "collector/http/metrics_family.h"

extern const struct metrics_table metrics_collector;

#endif
