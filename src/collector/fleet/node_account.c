#include "collector/fleet/node_account.h"

bool node_account_add(const struct node *node, struct agent_account *sum)
{
    agent_account_add(sum, &node->forgotten);
    for (const struct instance *instance = node->instances; instance != NULL; instance = instance->next)
        agent_account_add(sum, &instance->account);
    return node->clock_off != 0;
}

unsigned node_account_sum(const struct registry *registry, struct agent_account *sum)
{
    unsigned clocks_off = 0;

    *sum = (struct agent_account){0};
    for (unsigned i = 0; i < registry->node_count; i++)
        clocks_off += node_account_add(registry->nodes[i], sum);
    return clocks_off;
}
