/* Keeps the overrides over restarts, ends them in time, and logs each change.
 *
 * A change is in force at once, and then saved by a worker; changes while a write is under way are saved by the next
 * one. If the file can't be written, the overrides stay in force, and the write is repeated. A damaged file is renamed,
 * and the collector starts without overrides. */
#ifndef COLLECTOR_AUTOSCALE_OVERRIDE_STORE_H
#define COLLECTOR_AUTOSCALE_OVERRIDE_STORE_H

#include "collector/autoscale/overrides.h"
#include "collector/autoscale/write_job.h"
#include "common/disk.h"

#include <stdint.h>
#include <uv.h>

/* A write has ended: rc is 0 and all changes up to override_store_saved() are durable, or it has failed. */
typedef void override_saved_cb(int rc, void *arg);

struct override_store {
    struct overrides *overrides;
    const struct disk *disk;
    struct write_job job;
    char *text; /* of the write under way */
    size_t len;
    uint64_t writing; /* the number of changes that the write under way contains */
    uint64_t saved;   /* the same of the last good one */
    bool closed;
    override_saved_cb *saved_cb;
    void *arg;
};

/* Reads the file. The overrides are the caller's, and all zero. 0 or -ENOMEM. */
int override_store_start(struct override_store *store, uv_loop_t *loop, const struct disk *disk,
                         struct overrides *overrides);
void override_store_on_saved(struct override_store *store, override_saved_cb *cb, void *arg);

/* Sets a checked override, has it saved and logs it. 0, or a negative errno of overrides_set(). */
int override_store_set(struct override_store *store, const struct override *override);

/* Ends the overrides of a group. Returns how many there were. by: who ended them. */
unsigned override_store_end(struct override_store *store, const char *group, const char *by);

/* Ends those that are over. */
void override_store_expire(struct override_store *store, int64_t wall_ms);

void override_store_close(struct override_store *store);

/* After the loop has run empty. */
void override_store_deinit(struct override_store *store);

#endif
