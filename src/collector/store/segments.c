#include "collector/store/segments.h"

#include "collector/store/segment_list.h"
#include "collector/store/segment_repair.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#define RELEASE_BYTES (UINT64_C(8) << 20)

/* ---- accessors ---- */

unsigned segments_take_events(struct segments *segments)
{
    unsigned events = segments->events;

    segments->events = 0;
    return events;
}

void segments_set_limits(struct segments *segments, const struct segments_limits *limits)
{
    segments->limits = *limits;
}

static void live_name(const struct segments *segments, char *file_name)
{
    snprintf(file_name, NAME_MAX, "%s.csv", segments->name);
}

static bool has_rows(const struct segments *segments)
{
    return segments->length > strlen(segments->header);
}

/* ---- bytes ---- */

int segments_append(struct segments *segments, const char *rows, size_t len)
{
    if (segments->file < 0)
        return -EBADF;
    int rc = disk_write(segments->disk, segments->file, rows, len, segments->length);
    if (rc == 0)
        segments->length += len;
    return rc;
}

/* A large write leaves the page cache at once: nothing reads it soon, and the next write reuses its pages, which is
 * cheaper than fresh ones: those took longer than formatting the rows. Advice only. */
static void release_synced(const struct segments *segments)
{
    uint64_t len = segments->length - segments->synced;

    if (len >= RELEASE_BYTES)
        (void)disk_drop_cache(segments->disk, segments->file, segments->synced, len);
}

static void note_synced(struct segments *segments)
{
    segments->synced = segments->length;
    if (segments->spoiled)
        return; /* what was lost before is not on the disk */
    segment_mark_note(&segments->mark, &(struct segment_mark_found){segments->number, segments->synced});
}

static int sync_file(struct segments *segments)
{
    if (segments->file < 0)
        return -EBADF;
    uint64_t begin_us = disk_mono_us(segments->disk);
    int rc = disk_sync(segments->disk, segments->file);
    histogram_add(&segments->syncs_us, disk_mono_us(segments->disk) - begin_us, 1);
    if (rc == 0) {
        release_synced(segments);
        note_synced(segments);
        return 0;
    }
    if (segments->synced < segments->written) {
        segments->spoiled = true;
        segments->sync_rc = rc;
        segments->events |= SEGMENTS_SYNC_LOST;
    }
    return rc;
}

/* Before the live file is closed, after which no error would be reported any more. */
static int sync_written(struct segments *segments)
{
    bool needed = segments->file >= 0 && segments->synced < segments->written && !segments->spoiled;

    return needed ? sync_file(segments) : 0;
}

int segments_sync(struct segments *segments)
{
    int rc = sync_file(segments);

    if (rc == 0)
        segments->written = segments->length;
    return rc;
}

/* ---- the live file ---- */

/* Whether the file holds nothing but our header or a part of it: a crash has interrupted writing it. */
static bool header_is_unfinished(const struct segments *segments, int file, uint64_t size)
{
    char text[sizeof segments->header];

    return size <= strlen(segments->header) &&
           disk_read(segments->disk, file, text, (size_t)size, 0) == (ssize_t)size &&
           memcmp(text, segments->header, (size_t)size) == 0;
}

/* Makes the file hold nothing but the header, durably. */
static int write_header(const struct segments *segments, int file)
{
    const struct disk *disk = segments->disk;

    int rc = disk_truncate(disk, file, 0);
    if (rc < 0)
        return rc;
    rc = disk_write(disk, file, segments->header, strlen(segments->header), 0);
    if (rc == 0)
        rc = disk_sync(disk, file);
    if (rc == 0)
        rc = disk_sync_names(disk);
    if (rc < 0)
        (void)disk_truncate(disk, file, 0);
    return rc;
}

static void set_length(struct segments *segments, uint64_t length)
{
    segments->length = length;
    segments->written = length;
    segments->synced = length;
}

/* Opens the live file; writes the header of one without rows again. */
static int open_live(struct segments *segments)
{
    char file_name[NAME_MAX];
    struct disk_status status;

    live_name(segments, file_name);
    int file = disk_open(segments->disk, file_name, DISK_APPEND);
    if (file < 0)
        return file;
    int rc = disk_status(segments->disk, file, &status);
    if (rc == 0 && header_is_unfinished(segments, file, status.size)) {
        rc = write_header(segments, file);
        status.size = strlen(segments->header);
    }
    if (rc < 0) {
        (void)disk_close(segments->disk, file);
        return rc;
    }
    segments->file = file;
    segments->device = status.device;
    segments->inode = status.inode;
    segments->born_ms = status.born_ms;
    set_length(segments, status.size);
    return 0;
}

static void close_live(struct segments *segments)
{
    if (segments->file >= 0)
        (void)disk_close(segments->disk, segments->file);
    segments->file = -1;
}

/* Another file is the live one from now on. */
static int begin_file(struct segments *segments)
{
    segments->number++;
    close_live(segments);
    set_length(segments, strlen(segments->header)); /* even when it can't be created yet */
    segments->spoiled = false;
    segments->device = 0;
    segments->inode = 0;
    return open_live(segments);
}

static int rotate(struct segments *segments)
{
    char from[NAME_MAX];
    char to[NAME_MAX];

    (void)sync_written(segments); /* a failure is an event, and another file begins anyway */
    live_name(segments, from);
    segment_list_name(segments->name, segments->number, to);
    int rc = disk_rename(segments->disk, from, to);
    return rc < 0 ? rc : begin_file(segments);
}

/* ---- a file that another program has changed ---- */

/* Checks that the file of that name is ours, and its size from least to most; if not, begins another one. */
static int check_live(struct segments *segments, uint64_t least, uint64_t most)
{
    char file_name[NAME_MAX];
    struct disk_status status;

    if (segments->inode == 0)
        return 0; /* it is about to be created */
    live_name(segments, file_name);
    int rc = disk_look(segments->disk, file_name, &status);
    if (rc < 0 && rc != -ENOENT)
        return rc;
    bool exists = rc == 0;
    if (exists && !status.regular)
        return -EISDIR; /* or a pipe, a socket, a device */
    if (!exists || status.device != segments->device || status.inode != segments->inode)
        segments->events |= SEGMENTS_REMOVED;
    else if (status.size < least)
        segments->events |= SEGMENTS_TRUNCATED;
    else if (status.size > most)
        segments->events |= SEGMENTS_GROWN;
    else
        return 0;
    /* A number is used up even when there is nothing to put aside: rows that had it are gone. */
    return exists && status.size > 0 ? rotate(segments) : begin_file(segments);
}

/* ---- failures ---- */

int segments_cut_back(struct segments *segments)
{
    if (segments->unready_rc < 0)
        return segments->unready_rc;
    (void)sync_written(segments); /* a failure is an event, and the next write begins another file */
    uint64_t written = segments->written;
    uint64_t synced = segments->synced < written ? segments->synced : written;
    uint64_t number = segments->number;
    /* Without rows, writing the header again may have failed halfway. */
    uint64_t least = written > strlen(segments->header) ? written : 0;

    int rc = check_live(segments, least, UINT64_MAX);
    if (segments->number != number)
        return rc;
    close_live(segments);
    if (rc == 0)
        rc = open_live(segments);
    if (rc == 0 && segments->length > written)
        rc = disk_truncate(segments->disk, segments->file, written);
    if (rc == 0 && segments->length < written) {
        if (least == 0) { /* not a part of our header: another program's content */
            segments->events |= SEGMENTS_TRUNCATED;
            return rotate(segments);
        }
        rc = -EAGAIN; /* changed since the check: check again */
    }
    if (rc < 0)
        close_live(segments);
    segments->length = written;
    segments->written = written;
    segments->synced = synced;
    return rc;
}

/* ---- rotation ---- */

bool segments_due(const struct segments *segments, int64_t wall_ms)
{
    bool too_long = segments->length >= segments->limits.rotate_bytes;
    bool too_old = wall_ms - segments->born_ms >= segments->limits.rotate_ms;

    return segments->file >= 0 && has_rows(segments) && (too_long || too_old);
}

/* ---- opening ---- */

/* Rows whose sync failed before a crash may still be in the page cache, marked clean: they must come from the medium,
 * or not at all. */
static int reread_from_medium(const struct segments *segments)
{
    int rc = disk_sync(segments->disk, segments->file);

    return rc < 0 ? rc : disk_drop_cache(segments->disk, segments->file, 0, 0);
}

static struct segment_format format_of(const struct segments *segments)
{
    return (struct segment_format){segments->name, segments->header, segments->row_ok};
}

/* Once: nobody else changes the file. */
static int scan_live(struct segments *segments)
{
    const struct segment_format format = format_of(segments);
    uint64_t synced = segments->marked.number == segments->number ? segments->marked.length : 0;
    int rc_medium = reread_from_medium(segments);

    int rc = segment_repair_scan(segments->disk, segments->file, &format, synced, &segments->scan);
    if (rc < 0)
        return rc;
    segments->scanned = true;
    segments->cut = segments->scan.good > 0 ? segments->length - segments->scan.good : 0;
    return rc_medium;
}

static int end_last_line(struct segments *segments)
{
    int rc = segments->scan.open_end ? segments_append(segments, "\n", 1) : 0;

    if (rc == 0)
        segments->scan.open_end = false;
    return rc;
}

static int put_foreign_aside(struct segments *segments)
{
    uint64_t number = segments->number;
    int rc = rotate(segments);

    if (segments->number != number)
        segments->scan.good = strlen(segments->header);
    return rc;
}

/* Cuts what is behind the good part. A file with another header becomes a segment as it is. */
static int repair(struct segments *segments)
{
    uint64_t good = segments->scan.good;
    int rc = 0;

    if (good == 0)
        return put_foreign_aside(segments);
    if (good < segments->length)
        rc = segment_repair_cut(segments->disk, segments->name, segments->file, good);
    if (rc == 0)
        set_length(segments, good);
    return rc == 0 ? end_last_line(segments) : rc;
}

/* The collector will acknowledge what it has read: that must not be in the page cache only. */
static int sync_found(struct segments *segments)
{
    int rc = disk_sync(segments->disk, segments->file);

    set_length(segments, segments->length);
    if (rc == 0)
        rc = segment_mark_open(&segments->mark, segments->disk, segments->name,
                               &(struct segment_mark_found){segments->number, segments->length});
    return rc == 0 ? disk_sync_names(segments->disk) : rc;
}

/* Makes the live file ready to be written. May be repeated. */
static int prepare(struct segments *segments)
{
    int rc = open_live(segments);

    if (rc == 0 && !segments->scanned)
        rc = scan_live(segments);
    if (rc == 0)
        rc = repair(segments);
    if (rc == 0)
        rc = sync_found(segments);
    if (rc < 0)
        close_live(segments);
    return rc;
}

static bool is_full(int rc)
{
    return rc == -ENOSPC || rc == -EDQUOT;
}

/* What can be read of a live file that can't be repaired yet. */
static void note_readable(struct segments *segments)
{
    set_length(segments, segments->scan.good > 0 ? segments->scan.good : segments->length);
}

static int complete(struct segments *segments)
{
    int rc = prepare(segments);

    segments->unready_rc = rc;
    if (rc < 0)
        note_readable(segments);
    return rc;
}

int segments_take_out_damaged(struct segments *segments)
{
    const struct segment_format format = format_of(segments);
    uint64_t len = 0;

    if (segments->scan.damaged == 0 || segments->unready_rc < 0)
        return segments->unready_rc;
    int rc = segment_repair_take_out(segments->disk, segments->file, &format, &len);
    close_live(segments);
    segments->scan = (struct segment_scan){.good = len};
    segments->scanned = rc == 0;
    int rc_opened = complete(segments);
    return rc < 0 ? rc : rc_opened;
}

/* When the live file was last written, before anything here touches it. */
static int64_t look_found_ms(const struct segments *segments)
{
    char file_name[NAME_MAX];
    struct disk_status status;

    live_name(segments, file_name);
    return disk_look(segments->disk, file_name, &status) == 0 ? status.modified_ms : SEGMENTS_NEVER;
}

static int next_number(const struct segments *segments, uint64_t used, uint64_t *number)
{
    struct segment_list list;

    int rc = segment_list_read(&list, segments->disk, segments->name);
    if (rc < 0)
        return rc;
    uint64_t newest = list.count > 0 ? list.numbers[list.count - 1] : 0;
    *number = (newest > used ? newest : used) + 1;
    segment_list_free(&list);
    return 0;
}

int segments_open(struct segments *segments, const struct disk *disk, const struct segments_options *options,
                  uint64_t *cut)
{
    *segments = (struct segments){.disk = disk, .file = -1, .mark = {.file = -1}, .limits = options->limits};
    snprintf(segments->name, sizeof segments->name, "%s", options->name);
    snprintf(segments->header, sizeof segments->header, "%s", options->header);
    segments->row_ok = options->row_ok;
    segments->row_ms = options->row_ms;
    *cut = 0;
    segments->found_ms = look_found_ms(segments);
    retention_begin(&segments->retention, disk, segments->found_ms);
    segments->marked = segment_mark_read(disk, segments->name);
    uint64_t used = segments->marked.number > options->used_number ? segments->marked.number - 1 : options->used_number;
    int rc = next_number(segments, used, &segments->number);
    if (rc == 0)
        rc = complete(segments);
    *cut = segments->cut;
    return is_full(rc) ? 0 : rc;
}

/* ---- a write ---- */

static void search_old(struct segments *segments, int64_t wall_ms)
{
    const struct retention_search search = {segments->disk, segments->name, segments->row_ms,
                                            segments->limits.retain_ms, segments->limits.retain_bytes};

    retention_search(&segments->retention, &search, wall_ms);
}

int segments_begin_write(struct segments *segments, bool retry, bool rotation, int64_t wall_ms)
{
    int rc = segments->unready_rc < 0 ? complete(segments) : retry ? segments_cut_back(segments) : 0;

    if (rc == 0 && segments->file < 0)
        rc = -EBADF;
    if (rc == 0)
        rc = check_live(segments, segments->length, segments->length);
    if (rc == 0 && has_rows(segments) && (rotation || segments->spoiled))
        rc = rotate(segments);
    if (rc < 0)
        return rc;
    if (rotation || retention_is_due(&segments->retention, segments->limits.look_ms, wall_ms))
        search_old(segments, wall_ms);
    return 0;
}

int segments_end_write(struct segments *segments, int rc, bool sync)
{
    if (rc == 0 && sync)
        rc = sync_file(segments);
    if (rc == 0)
        segments->written = segments->length;
    else
        (void)segments_cut_back(segments);
    return rc;
}

/* ---- the end ---- */

int segments_close(struct segments *segments)
{
    if (segments->disk == NULL)
        return 0;
    int rc = sync_written(segments);
    close_live(segments);
    segment_mark_close(&segments->mark);
    return rc;
}
