#include "collector/store/segment_repair.h"

#include "common/disk_file.h"
#include "common/line_reader.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Whether the line at that offset stays in the good part of the file. */
static bool take_line(const struct line_reader *lines, const struct segment_format *format, const char *line,
                      size_t len, bool whole, uint64_t synced, struct segment_scan *scan)
{
    bool ok = whole && format->row_ok(line, len);

    if (!ok && scan->good >= synced)
        return false;
    scan->damaged += !ok;
    scan->open_end = !whole;
    scan->good = lines->offset;
    return true;
}

int segment_repair_scan(const struct disk *disk, int file, const struct segment_format *format, uint64_t synced,
                        struct segment_scan *scan)
{
    struct line_reader *lines = malloc(sizeof *lines);
    const char *line = NULL;
    size_t len = 0;
    bool whole = false;
    size_t header_len = strlen(format->header);

    if (lines == NULL)
        return -ENOMEM;
    *scan = (struct segment_scan){0};
    line_reader_init(lines, disk, file);
    if (line_reader_next(lines, &line, &len, &whole) && whole && len + 1 == header_len &&
        memcmp(line, format->header, len) == 0)
        scan->good = header_len;
    while (scan->good > 0 && line_reader_next(lines, &line, &len, &whole) &&
           take_line(lines, format, line, len, whole, synced, scan))
        continue;
    int rc = lines->error;
    free(lines);
    return rc;
}

/* ---- cutting ---- */

static int copy(const struct disk *disk, int from, uint64_t offset, int to)
{
    char buffer[65536];
    uint64_t copied = 0;
    int rc = 0;

    while (rc == 0) {
        ssize_t got = disk_read(disk, from, buffer, sizeof buffer, offset + copied);
        if (got <= 0)
            return (int)got;
        rc = disk_write(disk, to, buffer, (size_t)got, copied);
        copied += (uint64_t)got;
    }
    return rc;
}

/* Copies the end of the file, durably. On failure there is no copy. */
static int put_aside(const struct disk *disk, const char *name, int file, uint64_t from)
{
    char file_name[NAME_MAX];

    snprintf(file_name, sizeof file_name, "%s.cut-%" PRId64, name, disk_wall_ms(disk));
    int aside = disk_open(disk, file_name, DISK_CREATE);
    if (aside < 0)
        return aside;
    int rc = copy(disk, file, from, aside);
    if (rc == 0)
        rc = disk_sync(disk, aside);
    (void)disk_close(disk, aside);
    if (rc < 0)
        (void)disk_remove(disk, file_name);
    return rc;
}

int segment_repair_cut(const struct disk *disk, const char *name, int file, uint64_t from)
{
    int rc = put_aside(disk, name, file, from);

    if (rc == 0)
        rc = disk_truncate(disk, file, from);
    return rc == 0 ? disk_sync(disk, file) : rc;
}

/* ---- taking out ---- */

/* Lines on their way to a file that is being written. */
struct output {
    const struct disk *disk;
    char name[NAME_MAX];
    int file;
    uint64_t offset;
    size_t used;
    char buffer[2 * LINE_READER_BUFFER];
};

static int flush(struct output *output)
{
    int rc = disk_write(output->disk, output->file, output->buffer, output->used, output->offset);

    output->offset += output->used;
    output->used = 0;
    return rc;
}

static int put(struct output *output, const char *line, size_t len, bool whole)
{
    memcpy(output->buffer + output->used, line, len);
    output->used += len;
    if (whole)
        output->buffer[output->used++] = '\n';
    return output->used >= LINE_READER_BUFFER ? flush(output) : 0;
}

struct sorting {
    struct line_reader lines;
    struct output rows;
    struct output damaged;
};

static int sort_lines(struct sorting *sorting, const struct segment_format *format)
{
    const char *line = NULL;
    size_t len = 0;
    bool whole = false;
    int rc = 0;

    for (bool first = true; rc == 0 && line_reader_next(&sorting->lines, &line, &len, &whole); first = false) {
        bool ok = whole && (first || format->row_ok(line, len));
        rc = put(ok ? &sorting->rows : &sorting->damaged, line, len, whole);
    }
    if (rc == 0)
        rc = sorting->lines.error;
    if (rc == 0)
        rc = flush(&sorting->damaged);
    return rc == 0 ? flush(&sorting->rows) : rc;
}

/* Once the damaged lines are safe, the rows replace the file. */
static int replace(struct sorting *sorting, const struct segment_format *format, int rc)
{
    struct output *damaged = &sorting->damaged;
    struct output *rows = &sorting->rows;
    char file_name[NAME_MAX];

    snprintf(file_name, sizeof file_name, "%s.csv", format->name);
    if (rc == 0)
        rc = disk_sync_all(damaged->disk, damaged->file);
    (void)disk_close(damaged->disk, damaged->file);
    if (rc < 0)
        (void)disk_remove(damaged->disk, damaged->name);
    return disk_file_replace(rows->disk, rows->file, rc, rows->name, file_name);
}

static int take_out(struct sorting *sorting, const struct disk *disk, int file, const struct segment_format *format)
{
    struct output *damaged = &sorting->damaged;
    struct output *rows = &sorting->rows;

    line_reader_init(&sorting->lines, disk, file);
    damaged->disk = rows->disk = disk;
    damaged->offset = rows->offset = 0;
    damaged->used = rows->used = 0;
    snprintf(damaged->name, sizeof damaged->name, "%s.damaged-%" PRId64, format->name, disk_wall_ms(disk));
    snprintf(rows->name, sizeof rows->name, "%s.csv.new", format->name);
    damaged->file = disk_open(disk, damaged->name, DISK_CREATE);
    if (damaged->file < 0)
        return damaged->file;
    rows->file = disk_open(disk, rows->name, DISK_OVERWRITE);
    if (rows->file < 0) {
        (void)disk_close(disk, damaged->file);
        (void)disk_remove(disk, damaged->name);
        return rows->file;
    }
    return replace(sorting, format, sort_lines(sorting, format));
}

int segment_repair_take_out(const struct disk *disk, int file, const struct segment_format *format, uint64_t *len)
{
    struct sorting *sorting = malloc(sizeof *sorting);
    int rc = sorting != NULL ? take_out(sorting, disk, file, format) : -ENOMEM;

    if (rc == 0)
        *len = sorting->rows.offset;
    free(sorting);
    return rc;
}
