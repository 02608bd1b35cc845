/* What the invariants know of the fleet: which nodes exist that the collector
 * can know of, and what they carry. */
#ifndef WORLD_CHECK_FLEET_H
#define WORLD_CHECK_FLEET_H

#include <stdbool.h>
#include <stdint.h>

struct world;
struct world_group;
struct world_node;
struct world_order;

struct check_fleet {
    unsigned known;   /* nodes that exist, have reported, and may not be forgotten */
    unsigned silent;  /* those of them without a fresh sample */
    double demand[2]; /* of cpu and memory: what the others carry, and the silent
                         ones as fully busy */
    double capacity[2];
    unsigned unknown[2]; /* nodes without a reading of it */
    double unknown_weight[2];
    double left[2]; /* without the nodes that the order names */
};

/* order: whose nodes are left out of left[]; NULL: none are. */
void check_fleet_sum(const struct world *world, const struct world_group *group, const struct world_order *order,
                     struct check_fleet *fleet);

/* Whether the collector has a sample of the node that is not too old: three intervals, or the horizon while the agent
 * is connected and shows signs of life. */
bool check_fleet_is_fresh(const struct world *world, const struct world_group *group, const struct world_node *node);

#endif
