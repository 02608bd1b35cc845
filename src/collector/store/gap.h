/* Pure. Rows of gaps.csv: which samples are missing in metrics.csv, and why.
 *
 *     timestamp,node_id,group,instance,first_seq,last_seq,reason
 *
 * A row covers the samples first_seq to last_seq of an instance, both included; timestamp is when the collector
 * learned of the gap, Unix time in seconds with milliseconds. Where a damaged row of metrics.csv does not say which
 * sample it was, only timestamp and reason are given. Each seq that is absent between two rows of an instance
 * in metrics.csv, or before its first row, is covered by a row here. */
#ifndef COLLECTOR_STORE_GAP_H
#define COLLECTOR_STORE_GAP_H

#include "common/limits.h"
#include "common/wire.h"

#include <stddef.h>
#include <stdint.h>

enum gap_reason {
    GAP_OUTBOX_FULL,
    GAP_REJECTED,
    GAP_SPOOL_DAMAGED,
    GAP_DROPPED,   /* for a reason that the agent did not report */
    GAP_UNKNOWN,   /* the agent has lost more ranges than it remembers */
    GAP_ELSEWHERE, /* another collector has acknowledged them */
    GAP_DAMAGED,   /* they were stored, and the disk has damaged their rows */
    GAP_REASON_COUNT
};

extern const char
    *const gap_reason_names[GAP_REASON_COUNT]; /* dropped-outbox-full, ..., dropped, unknown, elsewhere, damaged */

struct gap_range {
    uint64_t first_seq;
    uint64_t last_seq;
    enum gap_reason reason;
};

struct gap {
    char node_id[NAME_LEN_MAX + 1]; /* empty: it is unknown, as group, instance and seqs are */
    char group[NAME_LEN_MAX + 1];
    uint64_t instance;
    int64_t noted_ms; /* wall clock */
    struct gap_range range;
};

#define GAP_RANGES_MAX (2 * LOSSES_MAX + 1)

/* Splits the missing samples first_seq to last_seq into ranges of one reason each, by the losses that the agent
 * reports; another collector has the rest. losses: ascending, at most LOSSES_MAX; those that are out of order are
 * skipped. With LOSSES_MAX of them, the agent may have forgotten older ones: what lies before the first is GAP_UNKNOWN.
 * Writes at most GAP_RANGES_MAX ranges, which together cover exactly the missing samples, and returns their number. */
unsigned gap_split(uint64_t first_seq, uint64_t last_seq, Headroom__Loss *const *losses, size_t loss_count,
                   struct gap_range *ranges);

/* Write to text of at least CSV_LINE_MAX bytes; return the length, the line end included. */
size_t gap_put_header(char *text);
size_t gap_put_row(const struct gap *gap, char *text);

/* Parses one line without its line end. 0, or -EBADMSG if gap_put_row() would not write it like that; then gap is in an
 * undefined state. */
int gap_parse_row(const char *line, size_t len, struct gap *gap);

#endif
