/* Pure. Fills the registry from the CSV files at start, so that no sample is stored twice and the rings have a history.
 *
 * With a valid index it reads the segments that are later than the index, the live file, and those older segments that
 * were written to within the history. Without one it reads everything. */
#ifndef COLLECTOR_STORE_RECOVERY_H
#define COLLECTOR_STORE_RECOVERY_H

#include "collector/fleet/registry.h"
#include "collector/store/damage.h"
#include "collector/store/index_file.h"
#include "collector/store/segments.h"

#include <stdint.h>

#define RECOVERY_PROGRESS_ROWS 65536U /* between two calls of progress */

enum recovery_index {
    RECOVERY_INDEX_USED,
    RECOVERY_INDEX_MISSING,
    RECOVERY_INDEX_DAMAGED, /* or of another version, or it can't be read */
    RECOVERY_INDEX_UNFIT    /* segments other than the oldest ones are missing: what is still stored is unknown */
};

struct recovery_report {
    uint64_t rows;
    uint64_t bad_rows; /* in older segments; left as they are, and skipped */
    uint64_t unplaced; /* rows and index entries beyond NODES_MAX or GROUPS_MAX; skipped */
    uint64_t files_read;
    uint64_t files_skipped;
    enum recovery_index index;
    int64_t indexed_ms; /* wall clock: the index covers what was written up to then; INT64_MIN: nothing */
};

struct recovery_options {
    int64_t now_ms;
    int64_t wall_ms;
    int64_t gone_ms;
    int64_t slack_ms;            /* by which a segment's time may differ from that of its last rows; 0: a minute */
    void (*progress)(void *arg); /* called a few times a second; may be NULL */
    void *arg;
    struct damage *damage; /* of damaged rows; may be NULL */
};

int64_t recovery_slack_ms(const struct recovery_options *options);

/* Reads the segments into the registry: each node's instances with their last stored seq, its ring, and the history of
 * its file systems, as far as the rows that are read go back. Nodes that had been silent for gone_ms when the store
 * ended are in the registry, but gone. 0 or a negative errno. */
int recovery_run(const struct segments *segments, const struct index_file *index, struct registry *registry,
                 const struct recovery_options *options, struct recovery_report *report);

#endif
