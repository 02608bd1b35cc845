/* decisions.csv: one row for each decision that is printed, written and made durable by a worker.
 *
 * Rows wait in a bounded buffer while one write is under way or the disk fails; a row for which there is no room is
 * dropped, and the log says so: decisions are on standard error (the journal) as well. */
#ifndef COLLECTOR_AUTOSCALE_DECISION_LOG_H
#define COLLECTOR_AUTOSCALE_DECISION_LOG_H

#include "collector/autoscale/decision_fields.h"
#include "collector/store/segments.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#define DECISION_LOG_BUFFER ((size_t)256 * 1024)

/* Whether a line is a row of decisions.csv; for segments_open(). */
bool decision_log_row_ok(const char *row, size_t len);

typedef void decision_log_synced_cb(void *arg);

struct decision_log {
    uv_loop_t *loop;
    struct segments *segments;
    struct segments_limits limits; /* may be changed while it runs */
    uv_work_t work;
    uv_timer_t retry;
    bool writing;
    bool again;    /* the job failed and waits for the timer */
    bool rotation; /* the job begins with one */
    bool closing;
    int rc;
    uint64_t added;  /* rows since the start, and how many of them */
    uint64_t synced; /* are durable */
    uint64_t job_rows;
    decision_log_synced_cb *synced_cb; /* after each write that went well; may be NULL */
    void *synced_arg;
    char *waiting; /* DECISION_LOG_BUFFER each */
    char *job;
    size_t waiting_len;
    size_t job_len;
};

/* The segments belong to the caller. 0 or -ENOMEM. */
int decision_log_start(struct decision_log *log, uv_loop_t *loop, struct segments *segments);

/* 0, or -ENOSPC: there is no room, which was logged. The row is durable once log->synced has reached what log->added is
 * after this. */
int decision_log_add(struct decision_log *log, const struct decision_record *record);
void decision_log_close(struct decision_log *log);
void decision_log_deinit(struct decision_log *log);

#endif
