/* Pure. A query about a node or a group as a line of text, in which the collector gives it to headroom-bridge history:
 *
 *     group web 1763400000000 1764004800000 1764004800123 demand,capacity
 *     (node or group, its name, from, to and now in milliseconds, columns) */
#ifndef COLLECTOR_ARCHIVE_ARCHIVE_LINE_H
#define COLLECTOR_ARCHIVE_ARCHIVE_LINE_H

#include "collector/archive/archive_query.h"

#include <stddef.h>

#define ARCHIVE_LINE_MAX 2048U

/* Returns the length, the line end included; the line is not 0-terminated. */
size_t archive_line_put(const struct archive_query *query, char line[ARCHIVE_LINE_MAX]);

/* A 0-terminated line without its line end. 0, or -EINVAL and the query is untouched. */
int archive_line_parse(const char *line, struct archive_query *query);

#endif
