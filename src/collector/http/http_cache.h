/* Pure. Caches a response that is the same for all clients until its contents may have changed: until the fleet is
 * counted again, or a scaler has decided. It is copied while it is sent for the first time; meanwhile other clients
 * get the one before it, if that is at most a second old, so that simultaneous requests do not make it many times. */
#ifndef COLLECTOR_HTTP_HTTP_CACHE_H
#define COLLECTOR_HTTP_HTTP_CACHE_H

#include "collector/http/answer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What an answer is of. */
struct http_cache_version {
    int64_t counted_ms; /* the fleet */
    uint64_t changes;   /* of the history of decisions */
};

/* All zero, but for `release`, is an empty one. */
struct http_cache {
    void (*release)(void *response); /* gives back a response that is cached no longer */
    void *response;                  /* NULL: none yet */
    struct http_cache_version version;
    const struct http_cache_copy *making; /* the next one; NULL: no request makes it */
};

/* All zero is an empty one. */
struct http_cache_copy {
    char *text;
    size_t len;
    size_t size;
    bool failed; /* out of memory: it is not cached */
    struct http_cache_version version;
};

/* The cached response; NULL: none is fresh enough. Then the caller makes a copy, and may announce it by
 * http_cache_begin(). */
void *http_cache_response(const struct http_cache *cache, const struct answer_world *world, int64_t now_ms);
void http_cache_begin(struct http_cache *cache, const struct http_cache_copy *copy);

/* The next bytes of the answer. */
void http_cache_copy_add(struct http_cache_copy *copy, const struct answer_world *world, const char *text, size_t len);

/* Whether the copy, now that its answer has ended, can be cached. */
bool http_cache_copy_ok(const struct http_cache_copy *copy);

/* Also of one that was not finished. cache: NULL, or where it was begun. */
void http_cache_copy_free(struct http_cache_copy *copy, struct http_cache *cache);

/* Caches the response that was made of the copy, and owns the copy's text. */
void http_cache_replace(struct http_cache *cache, struct http_cache_copy *copy, void *response);

void http_cache_free(struct http_cache *cache);

#endif
