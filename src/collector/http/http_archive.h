/* Pure. Decides which requests the archive answers, and converts their parameters to its query. */
#ifndef COLLECTOR_HTTP_HTTP_ARCHIVE_H
#define COLLECTOR_HTTP_HTTP_ARCHIVE_H

#include "collector/archive/archive_query.h"
#include "collector/http/http_query.h"

#include <stdbool.h>
#include <stdint.h>

/* Whether the answer is in the files of the data directory, and not in memory. */
bool http_archive_is_asked(const struct http_query *query);

/* 0, or -EINVAL with *refusal set. Without `to`, the time ends now; without `from`, it is a day. */
int http_archive_query(const struct http_query *query, int64_t wall_ms, struct archive_query *archive,
                       struct http_refusal *refusal);

#endif
