/* Notices that the data directory is lost: it is not at its path any more, because it was removed, renamed, or another
 * one has its name; or a collector on another machine has taken it (lock_renewal.h).
 *
 * What is written into a directory that has gone is lost for the next start, and a removed one accepts no new file. The
 * collector then ends: a start opens whatever is at the path, with its lock, its state and all its files, and agents
 * still have what was not acknowledged. A disk that does not answer delays the watch and nothing else. */
#ifndef COLLECTOR_DATA_WATCH_H
#define COLLECTOR_DATA_WATCH_H

#include "collector/data_dir.h"
#include "collector/store/lock_renewal.h"

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

/* The directory is lost, and the log says why. taken: it is another collector's, so nothing more is to be written. */
typedef void data_watch_cb(bool taken, void *arg);

struct data_watch {
    uv_timer_t timer;
    uv_fs_t look;
    bool looking;
    bool gone; /* cb was called */
    const char *path;
    uint64_t device;
    uint64_t inode;
    struct lock_renewal renewal;
    data_watch_cb *cb;
    void *arg;
};

/* data: open, and outlives the watch. Calls cb at most once for each reason. 0 or a negative errno. */
int data_watch_start(struct data_watch *watch, uv_loop_t *loop, struct data_dir *data, data_watch_cb *cb, void *arg);

/* Looks now: a file can't be written. */
void data_watch_look(struct data_watch *watch);

void data_watch_close(struct data_watch *watch);

#endif
