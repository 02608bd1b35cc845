/* Pure. Sums the agents' accounts: of one node over the runs of its agent, and of all nodes. */
#ifndef COLLECTOR_FLEET_NODE_ACCOUNT_H
#define COLLECTOR_FLEET_NODE_ACCOUNT_H

#include "collector/fleet/registry.h"

#include <stdbool.h>

/* Adds the accounts of all instances of the node, replaced ones included. Returns whether its wall clock is off. */
bool node_account_add(const struct node *node, struct agent_account *sum);

/* The same of all nodes. Returns how many wall clocks are off. */
unsigned node_account_sum(const struct registry *registry, struct agent_account *sum);

#endif
