/* Asks engines for the values of signals, and prints them as the lines of feed/feed_line.h.
 *
 * Happy path: each query is asked shortly before each tick, and each of its signals gets a line. Failures: whatever
 * keeps a query from one usable number, its signals get a line that says so; the next tick asks again. It ends at
 * SIGTERM, SIGINT, or when nobody reads its output. */
#ifndef BRIDGE_QUERY_QUERY_H
#define BRIDGE_QUERY_QUERY_H

#include "bridge/query/query_list.h"

/* ca_file: empty: the CAs of the system. 0, or a negative errno, and the reason is logged. */
int query_run(const struct query_list *list, int64_t tick_ms, const char *ca_file);

#endif
