/* Pure. Takes the samples of one node from rows of metrics.csv into buckets. Counters become rates: each with the
 * sample before it in the same file, of the same run of the agent. */
#ifndef COLLECTOR_ARCHIVE_ARCHIVE_NODES_H
#define COLLECTOR_ARCHIVE_ARCHIVE_NODES_H

#include "collector/archive/archive_buckets.h"
#include "collector/archive/archive_query.h"
#include "collector/store/csv.h"

#include <stddef.h>

struct archive_nodes {
    const struct archive_query *query;
    struct archive_buckets *buckets;
    size_t name_len;
    struct csv_row rows[2]; /* the sample before, and the one that is read */
    unsigned now;           /* which of them is read next */
    bool has_before;
};

void archive_nodes_init(struct archive_nodes *nodes, const struct archive_query *query,
                        struct archive_buckets *buckets);

/* A file begins. */
void archive_nodes_begin_file(struct archive_nodes *nodes);

/* A line without its line end; one that is no row of the node is skipped. */
void archive_nodes_take(struct archive_nodes *nodes, const char *line, size_t len);

#endif
