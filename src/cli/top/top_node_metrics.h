/* Pure. All metrics of one node: now, and in the last minutes. */
#ifndef CLI_TOP_TOP_NODE_METRICS_H
#define CLI_TOP_TOP_NODE_METRICS_H

#include "cli/top/top_table.h"
#include "common/limits.h"
#include "common/metric.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#define TOP_METRIC_POINTS   120U
#define TOP_METRIC_POINT_MS 5000 /* the time of one point */
#define TOP_METRIC_SPAN_MS  (TOP_METRIC_POINTS * (int64_t)TOP_METRIC_POINT_MS)
#define TOP_OUTLOOKS_MAX    5U

struct top_metric {
    const char *title;
    char now[16];
    char low[16]; /* of the points, as high */
    char high[16];
    float points[TOP_METRIC_POINTS]; /* means; the newest one is the last */
    double full;
};

struct top_node_metrics {
    bool known;
    char group[NAME_LEN_MAX + 1];
    char state[16];
    double age_ms;
    double cores;
    double memory_bytes;
    struct top_metric items[METRIC_COUNT];
    char outlooks[TOP_OUTLOOKS_MAX][256]; /* the collector's sentences about limits that are near */
    unsigned outlook_count;
};

/* Nothing is known of the node. */
void top_node_metrics_init(struct top_node_metrics *node);

/* Takes the answer of /api/v1/nodes/ID. 0, or -EPROTO; then it is untouched. */
int top_node_metrics_read(struct top_node_metrics *node, const json_t *answer);

/* Takes the answer of /api/v1/nodes/ID/series. 0, or -EPROTO; then it is untouched. */
int top_node_metrics_read_series(struct top_node_metrics *node, const json_t *answer);

extern const struct top_table_kind top_node_metrics_table;

#endif
