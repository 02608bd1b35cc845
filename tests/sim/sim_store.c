#include "sim/sim_store.h"

#include "collector/csv.h"
#include "sim/sim_world.h"

#include <errno.h>
#include <string.h>

#define RETRY_MS   1000U
#define TEXT_SIZE  4096U /* written at once; less than the real one, so that there are several writes */
#define QUICK_MS   3U
#define HEADER_MAX CSV_LINE_MAX

void store_begin(struct sim_store *store, struct sim_collector *collector, struct sim_disk *disk)
{
    store->collector = collector;
    store->disk = disk;
    store->is_open = false;
    store->timer_ms = store->work_ms = store->done_ms = NEVER;
    store->hurry = store->again = store->held = store->draining = false;
}

/* ---- files: segments.c ---- */

static size_t header_len(void)
{
    char header[HEADER_MAX];

    return csv_put_header(header);
}

/* The file has no row. Also when its header is whole: the sync of that, or of the name, may have failed. */
static bool is_fresh(const struct disk_file *live)
{
    char header[HEADER_MAX];
    size_t len = csv_put_header(header);

    return live->cache_len == 0 || (live->cache_len <= len && memcmp(live->cache, header, live->cache_len) == 0);
}

static int write_header(struct sim_store *store, struct disk_file *live)
{
    char header[HEADER_MAX];

    int rc = disk_write(store->disk, live, 0, header, csv_put_header(header));
    if (rc == 0)
        rc = disk_sync(store->disk, live);
    if (rc == 0)
        rc = disk_sync_names(store->disk);
    if (rc < 0)
        (void)disk_truncate(store->disk, live, 0);
    return rc;
}

static int open_live(struct sim_store *store)
{
    int rc = disk_live(store->disk) == NULL ? disk_create_live(store->disk) : 0;
    struct disk_file *live = disk_live(store->disk);

    if (rc == 0 && is_fresh(live))
        rc = write_header(store, live);
    if (rc < 0)
        return rc;
    store->is_open = true;
    store->length = live->cache_len;
    store->synced = live->cache_len;
    return 0;
}

static int cut_back(struct sim_store *store)
{
    size_t synced = store->synced;

    store->is_open = false;
    int rc = open_live(store);
    if (rc < 0 || store->length <= synced) {
        store->synced = rc < 0 ? synced : store->length;
        return rc;
    }
    store->synced = synced;
    rc = disk_truncate(store->disk, disk_live(store->disk), synced);
    if (rc < 0)
        store->is_open = false;
    else
        store->length = synced;
    return rc;
}

static int rotate(struct sim_store *store)
{
    int rc = disk_rename_live(store->disk);

    if (rc < 0)
        return rc;
    store->collector->world->totals.rotations++;
    store->is_open = false;
    store->synced = header_len();
    return open_live(store);
}

static int turn(struct sim_store *store)
{
    if (!store->is_open)
        return -EBADF;
    if (store->length <= header_len() || store->length < store->rotate_bytes)
        return 0;
    return rotate(store);
}

/* ---- reading ---- */

/* The next line from *at; false: the file has no more whole ones before `to`. */
static bool next_line(const struct disk_file *file, size_t *at, size_t to, const char **line, size_t *len)
{
    const char *end = *at < to ? memchr(file->cache + *at, '\n', to - *at) : NULL;

    if (end == NULL)
        return false;
    *line = file->cache + *at;
    *len = (size_t)(end - *line);
    *at += *len + 1;
    return true;
}

void store_each_row(const struct sim_store *store, const struct disk_file *file, size_t from, size_t to,
                    store_visit *visit)
{
    const char *line = NULL;
    size_t len = 0;
    struct csv_row row;

    for (size_t at = from; next_line(file, &at, to, &line, &len);)
        if (csv_parse_row(line, len, &row) == 0)
            visit(store->collector, &row);
}

/* Header and whole rows. */
static size_t good_length(const struct disk_file *live)
{
    char header[HEADER_MAX];
    size_t good = csv_put_header(header);
    size_t at = good;
    const char *line = NULL;
    size_t len = 0;
    struct csv_row row;

    if (live->cache_len < good || memcmp(live->cache, header, good) != 0)
        return 0;
    while (next_line(live, &at, live->cache_len, &line, &len) && csv_parse_row(line, len, &row) == 0)
        good = at;
    return good;
}

static int cut_damage(struct sim_store *store)
{
    struct disk_file *live = disk_live(store->disk);
    size_t good = good_length(live);

    if (good == 0 || good == store->length)
        return good == 0 ? rotate(store) : 0;
    sim_log(store->collector->world, "collector %u cuts %zu bytes off", store->collector->index, store->length - good);
    store->collector->world->totals.cuts++;
    int rc = disk_truncate(store->disk, live, good);
    if (rc == 0)
        rc = disk_sync(store->disk, live);
    store->length = good;
    store->synced = good;
    return rc;
}

int store_open_files(struct sim_store *store)
{
    struct sim_disk *disk = store->disk;

    disk->next_number = 1;
    for (unsigned i = 0; i < disk->count; i++)
        if (disk->files[i].number >= disk->next_number)
            disk->next_number = disk->files[i].number + 1;
    int rc = open_live(store);
    /* A failed fdatasync may have left rows in the cache that look stored, and are not on the medium. */
    if (rc == 0)
        rc = disk_sync(disk, disk_live(disk));
    if (rc == 0)
        disk_drop_cache(disk_live(disk));
    if (rc == 0)
        rc = cut_damage(store);
    if (rc == 0)
        rc = disk_sync(disk, disk_live(disk));
    if (rc == 0)
        rc = disk_sync_names(disk);
    return rc;
}

/* ---- the worker: store.c ---- */

static int append(struct sim_store *store, const char *text, size_t len)
{
    int rc = disk_write(store->disk, disk_live(store->disk), store->length, text, len);

    if (rc == 0)
        store->length += len;
    return rc;
}

static int append_rows(struct sim_store *store)
{
    char text[TEXT_SIZE];
    size_t used = 0;
    int rc = 0;

    for (uint32_t i = 0; rc == 0 && i < store->count; i++) {
        const struct row *row = &store->rows[i];
        used += csv_put_row(row->instance->node->id, row->group->name, row->instance->id, &row->sample, text + used);
        if (used + CSV_LINE_MAX > TEXT_SIZE || i + 1 == store->count) {
            rc = append(store, text, used);
            used = 0;
        }
    }
    return rc;
}

static int sync_rows(struct sim_store *store)
{
    struct disk_file *live = disk_live(store->disk);
    size_t from = store->synced;

    int rc = disk_sync(store->disk, live);
    if (rc < 0)
        return rc;
    store->synced = store->length;
    store_each_row(store, live, from, store->length, collector_on_synced_row);
    return 0;
}

static void work(struct sim_store *store)
{
    int rc = 0;

    if (store->again)
        rc = cut_back(store);
    if (rc == 0)
        rc = turn(store);
    if (rc == 0)
        rc = append_rows(store);
    if (rc == 0)
        rc = sync_rows(store);
    store->rc = rc;
}

/* ---- the loop: store.c ---- */

static void begin_write(struct sim_store *store)
{
    struct sim_collector *collector = store->collector;
    struct world *world = collector->world;

    if (!store->again) {
        if (collector->backlog.writing)
            return;
        if (backlog_waiting(&collector->backlog) == 0) {
            if (store->draining)
                collector_on_drained(collector);
            return;
        }
        backlog_take(&collector->backlog, &store->rows, &store->count);
        store->hurry = false;
    }
    store->timer_ms = NEVER;
    store->work_ms = world->now_ms + sim_below(world, QUICK_MS + store->slow_ms);
}

void store_poke_soon(struct sim_store *store, bool hurry)
{
    const struct backlog *backlog = &store->collector->backlog;

    store->hurry = store->hurry || hurry;
    if (store->again || backlog->writing || backlog_waiting(backlog) == 0)
        return;
    if (store->hurry)
        begin_write(store);
    else if (store->timer_ms == NEVER)
        store->timer_ms = store->collector->world->now_ms + store->flush_ms;
}

void store_drain_all(struct sim_store *store)
{
    store->draining = true;
    if (!store->again)
        begin_write(store);
}

static void on_written(struct sim_store *store)
{
    struct sim_collector *collector = store->collector;
    bool held = store->rc < 0;

    store->again = held;
    if (held != store->held) {
        store->held = held;
        collector_on_held(collector, held);
    }
    if (held) {
        store->timer_ms = collector->world->now_ms + RETRY_MS;
        return;
    }
    collector_on_stored(collector);
    if (store->draining)
        begin_write(store);
    else
        store_poke_soon(store, store->hurry);
}

uint64_t store_due(const struct sim_store *store)
{
    return sim_earlier(store->timer_ms, sim_earlier(store->work_ms, store->done_ms));
}

void store_run(struct sim_store *store)
{
    struct world *world = store->collector->world;

    if (store->done_ms <= world->now_ms) {
        store->done_ms = NEVER;
        on_written(store);
    } else if (store->work_ms <= world->now_ms) {
        store->work_ms = NEVER;
        work(store);
        sim_log(world, "collector %u wrote %u rows: %s", store->collector->index, store->count, strerror(-store->rc));
        store->done_ms = world->now_ms + sim_below(world, QUICK_MS + store->slow_ms);
    } else {
        store->timer_ms = NEVER;
        begin_write(store);
    }
}
