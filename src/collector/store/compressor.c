#include "collector/store/compressor.h"

#include "collector/store/segment_list.h"
#include "common/handle.h"
#include "common/log.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#define FIRST_MS  1000U /* from the start to the first search */
#define LOOK_MS   60000U
#define REMOVE_MS 2000U
#define BUSY_MS   5U /* between two looks whether the store is still writing */
#define REST      4U /* times the duration of a step */

static void compressor_on_timer(uv_timer_t *timer);

/* ---- the worker ---- */

static int clean(const struct compressor *compressor)
{
    int rc = 0;

    for (unsigned i = 0; rc == 0 && i < compressor->options.count; i++)
        rc = segment_pack_clean(compressor->options.disk, compressor->options.names[i]);
    return rc;
}

/* 1: compressor->pack is the next one; 0: there is none. */
static int find(struct compressor *compressor)
{
    const struct compressor_options *options = &compressor->options;

    int rc =
        segment_pack_find(&compressor->place, options->disk, options->names, options->count, compressor->before_ms);
    if (rc <= 0)
        return rc;
    rc = segment_pack_new(&compressor->pack, options->disk, options->names[compressor->place.series],
                          compressor->place.number);
    return rc == 0 ? 1 : rc;
}

static int run(struct compressor *compressor)
{
    switch (compressor->task) {
    case COMPRESSOR_CLEAN:
        return clean(compressor);
    case COMPRESSOR_FIND:
        return find(compressor);
    case COMPRESSOR_STEP:
        return segment_pack_step(compressor->pack);
    default:
        return segment_pack_end(compressor->pack);
    }
}

static void compressor_on_work(uv_work_t *work)
{
    struct compressor *compressor = work->data;
    uint64_t begin_us = disk_mono_us(compressor->options.disk);

    compressor->rc = run(compressor);
    compressor->took_us = disk_mono_us(compressor->options.disk) - begin_us;
}

/* ---- the log ---- */

static void put_name(const struct compressor *compressor, char *file_name)
{
    segment_list_name(compressor->options.names[compressor->place.series], compressor->place.number, file_name);
}

static void log_done(const struct compressor *compressor)
{
    char file_name[NAME_MAX + 1];

    put_name(compressor, file_name);
    log_info("compressed %s from %.1f to %.1f MB", file_name, (double)segment_pack_content_len(compressor->pack) / 1e6,
             (double)segment_pack_len(compressor->pack) / 1e6);
}

/* A segment that was deleted meanwhile is no failure. */
static void log_failure(struct compressor *compressor)
{
    char file_name[NAME_MAX + 1];
    const char *why = strerror(-compressor->rc);

    if (compressor->rc == -ENOENT || !lasting_reason_is_news(&compressor->reason, why, uv_now(compressor->loop)))
        return;
    put_name(compressor, file_name);
    if (compressor->pack == NULL)
        log_error("can't look for files to compress: %s; they stay as they are", why);
    else
        log_error("%s can't be compressed: %s; it stays as it is, and is tried again later", file_name, why);
}

/* ---- the next task ---- */

static void arm(struct compressor *compressor, enum compressor_task task, uint64_t wait_ms)
{
    compressor->task = task;
    if (!uv_is_closing((uv_handle_t *)&compressor->timer))
        uv_timer_start(&compressor->timer, compressor_on_timer, wait_ms, 0);
}

static void drop_pack(struct compressor *compressor)
{
    segment_pack_free(compressor->pack);
    compressor->pack = NULL;
}

static void fail(struct compressor *compressor)
{
    log_failure(compressor);
    drop_pack(compressor);
    arm(compressor, COMPRESSOR_FIND, compressor->options.look_ms);
}

static uint64_t rest_ms(const struct compressor *compressor)
{
    return 1 + REST * compressor->took_us / 1000;
}

static void go_on(struct compressor *compressor)
{
    switch (compressor->task) {
    case COMPRESSOR_CLEAN:
        arm(compressor, COMPRESSOR_FIND, FIRST_MS);
        break;
    case COMPRESSOR_FIND:
        arm(compressor, compressor->rc > 0 ? COMPRESSOR_STEP : COMPRESSOR_FIND,
            compressor->rc > 0 ? 0 : compressor->options.look_ms);
        break;
    case COMPRESSOR_STEP:
        arm(compressor, compressor->rc > 0 ? COMPRESSOR_STEP : COMPRESSOR_END,
            compressor->rc > 0 ? rest_ms(compressor) : compressor->options.remove_ms);
        break;
    case COMPRESSOR_END:
        log_done(compressor);
        lasting_reason_end(&compressor->reason);
        drop_pack(compressor);
        arm(compressor, COMPRESSOR_FIND, 0);
        break;
    }
}

static void compressor_on_done(uv_work_t *work, int status)
{
    struct compressor *compressor = work->data;

    (void)status; /* never cancelled */
    if (compressor->rc < 0)
        fail(compressor);
    else
        go_on(compressor);
}

static void compressor_on_timer(uv_timer_t *timer)
{
    struct compressor *compressor = timer->data;
    const struct compressor_options *options = &compressor->options;
    bool is_off = compressor->task == COMPRESSOR_FIND && options->after_ms == 0;

    if (is_off || options->busy_cb(options->arg)) {
        arm(compressor, compressor->task, is_off ? options->look_ms : BUSY_MS);
        return;
    }
    compressor->before_ms = disk_wall_ms(options->disk) - options->after_ms;
    uv_queue_work(compressor->loop, &compressor->work, compressor_on_work, compressor_on_done);
}

/* ---- life ---- */

void compressor_start(struct compressor *compressor, uv_loop_t *loop, const struct compressor_options *options)
{
    *compressor = (struct compressor){.loop = loop, .options = *options};
    if (options->look_ms == 0)
        compressor->options.look_ms = LOOK_MS;
    if (options->remove_ms == 0)
        compressor->options.remove_ms = REMOVE_MS;
    uv_timer_init(loop, &compressor->timer);
    uv_unref((uv_handle_t *)&compressor->timer); /* it does not keep the loop alive */
    compressor->timer.data = compressor;
    compressor->work.data = compressor;
    arm(compressor, COMPRESSOR_CLEAN, 0);
}

void compressor_set_after(struct compressor *compressor, int64_t after_ms)
{
    compressor->options.after_ms = after_ms;
}

void compressor_close(struct compressor *compressor)
{
    handle_close(&compressor->timer, NULL);
}

void compressor_deinit(struct compressor *compressor)
{
    drop_pack(compressor);
}
