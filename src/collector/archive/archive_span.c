#include "collector/archive/archive_span.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>

struct span {
    const struct archive_series *series;
    int64_t from_ms;
    int64_t to_ms;
    archive_visit *visit;
    void *arg;
    struct segment_list list;
};

/* Where the rows of a segment end, counted from 0; SEGMENT_TIME_UNKNOWN: there is no such segment, or it has no rows.
 */
static int64_t end_ms(const struct span *span, size_t at)
{
    char name[NAME_MAX + 1];

    if (at >= span->list.count)
        return SEGMENT_TIME_UNKNOWN;
    segment_list_name(span->series->name, span->list.numbers[at], name);
    return segment_time_last(span->series->disk, name, span->series->row_ms);
}

static bool begins_too_late(const struct span *span, int64_t after_ms)
{
    return after_ms != SEGMENT_TIME_UNKNOWN && after_ms - ARCHIVE_LATE_MS >= span->to_ms;
}

static bool ends_too_early(const struct span *span, int64_t last_ms)
{
    return last_ms != SEGMENT_TIME_UNKNOWN && last_ms + ARCHIVE_LATE_MS < span->from_ms;
}

/* No row of a file is newer than the file. The files before it are older still. */
static bool is_older_than_all(const struct span *span, int file)
{
    struct disk_status status;

    return disk_status(span->series->disk, file, &status) == 0 && status.modified_ms + ARCHIVE_LATE_MS < span->from_ms;
}

/* What the collector does not write has none of its rows: a link, a folder, a pipe or a device with such a name. */
static bool has_no_rows(int rc)
{
    return rc == -ENOENT || rc == -ELOOP || rc == -EISDIR || rc == -ENODEV;
}

/* last_ms: where the rows of the segment end; *after_ms: where those of the one before it do. Returns -ENODATA if no
 * file before this one can have rows that are asked for. */
static int visit_segment(const struct span *span, size_t at, int64_t last_ms, int64_t *after_ms)
{
    const struct disk *disk = span->series->disk;
    char name[NAME_MAX + 1];
    int rc = 0;

    *after_ms = at > 0 ? end_ms(span, at - 1) : SEGMENT_TIME_UNKNOWN;
    segment_list_name(span->series->name, span->list.numbers[at], name);
    int file = disk_open(disk, name, DISK_READ);
    if (file < 0)
        return has_no_rows(file) ? 0 : file;
    const struct archive_file visited = {file, *after_ms};
    if (is_older_than_all(span, file))
        rc = -ENODATA;
    else if (!ends_too_early(span, last_ms) && !begins_too_late(span, *after_ms))
        rc = span->visit(&visited, span->arg);
    (void)disk_close(disk, file);
    return rc;
}

/* file: the live one, opened before the list was read. If it was rotated between the two, the list has it, too. */
static bool is_in_list(const struct span *span, int file)
{
    struct disk_status live;
    struct disk_status newest;
    char name[NAME_MAX + 1];

    if (span->list.count == 0)
        return false;
    segment_list_name(span->series->name, span->list.numbers[span->list.count - 1], name);
    return disk_status(span->series->disk, file, &live) == 0 && disk_look(span->series->disk, name, &newest) == 0 &&
           live.inode == newest.inode && live.device == newest.device;
}

static int visit_all(const struct span *span, int live)
{
    size_t at = span->list.count;
    int64_t after_ms = at > 0 ? end_ms(span, at - 1) : SEGMENT_TIME_UNKNOWN;
    int rc = 0;

    if (live >= 0 && !is_in_list(span, live) && !begins_too_late(span, after_ms)) {
        const struct archive_file visited = {live, after_ms};
        rc = is_older_than_all(span, live) ? -ENODATA : span->visit(&visited, span->arg);
    }
    while (rc == 0 && at-- > 0) {
        int64_t last_ms = after_ms;
        rc = visit_segment(span, at, last_ms, &after_ms);
    }
    return rc == -ENODATA ? 0 : rc;
}

int archive_span_each(const struct archive_series *series, int64_t from_ms, int64_t to_ms, archive_visit *visit,
                      void *arg)
{
    struct span span = {series, from_ms, to_ms, visit, arg, {NULL, 0}};
    char name[NAME_MAX + 1];

    snprintf(name, sizeof name, "%s.csv", series->name);
    int live = disk_open(series->disk, name, DISK_READ);
    if (live < 0 && live != -ENOENT)
        return live;
    int rc = segment_list_read(&span.list, series->disk, series->name);
    if (rc == 0)
        rc = visit_all(&span, live);
    segment_list_free(&span.list);
    if (live >= 0)
        (void)disk_close(series->disk, live);
    return rc;
}
