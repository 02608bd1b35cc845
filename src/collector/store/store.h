/* Writes samples and gaps to disk: a worker formats the filled half of the backlog, writes it and makes it durable;
 * gaps come first, so that no sample after a gap is on disk without it.
 *
 * Happy path: the first sample of a half starts the flush timer; when it fires, or when an agent can't wait, the worker
 * appends the rows to metrics.csv and fdatasyncs, and on the loop the rows count as stored. Failures: an error of the
 * disk (no room, I/O, read-only) keeps the half in memory; the file is cut back to its last durable byte and the half
 * written again, each second, until it succeeds. Nothing is acknowledged meanwhile, and the log has a line when that
 * begins and one when it ends.
 *
 * store_plan decides when to write and when to sync, store_job does it; this is the loop, the worker and the log around
 * them. What is written survives the end of this process, whatever ends it; what is not synced does not survive a power
 * cut. When the sync of rows fails that count as stored, they can't be written again from memory: the log has their
 * number, a new file begins, and no row counts as stored before its sync until one write has succeeded.
 *
 * Finished segments are compressed later (compressor.h), while nothing is written.
 *
 * A write that begins with a rotation also leaves metrics.index, of what was stored up to then. That is a cache: when
 * it can't be written the log has one line, and samples are stored all the same. */
#ifndef COLLECTOR_STORE_STORE_H
#define COLLECTOR_STORE_STORE_H

#include "collector/store/compressor.h"
#include "collector/store/store_job.h"
#include "collector/store/store_plan.h"
#include "common/histogram.h"

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

/* On the loop. stored: the instances whose rows or gaps are now on disk. */
typedef void store_stored_cb(const struct backlog_instances *stored, void *arg);
typedef void store_held_cb(bool held, void *arg);
typedef void store_empty_cb(void *arg);

struct store_options {
    struct store_parts parts;  /* outlive the store */
    const char *const *series; /* on the disk, whose segments are compressed */
    unsigned series_count;
    uint64_t flush_ms;
    int64_t sync_ms; /* see store_set_sync() */
    store_stored_cb *stored_cb;
    store_held_cb *held_cb;
    void *arg;
};

struct store {
    uv_loop_t *loop;
    struct store_options options;
    struct segments_limits limits; /* for the next write */
    struct store_plan plan;
    struct store_job job;
    uv_timer_t timer;
    uint64_t armed_ms; /* when it fires */
    uv_work_t work;
    struct compressor compressor;
    bool index_failed;
    struct histogram latencies; /* from the first row of a half to the end of its write, in ms: no row waited longer */
    struct histogram syncs_us;  /* how long fdatasync of metrics.csv took */
    uint64_t deleted;           /* finished files of metrics.csv and gaps.csv, for their age or size */
    bool cut_short;             /* some are deleted for their size before they are as old as `retain` */
    store_empty_cb *empty_cb;
};

/* 0 or -ENOMEM. */
int store_start(struct store *store, uv_loop_t *loop, const struct store_options *options);

/* Each takes effect at once, or with the next write. */
void store_set_limits(struct store *store, const struct segments_limits *limits);
void store_set_flush(struct store *store, uint64_t flush_ms);

/* How long rows that are written may wait for their sync. SYNC_ALWAYS: they don't count as stored before it;
 * SYNC_NEVER: for ever. */
void store_set_sync(struct store *store, int64_t sync_ms);

/* Samples were added. flush_now: do not wait for the flush timer. */
void store_poke(struct store *store, bool flush_now);

/* Writes and syncs everything that is in the backlog, then calls empty_cb. While the disk fails, that waits. */
void store_drain(struct store *store, store_empty_cb *empty_cb);

/* How long rows waited for the end of their write, in ms, and how long each fdatasync of metrics.csv took, in us. */
const struct histogram *store_waits_ms(const struct store *store);
const struct histogram *store_syncs_us(const struct store *store);

/* How many finished files of metrics.csv and gaps.csv were deleted for their age or size. */
const uint64_t *store_deleted(const struct store *store);

/* Whether retain-size deletes files before they are as old as retain. */
const bool *store_cut_short(const struct store *store);

/* Stops: only a write under way still ends. */
void store_close(struct store *store);

/* After the loop has run empty. */
void store_deinit(struct store *store);

#endif
