/* Pure. Formats and parses rows of metrics.csv: RFC 4180, with LF line ends as is usual on Unix.
 *
 *     node_id,cpu,memory,disk_read,disk_write,timestamp,group,instance,seq,uptime,disk_busy,load1,...
 *
 * The first six columns are those of the Python system that this one replaces. timestamp is Unix time and uptime the
 * node's CLOCK_BOOTTIME, both in seconds with milliseconds; instance is an "i" and 16 hex digits, so that no tool reads
 * it as a number. Percentages and gauges have two decimals, counters none; absent values are empty. */
#ifndef COLLECTOR_STORE_CSV_H
#define COLLECTOR_STORE_CSV_H

#include "common/limits.h"
#include "common/sample.h"

#include <stddef.h>
#include <stdint.h>

#define CSV_TIME_MS_MAX INT64_C(253402300799999) /* the end of the year 9999 */

struct csv_row {
    char node_id[NAME_LEN_MAX + 1];
    char group[NAME_LEN_MAX + 1];
    uint64_t instance;
    unsigned
        metric_count; /* that have a column in the file: METRIC_COUNT, or METRIC_BASE_COUNT in one of version 0.1 */
    struct sample sample;
};

/* Write to text of at least CSV_LINE_MAX bytes; return the length, the line end included. The names match
 * parse_name_ok(), time_ms is 0 .. CSV_TIME_MS_MAX. */
size_t csv_put_header(char *text);
size_t csv_put_row(const char *node_id, const char *group, uint64_t instance, const struct sample *sample, char *text);

/* Parses one line without its line end. 0, or -EBADMSG if neither csv_put_row() nor version 0.1, which had the first
 * METRIC_BASE_COUNT metrics, would write it like that; then row is in an undefined state. */
int csv_parse_row(const char *line, size_t len, struct csv_row *row);

/* Of a line that is not a row: what says which sample it was, into the row's node_id, group, instance and sample.seq.
 * 0, or -EBADMSG if one of these fields is damaged, too. */
int csv_parse_identity(const char *line, size_t len, struct csv_row *row);

#endif
