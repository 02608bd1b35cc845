#include "collector/autoscale/decision_log.h"

#include "common/clock.h"
#include "common/handle.h"
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

static void decision_log_on_work(uv_work_t *work)
{
    struct decision_log *log = work->data;
    int rc = segments_begin_write(log->segments, log->again, log->rotation, clock_wall_ms());

    if (rc == 0)
        rc = segments_append(log->segments, log->job, log->job_len);
    log->rc = segments_end_write(log->segments, rc, true);
}

static void begin_write(struct decision_log *log);

static void decision_log_on_retry(uv_timer_t *timer)
{
    begin_write(timer->data);
}

static void decision_log_on_written(uv_work_t *work, int status)
{
    struct decision_log *log = work->data;

    (void)status; /* never cancelled */
    log->writing = false;
    (void)segments_take_events(log->segments);
    if (log->rc < 0 && !log->again)
        log_error("decisions.csv can't be written: %s; it is tried again", strerror(-log->rc));
    else if (log->rc == 0 && log->again)
        log_info("decisions.csv can be written again");
    log->again = log->rc < 0;
    if (!log->again) {
        log->synced = log->job_rows;
        if (log->synced_cb != NULL)
            log->synced_cb(log->synced_arg);
        begin_write(log); /* what came meanwhile, even at the end */
    } else if (!log->closing) {
        uv_timer_start(&log->retry, decision_log_on_retry, RETRY_MS, 0);
    }
}

static void begin_write(struct decision_log *log)
{
    if (log->writing || (!log->again && log->waiting_len == 0))
        return;
    if (!log->again) {
        char *filled = log->waiting;
        log->waiting = log->job;
        log->job = filled;
        log->job_len = log->waiting_len;
        log->waiting_len = 0;
        log->job_rows = log->added;
    }
    log->writing = true;
    log->work.data = log;
    log->segments->limits = log->limits; /* no worker has them now */
    log->rotation = segments_due(log->segments, clock_wall_ms());
    uv_queue_work(log->loop, &log->work, decision_log_on_work, decision_log_on_written);
}

int decision_log_add(struct decision_log *log, const struct decision_record *record)
{
    char row[DECISION_ROW_MAX];
    size_t len = decision_fields_put_row(row, record);

    if (len > DECISION_LOG_BUFFER - log->waiting_len) {
        log_warning("no room for a row of decisions.csv while it can't be written");
        return -ENOSPC;
    }
    memcpy(log->waiting + log->waiting_len, row, len);
    log->waiting_len += len;
    log->added++;
    if (!log->again)
        begin_write(log);
    return 0;
}

/* ---- life ---- */

int decision_log_start(struct decision_log *log, uv_loop_t *loop, struct segments *segments)
{
    *log = (struct decision_log){.loop = loop, .segments = segments, .limits = segments->limits};
    log->waiting = malloc(DECISION_LOG_BUFFER);
    log->job = malloc(DECISION_LOG_BUFFER);
    if (log->waiting == NULL || log->job == NULL) {
        decision_log_deinit(log);
        return -ENOMEM;
    }
    uv_timer_init(loop, &log->retry);
    log->retry.data = log;
    return 0;
}

void decision_log_close(struct decision_log *log)
{
    log->closing = true;
    handle_close(&log->retry, NULL);
}

void decision_log_deinit(struct decision_log *log)
{
    free(log->waiting);
    free(log->job);
    log->waiting = NULL;
    log->job = NULL;
}
