/* Pure. The cpu shares and the number of cores, from /proc/stat. */
#ifndef AGENT_METRICS_CPU_SOURCE_H
#define AGENT_METRICS_CPU_SOURCE_H

#include "agent/metrics/source.h"

extern const struct source cpu_source;

#endif
