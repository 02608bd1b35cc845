/* Creates, locks and opens the data directory, reads it back, closes it, and logs errors. */
#ifndef COLLECTOR_DATA_DIR_H
#define COLLECTOR_DATA_DIR_H

#include "collector/config/config.h"
#include "collector/data_files.h"
#include "collector/fleet/registry.h"
#include "collector/store/dir_lock.h"
#include "collector/store/recovery.h"

struct data_dir {
    int fd;
    const char *path; /* the configuration's */
    struct dir_lock lock;
    struct data_files files;
    struct disk state_disk; /* for files that are replaced as a whole: not while the lock has lapsed */
};

/* 0 or a negative errno; data_dir_close() is to be called in any case. */
int data_dir_open(struct data_dir *data, const struct collector_config *config);

/* Reads samples and gaps back into the registry. 0 or a negative errno. */
int data_dir_recover(struct data_dir *data, const struct collector_config *config, struct registry *registry,
                     const struct recovery_options *options);

void data_dir_close(struct data_dir *data);

#endif
