#include "collector/http/http_route.h"

#include "collector/fleet/registry.h"
#include "collector/intake/message_rules.h"
#include "common/parse.h"
#include "common/token.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define PATH_MAX_LEN  512U
#define VALUE_MAX_LEN 1024U

enum {
    TAKES_GROUP = 1U << 0,
    TAKES_STATE = 1U << 1,
    TAKES_COLUMNS = 1U << 2,
    TAKES_METRIC = 1U << 3,
    TAKES_SINCE = 1U << 4,
    TAKES_AFTER = 1U << 5,
    TAKES_LIMIT = 1U << 6
};

/* A "*" in a path is a name. */
static const struct route {
    const char *method;
    const char *path;
    enum http_endpoint endpoint;
    unsigned takes;
    bool ingest; /* only when the doors for the old agents are open */
} routes[] = {
    {"GET", "/", HTTP_ASSET, 0, false},
    {"GET", "/page.js", HTTP_ASSET, 0, false},
    {"GET", "/base.js", HTTP_ASSET, 0, false},
    {"GET", "/fleet.js", HTTP_ASSET, 0, false},
    {"GET", "/group.js", HTTP_ASSET, 0, false},
    {"GET", "/grid.js", HTTP_ASSET, 0, false},
    {"GET", "/layout.js", HTTP_ASSET, 0, false},
    {"GET", "/node.js", HTTP_ASSET, 0, false},
    {"GET", "/page.css", HTTP_ASSET, 0, false},
    {"GET", "/uplot.js", HTTP_ASSET, 0, false},
    {"GET", "/uplot.css", HTTP_ASSET, 0, false},
    {"GET", "/healthz", HTTP_HEALTHZ, 0, false},
    {"GET", "/readyz", HTTP_READYZ, 0, false},
    {"GET", "/api/v1/fleet", HTTP_FLEET, 0, false},
    {"GET", "/api/v1/groups", HTTP_GROUPS, 0, false},
    {"GET", "/api/v1/groups/*", HTTP_GROUP, 0, false},
    {"GET", "/api/v1/groups/*/series", HTTP_GROUP_SERIES, TAKES_SINCE, false},
    {"GET", "/api/v1/nodes", HTTP_NODES, TAKES_GROUP | TAKES_STATE | TAKES_COLUMNS | TAKES_AFTER | TAKES_LIMIT, false},
    {"GET", "/api/v1/nodes/*", HTTP_NODE, 0, false},
    {"GET", "/api/v1/nodes/*/series", HTTP_NODE_SERIES, TAKES_METRIC | TAKES_SINCE, false},
    {"GET", "/api/v1/decisions", HTTP_DECISIONS, TAKES_GROUP | TAKES_SINCE | TAKES_LIMIT, false},
    {"GET", "/metrics", HTTP_METRICS, 0, false},
    {"GET", "/metrics/nodes", HTTP_METRICS_NODES, 0, false},
    {"POST", "/metrics", HTTP_INGEST, 0, true},
    {"GET", "/metrics/latest", HTTP_LATEST, 0, true},
    {"GET", "/health", HTTP_HEALTH, 0, true},
};

#define ROUTE_COUNT (sizeof routes / sizeof *routes)

const char *const http_column_names[HTTP_COLUMNS] = {"index",        "id", "group", "state", "age_ms",
#define NAME_METRIC_PERCENT(field)          #field
#define NAME_METRIC_GAUGE(field)            #field
#define NAME_METRIC_COUNTER(field)          #field "_per_second"
#define COLUMN(symbol, field, column, kind) NAME_##kind(field),
                                                     METRICS(COLUMN)};

void http_vrefuse(struct http_refusal *refusal, unsigned status, const char *format, va_list arguments)
{
    *refusal = (struct http_refusal){.status = status};
    (void)vsnprintf(refusal->text, sizeof refusal->text, format, arguments);
    parse_to_ascii(refusal->text);
}

void http_refuse(struct http_refusal *refusal, unsigned status, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    http_vrefuse(refusal, status, format, arguments);
    va_end(arguments);
}

/* ---- words ---- */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Takes percent encoding away. What stands for a control character, or is no encoding, is refused, and so is what
 * doesn't fit. */
static bool decode(const char *from, size_t len, char *to, size_t size)
{
    size_t used = 0;

    for (size_t i = 0; i < len; i++) {
        char c = from[i];
        if (c == '%') {
            int high = i + 2 < len ? hex_digit(from[i + 1]) : -1;
            int low = high >= 0 ? hex_digit(from[i + 2]) : -1;
            if (low < 0)
                return false;
            c = (char)(high * 16 + low);
            i += 2;
        }
        if (used + 1 >= size || (unsigned char)c < ' ')
            return false;
        to[used++] = c;
    }
    to[used] = '\0';
    return true;
}

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

/* ---- parameters ---- */

static int get_integer(const char *text, int64_t min, int64_t max, int64_t *number)
{
    char *end = NULL;

    if (text[0] == '\0' || strspn(text, "-0123456789") != strlen(text))
        return -EINVAL;
    errno = 0;
    long long found = strtoll(text, &end, 10);
    if (*end != '\0' || errno != 0 || found < min || found > max)
        return -EINVAL;
    *number = found;
    return 0;
}

static int get_count(const char *text, unsigned min, unsigned max, unsigned *count)
{
    int64_t number = 0;

    if (get_integer(text, min, max, &number) < 0)
        return -EINVAL;
    *count = (unsigned)number;
    return 0;
}

static int get_group(const char *text, char *group)
{
    size_t len = strlen(text);

    if (!parse_name_ok(text, len))
        return -EINVAL;
    memcpy(group, text, len + 1);
    return 0;
}

static int get_state(const char *text, int *state)
{
    for (int i = NODE_NEW; i <= NODE_GONE; i++)
        if (strcmp(text, liveness_names[i]) == 0) {
            *state = i;
            return 0;
        }
    return -EINVAL;
}

/* A list with commas, each column once, from the first allowed one on. */
static int get_columns(const char *text, unsigned first, struct http_query *request)
{
    uint32_t taken = 0;

    for (;;) {
        size_t len = strcspn(text, ",");
        unsigned column = first;
        while (column < HTTP_COLUMNS &&
               (strncmp(http_column_names[column], text, len) != 0 || http_column_names[column][len] != '\0'))
            column++;
        if (column == HTTP_COLUMNS || taken >> column & 1U)
            return -EINVAL;
        taken |= 1U << column;
        request->columns[request->column_count++] = (uint8_t)column;
        if (text[len] == '\0')
            return 0;
        text += len + 1;
    }
}

static const struct parameter {
    const char *name;
    unsigned bit;
    const char *allowed;
} parameters[] = {
    {"group", TAKES_GROUP, "the name of a group"},
    {"state", TAKES_STATE, "new, live, stale, unreported or gone"},
    {"columns", TAKES_COLUMNS,
     "index, id, group, state, age_ms and metrics as in /api/v1/nodes, each once, with commas"},
    {"metric", TAKES_METRIC, "metrics as in /api/v1/nodes, each once, with commas"},
    {"since", TAKES_SINCE, "a whole number, as an earlier answer gave it"},
    {"after", TAKES_AFTER, "a whole number, as an earlier answer gave it"},
    {"limit", TAKES_LIMIT, "1 to 100000"},
};

static int set_parameter(unsigned bit, const char *value, struct http_query *request)
{
    switch (bit) {
    case TAKES_GROUP:
        return get_group(value, request->group);
    case TAKES_STATE:
        return get_state(value, &request->state);
    case TAKES_COLUMNS:
        return get_columns(value, 0, request);
    case TAKES_METRIC:
        return get_columns(value, HTTP_COLUMN_METRIC, request);
    case TAKES_SINCE:
        return get_integer(value, 0, INT64_MAX, &request->since);
    case TAKES_AFTER:
        return get_count(value, 0, NODES_MAX, &request->after);
    default:
        return get_count(value, 1, NODES_MAX, &request->limit);
    }
}

/* One "name=value". */
static int take_parameter(const char *text, size_t len, const struct route *route, unsigned *taken,
                          struct http_query *request, struct http_refusal *refusal)
{
    char value[VALUE_MAX_LEN];
    size_t name_len = 0;

    while (name_len < len && text[name_len] != '=')
        name_len++;
    const struct parameter *found = NULL;
    for (size_t i = 0; i < sizeof parameters / sizeof *parameters; i++)
        if ((route->takes & parameters[i].bit) != 0 && strncmp(parameters[i].name, text, name_len) == 0 &&
            parameters[i].name[name_len] == '\0')
            found = &parameters[i];
    if (found == NULL) {
        http_refuse(refusal, 400, "%s takes no parameter \"%.*s\"", route->path, name_len < 60 ? (int)name_len : 60,
                    text);
        return -EINVAL;
    }
    if ((*taken & found->bit) != 0) {
        http_refuse(refusal, 400, "%s is given twice", found->name);
        return -EINVAL;
    }
    *taken |= found->bit;
    size_t begin = name_len < len ? name_len + 1 : len;
    if (!decode(text + begin, len - begin, value, sizeof value) || set_parameter(found->bit, value, request) < 0) {
        http_refuse(refusal, 400, "%s: write %s", found->name, found->allowed);
        return -EINVAL;
    }
    return 0;
}

static int take_query(const char *query, const struct route *route, struct http_query *request,
                      struct http_refusal *refusal)
{
    unsigned taken = 0;

    while (*query != '\0') {
        size_t len = strcspn(query, "&");
        if (len > 0 && take_parameter(query, len, route, &taken, request, refusal) < 0)
            return -EINVAL;
        query += len + (query[len] == '&');
    }
    return 0;
}

/* ---- routes ---- */

/* NULL: there is none, and the refusal says why. */
static const struct route *find_route(const char *method, const char *path, bool ingest, char *name,
                                      struct http_refusal *refusal)
{
    const char *allow = NULL;
    bool shut = false;

    for (size_t i = 0; i < ROUTE_COUNT; i++) {
        const struct route *route = &routes[i];
        if (!path_matches(route->path, path, name))
            continue;
        if (route->ingest && !ingest) {
            shut = true;
            continue;
        }
        if (strcmp(method, route->method) == 0)
            return route;
        allow = allow == NULL && strcmp(route->method, "GET") == 0 ? "GET, HEAD" : "GET, HEAD, POST";
    }
    if (shut && (allow == NULL || strcmp(method, "POST") == 0)) {
        http_refuse(refusal, allow == NULL ? 404 : 405,
                    "%.120s is for the old agents: start the collector with --http-ingest", path);
    } else if (allow == NULL) {
        http_refuse(refusal, 404, "there is nothing at %.120s; the page is at /, and docs/http.md lists the rest",
                    path);
    } else {
        http_refuse(refusal, 405, "%.20s is not for %.120s; what is there can only be read", method, path);
    }
    refusal->allow = allow;
    return NULL;
}

/* A proxy may ask by http://host/path: what counts is the path. */
static const char *path_of(const char *uri)
{
    static const char scheme[] = "http://";

    if (strncasecmp(uri, scheme, sizeof scheme - 1) != 0)
        return uri;
    uri += sizeof scheme - 1;
    uri += strcspn(uri, "/?");
    return uri;
}

int http_route(const char *method, const char *uri, bool ingest, struct http_query *request,
               struct http_refusal *refusal)
{
    char path[PATH_MAX_LEN];
    struct http_query found = {.state = -1, .since = INT64_MIN};

    uri = path_of(uri);
    size_t path_len = strcspn(uri, "?");
    if (!decode(path_len > 0 ? uri : "/", path_len > 0 ? path_len : 1, path, sizeof path)) {
        http_refuse(refusal, 400, "the path is longer than %u bytes, or no valid text", PATH_MAX_LEN - 1);
        return -EINVAL;
    }
    found.head = strcmp(method, "HEAD") == 0;
    const struct route *route = find_route(found.head ? "GET" : method, path, ingest, found.name, refusal);
    if (route == NULL)
        return -EINVAL;
    found.endpoint = route->endpoint;
    found.asset = route->path;
    if (uri[path_len] == '?' && take_query(uri + path_len + 1, route, &found, refusal) < 0)
        return -EINVAL;
    *request = found;
    return 0;
}

/* ---- who may ---- */

bool http_is_open(enum http_endpoint endpoint)
{
    return endpoint == HTTP_ASSET || endpoint == HTTP_HEALTHZ || endpoint == HTTP_READYZ || endpoint == HTTP_HEALTH;
}

bool http_host_is_local(const char *host)
{
    if (host == NULL || host[0] == '[')
        return true;
    size_t len = strcspn(host, ":");
    if (len == strspn(host, "0123456789."))
        return true;
    return len == strlen("localhost") && strncasecmp(host, "localhost", len) == 0;
}

bool http_token_ok(const char *token, const char *authorization)
{
    static const char scheme[] = "Bearer ";

    if (authorization == NULL || strncasecmp(authorization, scheme, sizeof scheme - 1) != 0)
        return false;
    return token_ok(token, authorization + sizeof scheme - 1);
}
