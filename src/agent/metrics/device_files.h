/* Pure. Reads the devices that count from files of their own in /sys, as long as that costs less than the kernel's list
 * of all devices.
 *
 * The list is read at the start, each DEVICE_FILES_LIST_MS, and when one of the files can't be read, because its device
 * is gone. In between, a reading is one pread for each file. A list is read each time
 * - if more than half of its devices count, or more than DEVICE_FILES_MAX: then it costs no more than the files,
 * - if there are no such files, or they hold other counters than the list: /proc is that of lxcfs or of another network
 *   namespace. */
#ifndef AGENT_METRICS_DEVICE_FILES_H
#define AGENT_METRICS_DEVICE_FILES_H

#include "agent/metrics/devices.h"
#include "agent/metrics/rates.h"

#include <stdbool.h>
#include <stdint.h>

#define DEVICE_FILES_MAX     16U
#define DEVICE_FILES_OF_EACH 2U
#define DEVICE_FILES_LIST_MS 15000U

/* The files of a device. */
struct device_files_kind {
    const char *folder;                       /* "/sys/block/" */
    const char *leaves[DEVICE_FILES_OF_EACH]; /* "/stat"; NULL: there is no second one */
    /* Adds to the reading what the text of one of them holds. Returns whether it could be understood. */
    bool (*parse)(unsigned leaf, struct node_text text, struct device_reading *reading);
};

/* All zeros but the kind at first. */
struct device_files {
    const struct device_files_kind *kind;
    uint64_t due_ms; /* the list */
    unsigned count;  /* devices that are read from their files; 0: the list is read each time */
    struct node_file files[DEVICE_FILES_MAX][DEVICE_FILES_OF_EACH];
    char names[DEVICE_FILES_MAX][PROCFS_DEVICE_NAME_MAX];
    char paths[DEVICE_FILES_MAX][DEVICE_FILES_OF_EACH][DEVICES_PATH_MAX];
    struct device_reading listed[DEVICE_FILES_MAX];
    unsigned noted;   /* devices of the list that count */
    bool is_choosing; /* this pass over the list decides */
    bool has_new;     /* it chose files that are not yet known to agree with it */
};

/* Reads the files into the rates. Returns false (the rates are unchanged) if the list has to be read. */
bool device_files_read(struct device_files *files, const struct node_source *node, uint64_t uptime_ms,
                       struct device_table *table, struct device_rates *rates);

/* A pass over the list:
 *     device_files_begin(files, uptime_ms);
 *     device_files_note(files, node, name, &reading) for each device that counts;
 *     device_files_end(files, node, list, devices): decides whether the next readings read the list. list: its file;
 *     devices: how many it has. */
void device_files_begin(struct device_files *files, uint64_t uptime_ms);
void device_files_note(struct device_files *files, const struct node_source *node, const char *name,
                       const struct device_reading *reading);
void device_files_end(struct device_files *files, const struct node_source *node, const struct node_file *list,
                      unsigned devices);

void device_files_close(struct device_files *files, const struct node_source *node);

#endif
