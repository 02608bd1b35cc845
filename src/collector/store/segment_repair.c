#include "collector/store/segment_repair.h"

#include "common/line_reader.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int segment_repair_find_end(const struct disk *disk, int file, const char *header, segment_row_ok *row_ok,
                            uint64_t *good)
{
    struct line_reader *lines = malloc(sizeof *lines);
    const char *line = NULL;
    size_t len = 0;
    bool whole = false;
    size_t header_len = strlen(header);

    if (lines == NULL)
        return -ENOMEM;
    *good = 0;
    line_reader_init(lines, disk, file);
    if (line_reader_next(lines, &line, &len, &whole) && whole && len + 1 == header_len &&
        memcmp(line, header, len) == 0)
        *good = header_len;
    while (*good > 0 && line_reader_next(lines, &line, &len, &whole) && whole && row_ok(line, len))
        *good = lines->offset;
    int rc = lines->error;
    free(lines);
    return rc;
}

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
