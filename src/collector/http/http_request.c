#include "collector/http/http_request.h"

#include "collector/http/http_archive.h"
#include "collector/http/http_assets.h"
#include "collector/http/http_route.h"

#include <stdlib.h>
#include <string.h>

#define URI_MAX 2048U

struct http_request {
    struct http_service *service;
    char uri[URI_MAX];
    bool uri_too_long;
    bool begun;      /* its headers have come */
    uint64_t origin; /* of the client */
    struct http_access_certificate certificate;
    struct http_query query;
    struct answer *answer;
    struct http_cache *cache; /* for the answer; NULL: it is not cached */
    struct http_cache_copy copy;
    bool copied; /* the copy is whole */
    struct ingest_body body;
};

/* ---- responses ---- */

static void add_header(struct http_response *response, const char *name, const char *value)
{
    response->headers[response->header_count++] = (struct http_header){name, value};
}

static void begin_response(struct http_response *response, unsigned status, const char *type, const char *cache)
{
    response->status = status;
    response->header_count = 0;
    add_header(response, "Content-Type", type);
    add_header(response, "Cache-Control", cache);
    add_header(response, "X-Content-Type-Options", "nosniff");
}

static void set_text(struct http_response *response, const struct writer *writer)
{
    response->body = HTTP_BODY_TEXT;
    response->text = writer->text;
    response->len = writer->len;
}

static void refuse(struct http_response *response, const struct http_refusal *refusal)
{
    struct writer writer = {.text = response->room, .size = sizeof response->room};

    begin_response(response, refusal->status, "application/json", "no-store");
    http_refusal_put(&writer, refusal->text);
    set_text(response, &writer);
    if (refusal->allow != NULL)
        add_header(response, "Allow", refusal->allow);
    if (refusal->status == 401)
        add_header(response, "WWW-Authenticate", "Bearer realm=\"headroom\"");
    if (refusal->status == 503 || refusal->status == 429)
        add_header(response, "Retry-After", "1");
}

static void refuse_with(struct http_response *response, unsigned status, const char *text)
{
    struct http_refusal refusal;

    http_refusal_set(&refusal, status, "%s", text);
    refuse(response, &refusal);
}

/* The client asks each time whether its copy is current, and gets no body if it is. The body's text and length are
 * set. */
static void begin_tagged(struct http_response *response, const char *type, const char *known_tag)
{
    http_assets_tag(response->text, response->len, response->etag);
    bool known = known_tag != NULL && strcmp(known_tag, response->etag) == 0;
    begin_response(response, known ? 304 : 200, type, "no-cache");
    add_header(response, "ETag", response->etag);
    if (known)
        response->len = 0;
}

static void answer_with_asset(const struct http_asset *asset, const char *known_tag, struct http_response *response)
{
    response->body = HTTP_BODY_STATIC;
    response->text = asset->begin;
    response->len = (size_t)(asset->end - asset->begin);
    begin_tagged(response, asset->type, known_tag);
    add_header(response, "Content-Security-Policy",
               "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; "
               "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
    add_header(response, "Referrer-Policy", "no-referrer");
}

/* ---- answers ---- */

/* An answer that is whole in its first piece has a length; another one is streamed. */
static void answer_with_data(struct http_request *request, const char *known_tag, const struct moment *now,
                             struct http_response *response)
{
    struct answer *answer = request->answer;

    if (request->cache != NULL)
        http_cache_begin(request->cache, &request->copy);
    if (request->query.endpoint->process)
        request->service->on_measure(&request->service->world->process);
    answer_begin(answer, request->service->world, &request->query, now);
    if (!answer->done)
        (void)answer_read(answer, NULL, 0, now);
    begin_response(response, answer->status, answer->type, "no-store");
    response->body = HTTP_BODY_STREAM;
    if (!answer->done)
        return;
    set_text(response, &answer->writer);
    if (request->query.endpoint->tagged)
        begin_tagged(response, answer->type, known_tag);
    if (request->cache != NULL) {
        http_cache_copy_add(&request->copy, request->service->world, answer->text, answer->writer.len);
        request->copied = true;
    }
}

static void answer_query(struct http_request *request, const char *known_tag, const struct moment *now,
                         struct http_response *response)
{
    struct http_service *service = request->service;
    enum http_cached cached = request->query.endpoint->cached;

    response->cached = NULL;
    if (cached != HTTP_NOT_CACHED) {
        request->cache = &service->caches[cached];
        response->cached = http_cache_response(request->cache, service->world, now->now_ms);
    }
    if (response->cached != NULL) {
        response->status = 200;
        response->body = HTTP_BODY_CACHED;
        return;
    }
    request->answer = malloc(sizeof *request->answer);
    if (request->answer == NULL)
        refuse_with(response, 503, "out of memory");
    else
        answer_with_data(request, known_tag, now, response);
}

long http_request_read(struct http_request *request, char *to, size_t size, const struct moment *now)
{
    long len = answer_read(request->answer, to, size, now);

    if (request->cache != NULL && len > 0)
        http_cache_copy_add(&request->copy, request->service->world, to, (size_t)len);
    request->copied = request->copied || (request->cache != NULL && len < 0);
    return len;
}

const struct http_cache_copy *http_request_copy(const struct http_request *request, struct http_response *headers)
{
    if (!request->copied || !http_cache_copy_ok(&request->copy))
        return NULL;
    begin_response(headers, 200, request->answer->type, "no-store");
    return &request->copy;
}

void http_request_cache(struct http_request *request, void *response)
{
    http_cache_replace(request->cache, &request->copy, response);
    request->copied = false;
}

/* ---- answers from files ---- */

static void ask_archive(const struct http_request *request, const struct moment *now, struct http_response *response)
{
    struct http_refusal refusal;

    response->status = 200; /* so far */
    response->header_count = 0;
    response->body = HTTP_BODY_ARCHIVE;
    if (http_archive_query(&request->query, now->wall_ms, &response->archive, &refusal) < 0)
        refuse(response, &refusal);
}

void http_request_take_archive(int rc, const struct archive_answer *answer, struct http_response *response)
{
    struct http_refusal refusal;

    if (rc < 0) {
        http_refusal_set(&refusal, 503, "the files of the data directory can't be read: %s", strerror(-rc));
        refuse(response, &refusal);
        return;
    }
    begin_response(response, 200, "application/json", "no-store");
    response->body = HTTP_BODY_OWNED;
    response->text = answer->text;
    response->len = answer->len;
}

void http_request_refuse_archive(struct http_response *response)
{
    refuse_with(response, 503, "too many requests for history are waiting; try again later");
}

/* ---- requests ---- */

static void refuse_client(const struct http_request *request, struct http_refusal *refusal)
{
    bool has_token = request->service->world->config->http_token[0] != '\0';
    const char *why = request->certificate.why;

    if (why != NULL)
        http_refusal_set(refusal, 401, "the certificate of the client is not accepted: %s", why);
    else if (has_token)
        http_refusal_set(refusal, 401, "the token is missing or wrong: send Authorization: Bearer TOKEN");
    else
        http_refusal_set(refusal, 401, "a client needs a certificate of a CA in http-ca-file");
}

/* 0, or -1 with *refusal set. authorization: NULL: there is none, which is no guess. */
static int check_token(const struct http_request *request, const char *authorization, uint64_t now_ms,
                       struct http_refusal *refusal)
{
    const struct answer_world *world = request->service->world;
    struct guesses *guesses = world->hub->guesses;

    if (authorization != NULL && guesses != NULL && !guesses_allowed(guesses, request->origin, now_ms)) {
        http_refusal_set(refusal, 429, "too many wrong tokens came from this address; try again later");
        return -1;
    }
    if (http_access_token_ok(world->config->http_token, authorization))
        return 0;
    if (authorization != NULL && guesses != NULL)
        guesses_note(guesses, request->origin, now_ms);
    refuse_client(request, refusal);
    return -1;
}

/* Whether the request is allowed, and finds its endpoint: 0, or -1 with *refusal set. */
static int check(struct http_request *request, const char *method, http_header_cb *header, void *arg, uint64_t now_ms,
                 struct http_refusal *refusal)
{
    const struct http_service *service = request->service;
    const struct collector_config *config = service->world->config;

    if (request->uri_too_long) {
        http_refusal_set(refusal, 414, "the request target must not exceed %u bytes", URI_MAX - 1);
        return -1;
    }
    if (!service->may_rebind && !http_access_host_is_local(header(arg, "Host"))) {
        http_refusal_set(
            refusal, 403,
            "the Host header must be localhost or a numeric address, unless --http-token-file or HTTPS is set");
        return -1;
    }
    if (http_route(method, request->uri, config->http_ingest, &request->query, refusal) < 0)
        return -1;
    if (!http_access_is_limited(config) || http_route_is_open(&request->query) || request->certificate.accepted)
        return 0;
    return check_token(request, header(arg, "Authorization"), now_ms, refusal);
}

static bool only_reads(const char *method)
{
    return strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
}

bool http_request_begin(struct http_request *request, const char *method, http_header_cb *header, void *arg,
                        const struct moment *now, struct http_response *response)
{
    struct http_refusal refusal;

    if (check(request, method, header, arg, (uint64_t)now->now_ms, &refusal) < 0) {
        refuse(response, &refusal);
    } else if (request->query.asset != NULL) {
        answer_with_asset(request->query.asset, header(arg, "If-None-Match"), response);
    } else if (http_archive_is_asked(&request->query)) {
        ask_archive(request, now, response);
    } else if (!request->query.endpoint->body) {
        answer_query(request, header(arg, "If-None-Match"), now, response);
    } else {
        if (ingest_body_begin(&request->body, header(arg, "Content-Type"), header(arg, "Content-Length"), &refusal) ==
            0)
            return false;
        refuse(response, &refusal);
    }
    return true;
}

void http_request_add_body(struct http_request *request, const char *data, size_t len)
{
    ingest_body_add(&request->body, data, len);
}

void http_request_take_body(struct http_request *request, const struct moment *now, struct http_response *response)
{
    struct http_service *service = request->service;
    struct writer writer = {.text = response->room, .size = sizeof response->room};
    struct http_refusal refusal;

    const struct group *group = ingest_take(&service->ingest, &request->body, now, &refusal);
    if (group == NULL) {
        refuse(response, &refusal);
        return;
    }
    service->on_received(service->arg);
    begin_response(response, 200, "application/json", "no-store");
    ingest_put_received(&writer, service->world->history, group);
    set_text(response, &writer);
}

/* libmicrohttpd closes a connection whose request is answered before it was read to its end. So a request that only
 * reads is answered when it is whole, and one whose body is refused at once. */
bool http_request_receive(struct http_request *request, const struct http_piece *piece, struct http_response *response)
{
    bool first = !request->begun;
    bool reads = only_reads(piece->method);

    request->begun = true;
    request->origin = piece->origin;
    request->certificate = piece->certificate;
    if (first && !piece->is_framed(piece->arg)) {
        refuse_with(response, 400, "a request must have one Content-Length, or Transfer-Encoding: chunked");
        return true;
    }
    if (!first && piece->len > 0 && !reads)
        http_request_add_body(request, piece->data, piece->len);
    if (first ? reads : piece->len > 0 || piece->turn_is_over)
        return false;
    if (first || reads)
        return http_request_begin(request, piece->method, piece->header, piece->arg, &piece->now, response);
    http_request_take_body(request, &piece->now, response);
    return true;
}

/* ---- life ---- */

struct http_request *http_request_new(struct http_service *service, const char *uri)
{
    struct http_request *request = calloc(1, sizeof *request);
    size_t len = strlen(uri);

    if (request == NULL)
        return NULL;
    request->service = service;
    request->uri_too_long = len >= sizeof request->uri;
    if (!request->uri_too_long)
        memcpy(request->uri, uri, len + 1);
    return request;
}

void http_request_free(struct http_request *request)
{
    free(request->answer);
    http_cache_copy_free(&request->copy, request->cache);
    ingest_body_free(&request->body);
    free(request);
}
