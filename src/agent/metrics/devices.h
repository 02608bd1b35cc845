/* Pure. Determines from /sys which disks and network interfaces count. The others (partitions, loop devices, bridges,
 * veths) would count the same bytes again. */
#ifndef AGENT_METRICS_DEVICES_H
#define AGENT_METRICS_DEVICES_H

#include "agent/metrics/device_table.h"
#include "agent/metrics/procfs.h"
#include "agent/node/node_source.h"

#include <stdbool.h>
#include <stddef.h>

/* The kinds of a device, in ascending order: of all network interfaces, those of the highest kind count, if it is
 * DEVICE_OTHER or more. Of disks, the physical ones do. */
enum device_kind {
    DEVICE_NEW,     /* /sys has not been asked */
    DEVICE_VIRTUAL, /* without hardware; of a network interface, more is asked if there is no physical one */
    DEVICE_INSIDE,  /* its bytes stay within the node, or another interface carries them too */
    DEVICE_OTHER,   /* neither of the others: all that can be said where /sys is missing */
    DEVICE_ROUTED,  /* as DEVICE_INSIDE, but the default route leads there */
    DEVICE_EDGE,    /* bytes leave the node through it: its peer is outside, or the default route leads there */
    DEVICE_PHYSICAL
};

#define DEVICES_PATH_MAX (PROCFS_DEVICE_NAME_MAX + 64U)

/* The path folder + name + leaf, where sysfs writes the '/' of a name as '!'. */
void devices_put_path(char path[DEVICES_PATH_MAX], const char *folder, const char *name, const char *leaf);

/* Partitions are not in /sys/block at all; loop, ram, zram, dm and md have no device. The single paths of a multipath
 * NVMe disk (nvme0c0n1) are hidden, and counted with the disk (nvme0n1). */
bool devices_disk_is_physical(const struct node_source *source, const char *name);

/* Bridges, bonds, VLANs and veths have no device. Some interfaces have one, and are counted with another:
 * - one that serves another physical one (a virtual function under the adapter of Hyper-V or under virtio's failover),
 * - a port of a switch (DSA), whose packets pass the interface that the switch is attached to,
 * - the representor of a virtual function, whose packets pass the port of the adapter. */
bool devices_nic_is_physical(const struct node_source *source, const char *name);

/* The kind of an interface that is not physical; notes its ifindex and its peer's. routes: its ROUTES_ bits. Both ends
 * of a veth that stays within the node are DEVICE_INSIDE, whichever is asked last. */
enum device_kind devices_nic_kind(const struct node_source *source, struct device_table *table, struct device *device,
                                  const char *name, unsigned routes);

/* A sentence for the log if devices of this pass have no place in the table, or are not in a list that is cut, and do
 * not count. */
void devices_complain(char *text, size_t size, const struct device_table *table, bool is_cut);

/* ---- when to ask ---- */

/* /sys is asked about a device when it is new, and then again in rounds, because a name can come to belong to another
 * device, and an interface can get a master after it has appeared. A round begins after a minute, or after 10 s if a
 * device has appeared or gone. Where only hardware decides what counts, it begins after five minutes if there was no
 * such change in the last two rounds: hardware seldom changes under the same name. It asks about 32 devices in a pass.
 * All zeros at first. */
struct device_asking {
    uint64_t begun_ms; /* this round */
    uint8_t round;
    bool has_changed; /* a device has appeared in this round, or has gone; */
    bool had_changed; /* in the round before */
    unsigned budget;  /* devices that this pass may still ask about */
    unsigned waiting; /* devices that it could not ask about */
};

/* by_hardware: the devices that count are the physical ones. */
void devices_begin_pass(struct device_asking *asking, uint64_t uptime_ms, bool by_hardware);

/* Also ends the pass of the table. */
void devices_end_pass(struct device_asking *asking, struct device_table *table);

/* Whether to ask about the device now; if so, it counts as asked. */
bool devices_ask(struct device_asking *asking, struct device *device);

#endif
