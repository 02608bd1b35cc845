/* Pure. The files of the data directory: opens all of them at start, reads samples and gaps back, and takes damaged
 * rows out of the live files. */
#ifndef COLLECTOR_DATA_FILES_H
#define COLLECTOR_DATA_FILES_H

#include "collector/config/config.h"
#include "collector/fleet/registry.h"
#include "collector/store/index_file.h"
#include "collector/store/recovery.h"
#include "collector/store/segments.h"
#include "common/disk.h"

#include <stdint.h>

/* What the disk has damaged in a live file. */
struct data_files_damage {
    uint64_t lines;
    int rc; /* 0: they were moved to NAME.damaged-TIME; or why they are still where they were */
};

enum data_files_name { DATA_FILES_METRICS, DATA_FILES_GAPS, DATA_FILES_DECISIONS, DATA_FILES_COUNT };

struct data_files {
    struct disk disk;
    struct segments metrics;
    struct segments gaps;
    struct segments decisions;
    struct index_file index; /* as found at the start, until data_files_recover() */
    struct data_files_damage damage[DATA_FILES_COUNT];
    uint64_t damaged_samples; /* that were stored, and that gaps.csv names as damaged since this start */
};

extern const char *const data_files_names[DATA_FILES_COUNT]; /* without .csv */

/* The limits of segments that are configured, for all files. */
struct segments_limits data_files_limits(const struct collector_config *config);

/* Opens the files one by one. cut: how many bytes were moved out of each one that was opened, see segments_open().
 * Returns 0, or a negative errno, and *failed is the file that can't be opened. The caller calls data_files_close() in
 * any case. */
int data_files_open(struct data_files *files, const struct disk *disk, const struct segments_limits *limits,
                    uint64_t cut[DATA_FILES_COUNT], enum data_files_name *failed);

/* Reads samples and gaps back into the registry, names damaged samples in gaps.csv, and takes damaged rows out of the
 * live files; where that fails they stay until the next start. 0 or a negative errno. */
int data_files_recover(struct data_files *files, struct registry *registry, const struct recovery_options *options,
                       struct recovery_report *report);

/* The series of that number. */
struct segments *data_files_segments(struct data_files *files, enum data_files_name which);

/* 0, or a negative errno: the last samples of metrics.csv can't be synced. Closed in any case, also if all zeros. */
int data_files_close(struct data_files *files);

#endif
