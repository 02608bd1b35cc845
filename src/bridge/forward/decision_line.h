/* Pure. Reads rows of decisions.csv, as far as they are forwarded. Columns are found by their names in the file's
 * header: other versions have others. */
#ifndef BRIDGE_FORWARD_DECISION_LINE_H
#define BRIDGE_FORWARD_DECISION_LINE_H

#include "collector/autoscale/decision_series.h"
#include "common/limits.h"

#include <stddef.h>
#include <stdint.h>

#define DECISION_COLUMNS_MAX 256U

struct decision_columns {
    unsigned count;
    int16_t of[DECISION_COLUMNS_MAX]; /* the index of a series, or one of those in decision_line.c */
};

struct decision_point {
    char group[NAME_LEN_MAX + 1];
    int64_t time_ms;
    uint32_t present; /* bit i: it has a value of series i */
    double value[DECISION_SERIES_COUNT];
};

/* header: the first line of the file. 0, or -EBADMSG: it has no columns timestamp and group; then columns are
 * untouched. */
int decision_line_columns(const char *header, size_t len, struct decision_columns *columns);

/* 1, or 0: the row is the outcome of an order, whose numbers are those of an earlier row; or -EBADMSG: it is no row of
 * such a file. Then point is in an undefined state. */
int decision_line_parse(const char *line, size_t len, const struct decision_columns *columns,
                        struct decision_point *point);

#endif
