/* Saves the scalers' state in the file scaler.state in the data directory, so that it survives a restart.
 *
 *     poke -> the loop makes the text, in slices -> a worker appends the checksum, writes scaler.state.tmp, syncs it,
 *             renames it to scaler.state, syncs the folder
 *
 * So a kill at any moment leaves a whole file: the last one, or the one before it. snapshot_plan decides when a text is
 * made. When the disk fails the log says so once, the old file stays, and each poke retries. (1,024 groups with the
 * default settings are 1.2 MB; with ticks of 1 s they are 13 MB, which takes so long that the file can be more than
 * three ticks old. Then a kill costs the stabilization window, see scaler.h.) */
#ifndef COLLECTOR_AUTOSCALE_SNAPSHOT_H
#define COLLECTOR_AUTOSCALE_SNAPSHOT_H

#include "collector/autoscale/snapshot_plan.h"
#include "collector/autoscale/write_job.h"
#include "common/disk.h"
#include "common/slices.h"
#include "scaler/state.h"

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

/* Makes a part of the text, on the loop. Step 0 calls state_begin(). Returns whether there is more to do; an error is
 * noted in the text. */
typedef bool snapshot_fill_cb(struct state_text *text, unsigned step, void *arg);
typedef void snapshot_drained_cb(void *arg);

struct snapshot {
    uv_loop_t *loop;
    const struct disk *disk;
    char boot[STATE_BOOT_LEN_MAX + 1];
    struct snapshot_plan plan;
    struct write_job job;
    uv_timer_t timer;
    struct slices slices;
    unsigned step;     /* of the text */
    uint64_t spent_ns; /* on its steps */
    struct state_text text;
    snapshot_fill_cb *fill_cb;
    void *arg;
    snapshot_drained_cb *drained_cb;
    void *drained_arg;
};

/* The disk belongs to the caller. */
void snapshot_start(struct snapshot *snapshot, uv_loop_t *loop, const struct disk *disk, snapshot_fill_cb *fill_cb,
                    void *arg);

/* Now, in this boot. */
void snapshot_now(const struct snapshot *snapshot, struct state_moment *now);

/* The state has changed: saves it, soon. */
void snapshot_poke(struct snapshot *snapshot);

/* Saves once more, at once, and calls drained_cb when that has ended, successfully or not; possibly before this
 * returns. Not after snapshot_close(). */
void snapshot_drain(struct snapshot *snapshot, snapshot_drained_cb *drained_cb, void *arg);

void snapshot_close(struct snapshot *snapshot);

/* After the loop has run empty. */
void snapshot_deinit(struct snapshot *snapshot);

#endif
