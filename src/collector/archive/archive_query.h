/* Pure. What is asked of the archive: of the rows that are in the CSV files of the data directory. */
#ifndef COLLECTOR_ARCHIVE_ARCHIVE_QUERY_H
#define COLLECTOR_ARCHIVE_ARCHIVE_QUERY_H

#include "collector/autoscale/decision_fields.h"
#include "common/limits.h"
#include "common/metric.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum archive_kind {
    ARCHIVE_NODE,     /* metrics of one node, from metrics.csv */
    ARCHIVE_GROUP,    /* what the decisions about one group have observed, from decisions.csv */
    ARCHIVE_DECISIONS /* decisions themselves, from the same file */
};

/* A column of a group. The table: X(ID, name, field of a decision, factor from decisions.csv to the answer). The value
 * of a signal is asked for as "signal:NAME", of at most one signal. */
#define ARCHIVE_GROUP_COLUMNS(X)                                                                                       \
    X(DEMAND, "demand", DECISION_FIELD_CPU_DEMAND, 1.0)                                                                \
    X(CAPACITY, "capacity", DECISION_FIELD_CPU_CAPACITY, 1.0)                                                          \
    X(FORECAST, "forecast", DECISION_FIELD_CPU_FORECAST, 1.0)                                                          \
    X(FORECAST_LOW, "forecast_low", DECISION_FIELD_CPU_FORECAST_LOW, 1.0)                                              \
    X(FORECAST_HIGH, "forecast_high", DECISION_FIELD_CPU_FORECAST_HIGH, 1.0)                                           \
    X(FORECAST_BOUND, "forecast_bound", DECISION_FIELD_CPU_FORECAST_BOUND, 1.0)                                        \
    X(HORIZON, "horizon_s", DECISION_FIELD_HORIZON_S, 1.0)                                                             \
    X(LIVE, "live", DECISION_FIELD_LIVE, 1.0)                                                                          \
    X(MISSING, "missing", DECISION_FIELD_MISSING, 1.0)                                                                 \
    X(EXISTING, "existing", DECISION_FIELD_EXISTING, 1.0)                                                              \
    X(DESIRED, "desired", DECISION_FIELD_DESIRED, 1.0)                                                                 \
    X(CPU, "cpu", DECISION_FIELD_CPU, 0.01)                                                                            \
    X(MEMORY, "memory", DECISION_FIELD_MEMORY, 0.01)                                                                   \
    X(DISK, "disk", DECISION_FIELD_DISK, 0.01)                                                                         \
    X(APP, "app", DECISION_FIELD_APP, 0.01)                                                                            \
    X(APP_DEMAND, "app_demand", DECISION_FIELD_APP_DEMAND, 1.0)                                                        \
    X(APP_CAPACITY, "app_capacity", DECISION_FIELD_APP_CAPACITY, 1.0)                                                  \
    X(SIGNAL, "signal", DECISION_FIELD_SIGNALS, 1.0)

#define ARCHIVE_GROUP_COLUMN_ID(id, name, field, factor) ARCHIVE_GROUP_##id,
enum archive_group_column { ARCHIVE_GROUP_COLUMNS(ARCHIVE_GROUP_COLUMN_ID) ARCHIVE_GROUP_COLUMN_COUNT };

struct archive_group_column_info {
    const char *name;
    enum decision_field_id field;
    double factor;
};

extern const struct archive_group_column_info archive_group_columns[ARCHIVE_GROUP_COLUMN_COUNT];

#define ARCHIVE_COLUMNS_MAX ((unsigned)METRIC_COUNT)
_Static_assert((unsigned)ARCHIVE_GROUP_COLUMN_COUNT <= ARCHIVE_COLUMNS_MAX, "the columns of a group fit");

struct archive_query {
    enum archive_kind kind;
    char name[NAME_LEN_MAX + 1];          /* of the node or group; of decisions, empty: of all groups */
    int64_t now_ms;                       /* this and all times: Unix time */
    int64_t from_ms;                      /* the first moment that is asked for, */
    int64_t to_ms;                        /* and the one behind the last */
    uint8_t columns[ARCHIVE_COLUMNS_MAX]; /* of a node, enum metric; of a group, enum archive_group_column */
    unsigned column_count;
    char signal[SIGNAL_NAME_LEN_MAX + 1]; /* the one of ARCHIVE_GROUP_SIGNAL */
    unsigned limit;                       /* of decisions */
    unsigned actions;                     /* of decisions: a bit for each enum scale_action; 0: all */
};

#define ARCHIVE_COLUMN_NAME_MAX 80U

/* The name of column i, "cpu_percent" or "disk_read_bytes_per_second", with its 0. */
void archive_query_column_name(const struct archive_query *query, unsigned i, char name[ARCHIVE_COLUMN_NAME_MAX]);

/* Reads names of columns, separated by commas, each once; "": all except signals. 0, or -EINVAL and the query is
 * unchanged. */
int archive_query_take_columns(struct archive_query *query, const char *text);

/* The length of a bucket: a round number, so that there are at most ARCHIVE_BUCKETS_MAX. */
int64_t archive_query_step_ms(const struct archive_query *query);

#endif
