/* Pure. gaps.csv: what is missing in metrics.csv, on disk before the samples behind a gap are. Synchronous: the writing
 * is for a worker, the reading for the start. */
#ifndef COLLECTOR_STORE_GAP_FILE_H
#define COLLECTOR_STORE_GAP_FILE_H

#include "collector/fleet/registry.h"
#include "collector/store/gap.h"
#include "collector/store/recovery.h"
#include "collector/store/segments.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* segments_open() of gaps.csv and its segments. */
int gap_file_open(struct segments *segments, const struct disk *disk, const struct segments_limits *limits,
                  uint64_t *cut);

/* Appends the gaps and makes them durable. retry: the write before has failed. text, of at least CSV_LINE_MAX bytes, is
 * what is written at once. 0, or a negative errno and none of the gaps is in the file. */
int gap_file_write(struct segments *segments, const struct gap *gaps, uint32_t count, bool retry, char *text,
                   size_t size);

/* After the samples were recovered: what is known to be missing, so that it is not noted twice; of instances of which
 * there are samples, and of those heard of within the history. Segments that were written last before both the history
 * and indexed_ms, see struct recovery_report, are not read. 0 or a negative errno. */
int gap_file_recover(const struct segments *segments, struct registry *registry, const struct recovery_options *options,
                     int64_t indexed_ms);

#endif
