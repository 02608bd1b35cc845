#include "collector/fleet/agent_account.h"

#include "common/limits.h"

#include <stdbool.h>
#include <stddef.h>

uint64_t agent_account_dropped(const struct agent_account *account)
{
    return account->dropped_outbox_full + account->dropped_rejected + account->dropped_spool_damaged;
}

uint64_t agent_account_waiting(const struct agent_account *account)
{
    uint64_t settled = account->acknowledged + agent_account_dropped(account) + account->gone;

    return account->produced > settled ? account->produced - settled : 0;
}

void agent_account_replace(struct agent_account *sum, const struct agent_account *before,
                           const struct agent_account *after)
{
    sum->produced += after->produced - before->produced;
    sum->sent += after->sent - before->sent;
    sum->acknowledged += after->acknowledged - before->acknowledged;
    sum->dropped_outbox_full += after->dropped_outbox_full - before->dropped_outbox_full;
    sum->dropped_rejected += after->dropped_rejected - before->dropped_rejected;
    sum->dropped_spool_damaged += after->dropped_spool_damaged - before->dropped_spool_damaged;
    sum->gone += after->gone - before->gone;
}

/* No agent has counted as many. */
static bool is_plausible(const Headroom__Account *reported)
{
    return reported->produced <= ACCOUNT_MAX && reported->sent <= ACCOUNT_MAX &&
           reported->acknowledged <= ACCOUNT_MAX && reported->dropped_outbox_full <= ACCOUNT_MAX &&
           reported->dropped_rejected <= ACCOUNT_MAX && reported->dropped_spool_damaged <= ACCOUNT_MAX;
}

void agent_account_take(struct agent_account *account, const Headroom__Account *reported)
{
    if (reported == NULL || !is_plausible(reported))
        return;
    *account = (struct agent_account){
        .produced = reported->produced,
        .sent = reported->sent,
        .acknowledged = reported->acknowledged,
        .dropped_outbox_full = reported->dropped_outbox_full,
        .dropped_rejected = reported->dropped_rejected,
        .dropped_spool_damaged = reported->dropped_spool_damaged,
    };
}

void agent_account_settle(struct agent_account *account)
{
    uint64_t dropped = agent_account_dropped(account);

    if (dropped <= account->produced)
        account->acknowledged = account->produced - dropped;
}

void agent_account_end(struct agent_account *account, uint64_t received_seq)
{
    uint64_t dropped = agent_account_dropped(account);

    if (account->produced < received_seq)
        account->produced = received_seq;
    if (received_seq > dropped && account->acknowledged < received_seq - dropped)
        account->acknowledged = received_seq - dropped;
    account->gone = agent_account_waiting(account);
}
