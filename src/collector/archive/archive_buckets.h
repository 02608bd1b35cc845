/* Pure. Reduces values over time to buckets of equal length, each with the mean, the lowest and the highest value of
 * each column. */
#ifndef COLLECTOR_ARCHIVE_ARCHIVE_BUCKETS_H
#define COLLECTOR_ARCHIVE_ARCHIVE_BUCKETS_H

#include "collector/archive/archive_query.h"

#include <stdbool.h>
#include <stdint.h>

enum archive_statistic { ARCHIVE_MEAN, ARCHIVE_LOWEST, ARCHIVE_HIGHEST };

/* One column of one bucket. */
struct archive_bucket {
    double sum;
    double low;
    double high;
    uint32_t count; /* 0: no value, and the others are undefined */
};

struct archive_buckets {
    int64_t begin_ms; /* of the first one: a multiple of step_ms */
    int64_t step_ms;
    unsigned count;
    unsigned columns;
    struct archive_bucket *cells; /* columns of the first bucket, of the second one, ... */
};

/* Buckets for what the query asks for. 0 or -ENOMEM. */
int archive_buckets_init(struct archive_buckets *buckets, const struct archive_query *query);
void archive_buckets_deinit(struct archive_buckets *buckets);

/* The place of that time among the buckets; `count` or more: it is outside of them. */
unsigned archive_buckets_at(const struct archive_buckets *buckets, int64_t time_ms);

/* NaN is no value. */
void archive_buckets_add(struct archive_buckets *buckets, unsigned at, unsigned column, double value);

/* Sets one statistic of a column, which something else has computed. */
void archive_buckets_set(struct archive_buckets *buckets, unsigned at, unsigned column,
                         enum archive_statistic statistic, double value);

const struct archive_bucket *archive_buckets_get(const struct archive_buckets *buckets, unsigned at, unsigned column);

/* No column has a value. */
bool archive_buckets_is_empty(const struct archive_buckets *buckets, unsigned at);

#endif
