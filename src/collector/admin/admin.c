#include "collector/admin/admin.h"

#include "collector/admin/admin_socket.h"
#include "common/clock.h"
#include "common/handle.h"
#include "common/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <utlist.h>

enum session_state {
    SESSION_READING,
    SESSION_SAVING, /* waits until its change is durable */
    SESSION_ENDING  /* the answer is being written */
};

struct admin_session {
    struct admin *admin;
    struct admin_session *prev, *next;
    uv_pipe_t pipe;
    uv_timer_t timer;
    unsigned uid;
    unsigned open_handles;
    enum session_state state;
    uint64_t awaits; /* the number of changes that must be saved */
    char in[ADMIN_REQUEST_MAX];
    size_t in_len;
    struct admin_request request;
    struct admin_result result;
    uv_write_t write;
    char out[ADMIN_ANSWER_MAX];
};

/* ---- the end of a session ---- */

static void accept_one(struct admin *admin);

static void admin_on_session_closed(uv_handle_t *handle)
{
    struct admin_session *session = handle->data;
    struct admin *admin = session->admin;

    if (--session->open_handles > 0)
        return;
    DL_DELETE(admin->sessions, session);
    admin->session_count--;
    free(session);
    if (admin->another_waits && !admin->closed)
        accept_one(admin);
}

static void close_session(struct admin_session *session)
{
    handle_close(&session->pipe, admin_on_session_closed);
    handle_close(&session->timer, admin_on_session_closed);
}

static void admin_on_timeout(uv_timer_t *timer)
{
    close_session(timer->data);
}

/* ---- the answer ---- */

static void admin_on_write(uv_write_t *write, int status)
{
    (void)status;
    close_session(write->data);
}

static void write_out(struct admin_session *session, size_t len)
{
    uv_buf_t buffer = uv_buf_init(session->out, (unsigned)len);

    session->write.data = session;
    if (uv_write(&session->write, (uv_stream_t *)&session->pipe, &buffer, 1, admin_on_write) < 0)
        close_session(session);
}

static void end_answer(struct admin_session *session, bool ok, const char *text)
{
    struct writer writer = {.text = session->out, .size = sizeof session->out};

    session->state = SESSION_ENDING;
    writer_put(&writer, ok ? "{\"ok\":true,\"text\":" : "{\"ok\":false,\"error\":");
    writer_put_string(&writer, text);
    writer_put(&writer, "}\n");
    write_out(session, writer.len);
}

static void run_command(struct admin_session *session)
{
    const struct admin_world *world = &session->admin->world;
    const struct admin_peer peer = {.uid = session->uid,
                                    .now = {.now_ms = (int64_t)uv_now(session->pipe.loop), .wall_ms = clock_wall_ms()}};

    admin_command_run(world, &session->request, &peer, &session->result);
    if (!session->result.saves) {
        end_answer(session, session->result.ok, session->result.text);
        return;
    }
    session->awaits = world->autoscale->scaling.overrides.changes;
    session->state = SESSION_SAVING;
}

/* A change that can't be saved is in force all the same. */
static void admin_on_saved(int rc, void *arg)
{
    struct admin *admin = arg;
    struct admin_session *session = NULL;
    char text[ADMIN_TEXT_MAX + 128];

    DL_FOREACH (admin->sessions, session) {
        if (session->state != SESSION_SAVING || uv_is_closing((uv_handle_t *)&session->pipe))
            continue;
        if (rc == 0 && admin->world.autoscale->overrides.saved >= session->awaits) {
            end_answer(session, true, session->result.text);
        } else if (rc < 0) {
            (void)snprintf(text, sizeof text, "%s; in force, but not saved yet: %s. A restart would forget it",
                           session->result.text, strerror(-rc));
            end_answer(session, true, text);
        }
    }
}

/* ---- the request ---- */

static void take_request(struct admin_session *session, size_t len)
{
    char error[256];

    uv_read_stop((uv_stream_t *)&session->pipe);
    uv_timer_start(&session->timer, admin_on_timeout, ADMIN_ANSWER_MS_MAX, 0);
    if (admin_request_parse(&session->request, session->in, len, error, sizeof error) < 0)
        end_answer(session, false, error);
    else
        run_command(session);
}

static void admin_on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    struct admin_session *session = handle->data;

    (void)suggested;
    *buffer = uv_buf_init(session->in + session->in_len, (unsigned)(sizeof session->in - session->in_len));
}

static void admin_on_read(uv_stream_t *stream, ssize_t got, const uv_buf_t *buffer)
{
    struct admin_session *session = stream->data;

    (void)buffer;
    if (got < 0) {
        close_session(session);
        return;
    }
    session->in_len += (size_t)got;
    const char *end = memchr(session->in, '\n', session->in_len);
    if (end != NULL) {
        take_request(session, (size_t)(end - session->in));
    } else if (session->in_len == sizeof session->in) {
        uv_read_stop(stream);
        end_answer(session, false, "the request is too long");
    }
}

/* ---- connections ---- */

static unsigned sessions_of(const struct admin *admin, unsigned uid)
{
    const struct admin_session *session = NULL;
    unsigned count = 0;

    DL_FOREACH (admin->sessions, session)
        count += session->uid == uid && !uv_is_closing((const uv_handle_t *)&session->pipe);
    return count;
}

/* Whether the peer is served; uid: who it is. */
static bool is_welcome(struct admin_session *session)
{
    uv_os_fd_t fd = -1;

    if (uv_fileno((uv_handle_t *)&session->pipe, &fd) < 0 || admin_socket_peer(fd, &session->uid) < 0)
        return false;
    return sessions_of(session->admin, session->uid) <= ADMIN_SESSIONS_OF_USER; /* itself included */
}

static void accept_one(struct admin *admin)
{
    struct admin_session *session = calloc(1, sizeof *session);

    admin->another_waits = session == NULL; /* until a session ends */
    if (session == NULL)
        return;
    session->admin = admin;
    uv_pipe_init(admin->pipe.loop, &session->pipe, 0);
    uv_timer_init(admin->pipe.loop, &session->timer);
    session->pipe.data = session;
    session->timer.data = session;
    session->open_handles = 2;
    DL_APPEND(admin->sessions, session);
    admin->session_count++;
    if (uv_accept((uv_stream_t *)&admin->pipe, (uv_stream_t *)&session->pipe) < 0 || !is_welcome(session) ||
        uv_read_start((uv_stream_t *)&session->pipe, admin_on_alloc, admin_on_read) < 0) {
        close_session(session);
        return;
    }
    uv_timer_start(&session->timer, admin_on_timeout, ADMIN_REQUEST_MS_MAX, 0);
}

/* As long as a connection is not accepted, libuv takes no more. */
static void admin_on_connection(uv_stream_t *stream, int status)
{
    struct admin *admin = stream->data;

    if (status < 0)
        return;
    if (admin->session_count >= ADMIN_SESSIONS_MAX)
        admin->another_waits = true;
    else
        accept_one(admin);
}

/* ---- life ---- */

static int set_path(struct admin *admin)
{
    const struct collector_config *config = admin->world.config;
    bool is_set = config->admin_socket[0] != '\0';
    int len = snprintf(admin->path, sizeof admin->path, "%s%s", is_set ? config->admin_socket : config->data_dir,
                       is_set ? "" : "/" ADMIN_SOCKET_NAME);

    return len < 0 || (size_t)len >= sizeof admin->path ? -ENAMETOOLONG : 0;
}

static int open_socket(struct admin *admin, char *error, size_t error_size)
{
    if (set_path(admin) < 0) {
        (void)snprintf(error, error_size, "the path is too long for a socket; set a shorter one");
        return -ENAMETOOLONG;
    }
    int fd = admin_socket_open(admin->path, error, error_size);
    if (fd < 0)
        return fd;
    int rc = uv_pipe_open(&admin->pipe, fd);
    if (rc == 0)
        rc = uv_listen((uv_stream_t *)&admin->pipe, ADMIN_SESSIONS_MAX, admin_on_connection);
    if (rc < 0) {
        (void)snprintf(error, error_size, "%s", uv_strerror(rc));
        (void)unlink(admin->path);
    }
    return rc;
}

void admin_start(struct admin *admin, uv_loop_t *loop, const struct admin_world *world)
{
    char error[512];

    *admin = (struct admin){.world = *world};
    uv_pipe_init(loop, &admin->pipe, 0);
    admin->pipe.data = admin;
    if (open_socket(admin, error, sizeof error) < 0) {
        log_error("admin-socket: %s; the commands of the program headroom do not reach this collector", error);
        admin->path[0] = '\0';
        handle_close(&admin->pipe, NULL);
        return;
    }
    override_store_on_saved(&world->autoscale->overrides, admin_on_saved, admin);
}

void admin_close(struct admin *admin)
{
    struct admin_session *session = NULL;

    if (admin->closed)
        return;
    admin->closed = true;
    if (admin->path[0] != '\0')
        (void)unlink(admin->path);
    handle_close(&admin->pipe, NULL);
    DL_FOREACH (admin->sessions, session)
        close_session(session);
}
