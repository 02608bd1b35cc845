#include "sim/sim_recovery.h"

#include "collector/store/csv.h"
#include "collector/store/index.h"
#include "sim/sim_gaps.h"
#include "sim/sim_index.h"
#include "sim/sim_world.h"

#include <errno.h>
#include <inttypes.h>

#define CLOCK_SLACK_MS 2000 /* less than the real one: runs are short */

struct recovery {
    struct sim_collector *collector;
    bool indexed;
    bool index_taken;
    uint64_t last_segment; /* of the index; 0 without one */
    uint64_t segment;      /* being read */
    int64_t newest_ms;
    int64_t written_ms;
};

/* The visitor of rows has no argument of its own. */
static struct recovery recovery;

/* ---- instances ---- */

static struct instance *note_stored(const char *node_id, const char *group, uint64_t instance_id, uint64_t last_seq,
                                    int64_t time_ms)
{
    struct sim_collector *collector = recovery.collector;
    struct registry *registry = &collector->registry;
    int64_t now_ms = (int64_t)sim_collector_mono(collector);
    int64_t taken_ms = time_ms - sim_collector_wall(collector) + now_ms;
    struct node *node = registry_ensure_node(registry, node_id, INTERVAL_MS_ASSUMED, now_ms);
    struct instance *instance = registry_ensure_instance(node, instance_id);

    if (last_seq > instance->stored_seq) {
        instance->stored_seq = last_seq;
        instance->stored_time_ms = time_ms;
    }
    instance->received_seq = instance->stored_seq;
    taken_ms = taken_ms > now_ms ? now_ms : taken_ms;
    if (node->group == NULL || taken_ms > node->seen_ms)
        node->seen_ms = taken_ms;
    node->group = registry_ensure_group(registry, group);
    node->recovered = true;
    if (taken_ms > recovery.newest_ms)
        recovery.newest_ms = taken_ms;
    return instance;
}

/* ---- the index ---- */

static bool has_segment(uint64_t number)
{
    const struct disk_folder *folder = &recovery.collector->disk.folders[SERIES_METRICS];

    for (unsigned i = 0; i < folder->count; i++)
        if (folder->files[i].exists && folder->files[i].number == number && number != 0)
            return true;
    return false;
}

static uint64_t oldest_segment(void)
{
    const struct disk_folder *folder = &recovery.collector->disk.folders[SERIES_METRICS];

    for (unsigned i = 0; i < folder->count; i++)
        if (folder->files[i].exists && folder->files[i].number != 0)
            return folder->files[i].number;
    return recovery.collector->store.metrics.next_number;
}

static int on_fitness(const struct index_entry *entry, void *oldest)
{
    return entry->segment < *(const uint64_t *)oldest || has_segment(entry->segment) ? 0 : -ESTALE;
}

static bool index_is_fit(void)
{
    const struct disk_file *index = &recovery.collector->disk.index;
    uint64_t oldest = oldest_segment();
    uint64_t last = 0;

    if (oldest <= recovery.last_segment && !has_segment(recovery.last_segment))
        return false;
    return index_parse(index->cache, index->cache_len, &last, on_fitness, &oldest) == 0;
}

static int on_entry(const struct index_entry *entry, void *arg)
{
    (void)arg;
    if (!has_segment(entry->segment))
        return 0;
    struct instance *instance =
        note_stored(entry->node_id, entry->group, entry->instance, entry->last_seq, entry->time_ms);
    sim_log(recovery.collector->world, "  i%016" PRIx64 " up to seq %" PRIu64 " in segment %" PRIu64, entry->instance,
            entry->last_seq, entry->segment);
    instance->missing_seq = entry->missing_seq;
    instance->segment = entry->segment;
    return 0;
}

static void take_index(void)
{
    const struct disk_file *index = &recovery.collector->disk.index;
    uint64_t last = 0;

    if (recovery.index_taken || !recovery.indexed)
        return;
    recovery.index_taken = true;
    (void)index_parse(index->cache, index->cache_len, &last, on_entry, NULL);
}

/* ---- rows ---- */

static void on_row(struct sim_collector *collector, const struct csv_row *row)
{
    int64_t now_ms = (int64_t)sim_collector_mono(collector);
    int64_t taken_ms = row->sample.time_ms - sim_collector_wall(collector) + now_ms;
    struct instance *instance =
        note_stored(row->node_id, row->group, row->instance, row->sample.seq, row->sample.time_ms);

    instance->segment = recovery.segment;
    taken_ms = taken_ms > now_ms ? now_ms : taken_ms;
    if (now_ms - taken_ms <= collector->registry.history_ms)
        ring_push(&instance->node->ring, taken_ms, &row->sample);
}

static bool is_needed(uint64_t number, int64_t modified_ms)
{
    const struct sim_collector *collector = recovery.collector;

    if (!recovery.indexed || number > recovery.last_segment)
        return true;
    return sim_collector_wall(collector) - modified_ms <= collector->registry.history_ms + CLOCK_SLACK_MS;
}

static void read_file(const struct disk_file *file)
{
    struct sim_collector *collector = recovery.collector;
    struct totals *totals = &collector->world->totals;

    recovery.segment = file->number != 0 ? file->number : collector->store.metrics.next_number;
    if (file->number != 0)
        recovery.written_ms = file->modified_ms;
    if (recovery.segment > recovery.last_segment)
        take_index();
    bool needed = is_needed(recovery.segment, file->modified_ms);
    sim_log(collector->world, "collector %u: segment %" PRIu64 " %s", collector->index, recovery.segment,
            needed ? "is read" : "is not needed");
    totals->read += needed;
    totals->skipped += !needed;
    if (needed)
        store_each_row(collector, file, 0, file->cache_len, on_row);
}

/* ---- the whole ---- */

static int64_t end_ms(const struct sim_collector *collector)
{
    int64_t found_ms = collector->store.metrics.found_ms;
    int64_t written_ms = found_ms != INT64_MAX ? found_ms : recovery.written_ms;

    if (written_ms == INT64_MAX)
        return recovery.newest_ms;
    written_ms += (int64_t)sim_collector_mono(collector) - sim_collector_wall(collector);
    return written_ms < recovery.newest_ms ? written_ms : recovery.newest_ms;
}

static void part_from_gone(struct sim_collector *collector)
{
    int64_t ended_ms = end_ms(collector);

    for (unsigned i = 0; i < collector->registry.node_count; i++)
        if (ended_ms - collector->registry.nodes[i]->seen_ms > collector->gone_ms)
            collector->registry.nodes[i]->departed = true;
}

void recovery_read(struct sim_collector *collector)
{
    const struct disk_folder *folder = &collector->disk.folders[SERIES_METRICS];
    struct totals *totals = &collector->world->totals;

    recovery = (struct recovery){.collector = collector, .newest_ms = INT64_MIN / 2, .written_ms = INT64_MAX};
    int rc = sim_index_check(collector, &recovery.last_segment);
    recovery.indexed = rc == 0 && index_is_fit();
    totals->indexed += recovery.indexed;
    sim_log(collector->world, "collector %u: its index, up to segment %" PRIu64 ", %s", collector->index,
            recovery.last_segment, recovery.indexed ? "is used" : "is not used");
    totals->unfit += !recovery.indexed && rc != -ENOENT;
    for (unsigned i = 0; i < folder->count; i++)
        if (folder->files[i].exists)
            read_file(&folder->files[i]);
    part_from_gone(collector);
    sim_gaps_recover(collector);
}

void sim_recovery_remove_any(struct sim_collector *collector)
{
    struct disk_folder *folder = &collector->disk.folders[SERIES_METRICS];
    unsigned at = folder->count > 0 ? (unsigned)sim_below(collector->world, folder->count) : 0;

    if (folder->count == 0 || !folder->files[at].exists || folder->files[at].number == 0)
        return;
    sim_log(collector->world, "collector %u: somebody removes segment %" PRIu64, collector->index,
            folder->files[at].number);
    disk_take_away(&collector->disk, SERIES_METRICS, &folder->files[at]);
}
