/* Samples and gaps to disk: takes the backlog's filled half to a worker, which formats it, writes it and makes it
 * durable: the gaps first, so that no sample behind a gap is there without it.
 *
 * Happy path: the first sample of a half starts the flush timer; when it fires, or when somebody hurries, the half is
 * taken, the worker appends its rows to metrics.csv and fdatasyncs, and on the loop the rows count as stored.
 * Failures: an error of the disk (no room, I/O, read-only) keeps the half; the file is cut back to its last durable
 * byte and the half written again from memory, each second, for as long as it takes. Nothing is acknowledged
 * meanwhile, and the log says when it began and when it is over.
 *
 * Rows count as stored when they are synced (sync_ms 0), or when they are written: then they are synced at the latest
 * sync_ms later, by a timer, or when the kernel likes (SYNC_NEVER), and in any case at a rotation and at the end. What
 * is written survives the end of this process, whatever ends it; what is not synced does not survive a power cut. When
 * the sync of rows fails that count as stored, they can't be written again from memory: the log says how many they
 * are, a new file is begun, and no row counts as stored before its sync until one write has gone well.
 *
 * A write that begins with a rotation also leaves metrics.index, of what was stored up to then. That is a cache: when
 * it can't be written, the log says so once, and the samples go on. */
#ifndef COLLECTOR_STORE_STORE_H
#define COLLECTOR_STORE_STORE_H

#include "collector/fleet/registry.h"
#include "collector/store/backlog.h"
#include "collector/store/index.h"
#include "collector/store/segments.h"
#include "common/histogram.h"

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

/* On the loop. stored: the instances whose rows are now on disk, a list by half[half].next. */
typedef void store_stored_cb(struct instance *stored, unsigned half, void *arg);
typedef void store_held_cb(bool held, void *arg);
typedef void store_empty_cb(void *arg);

struct store {
    uv_loop_t *loop;
    struct backlog *backlog;
    struct segments *segments;
    struct segments *gaps; /* the files of gaps.csv */
    struct registry *registry;
    uint64_t retry_ms; /* after a failed write */
    uint64_t flush_ms; /* this and the limits may be changed while it runs */
    struct segments_limits limits;
    int64_t sync_ms;  /* see store_set_sync() */
    uv_timer_t timer; /* flush, or retry */
    uv_timer_t sync_timer;
    uv_work_t sync_work;
    bool sync_due;          /* the timer has fired */
    bool syncing;           /* a worker does nothing but that */
    bool sync_lost;         /* a late sync has failed, and no write has been synced since */
    uint64_t unsynced_rows; /* that count as stored */
    uv_work_t work;
    bool timing;
    bool hurry; /* somebody waits: the next write does not wait for the timer */
    bool held;
    bool draining; /* write all there is, then say so */
    char *text;    /* the worker's */
    struct {
        const struct row *rows;
        uint32_t count;
        const struct gap *gaps;
        uint32_t gap_count; /* 0 once they are durable */
        bool gaps_again;
        bool again; /* after a failure */
        bool rotation;
        bool sync;                   /* at the end of the write */
        struct index_entry *entries; /* for the index; NULL: none is written */
        size_t entry_count;
        uint64_t last_segment; /* that the index tells of */
        uint64_t since_ms;
        int rc;
        int index_rc;
        int sync_rc; /* of a sync without a write */
    } job;
    bool index_failed;
    uint64_t filling_since_ms;  /* when the first row of the filling half came */
    struct histogram latencies; /* from there to the end of its write, in ms: no row of it waited for longer */
    struct histogram syncs_us;  /* how long fdatasync of metrics.csv took; the worker's own is in segments */
    store_stored_cb *stored_cb;
    store_held_cb *held_cb;
    store_empty_cb *empty_cb;
    void *arg;
};

/* Backlog, segments and registry belong to the caller and outlive the store. 0 or -ENOMEM. */
int store_start(struct store *store, uv_loop_t *loop, struct backlog *backlog, struct segments *segments,
                struct segments *gaps, struct registry *registry, uint64_t flush_ms, store_stored_cb *stored_cb,
                store_held_cb *held_cb, void *arg);

/* How long rows that are written may wait for their sync; SYNC_ALWAYS: they don't count as stored before, SYNC_NEVER:
 * for ever. At any time. */
void store_set_sync(struct store *store, int64_t sync_ms);

/* Samples were added. hurry: do not wait for the flush timer. */
void store_poke(struct store *store, bool hurry);

/* Writes and syncs everything that is in the backlog, then calls empty_cb. While the disk fails, that is not before it
 * works. */
void store_drain(struct store *store, store_empty_cb *empty_cb);

/* Stops; what is not stored by then is not. A write under way ends first. */
void store_close(struct store *store);

/* After the loop has run empty. */
void store_deinit(struct store *store);

#endif
