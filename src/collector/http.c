#include "collector/http.h"

#include "collector/http_assets.h"
#include "common/clock.h"
#include "common/handle.h"
#include "common/resolve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <unistd.h>

#include <microhttpd.h>
#include <utlist.h>

#define URI_MAX            2048U
#define MEMORY_MAX         ((size_t)32 * 1024) /* of a connection, for its headers and what is sent */
#define LISTEN_BACKLOG     128
#define SWEEP_MS           1000U
#define REQUEST_MS_MAX     10000 /* until a connection's first request is whole */
#define IDLE_MS_MAX        60000 /* until its next one is */
#define ANSWER_MS_MAX      60000
#define WALL_JITTER_MS_MAX 20

struct http_connection {
    struct http_connection *prev; /* utlist */
    struct http_connection *next;
    struct MHD_Connection *mhd;
    uint64_t due_ms; /* it is closed then */
};

/* One request. */
struct exchange {
    struct http *http;
    char uri[URI_MAX];
    bool too_long; /* the URI */
    bool begun;
    struct http_request request;
    struct answer *answer;
    struct MHD_Response *response;
    char *body; /* INGEST_BODY_MAX, of an ingest */
    size_t body_len;
    bool too_much; /* of a body */
};

/* ---- time, and what the process needs ---- */

static struct moment moment_now(struct http *http)
{
    int64_t now_ms = (int64_t)(uv_hrtime() / 1000000);
    int64_t offset_ms = clock_wall_ms() - now_ms;

    /* The same sample has the same time in each answer, so that `since` works. */
    if (llabs(offset_ms - http->wall_offset_ms) > WALL_JITTER_MS_MAX)
        http->wall_offset_ms = offset_ms;
    return (struct moment){.now_ms = now_ms, .wall_ms = now_ms + http->wall_offset_ms};
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

/* ---- answers ---- */

static void add_headers(struct MHD_Response *response, const char *type, const char *cache)
{
    MHD_add_response_header(response, "Content-Type", type);
    MHD_add_response_header(response, "Cache-Control", cache);
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
}

static enum MHD_Result send_response(struct exchange *exchange, struct MHD_Connection *connection, unsigned status,
                                     struct MHD_Response *response)
{
    if (response == NULL)
        return MHD_NO;
    exchange->http->world->process.http_requests++;
    exchange->http->world->process.http_refusals += status >= 400;
    enum MHD_Result result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result refuse(struct exchange *exchange, struct MHD_Connection *connection,
                              const struct http_refusal *refusal)
{
    char text[HTTP_REFUSAL_MAX * 6 + 32]; /* each byte escaped */
    struct piece piece = {.text = text, .size = sizeof text};

    piece_put(&piece, "{\"error\":");
    piece_put_string(&piece, refusal->text);
    piece_put(&piece, "}\n");
    struct MHD_Response *response = MHD_create_response_from_buffer(piece.len, text, MHD_RESPMEM_MUST_COPY);
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
refuse_as(struct exchange *exchange, struct MHD_Connection *connection, unsigned status, const char *format, ...)
{
    struct http_refusal refusal;
    char text[HTTP_REFUSAL_MAX];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    http_refuse(&refusal, status, "%s", text);
    return refuse(exchange, connection, &refusal);
}

static ssize_t http_on_read(void *arg, uint64_t offset, char *to, size_t size)
{
    struct exchange *exchange = arg;
    struct moment now = moment_now(exchange->http);
    long len = answer_read(exchange->answer, to, size, &now);

    (void)offset;
    return len < 0 ? MHD_CONTENT_READER_END_OF_STREAM : (ssize_t)len;
}

/* What is ready at once is sent with its length; the rest comes in pieces. */
static struct MHD_Response *make_response(struct exchange *exchange)
{
    struct answer *answer = exchange->answer;
    struct moment now = moment_now(exchange->http);

    if (!answer->done)
        (void)answer_read(answer, NULL, 0, &now);
    if (answer->done)
        return MHD_create_response_from_buffer(answer->piece.len, answer->text, MHD_RESPMEM_MUST_COPY);
    return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, ANSWER_PIECE, http_on_read, exchange, NULL);
}

static enum MHD_Result send_answer(struct exchange *exchange, struct MHD_Connection *connection)
{
    struct http *http = exchange->http;
    struct moment now = moment_now(http);

    exchange->answer = malloc(sizeof *exchange->answer);
    if (exchange->answer == NULL)
        return refuse_as(exchange, connection, 503, "out of memory");
    if (exchange->request.endpoint == HTTP_METRICS)
        measure_process(&http->world->process);
    answer_begin(exchange->answer, http->world, &exchange->request, &now);
    struct MHD_Response *response = make_response(exchange);
    if (response != NULL)
        add_headers(response, exchange->answer->type, "no-store");
    return send_response(exchange, connection, exchange->answer->status, response);
}

static enum MHD_Result send_asset(struct exchange *exchange, struct MHD_Connection *connection)
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

static void put_scaling_decision(struct piece *piece, const struct board_group *board, const struct group *group)
{
    const struct decision *last = &board->last;
    static const char *const actions[] = {"hold", "scale_up", "scale_down"};
    char why[BOARD_WHY_MAX];

    if (!board->decided) {
        piece_put(piece, "null");
        return;
    }
    decision_sentence(last, group->name, why, sizeof why);
    piece_putf(piece, "{\"action\":\"%s\",\"group\":\"%s\",\"current_nodes\":%u,\"desired_nodes\":%u,\"reason\":",
               actions[last->action], group->name, last->current, last->desired);
    piece_put_string(piece, why);
    piece_put(piece, "}");
}

static enum MHD_Result send_received(struct exchange *exchange, struct MHD_Connection *connection,
                                     const struct group *group)
{
    char text[BOARD_WHY_MAX * 6 + 512];
    struct piece piece = {.text = text, .size = sizeof text};

    piece_put(&piece, "{\"status\":\"received\",\"scaling_decision\":");
    put_scaling_decision(&piece, &exchange->http->world->board->groups[group->index], group);
    piece_put(&piece, "}\n");
    struct MHD_Response *response = MHD_create_response_from_buffer(piece.len, text, MHD_RESPMEM_MUST_COPY);
    if (response != NULL)
        add_headers(response, "application/json", "no-store");
    return send_response(exchange, connection, 200, response);
}

static enum MHD_Result take_body(struct exchange *exchange, struct MHD_Connection *connection)
{
    struct http *http = exchange->http;
    struct http_refusal refusal;
    struct moment now = moment_now(http);

    if (exchange->too_much)
        return refuse_as(exchange, connection, 413, "a body is at most %zu bytes long", INGEST_BODY_MAX);
    const struct group *group = ingest_take(&http->ingest, exchange->body, exchange->body_len, &now, &refusal);
    if (group == NULL)
        return refuse(exchange, connection, &refusal);
    http->cb(http->arg);
    return send_received(exchange, connection, group);
}

static void add_to_body(struct exchange *exchange, const char *data, size_t len)
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
static enum MHD_Result begin_body(struct exchange *exchange, struct MHD_Connection *connection)
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

static void *http_on_uri(void *arg, const char *uri, struct MHD_Connection *connection)
{
    struct exchange *exchange = calloc(1, sizeof *exchange);
    size_t len = strlen(uri);

    (void)connection;
    if (exchange == NULL)
        return NULL;
    exchange->http = arg;
    exchange->too_long = len >= sizeof exchange->uri;
    if (!exchange->too_long)
        memcpy(exchange->uri, uri, len + 1);
    return exchange;
}

static struct http_connection *connection_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

    return info != NULL ? info->socket_context : NULL;
}

static void give_time(struct http *http, struct MHD_Connection *connection, uint64_t time_ms)
{
    struct http_connection *mine = connection_of(connection);

    if (mine != NULL)
        mine->due_ms = uv_now(http->loop) + time_ms;
}

static enum MHD_Result begin_exchange(struct exchange *exchange, struct MHD_Connection *connection, const char *method)
{
    struct http *http = exchange->http;
    const struct collector_config *config = http->world->config;
    struct http_refusal refusal;

    exchange->begun = true;
    give_time(http, connection, ANSWER_MS_MAX);
    if (exchange->too_long)
        return refuse_as(exchange, connection, 414, "an address is at most %u bytes long", URI_MAX - 1);
    if (!http->may_rebind && !http_host_is_local(MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Host")))
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

static enum MHD_Result http_on_request(void *arg, struct MHD_Connection *connection, const char *path,
                                       const char *method, const char *version, const char *data, size_t *len,
                                       void **own)
{
    struct exchange *exchange = *own;

    (void)arg;
    (void)path;
    (void)version;
    if (exchange == NULL)
        return MHD_NO;
    if (!exchange->begun)
        return begin_exchange(exchange, connection, method);
    if (*len > 0) {
        add_to_body(exchange, data, *len);
        *len = 0;
        return MHD_YES;
    }
    return take_body(exchange, connection);
}

static void http_on_completed(void *arg, struct MHD_Connection *connection, void **own,
                              enum MHD_RequestTerminationCode code)
{
    struct exchange *exchange = *own;

    (void)code;
    if (exchange == NULL)
        return;
    give_time(arg, connection, IDLE_MS_MAX);
    free(exchange->answer);
    free(exchange->body);
    free(exchange);
    *own = NULL;
}

/* ---- connections ---- */

static void http_on_connection(void *arg, struct MHD_Connection *connection, void **own,
                               enum MHD_ConnectionNotificationCode code)
{
    struct http *http = arg;
    struct http_connection *mine = *own;

    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        mine = calloc(1, sizeof *mine);
        *own = mine;
        if (mine == NULL)
            return; /* libmicrohttpd's own limits of time hold */
        *mine = (struct http_connection){.mhd = connection, .due_ms = uv_now(http->loop) + REQUEST_MS_MAX};
        DL_APPEND(http->connections, mine);
        http->world->process.http_connections++;
    } else if (mine != NULL) {
        DL_DELETE(http->connections, mine);
        http->world->process.http_connections--;
        free(mine);
        *own = NULL;
    }
}

/* libmicrohttpd sees that it has ended, and closes it. */
static void cut(struct http_connection *connection)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection->mhd, MHD_CONNECTION_INFO_CONNECTION_FD);

    if (info != NULL)
        shutdown(info->connect_fd, SHUT_RDWR);
}

static void run(struct http *http);

static void http_on_sweep(uv_timer_t *timer)
{
    struct http *http = timer->data;
    struct http_connection *connection = NULL;
    struct http_connection *following = NULL;

    DL_FOREACH_SAFE (http->connections, connection, following)
        if (uv_now(http->loop) >= connection->due_ms)
            cut(connection);
    run(http);
}

/* ---- on the loop ---- */

static void http_on_timer(uv_timer_t *timer)
{
    run(timer->data);
}

static void http_on_poll(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    run(poll->data);
}

static void http_on_again(uv_idle_t *again)
{
    run(again->data);
}

/* One piece for each connection. A timer of 0 ms that is set again by its own callback would be run again in the same
 * turn, and nobody else would come to his. */
static void run(struct http *http)
{
    MHD_UNSIGNED_LONG_LONG timeout_ms = 0;

    MHD_run(http->daemon);
    bool timed = MHD_get_timeout(http->daemon, &timeout_ms) == MHD_YES;
    if (timed && timeout_ms == 0)
        uv_idle_start(&http->again, http_on_again);
    else
        uv_idle_stop(&http->again);
    if (timed && timeout_ms > 0)
        uv_timer_start(&http->timer, http_on_timer, timeout_ms, 0);
    else
        uv_timer_stop(&http->timer);
}

/* ---- life ---- */

static bool is_loopback(const struct sockaddr_storage *address)
{
    if (address->ss_family == AF_INET)
        return ntohl(((const struct sockaddr_in *)address)->sin_addr.s_addr) >> 24 == 127;
    return IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)address)->sin6_addr);
}

/* A listening socket, or a negative errno. */
static int listen_on(const struct sockaddr_storage *address)
{
    int one = 1;
    socklen_t len = address->ss_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
    int fd = socket(address->ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0)
        return -errno;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) < 0 ||
        bind(fd, (const struct sockaddr *)address, len) < 0 || listen(fd, LISTEN_BACKLOG) < 0) {
        int rc = -errno;
        close(fd);
        return rc;
    }
    return fd;
}

static unsigned port_of(int fd)
{
    struct sockaddr_in6 address = {0}; /* the port is at the same place for IPv4 */
    socklen_t len = sizeof address;

    if (getsockname(fd, (struct sockaddr *)&address, &len) < 0)
        return 0;
    return ntohs(address.sin6_port);
}

static struct MHD_Daemon *start_daemon(struct http *http, int fd)
{
    unsigned most = http->world->config->http_connections_max;
    unsigned each = most > 1 ? most / 2 : 1;

    return MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, http_on_request, http, MHD_OPTION_LISTEN_SOCKET, fd,
                            MHD_OPTION_CONNECTION_LIMIT, most, MHD_OPTION_PER_IP_CONNECTION_LIMIT, each,
                            MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)(ANSWER_MS_MAX / 1000),
                            MHD_OPTION_CONNECTION_MEMORY_LIMIT, MEMORY_MAX, MHD_OPTION_URI_LOG_CALLBACK, http_on_uri,
                            http, MHD_OPTION_NOTIFY_COMPLETED, http_on_completed, http, MHD_OPTION_NOTIFY_CONNECTION,
                            http_on_connection, http, MHD_OPTION_END);
}

static int start_handles(struct http *http)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_EPOLL_FD);

    int rc = info != NULL ? uv_poll_init(http->loop, &http->poll, info->epoll_fd) : -ENOTSUP;
    if (rc < 0)
        return rc;
    uv_timer_init(http->loop, &http->timer);
    uv_timer_init(http->loop, &http->sweep);
    uv_idle_init(http->loop, &http->again);
    http->poll.data = http;
    http->timer.data = http;
    http->sweep.data = http;
    http->again.data = http;
    uv_timer_start(&http->sweep, http_on_sweep, SWEEP_MS, SWEEP_MS);
    return uv_poll_start(&http->poll, UV_READABLE, http_on_poll);
}

static int open_socket(struct http *http, char *error, size_t error_size)
{
    const struct collector_config *config = http->world->config;
    const struct address *address = &config->http;
    struct sockaddr_storage found = {0};
    char name[ADDRESS_HOST_MAX + 10];

    int rc = resolve_address(http->loop, "--http", address, &found, error, error_size);
    if (rc < 0)
        return rc;
    format_address(address, name, sizeof name);
    bool loopback = is_loopback(&found);
    http->may_rebind = !loopback || config->http_token[0] != '\0';
    if (!loopback && config->http_token[0] == '\0' && !config->http_insecure) {
        (void)snprintf(error, error_size,
                       "--http: %s can be reached from other machines, and who asks would need no token; give a "
                       "--http-token-file, or --http-insecure if that is meant",
                       name);
        return -EPERM;
    }
    int fd = listen_on(&found);
    if (fd == -EADDRINUSE)
        (void)snprintf(error, error_size,
                       "--http: %s is in use by another program; choose another address (port 0 takes any free one), "
                       "or --http off",
                       name);
    else if (fd < 0)
        (void)snprintf(error, error_size, "--http: can't listen on %s: %s", name, strerror(-fd));
    return fd;
}

int http_start(struct http *http, uv_loop_t *loop, struct http_world *world, struct intake_hub *hub,
               http_received_cb *cb, void *arg, char *error, size_t error_size)
{
    uint32_t random = 0;

    *http = (struct http){.loop = loop, .world = world, .cb = cb, .arg = arg};
    world->process.started_wall_ms = moment_now(http).wall_ms;
    if (world->config->http.host[0] == '\0')
        return 0;
    (void)getrandom(&random, sizeof random, 0); /* never short for so few bytes */
    ingest_init(&http->ingest, hub, random);
    int fd = open_socket(http, error, error_size);
    if (fd < 0)
        return fd;
    http->port = port_of(fd);
    http->daemon = start_daemon(http, fd);
    if (http->daemon == NULL) {
        close(fd);
        (void)snprintf(error, error_size, "--http: the server can't start: it needs memory and a few descriptors");
        return -ENOMEM;
    }
    int rc = start_handles(http);
    if (rc < 0)
        (void)snprintf(error, error_size, "--http: the server can't start: %s", uv_strerror(rc));
    return rc;
}

unsigned http_port(const struct http *http)
{
    return http->port;
}

void http_close(struct http *http)
{
    handle_close(&http->poll, NULL);
    handle_close(&http->timer, NULL);
    handle_close(&http->sweep, NULL);
    handle_close(&http->again, NULL);
    if (http->daemon != NULL)
        MHD_stop_daemon(http->daemon);
    http->daemon = NULL;
}
