#include "collector/archive/archive_buckets.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

int archive_buckets_init(struct archive_buckets *buckets, const struct archive_query *query)
{
    struct archive_buckets made = {.step_ms = archive_query_step_ms(query), .columns = query->column_count};

    made.begin_ms = query->from_ms - query->from_ms % made.step_ms;
    made.count = (unsigned)((query->to_ms - made.begin_ms + made.step_ms - 1) / made.step_ms);
    made.cells = calloc((size_t)made.count * made.columns, sizeof *made.cells);
    if (made.cells == NULL)
        return -ENOMEM;
    *buckets = made;
    return 0;
}

void archive_buckets_deinit(struct archive_buckets *buckets)
{
    free(buckets->cells);
    *buckets = (struct archive_buckets){0};
}

unsigned archive_buckets_at(const struct archive_buckets *buckets, int64_t time_ms)
{
    if (time_ms < buckets->begin_ms)
        return buckets->count;
    int64_t at = (time_ms - buckets->begin_ms) / buckets->step_ms;
    return at < (int64_t)buckets->count ? (unsigned)at : buckets->count;
}

void archive_buckets_add(struct archive_buckets *buckets, unsigned at, unsigned column, double value)
{
    struct archive_bucket *cell = &buckets->cells[(size_t)at * buckets->columns + column];

    if (isnan(value))
        return;
    if (cell->count == 0 || value < cell->low)
        cell->low = value;
    if (cell->count == 0 || value > cell->high)
        cell->high = value;
    cell->sum += value;
    cell->count++;
}

void archive_buckets_set(struct archive_buckets *buckets, unsigned at, unsigned column,
                         enum archive_statistic statistic, double value)
{
    struct archive_bucket *cell = &buckets->cells[(size_t)at * buckets->columns + column];

    if (cell->count == 0)
        *cell = (struct archive_bucket){.sum = value, .low = value, .high = value, .count = 1};
    if (statistic == ARCHIVE_MEAN)
        cell->sum = value;
    else if (statistic == ARCHIVE_LOWEST)
        cell->low = value;
    else
        cell->high = value;
}

const struct archive_bucket *archive_buckets_get(const struct archive_buckets *buckets, unsigned at, unsigned column)
{
    return &buckets->cells[(size_t)at * buckets->columns + column];
}

bool archive_buckets_is_empty(const struct archive_buckets *buckets, unsigned at)
{
    for (unsigned column = 0; column < buckets->columns; column++)
        if (archive_buckets_get(buckets, at, column)->count > 0)
            return false;
    return true;
}
