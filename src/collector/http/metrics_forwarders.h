/* Pure. The families of Prometheus metrics about each forwarder (headroom-bridge forward). */
#ifndef COLLECTOR_HTTP_METRICS_FORWARDERS_H
#define COLLECTOR_HTTP_METRICS_FORWARDERS_H

#include "collector/http/metrics_family.h"

extern const struct metrics_table metrics_forwarders;

#endif
