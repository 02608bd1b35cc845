#include "collector/autoscale/outlook_log.h"

#include "common/log.h"

#define TICK_MS 1000U

static void outlook_log_on_line(const char *line)
{
    log_info("%s", line);
}

static void outlook_log_on_tick(uint64_t now_ms, void *arg)
{
    struct outlook_log *log = arg;

    outlook_watch_begin(&log->watch, now_ms);
    slices_run_later(&log->slices);
}

static bool outlook_log_on_step(void *arg)
{
    struct outlook_log *log = arg;

    return outlook_watch_step(&log->watch);
}

void outlook_log_start(struct outlook_log *log, uv_loop_t *loop, const struct registry *registry,
                       const struct collector_config *config)
{
    *log = (struct outlook_log){
        .watch = {.registry = registry, .config = config, .on_line = outlook_log_on_line, .minute_ms = uv_now(loop)}};
    slices_start(&log->slices, loop, outlook_log_on_step, log);
    ticker_start(&log->ticker, loop, TICK_MS, 0, outlook_log_on_tick, log);
}

void outlook_log_close(struct outlook_log *log)
{
    ticker_close(&log->ticker);
    slices_close(&log->slices);
}
