#include "collector/housekeeping.h"

#include "collector/autoscale/unused_groups.h"
#include "collector/program_log.h"
#include "common/log.h"

#define HOUSEKEEPING_MS 60000U

static void housekeeping_on_tick(uint64_t now_ms, void *arg)
{
    struct housekeeping *housekeeping = arg;
    const struct housekeeping_parts *parts = &housekeeping->parts;

    registry_trim_rings(parts->registry, (int64_t)now_ms);
    program_log_shortened(parts->registry, &housekeeping->shortened_logged);
    unused_groups_give_back(parts->scaling, parts->registry, parts->backlog, (int64_t)now_ms);
    section_watch_look(&housekeeping->sections, parts->config, parts->registry, (int64_t)now_ms, log_line);
    parts->cb(parts->arg);
}

void housekeeping_start(struct housekeeping *housekeeping, uv_loop_t *loop, const struct housekeeping_parts *parts)
{
    *housekeeping = (struct housekeeping){.parts = *parts};
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
}
