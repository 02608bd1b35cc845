/* Invariant 5: min holds whenever the actuator works, roll call is over and
 * nobody paused; no scale-in is to less than min. */
#include "world/world.h"

#define ROLL_CALL_MS  (2 * MINUTE_MS)
#define GRACE_MS      MINUTE_MS /* of nodes that said that they restart */
#define HOOK_MS       MINUTE_MS
#define HPA_TOLERANCE 1.1 /* it ignores a minimum that a schedule raises by less */

void check_minimum_on_decision(struct world *world, struct world_group *group)
{
    const struct world_view *view = &group->view;

    if (view->ordered && view->action == VIEW_IN && view->to < view->nodes_min)
        world_fail(world, CHECK_MINIMUM, group, "a scale-in to %u, min is %u: %s", view->to, view->nodes_min,
                   collector_why(world, group));
}

static uint64_t limit_ms(const struct world_group *group)
{
    uint64_t order_ms = (uint64_t)(group->settings.lead_time_ms + group->settings.tick_ms);

    return ROLL_CALL_MS + GRACE_MS + HOOK_MS + 4 * (uint64_t)group->settings.tick_ms + 2 * order_ms;
}

void check_minimum_step(struct world *world, struct world_group *group)
{
    struct check_memory *memory = &group->memory;
    unsigned exist = group_existing(world, group) + group_lent(world, group);
    unsigned nodes_min = group->has_view ? group->view.nodes_min : group->settings.nodes_min;
    bool holds = exist >= nodes_min || (group->actuated == ACTUATED_BY_READER && HPA_TOLERANCE * exist >= nodes_min);

    if (holds || group->settings.mode < MODE_OUT_ONLY || group->view.paused) {
        memory->below_ms = 0;
        return;
    }
    if (memory->below_ms == 0)
        memory->below_ms = world->now_ms;
    uint64_t since_ms = world_later(memory->below_ms, group->fault_ms);
    if (world->now_ms > since_ms && world->now_ms - since_ms > limit_ms(group))
        world_fail(world, CHECK_MINIMUM, group, "%u nodes exist for %llu s, min is %u (%s): %s", exist,
                   (unsigned long long)((world->now_ms - memory->below_ms) / SECOND_MS), nodes_min, group->trouble,
                   collector_why(world, group));
}
