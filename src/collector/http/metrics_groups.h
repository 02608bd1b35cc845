/* Pure. The families of Prometheus metrics about each group. */
#ifndef COLLECTOR_HTTP_METRICS_GROUPS_H
#define COLLECTOR_HTTP_METRICS_GROUPS_H

#include "collector/http/metrics_family.h"

extern const struct metrics_table metrics_groups;

#endif
