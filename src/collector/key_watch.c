#include "collector/key_watch.h"

#include "common/log.h"
#include "tls/key_file.h"

#include <stdio.h>
#include <string.h>

/* ---- on a worker ---- */

static void key_watch_look(void *arg)
{
    struct key_watch *watch = arg;

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
    if (lasting_reason_is_news(&watch->refused, watch->reason, uv_now(watch->loop)))
        log_warning("the keys stay as they were: %s", watch->reason);
}

static void take(struct key_watch *watch)
{
    struct key_ring *keys = &watch->config->keys;

    lasting_reason_end(&watch->refused);
    if (key_ring_equal(&watch->found, keys))
        return;
    key_ring_deinit(keys);
    *keys = watch->found;
    watch->found = (struct key_ring){0};
    log_info("the files of keys were read again: %u accepted", keys->count);
    watch->cb(watch->arg);
}

static bool key_watch_begin(void *arg)
{
    struct key_watch *watch = arg;
    const struct collector_config *config = watch->config;

    memcpy(watch->token_file, config->token_file, sizeof watch->token_file);
    memcpy(watch->revoked_file, config->revoked_file, sizeof watch->revoked_file);
    return config->token_file[0] != '\0' || config->revoked_file[0] != '\0';
}

static void key_watch_done(void *arg, bool valid)
{
    struct key_watch *watch = arg;

    if (valid) {
        secret_warning_log(&watch->warning, "token-file");
        if (watch->rc < 0)
            refuse(watch);
        else
            take(watch);
    }
    key_ring_deinit(&watch->found);
}

static const struct recheck_calls calls = {key_watch_begin, key_watch_look, key_watch_done};

void key_watch_start(struct key_watch *watch, uv_loop_t *loop, struct collector_config *config, key_watch_cb *cb,
                     void *arg)
{
    *watch = (struct key_watch){.loop = loop, .config = config, .cb = cb, .arg = arg};
    recheck_start(&watch->recheck, loop, &calls, watch);
    recheck_now(&watch->recheck);
}

void key_watch_restart(struct key_watch *watch)
{
    lasting_reason_end(&watch->refused);
    recheck_now(&watch->recheck);
}

void key_watch_close(struct key_watch *watch)
{
    recheck_close(&watch->recheck);
}
