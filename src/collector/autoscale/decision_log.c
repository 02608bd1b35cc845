#include "collector/autoscale/decision_log.h"

#include "collector/store/segments_log.h"
#include "common/clock.h"
#include "common/log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define RETRY_MS 1000U

bool decision_log_row_ok(const char *row, size_t len)
{
    /* The sentence is quoted and comes last. */
    return len > 2 && row[0] >= '0' && row[0] <= '9' && row[len - 1] == '"' && memchr(row, '\0', len) == NULL;
}

/* ---- writing ---- */

static void decision_log_before_write(void *arg)
{
    struct decision_log *log = arg;

    segments_set_limits(log->segments, &log->limits); /* no worker has them now */
    log->rotation = segments_due(log->segments, clock_wall_ms());
}

static int decision_log_on_write(void *arg)
{
    struct decision_log *log = arg;

    int rc = segments_begin_write(log->segments, write_job_failing(&log->job), log->rotation, clock_wall_ms());
    if (rc == 0)
        rc = segments_append(log->segments, log->writing, log->writing_len);
    return segments_end_write(log->segments, rc, true);
}

/* What waits becomes the job, unless there is one: after a failure the same rows are written again. */
static void write_waiting(struct decision_log *log)
{
    char *filled = log->waiting;

    if (write_job_running(&log->job) || write_job_failing(&log->job) || log->waiting_len == 0)
        return;
    log->waiting = log->writing;
    log->writing = filled;
    log->writing_len = log->waiting_len;
    log->waiting_len = 0;
    log->in_job = log->added;
    write_job_begin(&log->job);
}

static void decision_log_on_written(int rc, void *arg)
{
    struct decision_log *log = arg;

    segments_log_meddling(log->segments, segments_take_events(log->segments));
    if (rc < 0)
        return;
    log->synced = log->in_job;
    if (log->synced_cb != NULL)
        log->synced_cb(log->synced_arg);
    write_waiting(log); /* rows that came meanwhile, also after the close */
}

int decision_log_add(struct decision_log *log, const struct decision_record *record)
{
    char row[DECISION_ROW_MAX];
    size_t len = decision_fields_put_row(row, record);

    if (len > DECISION_LOG_BUFFER - log->waiting_len) {
        log_warning("lost a row of decisions.csv: the file can't be written, and the buffer is full");
        return -ENOSPC;
    }
    memcpy(log->waiting + log->waiting_len, row, len);
    log->waiting_len += len;
    log->added++;
    write_waiting(log);
    return 0;
}

uint64_t decision_log_newest(const struct decision_log *log)
{
    return log->added;
}

uint64_t decision_log_synced(const struct decision_log *log)
{
    return log->synced;
}

bool decision_log_failing(const struct decision_log *log)
{
    return write_job_failing(&log->job);
}

/* ---- life ---- */

int decision_log_start(struct decision_log *log, uv_loop_t *loop, struct segments *segments)
{
    const struct write_job_options options = {
        .file = "decisions.csv",
        .consequence = "the write is retried",
        .retry_ms = RETRY_MS,
        .before_write = decision_log_before_write,
        .write = decision_log_on_write,
        .on_written = decision_log_on_written,
        .arg = log,
    };

    *log = (struct decision_log){.segments = segments, .limits = *segments_get_limits(segments)};
    log->waiting = malloc(DECISION_LOG_BUFFER);
    log->writing = malloc(DECISION_LOG_BUFFER);
    if (log->waiting == NULL || log->writing == NULL) {
        decision_log_deinit(log);
        return -ENOMEM;
    }
    write_job_start(&log->job, loop, &options);
    return 0;
}

void decision_log_on_synced(struct decision_log *log, decision_log_synced_cb *cb, void *arg)
{
    log->synced_cb = cb;
    log->synced_arg = arg;
}

void decision_log_set_limits(struct decision_log *log, const struct segments_limits *limits)
{
    log->limits = *limits;
}

void decision_log_close(struct decision_log *log)
{
    write_job_close(&log->job);
}

void decision_log_deinit(struct decision_log *log)
{
    free(log->waiting);
    free(log->writing);
    log->waiting = NULL;
    log->writing = NULL;
}
