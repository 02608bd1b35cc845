#include "cli/top/top_node_metrics.h"

#include "cli/top/top_format.h"
#include "cli/top/top_json.h"

#include <errno.h>
#include <string.h>

/* As the HTTP API names them: a counter by its rate. */
#define NAME_METRIC_PERCENT(field) #field
#define NAME_METRIC_GAUGE(field)   #field
#define NAME(word)                 #word
#define NAME_METRIC_COUNTER(field) NAME(field##_per_second)
#define NAME_METRIC_EVENTS(field)  NAME(field##_per_second)

static const char *const names[METRIC_COUNT] = {
#define METRIC_NAME(symbol, field, column, kind, title) NAME_##kind(field),
    METRICS(METRIC_NAME)};

static void format(enum metric metric, double value, char text[16])
{
    if (metric_table[metric].kind == METRIC_PERCENT)
        top_format_percent(value, text, 16);
    else
        top_format_number(value, text, 16);
}

void top_node_metrics_init(struct top_node_metrics *node)
{
    *node = (struct top_node_metrics){.age_ms = NAN, .cores = NAN, .memory_bytes = NAN};
    for (unsigned m = 0; m < METRIC_COUNT; m++) {
        struct top_metric *item = &node->items[m];
        item->title = metric_table[m].title;
        format(m, NAN, item->now);
        format(m, NAN, item->low);
        format(m, NAN, item->high);
        for (unsigned i = 0; i < TOP_METRIC_POINTS; i++)
            item->points[i] = NAN;
    }
}

int top_node_metrics_read(struct top_node_metrics *node, const json_t *answer)
{
    const json_t *metrics = json_object_get(answer, "metrics");
    const char *name = NULL;
    json_t *outlook = NULL;

    if (!json_is_object(metrics))
        return -EPROTO;
    node->known = true;
    top_json_copy(answer, "group", node->group, sizeof node->group);
    top_json_copy(answer, "state", node->state, sizeof node->state);
    node->age_ms = top_json_member(answer, "age_ms");
    node->cores = top_json_member(answer, "cores");
    node->memory_bytes = top_json_member(answer, "memory_bytes");
    for (unsigned m = 0; m < METRIC_COUNT; m++)
        format(m, top_json_member(metrics, names[m]), node->items[m].now);
    node->outlook_count = 0;
    json_object_foreach(json_object_get(answer, "outlook"), name, outlook)
    {
        const json_t *soon = json_object_get(outlook, "soon");
        if (json_is_string(soon) && node->outlook_count < TOP_OUTLOOKS_MAX)
            top_json_copy(outlook, "soon", node->outlooks[node->outlook_count++], sizeof node->outlooks[0]);
    }
    return 0;
}

/* ---- the past ---- */

/* The place of a metric in the rows; 0, which is that of the time: it is not there. */
static size_t place_of(const json_t *columns, enum metric metric)
{
    size_t place = json_array_size(columns);

    while (place-- > 1)
        if (strcmp(top_json_text(json_array_get(columns, place)), names[metric]) == 0)
            return place;
    return 0;
}

/* The mean of each point's time. */
static void read_points(struct top_metric *item, const json_t *rows, size_t place, double now_ms)
{
    double sums[TOP_METRIC_POINTS] = {0};
    unsigned counts[TOP_METRIC_POINTS] = {0};
    const json_t *row = NULL;
    size_t i = 0;

    json_array_foreach(rows, i, row)
    {
        double value = top_json_number(json_array_get(row, place));
        double before = (now_ms - top_json_number(json_array_get(row, 0))) / TOP_METRIC_POINT_MS;
        if (isnan(value) || !(before >= 0) || before >= TOP_METRIC_POINTS)
            continue;
        unsigned at = TOP_METRIC_POINTS - 1 - (unsigned)before;
        sums[at] += value;
        counts[at]++;
    }
    for (i = 0; i < TOP_METRIC_POINTS; i++)
        item->points[i] = counts[i] > 0 ? (float)(sums[i] / counts[i]) : NAN;
}

/* The full bar of a percentage is 100 %, so that nodes can be compared; that of others their highest value. */
static void read_extremes(struct top_metric *item, enum metric metric)
{
    double low = NAN, high = NAN;

    for (unsigned i = 0; i < TOP_METRIC_POINTS; i++) {
        low = fmin(low, (double)item->points[i]);
        high = fmax(high, (double)item->points[i]);
    }
    format(metric, low, item->low);
    format(metric, high, item->high);
    item->full = metric_table[metric].kind == METRIC_PERCENT ? 100 : high;
}

int top_node_metrics_read_series(struct top_node_metrics *node, const json_t *answer)
{
    const json_t *columns = json_object_get(answer, "columns");
    const json_t *rows = json_object_get(answer, "rows");

    if (!json_is_array(columns) || !json_is_array(rows))
        return -EPROTO;
    for (unsigned m = 0; m < METRIC_COUNT; m++) {
        size_t place = place_of(columns, m);
        if (place == 0)
            continue;
        read_points(&node->items[m], rows, place, top_json_member(answer, "now_ms"));
        read_extremes(&node->items[m], m);
    }
    return 0;
}

/* ---- the table ---- */

static const char *title(const void *row)
{
    return ((const struct top_metric *)row)->title;
}

static const char *now(const void *row)
{
    return ((const struct top_metric *)row)->now;
}

static const char *low(const void *row)
{
    return ((const struct top_metric *)row)->low;
}

static const char *high(const void *row)
{
    return ((const struct top_metric *)row)->high;
}

static void past(const void *row, struct top_series *series)
{
    const struct top_metric *item = row;

    *series = (struct top_series){.values = item->points, .count = TOP_METRIC_POINTS, .full = item->full};
}

static void identify(const void *row, char *text, size_t size)
{
    (void)snprintf(text, size, "%s", title(row));
}

static const struct top_column columns_shown[] = {
    {.title = "METRIC", .width_min = 20, .text = title},
    {.title = "NOW", .width_min = 6, .text = now, .right = true},
    {.title = "LOW", .width_min = 6, .rank = 1, .text = low, .right = true},
    {.title = "HIGH", .width_min = 6, .rank = 2, .text = high, .right = true},
    {.title = "HISTORY, 5 S EACH", .width_min = 17, .width_max = TOP_METRIC_POINTS, .rank = 3, .series = past},
};

const struct top_table_kind top_node_metrics_table = {
    .columns = columns_shown,
    .count = sizeof columns_shown / sizeof *columns_shown,
    .row_size = sizeof(struct top_metric),
    .identify = identify,
    .empty = "No metrics",
    .fixed = true,
};
