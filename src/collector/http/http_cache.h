/* An answer that is the same for all who ask, kept until what it tells of has changed: until the fleet is counted anew
 * or a scaler has decided. It is copied while it is sent for the first time; who asks meanwhile gets the one before it,
 * if that is no older than a second, so that many who ask at once don't have it made many times. */
#ifndef COLLECTOR_HTTP_HTTP_CACHE_H
#define COLLECTOR_HTTP_HTTP_CACHE_H

#include "collector/http/http_answer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <microhttpd.h>

/* What an answer is of. */
struct http_cache_version {
    int64_t surveyed_ms;
    uint64_t changes; /* of the board */
};

struct http_cache {
    struct MHD_Response *response; /* NULL: none yet */
    struct http_cache_version version;
    const struct http_cache_copy *making; /* the next one; NULL: nobody does */
};

/* All zero is an empty one. */
struct http_cache_copy {
    char *text;
    size_t len;
    size_t size;
    bool failed; /* no memory: it is not kept */
    struct http_cache_version version;
};

/* NULL: there is none that will do; then a copy is to be made, which the caller may say by http_cache_begin(). */
struct MHD_Response *http_cache_response(const struct http_cache *kept, const struct http_world *world, int64_t now_ms);
void http_cache_begin(struct http_cache *kept, const struct http_cache_copy *copy);

/* The next bytes of the answer. */
void http_cache_copy_add(struct http_cache_copy *copy, const struct http_world *world, const char *text, size_t len);

/* Also of one that was not finished. kept: NULL, or where it was begun. */
void http_cache_copy_free(struct http_cache_copy *copy, struct http_cache *kept);

/* The copy is whole: makes a response of it, which takes its text. NULL: there is no memory for it. */
struct MHD_Response *http_cache_replace(struct http_cache *kept, struct http_cache_copy *copy);

void http_cache_free(struct http_cache *kept);

#endif
