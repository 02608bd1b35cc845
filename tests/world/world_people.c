#include "world/world_people.h"

#include "collector/autoscale/override_file.h"
#include "collector/fleet/membership.h"
#include "world/world.h"

#include <stdio.h>
#include <stdlib.h>

#define DAY_S 86400

/* ---- overrides ---- */

/* As override_store.c does. While the disk is full, they are in force until a restart. */
static void save(struct world_collector *c)
{
    size_t len = 0;
    char *text = override_file_text(&c->scaling.overrides, &len);

    if (text == NULL)
        abort(); /* of the simulation itself */
    (void)override_file_write(&c->disk.disk, text, len);
    free(text);
}

void people_restore(struct world_collector *collector)
{
    (void)override_file_read(&collector->disk.disk, &collector->scaling.overrides);
}

void people_expire(struct world_collector *collector)
{
    struct override removed;
    bool any = false;

    while (overrides_remove(&collector->scaling.overrides, NULL, collector_wall_ms(collector, collector->world->now_ms),
                            &removed)) {
        world_log(collector->world, "%s: an override ends", removed.group);
        any = true;
    }
    if (any)
        save(collector);
}

/* As admin_command.c does. */
static void set(struct world *world, const struct world_group *group, enum override_kind kind, unsigned nodes,
                uint64_t for_ms)
{
    struct world_collector *c = &world->collector;
    int64_t wall_ms = collector_wall_ms(c, world->now_ms);
    struct override override = {.kind = kind, .nodes = nodes, .set_ms = wall_ms, .until_ms = wall_ms + (int64_t)for_ms};
    const struct moment now = {.now_ms = (int64_t)collector_mono_ms(c, world->now_ms), .wall_ms = wall_ms};
    char error[256];

    snprintf(override.group, sizeof override.group, "%s", group->name);
    if (!c->running || overrides_check(&override, &group->settings, wall_ms, error, sizeof error) < 0)
        return;
    if (overrides_set(&c->scaling.overrides, &override) < 0)
        abort();
    world_log(world, "%s: %s %u for %llu s", group->name, override_kind_names[kind], nodes,
              (unsigned long long)(for_ms / SECOND_MS));
    const struct group *found = registry_find_group(&c->registry, group->name);
    if (found != NULL)
        actuation_pause(&c->scaling.actuation, found->index, &now);
    save(c);
}

void people_pin(struct world *world, struct world_group *group, unsigned nodes, uint64_t for_ms)
{
    set(world, group, OVERRIDE_PIN, nodes, for_ms);
}

void people_pause(struct world *world, struct world_group *group, uint64_t for_ms)
{
    set(world, group, OVERRIDE_PAUSE, 0, for_ms);
}

void people_pause_scale_in(struct world *world, struct world_group *group, uint64_t for_ms)
{
    set(world, group, OVERRIDE_PAUSE_IN, 0, for_ms);
}

void people_resume(struct world *world, struct world_group *group)
{
    struct world_collector *c = &world->collector;
    struct override removed;

    if (!c->running)
        return;
    world_log(world, "%s: resume", group->name);
    while (overrides_remove(&c->scaling.overrides, group->name, 0, &removed))
        continue;
    save(c);
}

/* ---- nodes ---- */

static bool is_gone(struct world *world, const char *name)
{
    const struct world_node *node = node_find(world, name);

    return node == NULL || !node_exists(node);
}

void people_forget(struct world *world, struct world_group *group)
{
    struct world_collector *c = &world->collector;
    int64_t now_ms = (int64_t)collector_mono_ms(c, world->now_ms);
    unsigned count = 0;

    for (unsigned i = 0; c->running && i < c->registry.node_count; i++) {
        struct node *node = c->registry.nodes[i];
        bool is_ours = node->group != NULL && collector_group(c, node->group->index) == group;
        if (!is_ours || registry_liveness(node, now_ms, c->config.gone_ms) != NODE_MISSING || !is_gone(world, node->id))
            continue;
        count += membership_forget(node, now_ms, c->config.gone_ms);
    }
    world_log(world, "%s: %u missing nodes are forgotten", group->name, count);
}

/* ---- schedules ---- */

void people_schedule(struct world *world, struct world_group *group, unsigned nodes_min, uint64_t in_ms,
                     uint64_t for_ms)
{
    struct world_collector *c = &world->collector;
    struct schedule *schedule = &c->schedules[group->index];
    int64_t from_s = (collector_wall_ms(c, world->now_ms) + (int64_t)in_ms) / 1000;

    *schedule = schedule_initial;
    snprintf(schedule->group, sizeof schedule->group, "%s", group->name);
    schedule->nodes_min = nodes_min;
    schedule->from_s = (int32_t)(from_s % DAY_S);
    schedule->to_s = (int32_t)((from_s + (int64_t)(for_ms / SECOND_MS)) % DAY_S);
    world_log(world, "%s: a schedule raises min to %u in %llu s for %llu s", group->name, nodes_min,
              (unsigned long long)(in_ms / SECOND_MS), (unsigned long long)(for_ms / SECOND_MS));
    collector_configure(world);
}

/* ---- what they hold ---- */

void people_step(struct world *world, struct world_group *group)
{
    if (!group->has_view || !group->view.held_by_person)
        return;
    group->memory.held_ms = world->now_ms;
    group->quiet_ms = world_later(group->quiet_ms, world->now_ms);
    group->trouble = "a person held the group";
}
