#include "collector/http/http.h"

#include "collector/http/http_listen.h"
#include "collector/intake/origin.h"
#include "common/clock.h"
#include "common/error_text.h"
#include "common/handle.h"
#include "common/log.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include <microhttpd.h>
#include <utlist.h>

#define SPARE            32U /* connections beyond the limit that are accepted while others are being closed for them */
#define TLS_FILES        3U  /* descriptors of a connection with HTTPS: the client's, and a pair of sockets */
#define MEMORY_MAX       ((size_t)32 * 1024) /* of a connection, for its headers and its response */
#define SWEEP_MS         1000U
#define HANDSHAKE_MS_MAX 5000  /* from the connection to the end of its handshake */
#define ENDING_MS_MAX    1000  /* until the client closes, when all is sent */
#define REQUEST_MS_MAX   10000 /* from a request's first line, or from the connection, until the request is whole */
#define IDLE_MS_MAX      60000 /* until the first line of the next one */
#define ANSWER_MS_MAX    60000
#define TURN_NS_MAX      1000000U /* of the loop's time in one turn; work begun before that is finished */

struct http_connection {
    struct http_place place;        /* first, so that a place is its connection */
    struct MHD_Connection *mhd;     /* NULL: with HTTPS, before its handshake is over and after its end */
    struct http_tls_client *client; /* NULL: there is no HTTPS, or it is closed */
    struct http_exchange *exchange; /* its request; NULL: it has none, or that is answered */
    uint64_t due_ms;                /* it is closed then */
};

/* ---- requests ---- */

static struct http_connection *connection_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

    return info != NULL ? info->socket_context : NULL;
}

/* libmicrohttpd notices the end, and closes it when what it has sent is read. */
static void shut(const struct http_connection *connection)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection->mhd, MHD_CONNECTION_INFO_CONNECTION_FD);

    if (info != NULL)
        shutdown(info->connect_fd, SHUT_RDWR);
}

static bool is_outdated(const struct http_connection *connection)
{
    return connection->client != NULL && http_tls_client_is_outdated(connection->client, clock_wall_ms());
}

static struct http_access_certificate certificate_of(const struct http_connection *connection)
{
    struct http_access_certificate certificate = {0};

    if (connection == NULL || connection->client == NULL || connection->client->verdict == HTTPS_CLIENT_NONE)
        return certificate;
    certificate.accepted = connection->client->verdict == HTTPS_CLIENT_ACCEPTED && !is_outdated(connection);
    if (!certificate.accepted)
        certificate.why = connection->client->verdict == HTTPS_CLIENT_ACCEPTED
                              ? "it has expired, or its CA is no longer accepted"
                              : connection->client->why;
    return certificate;
}

static void enter_stage(struct http *http, struct MHD_Connection *connection, enum http_stage stage, uint64_t time_ms)
{
    struct http_connection *mine = connection_of(connection);

    if (mine == NULL)
        return;
    mine->due_ms = uv_now(http->loop) + time_ms;
    http_places_set_stage(&http->places, &mine->place, stage);
}

static void *http_on_uri(void *arg, const char *uri, struct MHD_Connection *connection)
{
    struct http *http = arg;
    const struct http_connection *mine = connection_of(connection);

    if (mine != NULL && mine->due_ms > uv_now(http->loop) + REQUEST_MS_MAX)
        enter_stage(http, connection, HTTP_ASKING, REQUEST_MS_MAX);
    return http_send_new(&http->sender, uri);
}

static enum MHD_Result http_on_request(void *arg, struct MHD_Connection *connection, const char *path,
                                       const char *method, const char *version, const char *data, size_t *len,
                                       void **own)
{
    const struct http_send_piece piece = {method, data, len, certificate_of(connection_of(connection))};

    (void)path;
    (void)version;
    if (*own == NULL)
        return MHD_NO;
    enum MHD_Result result = http_send_receive(*own, connection, &piece);
    if (http_send_answered(*own) || http_send_waits(*own))
        enter_stage(arg, connection, HTTP_READING, ANSWER_MS_MAX);
    struct http_connection *mine = connection_of(connection);
    if (mine != NULL)
        mine->exchange = http_send_waits(*own) ? *own : NULL;
    return result;
}

static void http_on_completed(void *arg, struct MHD_Connection *connection, void **own,
                              enum MHD_RequestTerminationCode code)
{
    (void)code;
    if (*own == NULL)
        return;
    enter_stage(arg, connection, HTTP_IDLE, IDLE_MS_MAX);
    http_send_free(*own);
    *own = NULL;
    struct http_connection *mine = connection_of(connection);
    if (mine == NULL)
        return;
    mine->exchange = NULL;
    if (is_outdated(mine))
        shut(mine);
}

/* ---- connections ---- */

static void cut(const struct http_connection *connection)
{
    if (connection->exchange != NULL)
        http_send_abandon(connection->exchange);
    if (connection->client != NULL)
        http_tls_client_close(connection->client);
    else
        shut(connection);
}

static void make_room(struct http *http, const struct http_connection *newcomer)
{
    unsigned most = http->sender.service.world->config->http_connections_max;
    unsigned each = most > 1 ? most / 2 : 1;
    struct http_place *place = http_places_evict(&http->places, &newcomer->place, most, each);

    if (place != NULL)
        cut((struct http_connection *)place);
}

static struct http_connection *add_connection(struct http *http, uint64_t origin, uint64_t time_ms)
{
    struct http_connection *connection = calloc(1, sizeof *connection);

    if (connection == NULL)
        return NULL;
    connection->due_ms = uv_now(http->loop) + time_ms;
    http_places_add(&http->places, &connection->place, origin);
    http->sender.service.world->process.http_connections++;
    make_room(http, connection);
    return connection;
}

/* Nothing is left of it: neither libmicrohttpd's part nor that of HTTPS. */
static void drop_if_over(struct http *http, struct http_connection *connection)
{
    if (connection->mhd != NULL || connection->client != NULL)
        return;
    http_places_remove(&http->places, &connection->place);
    http->sender.service.world->process.http_connections--;
    free(connection);
}

/* Without memory for a new one, libmicrohttpd's own time limits apply. */
static void http_on_connection(void *arg, struct MHD_Connection *connection, void **own,
                               enum MHD_ConnectionNotificationCode code)
{
    struct http *http = arg;
    struct http_connection *mine = *own;

    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        mine =
            http->opening != NULL ? http->opening : add_connection(http, http_send_origin(connection), REQUEST_MS_MAX);
        *own = mine;
        if (mine != NULL)
            mine->mhd = connection;
    } else if (mine != NULL) {
        *own = NULL;
        mine->mhd = NULL;
        http_places_set_stage(&http->places, &mine->place, HTTP_ENDING);
        drop_if_over(http, mine);
    }
}

/* ---- connections with HTTPS ---- */

static void *http_on_accepted(struct http_tls_client *client, const struct sockaddr *address, void *arg)
{
    struct http_connection *connection = add_connection(arg, origin_of(address), HANDSHAKE_MS_MAX);

    if (connection != NULL)
        connection->client = client;
    return connection;
}

static int http_on_open(void *own, int fd, const struct sockaddr *address, socklen_t address_len, void *arg)
{
    struct http *http = arg;

    http->opening = own;
    enum MHD_Result result = MHD_add_connection(http->daemon, fd, address, address_len);
    http->opening->due_ms = uv_now(http->loop) + REQUEST_MS_MAX;
    http->opening = NULL;
    return result == MHD_YES ? 0 : -ENOMEM;
}

/* There is nothing more to wait for. */
static void http_on_ending(void *own, void *arg)
{
    struct http *http = arg;
    struct http_connection *connection = own;

    connection->due_ms = uv_now(http->loop) + ENDING_MS_MAX;
    http_places_set_stage(&http->places, &connection->place, HTTP_ENDING);
}

static void http_on_closed(void *own, void *arg)
{
    struct http_connection *connection = own;

    connection->client = NULL;
    drop_if_over(arg, connection);
}

static void run(struct http *http);

/* Runs the server at most once per turn of the loop. */
static void run_once(struct http *http)
{
    if (!uv_is_active((const uv_handle_t *)&http->again))
        run(http);
}

static void http_on_sweep(uv_timer_t *timer)
{
    struct http *http = timer->data;
    struct http_place *place = NULL;
    struct http_place *following = NULL;

    DL_FOREACH_SAFE (http->places.all, place, following) {
        const struct http_connection *connection = (const struct http_connection *)place;
        if (uv_now(http->loop) >= connection->due_ms)
            cut(connection);
        else if (connection->exchange != NULL && http_send_waits(connection->exchange) &&
                 http_send_is_deserted(connection->exchange))
            http_send_abandon(connection->exchange);
        else if (place->stage == HTTP_IDLE && is_outdated(connection))
            shut(connection);
    }
    http_tls_resume(&http->tls);
    run_once(http);
}

/* ---- on the loop ---- */

static void http_on_timer(uv_timer_t *timer)
{
    run_once(timer->data);
}

static void http_on_archive(void *arg)
{
    run_once(arg);
}

static void http_on_poll(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    run_once(poll->data);
}

static void http_on_again(uv_idle_t *again)
{
    run(again->data);
}

/* A small request takes several runs: it is read, answered and sent. They are done in one turn of the loop, so that it
 * need not wait for what others do in two more; many at once take several turns. A timer of 0 ms that its own callback
 * sets again would run again in the same turn, and starve other handles. */
static void run(struct http *http)
{
    MHD_UNSIGNED_LONG_LONG timeout_ms = 0;
    bool timed = false;

    http->sender.until_ns = uv_hrtime() + TURN_NS_MAX;
    do {
        MHD_run(http->daemon);
        timed = MHD_get_timeout(http->daemon, &timeout_ms) == MHD_YES;
    } while (timed && timeout_ms == 0 && uv_hrtime() < http->sender.until_ns);
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

unsigned http_files_max(const struct collector_config *config)
{
    unsigned of_each = config->http_cert_file[0] != '\0' ? TLS_FILES : 1;

    return of_each * (config->http_connections_max + SPARE);
}

/* fd: -1: http_tls accepts the connections. */
static struct MHD_Daemon *start_daemon(struct http *http, int fd)
{
    unsigned most = http->sender.service.world->config->http_connections_max;
    struct MHD_OptionItem listen[] = {{MHD_OPTION_LISTEN_SOCKET, fd, NULL}, {MHD_OPTION_END, 0, NULL}};

    return MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | (fd < 0 ? MHD_USE_NO_LISTEN_SOCKET : 0), 0, NULL,
                            NULL, http_on_request, http, MHD_OPTION_ARRAY, fd < 0 ? listen + 1 : listen,
                            MHD_OPTION_CONNECTION_LIMIT, most + SPARE, MHD_OPTION_CONNECTION_TIMEOUT,
                            (unsigned)(ANSWER_MS_MAX / 1000), MHD_OPTION_CONNECTION_MEMORY_LIMIT, MEMORY_MAX,
                            MHD_OPTION_URI_LOG_CALLBACK, http_on_uri, http, MHD_OPTION_NOTIFY_COMPLETED,
                            http_on_completed, http, MHD_OPTION_NOTIFY_CONNECTION, http_on_connection, http,
                            MHD_OPTION_END);
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

static void http_on_files(void *arg)
{
    struct http *http = arg;

    http->sender.service.world->process.http_cert_end_s = http->tls.host.credentials->pair.not_after_s;
    http_on_sweep(&http->sweep);
}

/* Takes over fd. */
static int start_tls(struct http *http, int fd, char *error, size_t error_size)
{
    struct answer_world *world = http->sender.service.world;
    const struct collector_config *config = world->config;
    const struct https_paths paths = {config->http_cert_file, config->http_key_file, config->http_ca_file};
    const struct http_tls_owner owner = {http_on_accepted, http_on_open, http_on_ending, http_on_closed, http};
    struct https_credentials *credentials = NULL;

    int rc = https_credentials_read(&paths, &credentials, error, error_size);
    if (rc < 0) {
        close(fd);
        return rc;
    }
    world->process.http_cert_end_s = credentials->pair.not_after_s;
    rc = http_tls_start(&http->tls, http->loop, fd, credentials, config->http_connections_max + SPARE, &owner);
    if (rc < 0)
        return error_text_set(error, error_size, rc, "--http: the server can't start: %s", uv_strerror(rc));
    http_tls_watch_start(&http->tls_watch, &http->tls, &paths, http_on_files, http);
    return 0;
}

/* Takes over fd. */
static int start_server(struct http *http, int fd, bool encrypts, char *error, size_t error_size)
{
    http->daemon = start_daemon(http, encrypts ? -1 : fd);
    if (http->daemon == NULL) {
        close(fd);
        return error_text_set(error, error_size, -ENOMEM,
                              "--http: the server can't start: it needs memory and a few descriptors");
    }
    int rc = encrypts ? start_tls(http, fd, error, error_size) : 0;
    if (rc < 0)
        return rc;
    rc = start_handles(http);
    if (rc < 0)
        (void)error_text_set(error, error_size, rc, "--http: the server can't start: %s", uv_strerror(rc));
    return rc;
}

int http_start(struct http *http, uv_loop_t *loop, const struct http_options *options, char *error, size_t error_size)
{
    struct answer_world *world = options->world;
    bool encrypts = world->config->http_cert_file[0] != '\0';
    uint32_t random = 0;
    bool loopback = false;

    *http = (struct http){.loop = loop};
    http_send_init(&http->sender, world, options->on_received, options->arg);
    http_send_start_archive(&http->sender, loop, options->disk, options->engine, http_on_archive, http);
    world->process.started_wall_ms = http_send_now(&http->sender).wall_ms;
    if (world->config->http.host[0] == '\0')
        return 0;
    (void)getrandom(&random, sizeof random, 0); /* never short for 4 bytes */
    ingest_init(&http->sender.service.ingest, options->hub, random);
    int fd = http_listen(loop, world->config, &loopback, error, error_size);
    if (fd < 0)
        return fd;
    http->sender.service.may_rebind = !loopback || encrypts || http_access_is_limited(world->config);
    http->port = http_listen_port(fd);
    if (!loopback && !encrypts)
        log_warning("--http: other machines can read tokens and answers on their way, since they are not encrypted; "
                    "HTTPS needs http-cert-file");
    return start_server(http, fd, encrypts, error, error_size);
}

void http_reload(struct http *http)
{
    http_tls_watch_look(&http->tls_watch);
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
    http_tls_watch_close(&http->tls_watch);
    http_tls_close(&http->tls);
    http_send_stop_archive(&http->sender);
    if (http->daemon != NULL)
        MHD_stop_daemon(http->daemon);
    http->daemon = NULL;
    http_send_deinit(&http->sender);
}
