#include "collector/http/http_send.h"

#include "collector/http/http_access.h"
#include "collector/intake/origin.h"
#include "common/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utlist.h>
#include <uv.h>

/* A request on its connection. */
struct http_exchange {
    struct http_sender *sender;
    struct http_request *request;
    bool answered;                  /* the response is queued */
    struct archive_request *asked;  /* the archive is to answer it; NULL: it is not, or it has */
    struct MHD_Connection *waiting; /* suspended until then */
    bool abandoned;
    bool archived; /* the archive has answered: */
    int archive_rc;
    struct archive_answer archive;
    struct http_exchange *prev;
    struct http_exchange *next;
};

/* ---- time, and what the process uses ---- */

struct moment http_send_now(struct http_sender *sender)
{
    /* The same sample has the same time in each answer, so that `since` works. */
    return moment_of((int64_t)(uv_hrtime() / 1000000), clock_wall_ms(), &sender->wall_offset_ms);
}

static void http_send_on_measure(struct answer_process *process)
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

static bool turn_is_over(const struct http_sender *sender)
{
    return uv_hrtime() >= sender->until_ns;
}

/* ---- responses ---- */

static struct MHD_Response *with_headers(struct MHD_Response *made, const struct http_response *response)
{
    for (unsigned i = 0; made != NULL && i < response->header_count; i++)
        MHD_add_response_header(made, response->headers[i].name, response->headers[i].value);
    return made;
}

static void http_send_on_release(void *response)
{
    MHD_destroy_response(response); /* one that is being sent lives until it is */
}

/* The answer is whole. Without memory for a response it is not cached. */
static void put_into_cache(struct http_request *request)
{
    struct http_response headers;
    const struct http_cache_copy *copy = http_request_copy(request, &headers);

    if (copy == NULL)
        return;
    struct MHD_Response *made = MHD_create_response_from_buffer(copy->len, copy->text, MHD_RESPMEM_MUST_FREE);
    if (made != NULL)
        http_request_cache(request, with_headers(made, &headers));
}

static ssize_t http_send_on_read(void *arg, uint64_t offset, char *to, size_t size)
{
    struct http_exchange *exchange = arg;

    (void)offset;
    if (turn_is_over(exchange->sender))
        return 0;
    struct moment now = http_send_now(exchange->sender);
    long len = http_request_read(exchange->request, to, size, &now);
    if (len >= 0)
        return len;
    put_into_cache(exchange->request);
    return MHD_CONTENT_READER_END_OF_STREAM;
}

static struct MHD_Response *make_response(struct http_exchange *exchange, const struct http_response *response)
{
    switch (response->body) {
    case HTTP_BODY_TEXT:
        return MHD_create_response_from_buffer(response->len, response->text, MHD_RESPMEM_MUST_COPY);
    case HTTP_BODY_STATIC:
        return MHD_create_response_from_buffer(response->len, response->text, MHD_RESPMEM_PERSISTENT);
    case HTTP_BODY_STREAM:
        return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, ANSWER_PIECE, http_send_on_read, exchange, NULL);
    case HTTP_BODY_OWNED:
        return MHD_create_response_from_buffer(response->len, response->text, MHD_RESPMEM_MUST_FREE);
    case HTTP_BODY_CACHED:
    case HTTP_BODY_ARCHIVE:
        break;
    }
    return NULL;
}

static enum MHD_Result queue(struct http_exchange *exchange, struct MHD_Connection *connection, unsigned status,
                             struct MHD_Response *made)
{
    struct answer_process *process = &exchange->sender->service.world->process;

    exchange->answered = true;
    process->http_requests++;
    process->http_refusals += status >= 400;
    return MHD_queue_response(connection, status, made);
}

static enum MHD_Result send_response(struct http_exchange *exchange, struct MHD_Connection *connection,
                                     const struct http_response *response)
{
    if (response->body == HTTP_BODY_CACHED)
        return queue(exchange, connection, response->status, response->cached);
    struct MHD_Response *made = with_headers(make_response(exchange, response), response);
    if (made == NULL)
        return MHD_NO;
    put_into_cache(exchange->request);
    enum MHD_Result result = queue(exchange, connection, response->status, made);
    MHD_destroy_response(made);
    return result;
}

/* ---- answers from files ---- */

void http_send_start_archive(struct http_sender *sender, uv_loop_t *loop, const struct disk *disk,
                             const struct archive_engine *engine, void (*on_archive)(void *arg), void *arg)
{
    archive_reader_start(&sender->archive, loop, disk, engine);
    sender->on_archive = on_archive;
    sender->archive_arg = arg;
}

/* libmicrohttpd calls its handler again. */
static void end_wait(struct http_exchange *exchange)
{
    struct MHD_Connection *connection = exchange->waiting;

    DL_DELETE(exchange->sender->waiting, exchange);
    exchange->asked = NULL;
    exchange->waiting = NULL;
    MHD_resume_connection(connection);
}

static void http_send_on_answer(int rc, const struct archive_answer *answer, void *arg)
{
    struct http_exchange *exchange = arg;
    struct http_sender *sender = exchange->sender;

    exchange->archived = true;
    exchange->archive_rc = rc;
    exchange->archive = *answer;
    end_wait(exchange);
    sender->on_archive(sender->archive_arg);
}

/* false: the response is an error. */
static bool begin_wait(struct http_exchange *exchange, struct MHD_Connection *connection,
                       struct http_response *response)
{
    exchange->asked = archive_reader_ask(&exchange->sender->archive, &response->archive, http_send_on_answer, exchange);
    if (exchange->asked == NULL) {
        http_request_refuse_archive(response);
        return false;
    }
    exchange->waiting = connection;
    DL_APPEND(exchange->sender->waiting, exchange);
    MHD_suspend_connection(connection);
    return true;
}

static enum MHD_Result send_archived(struct http_exchange *exchange, struct MHD_Connection *connection)
{
    struct http_response response;

    exchange->archived = false;
    http_request_take_archive(exchange->archive_rc, &exchange->archive, &response);
    return send_response(exchange, connection, &response);
}

bool http_send_waits(const struct http_exchange *exchange)
{
    return exchange->asked != NULL;
}

bool http_send_is_deserted(const struct http_exchange *exchange)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(exchange->waiting, MHD_CONNECTION_INFO_CONNECTION_FD);
    char byte;

    return info != NULL && recv(info->connect_fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

void http_send_abandon(struct http_exchange *exchange)
{
    if (exchange->asked == NULL)
        return;
    archive_reader_cancel(&exchange->sender->archive, exchange->asked);
    exchange->abandoned = true;
    end_wait(exchange);
}

void http_send_stop_archive(struct http_sender *sender)
{
    struct http_exchange *exchange = NULL;
    struct http_exchange *following = NULL;

    DL_FOREACH_SAFE (sender->waiting, exchange, following)
        http_send_abandon(exchange);
    archive_reader_close(&sender->archive);
}

/* ---- requests ---- */

static const char *http_send_on_header(void *connection, const char *name)
{
    return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

static enum MHD_Result http_send_on_each_header(void *arg, enum MHD_ValueKind kind, const char *name, const char *value)
{
    (void)kind;
    http_access_note_header(arg, name, value);
    return MHD_YES;
}

static bool http_send_on_framing(void *connection)
{
    struct http_access_framing framing = {0};

    (void)MHD_get_connection_values(connection, MHD_HEADER_KIND, http_send_on_each_header, &framing);
    return http_access_framing_ok(&framing);
}

uint64_t http_send_origin(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);

    return info != NULL && info->client_addr != NULL ? origin_of(info->client_addr) : 0;
}

enum MHD_Result http_send_receive(struct http_exchange *exchange, struct MHD_Connection *connection,
                                  const struct http_send_piece *given)
{
    const struct http_piece piece = {
        .method = given->method,
        .data = given->data,
        .len = *given->len,
        .turn_is_over = turn_is_over(exchange->sender),
        .header = http_send_on_header,
        .is_framed = http_send_on_framing,
        .arg = connection,
        .origin = http_send_origin(connection),
        .certificate = given->certificate,
        .now = http_send_now(exchange->sender),
    };
    struct http_response response;

    *given->len = 0;
    if (exchange->abandoned)
        return MHD_NO;
    if (exchange->archived)
        return send_archived(exchange, connection);
    if (!http_request_receive(exchange->request, &piece, &response))
        return MHD_YES;
    if (response.body == HTTP_BODY_ARCHIVE && begin_wait(exchange, connection, &response))
        return MHD_YES;
    return send_response(exchange, connection, &response);
}

bool http_send_answered(const struct http_exchange *exchange)
{
    return exchange->answered;
}

/* ---- life ---- */

void http_send_init(struct http_sender *sender, struct answer_world *world, void (*on_received)(void *arg), void *arg)
{
    *sender = (struct http_sender){
        .service = {.world = world, .on_received = on_received, .on_measure = http_send_on_measure, .arg = arg}};
    for (unsigned i = 0; i < HTTP_CACHED_COUNT; i++)
        sender->service.caches[i].release = http_send_on_release;
}

void http_send_deinit(struct http_sender *sender)
{
    for (unsigned i = 0; i < HTTP_CACHED_COUNT; i++)
        http_cache_free(&sender->service.caches[i]);
}

struct http_exchange *http_send_new(struct http_sender *sender, const char *uri)
{
    struct http_exchange *exchange = calloc(1, sizeof *exchange);

    if (exchange == NULL)
        return NULL;
    exchange->sender = sender;
    exchange->request = http_request_new(&sender->service, uri);
    if (exchange->request != NULL)
        return exchange;
    free(exchange);
    return NULL;
}

void http_send_free(struct http_exchange *exchange)
{
    if (exchange->asked != NULL)
        archive_reader_cancel(&exchange->sender->archive, exchange->asked);
    if (exchange->waiting != NULL)
        DL_DELETE(exchange->sender->waiting, exchange);
    if (exchange->archived && exchange->archive_rc == 0)
        free(exchange->archive.text);
    http_request_free(exchange->request);
    free(exchange);
}
