#include "collector/housekeeping.h"

#include "collector/autoscale/unused_groups.h"
#include "collector/program_log.h"
#include "common/log.h"

#define HOUSEKEEPING_MS 60000U
#define NODES_PER_STEP  1000U

static void conclude(struct housekeeping *housekeeping)
{
    const struct housekeeping_parts *parts = &housekeeping->parts;

    program_log_shortened(parts->registry, &housekeeping->shortened_logged);
    unused_groups_give_back(parts->scaling, parts->registry, parts->backlog, housekeeping->now_ms);
    section_watch_look(&housekeeping->sections, parts->config, parts->registry, housekeeping->now_ms, log_line);
    parts->cb(parts->arg);
}

/* A slice of the nodes. */
static bool housekeeping_on_step(void *arg)
{
    struct housekeeping *housekeeping = arg;
    const struct housekeeping_parts *parts = &housekeeping->parts;
    unsigned from = housekeeping->at;

    registry_trim_rings(parts->registry, from, NODES_PER_STEP, housekeeping->now_ms);
    section_watch_see(&housekeeping->sections, parts->registry, from, NODES_PER_STEP, housekeeping->now_ms,
                      parts->config->gone_ms);
    housekeeping->at += NODES_PER_STEP;
    if (housekeeping->at < parts->registry->node_count)
        return true;
    conclude(housekeeping);
    return false;
}

static void housekeeping_on_tick(uint64_t now_ms, void *arg)
{
    struct housekeeping *housekeeping = arg;

    if (slices_running(&housekeeping->slices))
        return;
    housekeeping->now_ms = (int64_t)now_ms;
    housekeeping->at = 0;
    slices_run(&housekeeping->slices);
}

void housekeeping_start(struct housekeeping *housekeeping, uv_loop_t *loop, const struct housekeeping_parts *parts)
{
    *housekeeping = (struct housekeeping){.parts = *parts};
    slices_start(&housekeeping->slices, loop, housekeeping_on_step, housekeeping);
    ticker_start(&housekeeping->ticker, loop, HOUSEKEEPING_MS, 0, housekeeping_on_tick, housekeeping);
    housekeeping_reconfigure(housekeeping);
}

void housekeeping_reconfigure(struct housekeeping *housekeeping)
{
    const struct housekeeping_parts *parts = &housekeeping->parts;

    section_watch_begin(&housekeeping->sections, parts->config, parts->registry,
                        (int64_t)uv_now(housekeeping->ticker.timer.loop));
}

void housekeeping_close(struct housekeeping *housekeeping)
{
    ticker_close(&housekeeping->ticker);
    slices_close(&housekeeping->slices);
}
