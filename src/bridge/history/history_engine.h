/* Sends range queries to an engine, one after the other on one connection, by libcurl. */
#ifndef BRIDGE_HISTORY_HISTORY_ENGINE_H
#define BRIDGE_HISTORY_HISTORY_ENGINE_H

#include "bridge/history/history_config.h"
#include "common/limits.h"

#include <curl/curl.h>
#include <stddef.h>
#include <stdint.h>

#define HISTORY_BODY_MAX ((size_t)1 << 20)

struct history_engine {
    CURL *easy;
    char *url;
    char token[TOKEN_LEN_MAX + 1];
    int64_t until_ms; /* CLOCK_MONOTONIC: when all queries have to be answered */
    char *body;       /* HISTORY_BODY_MAX */
    size_t len;
    char error[CURL_ERROR_SIZE];
};

/* 0, or a negative errno with the reason in error. The caller closes it in any case. */
int history_engine_open(struct history_engine *engine, const struct history_config *config, char *error,
                        size_t error_size);
void history_engine_close(struct history_engine *engine);

/* One value each step_s, at begin_s, begin_s + step_s, ... end_s. 0, and the answer is in body[len]; or a negative
 * errno with the reason in error. */
int history_engine_ask(struct history_engine *engine, const char *query, int64_t begin_s, int64_t end_s, int64_t step_s,
                       char *error, size_t error_size);

#endif
