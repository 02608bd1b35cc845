/* Pure. Prints a table of nodes: an answer to /api/v1/nodes with columns. */
#ifndef CLI_NODE_TEXT_H
#define CLI_NODE_TEXT_H

#include "cli/view.h"
#include "common/metric.h"

#include <jansson.h>
#include <stddef.h>

/* By what the nodes are sorted: one of these, or NODE_TEXT_BY_METRIC + a metric. Numbers begin with the largest. */
enum node_text_by { NODE_TEXT_BY_GROUP, NODE_TEXT_BY_ID, NODE_TEXT_BY_STATE, NODE_TEXT_BY_AGE, NODE_TEXT_BY_METRIC };

#define NODE_TEXT_COLUMNS_MAX 512U /* bytes of the names of columns */

/* "group", "id", "state", "age", or the name of a metric as in the CSV files: "cpu". 0 or -EINVAL with all of them in
 * error. */
int node_text_parse_by(const char *text, unsigned *by, char *error, size_t error_size);

/* The columns to ask for: those of the table, and the metric that sorts. */
void node_text_columns(unsigned by, char text[NODE_TEXT_COLUMNS_MAX]);

/* 0 or -ENOMEM. */
int node_text_print(const json_t *document, unsigned by, const struct view *view);

#endif
