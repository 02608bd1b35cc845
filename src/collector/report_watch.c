#include "collector/report_watch.h"

#include "collector/intake/intake.h"
#include "collector/intake/intake_report.h"
#include "collector/intake/session.h"

#define UPDATE_MS  1000U
#define STEP_NODES 16U

/* ---- Acks ahead of time ---- */

static bool report_watch_on_step(void *arg)
{
    struct report_watch *watch = arg;
    const struct registry *registry = watch->parts.hub->registry;

    for (unsigned i = 0; i < STEP_NODES && watch->at < registry->node_count; i++) {
        struct intake *intake = registry->nodes[watch->at++]->intake;
        if (intake == NULL || !intake_report_is_too_long(intake))
            continue;
        intake_want_ack(intake);
        session_pump(intake->owner);
    }
    return watch->at < registry->node_count;
}

static void begin_pass(struct report_watch *watch)
{
    watch->at = 0;
    watch->looks = *watch->parts.looks;
    slices_run_later(&watch->pass);
}

/* ---- once a second ---- */

static double take_busy(struct report_watch *watch)
{
    const struct loop_watch *loop_watch = watch->parts.loop_watch;
    uint64_t passed_ns = loop_watch->turn_ns - watch->turn_ns;
    uint64_t busy_ns = loop_watch->busy_ns - watch->busy_ns;

    watch->turn_ns = loop_watch->turn_ns;
    watch->busy_ns = loop_watch->busy_ns;
    return passed_ns > 0 ? (double)busy_ns / (double)passed_ns : 0.0;
}

static void report_watch_on_tick(uint64_t now_ms, void *arg)
{
    struct report_watch *watch = arg;
    const struct intake_hub *hub = watch->parts.hub;
    const struct report_pace_load load = {.agents = hub->streaming,
                                          .busy = take_busy(watch),
                                          .ack_interval_ms = hub->ack_interval_ms,
                                          .config = watch->parts.config};

    (void)now_ms;
    if (report_pace_update(&watch->pace, &load, hub->registry) || *watch->parts.looks != watch->looks)
        begin_pass(watch);
}

/* ---- life ---- */

void report_watch_start(struct report_watch *watch, uv_loop_t *loop, const struct report_watch_parts *parts)
{
    *watch = (struct report_watch){.parts = *parts};
    slices_start(&watch->pass, loop, report_watch_on_step, watch);
    ticker_start(&watch->ticker, loop, UPDATE_MS, 0, report_watch_on_tick, watch);
    report_watch_on_tick(0, watch); /* for agents that return after a restart */
}

void report_watch_close(struct report_watch *watch)
{
    slices_close(&watch->pass);
    ticker_close(&watch->ticker);
}
