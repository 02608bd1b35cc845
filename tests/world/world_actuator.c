#include "world/world_actuator.h"

#include "world/world.h"

#include <string.h>

#define HANG_MS (6 * HOUR_MS)

const char *const mood_names[MOOD_COUNT] = {"works", "is slow", "fails", "hangs", "lies", "queues"};

/* ---- what it does to nodes ---- */

static struct world_node *newest(struct world *world, const struct world_group *group, enum phase phase)
{
    struct world_node *found = NULL;

    for (unsigned i = 0; i < world->node_count; i++) {
        struct world_node *node = &world->nodes[i];
        if (node->group == group->index && node->phase == phase &&
            (found == NULL || node->ordered_ms > found->ordered_ms))
            found = node;
    }
    return found;
}

static void remove_node(struct world *world, struct world_group *group, struct world_node *node,
                        const struct world_order *order, bool named)
{
    check_removal_on_removed(world, group, node, order, named);
    node_end(world, node, group->removal, ENDED_BY_ORDER);
}

static void add_nodes(struct world *world, struct world_group *group, unsigned to)
{
    for (unsigned exist = group_existing(world, group); exist < to; exist++)
        if (node_boot(world, group, true) == NULL)
            return;
}

/* Ends named nodes while more than order->to exist. Returns how many there are.
 */
static unsigned remove_named(struct world *world, struct world_group *group, const struct world_order *order)
{
    unsigned exist = group_existing(world, group);

    for (unsigned i = 0; i < order->name_count && exist > order->to; i++) {
        struct world_node *node = node_find(world, order->names[i]);
        if (node == NULL || !node_exists(node) || node->group != group->index)
            continue;
        remove_node(world, group, node, order, true);
        exist--;
    }
    return exist;
}

void actuator_bring(struct world *world, struct world_group *group, const struct world_order *order)
{
    static const enum phase phases[] = {PHASE_BOOTING, PHASE_RUNNING, PHASE_DOWN};
    unsigned exist = group_existing(world, group);
    struct world_node *node = NULL;

    add_nodes(world, group, order->to);
    while (exist > order->to && (node = newest(world, group, PHASE_BOOTING)) != NULL) {
        node_end(world, node, group->removal, ENDED_BY_ORDER);
        exist--;
    }
    if (exist > order->to)
        exist = remove_named(world, group, order);
    for (unsigned i = 1; i < sizeof phases / sizeof *phases; i++)
        while (exist > order->to && (node = newest(world, group, phases[i])) != NULL) {
            remove_node(world, group, node, order, false);
            exist--;
        }
}

/* Returns whether there was anything to do it with. */
static bool carry_out(struct world *world, struct world_group *group, const struct world_order *order)
{
    if (order->kind == WORLD_ORDER_IN && group_existing(world, group) <= order->to)
        return false;
    if (order->kind == WORLD_ORDER_OUT)
        add_nodes(world, group, order->to);
    else if (order->kind == WORLD_ORDER_IN && group->actuated == ACTUATED_BY_NAMES)
        (void)remove_named(world, group, order);
    else
        actuator_bring(world, group, order);
    return true;
}

/* ---- orders that wait ---- */

static bool is_older(const struct world_actuator *actuator, const struct world_order *order)
{
    if (order->epoch != actuator->newest_epoch)
        return order->epoch < actuator->newest_epoch;
    return order->number < actuator->newest_number;
}

/* A queue keeps the newest orders. */
static void enqueue(const struct world *world, struct world_actuator *actuator, const struct world_order *order)
{
    if (actuator->queued == QUEUED_MAX)
        memmove(actuator->queue, actuator->queue + 1, --actuator->queued * sizeof *actuator->queue);
    if (actuator->queued == 0)
        actuator->queue_ms = world->now_ms + 30 * SECOND_MS;
    actuator->queue[actuator->queued++] = *order;
}

/* As scaling-hooks.md asks of a hook that queues: an order older than one that
 * was carried out is dropped. */
static void work_queue(struct world *world, struct world_group *group)
{
    struct world_actuator *actuator = &group->actuator;

    if (actuator->queued == 0 || actuator->queue_ms > world->now_ms)
        return;
    struct world_order order = actuator->queue[0];
    memmove(actuator->queue, actuator->queue + 1, --actuator->queued * sizeof *actuator->queue);
    actuator->queue_ms = world->now_ms + 20 * SECOND_MS;
    if (order.epoch > 0 && is_older(actuator, &order))
        return;
    actuator->newest_epoch = order.epoch;
    actuator->newest_number = order.number;
    (void)carry_out(world, group, &order);
}

/* ---- runs ---- */

static void plan_run(struct world *world, struct world_run *run, enum mood mood)
{
    uint64_t takes_ms = mood == MOOD_SLOW ? world_between(world, 10 * SECOND_MS, 50 * SECOND_MS)
                                          : world_between(world, 0, 3 * SECOND_MS);

    run->result = mood == MOOD_FAILS ? RUN_FAILED : RUN_ACCEPTED;
    run->effect_ms = world->now_ms + world_below(world, takes_ms + 1);
    run->end_ms = world->now_ms + takes_ms;
    if (mood == MOOD_HANGS)
        run->effect_ms = run->end_ms = world->now_ms + HANG_MS;
}

void actuator_begin(struct world *world, struct world_group *group, const struct world_order *order)
{
    struct world_run *run = &group->actuator.run;

    *run = (struct world_run){.active = true, .order = *order, .begun_ms = world->now_ms};
    plan_run(world, run, group->actuator.mood);
    world->totals.orders++;
    check_outcome_on_run(world, group, order);
    world_log(world, "%s: the hook (%s) begins with order %llu: %s %u, %u names", group->name,
              mood_names[group->actuator.mood], (unsigned long long)order->number,
              order->kind == WORLD_ORDER_OUT  ? "out to"
              : order->kind == WORLD_ORDER_IN ? "in to"
                                              : "bring to",
              order->to, order->name_count);
}

void actuator_kill_run(struct world *world, struct world_group *group)
{
    struct world_run *run = &group->actuator.run;

    world_log(world, "%s: the run of the hook is ended by its time limit", group->name);
    run->result = RUN_TIMED_OUT;
    run->effective = true;
    run->end_ms = world->now_ms;
}

bool actuator_take_result(const struct world *world, struct world_group *group, enum run_result *result)
{
    struct world_run *run = &group->actuator.run;

    if (!run->active || !run->effective || run->end_ms > world->now_ms)
        return false;
    *result = run->result;
    run->active = false;
    return true;
}

/* Without its collector a hook ends at once, or goes on: that depends on the
 * service manager. */
void actuator_on_collector_gone(struct world *world, struct world_group *group)
{
    struct world_run *run = &group->actuator.run;

    run->orphan = true;
    if (world_chance(world, 50))
        run->active = false;
}

static void take_effect(struct world *world, struct world_group *group)
{
    struct world_actuator *actuator = &group->actuator;
    struct world_run *run = &actuator->run;

    run->effective = true;
    if (actuator->mood == MOOD_FAILS || actuator->mood == MOOD_LIES)
        return;
    if (actuator->mood == MOOD_QUEUES)
        enqueue(world, actuator, &run->order);
    else if (!carry_out(world, group, &run->order))
        run->result = RUN_TOO_FEW;
}

void actuator_step(struct world *world, struct world_group *group)
{
    struct world_actuator *actuator = &group->actuator;

    if (actuator->mood_until_ms <= world->now_ms)
        actuator->mood = MOOD_WORKS;
    if (actuator->run.active && !actuator->run.effective && actuator->run.effect_ms <= world->now_ms)
        take_effect(world, group);
    if (actuator->run.active && actuator->run.orphan && actuator->run.end_ms <= world->now_ms)
        actuator->run.active = false;
    work_queue(world, group);
}

bool actuator_count(const struct world *world, const struct world_group *group, unsigned *count)
{
    if (!group->counts || group->actuator.mood == MOOD_FAILS || group->actuator.mood == MOOD_HANGS)
        return false;
    *count = group->actuated == ACTUATED_BY_READER ? group->reader.replicas : group_existing(world, group);
    return true;
}
