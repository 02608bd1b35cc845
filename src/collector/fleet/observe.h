/* Pure. Builds the scaler's input: sums over the nodes of each group. */
#ifndef COLLECTOR_FLEET_OBSERVE_H
#define COLLECTOR_FLEET_OBSERVE_H

#include "collector/config/config.h"
#include "collector/fleet/observe_pass.h"

#include <stdbool.h>
#include <stdint.h>

/* The metric of each resource's use; from RESOURCE_NODE_COUNT on, of the pressure of all but app; at the end, what adds
 * to the pressure of cpu. */
#define OBSERVE_THROTTLED (RESOURCE_NODE_COUNT + RESOURCE_APP)
#define OBSERVE_METRICS   (OBSERVE_THROTTLED + 1U)
extern const enum metric observe_metric[OBSERVE_METRICS];

/* A pass over all nodes. It stores in each node whether it was present: one that was absent and is live has joined, one
 * that was present and has left or is gone has left. A live node's utilisation is its mean over the last tick, or its
 * newest sample if that is older and not too old for the group's horizon; then the node is unread. Nodes that are gone
 * are not counted. At its end, the pass judges for each group whether it has lost many nodes at once, and whether roll
 * call is under way.
 *
 * The pass may be made in slices with the same result: samples taken after it began are not counted (but a silent node
 * that sends one before its turn is live). Nodes may be added and freed meanwhile; new groups are seen by the next
 * pass. */

/* observed: GROUPS_MAX places, by group index; complete up to pass->group_count once the pass is done. */
void observe_begin(struct observe_pass *pass, const struct registry *registry, const struct collector_config *config,
                   int64_t now_ms, struct group_observation *observed);

/* Adds the next `nodes` nodes. true: the pass is done. */
bool observe_step(struct observe_pass *pass, unsigned nodes);

/* The whole pass. */
void observe_groups(const struct registry *registry, const struct collector_config *config, int64_t now_ms,
                    struct group_observation *observed);

#endif
