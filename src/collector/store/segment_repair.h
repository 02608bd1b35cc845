/* Pure. Repairs a live file: finds where the valid rows end after a crash or a power failure, saves the rest and
 * truncates the file; and takes out rows that the disk has damaged. */
#ifndef COLLECTOR_STORE_SEGMENT_REPAIR_H
#define COLLECTOR_STORE_SEGMENT_REPAIR_H

#include "common/disk.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether a row (without its line end) is one of ours. */
typedef bool segment_row_ok(const char *row, size_t len);

struct segment_format {
    const char *name; /* of the live file, without .csv */
    const char *header;
    segment_row_ok *row_ok;
};

struct segment_scan {
    uint64_t good;    /* the length of header and rows, damaged ones included; 0: the header is another one */
    uint64_t damaged; /* lines of it that are not rows */
    bool open_end;    /* the last of them has no line end */
};

/* Reads the open file. Lines that begin before `synced` and are not rows were damaged later: the rows behind them are
 * good. The first such line from there on ends the good part. 0 or a negative errno. */
int segment_repair_scan(const struct disk *disk, int file, const struct segment_format *format, uint64_t synced,
                        struct segment_scan *scan);

/* Copies the open file from that offset on to NAME.cut-TIME, and then truncates it there; both are durable. 0 or a
 * negative errno, and nothing is cut unless there is a copy. */
int segment_repair_cut(const struct disk *disk, const char *name, int file, uint64_t from);

/* Copies the damaged lines of the open file to NAME.damaged-TIME and the others to a new file, which then replaces it
 * under its name; all is durable. 0, and *len is the length of the new file; or a negative errno. */
int segment_repair_take_out(const struct disk *disk, int file, const struct segment_format *format, uint64_t *len);

#endif
