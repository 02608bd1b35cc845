#include "collector/autoscale/decision_log.h"

#include "collector/store/dir_lock.h"
#include "collector/store/segments_text.h"
#include "common/log.h"

#include <errno.h>

#define RETRY_MS 1000U

/* ---- writing ---- */

static void decision_log_before_write(void *arg)
{
    decision_rows_begin(&((struct decision_log *)arg)->rows);
}

static int decision_log_on_write(void *arg)
{
    struct decision_log *log = arg;

    return log->lock != NULL && dir_lock_has_lapsed(log->lock) ? -ENOLCK : decision_rows_write(&log->rows);
}

void decision_log_poke(struct decision_log *log)
{
    for (; log->dropped_logged < log->rows.dropped; log->dropped_logged++)
        log_warning("lost a row of decisions.csv: the file can't be written, and the buffer is full");
    if (decision_rows_take(&log->rows))
        write_job_begin(&log->job);
}

static void decision_log_on_written(int rc, void *arg)
{
    struct decision_log *log = arg;

    log->held = rc < 0;
    decision_rows_end(&log->rows, rc);
    segments_text_meddling(log->rows.segments, segments_take_events(log->rows.segments), log_line);
    segments_text_deleted(log->rows.segments, log_line);
    if (rc < 0)
        return;
    if (log->synced_cb != NULL)
        log->synced_cb(log->synced_arg);
    decision_log_poke(log); /* rows that came meanwhile, also after the close */
}

/* ---- life ---- */

int decision_log_start(struct decision_log *log, uv_loop_t *loop, struct segments *segments,
                       const struct dir_lock *lock)
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

    *log = (struct decision_log){.lock = lock};
    int rc = decision_rows_init(&log->rows, segments);
    if (rc == 0)
        write_job_start(&log->job, loop, &options);
    return rc;
}

void decision_log_on_synced(struct decision_log *log, decision_log_synced_cb *cb, void *arg)
{
    log->synced_cb = cb;
    log->synced_arg = arg;
}

void decision_log_close(struct decision_log *log)
{
    write_job_close(&log->job);
}

void decision_log_deinit(struct decision_log *log)
{
    decision_rows_deinit(&log->rows);
}
