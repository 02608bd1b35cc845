/* Pure. Opens metrics.csv as segments, and checks whether a line is a complete row. */
#ifndef COLLECTOR_STORE_METRICS_FILE_H
#define COLLECTOR_STORE_METRICS_FILE_H

#include "collector/store/segments.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* segments_open() of metrics.csv and its segments. used_number: the last segment that the index covers. */
int metrics_file_open(struct segments *segments, const struct disk *disk, const struct segments_limits *limits,
                      uint64_t used_number, uint64_t *cut);

/* Whether a line is a row of metrics.csv. */
bool metrics_file_row_ok(const char *row, size_t len);

/* The time of a row, for segment_time.h; -1: the line is not a row. */
int64_t metrics_file_row_ms(const char *row, size_t len);

#endif
