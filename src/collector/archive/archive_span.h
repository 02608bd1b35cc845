/* Pure. Chooses the files of a series, such as metrics.csv with its segments, that may have rows of a time.
 *
 * Rows are in the order in which they were written. That is the order of their times, but for two exceptions: an agent
 * delivers late what it retained while it was not connected, and a node's clock may be off. So a file is left out only
 * if its rows are older or newer by more than ARCHIVE_LATE_MS. */
#ifndef COLLECTOR_ARCHIVE_ARCHIVE_SPAN_H
#define COLLECTOR_ARCHIVE_ARCHIVE_SPAN_H

#include "collector/store/segment_list.h"
#include "collector/store/segment_time.h"
#include "common/disk.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARCHIVE_LATE_MS INT64_C(3600000)

struct archive_series {
    const struct disk *disk;
    const char *name; /* without .csv */
    segment_row_ms *row_ms;
};

/* A file whose rows may be of the time that is asked for. */
struct archive_file {
    int file;         /* open; not for the visitor to close */
    int64_t after_ms; /* its rows begin about then: where those of the file before it end; SEGMENT_TIME_UNKNOWN */
};

/* Calls visit for each such file, the newest one first, as the live file is. Returns the first value that is not 0: of
 * visit, or a negative errno. 0: all were visited. A file that is removed meanwhile is skipped, and so is what
 * is no regular file. */
typedef int archive_visit(const struct archive_file *file, void *arg);
int archive_span_each(const struct archive_series *series, int64_t from_ms, int64_t to_ms, archive_visit *visit,
                      void *arg);

#endif
