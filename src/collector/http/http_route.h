/* Pure. The table of endpoints, and the search for the row that matches a request target. A file of the page is
 * found by its own path (http_assets.h). A new endpoint is a row and its maker. */
#ifndef COLLECTOR_HTTP_HTTP_ROUTE_H
#define COLLECTOR_HTTP_HTTP_ROUTE_H

#include "collector/http/http_query.h"

#include <stdbool.h>

/* ingest: the endpoints of the old agents are open. 0, or -EINVAL with *refusal set and *query untouched. */
int http_route(const char *method, const char *uri, bool ingest, struct http_query *query,
               struct http_refusal *refusal);

/* Whether it is answered without a token: a file of the page, or whether the collector is alive. */
bool http_route_is_open(const struct http_query *query);

#endif
