/* Pure. Answers a query from the CSV files of the data directory: reads them from the newest to the oldest, as far as
 * the time limit allows, and makes the JSON of the answer. For a worker thread; it touches nothing else of the
 * collector. */
#ifndef COLLECTOR_ARCHIVE_ARCHIVE_SCAN_H
#define COLLECTOR_ARCHIVE_ARCHIVE_SCAN_H

#include "collector/archive/archive_answer.h"
#include "collector/archive/archive_query.h"
#include "common/disk.h"

#include <stdatomic.h>
#include <stddef.h>

/* cancelled: another thread may set it; then the scan ends within milliseconds, unless the disk hangs. 0, and the text
 * is the caller's; -ECANCELED, -ENOMEM, or a negative errno: the files can't be read. An answer whose time limit was
 * reached is an answer: it states from when on it is complete. */
int archive_scan(const struct archive_query *query, const struct disk *disk, const atomic_bool *cancelled,
                 struct archive_answer *answer);

#endif
