/* What people order is kept: a pause holds orders that are placed already, and a pinned group comes to its number. */
#include "world/world.h"

#define ROLL_CALL_MS (2 * MINUTE_MS)
#define STEPS        8U /* a pin doubles a group or halves it: from 1 to 256 */

void check_people_on_run(struct world *world, struct world_group *group, const struct world_order *order)
{
    const struct override *pause = overrides_pause(&world->collector.scaling.overrides, group->name);

    if (pause != NULL && (pause->kind == OVERRIDE_PAUSE || order->kind == WORLD_ORDER_IN))
        world_fail(world, CHECK_OUTCOME, group, "an order to %u runs, and the group is paused", order->to);
}

static bool has_protected(const struct world *world, const struct world_group *group)
{
    bool has = false;

    for (unsigned i = 0; i < world->node_count; i++)
        has = has || (world->nodes[i].group == group->index && world->nodes[i].protects);
    return has;
}

static uint64_t limit_ms(const struct world_group *group)
{
    uint64_t step_ms = (uint64_t)(group->settings.lead_time_ms + 2 * group->settings.tick_ms) + group->boot_ms_max;

    return ROLL_CALL_MS + STEPS * step_ms;
}

/* The HPA's tolerance keeps a group from a number that is close. */
void check_people_step(struct world *world, struct world_group *group)
{
    struct check_memory *memory = &group->memory;
    unsigned exist = group_existing(world, group);
    bool is_kept = exist == group->view.pin || (exist > group->view.pin && group->settings.mode != MODE_FULL);

    if (!group->has_view || group->view.pin == 0 || is_kept) {
        memory->unpinned_ms = world->now_ms;
        return;
    }
    uint64_t since_ms = world_later(memory->unpinned_ms, group->fault_ms);
    bool is_excused = group->actuated == ACTUATED_BY_READER || group->settings.mode < MODE_OUT_ONLY ||
                      group->view.paused || has_protected(world, group);
    if (!is_excused && world->now_ms > since_ms + limit_ms(group))
        world_fail(world, CHECK_RECOVERY, group, "%u nodes exist, and the group is pinned to %u (%s): %s", exist,
                   group->view.pin, group->trouble, collector_why(world, group));
}
