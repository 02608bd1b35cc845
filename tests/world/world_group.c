#include "world/world_group.h"

#include "world/world.h"

#include <math.h>

/* What the load balancer gives a node, relative to others: a new one at first
 * hardly anything. */
static double share_of(const struct world *world, const struct world_group *group, const struct world_node *node)
{
    uint64_t age_ms = world->now_ms - node->balanced_ms;

    if (!node->balanced)
        return 0.0;
    if (age_ms >= group->slow_start_ms)
        return node->cores * node->share;
    double passed = (double)age_ms / (double)group->slow_start_ms;
    return node->cores * node->share * (0.02 + 0.98 * passed * passed * passed);
}

static void carry(const struct world_group *group, struct world_node *node, double cores)
{
    double cpu = cores / node->cores;

    node->cpu = cpu < 1.0 ? cpu : 1.0;
    node->cpu_mean += (node->cpu - node->cpu_mean) / 60.0;
    node->memory = fmin(1.0, group->memory_idle + group->memory_rise * node->cpu);
}

void group_step(struct world *world, struct world_group *group)
{
    double total = 0.0;

    load_step(world, &group->load);
    for (unsigned i = 0; i < world->node_count; i++)
        if (world->nodes[i].group == group->index)
            total += share_of(world, group, &world->nodes[i]);
    for (unsigned i = 0; i < world->node_count && total > 0.0; i++) {
        struct world_node *node = &world->nodes[i];
        if (node->group == group->index && node->phase == PHASE_RUNNING)
            carry(group, node, group->load.present * share_of(world, group, node) / total);
    }
}

unsigned group_existing(const struct world *world, const struct world_group *group)
{
    unsigned count = 0;

    for (unsigned i = 0; i < world->node_count; i++)
        count += world->nodes[i].group == group->index && node_exists(&world->nodes[i]);
    return count;
}

unsigned group_running(const struct world *world, const struct world_group *group)
{
    unsigned count = 0;

    for (unsigned i = 0; i < world->node_count; i++)
        count += world->nodes[i].group == group->index && world->nodes[i].phase == PHASE_RUNNING;
    return count;
}

unsigned group_need(const struct world_group *group, double utilisation)
{
    unsigned nodes = (unsigned)ceil(group->load.level / (utilisation * group->cores) - 1e-9);

    return nodes > 0 ? nodes : 1;
}

unsigned group_lent(const struct world *world, const struct world_group *group)
{
    unsigned count = 0;

    for (unsigned i = 0; i < world->node_count; i++)
        count += world->nodes[i].former_group == group->index && node_exists(&world->nodes[i]);
    return count;
}
