#include "sim/sim_store.h"

#include "collector/store/csv.h"
#include "collector/store/gap_file.h"
#include "collector/store/index_file.h"
#include "collector/store/metrics_file.h"
#include "collector/store/recovery.h"
#include "sim/sim_found.h"
#include "sim/sim_rows.h"
#include "sim/sim_world.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define TEXT_SIZE 4096U /* written at once; less than the real one, so that there are several writes */
#define QUICK_MS  3U
#define SLACK_MS  2000 /* less than the real one: runs are short */

static struct sim_disk *disk_of(const struct sim_store *store)
{
    return &store->collector->disk;
}

static struct sim_file *live_file(const struct sim_store *store)
{
    return sim_disk_find(disk_of(store), "metrics.csv");
}

/* ---- what is on the disk ---- */

/* Up to here the truth knows the rows of the live file. */
static void see(struct sim_store *store, size_t safe)
{
    const struct sim_file *live = live_file(store);

    store->seen.inode = live->inode;
    store->seen.len = live->cache_len;
    store->seen.safe = safe;
}

/* What recovery reads. There may be no live file on a full disk. */
static void see_found(struct sim_store *store)
{
    const struct sim_file *live = live_file(store);

    store->seen.inode = live != NULL ? live->inode : 0;
    store->seen.len = live != NULL ? store_rows_end(store, live) : 0;
    store->seen.safe = store->seen.len;
}

/* Whether rows that the truth knows have become durable, or can't any more. */
static void look_at_safety(struct sim_store *store)
{
    struct sim_collector *collector = store->collector;
    const struct sim_file *file = sim_disk_find_inode(disk_of(store), store->seen.inode);
    size_t len = store->seen.len;

    if (file == NULL || store->seen.safe == len)
        return;
    switch (sim_disk_safety(disk_of(store), file, store->seen.safe, len)) {
    case SIM_DIRTY:
        return;
    case SIM_SAFE:
        truth_synced(collector->world, collector->index);
        break;
    case SIM_LOST:
        sim_log(collector->world, "collector %u can't sync rows that count as stored", collector->index);
        truth_unsure(collector->world, collector->index);
        break;
    }
    store->seen.safe = len;
}

static void on_row(struct sim_collector *collector, const struct csv_row *row)
{
    truth_stored(collector->world, row, collector->index, collector->store.sync_ms == SYNC_ALWAYS);
    collector->world->totals.stored++;
}

/* From here on the rows may be acknowledged: a kill must not take them, and no power cut where each write is synced. */
static void look_at_rows(struct sim_store *store)
{
    const struct sim_file *live = live_file(store);
    bool same = live->inode == store->seen.inode;

    sim_rows_each(store->collector, live, same ? store->seen.len : 0, live->cache_len, on_row);
    see(store, same ? store->seen.safe : 0);
    look_at_safety(store);
}

static void look_at_gaps(struct sim_store *store, uint32_t count)
{
    struct sim_collector *collector = store->collector;

    for (uint32_t i = 0; i < count; i++) {
        const struct gap *gap = &store->job.gaps[i];
        sim_log(collector->world, "collector %u notes i%016" PRIx64 " seq %" PRIu64 " to %" PRIu64 ": %s",
                collector->index, gap->instance, gap->range.first_seq, gap->range.last_seq,
                gap_reason_names[gap->range.reason]);
        truth_gap_stored(collector->world, gap, collector->index);
    }
    collector->world->totals.noted += count;
}

static void look_at_index(struct sim_store *store)
{
    struct sim_disk *disk = disk_of(store);
    const struct sim_file *index = sim_disk_find(disk, INDEX_FILE_NAME);

    if (index != NULL && index->inode != store->damaged_index && sim_disk_name_is_safe(disk, index) &&
        sim_disk_safety(disk, index, 0, index->cache_len) == SIM_SAFE)
        store->indexed = true;
}

/* No other program changes the files of a collector that runs, and its own faults must not look like that. */
static void take_events(struct sim_store *store)
{
    unsigned events = segments_take_events(&store->metrics);
    unsigned meddling = (events | segments_take_events(&store->gaps)) & ~SEGMENTS_SYNC_LOST;

    store->lost_sync = (events & SEGMENTS_SYNC_LOST) != 0;
    if (meddling != 0)
        sim_fail(store->collector->world,
                 "collector %u takes a file of its own for one that another program has changed: %u",
                 store->collector->index, meddling);
}

/* ---- the worker ---- */

static void work(struct sim_store *store)
{
    struct totals *totals = &store->collector->world->totals;
    struct store_job *job = &store->job;
    uint32_t gaps = job->gap_count;
    uint64_t number = segments_number(&store->metrics);
    uint64_t removed = segments_removed(&store->metrics) + segments_removed(&store->gaps);

    if (store->work == STORE_DO_SYNC)
        store_job_sync(job);
    else
        store_job_run(job);
    take_events(store);
    look_at_safety(store);
    if (store->work == STORE_DO_SYNC)
        return;
    if (gaps > 0 && job->gap_count == 0)
        look_at_gaps(store, gaps);
    if (job->rotation)
        look_at_index(store);
    if (job->rc == 0)
        look_at_rows(store);
    totals->rotations += segments_number(&store->metrics) - number;
    totals->removed += segments_removed(&store->metrics) + segments_removed(&store->gaps) - removed;
    sim_log(store->collector->world, "collector %u wrote %u rows: %s", store->collector->index, job->row_count,
            strerror(-job->rc));
}

/* ---- the loop ---- */

static uint64_t now(const struct sim_store *store)
{
    return store->collector->world->now_ms;
}

static bool rows_wait(const struct sim_store *store)
{
    return backlog_waiting(&store->collector->backlog) > 0;
}

static void act(struct sim_store *store, enum store_action action)
{
    if (action == STORE_DO_NOTHING)
        return;
    if (action == STORE_DO_REPORT_DRAINED) {
        collector_on_drained(store->collector);
        return;
    }
    if (action != STORE_DO_SYNC)
        store_job_begin(&store->job, store_plan_syncs(&store->plan));
    store->work = action;
    store->work_ms = now(store) + sim_below(store->collector->world, QUICK_MS + store->slow_ms);
}

void store_poke_soon(struct sim_store *store, bool flush_now)
{
    act(store, store_plan_poke(&store->plan, now(store), rows_wait(store), flush_now));
}

void store_drain_all(struct sim_store *store)
{
    act(store, store_plan_drain(&store->plan, now(store), rows_wait(store)));
}

static void on_written(struct sim_store *store)
{
    struct store_job *job = &store->job;

    store->collector->written_ms = now(store);
    store_job_end(job);
    struct store_written written = {.rc = job->rc,
                                    .rows = job->row_count,
                                    .synced = job->sync,
                                    .rotated = job->rotation,
                                    .lost_sync = store->lost_sync};
    unsigned events = store_plan_on_written(&store->plan, now(store), &written);
    if ((events & (STORE_HELD | STORE_RELEASED)) != 0)
        collector_on_held(store->collector, store->plan.held);
    if (written.rc == 0) {
        struct backlog_instances stored = store_job_stored(job);
        collector_on_stored(&stored);
    }
}

static void on_done(struct sim_store *store)
{
    if (store->work == STORE_DO_SYNC)
        (void)store_plan_on_synced(&store->plan, store->lost_sync);
    else
        on_written(store);
    act(store, store_plan_continue(&store->plan, now(store), rows_wait(store)));
}

uint64_t store_due(const struct sim_store *store)
{
    return sim_earlier(store_plan_due_ms(&store->plan), sim_earlier(store->work_ms, store->done_ms));
}

void store_run(struct sim_store *store)
{
    if (store->done_ms <= now(store)) {
        store->done_ms = NEVER;
        on_done(store);
    } else if (store->work_ms <= now(store)) {
        store->work_ms = NEVER;
        work(store);
        store->done_ms = now(store) + sim_below(store->collector->world, QUICK_MS + store->slow_ms);
    } else {
        act(store, store_plan_tick(&store->plan, now(store), rows_wait(store)));
    }
}

/* ---- start and end ---- */

void store_begin(struct sim_store *store, struct sim_collector *collector)
{
    struct store_parts parts = {&collector->disk.disk, &store->metrics,      &store->gaps,
                                &collector->backlog,   &collector->registry, NULL};

    store->collector = collector;
    store->metrics = store->gaps = (struct segments){0};
    store->work_ms = store->done_ms = NEVER;
    store->lost_sync = false;
    store_plan_init(&store->plan, store->flush_ms, store->sync_ms);
    if (store_job_init(&store->job, &parts, TEXT_SIZE) < 0)
        sim_fail(collector->world, "the simulation itself is out of memory");
}

void store_end(struct sim_store *store)
{
    store_job_deinit(&store->job);
}

static int open_both(struct sim_store *store, const struct index_file *index)
{
    const struct disk *disk = &disk_of(store)->disk;
    struct totals *totals = &store->collector->world->totals;
    uint64_t cut = 0;

    int rc = metrics_file_open(&store->metrics, disk, &store->metrics_limits, index->last_segment, &cut);
    totals->cuts += cut > 0;
    if (rc < 0)
        return rc;
    rc = gap_file_open(&store->gaps, disk, &store->gaps_limits, &cut);
    totals->cuts += cut > 0;
    return rc;
}

static void note_report(struct sim_store *store, const struct recovery_report *report)
{
    struct totals *totals = &store->collector->world->totals;

    totals->indexed += report->index == RECOVERY_INDEX_USED;
    totals->unfit += report->index == RECOVERY_INDEX_DAMAGED || report->index == RECOVERY_INDEX_UNFIT;
    totals->read += report->files_read;
    totals->skipped += report->files_skipped;
    sim_log(store->collector->world, "collector %u: index %u, %" PRIu64 " files read and %" PRIu64 " not",
            store->collector->index, report->index, report->files_read, report->files_skipped);
}

static void recover(struct sim_store *store, const struct index_file *index)
{
    struct sim_collector *collector = store->collector;
    struct recovery_options options = {.now_ms = (int64_t)sim_collector_mono(collector),
                                       .wall_ms = sim_collector_wall(collector),
                                       .gone_ms = collector->gone_ms,
                                       .slack_ms = SLACK_MS};
    struct recovery_report report;

    int rc = recovery_run(&store->metrics, index, &collector->registry, &options, &report);
    if (rc == 0)
        rc = gap_file_recover(&store->gaps, &collector->registry, &options, report.indexed_ms);
    if (rc < 0)
        sim_fail(collector->world, "collector %u can't read its files: %s", collector->index, strerror(-rc));
    note_report(store, &report);
}

size_t store_rows_end(const struct sim_store *store, const struct sim_file *file)
{
    const struct segments *segments = strcmp(file->name, "metrics.csv") == 0 ? &store->metrics
                                      : strcmp(file->name, "gaps.csv") == 0  ? &store->gaps
                                                                             : NULL;
    bool is_unready = segments != NULL && segments_unready(segments) < 0;

    return is_unready ? (size_t)segments_length(segments) : file->cache_len;
}

int store_open_files(struct sim_store *store)
{
    struct sim_collector *collector = store->collector;
    struct index_file index;

    index_file_read(&index, &disk_of(store)->disk);
    if (index.rc < 0 && store->indexed)
        sim_fail(collector->world, "collector %u has made its index durable, and finds %s", collector->index,
                 index.rc == -ENOENT ? "none" : "a damaged one");
    int rc = open_both(store, &index);
    if (rc == 0 && disk_of(store)->crashed)
        rc = -ECANCELED;
    if (rc == 0) {
        found_read(collector);
        see_found(store);
        recover(store, &index);
        found_compare(collector);
    }
    index_file_free(&index);
    return rc;
}

void store_close_files(struct sim_store *store)
{
    (void)segments_close(&store->metrics);
    (void)segments_close(&store->gaps);
    look_at_safety(store);
}

/* ---- while it is down ---- */

void store_damage_index(struct sim_store *store)
{
    struct sim_collector *collector = store->collector;
    struct sim_file *index = sim_disk_find(disk_of(store), INDEX_FILE_NAME);

    if (index == NULL)
        return;
    sim_log(collector->world, "collector %u: its index is damaged", collector->index);
    store->indexed = false;
    store->damaged_index = index->inode;
    if (sim_chance(collector->world, 30))
        sim_disk_take_away(disk_of(store), index);
    else
        sim_disk_damage(disk_of(store), index);
}

void store_remove_segment(struct sim_store *store)
{
    struct sim_collector *collector = store->collector;
    struct sim_disk *disk = disk_of(store);

    if (disk->count == 0)
        return;
    struct sim_file *file = &disk->files[sim_below(collector->world, disk->count)];
    if (!file->exists || strncmp(file->name, "metrics-", strlen("metrics-")) != 0)
        return;
    sim_log(collector->world, "collector %u: %s is removed", collector->index, file->name);
    sim_disk_take_away(disk, file);
}
