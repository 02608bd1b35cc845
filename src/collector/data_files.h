/* Pure. The files of the data directory: opens all of them at start, and reads samples and gaps back. */
#ifndef COLLECTOR_DATA_FILES_H
#define COLLECTOR_DATA_FILES_H

#include "collector/config/config.h"
#include "collector/fleet/registry.h"
#include "collector/store/index_file.h"
#include "collector/store/recovery.h"
#include "collector/store/segments.h"
#include "common/disk.h"

#include <stdint.h>

struct data_files {
    struct disk disk;
    struct segments metrics;
    struct segments gaps;
    struct segments decisions;
    struct index_file index; /* as found at the start, until data_files_recover() */
};

enum data_files_name { DATA_FILES_METRICS, DATA_FILES_GAPS, DATA_FILES_DECISIONS, DATA_FILES_COUNT };

extern const char *const data_files_names[DATA_FILES_COUNT]; /* without .csv */

/* The limits of segments that are configured, for all files. */
struct segments_limits data_files_limits(const struct collector_config *config);

/* Opens the files one by one. cut: how many bytes were moved out of each one that was opened, see segments_open().
 * Returns 0, or a negative errno, and *failed is the file that can't be opened. The caller calls data_files_close() in
 * any case. */
int data_files_open(struct data_files *files, const struct disk *disk, const struct segments_limits *limits,
                    uint64_t cut[DATA_FILES_COUNT], enum data_files_name *failed);

/* Reads samples and gaps back into the registry. 0 or a negative errno. */
int data_files_recover(struct data_files *files, struct registry *registry, const struct recovery_options *options,
                       struct recovery_report *report);

/* 0, or a negative errno: the last samples of metrics.csv can't be synced. Closed in any case, also if all zeros. */
int data_files_close(struct data_files *files);

#endif
