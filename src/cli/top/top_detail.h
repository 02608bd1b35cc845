/* Pure. The lines above a table: what the collector reports about the group or the node, or the whole text of the
 * selected problem. */
#ifndef CLI_TOP_TOP_DETAIL_H
#define CLI_TOP_TOP_DETAIL_H

#include "cli/top/top.h"
#include "cli/top/top_screen.h"

/* They take at most rows_max lines from the row on, and return how many. */
unsigned top_detail_put_group(const struct top *top, const char *name, struct top_screen *screen, unsigned row,
                              unsigned rows_max);
unsigned top_detail_put_node(const struct top_node_metrics *node, struct top_screen *screen, unsigned row,
                             unsigned rows_max);

/* Always as many, so that the table below stays where it is. problem may be NULL. */
unsigned top_detail_put_problem(const struct top_problem *problem, struct top_screen *screen, unsigned row,
                                unsigned rows_max);

#endif
