#include "sim/sim_store.h"

#include "collector/store/csv.h"
#include "sim/sim_gaps.h"
#include "sim/sim_index.h"
#include "sim/sim_world.h"

#include <stdlib.h>
#include <string.h>

#define RETRY_MS  1000U
#define TEXT_SIZE 4096U /* written at once; less than the real one, so that there are several writes */
#define QUICK_MS  3U

static bool row_ok(const char *line, size_t len)
{
    struct csv_row row;

    return csv_parse_row(line, len, &row) == 0;
}

void store_begin(struct sim_store *store, struct sim_collector *collector)
{
    store->collector = collector;
    sim_segments_begin(&store->metrics, &collector->disk, SERIES_METRICS, row_ok,
                       csv_put_header(store->metrics.header));
    sim_segments_begin(&store->gaps, &collector->disk, SERIES_GAPS, sim_gaps_row_ok,
                       gap_put_header(store->gaps.header));
    store->timer_ms = store->work_ms = store->done_ms = NEVER;
    store->sync_timer_ms = store->sync_work_ms = store->sync_done_ms = NEVER;
    store->hurry = store->held = store->draining = store->sync_due = store->syncing = false;
    store->unsynced_rows = 0;
    memset(&store->job, 0, sizeof store->job);
}

void store_end(struct sim_store *store)
{
    free(store->job.entries);
    store->job.entries = NULL;
}

int store_open_files(struct sim_store *store, uint64_t taken)
{
    struct world *world = store->collector->world;
    bool cut = false;
    bool cut_gaps = false;

    int rc = sim_segments_open(&store->metrics, taken, &cut);
    if (rc == 0)
        rc = sim_segments_open(&store->gaps, 0, &cut_gaps);
    world->totals.cuts += (uint64_t)cut + cut_gaps;
    return rc;
}

static void note_events(struct sim_store *store)
{
    if (!store->metrics.sync_lost)
        return;
    store->metrics.sync_lost = false;
    sim_log(store->collector->world, "collector %u can't sync rows that count as stored", store->collector->index);
    truth_unsure(store->collector->world, store->collector->index);
    store->unsynced_rows = 0;
}

void store_close_files(struct sim_store *store)
{
    if (sim_segments_close(&store->metrics) == 0)
        truth_synced(store->collector->world, store->collector->index);
    note_events(store);
    (void)sim_segments_close(&store->gaps);
}

void store_each_row(struct sim_collector *collector, const struct disk_file *file, size_t from, size_t to,
                    store_visit *visit)
{
    const char *line = NULL;
    size_t len = 0;
    struct csv_row row;

    for (size_t at = from; sim_next_line(file, &at, to, &line, &len);)
        if (csv_parse_row(line, len, &row) == 0)
            visit(collector, &row);
}

/* ---- the worker ---- */

static int write_gaps(struct sim_store *store)
{
    if (store->job.gap_count == 0)
        return 0;
    int rc = sim_gaps_write(store->collector, store->job.gaps, store->job.gap_count, store->job.gaps_again);
    store->job.gaps_again = rc < 0;
    if (rc == 0)
        store->job.gap_count = 0;
    return rc;
}

static int append_rows(struct sim_store *store)
{
    char text[TEXT_SIZE];
    size_t used = 0;
    int rc = 0;

    for (uint32_t i = 0; rc == 0 && i < store->job.count; i++) {
        const struct row *row = &store->job.rows[i];
        used += csv_put_row(row->instance->node->id, row->group->name, row->instance->id, &row->sample, text + used);
        if (used + CSV_LINE_MAX > TEXT_SIZE || i + 1 == store->job.count) {
            rc = sim_segments_append(&store->metrics, text, used);
            used = 0;
        }
    }
    return rc;
}

/* The rows are kept: from here on they may be acknowledged, and a kill does not take them. */
static void note_kept(struct sim_store *store, size_t from)
{
    store_each_row(store->collector, disk_live(&store->collector->disk, SERIES_METRICS), from, store->metrics.length,
                   store->job.sync ? collector_on_synced_row : collector_on_kept_row);
    if (store->job.sync)
        truth_synced(store->collector->world, store->collector->index);
}

static int write_rows(struct sim_store *store)
{
    int rc = sim_segments_begin_write(&store->metrics, store->job.again, store->job.rotation);
    size_t from = store->metrics.length;

    if (rc == 0 && store->job.rotation && !store->metrics.sync_lost)
        truth_synced(store->collector->world, store->collector->index);
    if (rc == 0) {
        if (store->job.entries != NULL && store->metrics.next_number > store->job.last_segment)
            (void)sim_index_write(store->collector, store->job.last_segment, store->job.entries,
                                  store->job.entry_count);
        rc = append_rows(store);
    }
    note_events(store);
    rc = sim_segments_end_write(&store->metrics, rc, store->job.sync);
    note_events(store);
    if (rc == 0)
        note_kept(store, from);
    return rc;
}

static void work(struct sim_store *store)
{
    int rc = write_gaps(store);

    store->job.rc = rc < 0 ? rc : write_rows(store);
}

static void work_sync(struct sim_store *store)
{
    if (sim_segments_sync(&store->metrics) == 0)
        truth_synced(store->collector->world, store->collector->index);
    note_events(store);
}

/* ---- the loop ---- */

static uint64_t soon(const struct sim_store *store)
{
    return store->collector->world->now_ms + sim_below(store->collector->world, QUICK_MS + store->slow_ms);
}

static void begin_sync(struct sim_store *store)
{
    store->sync_due = true;
    if (store->syncing || store->job.again || store->collector->backlog.writing)
        return;
    store->sync_due = false;
    store->syncing = true;
    store->sync_work_ms = soon(store);
}

static void take_snapshot(struct sim_store *store)
{
    struct registry *registry = &store->collector->registry;

    store->job.last_segment = store->metrics.next_number;
    if (index_snapshot(registry, store->collector->backlog.filling, store->job.last_segment, &store->job.entries,
                       &store->job.entry_count) < 0)
        sim_fail(store->collector->world, "the simulation itself is out of memory");
    registry_pin(registry);
}

static void begin_write(struct sim_store *store)
{
    struct sim_collector *collector = store->collector;
    struct backlog *backlog = &collector->backlog;

    if (!store->job.again) {
        if (backlog->writing || store->syncing)
            return;
        if (backlog_waiting(backlog) == 0) {
            if (store->draining && store->unsynced_rows > 0)
                begin_sync(store);
            else if (store->draining)
                collector_on_drained(collector);
            return;
        }
        backlog_take(backlog, &store->job.rows, &store->job.count);
        store->job.gaps = backlog_taken_gaps(backlog, &store->job.gap_count);
        store->hurry = false;
    }
    store->timer_ms = NEVER;
    store->job.rotation = sim_segments_due(&store->metrics);
    store->job.sync = store->sync_ms == SYNC_ALWAYS || store->sync_due || store->draining;
    if (store->job.rotation)
        take_snapshot(store);
    store->work_ms = soon(store);
}

void store_poke_soon(struct sim_store *store, bool hurry)
{
    const struct backlog *backlog = &store->collector->backlog;

    store->hurry = store->hurry || hurry;
    if (store->job.again || backlog->writing || backlog_waiting(backlog) == 0)
        return;
    if (store->hurry)
        begin_write(store);
    else if (store->timer_ms == NEVER)
        store->timer_ms = store->collector->world->now_ms + store->flush_ms;
}

void store_drain_all(struct sim_store *store)
{
    store->draining = true;
    if (!store->job.again)
        begin_write(store);
}

static void note_kept_rows(struct sim_store *store)
{
    if (store->job.sync || store->job.rotation) {
        store->unsynced_rows = 0;
        store->sync_due = false;
        store->sync_timer_ms = NEVER;
    }
    if (!store->job.sync)
        store->unsynced_rows += store->job.count;
    if (store->sync_ms > 0 && store->unsynced_rows > 0 && store->sync_timer_ms == NEVER)
        store->sync_timer_ms = store->collector->world->now_ms + (uint64_t)store->sync_ms;
}

static void on_written(struct sim_store *store)
{
    struct sim_collector *collector = store->collector;
    bool held = store->job.rc < 0;

    store_end(store);
    registry_unpin(&collector->registry);
    store->job.again = held;
    if (held != store->held) {
        store->held = held;
        collector_on_held(collector, held);
    }
    if (held) {
        store->timer_ms = collector->world->now_ms + RETRY_MS;
        return;
    }
    note_kept_rows(store);
    collector_on_stored(collector, store->metrics.next_number);
    if (store->sync_due)
        begin_sync(store);
    else if (store->draining)
        begin_write(store);
    else
        store_poke_soon(store, store->hurry);
}

static void on_synced(struct sim_store *store)
{
    store->syncing = false;
    store->unsynced_rows = 0;
    begin_write(store);
}

uint64_t store_due(const struct sim_store *store)
{
    uint64_t due_ms = sim_earlier(store->sync_timer_ms, sim_earlier(store->sync_work_ms, store->sync_done_ms));

    return sim_earlier(due_ms, sim_earlier(store->timer_ms, sim_earlier(store->work_ms, store->done_ms)));
}

static bool is_due(struct sim_store *store, uint64_t *due_ms)
{
    if (*due_ms > store->collector->world->now_ms)
        return false;
    *due_ms = NEVER;
    return true;
}

void store_run(struct sim_store *store)
{
    struct world *world = store->collector->world;

    if (is_due(store, &store->done_ms)) {
        store->collector->written_ms = world->now_ms;
        on_written(store);
    } else if (is_due(store, &store->work_ms)) {
        work(store);
        sim_log(world, "collector %u wrote %u rows: %s", store->collector->index, store->job.count,
                strerror(-store->job.rc));
        store->done_ms = soon(store);
    } else if (is_due(store, &store->sync_done_ms)) {
        on_synced(store);
    } else if (is_due(store, &store->sync_work_ms)) {
        work_sync(store);
        store->sync_done_ms = soon(store);
    } else if (is_due(store, &store->sync_timer_ms)) {
        begin_sync(store);
    } else {
        store->timer_ms = NEVER;
        begin_write(store);
    }
}
