/* Pure. The devices of one kind, disks or network interfaces, found by name: what is known of each, and its last
 * counters.
 *
 * A table holds hashes instead of names, and is searched through an index of these. The kernel lists devices in the
 * same order each time, so most are where the one before ended. Thousands of devices cost little more than reading
 * their list. */
#ifndef AGENT_METRICS_DEVICE_TABLE_H
#define AGENT_METRICS_DEVICE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DEVICE_TABLE_MAX 131072U /* devices in a table */

struct device {
    uint64_t hash; /* of the name */
    bool seen;     /* in this pass */

    /* devices: what /sys shows. All zeros: it has not been asked. */
    unsigned kind;
    uint8_t round;       /* in which it was asked */
    uint32_t ifindex;    /* 0: unknown */
    uint32_t peer_index; /* the ifindex of its peer, or of the interface below it, maybe in another namespace */

    /* rates: the last counters. */
    uint32_t pass; /* in which they were read; 0: never */
    uint64_t in;
    uint64_t out;
    uint64_t busy_ms;
    uint64_t events;
    uint64_t event_ms; /* when events last changed; 0: it has not been seen to change */
};

/* All zeros before device_table_init(). */
struct device_table {
    struct device *rows;
    uint32_t *index;     /* by name, twice as many places as rows: row + 1, 0 for an empty place */
    uint32_t *ifindexes; /* the same by ifindex */
    unsigned count;
    unsigned capacity;
    unsigned next;     /* behind the last device found */
    unsigned left_out; /* devices of this pass that had no place: more than DEVICE_TABLE_MAX, or memory is out */
};

/* 0 or -ENOMEM. */
int device_table_init(struct device_table *table);
void device_table_deinit(struct device_table *table);

/* One pass over all devices:
 *     device_table_begin_pass(table);
 *     device_table_find(table, name) for each device, as often as needed;
 *     device_table_end_pass(table): those not found are removed, so that a name that comes back is new. */
void device_table_begin_pass(struct device_table *table);

/* The device of that name, which is added if it is new. The pointer lives until the next call. NULL: it has no
 * place. Allocates only when the table grows. */
struct device *device_table_find(struct device_table *table, const char *name);

void device_table_end_pass(struct device_table *table);

/* Notes the device's ifindex, 0: unknown. */
void device_table_set_ifindex(struct device_table *table, struct device *device, uint32_t ifindex);

/* NULL: no device of the table has it, or it is 0. */
struct device *device_table_find_ifindex(struct device_table *table, uint32_t ifindex);

#endif
