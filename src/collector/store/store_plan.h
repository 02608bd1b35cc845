/* Pure. Decides when the store writes and when it syncs: each event results in one action.
 *
 *     IDLE ----- rows come -----> GATHERING --- flush timer, or flush_now ---> WRITING
 *       ^                                                                       |  |
 *       |------------------------------ written --------------------------------+  | failed
 *       |                                                                          v
 *       |<---------- synced ------ SYNCING        WRITING <--- retry timer ---- RETRYING
 *
 * The worker does one thing at a time. Rows count as stored when they are synced (SYNC_ALWAYS), or once they are
 * written; then a sync follows at the latest sync_ms after, in a write or alone, unless it is SYNC_NEVER. After a sync
 * of such rows has failed, each write is synced until one has succeeded. While the plan drains, each write is synced,
 * and what is not synced yet is. Times are monotonic. */
#ifndef COLLECTOR_STORE_STORE_PLAN_H
#define COLLECTOR_STORE_STORE_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#define STORE_PLAN_NEVER UINT64_MAX

enum store_state {
    STORE_IDLE,
    STORE_GATHERING, /* rows wait for the flush timer */
    STORE_WRITING,   /* a worker writes */
    STORE_SYNCING,   /* a worker syncs rows that count as stored */
    STORE_RETRYING   /* a write has failed and waits for the retry timer */
};

enum store_action {
    STORE_DO_NOTHING,
    STORE_DO_WRITE, /* take what waits, and write it */
    STORE_DO_RETRY, /* write again what has failed */
    STORE_DO_SYNC,
    STORE_DO_REPORT_DRAINED
};

/* What the owner must report. */
#define STORE_HELD      1U /* the disk does not take rows */
#define STORE_RELEASED  2U /* it does again */
#define STORE_LOST_SYNC 4U /* rows_at_risk rows that count as stored may not be on the disk */
#define STORE_SYNC_BACK 8U /* a write was synced again */

struct store_plan {
    enum store_state state;
    uint64_t flush_ms; /* from the first row that waits to its write */
    uint64_t retry_ms; /* from a failed write to the next attempt */
    int64_t sync_ms;   /* SYNC_ALWAYS, SYNC_NEVER, or how long rows that count as stored wait for their sync */
    uint64_t timer_ms; /* when the flush or retry timer fires */
    uint64_t sync_timer_ms;
    uint64_t filling_since_ms; /* when the first row came that waits; NEVER: none has */
    uint64_t writing_since_ms; /* the same of the rows that are being written */
    uint64_t unsynced_rows;    /* that count as stored */
    uint64_t rows_at_risk;     /* of the last STORE_LOST_SYNC */
    bool flush_now;            /* the next write does not wait for the flush timer */
    bool sync_due;             /* the sync timer has fired while a worker was busy */
    bool sync_lost;            /* a sync has failed, and no write was synced since */
    bool held;
    bool draining;
    bool closed;
};

void store_plan_init(struct store_plan *plan, uint64_t flush_ms, int64_t sync_ms);

/* When store_plan_tick() is due; STORE_PLAN_NEVER: no timer runs. */
uint64_t store_plan_due_ms(const struct store_plan *plan);

/* Whether the write that begins must end with a sync. */
bool store_plan_syncs(const struct store_plan *plan);

/* Whether a worker has the files. */
bool store_plan_is_busy(const struct store_plan *plan);

/* ---- events; waiting: rows or gaps wait to be written ---- */

/* Rows came. flush_now: they are not to wait for the flush timer. */
enum store_action store_plan_poke(struct store_plan *plan, uint64_t now_ms, bool waiting, bool flush_now);

/* A timer may have fired. */
enum store_action store_plan_tick(struct store_plan *plan, uint64_t now_ms, bool waiting);

enum store_action store_plan_set_sync(struct store_plan *plan, uint64_t now_ms, int64_t sync_ms);

/* From now on all is written and synced at once; STORE_DO_REPORT_DRAINED when that is done. */
enum store_action store_plan_drain(struct store_plan *plan, uint64_t now_ms, bool waiting);

/* No further action. A write under way still ends. */
void store_plan_close(struct store_plan *plan);

struct store_written {
    int rc;
    uint32_t rows;
    bool synced;    /* the write ended with a sync, or was to */
    bool rotated;   /* it began with a rotation, or was to */
    bool lost_sync; /* a sync of rows that count as stored has failed */
};

/* The worker is done. Returns STORE_ bits for the log; then the owner marks the rows as stored, unless rc is negative,
 * and calls store_plan_continue(). */
unsigned store_plan_on_written(struct store_plan *plan, uint64_t now_ms, const struct store_written *written);
unsigned store_plan_on_synced(struct store_plan *plan, bool lost_sync);
enum store_action store_plan_continue(struct store_plan *plan, uint64_t now_ms, bool waiting);

#endif
