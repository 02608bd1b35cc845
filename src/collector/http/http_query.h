/* Pure. Parses what a request asks for: the endpoint, and the parameters that the endpoint takes. Strict: anything
 * unknown is refused with a status and a sentence. */
#ifndef COLLECTOR_HTTP_HTTP_QUERY_H
#define COLLECTOR_HTTP_HTTP_QUERY_H

#include "collector/http/http_refusal.h"
#include "common/limits.h"
#include "common/metric.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct answer;

/* Parameters of an endpoint. */
enum http_takes {
    HTTP_TAKES_GROUP = 1U << 0,
    HTTP_TAKES_STATE = 1U << 1,
    HTTP_TAKES_COLUMNS = 1U << 2,
    HTTP_TAKES_METRIC = 1U << 3,
    HTTP_TAKES_SINCE = 1U << 4,
    HTTP_TAKES_AFTER = 1U << 5,
    HTTP_TAKES_LIMIT = 1U << 6,
    HTTP_TAKES_NODE = 1U << 7,
    HTTP_TAKES_FROM = 1U << 8,
    HTTP_TAKES_TO = 1U << 9,
    HTTP_TAKES_ANY_METRIC = 1U << 10, /* of nodes or groups */
    HTTP_TAKES_ACTION = 1U << 11,
    HTTP_TAKES_RESOURCE = 1U << 12
};

/* An endpoint whose answer is the same for all clients is cached under one of these. */
enum http_cached { HTTP_NOT_CACHED, HTTP_CACHED_GROUPS, HTTP_CACHED_METRICS, HTTP_CACHED_COUNT };

/* A row of the table in http_route.c. */
struct http_endpoint {
    const char *method;
    const char *path; /* a "*" in it is a name */
    unsigned takes;   /* enum http_takes */
    bool ingest;      /* of the Python system that this one replaces: only with --http-ingest */
    bool open;        /* answered without a token */
    bool body;        /* takes samples in a body, and is answered by ingest */
    bool counted;     /* reports on the whole fleet as it is now: the fleet is counted first */
    bool tagged;      /* the same as long as the program runs: sent with an ETag */
    bool process;     /* reports on the process, which is measured first */
    bool looks;       /* somebody looks at one node: its samples shall come at once */
    bool archived;    /* answered from the files of the data directory; others only if a parameter needs it */
    enum http_cached cached;
    const char *type;                     /* of the content; NULL: application/json */
    void (*begin)(struct answer *answer); /* sets another status than 200; may be NULL */
    void (*make)(struct answer *answer);  /* puts as much as fits into the writer, from the cursor on */
};

/* A column of a list of nodes: one of these, or HTTP_COLUMN_METRIC + a metric. */
enum http_column {
    HTTP_COLUMN_INDEX,
    HTTP_COLUMN_ID,
    HTTP_COLUMN_GROUP,
    HTTP_COLUMN_STATE,
    HTTP_COLUMN_AGE,
    HTTP_COLUMN_ABOVE,
    HTTP_COLUMN_METRIC,
    HTTP_COLUMNS = HTTP_COLUMN_METRIC + METRIC_COUNT
};

#define HTTP_METRICS_MAX 512U /* bytes of the names of all metrics, and more */

struct http_query {
    const struct http_endpoint *endpoint; /* NULL: a file of the page */
    const struct http_asset *asset;       /* that file */
    bool head;                            /* only the headers */
    char name[NAME_LEN_MAX + 1];          /* of the group or node in the path */
    char group[NAME_LEN_MAX + 1];         /* group=; empty: all */
    int state;                            /* state=, an enum liveness; -1: all */
    uint8_t columns[HTTP_COLUMNS];
    unsigned column_count;           /* columns=, metric=; 0: not given */
    int64_t since;                   /* since=; INT64_MIN: not given */
    unsigned after;                  /* after= */
    unsigned limit;                  /* limit=; 0: not given */
    char node[NAME_LEN_MAX + 1];     /* node=; empty: not given */
    char resource[NAME_LEN_MAX + 1]; /* resource=; empty: not given */
    int64_t from;                    /* from=, to=; INT64_MIN: not given */
    int64_t to;
    unsigned actions;               /* action=: a bit for each enum scale_action; 0: not given */
    char metrics[HTTP_METRICS_MAX]; /* metric= of an endpoint that takes any; empty: not given */
};

/* Decodes percent encoding. false: it encodes a control character, is malformed, or does not fit. */
bool http_query_decode(const char *from, size_t len, char *to, size_t size);

/* Reads the parameters, "name=value&...", as far as the endpoint takes them. 0, or -EINVAL with *refusal set. */
int http_query_take(const char *text, const struct http_endpoint *endpoint, struct http_query *query,
                    struct http_refusal *refusal);

/* As in columns= and in answers: id, state, cpu_percent; a counter as its rate, disk_read_bytes_per_second. */
extern const char *const http_column_names[HTTP_COLUMNS];

#endif
