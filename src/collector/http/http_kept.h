/* An answer that is the same for all who ask, kept until what it tells of has changed: until the fleet is counted anew
 * or a scaler has decided. It is copied while it is sent for the first time; who asks meanwhile gets the one before it,
 * if that is no older than a second, so that many who ask at once don't have it made many times. */
#ifndef COLLECTOR_HTTP_HTTP_KEPT_H
#define COLLECTOR_HTTP_HTTP_KEPT_H

#include "collector/http/http_answer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <microhttpd.h>

/* What an answer is of. */
struct http_edition {
    int64_t surveyed_ms;
    uint64_t changes; /* of the board */
};

struct http_kept {
    struct MHD_Response *response; /* NULL: none yet */
    struct http_edition edition;
    const struct http_copy *making; /* the next one; NULL: nobody does */
};

/* All zero is an empty one. */
struct http_copy {
    char *text;
    size_t len;
    size_t size;
    bool failed; /* no memory: it is not kept */
    struct http_edition edition;
};

/* NULL: there is none that will do; then a copy is to be made, which the caller may say by http_kept_begin(). */
struct MHD_Response *http_kept_response(const struct http_kept *kept, const struct http_world *world, int64_t now_ms);
void http_kept_begin(struct http_kept *kept, const struct http_copy *copy);

/* The next bytes of the answer. */
void http_copy_add(struct http_copy *copy, const struct http_world *world, const char *text, size_t len);

/* Also of one that was not finished. kept: NULL, or where it was begun. */
void http_copy_free(struct http_copy *copy, struct http_kept *kept);

/* The copy is whole: makes a response of it, which takes its text. NULL: there is no memory for it. */
struct MHD_Response *http_kept_replace(struct http_kept *kept, struct http_copy *copy);

void http_kept_free(struct http_kept *kept);

#endif
