/* Pure. What the scaler is shown: the nodes of each group, summed. */
#ifndef COLLECTOR_FLEET_OBSERVE_H
#define COLLECTOR_FLEET_OBSERVE_H

#include "collector/config/config.h"
#include "collector/fleet/registry.h"
#include "scaler/decision.h"

#include <stdbool.h>
#include <stdint.h>

/* What each resource is measured by; and from RESOURCE_COUNT on, what its pressure is. */
#define OBSERVE_METRICS (2U * RESOURCE_COUNT)
extern const enum metric observe_metric[OBSERVE_METRICS];

/* What a node's utilisation is multiplied with to give its demand: 1 where the agent could not tell. */
double observe_weight(const struct node *node, enum resource resource);

/* A pass over all nodes. It remembers of each node whether it was there: one that was absent and is live has joined,
 * one that was there and is gone has left. A live node's utilisation is its mean over the last tick; nodes that are
 * gone count as nothing.
 *
 * It may be made in slices, and sees the same: whatever is received between them, samples that were taken after the
 * pass began do not count (but a silent node that is heard of before its turn is live). Nodes may come and go
 * meanwhile; groups that come are seen by the next pass. */
struct observe_sum {
    struct resource_observation resource[RESOURCE_COUNT];
    unsigned pressured[RESOURCE_COUNT]; /* nodes that report pressure */
};

struct observe_sums {
    struct observe_sum settled;
    struct observe_sum warming; /* nodes that warm up are summed by themselves */
    int64_t warm_up_ms;
};

struct observe_pass {
    const struct registry *registry;
    struct group_observation *observed;
    int64_t now_ms;
    int64_t tick_ms;
    int64_t gone_ms;
    unsigned group_count;
    unsigned at; /* the next node */
    bool done;
    struct observe_sums sums[GROUPS_MAX];
};

/* observed: GROUPS_MAX places, by group index; valid up to pass->group_count once the pass is done. */
void observe_begin(struct observe_pass *pass, const struct registry *registry, const struct collector_config *config,
                   int64_t now_ms, struct group_observation *observed);

/* Sees so many nodes. true: those were all, also when it is called again. */
bool observe_step(struct observe_pass *pass, unsigned nodes);

/* The whole pass. */
void observe_groups(const struct registry *registry, const struct collector_config *config, int64_t now_ms,
                    struct group_observation *observed);

#endif
