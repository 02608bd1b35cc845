#include "collector/intake/intake_account.h"

#include <stddef.h>

void intake_account_begin(struct registry *registry, struct instance *instance, const Headroom__Account *reported)
{
    struct agent_account account = instance->account;

    account.gone = 0;
    agent_account_take(&account, reported);
    registry_set_account(registry, instance, &account);
}

void intake_account_take(struct registry *registry, struct instance *instance, const Headroom__Account *reported)
{
    struct agent_account account = instance->account;

    if (reported == NULL)
        return;
    agent_account_take(&account, reported);
    registry_set_account(registry, instance, &account);
}

void intake_account_settle(struct registry *registry, struct instance *instance)
{
    struct agent_account account = instance->account;

    agent_account_settle(&account);
    registry_set_account(registry, instance, &account);
}

void intake_account_end(struct registry *registry, struct instance *instance)
{
    struct agent_account account = instance->account;

    agent_account_end(&account, instance->received_seq);
    registry_set_account(registry, instance, &account);
}
