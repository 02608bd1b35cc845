/* Pure. Chooses the HTTP connection that is closed for a new one when there are too many.
 *
 * A new connection is always accepted, so that health checks get in whatever others hold open. Another one goes if the
 * new one's origin has more than its share, one of that origin, or else if there are more than all may be. First go
 * those whose request is not whole, then those between two requests, then those that are reading an answer; and within
 * these the one that has been there for longest. Connections from this machine go after all others.
 *
 * Those that have ended for the server are not counted. If they are too many, the one that ended first goes. */
#ifndef COLLECTOR_HTTP_HTTP_PLACES_H
#define COLLECTOR_HTTP_HTTP_PLACES_H

#include <stdbool.h>
#include <stdint.h>

#define HTTP_PLACES_ENDING_MAX 16U

/* In the order in which they go. */
enum http_stage {
    HTTP_ASKING,
    HTTP_IDLE,
    HTTP_READING,
    HTTP_ENDING /* with HTTPS: the server has closed it, and its last bytes are on their way to the client */
};

struct http_place {
    struct http_place *prev; /* utlist */
    struct http_place *next;
    uint64_t origin; /* see intake/origin.h */
    uint64_t since;  /* in the order in which the connections came to their stages */
    enum http_stage stage;
    bool leaving; /* it was chosen before, and is being closed */
};

/* All zero: none. */
struct http_places {
    struct http_place *all; /* utlist */
    uint64_t changes;
};

/* A new connection; its request is not whole. */
void http_places_add(struct http_places *places, struct http_place *place, uint64_t origin);
void http_places_remove(struct http_places *places, struct http_place *place);

void http_places_set_stage(struct http_places *places, struct http_place *place, enum http_stage stage);

/* Chooses the one that goes for newcomer, and marks it. NULL: there are at most `most`, and of its origin `each`. */
struct http_place *http_places_evict(struct http_places *places, const struct http_place *newcomer, unsigned most,
                                     unsigned each);

#endif
