#include "collector/config_watch.h"

#include "collector/config/config_load.h"

#include <stdio.h>

static bool config_watch_begin(void *arg)
{
    const struct config_watch *watch = arg;

    return watch->path[0] != '\0';
}

static void config_watch_look(void *arg)
{
    struct config_watch *watch = arg;

    watch->rc = collector_config_load_hash(watch->path, &watch->hash);
}

static void config_watch_done(void *arg, bool valid)
{
    struct config_watch *watch = arg;

    if (valid)
        watch->cb(watch->rc, watch->hash, watch->arg);
}

static const struct recheck_calls calls = {config_watch_begin, config_watch_look, config_watch_done};

void config_watch_start(struct config_watch *watch, uv_loop_t *loop, const char *path, config_watch_cb *cb, void *arg)
{
    *watch = (struct config_watch){.cb = cb, .arg = arg};
    snprintf(watch->path, sizeof watch->path, "%s", path);
    recheck_start(&watch->recheck, loop, &calls, watch);
}

void config_watch_restart(struct config_watch *watch)
{
    recheck_now(&watch->recheck);
}

void config_watch_close(struct config_watch *watch)
{
    recheck_close(&watch->recheck);
}
