/* One request and its answer: what libmicrohttpd read goes to http_route and ingest, and what the makers of answers
 * make goes back, piece by piece. A client's mistake is answered with an error, and costs only its request. */
#ifndef COLLECTOR_HTTP_HTTP_REQUEST_H
#define COLLECTOR_HTTP_HTTP_REQUEST_H

#include "collector/http/answer.h"
#include "collector/http/http_cache.h"
#include "collector/http/ingest.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <microhttpd.h>

/* Samples came in. */
typedef void http_received_cb(void *arg);

/* What all requests share. The world's `process` is updated here, and its other parts belong to the caller. */
struct http_service {
    struct answer_world *world;
    struct ingest ingest;
    int64_t wall_offset_ms; /* wall clock minus the loop's; set again only when it is off by more than a jitter */
    struct http_cache caches[HTTP_CACHED_COUNT]; /* by enum http_cached */
    uint64_t until_ns; /* by uv_hrtime(): what takes its time and comes later waits for another turn of the loop */
    bool may_rebind;   /* false: the Host header must be local, see http_access.h */
    http_received_cb *cb;
    void *arg;
};

struct http_request;

void http_request_service_init(struct http_service *service, struct answer_world *world, http_received_cb *cb,
                               void *arg);

/* When no request is left. */
void http_request_service_close(struct http_service *service);

struct moment http_request_now(struct http_service *service);

/* NULL when memory is out. */
struct http_request *http_request_new(struct http_service *service, const char *uri);
void http_request_free(struct http_request *request);

/* Its answer is queued. */
bool http_request_answered(const struct http_request *request);

/* As libmicrohttpd's handler of a request: first without data, then once for each piece of its body, of which *len is
 * what was not taken, and a last time without data; that again, as long as no answer was queued. MHD_NO: close the
 * connection. */
enum MHD_Result http_request_receive(struct http_request *request, struct MHD_Connection *connection,
                                     const char *method, const char *data, size_t *len);

#endif
