/* After a start: what the CSV files tell of the nodes, so that nothing is stored twice and the rings are not empty. */
#ifndef COLLECTOR_RECOVERY_H
#define COLLECTOR_RECOVERY_H

#include "collector/registry.h"
#include "collector/segments.h"

#include <stdint.h>

struct recovery_report {
    uint64_t rows;
    uint64_t bad_rows; /* in older segments; left alone and passed over */
};

/* Whether a line is a row of metrics.csv; for segments_open(). */
bool recovery_row_ok(const char *row, size_t len);

/* Reads all segments into the registry: each node's instances with their last seq, which is on disk, and its ring.
 * Nodes silent for gone_ms when the store ended are known but gone. 0 or a negative errno. */
int recovery_run(const struct segments *segments, struct registry *registry, int64_t now_ms, int64_t wall_ms,
                 int64_t gone_ms, struct recovery_report *report);

#endif
