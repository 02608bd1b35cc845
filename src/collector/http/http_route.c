#include "collector/http/http_route.h"

#include "collector/http/answer_decision.h"
#include "collector/http/answer_fleet.h"
#include "collector/http/answer_groups.h"
#include "collector/http/answer_metrics.h"
#include "collector/http/answer_node_metrics.h"
#include "collector/http/answer_nodes.h"
#include "collector/http/answer_problems.h"
#include "collector/http/answer_series.h"
#include "collector/http/answer_sparklines.h"
#include "collector/http/http_assets.h"
#include "common/parse.h"
#include "common/token.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#define PATH_MAX_LEN 512U

#define METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* clang-format off */
static const struct http_endpoint endpoints[] = {
    {"GET", "/healthz", .open = true, .make = answer_fleet_make_healthz},
    {"GET", "/readyz", .open = true, .begin = answer_fleet_begin_readyz, .make = answer_fleet_make_readyz},
    {"GET", "/metrics.js", .open = true, .tagged = true, .type = "text/javascript; charset=utf-8",
     .make = answer_fleet_make_metrics},
    {"GET", "/api/v1/fleet", .counted = true, .make = answer_fleet_make},
    {"GET", "/api/v1/groups", .counted = true, .cached = HTTP_CACHED_GROUPS, .make = answer_groups_make},
    {"GET", "/api/v1/groups/*", .counted = true, .begin = answer_groups_begin_decided, .make = answer_groups_make_one},
    {"GET", "/api/v1/groups/*/decision", .begin = answer_groups_begin_known, .make = answer_decision_make},
    {"GET", "/api/v1/groups/*/series", HTTP_TAKES_SINCE | HTTP_TAKES_RESOURCE, .begin = answer_series_begin,
     .make = answer_series_make},
    {"GET", "/api/v1/sparklines", HTTP_TAKES_RESOURCE, .begin = answer_sparklines_begin,
     .make = answer_sparklines_make},
    {"GET", "/api/v1/problems", .make = answer_problems_make},
    {"GET", "/api/v1/nodes",
     HTTP_TAKES_GROUP | HTTP_TAKES_STATE | HTTP_TAKES_COLUMNS | HTTP_TAKES_AFTER | HTTP_TAKES_LIMIT,
     .make = answer_nodes_make},
    {"GET", "/api/v1/nodes/*", .looks = true, .begin = answer_nodes_begin_known, .make = answer_nodes_make_one},
    {"GET", "/api/v1/nodes/*/series", HTTP_TAKES_METRIC | HTTP_TAKES_SINCE, .looks = true,
     .begin = answer_nodes_begin_known, .make = answer_nodes_make_series},
    {"GET", "/api/v1/decisions",
     HTTP_TAKES_GROUP | HTTP_TAKES_SINCE | HTTP_TAKES_LIMIT | HTTP_TAKES_FROM | HTTP_TAKES_TO | HTTP_TAKES_ACTION,
     .make = answer_groups_make_decisions},
    {"GET", "/api/v1/history",
     HTTP_TAKES_GROUP | HTTP_TAKES_NODE | HTTP_TAKES_ANY_METRIC | HTTP_TAKES_FROM | HTTP_TAKES_TO, .archived = true},
    {"GET", "/metrics", .counted = true, .process = true, .cached = HTTP_CACHED_METRICS, .type = METRICS_TYPE,
     .make = answer_metrics_make},
    {"GET", "/metrics/nodes", .type = METRICS_TYPE, .make = answer_node_metrics_make},
    /* of the Python system that this one replaces */
    {"POST", "/metrics", .ingest = true, .body = true},
    {"GET", "/metrics/latest", .ingest = true, .make = answer_nodes_make_latest},
    {"GET", "/health", .ingest = true, .open = true, .make = answer_fleet_make_health},
};
/* clang-format on */

static bool path_matches(const char *pattern, const char *path, char *name)
{
    for (; *pattern != '\0'; pattern++) {
        if (*pattern != '*') {
            if (*path++ != *pattern)
                return false;
            continue;
        }
        size_t len = strcspn(path, "/");
        if (!parse_name_ok(path, len))
            return false;
        memcpy(name, path, len);
        name[len] = '\0';
        path += len;
    }
    return *path == '\0';
}

static void refuse_method(const char *method, const char *path, const char *allow, struct http_refusal *refusal)
{
    http_refusal_set(refusal, 405, "%.120s does not accept %.20s; it is read-only", path, method);
    refusal->allow = allow;
}

/* NULL: there is none, and *refusal is set. */
static const struct http_endpoint *find_endpoint(const char *method, const char *path, bool ingest, char *name,
                                                 struct http_refusal *refusal)
{
    const char *allow = NULL;
    bool shut = false;

    for (size_t i = 0; i < sizeof endpoints / sizeof *endpoints; i++) {
        const struct http_endpoint *endpoint = &endpoints[i];
        if (!path_matches(endpoint->path, path, name))
            continue;
        if (endpoint->ingest && !ingest) {
            shut = true;
            continue;
        }
        if (strcmp(method, endpoint->method) == 0)
            return endpoint;
        allow = allow == NULL && strcmp(endpoint->method, "GET") == 0 ? "GET, HEAD" : "GET, HEAD, POST";
    }
    if (shut && (allow == NULL || strcmp(method, "POST") == 0)) {
        http_refusal_set(refusal, allow == NULL ? 404 : 405,
                         "%.120s is disabled: to accept samples, start the collector with --http-ingest", path);
    } else if (allow == NULL) {
        http_refusal_set(refusal, 404, "no such resource: %.120s; the page is at /, and docs/http.md lists the others",
                         path);
    } else {
        refuse_method(method, path, allow, refusal);
    }
    refusal->allow = allow;
    return NULL;
}

/* A proxy may send http://host/path: only the path counts. */
static const char *path_of(const char *uri)
{
    static const char scheme[] = "http://";

    if (strncasecmp(uri, scheme, sizeof scheme - 1) != 0)
        return uri;
    uri += sizeof scheme - 1;
    uri += strcspn(uri, "/?");
    return uri;
}

/* The file of the page, or the endpoint, into *found. */
static int find(const char *method, const char *path, bool ingest, struct http_query *found,
                struct http_refusal *refusal)
{
    found->head = strcmp(method, "HEAD") == 0;
    found->asset = http_assets_find(path);
    if (found->asset == NULL)
        found->endpoint = find_endpoint(found->head ? "GET" : method, path, ingest, found->name, refusal);
    else if (!found->head && strcmp(method, "GET") != 0)
        refuse_method(method, path, "GET, HEAD", refusal);
    else
        return 0;
    return found->endpoint != NULL ? 0 : -EINVAL;
}

int http_route(const char *method, const char *uri, bool ingest, struct http_query *query, struct http_refusal *refusal)
{
    char path[PATH_MAX_LEN];
    struct http_query found = {.state = -1, .since = INT64_MIN, .from = INT64_MIN, .to = INT64_MIN};

    uri = path_of(uri);
    size_t path_len = strcspn(uri, "?");
    if (!http_query_decode(path_len > 0 ? uri : "/", path_len > 0 ? path_len : 1, path, sizeof path)) {
        http_refusal_set(refusal, 400, "the path is longer than %u bytes, or not valid text", PATH_MAX_LEN - 1);
        return -EINVAL;
    }
    if (find(method, path, ingest, &found, refusal) < 0)
        return -EINVAL;
    const struct http_endpoint file = {.path = path}; /* it takes no parameters */
    if (uri[path_len] == '?' &&
        http_query_take(uri + path_len + 1, found.asset != NULL ? &file : found.endpoint, &found, refusal) < 0)
        return -EINVAL;
    *query = found;
    return 0;
}

bool http_route_is_open(const struct http_query *query)
{
    return query->asset != NULL || query->endpoint->open;
}
