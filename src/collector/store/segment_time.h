/* Pure. The time of a file's last rows, by the clocks that wrote it into the rows. */
#ifndef COLLECTOR_STORE_SEGMENT_TIME_H
#define COLLECTOR_STORE_SEGMENT_TIME_H

#include "common/disk.h"

#include <stddef.h>
#include <stdint.h>

/* The time in a row (without its line end), Unix time in milliseconds; negative: the line is not a row. */
typedef int64_t segment_row_ms(const char *row, size_t len);

#define SEGMENT_TIME_UNKNOWN INT64_MIN

/* The median over the last rows of the file of that name, of which there may be some hundreds: the clock of a single
 * node may be wrong. The file may be a compressed one (disk_plain.h). SEGMENT_TIME_UNKNOWN where there is no row, or
 * the file can't be read. */
int64_t segment_time_last(const struct disk *disk, const char *file_name, segment_row_ms *row_ms);

/* For series that begin their rows with a time in seconds with three decimals. */
int64_t segment_time_of_first_field(const char *row, size_t len);

#endif
