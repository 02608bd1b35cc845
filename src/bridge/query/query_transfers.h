/* Sends queries to engines by libcurl, several at a time, and hands over their answers.
 *
 * Happy path: a POST over a connection that is kept for the next tick, an answer of a few hundred bytes. Failures: an
 * engine that does not answer, or only slowly, ends at the query's timeout; an answer of more than QUERY_BODY_MAX bytes
 * is not read to its end; each gives an answer with a sentence. */
#ifndef BRIDGE_QUERY_QUERY_TRANSFERS_H
#define BRIDGE_QUERY_QUERY_TRANSFERS_H

#include "bridge/query/query_answer.h"
#include "bridge/query/query_list.h"

#include <curl/curl.h>
#include <stdint.h>

#define QUERY_BODY_MAX 65536U

/* The answer to the query of that index. age_ms: how old its value is; only for one with a value. */
typedef void query_transfers_cb(unsigned index, const struct query_answer *answer, int64_t age_ms, void *arg);

struct query_transfer;

struct query_transfers {
    CURLM *multi;
    const char *ca_file; /* empty: those of the system */
    struct curl_slist *headers;
    struct query_transfer *unused; /* kept for the next queries */
    struct query_transfer *running;
    query_transfers_cb *cb;
    void *arg;
};

/* 0 or -ENOMEM; then there is nothing to close. */
int query_transfers_open(struct query_transfers *transfers, const char *ca_file, query_transfers_cb *cb, void *arg);

/* Ends what is under way, without callbacks. */
void query_transfers_close(struct query_transfers *transfers);

/* Begins the query; cb follows in query_transfers_run(), or at once if it can't be sent. */
void query_transfers_start(struct query_transfers *transfers, unsigned index, const struct query_signal *signal);

/* Waits for at most that long, and calls cb for each answer. Returns early when stop_fd is readable. */
void query_transfers_run(struct query_transfers *transfers, int wait_ms, int stop_fd);

#endif
