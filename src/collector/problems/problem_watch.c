#include "collector/problems/problem_watch.h"

#include "common/clock.h"

#define STALL_MS 1000U

static struct moment moment_now(struct problem_watch *watch)
{
    return moment_of((int64_t)uv_now(watch->ticker.timer.loop), clock_wall_ms(), &watch->wall_offset_ms);
}

/* First the fleet is counted, then looked at. */
static bool problem_watch_on_slice(void *arg)
{
    struct problem_watch *watch = arg;
    const struct problem_watch_options *options = &watch->options;
    const struct problem_sources *sources = &options->sources;
    struct moment now = moment_now(watch);

    if (!watch->is_counted) {
        watch->is_counted = fleet_counts_step(options->counts, sources->registry, now.now_ms, options->config->gone_ms);
        if (watch->is_counted)
            problem_look_begin(&watch->look, sources, &now, &watch->problems);
        return true;
    }
    if (problem_look_step(&watch->look, sources, &now, &watch->problems))
        return true;
    watch->is_counted = false;
    options->cb(&watch->problems, &now, options->arg);
    return false;
}

/* After a stall of the machine or of this process, all agents seem to be silent until what has arrived is read: that is
 * left to the next tick. */
static void problem_watch_on_tick(uint64_t now_ms, void *arg)
{
    struct problem_watch *watch = arg;
    bool is_late = watch->ticked_ms > 0 && now_ms - watch->ticked_ms > watch->ticker.interval_ms + STALL_MS;

    watch->ticked_ms = now_ms;
    if (is_late)
        return;
    if (!slices_running(&watch->slices))
        slices_run(&watch->slices);
}

void problem_watch_start(struct problem_watch *watch, uv_loop_t *loop, const struct problem_watch_options *options)
{
    int64_t tick_ms = options->config->settings.tick_ms;

    *watch = (struct problem_watch){.options = *options};
    slices_start(&watch->slices, loop, problem_watch_on_slice, watch);
    ticker_start(&watch->ticker, loop, tick_ms < PROBLEM_WATCH_MS ? (uint64_t)tick_ms : PROBLEM_WATCH_MS, 0,
                 problem_watch_on_tick, watch);
}

void problem_watch_close(struct problem_watch *watch)
{
    ticker_close(&watch->ticker);
    slices_close(&watch->slices);
}

void problem_watch_deinit(struct problem_watch *watch)
{
    problems_deinit(&watch->problems);
}
