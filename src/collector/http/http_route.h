/* Pure. From the words of a request to what is asked for. Pure and strict: what is not known is refused with a status
 * and a sentence. */
#ifndef COLLECTOR_HTTP_HTTP_ROUTE_H
#define COLLECTOR_HTTP_HTTP_ROUTE_H

#include "common/limits.h"
#include "common/metric.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HTTP_REFUSAL_MAX 256U

enum http_endpoint {
    HTTP_ASSET, /* a file of the page */
    HTTP_HEALTHZ,
    HTTP_READYZ,
    HTTP_FLEET,
    HTTP_GROUPS,
    HTTP_GROUP,
    HTTP_GROUP_SERIES,
    HTTP_NODES,
    HTTP_NODE,
    HTTP_NODE_SERIES,
    HTTP_DECISIONS,
    HTTP_METRICS,
    HTTP_METRICS_NODES,
    /* of the Python system that this one replaces */
    HTTP_INGEST,
    HTTP_LATEST,
    HTTP_HEALTH
};

/* A column of a list of nodes: one of these, or HTTP_COLUMN_METRIC + a metric. */
enum http_column {
    HTTP_COLUMN_INDEX,
    HTTP_COLUMN_ID,
    HTTP_COLUMN_GROUP,
    HTTP_COLUMN_STATE,
    HTTP_COLUMN_AGE,
    HTTP_COLUMN_METRIC,
    HTTP_COLUMNS = HTTP_COLUMN_METRIC + METRIC_COUNT
};

struct http_query {
    enum http_endpoint endpoint;
    bool head;                    /* only the headers */
    const char *asset;            /* HTTP_ASSET: its path */
    char name[NAME_LEN_MAX + 1];  /* of the group or node in the path */
    char group[NAME_LEN_MAX + 1]; /* group=; empty: all */
    int state;                    /* state=, an enum liveness; -1: all */
    uint8_t columns[HTTP_COLUMNS];
    unsigned column_count; /* columns=, metric=; 0: not given */
    int64_t since;         /* since=; INT64_MIN: not given */
    unsigned after;        /* after= */
    unsigned limit;        /* limit=; 0: not given */
};

struct http_refusal {
    unsigned status;
    const char *allow; /* with 405: the methods that there are; else NULL */
    char text[HTTP_REFUSAL_MAX];
};

/* ingest: the doors for the old agents are open. 0, or -EINVAL with *refusal set and *request untouched. */
int http_route(const char *method, const char *uri, bool ingest, struct http_query *request,
               struct http_refusal *refusal);

void http_refuse(struct http_refusal *refusal, unsigned status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void http_vrefuse(struct http_refusal *refusal, unsigned status, const char *format, va_list arguments)
    __attribute__((format(printf, 3, 0)));

/* May be answered without a token: a file of the page, or whether the collector is alive. */
bool http_is_open(enum http_endpoint endpoint);

/* Whether a Host header names this machine itself, or an address rather than a name: no name that a stranger has
 * pointed here. NULL, no header at all, does. */
bool http_host_is_local(const char *host);

/* Whether an Authorization header carries the token. NULL: there is none. */
bool http_token_ok(const char *token, const char *authorization);

/* As in columns= and in answers: id, state, cpu_percent; a counter as its rate, disk_read_bytes_per_second. */
extern const char *const http_column_names[HTTP_COLUMNS];

#endif
