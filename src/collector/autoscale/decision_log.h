/* Writes decisions.csv: one row for each logged decision; a worker writes the rows and makes them durable.
 *
 * Rows wait in decision_rows while a write is under way or the disk fails. A row for which there is no room is dropped
 * and the log says so; standard error (the journal) has the decision anyway. */
#ifndef COLLECTOR_AUTOSCALE_DECISION_LOG_H
#define COLLECTOR_AUTOSCALE_DECISION_LOG_H

#include "collector/autoscale/decision_rows.h"
#include "collector/autoscale/write_job.h"

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

struct dir_lock;

typedef void decision_log_synced_cb(void *arg);

struct decision_log {
    struct decision_rows rows;
    uint64_t dropped_logged; /* of rows.dropped */
    struct write_job job;
    const struct dir_lock *lock;
    bool held; /* the last write has failed: no order begins, since its intent is not durable */
    decision_log_synced_cb *synced_cb;
    void *synced_arg;
};

/* The segments and the lock of their directory, which may be NULL, belong to the caller. 0 or -ENOMEM. */
int decision_log_start(struct decision_log *log, uv_loop_t *loop, struct segments *segments,
                       const struct dir_lock *lock);

/* Calls cb after each write that succeeded: rows have become durable. */
void decision_log_on_synced(struct decision_log *log, decision_log_synced_cb *cb, void *arg);

/* Rows were added to log->rows: has them written, unless a write is under way, and logs those that were dropped. */
void decision_log_poke(struct decision_log *log);

/* Rows that were added before are still written, unless the disk fails. */
void decision_log_close(struct decision_log *log);
void decision_log_deinit(struct decision_log *log);

#endif
