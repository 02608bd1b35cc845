/* Pure. How much of the memory and of the swap space is used, and the size of the memory, from /proc/meminfo. */
#ifndef AGENT_METRICS_MEMORY_SOURCE_H
#define AGENT_METRICS_MEMORY_SOURCE_H

#include "agent/metrics/source.h"

extern const struct source memory_source;

#endif
