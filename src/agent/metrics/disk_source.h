/* Pure. What the disks have read and written, and how busy the busiest one is, from /proc/diskstats. */
#ifndef AGENT_METRICS_DISK_SOURCE_H
#define AGENT_METRICS_DISK_SOURCE_H

#include "agent/metrics/source.h"

extern const struct source disk_source;

#endif
