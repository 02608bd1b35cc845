#include "collector/config_watch.h"

#include "collector/config/config_load.h"

#include <stdio.h>

#define LOOK_MS 10000U

static void config_watch_on_work(uv_work_t *work)
{
    struct config_watch *watch = work->data;

    watch->rc = collector_config_load_hash(watch->path, &watch->hash);
}

static void config_watch_on_done(uv_work_t *work, int status)
{
    struct config_watch *watch = work->data;

    (void)status; /* never cancelled */
    watch->works = false;
    if (!watch->outdated && !uv_is_closing((uv_handle_t *)&watch->ticker.timer))
        watch->cb(watch->rc, watch->hash, watch->arg);
}

/* A worker that hangs is the only one. */
static void config_watch_on_tick(uint64_t now_ms, void *arg)
{
    struct config_watch *watch = arg;

    (void)now_ms;
    if (watch->works || watch->path[0] == '\0')
        return;
    watch->works = true;
    watch->outdated = false;
    uv_queue_work(watch->loop, &watch->work, config_watch_on_work, config_watch_on_done);
}

void config_watch_start(struct config_watch *watch, uv_loop_t *loop, const char *path, config_watch_cb *cb, void *arg)
{
    *watch = (struct config_watch){.loop = loop, .cb = cb, .arg = arg};
    watch->work.data = watch;
    snprintf(watch->path, sizeof watch->path, "%s", path);
    ticker_start(&watch->ticker, loop, LOOK_MS, 0, config_watch_on_tick, watch);
}

void config_watch_restart(struct config_watch *watch)
{
    watch->outdated = true;
}

void config_watch_close(struct config_watch *watch)
{
    ticker_close(&watch->ticker);
}
