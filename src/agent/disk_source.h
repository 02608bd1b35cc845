/* Pure. What the disks have read and written, and how busy the busiest one is, from /proc/diskstats. */
#ifndef AGENT_DISK_SOURCE_H
#define AGENT_DISK_SOURCE_H

#include "agent/source.h"

extern const struct source disk_source;

#endif
