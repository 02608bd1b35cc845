#include "collector/account_log.h"

#include "collector/loop_watch.h"
#include "common/log.h"

#include <inttypes.h>
#include <stdio.h>

/* What the agents report, each since its start. */
static void log_fleet(const struct registry *registry)
{
    struct agent_account sum;

    (void)registry_sum(registry, &sum);
    log_info("agents: %" PRIu64 " samples produced, %" PRIu64 " sent, %" PRIu64 " acknowledged, %" PRIu64
             " dropped (outbox full %" PRIu64 ", rejected %" PRIu64 ", spool damaged %" PRIu64 "), %" PRIu64
             " waiting, %" PRIu64 " lost with killed agents",
             sum.produced, sum.sent, sum.acknowledged, agent_account_dropped(&sum), sum.dropped_outbox_full,
             sum.dropped_rejected, sum.dropped_spool_damaged, agent_account_waiting(&sum), sum.gone);
}

void account_log(const struct intake_hub *hub, const char *when)
{
    const struct intake_account *account = &hub->account;
    uint64_t waiting = backlog_rows(hub->backlog);

    log_info("%s: %" PRIu64 " samples received, %" PRIu64 " stored, %" PRIu64 " duplicates, %" PRIu64
             " dropped by agents, %" PRIu64 " stored elsewhere, %" PRIu64 " impossible values, %" PRIu64
             " instances ended without Goodbye",
             when, account->samples, account->samples - waiting, account->duplicates, intake_dropped(account),
             account->missing[GAP_ELSEWHERE], account->bad_values, account->ended);
    log_fleet(hub->registry);
}

void account_log_waits(const struct loop_watch *watch, const struct histogram *stored_ms)
{
    log_info("loop: busy for %.1f%% of the time; an event waits %.1f ms at the 99th percentile, %.1f ms at the "
             "99.9th; the longest turn took %.1f ms",
             100.0 * loop_watch_busy(watch), (double)loop_watch_wait_us(watch, 0.99) / 1000.0,
             (double)loop_watch_wait_us(watch, 0.999) / 1000.0, (double)watch->turns.max / 1000.0);
    log_info("store: time from receipt until stored: median %" PRIu64 " ms, 99th percentile %" PRIu64
             " ms, maximum %" PRIu64 " ms",
             histogram_percentile(stored_ms, 0.5), histogram_percentile(stored_ms, 0.99), stored_ms->max);
}

void account_log_status(const struct intake_hub *hub, unsigned sessions, char *text, size_t size)
{
    struct agent_account sum;
    unsigned clocks_off = registry_sum(hub->registry, &sum);

    snprintf(text, size,
             "%u agents, %" PRIu64 " samples, %" PRIu64 " duplicates, %" PRIu64 " dropped by agents, %u clocks off%s",
             sessions, hub->account.samples, hub->account.duplicates, agent_account_dropped(&sum), clocks_off,
             hub->held ? "; the disk can't be written, agents retain their samples" : "");
}
