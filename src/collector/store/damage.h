/* Pure. Finds out which samples were in damaged rows of metrics.csv, for gaps.csv.
 *
 * Recovery reports each damaged line, and each place where the seqs of an instance jump behind one. A damaged line
 * often still has its node, instance and seq; otherwise the jump names the sample. What gaps.csv explains already is
 * taken off. Damaged fields may form a valid number: a range that is longer than the damaged lines can explain is not
 * believed. */
#ifndef COLLECTOR_STORE_DAMAGE_H
#define COLLECTOR_STORE_DAMAGE_H

#include "collector/fleet/registry.h"
#include "collector/store/gap.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All zeros at the beginning. */
struct damage {
    struct gap *gaps; /* what was lost; sorted once damage_sort() was called */
    size_t count;
    size_t room;
    uint64_t lines; /* that are damaged, in all files so far */
    uint64_t bytes; /* of them */
};

void damage_free(struct damage *damage);

/* A line of the files that is not a row. */
void damage_note_line(struct damage *damage, const struct registry *registry, const char *line, size_t len);

/* The row of the instance with that seq follows the one with before_seq; 0: none is known. */
void damage_note_row(struct damage *damage, const struct instance *instance, uint64_t before_seq, uint64_t seq);

/* After the last line: sorts what was lost, each sample once. Returns how many damaged lines it leaves unexplained. */
uint64_t damage_sort(struct damage *damage);

/* Then: a row of gaps.csv explains these samples already. */
void damage_explain(struct damage *damage, const struct gap *gap);

/* At last: adds rows without a name for damaged lines of which nothing is known, sets the time of all rows, and returns
 * how many samples they stand for. */
uint64_t damage_finish(struct damage *damage, uint64_t unexplained, int64_t wall_ms);

#endif
