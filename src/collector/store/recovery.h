/* Pure. After a start: what the CSV files tell of the nodes, so that nothing is stored twice and the rings are not
 * empty.
 *
 * With a valid index only the history is read: segments later than the index, the live file, and of the older segments
 * those that were written to within the history. Without one everything is read. */
#ifndef COLLECTOR_STORE_RECOVERY_H
#define COLLECTOR_STORE_RECOVERY_H

#include "collector/fleet/registry.h"
#include "collector/store/index_file.h"
#include "collector/store/segments.h"

#include <stdint.h>

#define RECOVERY_PROGRESS_ROWS 65536U /* between two calls of progress */

enum recovery_index {
    RECOVERY_INDEX_USED,
    RECOVERY_INDEX_MISSING,
    RECOVERY_INDEX_DAMAGED, /* or of another version, or it can't be read */
    RECOVERY_INDEX_UNFIT    /* segments are missing other than by age, so that it is not known what is still stored */
};

struct recovery_report {
    uint64_t rows;
    uint64_t bad_rows; /* in older segments; left alone and passed over */
    uint64_t unplaced; /* rows, and entries of the index, of more nodes or groups than there may be; passed over */
    uint64_t files_read;
    uint64_t files_skipped;
    enum recovery_index index;
    int64_t indexed_ms; /* wall clock: the index tells of what was written up to then; INT64_MIN: of nothing */
};

struct recovery_options {
    int64_t now_ms;
    int64_t wall_ms;
    int64_t gone_ms;
    int64_t slack_ms;            /* by which a segment's time may differ from that of its last rows; 0: a minute */
    void (*progress)(void *arg); /* called often while it reads, a few times a second; may be NULL */
    void *arg;
};

int64_t recovery_slack_ms(const struct recovery_options *options);

/* Reads the segments into the registry: each node's instances with their last seq, which is on disk, and its ring.
 * Nodes silent for gone_ms when the store ended are known but gone. 0 or a negative errno. */
int recovery_run(const struct segments *segments, const struct index_file *index, struct registry *registry,
                 const struct recovery_options *options, struct recovery_report *report);

#endif
