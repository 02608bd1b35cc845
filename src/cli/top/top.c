#include "cli/top/top.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SPARKLINE_ROUNDS 5U   /* a point of them is a minute */
#define SILENCE_MS_MAX   4000 /* beyond the delay: a longer silence is shown */

void top_init(struct top *top, const char *collector, int64_t delay_ms, int64_t now_ms)
{
    static const struct top_table_kind *const kinds[TOP_VIEWS] = {
        [TOP_VIEW_GROUPS] = &top_groups_table,
        [TOP_VIEW_NODES] = &top_nodes_table,
        [TOP_VIEW_PROBLEMS] = &top_problems_table,
        [TOP_VIEW_NODE] = &top_node_metrics_table,
    };
    static const unsigned sorts[TOP_VIEWS] = {
        [TOP_VIEW_GROUPS] = TOP_GROUPS_CONDITION, [TOP_VIEW_NODES] = TOP_NODES_CPU};

    *top = (struct top){.link = {.collector = collector, .delay_ms = delay_ms, .began_ms = now_ms}};
    top_node_metrics_init(&top->node);
    for (unsigned view = 0; view < TOP_VIEWS; view++)
        top_table_init(&top->tables[view], kinds[view], sorts[view]);
}

void top_deinit(struct top *top)
{
    for (unsigned view = 0; view < TOP_VIEWS; view++)
        top_table_deinit(&top->tables[view]);
    top_groups_free(&top->groups);
    top_nodes_free(&top->nodes);
}

struct top_table *top_current(struct top *top)
{
    return &top->tables[top->view];
}

/* ---- views ---- */

void top_open_nodes(struct top *top, const char *group)
{
    struct top_table *table = &top->tables[TOP_VIEW_NODES];

    top->nodes_from = top->view;
    top->view = TOP_VIEW_NODES;
    top->hurry = true;
    (void)snprintf(table->scope, sizeof table->scope, "%s", group);
    table->filter[0] = '\0';
    table->selected = 0;
    (void)top_table_refresh(table);
}

void top_open_node(struct top *top, const char *id)
{
    top->node_from = top->view;
    top->view = TOP_VIEW_NODE;
    top->hurry = true;
    (void)snprintf(top->node_id, sizeof top->node_id, "%s", id);
    top_node_metrics_init(&top->node);
    top->tables[TOP_VIEW_NODE].selected = 0;
    (void)top_table_take(&top->tables[TOP_VIEW_NODE], top->node.items, METRIC_COUNT);
}

/* ---- documents ---- */

bool top_path(const struct top *top, enum top_document document, char path[TOP_PATH_MAX])
{
    static const char *const paths[] = {
        [TOP_DOCUMENT_FLEET] = "/api/v1/fleet",       [TOP_DOCUMENT_GROUPS] = "/api/v1/groups",
        [TOP_DOCUMENT_PROBLEMS] = "/api/v1/problems", [TOP_DOCUMENT_SPARKLINES] = "/api/v1/sparklines?resource=cpu",
        [TOP_DOCUMENT_NODES] = TOP_NODES_PATH,
    };

    if (top->lacks[document] || (document == TOP_DOCUMENT_SPARKLINES && top->round % SPARKLINE_ROUNDS != 0) ||
        (document == TOP_DOCUMENT_NODES && top->view != TOP_VIEW_NODES) ||
        (document >= TOP_DOCUMENT_NODE && top->view != TOP_VIEW_NODE))
        return false;
    if (document < TOP_DOCUMENT_NODE)
        (void)snprintf(path, TOP_PATH_MAX, "%s", paths[document]);
    else if (document == TOP_DOCUMENT_NODE)
        (void)snprintf(path, TOP_PATH_MAX, "/api/v1/nodes/%s", top->node_id);
    else
        (void)snprintf(path, TOP_PATH_MAX, "/api/v1/nodes/%s/series?since=%" PRId64, top->node_id,
                       top->fleet.now_ms - TOP_METRIC_SPAN_MS);
    return true;
}

/* Their conditions may have changed. */
static int update_groups(struct top *top)
{
    top_groups_judge(&top->groups, &top->problems);
    return top_table_take(&top->tables[TOP_VIEW_GROUPS], top->groups.items, top->groups.count);
}

static int take_problems(struct top *top, const json_t *answer)
{
    int rc = top_problems_read(&top->problems, answer);

    if (rc == 0)
        rc = top_table_take(&top->tables[TOP_VIEW_PROBLEMS], top->problems.items, top->problems.count);
    return rc == 0 ? update_groups(top) : rc;
}

static int take_nodes(struct top *top, const json_t *answer)
{
    int rc = top_nodes_read(&top->nodes, answer);

    return rc == 0 ? top_table_take(&top->tables[TOP_VIEW_NODES], top->nodes.items, top->nodes.count) : rc;
}

int top_take(struct top *top, enum top_document document, json_t *answer)
{
    int rc = 0;

    switch (document) {
    case TOP_DOCUMENT_FLEET:
        return top_fleet_read(&top->fleet, answer);
    case TOP_DOCUMENT_GROUPS:
        rc = top_groups_read(&top->groups, answer);
        return rc == 0 ? update_groups(top) : rc;
    case TOP_DOCUMENT_PROBLEMS:
        return take_problems(top, answer);
    case TOP_DOCUMENT_SPARKLINES:
        top_groups_read_sparklines(&top->groups, answer);
        return 0;
    case TOP_DOCUMENT_NODES:
        return take_nodes(top, answer);
    case TOP_DOCUMENT_NODE:
        return top_node_metrics_read(&top->node, answer);
    case TOP_DOCUMENT_SERIES:
        return top_node_metrics_read_series(&top->node, answer);
    case TOP_DOCUMENTS:
        break;
    }
    return -EPROTO;
}

/* A collector of an earlier version has no problems or sparklines; and a node may be forgotten. */
bool top_do_without(struct top *top, enum top_document document, int rc)
{
    if (rc != -ENOENT)
        return false;
    if (document == TOP_DOCUMENT_NODE) {
        top_node_metrics_init(&top->node);
        return true;
    }
    if (document == TOP_DOCUMENT_PROBLEMS || document == TOP_DOCUMENT_SPARKLINES)
        top->lacks[document] = true;
    if (document == TOP_DOCUMENT_PROBLEMS)
        top->tables[TOP_VIEW_PROBLEMS].note = "This collector does not report problems; later versions do";
    return top->lacks[document] || document == TOP_DOCUMENT_SERIES;
}

/* ---- the link ---- */

/* After a failure the collector may come back as another version. */
void top_end_round(struct top *top, const char *error, int64_t now_ms)
{
    (void)snprintf(top->link.error, sizeof top->link.error, "%s", error);
    if (error[0] == '\0') {
        top->link.answered_ms = now_ms;
        top->round++;
        return;
    }
    memset(top->lacks, 0, sizeof top->lacks);
    top->round = 0;
}

int64_t top_silence_ms(const struct top *top, int64_t now_ms)
{
    return now_ms - (top->link.answered_ms > 0 ? top->link.answered_ms : top->link.began_ms);
}

bool top_is_old(const struct top *top, int64_t now_ms)
{
    if (top->link.error[0] != '\0')
        return true;
    return !top->paused && top_silence_ms(top, now_ms) > top->link.delay_ms + SILENCE_MS_MAX;
}
