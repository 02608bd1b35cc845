/* Pure. Reads what an engine answers to an instant query, by Prometheus's HTTP API: one number, no series, or the
 * sentence that says why it is neither. */
#ifndef BRIDGE_QUERY_QUERY_ANSWER_H
#define BRIDGE_QUERY_QUERY_ANSWER_H

#include "common/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A request for a value and the number of nodes marks each series by this label. */
#define QUERY_LABEL       "headroom"
#define QUERY_LABEL_VALUE "value"
#define QUERY_LABEL_NODES "nodes"

enum query_answer_kind {
    QUERY_VALUE,   /* value and time_ms */
    QUERY_EMPTY,   /* no series */
    QUERY_UNUSABLE /* sentence */
};

struct query_answer {
    enum query_answer_kind kind;
    double value;    /* from 0 */
    int64_t time_ms; /* as of which the engine has evaluated the query: Unix time by its clock */
    bool has_nodes;  /* the answer also has a number of nodes, namely: */
    unsigned nodes;
    char sentence[FEED_LINE_MAX];
};

/* Of an answer with this status of HTTP. location: that of a redirect, or empty. */
void query_answer_read(struct query_answer *answer, long status, const char *location, const char *body, size_t len);

#endif
