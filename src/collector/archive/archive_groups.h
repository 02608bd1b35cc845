/* Pure. Takes what the decisions about one group have observed, from rows of decisions.csv, into buckets. */
#ifndef COLLECTOR_ARCHIVE_ARCHIVE_GROUPS_H
#define COLLECTOR_ARCHIVE_ARCHIVE_GROUPS_H

#include "collector/archive/archive_buckets.h"
#include "collector/archive/archive_query.h"
#include "collector/archive/archive_row.h"

#include <stddef.h>

struct archive_groups {
    const struct archive_query *query;
    struct archive_buckets *buckets;
    int columns[ARCHIVE_GROUP_COLUMN_COUNT]; /* in the file that is read; -1: it has no such column */
    int order;
    struct archive_row row;
};

void archive_groups_init(struct archive_groups *groups, const struct archive_query *query,
                         struct archive_buckets *buckets);

/* A file begins with this line, without its line end. */
void archive_groups_begin_file(struct archive_groups *groups, const char *header, size_t len);

/* A line without its line end; one that is no row of the group is skipped. */
void archive_groups_take(struct archive_groups *groups, const char *line, size_t len);

#endif
