/* Pure. Averages that the kernel computes: the load over one minute, and the pressures over ten seconds. */
#ifndef AGENT_METRICS_AVERAGE_SOURCE_H
#define AGENT_METRICS_AVERAGE_SOURCE_H

#include "agent/metrics/source.h"

/* Each reads a file of its own. */
extern const struct source average_source_load1;
extern const struct source average_source_psi_cpu;
extern const struct source average_source_psi_memory;
extern const struct source average_source_psi_io;

#endif
