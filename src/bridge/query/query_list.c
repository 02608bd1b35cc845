#include "bridge/query/query_list.h"

#include "bridge/query/query_answer.h"

#include "common/hash.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define QUERY_PATH "/api/v1/query"

/* ---- signals ---- */

/* The token of the common engine is not sent to another one. */
static struct query_signal resolve(const struct signal_settings *signal, const struct query_defaults *defaults)
{
    bool is_common = signal->url[0] == '\0' || strcmp(signal->url, defaults->url) == 0;

    return (struct query_signal){
        .settings = signal,
        .url = is_common ? defaults->url : signal->url,
        .token_file = signal->token_file[0] != '\0' ? signal->token_file
                      : is_common                   ? defaults->token_file
                                                    : "",
        .timeout_ms = signal->timeout_ms > 0 ? signal->timeout_ms : defaults->timeout_ms,
        .lookback_ms =
            signal->missing_after_ms > 0 ? signal->missing_after_ms : (int64_t)SIGNAL_MISSING_TICKS * defaults->tick_ms,
    };
}

static int compare_numbers(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int compare(const void *a, const void *b)
{
    const struct query_signal *left = a;
    const struct query_signal *right = b;
    int order = strcmp(left->url, right->url);

    if (order == 0)
        order = strcmp(left->token_file, right->token_file);
    if (order == 0)
        order = compare_numbers(left->timeout_ms, right->timeout_ms);
    if (order == 0)
        order = compare_numbers(left->lookback_ms, right->lookback_ms);
    if (order == 0)
        order = strcmp(left->settings->query, right->settings->query);
    return order != 0 ? order : strcmp(left->settings->nodes_query, right->settings->nodes_query);
}

/* ---- queries ---- */

static uint64_t hash_text(uint64_t hash, const char *text)
{
    return hash_fnv1a(hash, text, strlen(text) + 1);
}

static struct query begin_query(const struct query_list *list, unsigned first)
{
    const struct query_signal *signal = &list->signals[first];
    bool is_new_engine = first == 0 || strcmp(list->signals[first - 1].url, signal->url) != 0;

    return (struct query){
        .first = first,
        .engine = is_new_engine ? list->engine_count : list->engine_count - 1,
        .hash = hash_text(hash_text(hash_fnv1a_begin(), signal->url), signal->settings->query),
    };
}

static void group_signals(struct query_list *list)
{
    for (unsigned i = 0; i < list->signal_count; i++) {
        if (i == 0 || compare(&list->signals[i - 1], &list->signals[i]) != 0) {
            struct query query = begin_query(list, i);
            list->engine_count = query.engine + 1;
            list->queries[list->count++] = query;
        }
        list->queries[list->count - 1].count++;
    }
}

int query_list_init(struct query_list *list, const struct signal_settings *signals, unsigned count,
                    const struct query_defaults *defaults)
{
    struct query_list fresh = {.signals = calloc(count + 1, sizeof *fresh.signals),
                               .queries = calloc(count + 1, sizeof *fresh.queries)};

    if (fresh.signals == NULL || fresh.queries == NULL) {
        query_list_deinit(&fresh);
        return -ENOMEM;
    }
    for (unsigned i = 0; i < count; i++)
        if (signals[i].query[0] != '\0')
            fresh.signals[fresh.signal_count++] = resolve(&signals[i], defaults);
    qsort(fresh.signals, fresh.signal_count, sizeof *fresh.signals, compare);
    group_signals(&fresh);
    *list = fresh;
    return 0;
}

void query_list_deinit(struct query_list *list)
{
    free(list->signals);
    free(list->queries);
    *list = (struct query_list){.signals = NULL};
}

/* ---- requests ---- */

static size_t put_encoded(char *out, const char *text)
{
    static const char digits[] = "0123456789ABCDEF";
    size_t len = 0;

    for (const unsigned char *at = (const unsigned char *)text; *at != '\0'; at++) {
        if (isalnum(*at) || strchr("-._~", *at) != NULL) {
            out[len++] = (char)*at;
        } else {
            out[len++] = '%';
            out[len++] = digits[*at >> 4];
            out[len++] = digits[*at & 15];
        }
    }
    return len;
}

/* One request for both, so that they are of the same moment: each gets a label by which the answer's reader tells them
 * apart. A query may end with a comment. */
static size_t put_query(char *out, const struct signal_settings *signal)
{
    const char *const pieces[] = {"label_replace(", signal->query,
                                  "\n,\"" QUERY_LABEL "\",\"" QUERY_LABEL_VALUE "\",\"\",\"\") or label_replace(",
                                  signal->nodes_query, "\n,\"" QUERY_LABEL "\",\"" QUERY_LABEL_NODES "\",\"\",\"\")"};
    size_t len = 0;

    if (signal->nodes_query[0] == '\0')
        return put_encoded(out, signal->query);
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++)
        len += put_encoded(out + len, pieces[i]);
    return len;
}

/* Each engine takes those it knows. A sample that is older than the lookback is none: lookback_delta is Prometheus's
 * (since 3.0), max_lookback and step are VictoriaMetrics's. VictoriaMetrics answers by default as of 30 s ago, and
 * under the time of now; nocache=1 asks for now. An answer that lacks a part of the series looks like a fall of the
 * demand: deny_partial_response (VictoriaMetrics's cluster) and partial_response (Thanos) make it an error. */
size_t query_list_form(const struct query_signal *signal, char form[QUERY_FORM_MAX])
{
    size_t len = sizeof "query=" - 1;
    long long lookback_ms = signal->lookback_ms;

    static_assert(QUERY_FORM_MAX > 6 * SIGNAL_QUERY_MAX + 300 + 450, "there is room for the parameters and labels");
    memcpy(form, "query=", len);
    len += put_query(form + len, signal->settings);
    return len + (size_t)snprintf(form + len, QUERY_FORM_MAX - len,
                                  "&timeout=%lldms&lookback_delta=%lldms&max_lookback=%lldms&step=%lldms&nocache=1"
                                  "&deny_partial_response=1&partial_response=false",
                                  (long long)signal->timeout_ms, lookback_ms, lookback_ms, lookback_ms);
}

void query_list_url(const char *engine, char url[QUERY_URL_MAX])
{
    size_t len = strlen(engine);
    size_t path_len = sizeof QUERY_PATH - 1;

    while (len > 0 && engine[len - 1] == '/')
        len--;
    bool has_path = len > path_len && memcmp(engine + len - path_len, QUERY_PATH, path_len) == 0;
    (void)snprintf(url, QUERY_URL_MAX, "%.*s%s", (int)len, engine, has_path ? "" : QUERY_PATH);
}
