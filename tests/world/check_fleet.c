#include "world/check_fleet.h"

#include "world/world.h"

#include <math.h>
#include <string.h>

#define SLACK_MS (30 * SECOND_MS) /* until samples, ticks and reconnections have settled */

static uint64_t silent_ms(const struct world *world, const struct world_node *node)
{
    return world->now_ms - node->delivered_ms;
}

bool check_fleet_is_fresh(const struct world *world, const struct world_group *group, const struct world_node *node)
{
    const struct world_agent *agent = &node->agent;
    bool speaks = agent->attached && agent->parted_until_ms <= world->now_ms;
    uint64_t late_ms = speaks ? (uint64_t)group->settings.lead_time_ms : 0;
    uint64_t limit_ms = world_later(3 * group->interval_ms, late_ms) + (uint64_t)group->settings.tick_ms + SLACK_MS;

    return node->known && world->now_ms - node->fresh_ms <= limit_ms;
}

/* Silent for gone-after: such nodes are forgotten one by one, unless many went
 * at once. */
static bool is_long_silent(const struct world *world, const struct world_group *group, const struct world_node *node)
{
    return node->group == group->index && node_exists(node) && node->known && !node->moved &&
           silent_ms(world, node) > world->gone_ms;
}

/* A third of the group, and at least two, went within gone-after: they are not
 * forgotten for an hour. */
static bool is_mass_loss(const struct world *world, const struct world_group *group)
{
    unsigned lost = 0;
    unsigned known = 0;

    for (unsigned i = 0; i < world->node_count; i++) {
        const struct world_node *node = &world->nodes[i];
        known += node->group == group->index && node->known && node_exists(node);
        lost += is_long_silent(world, group, node) && silent_ms(world, node) < 2 * world->gone_ms &&
                silent_ms(world, node) < HOUR_MS;
    }
    return lost >= 2 && 3 * lost >= known;
}

static bool is_named(const struct world_order *order, const struct world_node *node)
{
    for (unsigned i = 0; order != NULL && i < order->name_count; i++)
        if (strcmp(order->names[i], node->name) == 0)
            return true;
    return false;
}

/* A node whose reading of a resource is not known counts as fully busy. */
static void add_resource(struct check_fleet *fleet, unsigned r, bool is_known, double busy, double weight, bool stays)
{
    if (!is_known) {
        fleet->unknown[r]++;
        fleet->unknown_weight[r] += weight;
        return;
    }
    fleet->demand[r] += busy * weight;
    fleet->capacity[r] += weight;
    fleet->left[r] += stays ? weight : 0.0;
}

static void add(const struct world *world, const struct world_group *group, const struct world_node *node,
                const struct world_order *order, struct check_fleet *fleet)
{
    bool fresh = check_fleet_is_fresh(world, group, node) && node->phase == PHASE_RUNNING;
    bool unread = node->unread_until_ms > world->now_ms && world->now_ms - node->unread_ms > SLACK_MS;
    bool stays = !is_named(order, node);

    fleet->known++;
    fleet->silent += !fresh;
    add_resource(fleet, 0, fresh && !unread, fmin(node->cpu, node->cpu_mean), node->cores, stays);
    add_resource(fleet, 1, fresh, node->memory, node->memory_bytes, stays);
}

/* Such nodes are as heavy as the others are on the average: that is what the collector takes them for. */
static void add_unknown(struct check_fleet *fleet)
{
    for (unsigned r = 0; r < 2; r++) {
        unsigned nodes = fleet->known - fleet->unknown[r];
        double mean = nodes > 0 ? fleet->capacity[r] / nodes : 0.0;
        double weight = fmin(fleet->unknown_weight[r], mean * fleet->unknown[r]);
        fleet->demand[r] += weight;
        fleet->capacity[r] += weight;
        fleet->left[r] += weight;
    }
}

void check_fleet_sum(const struct world *world, const struct world_group *group, const struct world_order *order,
                     struct check_fleet *fleet)
{
    bool mass_loss = is_mass_loss(world, group);

    *fleet = (struct check_fleet){0};
    for (unsigned i = 0; i < world->node_count; i++) {
        const struct world_node *node = &world->nodes[i];
        bool exists = node->group == group->index && node_exists(node) && node->known;
        bool forgotten = is_long_silent(world, group, node) && !mass_loss;
        if (exists && !forgotten)
            add(world, group, node, order, fleet);
    }
    add_unknown(fleet);
}
