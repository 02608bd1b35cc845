#include "sim/sim_recovery.h"

#include "collector/csv.h"
#include "sim/sim_world.h"

#define ASSUMED_INTERVAL_MS 1000U

static int64_t taken_ms(const struct sim_collector *collector, const struct csv_row *row)
{
    int64_t now_ms = (int64_t)sim_collector_mono(collector);
    int64_t taken = row->sample.time_ms + now_ms - sim_collector_wall(collector);

    return taken < now_ms ? taken : now_ms;
}

static void take_row(struct sim_collector *collector, const struct csv_row *row)
{
    struct registry *registry = &collector->registry;
    int64_t now_ms = (int64_t)sim_collector_mono(collector);
    int64_t taken = taken_ms(collector, row);
    struct group *group = registry_group(registry, row->group);
    struct node *node = registry_node(registry, row->node_id, ASSUMED_INTERVAL_MS, now_ms);
    struct instance *instance = registry_instance(node, row->instance);

    if (row->sample.seq > instance->stored_seq)
        instance->stored_seq = row->sample.seq;
    instance->received_seq = instance->stored_seq;
    if (node->group == NULL || taken > node->seen_ms)
        node->seen_ms = taken;
    node->group = group;
    node->recovered = true;
    if (now_ms - taken <= registry->history_ms)
        ring_push(&node->ring, taken, &row->sample);
}

static void on_row(struct sim_collector *collector, const struct csv_row *row)
{
    struct world *world = collector->world;

    truth_stored(world, row, collector->index);
    truth_used(world, truth_find(&world->truth, row->instance), collector->index);
    take_row(collector, row);
}

static void part_from_gone(struct sim_collector *collector)
{
    const struct registry *registry = &collector->registry;
    int64_t newest_ms = INT64_MIN / 2;

    for (unsigned i = 0; i < registry->node_count; i++)
        if (registry->nodes[i]->seen_ms > newest_ms)
            newest_ms = registry->nodes[i]->seen_ms;
    for (unsigned i = 0; i < registry->node_count; i++)
        if (newest_ms - registry->nodes[i]->seen_ms > collector->gone_ms)
            registry->nodes[i]->departed = true;
}

void recovery_read(struct sim_collector *collector)
{
    const struct sim_disk *disk = &collector->disk;

    truth_begin_reading(collector->world, collector->index);
    for (unsigned i = 0; i < disk->count; i++)
        store_each_row(&collector->store, &disk->files[i], 0, disk->files[i].cache_len, on_row);
    truth_end_reading(collector->world, collector->index);
    part_from_gone(collector);
}
