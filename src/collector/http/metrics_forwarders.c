#include "collector/http/metrics_forwarders.h"

enum forwarder_number { BEHIND, BYTES_BEHIND, RETENTION, SILENT, ROWS, PENDING, LOST };

#define OUTCOMES (FORWARDER_FILTERED + 1) /* rows that stay where they are; the others still move */

static double number(const struct metrics_source *from, const struct metrics_family *family, unsigned i)
{
    const struct forwarder *forwarder = from->forwarder;

    switch ((enum forwarder_number)family->number) {
    case BEHIND:
        return (double)forwarders_behind_ms(forwarder, from->now_ms) / 1000.0;
    case BYTES_BEHIND:
        return (double)forwarder->state.bytes_behind;
    case RETENTION:
        return forwarders_retention_share(forwarder, from->world->config, from->now_ms);
    case SILENT:
        return (double)(from->now_ms - forwarder->reported_ms) / 1000.0;
    case ROWS:
        return (double)forwarder->state.rows[i];
    case PENDING:
        return (double)forwarder->state.rows[OUTCOMES + i];
    case LOST:
        return (double)forwarder->state.lost_files;
    }
    return 0;
}

static const struct metrics_family families[] = {
    {"headroom_forward_behind_seconds", "gauge", "Age of the oldest row that the engine has not accepted.",
     .number = BEHIND},
    {"headroom_forward_behind_bytes", "gauge",
     "Bytes of metrics.csv behind the cursor, which the collector must not delete yet.", .number = BYTES_BEHIND},
    {"headroom_forward_retention_ratio", "gauge",
     "Share of retain or retain-size that the oldest unsent row has reached; at 1 it is deleted.", .number = RETENTION},
    {"headroom_forward_silent_seconds", "gauge", "Time since the forwarder last reported its state.", .number = SILENT},
    {"headroom_forward_rows_total", "counter", "Rows since the forwarder's start, by outcome.",
     METRICS_LABEL("outcome", forwarder_rows_names, OUTCOMES), .number = ROWS},
    {"headroom_forward_rows_pending", "gauge", "Rows that wait, or that the engine may still lose if it is killed.",
     METRICS_LABEL("state", forwarder_rows_names + OUTCOMES, FORWARDER_ROWS_COUNT - OUTCOMES), .number = PENDING},
    {"headroom_forward_lost_files_total", "counter", "Files of metrics.csv that were deleted before they were sent.",
     .number = LOST},
};

const struct metrics_table metrics_forwarders = {families, sizeof families / sizeof *families, number};
