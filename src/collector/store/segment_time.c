#include "collector/store/segment_time.h"

#include "collector/store/csv.h"
#include "collector/store/disk_plain.h"
#include "common/compare.h"
#include "common/fields.h"

#include <stdlib.h>
#include <string.h>

#define TAIL_BYTES 32768U
#define TIMES_MAX  256U

/* text begins somewhere in a line. */
static int64_t median_of(const char *text, size_t len, segment_row_ms *row_ms)
{
    uint64_t times[TIMES_MAX];
    size_t count = 0;
    const char *end = memrchr(text, '\n', len);

    while (end != NULL && count < TIMES_MAX) {
        const char *before = memrchr(text, '\n', (size_t)(end - text));
        if (before == NULL)
            break;
        int64_t time_ms = row_ms(before + 1, (size_t)(end - before - 1));
        if (time_ms >= 0)
            times[count++] = (uint64_t)time_ms;
        end = before;
    }
    if (count == 0)
        return SEGMENT_TIME_UNKNOWN;
    qsort(times, count, sizeof times[0], compare_u64);
    return (int64_t)times[count / 2];
}

int64_t segment_time_last(const struct disk *disk, const char *file_name, segment_row_ms *row_ms)
{
    char text[TAIL_BYTES];
    struct disk_plain plain;
    struct disk_status status;
    int64_t median_ms = SEGMENT_TIME_UNKNOWN;

    disk_plain_init(&plain, disk);
    int file = disk_open(&plain.disk, file_name, DISK_READ);
    if (file < 0)
        return SEGMENT_TIME_UNKNOWN;
    if (disk_status(&plain.disk, file, &status) == 0) {
        uint64_t offset = status.size > sizeof text ? status.size - sizeof text : 0;
        ssize_t got = disk_read(&plain.disk, file, text, sizeof text, offset);
        if (got > 0)
            median_ms = median_of(text, (size_t)got, row_ms);
    }
    (void)disk_close(&plain.disk, file);
    return median_ms;
}

int64_t segment_time_of_first_field(const char *row, size_t len)
{
    struct cursor cursor = {row, row + len};
    uint64_t time_ms = 0;

    return fields_get_fixed(&cursor, 3, &time_ms) && time_ms <= (uint64_t)CSV_TIME_MS_MAX ? (int64_t)time_ms : -1;
}
