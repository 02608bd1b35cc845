/* Writes decisions.csv: one row for each logged decision; a worker writes the rows and makes them durable.
 *
 * Rows wait in a bounded buffer while a write is under way or the disk fails. A row for which there is no room is
 * dropped and the log says so; standard error (the journal) has the decision anyway. */
#ifndef COLLECTOR_AUTOSCALE_DECISION_LOG_H
#define COLLECTOR_AUTOSCALE_DECISION_LOG_H

#include "collector/autoscale/decision_fields.h"
#include "collector/autoscale/write_job.h"
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
    struct segments *segments;
    struct segments_limits limits;
    struct write_job job;
    bool rotation;   /* the job begins with one */
    uint64_t added;  /* rows since the start, */
    uint64_t synced; /* how many of them are durable, */
    uint64_t in_job; /* and how many will be once the job has succeeded */
    decision_log_synced_cb *synced_cb;
    void *synced_arg;
    char *waiting; /* rows for the next job, and those of this one: DECISION_LOG_BUFFER each */
    char *writing;
    size_t waiting_len;
    size_t writing_len;
};

/* The segments belong to the caller. 0 or -ENOMEM. */
int decision_log_start(struct decision_log *log, uv_loop_t *loop, struct segments *segments);

/* Calls cb after each write that succeeded: rows have become durable. */
void decision_log_on_synced(struct decision_log *log, decision_log_synced_cb *cb, void *arg);

/* For the next write on. */
void decision_log_set_limits(struct decision_log *log, const struct segments_limits *limits);

/* 0, or -ENOSPC: there is no room, which was logged. */
int decision_log_add(struct decision_log *log, const struct decision_record *record);

/* The number of the newest row; it is durable once decision_log_synced() has reached that number. */
uint64_t decision_log_newest(const struct decision_log *log);
uint64_t decision_log_synced(const struct decision_log *log);

/* Rows can't be written at present. */
bool decision_log_failing(const struct decision_log *log);

/* Rows that were added before are still written, unless the disk fails. */
void decision_log_close(struct decision_log *log);
void decision_log_deinit(struct decision_log *log);

#endif
