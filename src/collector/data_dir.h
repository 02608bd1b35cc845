/* The data directory and its files: opened and locked at start, read back, and closed at the end. Logs why it fails. */
#ifndef COLLECTOR_DATA_DIR_H
#define COLLECTOR_DATA_DIR_H

#include "collector/config/config.h"
#include "collector/fleet/registry.h"
#include "collector/store/index_file.h"
#include "collector/store/recovery.h"
#include "collector/store/segments.h"

struct data_dir {
    int fd;
    struct disk disk; /* the folder as a disk */
    struct segments metrics;
    struct segments gaps;
    struct segments decisions;
    struct index_file index; /* as found at the start, until data_dir_recover() */
};

/* 0 or a negative errno; data_dir_close() is to be called in any case. */
int data_dir_open(struct data_dir *data, const struct collector_config *config);

/* Reads samples and gaps back into the registry. 0 or a negative errno. */
int data_dir_recover(struct data_dir *data, const struct collector_config *config, struct registry *registry,
                     const struct recovery_options *options);

void data_dir_close(struct data_dir *data);

/* The limits of segments that are configured, for all files. */
struct segments_limits data_dir_limits(const struct collector_config *config);

#endif
