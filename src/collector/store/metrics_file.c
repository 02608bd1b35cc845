#include "collector/store/metrics_file.h"

#include "collector/store/csv.h"
#include "common/limits.h"

bool metrics_file_row_ok(const char *row, size_t len)
{
    struct csv_row parsed;

    return csv_parse_row(row, len, &parsed) == 0 && parsed.metric_count == METRIC_COUNT;
}

int64_t metrics_file_row_ms(const char *row, size_t len)
{
    struct csv_row parsed;

    return csv_parse_row(row, len, &parsed) == 0 ? parsed.sample.time_ms : -1;
}

int metrics_file_open(struct segments *segments, const struct disk *disk, const struct segments_limits *limits,
                      uint64_t used_number, uint64_t *cut)
{
    char header[CSV_LINE_MAX];
    struct segments_options options = {.name = "metrics",
                                       .header = header,
                                       .row_ok = metrics_file_row_ok,
                                       .row_ms = metrics_file_row_ms,
                                       .used_number = used_number,
                                       .limits = *limits};

    header[csv_put_header(header)] = '\0';
    return segments_open(segments, disk, &options, cut);
}
