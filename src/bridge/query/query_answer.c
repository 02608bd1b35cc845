#include "bridge/query/query_answer.h"

#include "common/parse.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define TIME_S_MAX 1e12

/* One line of printable ASCII. */
__attribute__((format(printf, 2, 3))) static void set_unusable(struct query_answer *answer, const char *format, ...)
{
    va_list arguments;

    answer->kind = QUERY_UNUSABLE;
    va_start(arguments, format);
    (void)vsnprintf(answer->sentence, sizeof answer->sentence, format, arguments);
    va_end(arguments);
    for (char *at = answer->sentence; *at != '\0'; at++)
        if (*at == '\n' || *at == '\r' || *at == '\t')
            *at = ' ';
    parse_to_ascii(answer->sentence);
}

/* ---- results ---- */

/* [SECONDS, "VALUE"] */
static void read_point(struct query_answer *answer, const json_t *point)
{
    const json_t *time = json_array_get(point, 0);
    const char *text = json_string_value(json_array_get(point, 1));
    double value = 0;

    if (!json_is_number(time) || !(json_number_value(time) > 0 && json_number_value(time) < TIME_S_MAX) ||
        text == NULL) {
        set_unusable(answer, "the engine's answer has no time and value");
    } else if (parse_number(text, strlen(text), &value) != 0 || value < 0) {
        set_unusable(answer, "the query returned %.40s; a signal is a number from 0", text);
    } else {
        answer->kind = QUERY_VALUE;
        answer->value = value;
        answer->time_ms = (int64_t)(json_number_value(time) * 1000);
    }
}

static void read_series(struct query_answer *answer, const json_t *series, size_t count)
{
    if (count == 0)
        answer->kind = QUERY_EMPTY;
    else if (count > 1)
        set_unusable(answer, "the query returned %zu series; wrap it in sum()", count);
    else if (json_object_get(series, "histogram") != NULL)
        set_unusable(answer, "the query returned a histogram; wrap it in histogram_quantile() or histogram_count()");
    else
        read_point(answer, json_object_get(series, "value"));
}

static bool is_of_nodes(const json_t *series)
{
    const char *label = json_string_value(json_object_get(json_object_get(series, "metric"), QUERY_LABEL));

    return label != NULL && strcmp(label, QUERY_LABEL_NODES) == 0;
}

static void read_nodes(struct query_answer *answer, const json_t *series, size_t count)
{
    const char *text = json_string_value(json_array_get(json_object_get(series, "value"), 1));
    unsigned nodes = 0;

    if (count > 1) {
        set_unusable(answer, "the query of nodes returned %zu series; wrap it in sum()", count);
    } else if (text == NULL || parse_unsigned(text, &nodes) != 0 || nodes > NODES_MAX) {
        set_unusable(answer, "the query of nodes returned %.40s; it must return a whole number",
                     text != NULL ? text : "no value");
    } else {
        answer->has_nodes = true;
        answer->nodes = nodes;
    }
}

static void read_vector(struct query_answer *answer, const json_t *result)
{
    const json_t *value = NULL;
    const json_t *nodes = NULL;
    const json_t *series = NULL;
    size_t values = 0;
    size_t counts = 0;
    size_t i = 0;

    json_array_foreach(result, i, series)
    {
        if (is_of_nodes(series)) {
            nodes = series;
            counts++;
        } else {
            value = series;
            values++;
        }
    }
    read_series(answer, value, values);
    if (answer->kind != QUERY_UNUSABLE && counts > 0)
        read_nodes(answer, nodes, counts);
}

static void read_data(struct query_answer *answer, const json_t *data)
{
    const char *type = json_string_value(json_object_get(data, "resultType"));
    const json_t *result = json_object_get(data, "result");

    if (type == NULL || !json_is_array(result))
        set_unusable(answer, "the engine's answer has no result");
    else if (strcmp(type, "vector") == 0)
        read_vector(answer, result);
    else if (strcmp(type, "scalar") == 0)
        read_point(answer, result);
    else
        set_unusable(answer, "the query returned a %.20s; it must return one number%s", type,
                     strcmp(type, "matrix") == 0 ? ", for example by rate() or last_over_time()" : "");
}

/* ---- answers ---- */

static void read_success(struct query_answer *answer, const json_t *root)
{
    /* VictoriaMetrics's cluster, although deny_partial_response was asked for: the value is too small. */
    if (json_is_true(json_object_get(root, "isPartial")))
        set_unusable(answer, "the engine's answer is partial: some of its storage nodes did not answer");
    else
        read_data(answer, json_object_get(root, "data"));
}

static void read_failure(struct query_answer *answer, long status, const char *location, const json_t *root,
                         const char *body, size_t len)
{
    const char *error = json_string_value(json_object_get(root, "error"));

    if (status >= 300 && status < 400)
        set_unusable(answer, "the engine answers with status %ld, a redirect to %.200s; set url to where the engine is",
                     status, location[0] != '\0' ? location : "nowhere");
    else if (error != NULL)
        set_unusable(answer, "the engine answers with status %ld: %.300s", status, error);
    else if (status >= 200 && status < 300)
        set_unusable(answer, "the engine's answer is not that of Prometheus's API: %.*s", (int)(len < 80 ? len : 80),
                     body);
    else
        set_unusable(answer, "the engine answers with status %ld: %.*s", status, (int)(len < 200 ? len : 200), body);
}

void query_answer_read(struct query_answer *answer, long status, const char *location, const char *body, size_t len)
{
    json_t *root = json_loadb(body, len, 0, NULL);
    const char *outcome = json_string_value(json_object_get(root, "status"));
    bool is_success = status >= 200 && status < 300 && outcome != NULL && strcmp(outcome, "success") == 0;

    *answer = (struct query_answer){.kind = QUERY_UNUSABLE};
    if (is_success)
        read_success(answer, root);
    else
        read_failure(answer, status, location, root, body, len);
    json_decref(root);
}
