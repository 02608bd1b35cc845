#include "collector/http/answer_node_metrics.h"

#include "collector/http/answer.h"
#include "common/metric_series.h"

#include <math.h>

/* METRIC_COUNT families, and before them: */
enum { NODES_UP, NODES_AGE, NODES_METRICS };

static const char *node_help(enum metric metric)
{
    switch (metric_table[metric].kind) {
    case METRIC_PERCENT:
        return "Ratio from 0 to 1; live nodes only.";
    case METRIC_COUNTER:
    case METRIC_EVENTS:
        return "Total since an unspecified boot of the node; live nodes only.";
    case METRIC_GAUGE:
        break;
    }
    return "Live nodes only.";
}

static const char *node_family_name(unsigned family)
{
    if (family == NODES_UP)
        return "headroom_node_up";
    return family == NODES_AGE ? "headroom_node_age_seconds" : metric_series_names[family - NODES_METRICS];
}

static void put_node_head(struct writer *writer, unsigned family)
{
    const char *name = node_family_name(family);

    if (family == NODES_UP) {
        answer_put_head(writer, name, "gauge", "1 for a node with a recent sample.");
    } else if (family == NODES_AGE) {
        answer_put_head(writer, name, "gauge", "Age of the node's newest sample.");
    } else {
        enum metric metric = family - NODES_METRICS;
        answer_put_head(writer, name, METRIC_COUNTS(metric_table[metric].kind) ? "counter" : "gauge",
                        node_help(metric));
    }
}

/* In base units; NaN: unknown. */
static double newest_value(const struct node *node, enum metric metric)
{
    uint64_t counter = 0;

    if (node->ring.count == 0)
        return NAN;
    if (METRIC_COUNTS(metric_table[metric].kind))
        return ring_last_counter(&node->ring, metric, &counter) ? (double)counter : NAN;
    double value = ring_value(&node->ring, node->ring.count - 1, metric);
    return metric_table[metric].kind == METRIC_PERCENT ? value / 100.0 : value;
}

static double node_number(const struct answer *answer, const struct node *node, unsigned family, bool live)
{
    if (family == NODES_UP)
        return live;
    if (family == NODES_AGE)
        return (double)(answer->when.now_ms - node->seen_ms) / 1000.0;
    return live ? newest_value(node, family - NODES_METRICS) : NAN;
}

static bool put_node_line(struct answer *answer, const struct node *node, unsigned family, bool live)
{
    struct writer *writer = &answer->writer;
    double number = node_number(answer, node, family, live);

    if (isnan(number))
        return false;
    writer_put(writer, node_family_name(family));
    writer_put(writer, "{group=\"");
    writer_put(writer, node->group != NULL ? node->group->name : "");
    writer_put(writer, "\",node=\"");
    writer_put(writer, node->id);
    writer_put(writer, "\"} ");
    writer_put_number(writer, number, 4);
    writer_put(writer, "\n");
    return true;
}

static bool put_node_item(struct answer *answer, unsigned at, bool first)
{
    const struct node *node = answer->world->registry->nodes[at];
    enum liveness liveness = registry_liveness(node, answer->when.now_ms, answer->world->config->gone_ms);

    if (liveness == NODE_GONE || liveness == NODE_NEW)
        return false;
    size_t mark = answer->writer.len;
    if (first)
        put_node_head(&answer->writer, answer->cursor.family);
    if (put_node_line(answer, node, answer->cursor.family, liveness == NODE_LIVE))
        return true;
    if (!answer->writer.full)
        writer_cut(&answer->writer, mark);
    return false;
}

void answer_node_metrics_make(struct answer *answer)
{
    for (; answer->cursor.family < NODES_METRICS + METRIC_COUNT; answer_next_family(&answer->cursor))
        if (!answer_put_items(answer, answer->world->registry->node_count, put_node_item))
            return;
    answer->done = true;
}
