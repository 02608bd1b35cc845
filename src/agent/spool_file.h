/* The spool in its file, or in memory only.
 *
 * Happy path: open DIR/NODE_ID.spool and lock it, read it once, map it, restore the spool in the mapping. From then on
 * each sample is in the page cache as soon as it is in the spool, so a kill loses nothing; each 5 s, if anything has
 * changed, a thread of libuv's syncs it, for power cuts.
 * Failures: what can't be read is zeroed, and costs those records. A file that is not ours is moved aside. When the
 * disk is full or does not work at the start, that is logged, and the agent goes on with a spool in memory. A sync that
 * fails is logged once, and tried again. Only what a person has to mend ends the start: another agent that has the
 * file.
 * A ring of another capacity is written to a second file (spool_layout), which is synced before it takes the name. */
#ifndef AGENT_SPOOL_FILE_H
#define AGENT_SPOOL_FILE_H

#include "agent/restore.h"
#include "agent/spool.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

struct spool_file {
    struct spool spool;
    struct restore_found found;
    char path[PATH_MAX];
    int fd;              /* -1: in memory */
    uint8_t *map;        /* of the file */
    size_t len;          /* of the map */
    struct record *heap; /* in memory */
    uv_timer_t timer;
    uv_work_t sync;
    int sync_rc;
    bool syncing;
    bool sync_failed;
};

/* dir: empty for a spool in memory. boot: of the machine, 0 unknown. instance: for a new one.
 * 0, -EBUSY when another agent has the file, -ENAMETOOLONG (both are logged), or -ENOMEM. */
int spool_file_open(struct spool_file *file, const char *dir, const char *node_id, unsigned capacity, uint64_t boot,
                    uint64_t instance);

/* What is unique to this boot of the machine; 0 when it can't be read. */
uint64_t spool_file_boot(void);

/* The spool outlives the process. */
bool spool_file_lasting(const struct spool_file *file);

/* Begins to sync. */
void spool_file_start(struct spool_file *file, uv_loop_t *loop);
void spool_file_close(struct spool_file *file);

/* After the loop has run empty; also without start. */
void spool_file_deinit(struct spool_file *file);

#endif
