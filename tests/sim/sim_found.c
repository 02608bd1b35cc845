#include "sim/sim_found.h"

#include "collector/store/csv.h"
#include "collector/store/disk_plain.h"
#include "collector/store/gap.h"
#include "sim/sim_rows.h"
#include "sim/sim_world.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- what is on the disk ---- */

static void begin(struct world *world, unsigned c)
{
    for (unsigned i = 0; i < world->truth.run_count; i++) {
        struct run *run = world->truth.runs[i];
        for (uint64_t k = 0; k < run->count; k++) {
            struct truth_sample *sample = &run->samples[k];
            sample->was_stored = sample->stored;
            sample->was_noted = sample->noted;
            sample->stored &= (uint8_t) ~(1U << c);
            sample->noted &= (uint8_t) ~(1U << c);
        }
        run->stored_seq[c] = 0;
        run->noted_ms[c] = 0;
    }
}

static void on_gap(struct sim_collector *collector, const struct gap *gap)
{
    struct run *run = truth_find(&collector->world->truth, gap->instance);

    for (uint64_t seq = gap->range.first_seq; seq <= truth_gap_end(run, &gap->range); seq++)
        truth_note(truth_at(collector->world, run, seq), collector->index);
    if (gap->noted_ms > run->noted_ms[collector->index])
        run->noted_ms[collector->index] = gap->noted_ms;
}

static void on_gap_gone(struct sim_collector *collector, const struct gap *gap)
{
    const struct run *run = truth_find(&collector->world->truth, gap->instance);

    for (uint64_t seq = gap->range.first_seq; seq <= truth_gap_end(run, &gap->range); seq++)
        truth_at(collector->world, run, seq)->note_gone |= (uint8_t)(1U << collector->index);
}

static void on_row(struct sim_collector *collector, const struct csv_row *row)
{
    const struct run *run = truth_find(&collector->world->truth, row->instance);
    uint8_t unsure = run != NULL ? truth_at(collector->world, run, row->sample.seq)->unsure : 0;

    truth_stored(collector->world, row, collector->index, false);
    truth_at(collector->world, run, row->sample.seq)->unsure = unsure; /* it may be in the page cache only */
}

static void on_row_gone(struct sim_collector *collector, const struct csv_row *row)
{
    const struct run *run = truth_find(&collector->world->truth, row->instance);

    truth_at(collector->world, run, row->sample.seq)->retired |= (uint8_t)(1U << collector->index);
}

static bool is_series(const struct sim_file *file, const char *prefix)
{
    return strncmp(file->name, prefix, strlen(prefix)) == 0;
}

/* Whether there is a file with the rows of that segment. */
static bool has_segment(struct sim_disk *disk, const char *name)
{
    char plain[SIM_NAME_SIZE], compressed[SIM_NAME_SIZE + sizeof DISK_PLAIN_SUFFIX];
    const char *suffix = strstr(name, DISK_PLAIN_SUFFIX);

    snprintf(plain, sizeof plain, "%.*s", (int)(suffix != NULL ? (size_t)(suffix - name) : strlen(name)), name);
    snprintf(compressed, sizeof compressed, "%s" DISK_PLAIN_SUFFIX, plain);
    return sim_disk_find(disk, plain) != NULL || sim_disk_find(disk, compressed) != NULL;
}

static bool ends_with(const char *name, const char *end)
{
    size_t len = strlen(name);

    return len >= strlen(end) && strcmp(name + len - strlen(end), end) == 0;
}

/* Their rows are gone, and that is durable: the folder is synced by now. They are looked at once. */
static void read_removed(struct sim_collector *collector)
{
    for (unsigned i = 0; i < collector->disk.count; i++) {
        struct sim_file *file = &collector->disk.files[i];
        if (file->inode == 0 || file->exists)
            continue;
        bool is_gone = !ends_with(file->name, ".new") && !has_segment(&collector->disk, file->name);
        if (is_gone && is_series(file, "gaps-"))
            sim_rows_each_gap(collector, file, file->cache_len, on_gap_gone);
        else if (is_gone && is_series(file, "metrics-"))
            sim_rows_each(collector, file, 0, file->cache_len, on_row_gone);
        sim_disk_forget(file);
    }
}

/* Whether the first one is older; the live file has the newest rows, and no number. */
static bool is_older(const struct sim_file *a, const struct sim_file *b)
{
    bool live = strchr(b->name, '-') == NULL;

    return strchr(a->name, '-') != NULL && (live || strcmp(a->name, b->name) < 0);
}

/* A compressed segment beside the segment itself does not count. */
static bool has_rows(struct sim_disk *disk, const struct sim_file *file)
{
    char plain[SIM_NAME_SIZE];

    if (!ends_with(file->name, DISK_PLAIN_SUFFIX))
        return ends_with(file->name, ".csv");
    snprintf(plain, sizeof plain, "%.*s", (int)(strlen(file->name) - strlen(DISK_PLAIN_SUFFIX)), file->name);
    return sim_disk_find(disk, plain) == NULL;
}

/* The oldest file of the series that is newer than that one, or than none. */
static const struct sim_file *next_file(struct sim_disk *disk, const char *series, const struct sim_file *after)
{
    const struct sim_file *next = NULL;

    for (unsigned i = 0; i < disk->count; i++) {
        const struct sim_file *file = &disk->files[i];
        bool fits = file->exists && is_series(file, series) && has_rows(disk, file);
        if (fits && (after == NULL || is_older(after, file)) && (next == NULL || is_older(file, next)))
            next = file;
    }
    return next;
}

static void read_files(struct sim_collector *collector)
{
    struct sim_disk *disk = &collector->disk;

    read_removed(collector);
    for (const struct sim_file *file = next_file(disk, "gaps", NULL); file != NULL;
         file = next_file(disk, "gaps", file))
        sim_rows_each_gap(collector, file, store_rows_end(&collector->store, file), on_gap);
    for (const struct sim_file *file = next_file(disk, "metrics", NULL); file != NULL;
         file = next_file(disk, "metrics", file))
        sim_rows_each(collector, file, 0, store_rows_end(&collector->store, file), on_row);
}

static void check_sample(struct world *world, const struct run *run, uint64_t seq, unsigned c)
{
    const struct truth_sample *sample = &run->samples[seq - 1];
    bool row_lost = (sample->was_stored >> c & 1U) > (sample->stored >> c & 1U);
    bool note_lost = (sample->was_noted >> c & 1U) > (sample->noted >> c & 1U);

    if (row_lost && !((sample->retired | sample->unsure) >> c & 1U))
        sim_fail(world, "collector %u has seq %" PRIu64 " of agent %u no more, which was safe before its last end", c,
                 seq, run->agent);
    if (note_lost && !(sample->note_gone >> c & 1U))
        sim_fail(world, "the gaps.csv of collector %u has seq %" PRIu64 " of agent %u no more", c, seq, run->agent);
    world->totals.unsynced += row_lost && (sample->unsure >> c & 1U);
}

void found_read(struct sim_collector *collector)
{
    struct world *world = collector->world;

    begin(world, collector->index);
    read_files(collector);
    for (unsigned i = 0; i < world->truth.run_count; i++)
        for (uint64_t seq = 1; seq <= world->truth.runs[i]->count; seq++)
            check_sample(world, world->truth.runs[i], seq, collector->index);
    truth_synced(world, collector->index);
}

/* ---- what the collector makes of it ---- */

static uint64_t last_noted(const struct run *run, unsigned c)
{
    uint64_t seq = run->count;

    while (seq > 0 && !(run->samples[seq - 1].noted >> c & 1U))
        seq--;
    return seq;
}

/* What lies behind samples that may still come is found again. */
static void forget_notes(struct run *run, uint64_t known_seq, unsigned c)
{
    for (uint64_t k = known_seq; k < run->count; k++) {
        run->samples[k].behind |= run->samples[k].noted & (uint8_t)(1U << c);
        run->samples[k].noted &= (uint8_t) ~(1U << c);
    }
}

/* Which segments of gaps.csv are newer than the index, and within the history, depends on the wall clock. Once it has
 * stepped, the collector may skip one, and note again what is missing: see wall_stepped. */

/* The collector does not know the run at all. */
static void check_unknown(const struct sim_collector *collector, struct run *run, const struct node *node)
{
    unsigned c = collector->index;
    int64_t age_ms = sim_collector_wall(collector) - run->noted_ms[c];

    if (node != NULL && !registry_has_place(node)) /* it knows as many others as it may */
        run->forgotten |= (uint8_t)(1U << c);
    if (run->forgotten >> c & 1U)
        return;
    if (run->stored_seq[c] > 0)
        sim_fail(collector->world, "collector %u has rows of i%016" PRIx64 " up to %" PRIu64 ", and does not know it",
                 c, run->id, run->stored_seq[c]);
    if (last_noted(run, c) > 0 && age_ms <= collector->history_ms && !collector->wall_stepped)
        sim_fail(collector->world, "collector %u has forgotten what is missing of i%016" PRIx64, c, run->id);
    forget_notes(run, 0, c);
}

/* Beyond the rows there may only be those that counted as stored, and that a disk or a power cut has taken, and between
 * them what never came. */
static bool may_be_at(const struct run *run, uint64_t stored_seq, unsigned c)
{
    if (stored_seq < run->stored_seq[c] || stored_seq > run->count)
        return false;
    for (uint64_t seq = stored_seq; seq > run->stored_seq[c]; seq--) {
        const struct truth_sample *sample = &run->samples[seq - 1];
        bool missing = seq < stored_seq && ((sample->noted | sample->note_gone) >> c & 1U) != 0;
        if (!missing && ((sample->unsure | sample->retired) >> c & 1U) == 0)
            return false;
    }
    return true;
}

static void compare_run(struct sim_collector *collector, struct run *run)
{
    struct world *world = collector->world;
    unsigned c = collector->index;
    const struct node *node = registry_find_node(&collector->registry, world->agents[run->agent].node_id);
    const struct instance *instance = node != NULL ? registry_find_instance(node, run->id) : NULL;

    if (instance == NULL) {
        check_unknown(collector, run, node);
        return;
    }
    if (run->forgotten >> c & 1U)
        return;
    if (instance->received_seq != instance->stored_seq || !may_be_at(run, instance->stored_seq, c))
        sim_fail(world,
                 "collector %u goes on with i%016" PRIx64 " after seq %" PRIu64 " (stored %" PRIu64
                 "), but its last row is %" PRIu64,
                 c, run->id, instance->received_seq, instance->stored_seq, run->stored_seq[c]);
    uint64_t known_seq = sim_later(instance->missing_seq, instance->stored_seq);
    if (!collector->wall_stepped && known_seq < run->count && known_seq == run->stored_seq[c] && known_seq > 0 &&
        (run->samples[known_seq].noted >> c & 1U) > (run->samples[known_seq].behind >> c & 1U))
        sim_fail(world, "collector %u has forgotten that seq %" PRIu64 " of i%016" PRIx64 " is missing", c,
                 known_seq + 1, run->id);
    forget_notes(run, known_seq, c);
    run->stored_seq[c] = run->durable_seq[c] = instance->stored_seq;
}

/* Which instances are forgotten next is told by the order of their use. */
static void take_order(struct sim_collector *collector, const struct node *node)
{
    for (uint64_t used = 1; used <= node->uses; used++)
        for (const struct instance *instance = node->instances; instance != NULL; instance = instance->next)
            if (instance->used == used)
                truth_used(collector->world, truth_find(&collector->world->truth, instance->id), collector->index);
}

void found_compare(struct sim_collector *collector)
{
    struct truth *truth = &collector->world->truth;

    for (unsigned i = 0; i < truth->run_count; i++)
        truth_forget(collector->world, truth->runs[i], collector->index);
    for (unsigned i = 0; i < truth->run_count; i++) {
        compare_run(collector, truth->runs[i]);
        truth->runs[i]->used[collector->index] = 0;
    }
    for (unsigned i = 0; i < collector->registry.node_count; i++)
        take_order(collector, collector->registry.nodes[i]);
}
