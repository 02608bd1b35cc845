/* Pure. Whether the file exists that protects the node. While it can't be looked at, the last answer stands. */
#ifndef AGENT_METRICS_PROTECT_SOURCE_H
#define AGENT_METRICS_PROTECT_SOURCE_H

#include "agent/metrics/source.h"

extern const struct source protect_source;

#endif
