#include "collector/intake/session.h"

#include "common/clock.h"
#include "common/log.h"
#include "common/send.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>

/* ---- the log ---- */

static void log_lines(const struct session_log_line *lines, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        log_line(lines[i].warning, lines[i].text);
}

static void log_reject(struct session *session, uint64_t now_ms)
{
    struct session_log_line lines[SESSION_LOG_LINES_MAX];
    struct sockaddr_storage address;
    int len = sizeof address;
    char ip[INET6_ADDRSTRLEN] = "?";

    if (uv_tcp_getpeername(&session->tcp, (struct sockaddr *)&address, &len) == 0)
        uv_ip_name((struct sockaddr *)&address, ip, sizeof ip);
    log_lines(lines, session_log_reject(&session->host->log, &session->plan.intake, ip, now_ms, lines));
}

static void log_findings(struct session *session)
{
    struct session_log_line lines[SESSION_LOG_LINES_MAX];
    uint64_t now_ms = uv_now(session->host->loop);

    log_lines(lines, session_log_findings(&session->host->log, &session->plan.intake, now_ms, lines));
}

/* ---- writing ---- */

static void session_on_write(int status, void *arg)
{
    struct session *session = arg;

    session_plan_unblock(&session->plan);
    if (status < 0)
        session_close(session);
    else
        session_pump(session);
}

static void write_reply(struct session *session, const struct session_reply *reply)
{
    uint64_t now_ms = uv_now(session->host->loop);

    if (reply->rejects && !session->host->stopping)
        log_reject(session, now_ms);
    int rc = send_copied((uv_stream_t *)&session->tcp, reply->bytes, reply->len, session_on_write, session);
    if (rc < 0)
        session_close(session);
    else if (rc == 0)
        session_plan_block(&session->plan, now_ms);
}

static void session_on_timer(uv_timer_t *timer);

/* The last answer is on its way: the peer is shown the end behind it. */
static void linger(struct session *session)
{
    uv_os_fd_t fd = -1;

    if (uv_fileno((uv_handle_t *)&session->tcp, &fd) == 0)
        (void)shutdown(fd, SHUT_WR);
    uv_timer_start(&session->timer, session_on_timer, LINGER_MS, 0);
}

/* The session may have become an agent's, or be over: then nothing more is read. */
static void note_standing(struct session *session)
{
    enum session_standing standing = session_plan_standing(&session->plan);

    if (standing == session->standing || session->plan.state == SESSION_CLOSED)
        return;
    session->standing = standing;
    if (standing == SESSION_OVER) {
        uv_read_stop((uv_stream_t *)&session->tcp);
        share_leave(&session->host->share, &session->turn);
    }
    session->host->on_standing(session, session->host->arg);
}

void session_pump(struct session *session)
{
    struct session_reply reply;
    enum session_step step = SESSION_WAIT;

    while ((step = session_plan_next(&session->plan, &reply)) == SESSION_WRITE)
        write_reply(session, &reply);
    if (step == SESSION_LINGER)
        linger(session);
    note_standing(session);
}

/* ---- reading ---- */

static void session_on_read(uv_stream_t *stream, ssize_t nread, const uv_buf_t *buf);

/* No memory is offered when the time for reading in this turn is over. */
static void session_on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct session *session = handle->data;
    struct session_host *host = session->host;
    bool reads = !host->stopping && share_has_time(&host->share, uv_hrtime());

    (void)suggested;
    *buf = uv_buf_init(host->buffer, reads ? SHARE_LEN_MAX : 0);
}

static int watch(struct session *session)
{
    return uv_read_start((uv_stream_t *)&session->tcp, session_on_alloc, session_on_read);
}

/* Until session_serve(). */
static void wait_for_turn(struct session *session)
{
    uv_read_stop((uv_stream_t *)&session->tcp);
    if (session->host->stopping || session->standing == SESSION_OVER)
        return;
    share_wait(&session->host->share, &session->turn);
    session->host->on_waiting(session->host->arg);
}

static void receive(struct session *session, struct bytes input)
{
    struct session_host *host = session->host;
    struct intake *intake = &session->plan.intake;

    if (!session_plan_receive(&session->plan, input, uv_now(host->loop), clock_wall_ms()))
        return;
    log_findings(session);
    struct session *evicted = intake_take_evicted(intake);
    if (evicted != NULL)
        session_pump(evicted);
    session_pump(session);
    host->on_received(host->arg);
}

static void receive_end(struct session *session)
{
    if (session_plan_receive_end(&session->plan))
        session_pump(session);
    else
        session_close(session);
}

static void session_on_read(uv_stream_t *stream, ssize_t nread, const uv_buf_t *buf)
{
    struct session *session = stream->data;

    if (nread == UV_ENOBUFS)
        wait_for_turn(session);
    else if (nread == UV_EOF)
        receive_end(session);
    else if (nread < 0)
        session_close(session);
    else if (nread > 0) {
        receive(session, (struct bytes){(const uint8_t *)buf->base, (size_t)nread});
        if (share_is_used_up((size_t)nread))
            wait_for_turn(session);
    }
}

struct session *session_of(struct share_member *turn)
{
    return (struct session *)((char *)turn - offsetof(struct session, turn));
}

/* The next bytes, 0 at the end, or a negative errno. */
static ssize_t read_once(struct session *session)
{
    uv_os_fd_t fd = -1;
    ssize_t len = uv_fileno((uv_handle_t *)&session->tcp, &fd);

    if (len < 0)
        return len;
    do
        len = recv(fd, session->host->buffer, SHARE_LEN_MAX, MSG_DONTWAIT);
    while (len < 0 && errno == EINTR);
    return len < 0 ? -errno : len;
}

void session_serve(struct session *session)
{
    ssize_t len = read_once(session);

    if (len > 0)
        receive(session, (struct bytes){(const uint8_t *)session->host->buffer, (size_t)len});
    if (session->standing == SESSION_OVER)
        return;
    if (len > 0 && share_is_used_up((size_t)len))
        wait_for_turn(session);
    else if (len == 0)
        receive_end(session);
    else if ((len < 0 && len != -EAGAIN) || watch(session) < 0)
        session_close(session);
}

static void session_on_timer(uv_timer_t *timer)
{
    struct session *session = timer->data;
    uint64_t delay_ms = 0;

    if (share_waits(&session->turn)) { /* what the socket holds is read first */
        uv_timer_start(timer, session_on_timer, 1, 0);
        return;
    }
    if (!session_plan_tick(&session->plan, uv_now(timer->loop), &delay_ms)) {
        session_close(session);
        return;
    }
    uv_timer_start(timer, session_on_timer, delay_ms, 0);
    session_pump(session);
}

/* ---- the beginning ---- */

struct session *session_new(struct session_host *host)
{
    struct session *session = calloc(1, sizeof *session);

    if (session == NULL)
        return NULL;
    session->host = host;
    session_plan_init(&session->plan, host->hub, session, uv_now(host->loop));
    uv_timer_init(host->loop, &session->timer);
    uv_tcp_init(host->loop, &session->tcp);
    session->timer.data = session;
    session->tcp.data = session;
    return session;
}

static uint64_t find_origin(struct session *session)
{
    struct sockaddr_storage address = {.ss_family = AF_INET};
    int len = sizeof address;

    (void)uv_tcp_getpeername(&session->tcp, (struct sockaddr *)&address, &len); /* fails if the peer has gone */
    return origin_of((struct sockaddr *)&address);
}

int session_accept(struct session *session, uv_tcp_t *listening)
{
    int rc = uv_accept((uv_stream_t *)listening, (uv_stream_t *)&session->tcp);
    if (rc == 0)
        rc = watch(session);
    if (rc < 0) {
        session_close(session);
        return rc;
    }
    uv_tcp_nodelay(&session->tcp, 1);
    session->plan.intake.origin = find_origin(session);
    uv_timer_start(&session->timer, session_on_timer,
                   session_plan_delay_ms(&session->plan, uv_now(session->host->loop)), 0);
    session->host->on_standing(session, session->host->arg);
    return 0;
}

/* ---- the end ---- */

static void session_on_timer_close(uv_handle_t *timer)
{
    free(timer->data);
}

static void session_on_close(uv_handle_t *tcp)
{
    struct session *session = tcp->data;

    uv_close((uv_handle_t *)&session->timer, session_on_timer_close);
}

/* false: it was closed before. */
static bool end(struct session *session)
{
    if (session->plan.state == SESSION_CLOSED)
        return false;
    session_plan_close(&session->plan);
    session->standing = SESSION_OVER;
    share_leave(&session->host->share, &session->turn);
    session->host->on_closed(session, session->host->arg);
    uv_timer_stop(&session->timer);
    return true;
}

void session_close(struct session *session)
{
    if (end(session))
        uv_close((uv_handle_t *)&session->tcp, session_on_close);
}

void session_reset(struct session *session)
{
    if (end(session) && uv_tcp_close_reset(&session->tcp, session_on_close) < 0)
        uv_close((uv_handle_t *)&session->tcp, session_on_close);
}

void session_farewell(struct session *session)
{
    uint8_t out[FAREWELL_MAX];
    size_t len = session_plan_farewell(&session->plan, out);
    uv_buf_t buf = uv_buf_init((char *)out, (unsigned)len);

    if (len > 0)
        uv_try_write((uv_stream_t *)&session->tcp, &buf, 1);
    session_close(session);
}
