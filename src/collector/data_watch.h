/* Notices that the data directory is not at its path any more: it was removed, renamed, or another one has its name.
 *
 * What is written into such a directory is lost for the next start, and a removed one accepts no new file. The
 * collector then ends: a start opens whatever is at the path, with its lock, its state and all its files, and agents
 * still have what was not acknowledged. A disk that does not answer delays the watch and nothing else. */
#ifndef COLLECTOR_DATA_WATCH_H
#define COLLECTOR_DATA_WATCH_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

typedef void data_watch_cb(void *arg);

struct data_watch {
    uv_timer_t timer;
    uv_fs_t look;
    bool looking;
    bool gone; /* cb was called */
    const char *path;
    uint64_t device;
    uint64_t inode;
    data_watch_cb *cb;
    void *arg;
};

/* dir_fd: the open directory. path is the caller's, and outlives the watch. Calls cb once. 0 or a negative errno. */
int data_watch_start(struct data_watch *watch, uv_loop_t *loop, int dir_fd, const char *path, data_watch_cb *cb,
                     void *arg);

/* Looks now: a file can't be written. */
void data_watch_look(struct data_watch *watch);

void data_watch_close(struct data_watch *watch);

#endif
