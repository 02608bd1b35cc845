/* Pure. Repairs a live file after a crash or a power failure: finds where the valid rows end, saves the rest, and
 * truncates the file. */
#ifndef COLLECTOR_STORE_SEGMENT_REPAIR_H
#define COLLECTOR_STORE_SEGMENT_REPAIR_H

#include "common/disk.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether a row (without its line end) is one of ours. */
typedef bool segment_row_ok(const char *row, size_t len);

/* *good: the length of header and whole rows, at the beginning of the open file; 0: the header is another one. 0 or a
 * negative errno. */
int segment_repair_find_end(const struct disk *disk, int file, const char *header, segment_row_ok *row_ok,
                            uint64_t *good);

/* Copies the open file from that offset on to NAME.cut-TIME, and then truncates it there; both are durable. 0 or a
 * negative errno, and nothing is cut unless there is a copy. */
int segment_repair_cut(const struct disk *disk, const char *name, int file, uint64_t from);

#endif
