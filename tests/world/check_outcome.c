/* Invariant 6: each order has one outcome; an older one never runs after a newer one, and a scale-in runs once. */
#include "world/world.h"

void check_outcome_on_run(struct world *world, struct world_group *group, const struct world_order *order)
{
    struct check_memory *memory = &group->memory;
    bool older =
        order->epoch < memory->epoch || (order->epoch == memory->epoch && order->number < memory->order_number);
    bool again = order->epoch == memory->epoch && order->number == memory->order_number;

    check_removal_on_run(world, group, order);
    if (order->epoch > 0 && older)
        world_fail(world, CHECK_OUTCOME, group, "order %llu.%llu runs after order %llu.%llu",
                   (unsigned long long)order->epoch, (unsigned long long)order->number,
                   (unsigned long long)memory->epoch, (unsigned long long)memory->order_number);
    if (again && memory->last_was_in)
        world_fail(world, CHECK_OUTCOME, group, "the scale-in %llu.%llu runs twice", (unsigned long long)order->epoch,
                   (unsigned long long)order->number);
    memory->epoch = order->epoch;
    memory->order_number = order->number;
    memory->last_was_in = order->kind == WORLD_ORDER_IN;
}

void check_outcome_end(struct world *world)
{
    (void)world;
}
