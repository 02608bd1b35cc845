#include "collector/intake/session.h"

#include "common/clock.h"
#include "common/log.h"
#include "common/send.h"

#include <stdlib.h>

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

void session_pump(struct session *session)
{
    struct session_reply reply;
    enum session_step step = SESSION_WAIT;

    while ((step = session_plan_next(&session->plan, &reply)) == SESSION_WRITE)
        write_reply(session, &reply);
    if (step == SESSION_LINGER)
        uv_timer_start(&session->timer, session_on_timer, LINGER_MS, 0);
}

/* ---- reading ---- */

static void session_on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct session *session = handle->data;

    (void)suggested;
    *buf = uv_buf_init(session->host->buffer, SESSION_READ_BUFFER);
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

static void session_on_read(uv_stream_t *stream, ssize_t nread, const uv_buf_t *buf)
{
    struct session *session = stream->data;

    if (nread == UV_EOF && session_plan_receive_end(&session->plan))
        session_pump(session);
    else if (nread < 0)
        session_close(session);
    else if (nread > 0 && !session->host->stopping)
        receive(session, (struct bytes){(const uint8_t *)buf->base, (size_t)nread});
}

static void session_on_timer(uv_timer_t *timer)
{
    struct session *session = timer->data;
    uint64_t delay_ms = 0;

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

int session_accept(struct session *session, uv_tcp_t *listening, unsigned sessions, unsigned sessions_max)
{
    int rc = uv_accept((uv_stream_t *)listening, (uv_stream_t *)&session->tcp);
    if (rc == 0)
        rc = uv_read_start((uv_stream_t *)&session->tcp, session_on_alloc, session_on_read);
    if (rc < 0) {
        session_close(session);
        return rc;
    }
    uv_tcp_nodelay(&session->tcp, 1);
    uv_timer_start(&session->timer, session_on_timer,
                   session_plan_delay_ms(&session->plan, uv_now(session->host->loop)), 0);
    session_plan_admit(&session->plan, sessions, sessions_max);
    session_pump(session);
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

void session_close(struct session *session)
{
    if (session->plan.state == SESSION_CLOSED)
        return;
    session_plan_close(&session->plan);
    session->host->on_closed(session, session->host->arg);
    uv_timer_stop(&session->timer);
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
