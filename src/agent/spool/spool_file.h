/* Holds the spool in a mapped file, or only in memory.
 *
 * Happy path: open DIR/NODE_ID.spool and lock it, read it once, map it, restore the spool in the mapping. From then on
 * each sample is in the page cache as soon as it is in the spool, so a kill loses nothing. Every 5 s, if anything has
 * changed, a thread of libuv's syncs the file, so that a power cut loses little.
 * Failures: blocks that can't be read are zeroed, and cost their records. A file that is not a spool of this version is
 * moved aside. When the disk is full or does not work at the start, that is logged, and the agent continues with a
 * spool in memory. A sync that fails is logged once, and retried. A
 * file that another program truncates ends the agent (spool_guard.h). Only another agent that has the file ends the
 * start: an operator has to fix that. */
#ifndef AGENT_SPOOL_SPOOL_FILE_H
#define AGENT_SPOOL_SPOOL_FILE_H

#include "agent/spool/restore.h"
#include "agent/spool/spool.h"
#include "agent/spool/spool_layout.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

struct spool_file {
    struct spool spool;
    struct restore_found found;
    char path[PATH_MAX];
    int fd;                           /* -1: in memory */
    uint8_t *map;                     /* of the file */
    size_t len;                       /* of the map */
    struct record *heap;              /* in memory */
    uint8_t secret[AGENT_SECRET_LEN]; /* as in the file, if there is one */
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

/* A number for this boot of the machine; 0 when it can't be read. The boot id under root, if there is one, counts
 * instead of the machine's own. */
uint64_t spool_file_boot(const char *root);

struct spool *spool_file_spool(struct spool_file *file);

/* AGENT_SECRET_LEN random bytes, which last as long as the spool. */
const uint8_t *spool_file_secret(const struct spool_file *file);

/* What was in the file; all zeros without one. */
const struct restore_found *spool_file_found(const struct spool_file *file);

/* Whether the spool outlives the process. */
bool spool_file_lasting(const struct spool_file *file);

/* Begins to sync, if there is a file. */
void spool_file_start(struct spool_file *file, uv_loop_t *loop);
void spool_file_close(struct spool_file *file);

/* After the loop has run empty; also without start. */
void spool_file_deinit(struct spool_file *file);

#endif
