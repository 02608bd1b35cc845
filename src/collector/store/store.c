#include "collector/store/store.h"

#include "collector/store/dir_lock.h"
#include "collector/store/index_file.h"
#include "collector/store/segments_text.h"
#include "common/handle.h"
#include "common/log.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define TEXT_SIZE (1U << 20) /* written at once */

static void act(struct store *store, enum store_action action);

static bool rows_wait(const struct store *store)
{
    return backlog_waiting(store->options.parts.backlog) > 0;
}

/* ---- the log ---- */

static void log_index(struct store *store)
{
    int rc = store->job.index_rc;

    if (rc < 0 && !store->index_failed)
        log_warning(INDEX_FILE_NAME " can't be written: %s; nothing is lost, but the next start takes longer",
                    strerror(-rc));
    store->index_failed = rc < 0;
}

static void log_held(const struct store *store)
{
    if (store->plan.held)
        log_error("%s.csv can't be written: %s; nothing is lost, agents retain their samples until it can be written",
                  store_job_failed_name(&store->job), strerror(-store->job.rc));
    else
        log_info("metrics.csv can be written again");
}

static void report(struct store *store, unsigned events)
{
    if ((events & STORE_LOST_SYNC) != 0)
        log_error("metrics.csv can't be synced: %s; the last %" PRIu64
                  " acknowledged samples may not be on the disk, and a new file is begun",
                  strerror(-segments_sync_error(store->options.parts.metrics)), store->plan.rows_at_risk);
    if ((events & (STORE_HELD | STORE_RELEASED)) != 0) {
        log_held(store);
        store->options.held_cb(store->plan.held, store->options.arg);
    }
    if ((events & STORE_SYNC_BACK) != 0)
        log_info("metrics.csv can be synced again");
}

/* After a worker had the segments: whether a sync of rows that count as stored has failed. */
static bool take_segments_back(struct store *store)
{
    struct segments *metrics = store->options.parts.metrics;
    unsigned events = segments_take_events(metrics);

    store->syncs_us = *segments_syncs_us(metrics);
    store->deleted = segments_removed(metrics) + segments_removed(store->options.parts.gaps);
    store->cut_short = segments_are_cut_short(metrics) || segments_are_cut_short(store->options.parts.gaps);
    segments_text_meddling(metrics, events, log_line);
    segments_text_deleted(metrics, log_line);
    segments_text_deleted(store->options.parts.gaps, log_line);
    return (events & SEGMENTS_SYNC_LOST) != 0;
}

/* ---- the worker ---- */

static void store_on_work(uv_work_t *work)
{
    struct store *store = work->data;
    const struct dir_lock *lock = store->options.parts.lock;

    if (lock != NULL && dir_lock_has_lapsed(lock))
        store->job.rc = -ENOLCK;
    else
        store_job_run(&store->job);
}

static void store_on_sync_work(uv_work_t *work)
{
    struct store *store = work->data;

    store_job_sync(&store->job);
}

static void count_stored(struct store *store)
{
    histogram_add(&store->latencies, uv_now(store->loop) - store->plan.writing_since_ms, store->job.row_count);
    struct backlog_instances stored = store_job_stored(&store->job);
    store->options.stored_cb(&stored, store->options.arg);
}

static void store_on_written(uv_work_t *work, int status)
{
    struct store *store = work->data;
    struct store_job *job = &store->job;

    (void)status; /* never cancelled */
    if (job->rotation)
        log_index(store);
    store_job_end(job);
    struct store_written written = {.rc = job->rc,
                                    .rows = job->row_count,
                                    .synced = job->sync,
                                    .rotated = job->rotation,
                                    .lost_sync = take_segments_back(store)};
    report(store, store_plan_on_written(&store->plan, uv_now(store->loop), &written));
    if (written.rc == 0)
        count_stored(store);
    act(store, store_plan_continue(&store->plan, uv_now(store->loop), rows_wait(store)));
}

static void store_on_synced(uv_work_t *work, int status)
{
    struct store *store = work->data;

    (void)status; /* never cancelled */
    report(store, store_plan_on_synced(&store->plan, take_segments_back(store)));
    act(store, store_plan_continue(&store->plan, uv_now(store->loop), rows_wait(store)));
}

/* ---- what the plan wants ---- */

static void store_on_timer(uv_timer_t *timer)
{
    struct store *store = timer->data;

    store->armed_ms = STORE_PLAN_NEVER;
    act(store, store_plan_tick(&store->plan, uv_now(store->loop), rows_wait(store)));
}

static void arm(struct store *store)
{
    uint64_t now_ms = uv_now(store->loop);
    uint64_t due_ms = store_plan_due_ms(&store->plan);

    if (due_ms == store->armed_ms || uv_is_closing((uv_handle_t *)&store->timer))
        return;
    store->armed_ms = due_ms;
    if (due_ms == STORE_PLAN_NEVER)
        uv_timer_stop(&store->timer);
    else
        uv_timer_start(&store->timer, store_on_timer, due_ms > now_ms ? due_ms - now_ms : 0, 0);
}

static void begin_write(struct store *store)
{
    segments_set_limits(store->options.parts.metrics, &store->limits); /* no worker has them now */
    segments_set_limits(store->options.parts.gaps, &store->limits);
    store_job_begin(&store->job, store_plan_syncs(&store->plan));
    uv_queue_work(store->loop, &store->work, store_on_work, store_on_written);
}

static void act(struct store *store, enum store_action action)
{
    arm(store);
    if (action == STORE_DO_WRITE || action == STORE_DO_RETRY)
        begin_write(store);
    else if (action == STORE_DO_SYNC)
        uv_queue_work(store->loop, &store->work, store_on_sync_work, store_on_synced);
    else if (action == STORE_DO_REPORT_DRAINED && store->empty_cb != NULL)
        store->empty_cb(store->options.arg);
}

/* ---- what the owner wants ---- */

void store_poke(struct store *store, bool flush_now)
{
    act(store, store_plan_poke(&store->plan, uv_now(store->loop), rows_wait(store), flush_now));
}

void store_set_limits(struct store *store, const struct segments_limits *limits)
{
    store->limits = *limits;
    compressor_set_after(&store->compressor, limits->compress_after_ms);
}

void store_set_flush(struct store *store, uint64_t flush_ms)
{
    store->plan.flush_ms = flush_ms;
}

void store_set_sync(struct store *store, int64_t sync_ms)
{
    act(store, store_plan_set_sync(&store->plan, uv_now(store->loop), sync_ms));
}

void store_drain(struct store *store, store_empty_cb *empty_cb)
{
    store->empty_cb = empty_cb;
    act(store, store_plan_drain(&store->plan, uv_now(store->loop), rows_wait(store)));
}

const struct histogram *store_waits_ms(const struct store *store)
{
    return &store->latencies;
}

const struct histogram *store_syncs_us(const struct store *store)
{
    return &store->syncs_us;
}

const uint64_t *store_deleted(const struct store *store)
{
    return &store->deleted;
}

const bool *store_cut_short(const struct store *store)
{
    return &store->cut_short;
}

/* ---- life ---- */

static bool store_on_compress(void *arg)
{
    const struct store *store = arg;

    return store_plan_is_busy(&store->plan);
}

static void start_compressor(struct store *store)
{
    const struct compressor_options options = {.disk = store->options.parts.disk,
                                               .names = store->options.series,
                                               .count = store->options.series_count,
                                               .after_ms = store->limits.compress_after_ms,
                                               .busy_cb = store_on_compress,
                                               .arg = store};

    compressor_start(&store->compressor, store->loop, &options);
}

int store_start(struct store *store, uv_loop_t *loop, const struct store_options *options)
{
    *store = (struct store){.loop = loop, .options = *options, .armed_ms = STORE_PLAN_NEVER};
    int rc = store_job_init(&store->job, &options->parts, TEXT_SIZE);
    if (rc < 0)
        return rc;
    store->limits = *segments_get_limits(options->parts.metrics);
    store_plan_init(&store->plan, options->flush_ms, options->sync_ms);
    uv_timer_init(loop, &store->timer);
    store->timer.data = store;
    store->work.data = store;
    start_compressor(store);
    return 0;
}

void store_close(struct store *store)
{
    store_plan_close(&store->plan);
    handle_close(&store->timer, NULL);
    compressor_close(&store->compressor);
}

void store_deinit(struct store *store)
{
    store_job_deinit(&store->job);
    compressor_deinit(&store->compressor);
}
