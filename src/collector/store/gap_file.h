/* Pure. Writes gaps.csv, which lists the samples missing in metrics.csv, before the samples that follow a gap.
 * Synchronous: a worker writes it, and the collector reads it when it starts. */
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

/* After recovery_run(): sets missing_seq of the instances, so that no gap is noted twice: of those with samples, and of
 * those with a gap noted within the history, which it adds to the registry. Skips segments that were last written
 * before both the history and indexed_ms, see struct recovery_report. 0 or a negative errno. */
int gap_file_recover(const struct segments *segments, struct registry *registry, const struct recovery_options *options,
                     int64_t indexed_ms);

/* The same with a gap that was written since then. */
void gap_file_take(const struct gap *gap, struct registry *registry, const struct recovery_options *options);

#endif
