/* Pure. Determines which disks and network interfaces are physical. The others (partitions, loop devices, bridges,
 * veths) would count the same bytes again.
 *
 * /sys is asked once for each name, when it first turns up. */
#ifndef AGENT_DEVICES_H
#define AGENT_DEVICES_H

#include "agent/node_source.h"
#include "agent/procfs.h"

#include <stdbool.h>

#define DEVICE_NAMES_MAX 4096U /* names to remember: partitions and virtual devices come on top of DISKS_MAX */

struct device_name {
    char name[PROCFS_DEVICE_NAME_MAX];
    bool physical;
    bool seen; /* in this pass */
};

/* All zeros at first. It holds the names of the last pass: one that goes is forgotten, so that /sys is asked again when
 * it comes back. */
struct device_names {
    unsigned count;
    unsigned cursor; /* behind the last name found: the kernel lists them in the same order each time */
    struct device_name entry[DEVICE_NAMES_MAX];
};

/* Partitions are not in /sys/block at all; loop, ram, zram, dm and md have no device. The single paths of a multipath
 * NVMe disk (nvme0c0n1) are hidden, and counted with the disk (nvme0n1). */
bool devices_disk_is_physical(const struct node_source *source, const char *name);

/* Bridges, bonds, VLANs and veths have no device. A network card that serves another physical one (a virtual function
 * under the adapter of Hyper-V or under virtio's failover) is counted with that one. */
bool devices_nic_is_physical(const struct node_source *source, const char *name);

/* A device of the pass; rule: one of the two above. Names beyond DEVICE_NAMES_MAX are not physical: to ask for them at
 * each pass would cost too much. */
typedef bool devices_rule(const struct node_source *source, const char *name);
bool devices_physical(struct device_names *names, const char name[PROCFS_DEVICE_NAME_MAX], devices_rule *rule,
                      const struct node_source *source);

/* The pass is over. */
void devices_end_pass(struct device_names *names);

#endif
