/* What the scaler is shown: the nodes of each group, summed. Pure. */
#ifndef COLLECTOR_OBSERVE_H
#define COLLECTOR_OBSERVE_H

#include "collector/config.h"
#include "collector/registry.h"
#include "scaler/decision.h"

#include <stdint.h>

/* What each resource is measured by, and what a node's utilisation is multiplied with to give its demand: 1 where the
 * agent could not tell. */
extern const enum metric observe_metric[RESOURCE_COUNT];
double observe_weight(const struct node *node, enum resource resource);

/* Fills observed[0 .. registry->group_count), by group index, in one pass over all nodes, and remembers of each node
 * whether it was there: one that was absent and is live has joined, one that was there and is gone has left. A live
 * node's utilisation is its mean over the last tick; nodes that are gone count as nothing. */
void observe_groups(const struct registry *registry, const struct collector_config *config, int64_t now_ms,
                    struct group_observation *observed);

#endif
