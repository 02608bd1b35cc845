#include "collector/account_text.h"

#include <inttypes.h>
#include <stdio.h>

void account_text_collector(const struct intake_hub *hub, const char *when, char *text, size_t size)
{
    const struct intake_account *account = &hub->account;
    uint64_t waiting = backlog_rows(hub->backlog);

    snprintf(text, size,
             "%s: %" PRIu64 " samples received, %" PRIu64 " stored, %" PRIu64 " duplicates, %" PRIu64
             " dropped by agents, %" PRIu64 " stored elsewhere, %" PRIu64 " impossible values, %" PRIu64
             " instances ended without Goodbye",
             when, account->samples, account->samples - waiting, account->duplicates, intake_dropped(account),
             account->missing[GAP_ELSEWHERE], account->bad_values, account->ended);
}

void account_text_agents(const struct registry *registry, char *text, size_t size)
{
    const struct agent_account *sum = &registry->agents;

    snprintf(text, size,
             "agents: %" PRIu64 " samples produced, %" PRIu64 " sent, %" PRIu64 " acknowledged, %" PRIu64
             " dropped (outbox full %" PRIu64 ", rejected %" PRIu64 ", spool damaged %" PRIu64 "), %" PRIu64
             " waiting, %" PRIu64 " lost with killed agents",
             sum->produced, sum->sent, sum->acknowledged, agent_account_dropped(sum), sum->dropped_outbox_full,
             sum->dropped_rejected, sum->dropped_spool_damaged, agent_account_waiting(sum), sum->gone);
}

void account_text_store(const struct histogram *stored_ms, char *text, size_t size)
{
    snprintf(text, size,
             "store: time from receipt until stored: median %" PRIu64 " ms, 99th percentile %" PRIu64
             " ms, maximum %" PRIu64 " ms",
             histogram_percentile(stored_ms, 0.5), histogram_percentile(stored_ms, 0.99), stored_ms->max);
}

void account_text_status(const struct intake_hub *hub, unsigned sessions, char *text, size_t size)
{
    snprintf(text, size,
             "%u agents, %" PRIu64 " samples, %" PRIu64 " duplicates, %" PRIu64 " dropped by agents, %u clocks off%s",
             sessions, hub->account.samples, hub->account.duplicates, agent_account_dropped(&hub->registry->agents),
             hub->registry->clocks_off, hub->held ? "; the disk can't be written, agents retain their samples" : "");
}
