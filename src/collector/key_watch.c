#include "collector/key_watch.h"

#include "common/log.h"
#include "tls/key_file.h"

#include <stdio.h>
#include <string.h>

#define LOOK_MS 10000U

/* ---- on a worker ---- */

static void key_watch_on_work(uv_work_t *work)
{
    struct key_watch *watch = work->data;

    watch->rc = 0;
    secret_warning_look(&watch->warning, watch->token_file);
    if (watch->token_file[0] != '\0')
        watch->rc = key_file_read_secrets(watch->token_file, &watch->found, watch->reason, sizeof watch->reason);
    if (watch->rc == 0 && watch->revoked_file[0] != '\0')
        watch->rc = key_file_read_revoked(watch->revoked_file, &watch->found, watch->reason, sizeof watch->reason);
}

/* ---- on the loop ---- */

static void refuse(struct key_watch *watch)
{
    if (strcmp(watch->reason, watch->logged) == 0)
        return;
    memcpy(watch->logged, watch->reason, sizeof watch->logged);
    log_warning("the keys stay as they were: %s", watch->reason);
}

static void take(struct key_watch *watch)
{
    struct key_ring *keys = &watch->config->keys;

    watch->logged[0] = '\0';
    if (key_ring_equal(&watch->found, keys))
        return;
    key_ring_deinit(keys);
    *keys = watch->found;
    watch->found = (struct key_ring){0};
    log_info("the files of keys were read again: %u accepted", keys->count);
    watch->cb(watch->arg);
}

static void key_watch_on_done(uv_work_t *work, int status)
{
    struct key_watch *watch = work->data;

    (void)status; /* never cancelled */
    watch->works = false;
    if (!watch->outdated && !uv_is_closing((uv_handle_t *)&watch->ticker.timer)) {
        secret_warning_log(&watch->warning, "token-file");
        if (watch->rc < 0)
            refuse(watch);
        else
            take(watch);
    }
    key_ring_deinit(&watch->found);
}

/* A worker that hangs is the only one. */
static void key_watch_on_tick(uint64_t now_ms, void *arg)
{
    struct key_watch *watch = arg;
    const struct collector_config *config = watch->config;

    (void)now_ms;
    if (watch->works || (config->token_file[0] == '\0' && config->revoked_file[0] == '\0'))
        return;
    memcpy(watch->token_file, config->token_file, sizeof watch->token_file);
    memcpy(watch->revoked_file, config->revoked_file, sizeof watch->revoked_file);
    watch->works = true;
    watch->outdated = false;
    uv_queue_work(watch->loop, &watch->work, key_watch_on_work, key_watch_on_done);
}

void key_watch_start(struct key_watch *watch, uv_loop_t *loop, struct collector_config *config, key_watch_cb *cb,
                     void *arg)
{
    *watch = (struct key_watch){.loop = loop, .config = config, .cb = cb, .arg = arg};
    watch->work.data = watch;
    ticker_start(&watch->ticker, loop, LOOK_MS, 0, key_watch_on_tick, watch);
    key_watch_on_tick(uv_now(loop), watch);
}

void key_watch_restart(struct key_watch *watch)
{
    watch->outdated = true;
    watch->logged[0] = '\0';
}

void key_watch_close(struct key_watch *watch)
{
    ticker_close(&watch->ticker);
}
