/* Pure. Which series of an engine a column of a history is, and the PromQL that reduces it to one value for each step.
 * The series are those that the collector shows to Prometheus, and headroom-bridge forward sends. */
#ifndef BRIDGE_HISTORY_HISTORY_QUERY_H
#define BRIDGE_HISTORY_HISTORY_QUERY_H

#include "collector/archive/archive_buckets.h"
#include "collector/archive/archive_query.h"

#include <stddef.h>

#define HISTORY_QUERY_MAX 512U

/* The query of the statistic of a column, with its 0. A counter has only the mean of its rate: the other statistics are
 * the same query. Several series, as of two jobs that scrape one collector, count as one. */
void history_query_put(const struct archive_query *query, unsigned column, enum archive_statistic statistic,
                       char text[HISTORY_QUERY_MAX]);

/* The factor from the engine's value to that of the answer. */
double history_query_factor(const struct archive_query *query, unsigned column);

#endif
