/* Pure. The weight of a node for each resource: the factor from its utilisation to its demand, in cores, bytes or the
 * application's unit. */
#ifndef COLLECTOR_FLEET_NODE_WEIGHT_H
#define COLLECTOR_FLEET_NODE_WEIGHT_H

#include "collector/fleet/registry.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

/* A node's cpu_milli and memory from what its agent sends; 0: not sent, or no machine has as much. */
uint32_t node_weight_cpu_milli(uint32_t cores, uint32_t cpu_milli);
uint64_t node_weight_memory_bytes(uint64_t memory_bytes);

/* What the node says of itself; 1 if its agent did not report cores or memory. 0: the node has no application with a
 * number of its own. */
static inline double node_weight_said(const struct node *node, enum resource resource)
{
    switch (resource) {
    case RESOURCE_CPU:
        return node->cpu_milli > 0 ? node->cpu_milli / 1000.0 : 1.0;
    case RESOURCE_MEMORY:
        return node->memory_bytes > 0 ? (double)node->memory_bytes : 1.0;
    case RESOURCE_APP:
        return fmax(0.0, ring_app_capacity(&node->ring)); /* of NaN, too */
    default:
        return 1.0;
    }
}

static inline bool node_weight_is_said(const struct node *node, enum resource resource)
{
    switch (resource) {
    case RESOURCE_CPU:
        return node->cpu_milli > 0;
    case RESOURCE_MEMORY:
        return node->memory_bytes > 0;
    case RESOURCE_APP:
        return node_weight_said(node, resource) > 0.0;
    default:
        return true;
    }
}

/* The weight that counts: one that is not believed is replaced, see group_sizes.h. */
double node_weight_of(const struct node *node, enum resource resource);

/* A value or a mean of observe_metric[resource] as a share of what the node has. NaN: absent. The share of app may be
 * above 1: an application knows of work that waits. */
double node_weight_share(const struct node *node, enum resource resource, double value);

/* The same of a node whose weight is known. */
static inline double node_weight_share_of(double weight, enum resource resource, double value)
{
    if (resource != RESOURCE_APP)
        return value / 100.0;
    return weight > 0.0 ? value / weight : NAN;
}

#endif
