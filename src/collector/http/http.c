#include "collector/http/http.h"

#include "collector/http/http_listen.h"
#include "common/handle.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include <microhttpd.h>
#include <utlist.h>

#define MEMORY_MAX     ((size_t)32 * 1024) /* of a connection, for its headers and its response */
#define SWEEP_MS       1000U
#define REQUEST_MS_MAX 10000 /* from a request's first line, or from the connection, until the request is whole */
#define IDLE_MS_MAX    60000 /* until the first line of the next one */
#define ANSWER_MS_MAX  60000
#define TURN_NS_MAX    1000000U /* of the loop's time in one turn; work begun before that is finished */

struct http_connection {
    struct http_place place; /* first, so that a place is its connection */
    struct MHD_Connection *mhd;
    uint64_t due_ms; /* it is closed then */
};

/* ---- requests ---- */

static struct http_connection *connection_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

    return info != NULL ? info->socket_context : NULL;
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
    (void)path;
    (void)version;
    if (*own == NULL)
        return MHD_NO;
    enum MHD_Result result = http_send_receive(*own, connection, method, data, len);
    if (http_send_answered(*own))
        enter_stage(arg, connection, HTTP_READING, ANSWER_MS_MAX);
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
}

/* ---- connections ---- */

/* libmicrohttpd notices the end, and closes it. */
static void cut(const struct http_connection *connection)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection->mhd, MHD_CONNECTION_INFO_CONNECTION_FD);

    if (info != NULL)
        shutdown(info->connect_fd, SHUT_RDWR);
}

static void make_room(struct http *http, const struct http_connection *newcomer)
{
    unsigned most = http->sender.service.world->config->http_connections_max;
    unsigned each = most > 1 ? most / 2 : 1;
    struct http_place *place = http_places_evict(&http->places, &newcomer->place, most, each);

    if (place != NULL)
        cut((struct http_connection *)place);
}

static void http_on_connection(void *arg, struct MHD_Connection *connection, void **own,
                               enum MHD_ConnectionNotificationCode code)
{
    struct http *http = arg;
    struct http_connection *mine = *own;

    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        mine = calloc(1, sizeof *mine);
        *own = mine;
        if (mine == NULL)
            return; /* libmicrohttpd's own time limits apply */
        mine->mhd = connection;
        mine->due_ms = uv_now(http->loop) + REQUEST_MS_MAX;
        http_places_add(&http->places, &mine->place, http_send_origin(connection));
        http->sender.service.world->process.http_connections++;
        make_room(http, mine);
    } else if (mine != NULL) {
        http_places_remove(&http->places, &mine->place);
        http->sender.service.world->process.http_connections--;
        free(mine);
        *own = NULL;
    }
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

    DL_FOREACH (http->places.all, place) {
        const struct http_connection *connection = (const struct http_connection *)place;
        if (uv_now(http->loop) >= connection->due_ms)
            cut(connection);
    }
    run_once(http);
}

/* ---- on the loop ---- */

static void http_on_timer(uv_timer_t *timer)
{
    run_once(timer->data);
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

/* A small request takes several runs: it is read, answered and sent. They are done in one turn of the loop, since a
 * busy loop has few of them (pace.h); many at once take several turns. A timer of 0 ms that its own callback sets again
 * would run again in the same turn, and starve other handles. */
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

static struct MHD_Daemon *start_daemon(struct http *http, int fd)
{
    unsigned most = http->sender.service.world->config->http_connections_max;

    return MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, http_on_request, http, MHD_OPTION_LISTEN_SOCKET, fd,
                            MHD_OPTION_CONNECTION_LIMIT, most + HTTP_SPARE, MHD_OPTION_CONNECTION_TIMEOUT,
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

int http_start(struct http *http, uv_loop_t *loop, const struct http_options *options, char *error, size_t error_size)
{
    struct answer_world *world = options->world;
    uint32_t random = 0;
    bool loopback = false;

    *http = (struct http){.loop = loop};
    http_send_init(&http->sender, world, options->on_received, options->arg);
    world->process.started_wall_ms = http_send_now(&http->sender).wall_ms;
    if (world->config->http.host[0] == '\0')
        return 0;
    (void)getrandom(&random, sizeof random, 0); /* never short for 4 bytes */
    ingest_init(&http->sender.service.ingest, options->hub, random);
    int fd = http_listen(loop, world->config, &loopback, error, error_size);
    if (fd < 0)
        return fd;
    http->sender.service.may_rebind = !loopback || world->config->http_token[0] != '\0';
    http->port = http_listen_port(fd);
    http->daemon = start_daemon(http, fd);
    if (http->daemon == NULL) {
        close(fd);
        snprintf(error, error_size, "--http: the server can't start: it needs memory and a few descriptors");
        return -ENOMEM;
    }
    int rc = start_handles(http);
    if (rc < 0)
        snprintf(error, error_size, "--http: the server can't start: %s", uv_strerror(rc));
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
    http_send_deinit(&http->sender);
}
