#include "sim/sim_gaps.h"

#include "collector/store/csv.h"
#include "sim/sim_world.h"

#include <inttypes.h>

#define TEXT_SIZE (2U * CSV_LINE_MAX)

bool sim_gaps_row_ok(const char *line, size_t len)
{
    struct gap gap;

    return gap_parse_row(line, len, &gap) == 0;
}

static int append_gaps(struct sim_segments *segments, const struct gap *gaps, uint32_t count)
{
    char text[TEXT_SIZE];
    size_t used = 0;
    int rc = 0;

    for (uint32_t i = 0; rc == 0 && i < count; i++) {
        used += gap_put_row(&gaps[i], text + used);
        if (used + CSV_LINE_MAX > TEXT_SIZE || i + 1 == count) {
            rc = sim_segments_append(segments, text, used);
            used = 0;
        }
    }
    return rc;
}

int sim_gaps_write(struct sim_collector *collector, const struct gap *gaps, uint32_t count, bool again)
{
    struct sim_segments *segments = &collector->store.gaps;

    int rc = sim_segments_begin_write(segments, again, sim_segments_due(segments));
    if (rc == 0)
        rc = append_gaps(segments, gaps, count);
    rc = sim_segments_end_write(segments, rc, true);
    for (uint32_t i = 0; rc == 0 && i < count; i++) {
        sim_log(collector->world, "collector %u notes i%016" PRIx64 " seq %" PRIu64 " to %" PRIu64 ": %s",
                collector->index, gaps[i].instance, gaps[i].range.first_seq, gaps[i].range.last_seq,
                gap_reason_names[gaps[i].range.reason]);
        truth_gap_stored(collector->world, &gaps[i], collector->index);
        collector->world->totals.noted++;
    }
    return rc;
}

/* ---- reading ---- */

void sim_gaps_each(struct sim_collector *collector, const struct disk_file *file, sim_gaps_visit *visit)
{
    const char *line = NULL;
    size_t len = 0;
    struct gap gap;

    for (size_t at = 0; sim_next_line(file, &at, file->cache_len, &line, &len);)
        if (gap_parse_row(line, len, &gap) == 0)
            visit(collector, &gap);
}

static struct instance *make_instance(struct sim_collector *collector, const struct gap *gap)
{
    struct registry *registry = &collector->registry;
    int64_t now_ms = (int64_t)sim_collector_mono(collector);
    struct node *node = registry_ensure_node(registry, gap->node_id, INTERVAL_MS_ASSUMED, now_ms);

    if (node->group == NULL)
        node->group = registry_ensure_group(registry, gap->group);
    return registry_has_place(node) ? registry_ensure_instance(node, gap->instance) : NULL;
}

static void take_gap(struct sim_collector *collector, const struct gap *gap)
{
    struct registry *registry = &collector->registry;
    struct node *node = registry_find_node(registry, gap->node_id);
    struct instance *instance = node != NULL ? registry_find_instance(node, gap->instance) : NULL;

    if (instance == NULL && sim_collector_wall(collector) - gap->noted_ms <= registry->history_ms)
        instance = make_instance(collector, gap);
    if (instance == NULL)
        return;
    uint64_t known_seq = sim_later(instance->missing_seq, instance->stored_seq);
    if (gap->range.first_seq <= known_seq + 1 && gap->range.last_seq > known_seq)
        instance->missing_seq = gap->range.last_seq;
}

void sim_gaps_recover(struct sim_collector *collector)
{
    const struct disk_folder *folder = &collector->disk.folders[SERIES_GAPS];

    for (unsigned i = 0; i < folder->count; i++)
        if (folder->files[i].exists)
            sim_gaps_each(collector, &folder->files[i], take_gap);
}
