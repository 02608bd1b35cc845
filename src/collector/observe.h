/* What the scaler is shown: the nodes of each group, summed. Pure. */
#ifndef COLLECTOR_OBSERVE_H
#define COLLECTOR_OBSERVE_H

#include "collector/registry.h"
#include "scaler/decision.h"

#include <stdint.h>

/* What each resource is measured by, and what a node's utilisation is multiplied with to give its demand: 1 where the
 * agent could not tell. */
extern const enum metric observe_metric[RESOURCE_COUNT];
double observe_weight(const struct node *node, enum resource resource);

/* Fills observed[0 .. registry->group_count), by group index, in one pass over all nodes. A live node's utilisation is
 * its mean over the last tick; nodes that are gone count as nothing. */
void observe_groups(const struct registry *registry, int64_t now_ms, int64_t tick_ms, int64_t gone_ms,
                    struct group_observation *observed);

#endif
