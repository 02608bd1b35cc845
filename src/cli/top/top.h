/* Pure. headroom top without its terminal and its network: what it knows of the collector, and what it shows of that.
 *
 * The shell asks the collector for what top_path() says, and gives the answers to top_take(); it gives keys to
 * top_keys, and draws what top_paint puts on the screen. */
#ifndef CLI_TOP_TOP_H
#define CLI_TOP_TOP_H

#include "cli/top/top_fleet.h"
#include "cli/top/top_groups.h"
#include "cli/top/top_node_metrics.h"
#include "cli/top/top_nodes.h"
#include "cli/top/top_problems.h"
#include "cli/top/top_table.h"
#include "common/limits.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#define TOP_PATH_MAX 512U

enum top_view { TOP_VIEW_GROUPS, TOP_VIEW_NODES, TOP_VIEW_PROBLEMS, TOP_VIEW_NODE, TOP_VIEWS };

enum top_input { TOP_INPUT_NONE, TOP_INPUT_SEARCH, TOP_INPUT_FILTER, TOP_INPUT_SORT, TOP_INPUT_HELP };

/* The documents of a round, in this order. */
enum top_document {
    TOP_DOCUMENT_FLEET,
    TOP_DOCUMENT_GROUPS,
    TOP_DOCUMENT_PROBLEMS,
    TOP_DOCUMENT_SPARKLINES,
    TOP_DOCUMENT_NODES,
    TOP_DOCUMENT_NODE,
    TOP_DOCUMENT_SERIES,
    TOP_DOCUMENTS
};

/* Times are those of a clock that does not step. */
struct top_link {
    const char *collector; /* URL */
    int64_t delay_ms;      /* from the beginning of a round to the next one */
    int64_t began_ms;      /* the program */
    int64_t answered_ms;   /* the last round that was answered; 0: none was */
    char error[512];       /* why the last round was not; "": it was */
};

struct top {
    struct top_link link;
    struct top_fleet fleet;
    struct top_groups groups;
    struct top_problems problems;
    struct top_nodes nodes;
    struct top_node_metrics node;
    char node_id[NAME_LEN_MAX + 1]; /* whose metrics are shown */
    struct top_table tables[TOP_VIEWS];
    enum top_view view;
    enum top_view nodes_from; /* where Esc leads from the nodes of a group, */
    enum top_view node_from;  /* and from the metrics of a node */
    enum top_input input;
    char text[TOP_TABLE_FILTER_MAX]; /* that is searched for */
    unsigned menu;                   /* the selected place of the menu of columns */
    unsigned round;
    bool lacks[TOP_DOCUMENTS]; /* the collector does not have it */
    bool paused;
    bool hurry; /* another view needs documents: the next round is to begin at once */
    bool quit;
};

/* collector: lives as long as top. */
void top_init(struct top *top, const char *collector, int64_t delay_ms, int64_t now_ms);
void top_deinit(struct top *top);

/* The table of the view. */
struct top_table *top_current(struct top *top);

/* Shows the nodes of a group, or all if it is "", and the metrics of a node. */
void top_open_nodes(struct top *top, const char *group);
void top_open_node(struct top *top, const char *id);

/* Whether the document is needed in this round; then path is that of the request. */
bool top_path(const struct top *top, enum top_document document, char path[TOP_PATH_MAX]);

/* Takes an answer: 0, or -EPROTO or -ENOMEM. */
int top_take(struct top *top, enum top_document document, json_t *answer);

/* There is no answer; rc: of api_client.h. Whether the round can go on without it. */
bool top_do_without(struct top *top, enum top_document document, int rc);

/* A round has ended, with an error or with "". */
void top_end_round(struct top *top, const char *error, int64_t now_ms);

/* Whether the values are old: a round failed, or takes long. */
bool top_is_old(const struct top *top, int64_t now_ms);

/* For how long there has been no answer. */
int64_t top_silence_ms(const struct top *top, int64_t now_ms);

#endif
