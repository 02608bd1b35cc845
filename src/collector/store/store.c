#include "collector/store/store.h"

#include "collector/store/csv.h"
#include "collector/store/gap_file.h"
#include "collector/store/index_file.h"
#include "common/clock.h"
#include "common/handle.h"
#include "common/log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_SIZE (1U << 20) /* written at once */
#define RETRY_MS  1000U

static void begin_write(struct store *store);

/* ---- on the worker ---- */

static int append_rows(struct store *store)
{
    size_t used = 0;
    int rc = 0;

    for (uint32_t i = 0; rc == 0 && i < store->job.count; i++) {
        const struct row *row = &store->job.rows[i];
        used +=
            csv_put_row(row->instance->node->id, row->group->name, row->instance->id, &row->sample, store->text + used);
        if (used + CSV_LINE_MAX > TEXT_SIZE || i + 1 == store->job.count) {
            rc = segments_append(store->segments, store->text, used);
            used = 0;
        }
    }
    return rc;
}

static int write_gaps(struct store *store)
{
    if (store->job.gap_count == 0)
        return 0;
    int rc = gap_file_write(store->gaps, store->job.gaps, store->job.gap_count, store->job.gaps_again, clock_wall_ms());
    store->job.gaps_again = rc < 0;
    if (rc == 0)
        store->job.gap_count = 0;
    return rc;
}

/* Once the file that it tells of is a segment. */
static void write_index(struct store *store)
{
    if (store->job.entries != NULL && store->segments->next_number > store->job.last_segment)
        store->job.index_rc = index_file_write(store->segments->dir_fd, store->job.last_segment, store->job.entries,
                                               store->job.entry_count, store->text, TEXT_SIZE);
}

static int write_rows(struct store *store)
{
    int rc = segments_begin_write(store->segments, store->job.again, store->job.rotation, clock_wall_ms());

    if ((store->segments->events & SEGMENTS_SYNC_LOST) != 0)
        store->job.sync = true; /* the rotation has just found out that a late sync is not to be relied on */
    if (rc == 0) {
        write_index(store);
        rc = append_rows(store);
    }
    return segments_end_write(store->segments, rc, store->job.sync);
}

static void store_on_work(uv_work_t *work)
{
    struct store *store = work->data;
    int rc = write_gaps(store);

    store->job.rc = rc < 0 ? rc : write_rows(store);
}

static void store_on_sync_work(uv_work_t *work)
{
    struct store *store = work->data;

    store->job.sync_rc = segments_sync(store->segments);
}

/* ---- the index, on the loop ---- */

static void note_index(struct store *store, int rc)
{
    if (rc < 0 && !store->index_failed)
        log_warning(INDEX_FILE_NAME " can't be written: %s; nothing is lost, but the next start takes longer",
                    strerror(-rc));
    store->index_failed = rc < 0;
}

/* The worker reads the names of nodes from it, which therefore stay until it is given back. */
static void take_snapshot(struct store *store)
{
    store->job.last_segment = store->segments->next_number;
    store->job.index_rc = index_snapshot(store->registry, store->backlog->filling, store->job.last_segment,
                                         &store->job.entries, &store->job.entry_count);
    if (store->job.index_rc == 0)
        registry_pin(store->registry);
}

static void give_snapshot_back(struct store *store)
{
    if (!store->job.rotation)
        return;
    free(store->job.entries);
    store->job.entries = NULL;
    registry_unpin(store->registry);
    note_index(store, store->job.index_rc);
}

/* ---- rows that are written but not synced, on the loop ---- */

/* After a worker had the segments. Where rows were lost, others are not acknowledged on the same terms: until a write
 * has gone well, each is synced before it counts as stored, and held when that fails. */
static void note_events(struct store *store)
{
    store->syncs_us = store->segments->syncs_us;
    if ((segments_take_events(store->segments) & SEGMENTS_SYNC_LOST) == 0)
        return;
    log_error("metrics.csv can't be synced: %s; the last %" PRIu64
              " samples that were acknowledged may not be on the disk, and a new file is begun",
              strerror(-store->segments->sync_rc), store->unsynced_rows);
    store->sync_lost = true;
    store->unsynced_rows = 0;
    store->sync_due = false;
    uv_timer_stop(&store->sync_timer);
}

static void store_on_synced(uv_work_t *work, int status)
{
    struct store *store = work->data;

    (void)status; /* never cancelled */
    store->syncing = false;
    note_events(store);
    store->unsynced_rows = 0;
    if (!uv_is_closing((uv_handle_t *)&store->timer))
        begin_write(store); /* what came meanwhile */
}

/* Unless there is a write, under way or to be tried again, that will do it. */
static void begin_sync(struct store *store)
{
    store->sync_due = true;
    if (store->syncing || store->job.again || store->backlog->writing)
        return;
    store->sync_due = false;
    store->syncing = true;
    store->sync_work.data = store;
    uv_queue_work(store->loop, &store->sync_work, store_on_sync_work, store_on_synced);
}

static void store_on_sync_timer(uv_timer_t *timer)
{
    begin_sync(timer->data);
}

static void arm_sync(struct store *store)
{
    if (store->sync_ms > 0 && store->unsynced_rows > 0 && !uv_is_active((uv_handle_t *)&store->sync_timer))
        uv_timer_start(&store->sync_timer, store_on_sync_timer, (uint64_t)store->sync_ms, 0);
}

/* After a write that went well. */
static void note_kept_rows(struct store *store)
{
    if (store->job.sync && store->sync_lost) {
        store->sync_lost = false;
        log_info("metrics.csv can be synced again");
    }
    if (store->job.sync || store->job.rotation) {
        store->unsynced_rows = 0;
        store->sync_due = false;
        uv_timer_stop(&store->sync_timer);
    }
    if (!store->job.sync)
        store->unsynced_rows += store->job.count;
    arm_sync(store);
}

void store_set_sync(struct store *store, int64_t sync_ms)
{
    store->sync_ms = sync_ms;
    uv_timer_stop(&store->sync_timer);
    if (sync_ms == SYNC_ALWAYS && store->unsynced_rows > 0)
        begin_sync(store);
    else
        arm_sync(store);
}

/* ---- on the loop ---- */

static void set_held(struct store *store, int rc)
{
    bool held = rc < 0;

    if (held == store->held)
        return;
    store->held = held;
    if (held)
        log_error("%s.csv can't be written: %s; nothing is lost, agents keep their samples until it works again",
                  store->job.gaps_again ? store->gaps->name : store->segments->name, strerror(-rc));
    else
        log_info("metrics.csv can be written again");
    store->held_cb(held, store->arg);
}

static void store_on_timer(uv_timer_t *timer)
{
    struct store *store = timer->data;

    store->timing = false;
    begin_write(store);
}

static void arm(struct store *store, uint64_t delay_ms)
{
    store->timing = true;
    uv_timer_start(&store->timer, store_on_timer, delay_ms, 0);
}

static void store_on_written(uv_work_t *work, int status)
{
    struct store *store = work->data;
    unsigned half = 0;

    (void)status; /* never cancelled */
    give_snapshot_back(store);
    note_events(store);
    store->job.again = store->job.rc < 0;
    set_held(store, store->job.rc);
    if (store->job.again) {
        if (!uv_is_closing((uv_handle_t *)&store->timer))
            arm(store, store->retry_ms);
        return;
    }
    histogram_add(&store->latencies, uv_now(store->loop) - store->job.since_ms, store->job.count);
    struct instance *stored = backlog_stored(store->backlog, &half);
    for (struct instance *instance = stored; instance != NULL; instance = instance->half[half].next)
        if (instance->half[half].last_seq > 0)
            instance->segment = store->segments->next_number;
    note_kept_rows(store);
    store->stored_cb(stored, half, store->arg);
    if (uv_is_closing((uv_handle_t *)&store->timer))
        return;
    if (store->sync_due)
        begin_sync(store);
    else if (store->draining)
        begin_write(store);
    else
        store_poke(store, store->hurry);
}

static void end_drain(struct store *store)
{
    if (store->unsynced_rows > 0)
        begin_sync(store);
    else if (store->empty_cb != NULL)
        store->empty_cb(store->arg);
}

/* Takes the filled half, or goes on with the one that failed. */
static void begin_write(struct store *store)
{
    if (!store->job.again) {
        if (store->backlog->writing || store->syncing)
            return;
        if (backlog_waiting(store->backlog) == 0) {
            if (store->draining)
                end_drain(store);
            return;
        }
        backlog_take(store->backlog, &store->job.rows, &store->job.count);
        store->job.gaps = backlog_taken_gaps(store->backlog, &store->job.gap_count);
        store->job.since_ms = store->filling_since_ms > 0 ? store->filling_since_ms : uv_now(store->loop);
        store->filling_since_ms = 0;
        store->hurry = false;
    }
    uv_timer_stop(&store->timer);
    store->timing = false;
    store->work.data = store;
    store->segments->limits = store->limits; /* no worker has them now */
    store->gaps->limits = store->limits;
    store->job.rotation = segments_due(store->segments, clock_wall_ms());
    store->job.sync = store->sync_ms == SYNC_ALWAYS || store->sync_due || store->sync_lost || store->draining;
    if (store->job.rotation)
        take_snapshot(store);
    uv_queue_work(store->loop, &store->work, store_on_work, store_on_written);
}

void store_poke(struct store *store, bool hurry)
{
    store->hurry = store->hurry || hurry;
    if (store->filling_since_ms == 0 && backlog_waiting(store->backlog) > 0)
        store->filling_since_ms = uv_now(store->loop);
    if (store->job.again || store->backlog->writing || backlog_waiting(store->backlog) == 0)
        return;
    if (store->hurry)
        begin_write(store);
    else if (!store->timing)
        arm(store, store->flush_ms);
}

void store_drain(struct store *store, store_empty_cb *empty_cb)
{
    store->draining = true;
    store->empty_cb = empty_cb;
    if (!store->job.again)
        begin_write(store);
}

/* ---- life ---- */

int store_start(struct store *store, uv_loop_t *loop, struct backlog *backlog, struct segments *segments,
                struct segments *gaps, struct registry *registry, uint64_t flush_ms, store_stored_cb *stored_cb,
                store_held_cb *held_cb, void *arg)
{
    char *text = malloc(TEXT_SIZE);
    if (text == NULL)
        return -ENOMEM;
    *store = (struct store){.loop = loop, .backlog = backlog, .segments = segments, .registry = registry};
    store->flush_ms = flush_ms;
    store->retry_ms = RETRY_MS;
    store->text = text;
    store->gaps = gaps;
    store->limits = segments->limits;
    store->stored_cb = stored_cb;
    store->held_cb = held_cb;
    store->arg = arg;
    uv_timer_init(loop, &store->timer);
    store->timer.data = store;
    uv_timer_init(loop, &store->sync_timer);
    store->sync_timer.data = store;
    return 0;
}

void store_close(struct store *store)
{
    handle_close(&store->timer, NULL);
    handle_close(&store->sync_timer, NULL);
}

void store_deinit(struct store *store)
{
    free(store->text);
    store->text = NULL;
}
