#include "collector/http/http_query.h"

#include "collector/fleet/registry.h"
#include "collector/store/csv.h"
#include "common/parse.h"
#include "scaler/decision.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define VALUE_MAX_LEN 1024U

const char *const http_column_names[HTTP_COLUMNS] = {"index",        "id", "group", "state", "age_ms", "above",
#define NAME_METRIC_PERCENT(field)                 #field
#define NAME_METRIC_GAUGE(field)                   #field
#define NAME(word)                                 #word
#define NAME_METRIC_COUNTER(field)                 NAME(field##_per_second)
#define NAME_METRIC_EVENTS(field)                  NAME(field##_per_second)
#define COLUMN(symbol, field, column, kind, title) NAME_##kind(field),
                                                     METRICS(COLUMN)};

/* ---- percent encoding ---- */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool http_query_decode(const char *from, size_t len, char *to, size_t size)
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

static int get_name(const char *text, char *name)
{
    size_t len = strlen(text);

    if (!parse_name_ok(text, len))
        return -EINVAL;
    memcpy(name, text, len + 1);
    return 0;
}

static int get_metrics(const char *text, char *metrics)
{
    size_t len = strlen(text);

    if (len == 0 || len >= HTTP_METRICS_MAX)
        return -EINVAL;
    memcpy(metrics, text, len + 1);
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
static int get_columns(const char *text, unsigned first, struct http_query *query)
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
        query->columns[query->column_count++] = (uint8_t)column;
        if (text[len] == '\0')
            return 0;
        text += len + 1;
    }
}

/* A list with commas, each action once. */
static int get_actions(const char *text, unsigned *actions)
{
    unsigned taken = 0;

    for (;; text++) {
        size_t len = strcspn(text, ",");
        unsigned action = ACTION_HOLD;
        while (action <= ACTION_DOWN &&
               (strncmp(action_names[action], text, len) != 0 || action_names[action][len] != '\0'))
            action++;
        if (action > ACTION_DOWN || (taken >> action & 1U) != 0)
            return -EINVAL;
        taken |= 1U << action;
        text += len;
        if (*text == '\0')
            break;
    }
    *actions = taken;
    return 0;
}

static const struct parameter {
    const char *name;
    unsigned bit;
    const char *allowed;
} parameters[] = {
    {"group", HTTP_TAKES_GROUP, "the name of a group"},
    {"state", HTTP_TAKES_STATE, "new, live, returning, missing, leaving, unreported or gone"},
    {"columns", HTTP_TAKES_COLUMNS,
     "index, id, group, state, age_ms and metrics as in /api/v1/nodes, each once, separated by commas"},
    {"metric", HTTP_TAKES_METRIC, "metrics as in /api/v1/nodes, each once, separated by commas"},
    {"since", HTTP_TAKES_SINCE, "a whole number from an earlier response"},
    {"after", HTTP_TAKES_AFTER, "a whole number from an earlier response"},
    {"limit", HTTP_TAKES_LIMIT, "1 to 100000"},
    {"node", HTTP_TAKES_NODE, "the name of a node"},
    {"from", HTTP_TAKES_FROM, "a Unix time in milliseconds"},
    {"to", HTTP_TAKES_TO, "a Unix time in milliseconds"},
    {"resource", HTTP_TAKES_RESOURCE, "cpu, memory, disk, app or the name of a signal"},
    {"action", HTTP_TAKES_ACTION, "hold, up or down, each once, separated by commas"},
    {"metric", HTTP_TAKES_ANY_METRIC, "columns of the group or metrics of the node, each once, separated by commas"},
};

static int set_parameter(unsigned bit, const char *value, struct http_query *query)
{
    switch (bit) {
    case HTTP_TAKES_GROUP:
        return get_name(value, query->group);
    case HTTP_TAKES_STATE:
        return get_state(value, &query->state);
    case HTTP_TAKES_COLUMNS:
        return get_columns(value, 0, query);
    case HTTP_TAKES_METRIC:
        return get_columns(value, HTTP_COLUMN_METRIC, query);
    case HTTP_TAKES_SINCE:
        return get_integer(value, 0, INT64_MAX, &query->since);
    case HTTP_TAKES_AFTER:
        return get_count(value, 0, NODES_MAX, &query->after);
    case HTTP_TAKES_NODE:
        return get_name(value, query->node);
    case HTTP_TAKES_FROM:
        return get_integer(value, 0, CSV_TIME_MS_MAX, &query->from);
    case HTTP_TAKES_TO:
        return get_integer(value, 0, CSV_TIME_MS_MAX, &query->to);
    case HTTP_TAKES_RESOURCE:
        return get_name(value, query->resource);
    case HTTP_TAKES_ACTION:
        return get_actions(value, &query->actions);
    case HTTP_TAKES_ANY_METRIC:
        return get_metrics(value, query->metrics);
    default:
        return get_count(value, 1, NODES_MAX, &query->limit);
    }
}

/* One "name=value". */
static int take_parameter(const char *text, size_t len, const struct http_endpoint *endpoint, unsigned *taken,
                          struct http_query *query, struct http_refusal *refusal)
{
    char value[VALUE_MAX_LEN];
    size_t name_len = 0;

    while (name_len < len && text[name_len] != '=')
        name_len++;
    const struct parameter *found = NULL;
    for (size_t i = 0; i < sizeof parameters / sizeof *parameters; i++)
        if ((endpoint->takes & parameters[i].bit) != 0 && strncmp(parameters[i].name, text, name_len) == 0 &&
            parameters[i].name[name_len] == '\0')
            found = &parameters[i];
    if (found == NULL) {
        http_refusal_set(refusal, 400, "%s takes no parameter \"%.*s\"", endpoint->path,
                         name_len < 60 ? (int)name_len : 60, text);
        return -EINVAL;
    }
    if ((*taken & found->bit) != 0) {
        http_refusal_set(refusal, 400, "%s is given twice", found->name);
        return -EINVAL;
    }
    *taken |= found->bit;
    size_t begin = name_len < len ? name_len + 1 : len;
    if (!http_query_decode(text + begin, len - begin, value, sizeof value) ||
        set_parameter(found->bit, value, query) < 0) {
        http_refusal_set(refusal, 400, "%s: write %s", found->name, found->allowed);
        return -EINVAL;
    }
    return 0;
}

int http_query_take(const char *text, const struct http_endpoint *endpoint, struct http_query *query,
                    struct http_refusal *refusal)
{
    unsigned taken = 0;

    while (*text != '\0') {
        size_t len = strcspn(text, "&");
        if (len > 0 && take_parameter(text, len, endpoint, &taken, query, refusal) < 0)
            return -EINVAL;
        text += len + (text[len] == '&');
    }
    return 0;
}
