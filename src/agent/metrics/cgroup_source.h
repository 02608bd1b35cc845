/* Pure. The metrics of the cgroup that stands for the node, instead of the machine's.
 *
 * In a container, what /proc shows of cpu, memory, disks, pressure and load is the whole machine's. What a cgroup does
 * not have (load, I/O wait, steal, disk busy) is then absent. Each 10 s the cgroup is chosen again: limits change while
 * a container runs. Where there is none, it is looked for once a minute. */
#ifndef AGENT_METRICS_CGROUP_SOURCE_H
#define AGENT_METRICS_CGROUP_SOURCE_H

#include "agent/metrics/source.h"

extern const struct source cgroup_source;

#endif
