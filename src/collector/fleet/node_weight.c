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

double node_weight_of(const struct node *node, enum resource resource)
{
    double weight = node_weight_said(node, resource);

    if (node->group == NULL || !node_weight_is_said(node, resource))
        return weight;
    return group_sizes_weight(&node->group->sizes, resource, weight);
}

double node_weight_share(const struct node *node, enum resource resource, double value)
{
    return node_weight_share_of(resource == RESOURCE_APP ? node_weight_of(node, resource) : 0.0, resource, value);
}
