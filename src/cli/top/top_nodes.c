#include "cli/top/top_nodes.h"

#include "cli/top/top_fleet.h"
#include "cli/top/top_json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { ID, GROUP, STATE, AGE, ABOVE, METRIC }; /* places in a row of the answer */

/* ---- texts ---- */

/* The bytes that a row's texts need, each with its 0. */
static size_t text_size(const json_t *row)
{
    const json_t *above = json_array_get(row, ABOVE);
    const json_t *resource = NULL;
    size_t size =
        3 + strlen(top_json_text(json_array_get(row, ID))) + strlen(top_json_text(json_array_get(row, GROUP)));
    size_t i = 0;

    json_array_foreach(above, i, resource) size += strlen(top_json_text(resource)) + 1;
    return size;
}

static const char *take_text(char **at, const char *text)
{
    char *begin = *at;
    size_t size = strlen(text) + 1;

    memcpy(begin, text, size);
    *at += size;
    return begin;
}

/* The resources with commas between them. */
static const char *take_above(char **at, const json_t *above)
{
    char *begin = *at;
    const json_t *resource = NULL;
    size_t i = 0;

    json_array_foreach(above, i, resource)
    {
        (void)take_text(at, top_json_text(resource));
        (*at)[-1] = ',';
    }
    if (*at == begin)
        ++*at;
    (*at)[-1] = '\0';
    return begin;
}

/* ---- the past ---- */

static int compare_ids(const void *a, const void *b)
{
    return strcmp(((const struct top_node *)a)->id, ((const struct top_node *)b)->id);
}

/* The nodes of the answer before, by id. The answer has the same order as long as no node joins or leaves, so most are
 * found at their own place. */
struct past {
    struct top_node *nodes;
    unsigned count;
    struct top_node *sorted; /* NULL: not needed so far, or out of memory: then nodes that moved have no past */
};

static void sort_past(struct past *past)
{
    past->sorted = calloc(past->count, sizeof *past->sorted);
    if (past->sorted == NULL)
        return;
    memcpy(past->sorted, past->nodes, past->count * sizeof *past->sorted);
    qsort(past->sorted, past->count, sizeof *past->sorted, compare_ids);
}

static const struct top_node *find_past(struct past *past, const struct top_node *node, unsigned place)
{
    if (place < past->count && strcmp(past->nodes[place].id, node->id) == 0)
        return &past->nodes[place];
    if (past->count == 0)
        return NULL;
    if (past->sorted == NULL)
        sort_past(past);
    return past->sorted != NULL ? bsearch(node, past->sorted, past->count, sizeof *node, compare_ids) : NULL;
}

/* Takes the points over, and appends the newest one. */
static void append_point(struct top_node *node, const struct top_node *old)
{
    unsigned kept = old != NULL ? old->point_count : 0;
    unsigned skipped = kept == TOP_NODE_POINTS ? 1 : 0;

    if (old != NULL)
        memcpy(node->points, old->points + skipped, (kept - skipped) * sizeof *node->points);
    node->points[kept - skipped] = node->metrics[TOP_NODE_CPU];
    node->point_count = (uint8_t)(kept - skipped + 1);
}

/* ---- answers ---- */

static void read_one(struct top_node *node, const json_t *row, char **text)
{
    node->id = take_text(text, top_json_text(json_array_get(row, ID)));
    node->group = take_text(text, top_json_text(json_array_get(row, GROUP)));
    node->above = take_above(text, json_array_get(row, ABOVE));
    node->state = (uint8_t)top_fleet_state(top_json_text(json_array_get(row, STATE)));
    node->age_ms = (float)top_json_number(json_array_get(row, AGE));
    for (unsigned m = 0; m < TOP_NODE_METRIC_COUNT; m++)
        node->metrics[m] = (float)top_json_number(json_array_get(row, METRIC + m));
}

static void read_all(struct top_nodes *read, const json_t *list, const struct top_nodes *before)
{
    struct past past = {.nodes = before->items, .count = before->count};
    char *text = read->text;

    for (unsigned i = 0; i < read->count; i++) {
        struct top_node *node = &read->items[i];
        read_one(node, json_array_get(list, i), &text);
        append_point(node, find_past(&past, node, i));
    }
    free(past.sorted);
}

int top_nodes_read(struct top_nodes *nodes, const json_t *answer)
{
    const json_t *list = json_object_get(answer, "nodes");
    struct top_nodes read = {.count = (unsigned)json_array_size(list)};
    const json_t *row = NULL;
    size_t size = 1;
    size_t i = 0;

    if (!json_is_array(list))
        return -EPROTO;
    json_array_foreach(list, i, row) size += text_size(row);
    read.items = calloc(read.count > 0 ? read.count : 1, sizeof *read.items);
    read.text = malloc(size);
    if (read.items == NULL || read.text == NULL) {
        top_nodes_free(&read);
        return -ENOMEM;
    }
    read_all(&read, list, nodes);
    top_nodes_free(nodes);
    *nodes = read;
    return 0;
}

void top_nodes_free(struct top_nodes *nodes)
{
    free(nodes->items);
    free(nodes->text);
    *nodes = (struct top_nodes){0};
}

const struct top_node *top_nodes_find(const struct top_nodes *nodes, const char *id)
{
    for (unsigned i = 0; i < nodes->count; i++)
        if (strcmp(nodes->items[i].id, id) == 0)
            return &nodes->items[i];
    return NULL;
}

/* ---- the table ---- */

static const char *id(const void *row)
{
    return ((const struct top_node *)row)->id;
}

static const char *group(const void *row)
{
    return ((const struct top_node *)row)->group;
}

static const char *state(const void *row)
{
    unsigned at = ((const struct top_node *)row)->state;

    return at < TOP_STATES ? top_fleet_states[at] : "?";
}

static enum top_style state_style(const void *row)
{
    const char *name = state(row);

    if (strcmp(name, "live") == 0)
        return TOP_STYLE_PLAIN;
    return strcmp(name, "missing") == 0 ? TOP_STYLE_CRITICAL : TOP_STYLE_WARNING;
}

static double age(const void *row)
{
    return (double)((const struct top_node *)row)->age_ms;
}

static const char *above(const void *row)
{
    return ((const struct top_node *)row)->above;
}

static enum top_style above_style(const void *row)
{
    (void)row;
    return TOP_STYLE_WARNING;
}

/* Whether the resource is in the list of those above their limit. */
static enum top_style resource_style(const void *row, const char *resource)
{
    return strstr(above(row), resource) != NULL ? TOP_STYLE_WARNING : TOP_STYLE_PLAIN;
}

static enum top_style cpu_style(const void *row)
{
    return resource_style(row, "cpu");
}

static enum top_style memory_style(const void *row)
{
    return resource_style(row, "memory");
}

static enum top_style disk_style(const void *row)
{
    return resource_style(row, "disk");
}

static enum top_style fs_style(const void *row)
{
    return resource_style(row, "fs");
}

#define METRIC_NUMBER(symbol, column)                                                                                  \
    static double column(const void *row)                                                                              \
    {                                                                                                                  \
        return (double)((const struct top_node *)row)->metrics[TOP_NODE_##symbol];                                     \
    }
TOP_NODE_METRICS(METRIC_NUMBER)

static void past_cpu(const void *row, struct top_series *series)
{
    const struct top_node *node = row;

    *series = (struct top_series){.values = node->points, .count = node->point_count, .full = 100};
}

static bool is_of(const void *row, const char *name)
{
    return strcmp(group(row), name) == 0;
}

static void identify(const void *row, char *text, size_t size)
{
    (void)snprintf(text, size, "%s", id(row));
}

static const struct top_column columns[] = {
    {.title = "NODE", .width_min = 14, .width_max = 40, .text = id, .ascending = true},
    {.title = "GROUP", .width_min = 8, .width_max = 24, .rank = 3, .text = group, .ascending = true},
    {.title = "STATE", .width_min = 10, .text = state, .style = state_style, .ascending = true},
    {.title = "AGE", .width_min = 4, .rank = 2, .number = age, .format = top_format_age},
    [TOP_NODES_CPU] =
        {.title = "CPU", .width_min = 4, .number = cpu_percent, .format = top_format_percent, .style = cpu_style},
    [TOP_NODES_MEMORY] =
        {.title = "MEM", .width_min = 4, .number = memory_percent, .format = top_format_percent, .style = memory_style},
    {.title = "DISK",
     .width_min = 4,
     .rank = 4,
     .number = disk_busy_percent,
     .format = top_format_percent,
     .style = disk_style},
    {.title = "IN/S", .width_min = 4, .rank = 5, .number = net_rx_bytes_per_second, .format = top_format_number},
    {.title = "OUT/S", .width_min = 5, .rank = 9, .number = net_tx_bytes_per_second, .format = top_format_number},
    {.title = "FS", .width_min = 4, .rank = 10, .number = fs_percent, .format = top_format_percent, .style = fs_style},
    {.title = "LOAD", .width_min = 5, .rank = 11, .number = load1, .format = top_format_number},
    {.title = "IOWAIT", .width_min = 6, .rank = 12, .number = iowait_percent, .format = top_format_percent},
    {.title = "STEAL", .width_min = 5, .rank = 13, .number = steal_percent, .format = top_format_percent},
    {.title = "SWAP", .width_min = 4, .rank = 14, .number = swap_percent, .format = top_format_percent},
    {.title = "READ/S", .width_min = 6, .rank = 15, .number = disk_read_bytes_per_second, .format = top_format_number},
    {.title = "WRITE/S",
     .width_min = 7,
     .rank = 16,
     .number = disk_write_bytes_per_second,
     .format = top_format_number},
    {.title = "ABOVE",
     .width_min = 7,
     .width_max = 18,
     .rank = 1,
     .text = above,
     .style = above_style,
     .ascending = true},
    {.title = "HISTORY", .width_min = 7, .width_max = TOP_NODE_POINTS, .rank = 6, .series = past_cpu},
};

const struct top_table_kind top_nodes_table = {
    .columns = columns,
    .count = sizeof columns / sizeof *columns,
    .row_size = sizeof(struct top_node),
    .identify = identify,
    .tie = id,
    .is_of = is_of,
    .empty = "No nodes",
};
