#include "sim/sim_segments.h"

#include "sim/sim_world.h"

#include <errno.h>
#include <string.h>

#define LOOK_MS 5000 /* sooner than the real one: runs are short */

void sim_segments_begin(struct sim_segments *segments, struct sim_disk *disk, enum disk_series series,
                        segments_takes *takes, size_t header_len)
{
    segments->disk = disk;
    segments->series = series;
    segments->takes = takes;
    segments->header_len = header_len;
    segments->is_open = segments->spoiled = segments->sync_lost = false;
    segments->looked_ms = 0;
}

static struct disk_file *live_of(const struct sim_segments *segments)
{
    return disk_live(segments->disk, segments->series);
}

static void set_length(struct sim_segments *segments, size_t length)
{
    segments->length = length;
    segments->kept = length;
    segments->synced = length;
}

/* ---- bytes ---- */

int sim_segments_append(struct sim_segments *segments, const char *text, size_t len)
{
    int rc = segments->is_open ? disk_write(segments->disk, live_of(segments), segments->length, text, len) : -EBADF;

    if (rc == 0)
        segments->length += len;
    return rc;
}

static int sync_file(struct sim_segments *segments)
{
    int rc = segments->is_open ? disk_sync(segments->disk, live_of(segments)) : -EBADF;

    if (rc == 0) {
        segments->synced = segments->length;
    } else if (rc != -ECANCELED && segments->is_open && segments->synced < segments->kept) {
        segments->spoiled = true;
        segments->sync_lost = true;
    }
    return rc;
}

static int sync_kept(struct sim_segments *segments)
{
    bool needed = segments->is_open && segments->synced < segments->kept && !segments->spoiled;

    return needed ? sync_file(segments) : 0;
}

int sim_segments_sync(struct sim_segments *segments)
{
    int rc = sync_file(segments);

    if (rc == 0)
        segments->kept = segments->length;
    return rc;
}

int sim_segments_close(struct sim_segments *segments)
{
    int rc = sync_kept(segments);

    segments->is_open = false;
    return rc;
}

/* ---- the live file ---- */

/* The file has no row. Also when its header is whole: the sync of that, or of the name, may have failed. */
static bool is_fresh(const struct sim_segments *segments, const struct disk_file *live)
{
    return live->cache_len == 0 ||
           (live->cache_len <= segments->header_len && memcmp(live->cache, segments->header, live->cache_len) == 0);
}

static int write_header(struct sim_segments *segments, struct disk_file *live)
{
    int rc = disk_truncate(segments->disk, live, 0);

    if (rc == 0)
        rc = disk_write(segments->disk, live, 0, segments->header, segments->header_len);
    if (rc == 0)
        rc = disk_sync(segments->disk, live);
    if (rc == 0)
        rc = disk_sync_names(segments->disk);
    if (rc < 0)
        (void)disk_truncate(segments->disk, live, 0);
    return rc;
}

static int open_live(struct sim_segments *segments)
{
    int rc = live_of(segments) == NULL ? disk_create_live(segments->disk, segments->series) : 0;
    struct disk_file *live = live_of(segments);

    if (rc == 0 && is_fresh(segments, live))
        rc = write_header(segments, live);
    if (rc < 0)
        return rc;
    segments->is_open = true;
    set_length(segments, live->cache_len);
    return 0;
}

static int rotate(struct sim_segments *segments)
{
    (void)sync_kept(segments);
    int rc = disk_rename_live(segments->disk, segments->series, segments->next_number);
    if (rc < 0)
        return rc;
    segments->disk->world->totals.rotations++;
    segments->next_number++;
    segments->is_open = false;
    set_length(segments, segments->header_len);
    segments->spoiled = false;
    return open_live(segments);
}

static int cut_back(struct sim_segments *segments)
{
    (void)sync_kept(segments);
    size_t kept = segments->kept;
    size_t synced = segments->synced < kept ? segments->synced : kept;

    segments->is_open = false;
    int rc = open_live(segments);
    if (rc == 0 && segments->length > kept)
        rc = disk_truncate(segments->disk, live_of(segments), kept);
    if (rc == 0 && segments->length < kept)
        sim_fail(segments->disk->world, "a live file has lost what was kept");
    if (rc < 0)
        segments->is_open = false;
    segments->length = kept;
    segments->kept = kept;
    segments->synced = synced;
    return rc;
}

/* ---- rotation and retention ---- */

bool sim_segments_due(const struct sim_segments *segments)
{
    return segments->is_open && segments->length > segments->header_len && segments->length >= segments->rotate_bytes;
}

static void remove_old(struct sim_segments *segments)
{
    struct sim_disk *disk = segments->disk;
    struct disk_folder *folder = &disk->folders[segments->series];

    for (unsigned i = 0; segments->retain_ms > 0 && i < folder->count; i++) {
        struct disk_file *file = &folder->files[i];
        if (!file->exists || file->number == 0 || disk->wall_ms - file->modified_ms <= segments->retain_ms)
            continue;
        if (disk_remove(disk, segments->series, file) == 0)
            disk->world->totals.removed++;
    }
}

int sim_segments_begin_write(struct sim_segments *segments, bool again, bool rotation)
{
    int64_t wall_ms = segments->disk->wall_ms;
    int rc = again ? cut_back(segments) : 0;

    if (rc == 0 && !segments->is_open)
        rc = -EBADF;
    bool has_rows = segments->length > segments->header_len;
    if (rc == 0 && has_rows && (rotation || segments->spoiled))
        rc = rotate(segments);
    if (rc < 0)
        return rc;
    if (rotation || wall_ms < segments->looked_ms || wall_ms - segments->looked_ms >= LOOK_MS) {
        segments->looked_ms = wall_ms;
        remove_old(segments);
    }
    return 0;
}

int sim_segments_end_write(struct sim_segments *segments, int rc, bool sync)
{
    if (rc == 0 && sync)
        rc = sync_file(segments);
    if (rc == 0)
        segments->kept = segments->length;
    else
        (void)cut_back(segments);
    return rc;
}

/* ---- opening ---- */

bool sim_next_line(const struct disk_file *file, size_t *at, size_t to, const char **line, size_t *len)
{
    const char *end = *at < to ? memchr(file->cache + *at, '\n', to - *at) : NULL;

    if (end == NULL)
        return false;
    *line = file->cache + *at;
    *len = (size_t)(end - *line);
    *at += *len + 1;
    return true;
}

/* Header and whole rows. */
static size_t good_length(const struct sim_segments *segments, const struct disk_file *live)
{
    size_t good = segments->header_len;
    size_t at = good;
    const char *line = NULL;
    size_t len = 0;

    if (live->cache_len < good || memcmp(live->cache, segments->header, good) != 0)
        return 0;
    while (sim_next_line(live, &at, live->cache_len, &line, &len) && segments->takes(line, len))
        good = at;
    return good;
}

static int cut_damage(struct sim_segments *segments, bool *cut)
{
    struct disk_file *live = live_of(segments);
    size_t good = good_length(segments, live);

    if (good == 0 || good == segments->length)
        return good == 0 ? rotate(segments) : 0;
    *cut = true;
    int rc = disk_truncate(segments->disk, live, good);
    if (rc == 0)
        rc = disk_sync(segments->disk, live);
    set_length(segments, good);
    return rc;
}

int sim_segments_open(struct sim_segments *segments, uint64_t taken, bool *cut)
{
    struct sim_disk *disk = segments->disk;
    const struct disk_folder *folder = &disk->folders[segments->series];

    *cut = false;
    segments->found_ms = live_of(segments) != NULL ? live_of(segments)->modified_ms : INT64_MAX;
    segments->next_number = taken + 1;
    for (unsigned i = 0; i < folder->count; i++)
        if (folder->files[i].exists && folder->files[i].number >= segments->next_number)
            segments->next_number = folder->files[i].number + 1;
    int rc = open_live(segments);
    /* A failed fdatasync may have left rows in the cache that look stored, and are not on the medium. */
    if (rc == 0)
        rc = disk_sync(disk, live_of(segments));
    if (rc == 0)
        disk_drop_cache(live_of(segments));
    if (rc == 0)
        rc = cut_damage(segments, cut);
    if (rc == 0)
        rc = disk_sync(disk, live_of(segments));
    if (rc == 0)
        rc = disk_sync_names(disk);
    return rc;
}
