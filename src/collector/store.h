/* Samples to disk: takes the backlog's filled half to a worker, which formats it, writes it and makes it durable.
 *
 * Happy path: the first sample of a half starts the flush timer; when it fires, or when somebody hurries, the half is
 * taken, the worker appends its rows to metrics.csv and fdatasyncs, and on the loop the rows count as stored.
 * Failures: an error of the disk (no room, I/O, read-only) keeps the half; the file is cut back to its last durable
 * byte and the half written again from memory, each RETRY_MS, for as long as it takes. Nothing is acknowledged
 * meanwhile, and the log says when it began and when it is over.
 *
 * A write that begins with a rotation also leaves metrics.index, of what was stored up to then. That is a cache: when
 * it can't be written, the log says so once, and the samples go on. */
#ifndef COLLECTOR_STORE_H
#define COLLECTOR_STORE_H

#include "collector/backlog.h"
#include "collector/index.h"
#include "collector/registry.h"
#include "collector/segments.h"

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
    struct registry *registry;
    uint64_t flush_ms; /* this and the limits may be changed while it runs */
    struct segments_limits limits;
    uv_timer_t timer; /* flush, or retry */
    uv_work_t work;
    bool timing;
    bool hurry; /* somebody waits: the next write does not wait for the timer */
    bool held;
    bool draining; /* write all there is, then say so */
    char *text;    /* the worker's */
    struct {
        const struct row *rows;
        uint32_t count;
        bool again; /* after a failure */
        bool rotation;
        struct index_entry *entries; /* for the index; NULL: none is written */
        size_t entry_count;
        uint64_t last_segment; /* that the index tells of */
        int rc;
        int index_rc;
    } job;
    bool index_failed;
    store_stored_cb *stored_cb;
    store_held_cb *held_cb;
    store_empty_cb *empty_cb;
    void *arg;
};

/* Backlog, segments and registry belong to the caller and outlive the store. 0 or -ENOMEM. */
int store_start(struct store *store, uv_loop_t *loop, struct backlog *backlog, struct segments *segments,
                struct registry *registry, uint64_t flush_ms, store_stored_cb *stored_cb, store_held_cb *held_cb,
                void *arg);

/* Samples were added. hurry: do not wait for the flush timer. */
void store_poke(struct store *store, bool hurry);

/* Writes everything that is in the backlog, then calls empty_cb. While the disk fails, that is not before it works. */
void store_drain(struct store *store, store_empty_cb *empty_cb);

/* Stops; what is not stored by then is not. A write under way ends first. */
void store_close(struct store *store);

/* After the loop has run empty. */
void store_deinit(struct store *store);

#endif
