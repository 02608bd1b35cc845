/* Pure. Handles one request and its response. Its address goes to http_route and its body to ingest; a struct
 * http_response describes the response, which a shell sends. A client's mistake is answered with an error, and costs
 * only its request.
 *
 *     GET, HEAD:  new -> whole -> answer -> free
 *     others:     new -> headers -> (refused, or) body ... -> whole -> answer -> free */
#ifndef COLLECTOR_HTTP_HTTP_REQUEST_H
#define COLLECTOR_HTTP_HTTP_REQUEST_H

#include "collector/archive/archive_scan.h"
#include "collector/http/answer.h"
#include "collector/http/http_access.h"
#include "collector/http/http_assets.h"
#include "collector/http/http_cache.h"
#include "collector/http/ingest.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HTTP_HEADERS_MAX 8U

/* What all requests share. */
struct http_service {
    struct answer_world *world; /* its `process` is updated here, and its other parts belong to the caller */
    struct ingest ingest;
    struct http_cache caches[HTTP_CACHED_COUNT];        /* by enum http_cached */
    bool may_rebind;                                    /* false: the Host header must be local, see http_access.h */
    void (*on_received)(void *arg);                     /* samples came in */
    void (*on_measure)(struct answer_process *process); /* measures the process */
    void *arg;
};

enum http_body {
    HTTP_BODY_TEXT,   /* text[len], to be copied */
    HTTP_BODY_STATIC, /* text[len], there as long as the program */
    HTTP_BODY_STREAM, /* what http_request_read() returns, until it ends */
    HTTP_BODY_CACHED, /* `cached` is the whole response, made of an earlier copy */
    HTTP_BODY_OWNED,  /* text[len], of malloc(), for the response to keep and free */
    HTTP_BODY_ARCHIVE /* there is no response yet: `archive` is asked, and http_request_take_archive() makes one */
};

struct http_header {
    const char *name;
    const char *value;
};

struct http_response {
    unsigned status;
    enum http_body body;
    char *text;
    size_t len;
    void *cached;
    struct archive_query archive;
    struct http_header headers[HTTP_HEADERS_MAX];
    unsigned header_count;
    char etag[HTTP_ETAG_SIZE];
    char room[INGEST_RECEIVED_MAX]; /* for a text of a refusal or to a body */
};

/* The value of a header of the request; NULL: it is not there. */
typedef const char *http_header_cb(void *arg, const char *name);

struct http_request;

/* NULL: out of memory. */
struct http_request *http_request_new(struct http_service *service, const char *uri);
void http_request_free(struct http_request *request);

/* The headers are there, and with a method that reads, the whole request. true: *response answers it. false: its body
 * is to come. */
bool http_request_begin(struct http_request *request, const char *method, http_header_cb *header, void *arg,
                        const struct moment *now, struct http_response *response);

/* A piece of the body, and its end: *response answers it. */
void http_request_add_body(struct http_request *request, const char *data, size_t len);
void http_request_take_body(struct http_request *request, const struct moment *now, struct http_response *response);

/* What has come of the request: first its headers, without data; then its body in pieces; then its end, without data,
 * and that again as long as there is no answer. */
struct http_piece {
    const char *method;
    const char *data;
    size_t len;
    bool turn_is_over; /* an answer has to wait for the next turn of the loop */
    http_header_cb *header;
    bool (*is_framed)(void *arg); /* http_access_framing_ok() of the headers */
    void *arg;                    /* of header and is_framed */
    uint64_t origin;              /* of the client, see intake/origin.h */
    struct http_access_certificate certificate;
    struct moment now;
};

/* Calls the three above, each when it is time. true: *response answers the request. */
bool http_request_receive(struct http_request *request, const struct http_piece *piece, struct http_response *response);

/* What the archive has answered: the response has the answer's text, or is an error. */
void http_request_take_archive(int rc, const struct archive_answer *answer, struct http_response *response);

/* The archive can't be asked now. */
void http_request_refuse_archive(struct http_response *response);

/* The next bytes of a streamed body: as answer_read(). */
long http_request_read(struct http_request *request, char *to, size_t size, const struct moment *now);

/* The copy of an answer that is whole and may be cached, of which the caller makes a response with the answer's
 * headers, for http_request_cache(). NULL: there is none. */
const struct http_cache_copy *http_request_copy(const struct http_request *request, struct http_response *headers);
void http_request_cache(struct http_request *request, void *response);

#endif
