#include "collector/http/http_request.h"

#include "collector/http/http_assets.h"
#include "common/clock.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>
#include <unistd.h>
#include <uv.h>

#define URI_MAX            2048U
#define WALL_JITTER_MS_MAX 20

struct http_request {
    struct http_service *service;
    char uri[URI_MAX];
    bool too_long; /* the URI */
    bool begun;
    bool answered; /* the answer is queued */
    struct http_query request;
    struct answer *answer;
    struct http_cache *kept; /* where the answer is to be kept; NULL: nowhere */
    struct http_cache_copy copy;
    char *body; /* INGEST_BODY_MAX, of an ingest */
    size_t body_len;
    bool too_much; /* of a body */
};

/* ---- time, and what the process needs ---- */

struct moment http_service_now(struct http_service *service)
{
    int64_t now_ms = (int64_t)(uv_hrtime() / 1000000);
    int64_t offset_ms = clock_wall_ms() - now_ms;

    /* The same sample has the same time in each answer, so that `since` works. */
    if (llabs(offset_ms - service->wall_offset_ms) > WALL_JITTER_MS_MAX)
        service->wall_offset_ms = offset_ms;
    return (struct moment){.now_ms = now_ms, .wall_ms = now_ms + service->wall_offset_ms};
}

static void measure_process(struct http_process *process)
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

/* ---- answers ---- */

static void add_headers(struct MHD_Response *response, const char *type, const char *cache)
{
    MHD_add_response_header(response, "Content-Type", type);
    MHD_add_response_header(response, "Cache-Control", cache);
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
}

static enum MHD_Result queue(struct http_request *exchange, struct MHD_Connection *connection, unsigned status,
                             struct MHD_Response *response)
{
    exchange->answered = true;
    exchange->service->world->process.http_requests++;
    exchange->service->world->process.http_refusals += status >= 400;
    return MHD_queue_response(connection, status, response);
}

/* The response is not used after that. */
static enum MHD_Result send_response(struct http_request *exchange, struct MHD_Connection *connection, unsigned status,
                                     struct MHD_Response *response)
{
    if (response == NULL)
        return MHD_NO;
    enum MHD_Result result = queue(exchange, connection, status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result refuse(struct http_request *exchange, struct MHD_Connection *connection,
                              const struct http_refusal *refusal)
{
    char text[HTTP_REFUSAL_MAX * 6 + 32]; /* each byte escaped */
    struct writer writer = {.text = text, .size = sizeof text};

    http_put_error(&writer, refusal->text);
    struct MHD_Response *response = MHD_create_response_from_buffer(writer.len, text, MHD_RESPMEM_MUST_COPY);
    if (response == NULL)
        return MHD_NO;
    add_headers(response, "application/json", "no-store");
    if (refusal->allow != NULL)
        MHD_add_response_header(response, "Allow", refusal->allow);
    if (refusal->status == 401)
        MHD_add_response_header(response, "WWW-Authenticate", "Bearer realm=\"headroom\"");
    if (refusal->status == 503)
        MHD_add_response_header(response, "Retry-After", "1");
    return send_response(exchange, connection, refusal->status, response);
}

__attribute__((format(printf, 4, 5))) static enum MHD_Result
refuse_as(struct http_request *exchange, struct MHD_Connection *connection, unsigned status, const char *format, ...)
{
    struct http_refusal refusal;
    va_list arguments;

    va_start(arguments, format);
    http_vrefuse(&refusal, status, format, arguments);
    va_end(arguments);
    return refuse(exchange, connection, &refusal);
}

static struct http_cache *kept_of(struct http_request *exchange)
{
    switch (exchange->request.endpoint) {
    case HTTP_GROUPS:
        return &exchange->service->groups;
    case HTTP_METRICS:
        return &exchange->service->metrics;
    default:
        return NULL;
    }
}

/* The answer is whole. NULL: it is not kept. */
static struct MHD_Response *keep(struct http_request *exchange)
{
    struct MHD_Response *response = http_cache_replace(exchange->kept, &exchange->copy);

    if (response != NULL)
        add_headers(response, exchange->answer->type, "no-store");
    return response;
}

static ssize_t http_on_read(void *arg, uint64_t offset, char *to, size_t size)
{
    struct http_request *exchange = arg;

    (void)offset;
    if (turn_is_over(exchange->service))
        return 0;
    struct moment now = http_service_now(exchange->service);
    long len = answer_read(exchange->answer, to, size, &now);
    if (exchange->kept != NULL && len > 0)
        http_cache_copy_add(&exchange->copy, exchange->service->world, to, (size_t)len);
    else if (exchange->kept != NULL && len < 0)
        (void)keep(exchange);
    return len < 0 ? MHD_CONTENT_READER_END_OF_STREAM : (ssize_t)len;
}

/* What is ready at once is sent with its length; the rest comes in pieces. */
static struct MHD_Response *make_response(struct http_request *exchange)
{
    struct answer *answer = exchange->answer;
    struct moment now = http_service_now(exchange->service);
    struct MHD_Response *response = NULL;

    if (!answer->done)
        (void)answer_read(answer, NULL, 0, &now);
    if (answer->done)
        response = MHD_create_response_from_buffer(answer->writer.len, answer->text, MHD_RESPMEM_MUST_COPY);
    else
        response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, ANSWER_PIECE, http_on_read, exchange, NULL);
    if (response != NULL)
        add_headers(response, answer->type, "no-store");
    if (response != NULL && answer->done && exchange->kept != NULL) {
        http_cache_copy_add(&exchange->copy, exchange->service->world, answer->text, answer->writer.len);
        (void)keep(exchange);
    }
    return response;
}

static enum MHD_Result send_answer(struct http_request *exchange, struct MHD_Connection *connection)
{
    struct http_service *service = exchange->service;
    struct moment now = http_service_now(service);

    exchange->kept = kept_of(exchange);
    struct MHD_Response *kept =
        exchange->kept != NULL ? http_cache_response(exchange->kept, service->world, now.now_ms) : NULL;
    if (kept != NULL)
        return queue(exchange, connection, 200, kept);
    exchange->answer = malloc(sizeof *exchange->answer);
    if (exchange->answer == NULL)
        return refuse_as(exchange, connection, 503, "out of memory");
    if (exchange->kept != NULL)
        http_cache_begin(exchange->kept, &exchange->copy);
    if (exchange->request.endpoint == HTTP_METRICS)
        measure_process(&service->world->process);
    answer_begin(exchange->answer, service->world, &exchange->request, &now);
    return send_response(exchange, connection, exchange->answer->status, make_response(exchange));
}

static enum MHD_Result send_asset(struct http_request *exchange, struct MHD_Connection *connection)
{
    static const char policy[] = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
                                 "img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
                                 "frame-ancestors 'none'";
    const struct http_asset *asset = http_asset_find(exchange->request.asset);
    const char *wanted = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "If-None-Match");
    char tag[HTTP_ETAG_SIZE];

    http_asset_tag(asset, tag);
    bool known = wanted != NULL && strcmp(wanted, tag) == 0;
    struct MHD_Response *response = MHD_create_response_from_buffer(known ? 0 : (size_t)(asset->end - asset->begin),
                                                                    asset->begin, MHD_RESPMEM_PERSISTENT);
    if (response == NULL)
        return MHD_NO;
    add_headers(response, asset->type, "no-cache");
    MHD_add_response_header(response, "ETag", tag);
    MHD_add_response_header(response, "Content-Security-Policy", policy);
    MHD_add_response_header(response, "Referrer-Policy", "no-referrer");
    return send_response(exchange, connection, known ? 304 : 200, response);
}

/* ---- samples that are posted ---- */

static void put_scaling_decision(struct writer *writer, const struct decision_history_group *board,
                                 const struct group *group)
{
    const struct decision *last = &board->last;
    static const char *const actions[] = {"hold", "scale_up", "scale_down"};
    char why[DECISION_HISTORY_WHY_MAX];

    if (!board->decided) {
        writer_put(writer, "null");
        return;
    }
    decision_sentence(last, group->name, why, sizeof why);
    writer_putf(writer, "{\"action\":\"%s\",\"group\":\"%s\",\"current_nodes\":%u,\"desired_nodes\":%u,\"reason\":",
                actions[last->action], group->name, last->current, last->desired);
    writer_put_string(writer, why);
    writer_put(writer, "}");
}

static enum MHD_Result send_received(struct http_request *exchange, struct MHD_Connection *connection,
                                     const struct group *group)
{
    char text[DECISION_HISTORY_WHY_MAX * 6 + 512];
    struct writer writer = {.text = text, .size = sizeof text};

    writer_put(&writer, "{\"status\":\"received\",\"scaling_decision\":");
    put_scaling_decision(&writer, &exchange->service->world->board->groups[group->index], group);
    writer_put(&writer, "}\n");
    struct MHD_Response *response = MHD_create_response_from_buffer(writer.len, text, MHD_RESPMEM_MUST_COPY);
    if (response != NULL)
        add_headers(response, "application/json", "no-store");
    return send_response(exchange, connection, 200, response);
}

static enum MHD_Result take_body(struct http_request *exchange, struct MHD_Connection *connection)
{
    struct http_service *service = exchange->service;
    struct http_refusal refusal;
    struct moment now = http_service_now(service);

    if (exchange->too_much)
        return refuse_as(exchange, connection, 413, "a body is at most %zu bytes long", INGEST_BODY_MAX);
    const struct group *group = ingest_take(&service->ingest, exchange->body, exchange->body_len, &now, &refusal);
    if (group == NULL)
        return refuse(exchange, connection, &refusal);
    service->cb(service->arg);
    return send_received(exchange, connection, group);
}

static void add_to_body(struct http_request *exchange, const char *data, size_t len)
{
    if (exchange->body == NULL || len > INGEST_BODY_MAX - exchange->body_len) {
        exchange->too_much = true;
        return;
    }
    memcpy(exchange->body + exchange->body_len, data, len);
    exchange->body_len += len;
}

/* A browser asks its user's permission before it posts JSON elsewhere, and gets none here: so no page in a browser on
 * this machine can post samples. */
static enum MHD_Result begin_body(struct http_request *exchange, struct MHD_Connection *connection)
{
    const char *type = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Content-Type");
    const char *length = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Content-Length");

    if (type == NULL || strncasecmp(type, "application/json", strlen("application/json")) != 0)
        return refuse_as(exchange, connection, 415, "samples come as application/json");
    if (length != NULL && strtoull(length, NULL, 10) > INGEST_BODY_MAX)
        return refuse_as(exchange, connection, 413, "a body is at most %zu bytes long", INGEST_BODY_MAX);
    exchange->body = malloc(INGEST_BODY_MAX);
    if (exchange->body == NULL)
        return refuse_as(exchange, connection, 503, "out of memory");
    return MHD_YES;
}

/* ---- requests ---- */

void http_service_close(struct http_service *service)
{
    http_cache_free(&service->groups);
    http_cache_free(&service->metrics);
}

struct http_request *http_request_new(struct http_service *service, const char *uri)
{
    struct http_request *exchange = calloc(1, sizeof *exchange);
    size_t len = strlen(uri);

    if (exchange == NULL)
        return NULL;
    exchange->service = service;
    exchange->too_long = len >= sizeof exchange->uri;
    if (!exchange->too_long)
        memcpy(exchange->uri, uri, len + 1);
    return exchange;
}

static enum MHD_Result begin(struct http_request *exchange, struct MHD_Connection *connection, const char *method)
{
    struct http_service *service = exchange->service;
    const struct collector_config *config = service->world->config;
    struct http_refusal refusal;

    if (exchange->too_long)
        return refuse_as(exchange, connection, 414, "an address is at most %u bytes long", URI_MAX - 1);
    if (!service->may_rebind && !http_host_is_local(MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Host")))
        return refuse_as(exchange, connection, 403,
                         "this is for the machine itself: ask for localhost or an address, or set a --http-token-file");
    if (http_route(method, exchange->uri, config->http_ingest, &exchange->request, &refusal) < 0)
        return refuse(exchange, connection, &refusal);
    if (config->http_token[0] != '\0' && !http_is_open(exchange->request.endpoint) &&
        !http_token_ok(config->http_token, MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Authorization")))
        return refuse_as(exchange, connection, 401, "the token is missing or wrong: send Authorization: Bearer TOKEN");
    if (exchange->request.endpoint == HTTP_INGEST)
        return begin_body(exchange, connection);
    return exchange->request.endpoint == HTTP_ASSET ? send_asset(exchange, connection)
                                                    : send_answer(exchange, connection);
}

bool http_request_answered(const struct http_request *exchange)
{
    return exchange->answered;
}

struct framing {
    unsigned lengths;
    unsigned encodings;
    bool strange; /* an encoding that is not known */
};

static enum MHD_Result note_framing(void *arg, enum MHD_ValueKind kind, const char *name, const char *value)
{
    struct framing *framing = arg;

    (void)kind;
    framing->lengths += strcasecmp(name, "Content-Length") == 0;
    if (strcasecmp(name, "Transfer-Encoding") == 0) {
        framing->encodings++;
        framing->strange = framing->strange || value == NULL || strcasecmp(value, "chunked") != 0;
    }
    return MHD_YES;
}

/* Where the body of another ends is a matter of taste, and a means to get a second request past a proxy. */
static bool has_one_length(struct MHD_Connection *connection)
{
    struct framing framing = {0};

    (void)MHD_get_connection_values(connection, MHD_HEADER_KIND, note_framing, &framing);
    return framing.lengths + framing.encodings <= 1 && !framing.strange;
}

/* libmicrohttpd closes a connection whose request is answered before it was read to its end. So what only reads waits,
 * and what is refused a body does not. It calls again in its next run when no answer is queued. */
enum MHD_Result http_request_receive(struct http_request *exchange, struct MHD_Connection *connection,
                                     const char *method, const char *data, size_t *len)
{
    bool first = !exchange->begun;
    bool reads = strcmp(method, MHD_HTTP_METHOD_GET) == 0 || strcmp(method, MHD_HTTP_METHOD_HEAD) == 0;

    exchange->begun = true;
    if (first && !has_one_length(connection))
        return refuse_as(exchange, connection, 400, "a request has one Content-Length, or Transfer-Encoding: chunked");
    if (first)
        return reads ? MHD_YES : begin(exchange, connection, method);
    if (*len > 0) {
        if (!reads)
            add_to_body(exchange, data, *len);
        *len = 0;
        return MHD_YES;
    }
    if (turn_is_over(exchange->service))
        return MHD_YES;
    return reads ? begin(exchange, connection, method) : take_body(exchange, connection);
}

void http_request_free(struct http_request *exchange)
{
    free(exchange->answer);
    http_cache_copy_free(&exchange->copy, exchange->kept);
    free(exchange->body);
    free(exchange);
}
