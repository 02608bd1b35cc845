#include "cli/node_text.h"

#include "cli/table.h"
#include "common/error_text.h"
#include "common/writer.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS_MAX 16U
#define TEXT_LEN    32U
#define ABOVE_LEN   64U
#define AGE_MAX_MS  1e15

static const char *const words[] = {[NODE_TEXT_BY_GROUP] = "group",
                                    [NODE_TEXT_BY_ID] = "id",
                                    [NODE_TEXT_BY_STATE] = "state",
                                    [NODE_TEXT_BY_AGE] = "age"};

/* Metrics that are always shown, and their titles. */
static const struct {
    enum metric metric;
    struct table_column column;
} metrics[] = {
    {METRIC_CPU, {.title = "CPU", .is_right = true}},
    {METRIC_MEMORY, {.title = "MEM", .is_right = true}},
    {METRIC_DISK_BUSY, {.title = "DISK", .is_right = true, .rank = 1, .is_optional = true}},
    {METRIC_FS, {.title = "FS", .is_right = true, .rank = 2, .is_optional = true}},
    {METRIC_LOAD1, {.title = "LOAD", .is_right = true, .rank = 3, .is_optional = true}},
    {METRIC_NET_RX, {.title = "NET IN", .is_right = true, .rank = 4, .is_optional = true}},
    {METRIC_NET_TX, {.title = "NET OUT", .is_right = true, .rank = 4, .is_optional = true}},
};

#define METRICS_SHOWN (sizeof metrics / sizeof *metrics)

/* ---- what is asked for ---- */

int node_text_parse_by(const char *text, unsigned *by, char *error, size_t error_size)
{
    struct writer writer = {.text = error, .size = error_size};

    for (unsigned i = 0; i < NODE_TEXT_BY_METRIC; i++)
        if (strcmp(text, words[i]) == 0) {
            *by = i;
            return 0;
        }
    for (unsigned m = 0; m < METRIC_COUNT; m++)
        if (strcmp(text, metric_table[m].column) == 0) {
            *by = NODE_TEXT_BY_METRIC + m;
            return 0;
        }
    writer_print(&writer, "--sort must be group, id, state, age or a metric, got \"%.40s\"; the metrics are", text);
    for (unsigned m = 0; m < METRIC_COUNT; m++)
        writer_print(&writer, "%s %s", m == 0 ? "" : ",", metric_table[m].column);
    return -EINVAL;
}

/* As the HTTP API names it: a counter is shown as its rate. */
static const char *metric_suffix(enum metric metric)
{
    return METRIC_COUNTS(metric_table[metric].kind) ? "_per_second" : "";
}

/* Whether the metric that sorts has a column of its own beside those that are always shown. */
static bool has_own_column(unsigned by)
{
    for (size_t i = 0; i < METRICS_SHOWN; i++)
        if (by == NODE_TEXT_BY_METRIC + metrics[i].metric)
            return false;
    return by >= NODE_TEXT_BY_METRIC;
}

void node_text_columns(unsigned by, char text[NODE_TEXT_COLUMNS_MAX])
{
    struct writer writer = {.text = text, .size = NODE_TEXT_COLUMNS_MAX};

    writer_print(&writer, "id,group,state,age_ms,above");
    for (size_t i = 0; i < METRICS_SHOWN; i++)
        writer_print(&writer, ",%s%s", metric_table[metrics[i].metric].name, metric_suffix(metrics[i].metric));
    if (has_own_column(by))
        writer_print(&writer, ",%s%s", metric_table[by - NODE_TEXT_BY_METRIC].name,
                     metric_suffix(by - NODE_TEXT_BY_METRIC));
}

/* The places of the values in the array of a node, as they were asked for. */
enum place { PLACE_ID, PLACE_GROUP, PLACE_STATE, PLACE_AGE, PLACE_ABOVE, PLACE_METRICS };

/* ---- the order ---- */

struct sorting {
    size_t place;
    bool is_number;
};

static struct sorting sorting_by(unsigned by)
{
    static const enum place places[] = {[NODE_TEXT_BY_GROUP] = PLACE_GROUP,
                                        [NODE_TEXT_BY_ID] = PLACE_ID,
                                        [NODE_TEXT_BY_STATE] = PLACE_STATE,
                                        [NODE_TEXT_BY_AGE] = PLACE_AGE};

    if (by < NODE_TEXT_BY_METRIC)
        return (struct sorting){places[by], by == NODE_TEXT_BY_AGE};
    for (size_t i = 0; i < METRICS_SHOWN; i++)
        if (by == NODE_TEXT_BY_METRIC + metrics[i].metric)
            return (struct sorting){PLACE_METRICS + i, true};
    return (struct sorting){PLACE_METRICS + METRICS_SHOWN, true};
}

static const char *text_at(const json_t *node, size_t place)
{
    const char *text = json_string_value(json_array_get(node, place));

    return text != NULL ? text : "-";
}

/* Unknown numbers come last. */
static double number_at(const json_t *node, size_t place)
{
    const json_t *value = json_array_get(node, place);

    return json_is_number(value) ? json_number_value(value) : -INFINITY;
}

struct listed {
    const json_t *node;
};

static int compare(const void *a, const void *b, void *arg)
{
    const struct sorting *sorting = arg;
    const json_t *left = ((const struct listed *)a)->node;
    const json_t *right = ((const struct listed *)b)->node;
    int order = 0;

    if (sorting->is_number) {
        double first = number_at(left, sorting->place);
        double second = number_at(right, sorting->place);
        order = first != second ? (first > second ? -1 : 1) : 0;
    } else {
        order = strcmp(text_at(left, sorting->place), text_at(right, sorting->place));
    }
    return order != 0 ? order : strcmp(text_at(left, PLACE_ID), text_at(right, PLACE_ID));
}

/* ---- the table ---- */

/* Bytes in a second, and events, in units of 1,000. */
static void format_rate(double number, char text[TEXT_LEN])
{
    static const char units[] = {' ', 'k', 'M', 'G', 'T'};
    unsigned unit = 0;

    for (; fabs(number) >= 999.5 && unit + 1 < sizeof units; unit++)
        number /= 1000.0;
    (void)snprintf(text, TEXT_LEN, unit == 0 ? "%.3g" : "%.3g%c", number, units[unit]);
}

static void format_metric(enum metric metric, double number, char text[TEXT_LEN])
{
    if (!isfinite(number))
        (void)snprintf(text, TEXT_LEN, "-");
    else if (metric_table[metric].kind == METRIC_PERCENT)
        (void)snprintf(text, TEXT_LEN, "%.0f%%", number);
    else if (metric_table[metric].kind == METRIC_GAUGE)
        (void)snprintf(text, TEXT_LEN, "%.4g", number);
    else
        format_rate(number, text);
}

/* The resources above the group's high. */
static void format_above(const json_t *above, char text[ABOVE_LEN])
{
    struct writer writer = {.text = text, .size = ABOVE_LEN};
    const json_t *resource = NULL;
    size_t i = 0;

    writer_print(&writer, "%s", json_array_size(above) == 0 ? "-" : "");
    json_array_foreach(above, i, resource)
    {
        const char *name = json_string_value(resource);
        writer_print(&writer, "%s%s", i > 0 ? ", " : "", name != NULL ? name : "-");
    }
}

static void add_metric(struct table *table, const json_t *node, size_t place, enum metric metric)
{
    char text[TEXT_LEN];

    format_metric(metric, number_at(node, place), text);
    table_add(table, VIEW_PLAIN, "%s", text);
}

static void add_node(struct table *table, const json_t *node, unsigned by)
{
    bool is_live = strcmp(text_at(node, PLACE_STATE), "live") == 0;
    char above[ABOVE_LEN], age[VIEW_AGE_LEN];

    view_age((int64_t)fmin(fmax(number_at(node, PLACE_AGE), 0.0), AGE_MAX_MS), age);
    format_above(json_array_get(node, PLACE_ABOVE), above);
    table_add(table, VIEW_PLAIN, "%s", text_at(node, PLACE_ID));
    table_add(table, VIEW_PLAIN, "%s", text_at(node, PLACE_GROUP));
    table_add(table, is_live ? VIEW_PLAIN : VIEW_YELLOW, "%s", text_at(node, PLACE_STATE));
    table_add(table, VIEW_PLAIN, "%s", age);
    for (size_t i = 0; i < METRICS_SHOWN; i++)
        add_metric(table, node, PLACE_METRICS + i, metrics[i].metric);
    if (has_own_column(by))
        add_metric(table, node, PLACE_METRICS + METRICS_SHOWN, by - NODE_TEXT_BY_METRIC);
    table_add(table, VIEW_YELLOW, "%s", above);
}

/* Returns their number. title: room for that of the metric that sorts. */
static size_t make_columns(unsigned by, struct table_column columns[COLUMNS_MAX], char title[TEXT_LEN])
{
    size_t count = 0;

    columns[count++] = (struct table_column){.title = "NODE", .cut = 16};
    columns[count++] = (struct table_column){.title = "GROUP", .cut = 12};
    columns[count++] = (struct table_column){.title = "STATE"};
    columns[count++] = (struct table_column){.title = "AGE", .is_right = true};
    for (size_t i = 0; i < METRICS_SHOWN; i++)
        columns[count++] = metrics[i].column;
    if (has_own_column(by)) {
        (void)snprintf(title, TEXT_LEN, "%s", metric_table[by - NODE_TEXT_BY_METRIC].column);
        for (char *letter = title; *letter != '\0'; letter++)
            *letter = (char)toupper(*letter);
        columns[count++] = (struct table_column){.title = title, .is_right = true};
    }
    columns[count++] = (struct table_column){.title = "ABOVE HIGH", .rank = 5, .is_optional = true};
    return count;
}

int node_text_print(const json_t *document, unsigned by, const struct view *view)
{
    const json_t *nodes = json_object_get(document, "nodes");
    size_t count = json_array_size(nodes);
    struct listed *sorted = calloc(count + 1, sizeof *sorted);
    struct table_column columns[COLUMNS_MAX];
    struct sorting sorting = sorting_by(by);
    struct table table;
    char title[TEXT_LEN];

    if (sorted == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++)
        sorted[i].node = json_array_get(nodes, i);
    qsort_r(sorted, count, sizeof *sorted, compare, &sorting);
    table_init(&table, columns, make_columns(by, columns, title));
    for (size_t i = 0; i < count; i++)
        add_node(&table, sorted[i].node, by);
    int rc = table_print(&table, view, count);
    table_deinit(&table);
    free(sorted);
    return rc;
}
