#include "collector/fleet/node_weight.h"

#include "common/limits.h"

#include <math.h>

uint32_t node_weight_cpu_milli(uint32_t cores, uint32_t cpu_milli)
{
    if (cpu_milli > 0 && cpu_milli <= CPU_MILLI_MAX)
        return cpu_milli;
    return cores <= CPU_MILLI_MAX / 1000 ? cores * 1000 : 0;
}

uint64_t node_weight_memory_bytes(uint64_t memory_bytes)
{
    return memory_bytes <= MEMORY_BYTES_MAX ? memory_bytes : 0;
}

double node_weight_said(const struct node *node, enum resource resource)
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

bool node_weight_is_said(const struct node *node, enum resource resource)
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

double node_weight_of(const struct node *node, enum resource resource)
{
    double weight = node_weight_said(node, resource);

    if (node->group == NULL || !node_weight_is_said(node, resource))
        return weight;
    return group_sizes_weight(&node->group->sizes, resource, weight);
}

double node_weight_share(const struct node *node, enum resource resource, double value)
{
    double weight = resource == RESOURCE_APP ? node_weight_of(node, resource) : 100.0;

    return weight > 0.0 ? value / weight : NAN;
}
