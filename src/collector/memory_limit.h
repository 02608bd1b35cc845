/* Determines how much memory the samples of the nodes' history may take unless the configuration says it.
 *
 * The kernel ends a process that exceeds the limit of its control group, or of one around it, however much memory the
 * machine has: as MemoryMax= in a unit, or the limit of a container. Version 2 has these limits in memory.max and
 * memory.high, version 1 in memory.limit_in_bytes. */
#ifndef COLLECTOR_MEMORY_LIMIT_H
#define COLLECTOR_MEMORY_LIMIT_H

#include <stdint.h>

/* Half of the memory of the machine, or of the least limit of the control groups that this process is in, if that is
 * less; in bytes. */
uint64_t memory_limit_default(void);

/* The least of total and all those limits. groups: the file that names the groups, as /proc/self/cgroup; mounts: where
 * they are mounted, as /sys/fs/cgroup. */
uint64_t memory_limit_of(const char *groups, const char *mounts, uint64_t total);

#endif
