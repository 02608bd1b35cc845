/* Invariant 3: after the last fault those that report carry the load below
 * `high` within: roll call + (lead + warm-up) x ceil(log1.5(need / carrying)) +
 * 4 ticks, twice that without `count`; or a bound, a person, or an actuator
 * that fails is the reason. */
#include "world/world.h"

#include <math.h>

#define ROLL_CALL_MS (2 * MINUTE_MS)
#define SLACK        0.01

static double capacity_of(const struct world *world, const struct world_group *group)
{
    double cores = 0.0;

    for (unsigned i = 0; i < world->node_count; i++) {
        const struct world_node *node = &world->nodes[i];
        cores += node->group == group->index && node->phase == PHASE_RUNNING && node->balanced ? node->cores : 0.0;
    }
    return cores;
}

/* The nodes that the group has without the votes: nodes that are in another group stand in for its minimum. */
static unsigned least_nodes(const struct world *world, const struct world_group *group)
{
    unsigned lent = group_lent(world, group);

    return group->settings.nodes_min > lent ? group->settings.nodes_min - lent : 1;
}

static uint64_t limit_ms(const struct world *world, const struct world_group *group)
{
    const struct scaler_settings *s = &group->settings;
    double need = group->load.level / s->thresholds[RESOURCE_CPU].high;
    double carrying = fmax(capacity_of(world, group), least_nodes(world, group) * group->cores);
    double nodes = fmax(group_running(world, group), least_nodes(world, group));
    double wanted = nodes + fmax(0.0, need - carrying) / group->cores; /* some are heavier than those that will come */
    double rounds = fmax(1.0, ceil(log(wanted / nodes) / log(1.5)));
    uint64_t lead_ms = world_later((uint64_t)s->lead_time_ms, group->boot_ms_max) + 2 * group->interval_ms;
    uint64_t time_ms = ROLL_CALL_MS + 4 * (uint64_t)s->tick_ms + group->balancer_ms +
                       (uint64_t)(rounds * (double)(lead_ms + (uint64_t)s->warm_up_ms));

    return group->counts && group->actuated != ACTUATED_BY_READER ? time_ms : 2 * time_ms;
}

/* The HPA ignores a number that is within its tolerance. */
static bool is_tolerated(const struct world_group *group)
{
    return group->actuated == ACTUATED_BY_READER && group->view.desired > group->reader.replicas &&
           group->view.desired <= 1.1 * group->reader.replicas + 1e-9;
}

/* A reason that is not the scaler's, apart from faults. */
static bool is_excused(const struct world *world, const struct world_group *group)
{
    return group_existing(world, group) >= group->settings.nodes_max || world->node_count == WORLD_NODES_MAX ||
           group->view.held_by_person || group->settings.mode < MODE_OUT_ONLY || !world->collector.running ||
           is_tolerated(group);
}

/* All its nodes are in another group, where they stand in for its minimum. */
static bool is_lent(const struct world *world, const struct world_group *group)
{
    return group_existing(world, group) == 0 && group_lent(world, group) > 0;
}

void check_recovery_step(struct world *world, struct world_group *group)
{
    struct check_memory *memory = &group->memory;

    if (world->now_ms <= group->quiet_ms)
        return;
    if (memory->recovery_quiet_ms != group->quiet_ms || is_lent(world, group)) {
        memory->recovery_quiet_ms = group->quiet_ms;
        memory->recovery_end_ms = world->now_ms + limit_ms(world, group);
    }
    if (world->now_ms <= memory->recovery_end_ms || is_excused(world, group))
        return;
    double capacity = capacity_of(world, group);
    double high = group->settings.thresholds[RESOURCE_CPU].high;
    if (group->load.level > (high + SLACK) * capacity)
        world_fail(world, CHECK_RECOVERY, group,
                   "%.2f cores of load on %.0f cores, %llu s after the last trouble (%s): "
                   "%s",
                   group->load.level, capacity, (unsigned long long)((world->now_ms - group->quiet_ms) / SECOND_MS),
                   group->trouble, collector_why(world, group));
}
