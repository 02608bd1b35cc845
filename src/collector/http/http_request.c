#include "collector/http/http_request.h"

#include "collector/http/http_access.h"
#include "collector/http/http_assets.h"
#include "collector/http/http_route.h"
#include "common/clock.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <uv.h>

#define URI_MAX            2048U
#define WALL_JITTER_MS_MAX 20

struct http_request {
    struct http_service *service;
    char uri[URI_MAX];
    bool uri_too_long;
    bool begun;
    bool answered; /* the answer is queued */
    struct http_query query;
    struct answer *answer;
    struct http_cache *cache; /* for the answer; NULL: it is not cached */
    struct http_cache_copy copy;
    struct ingest_body body;
};

/* ---- time, and what the process uses ---- */

struct moment http_request_now(struct http_service *service)
{
    int64_t now_ms = (int64_t)(uv_hrtime() / 1000000);
    int64_t offset_ms = clock_wall_ms() - now_ms;

    /* The same sample has the same time in each answer, so that `since` works. */
    if (llabs(offset_ms - service->wall_offset_ms) > WALL_JITTER_MS_MAX)
        service->wall_offset_ms = offset_ms;
    return (struct moment){.now_ms = now_ms, .wall_ms = now_ms + service->wall_offset_ms};
}

static void measure_process(struct answer_process *process)
{
    struct rusage usage;
    char line[128];
    char *rest = NULL;

    FILE *file = fopen("/proc/self/statm", "re");
    if (file != NULL) {
        if (fgets(line, sizeof line, file) != NULL && strtoul(line, &rest, 10) > 0) /* all pages, resident ones, ... */
            process->resident_bytes = strtoul(rest, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE);
        fclose(file);
    }
    if (getrusage(RUSAGE_SELF, &usage) == 0)
        process->cpu_seconds = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                               (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static bool turn_is_over(const struct http_service *service)
{
    return uv_hrtime() >= service->until_ns;
}

/* ---- responses ---- */

static void add_headers(struct MHD_Response *response, const char *type, const char *cache)
{
    MHD_add_response_header(response, "Content-Type", type);
    MHD_add_response_header(response, "Cache-Control", cache);
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
}

static enum MHD_Result queue(struct http_request *request, struct MHD_Connection *connection, unsigned status,
                             struct MHD_Response *response)
{
    request->answered = true;
    request->service->world->process.http_requests++;
    request->service->world->process.http_refusals += status >= 400;
    return MHD_queue_response(connection, status, response);
}

/* The response is not used after that. */
static enum MHD_Result send_response(struct http_request *request, struct MHD_Connection *connection, unsigned status,
                                     struct MHD_Response *response)
{
    if (response == NULL)
        return MHD_NO;
    enum MHD_Result result = queue(request, connection, status, response);
    MHD_destroy_response(response);
    return result;
}

static struct MHD_Response *text_response(const struct writer *writer)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(writer->len, writer->text, MHD_RESPMEM_MUST_COPY);

    if (response != NULL)
        add_headers(response, "application/json", "no-store");
    return response;
}

static enum MHD_Result refuse(struct http_request *request, struct MHD_Connection *connection,
                              const struct http_refusal *refusal)
{
    char text[HTTP_REFUSAL_MAX * 6 + 32]; /* each byte escaped */
    struct writer writer = {.text = text, .size = sizeof text};

    http_refusal_put(&writer, refusal->text);
    struct MHD_Response *response = text_response(&writer);
    if (response == NULL)
        return MHD_NO;
    if (refusal->allow != NULL)
        MHD_add_response_header(response, "Allow", refusal->allow);
    if (refusal->status == 401)
        MHD_add_response_header(response, "WWW-Authenticate", "Bearer realm=\"headroom\"");
    if (refusal->status == 503)
        MHD_add_response_header(response, "Retry-After", "1");
    return send_response(request, connection, refusal->status, response);
}

__attribute__((format(printf, 4, 5))) static enum MHD_Result
refuse_as(struct http_request *request, struct MHD_Connection *connection, unsigned status, const char *format, ...)
{
    struct http_refusal refusal;
    va_list arguments;

    va_start(arguments, format);
    http_refusal_vset(&refusal, status, format, arguments);
    va_end(arguments);
    return refuse(request, connection, &refusal);
}

/* ---- answers ---- */

static void release(void *response)
{
    MHD_destroy_response(response); /* one that is being sent is counted once more, and lives until it is */
}

/* The answer is whole. Without memory for a response it is not cached. */
static void put_into_cache(struct http_request *request)
{
    struct http_cache_copy *copy = &request->copy;

    if (!http_cache_copy_ok(copy))
        return;
    struct MHD_Response *response = MHD_create_response_from_buffer(copy->len, copy->text, MHD_RESPMEM_MUST_FREE);
    if (response == NULL)
        return;
    add_headers(response, request->answer->type, "no-store");
    http_cache_replace(request->cache, copy, response);
}

static ssize_t http_request_on_read(void *arg, uint64_t offset, char *to, size_t size)
{
    struct http_request *request = arg;

    (void)offset;
    if (turn_is_over(request->service))
        return 0;
    struct moment now = http_request_now(request->service);
    long len = answer_read(request->answer, to, size, &now);
    if (request->cache != NULL && len > 0)
        http_cache_copy_add(&request->copy, request->service->world, to, (size_t)len);
    else if (request->cache != NULL && len < 0)
        put_into_cache(request);
    return len < 0 ? MHD_CONTENT_READER_END_OF_STREAM : (ssize_t)len;
}

/* An answer that is whole in its first piece is sent with its length; another one is sent in chunks. */
static struct MHD_Response *answer_response(struct http_request *request)
{
    struct answer *answer = request->answer;
    struct moment now = http_request_now(request->service);
    struct MHD_Response *response = NULL;

    if (!answer->done)
        (void)answer_read(answer, NULL, 0, &now);
    if (answer->done)
        response = MHD_create_response_from_buffer(answer->writer.len, answer->text, MHD_RESPMEM_MUST_COPY);
    else
        response =
            MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, ANSWER_PIECE, http_request_on_read, request, NULL);
    if (response != NULL)
        add_headers(response, answer->type, "no-store");
    if (response != NULL && answer->done && request->cache != NULL) {
        http_cache_copy_add(&request->copy, request->service->world, answer->text, answer->writer.len);
        put_into_cache(request);
    }
    return response;
}

static enum MHD_Result send_answer(struct http_request *request, struct MHD_Connection *connection)
{
    struct http_service *service = request->service;
    const struct http_endpoint *endpoint = request->query.endpoint;
    struct moment now = http_request_now(service);
    struct MHD_Response *cached = NULL;

    if (endpoint->cached != HTTP_NOT_CACHED) {
        request->cache = &service->caches[endpoint->cached];
        cached = http_cache_response(request->cache, service->world, now.now_ms);
    }
    if (cached != NULL)
        return queue(request, connection, 200, cached);
    request->answer = malloc(sizeof *request->answer);
    if (request->answer == NULL)
        return refuse_as(request, connection, 503, "out of memory");
    if (request->cache != NULL)
        http_cache_begin(request->cache, &request->copy);
    if (endpoint->process)
        measure_process(&service->world->process);
    answer_begin(request->answer, service->world, &request->query, &now);
    return send_response(request, connection, request->answer->status, answer_response(request));
}

static enum MHD_Result send_asset(struct http_request *request, struct MHD_Connection *connection)
{
    static const char policy[] = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
                                 "img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
                                 "frame-ancestors 'none'";
    const struct http_asset *asset = request->query.asset;
    const char *wanted = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "If-None-Match");
    char tag[HTTP_ETAG_SIZE];

    http_assets_tag(asset, tag);
    bool known = wanted != NULL && strcmp(wanted, tag) == 0;
    struct MHD_Response *response = MHD_create_response_from_buffer(known ? 0 : (size_t)(asset->end - asset->begin),
                                                                    asset->begin, MHD_RESPMEM_PERSISTENT);
    if (response == NULL)
        return MHD_NO;
    add_headers(response, asset->type, "no-cache");
    MHD_add_response_header(response, "ETag", tag);
    MHD_add_response_header(response, "Content-Security-Policy", policy);
    MHD_add_response_header(response, "Referrer-Policy", "no-referrer");
    return send_response(request, connection, known ? 304 : 200, response);
}

static enum MHD_Result take_body(struct http_request *request, struct MHD_Connection *connection)
{
    struct http_service *service = request->service;
    struct http_refusal refusal;
    struct moment now = http_request_now(service);
    char text[INGEST_RECEIVED_MAX];
    struct writer writer = {.text = text, .size = sizeof text};

    const struct group *group = ingest_take(&service->ingest, &request->body, &now, &refusal);
    if (group == NULL)
        return refuse(request, connection, &refusal);
    service->cb(service->arg);
    ingest_put_received(&writer, service->world->history, group);
    return send_response(request, connection, 200, text_response(&writer));
}

/* ---- requests ---- */

static const char *header(struct MHD_Connection *connection, const char *name)
{
    return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

/* The headers are there: refuses the request, answers it, or gets ready for its body. */
static enum MHD_Result begin(struct http_request *request, struct MHD_Connection *connection, const char *method)
{
    struct http_service *service = request->service;
    const struct collector_config *config = service->world->config;
    struct http_refusal refusal;

    if (request->uri_too_long)
        return refuse_as(request, connection, 414, "an address is at most %u bytes long", URI_MAX - 1);
    if (!service->may_rebind && !http_access_host_is_local(header(connection, "Host")))
        return refuse_as(request, connection, 403,
                         "this is for the machine itself: ask for localhost or an address, or set a --http-token-file");
    if (http_route(method, request->uri, config->http_ingest, &request->query, &refusal) < 0)
        return refuse(request, connection, &refusal);
    if (config->http_token[0] != '\0' && !http_route_is_open(&request->query) &&
        !http_access_token_ok(config->http_token, header(connection, "Authorization")))
        return refuse_as(request, connection, 401, "the token is missing or wrong: send Authorization: Bearer TOKEN");
    if (request->query.asset != NULL)
        return send_asset(request, connection);
    if (!request->query.endpoint->body)
        return send_answer(request, connection);
    if (ingest_body_begin(&request->body, header(connection, "Content-Type"), header(connection, "Content-Length"),
                          &refusal) < 0)
        return refuse(request, connection, &refusal);
    return MHD_YES;
}

static enum MHD_Result http_request_on_header(void *arg, enum MHD_ValueKind kind, const char *name, const char *value)
{
    (void)kind;
    http_access_note_header(arg, name, value);
    return MHD_YES;
}

/* libmicrohttpd closes a connection whose request is answered before it was read to its end. So a request that only
 * reads is answered when it is whole, and one whose body is refused at once. libmicrohttpd calls again in its next run
 * when no answer is queued. */
enum MHD_Result http_request_receive(struct http_request *request, struct MHD_Connection *connection,
                                     const char *method, const char *data, size_t *len)
{
    struct http_access_framing framing = {0};
    bool first = !request->begun;
    bool reads = strcmp(method, MHD_HTTP_METHOD_GET) == 0 || strcmp(method, MHD_HTTP_METHOD_HEAD) == 0;

    request->begun = true;
    if (first)
        (void)MHD_get_connection_values(connection, MHD_HEADER_KIND, http_request_on_header, &framing);
    if (!http_access_framing_ok(&framing))
        return refuse_as(request, connection, 400, "a request has one Content-Length, or Transfer-Encoding: chunked");
    if (first)
        return reads ? MHD_YES : begin(request, connection, method);
    if (*len > 0) {
        if (!reads)
            ingest_body_add(&request->body, data, *len);
        *len = 0;
        return MHD_YES;
    }
    if (turn_is_over(request->service))
        return MHD_YES;
    return reads ? begin(request, connection, method) : take_body(request, connection);
}

bool http_request_answered(const struct http_request *request)
{
    return request->answered;
}

/* ---- life ---- */

void http_request_service_init(struct http_service *service, struct answer_world *world, http_received_cb *cb,
                               void *arg)
{
    *service = (struct http_service){.world = world, .cb = cb, .arg = arg};
    for (unsigned i = 0; i < HTTP_CACHED_COUNT; i++)
        service->caches[i].release = release;
}

void http_request_service_close(struct http_service *service)
{
    for (unsigned i = 0; i < HTTP_CACHED_COUNT; i++)
        http_cache_free(&service->caches[i]);
}

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
