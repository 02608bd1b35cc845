#include "collector/intake/session.h"

#include "collector/intake/listener.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/send.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <utlist.h>

#define LINGER_MS 1000U

/* ---- the end ---- */

static void session_on_handle_close(uv_handle_t *handle)
{
    struct session *session = handle->data;

    if (--session->handles == 0)
        free(session);
}

void session_close(struct session *session)
{
    if (uv_is_closing((uv_handle_t *)&session->tcp))
        return;
    intake_detach(&session->intake);
    listener_unqueue_ack(session->listener, session);
    DL_DELETE(session->listener->sessions, session);
    session->listener->session_count--;
    uv_close((uv_handle_t *)&session->tcp, session_on_handle_close);
    uv_close((uv_handle_t *)&session->timer, session_on_handle_close);
}

static void peer_name(const struct session *session, char *name, size_t size)
{
    struct sockaddr_storage address;
    int len = sizeof address;
    char ip[INET6_ADDRSTRLEN] = "?";

    if (uv_tcp_getpeername(&session->tcp, (struct sockaddr *)&address, &len) == 0)
        uv_ip_name((struct sockaddr *)&address, ip, sizeof ip);
    snprintf(name, size, "%s", ip);
}

static void log_reject(struct session *session)
{
    struct listener *listener = session->listener;
    unsigned suppressed = 0;
    char peer[INET6_ADDRSTRLEN];

    struct log_limit *limit = &listener->rejects[session->intake.reject.code];
    if (listener->stopping || !log_limit_pass(limit, uv_now(listener->loop), &suppressed))
        return;
    if (suppressed > 0)
        log_warning("%u more connections were rejected for the same reason", suppressed);
    peer_name(session, peer, sizeof peer);
    const char *text = session->intake.reject.text;
    log_warning("rejected a connection from %s: %s", peer, text != NULL ? text : "there is no memory to say why");
}

static bool may_tell(struct listener *listener, enum listener_news kind)
{
    unsigned suppressed = 0;

    if (!log_limit_pass(&listener->news[kind], uv_now(listener->loop), &suppressed))
        return false;
    if (suppressed > 0)
        log_warning("%u more nodes had the same to tell", suppressed);
    return true;
}

static void log_clock(const struct node *node)
{
    long long seconds = (long long)(node->skew_ms < 0 ? -node->skew_ms : node->skew_ms) / 1000;

    if (node->clock_off != 0)
        log_warning(
            "node %s: its clock is %lld s %s the collector's; samples keep its times, scaling does not use them",
            node->id, seconds, node->skew_ms > 0 ? "ahead of" : "behind");
    else
        log_info("node %s: its clock agrees with the collector's again", node->id);
}

/* What the last bytes of the agent told of its node. */
static void log_news(struct session *session)
{
    const struct intake_news *news = &session->intake.news;
    struct node *node = session->intake.node;
    struct listener *listener = session->listener;

    if (node == NULL)
        return;
    if (news->ended_instance != 0 && may_tell(listener, NEWS_ENDED))
        log_warning("node %s: instance i%016" PRIx64 " ended without Goodbye after seq %" PRIu64
                    "; what it had not sent is lost, unless it has a spool",
                    node->id, news->ended_instance, news->ended_seq);
    if (news->dropped > 0 && may_tell(listener, NEWS_DROPPED))
        log_warning("node %s: its agent has dropped %" PRIu64 " samples; gaps.csv has which, and why", node->id,
                    news->dropped);
    bool clock = node->clock_off != node->clock_told;
    node->clock_told = node->clock_off;
    if (clock && may_tell(listener, NEWS_CLOCK))
        log_clock(node);
}

static void session_on_linger_end(uv_timer_t *timer)
{
    session_close(timer->data);
}

static void linger(struct session *session)
{
    session->lingering = true;
    uv_timer_start(&session->timer, session_on_linger_end, LINGER_MS, 0);
}

/* ---- writing ---- */

static void session_on_write(int status, void *arg)
{
    struct session *session = arg;

    session->writing = false;
    if (status < 0)
        session_close(session);
    else
        session_pump(session);
}

/* One frame. true: sent, there may be more. */
static bool send_answer(struct session *session)
{
    bool rejected = session->intake.state == INTAKE_REJECTED;
    uint8_t out[REPLY_LEN_MAX];
    size_t len = intake_produce(&session->intake, out, sizeof out);

    if (len == 0)
        return false;
    if (rejected)
        log_reject(session);
    int rc = send_copied((uv_stream_t *)&session->tcp, out, len, session_on_write, session);
    session->writing = rc == 0;
    session->writing_since_ms = uv_now(session->listener->loop);
    if (rc < 0)
        session_close(session);
    return rc > 0;
}

void session_pump(struct session *session)
{
    if (session->writing || session->lingering || uv_is_closing((uv_handle_t *)&session->tcp))
        return;
    while (send_answer(session))
        ;
    if (!session->writing && intake_done(&session->intake) && !uv_is_closing((uv_handle_t *)&session->tcp))
        linger(session);
}

void session_farewell(struct session *session)
{
    uint8_t out[3 * REPLY_LEN_MAX]; /* Welcome, Ack, Reject */
    size_t used = 0;

    intake_want_ack(&session->intake);
    for (unsigned i = 0; i < 2; i++)
        used += intake_produce(&session->intake, out + used, REPLY_LEN_MAX);
    intake_reject(&session->intake, HEADROOM__ACTION__ACTION_RETRY, HEADROOM__REJECT_CODE__REJECT_CODE_STOPPING,
                  "the collector stops");
    used += intake_produce(&session->intake, out + used, REPLY_LEN_MAX);
    uv_buf_t buf = uv_buf_init((char *)out, (unsigned)used);
    if (!session->writing && used > 0)
        uv_try_write((uv_stream_t *)&session->tcp, &buf, 1);
    session_close(session);
}

/* ---- reading ---- */

static void session_on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct session *session = handle->data;

    (void)suggested;
    *buf = uv_buf_init(session->listener->buffer, LISTENER_READ_BUFFER);
}

static void receive(struct session *session, struct bytes input)
{
    struct listener *listener = session->listener;

    intake_receive(&session->intake, input, uv_now(listener->loop), clock_wall_ms());
    log_news(session);
    if (session->intake.evicted != NULL) {
        struct session *evicted = session->intake.evicted->owner;
        session->intake.evicted = NULL;
        session_pump(evicted);
    }
    session_pump(session);
    listener->cb(listener->arg);
}

static void session_on_read(uv_stream_t *stream, ssize_t nread, const uv_buf_t *buf)
{
    struct session *session = stream->data;

    if (nread == UV_EOF)
        intake_end(&session->intake);
    if (nread == UV_EOF && session->intake.state == INTAKE_REJECTED)
        session_pump(session);
    else if (nread < 0)
        session_close(session);
    else if (nread > 0 && !session->lingering && !session->listener->stopping)
        receive(session, (struct bytes){(const uint8_t *)buf->base, (size_t)nread});
}

static void session_on_timer(uv_timer_t *timer);

/* The next Ack is due, or a silence has lasted for too long. */
static void arm(struct session *session)
{
    uint64_t now_ms = uv_now(session->listener->loop);
    uint64_t due_ms = now_ms + session->listener->hub->ack_interval_ms;

    if (intake_due_ms(&session->intake) < due_ms)
        due_ms = intake_due_ms(&session->intake);
    uv_timer_start(&session->timer, session_on_timer, due_ms > now_ms ? due_ms - now_ms : 0, 0);
}

static bool is_clogged(const struct session *session, uint64_t now_ms)
{
    uint64_t patience_ms = (uint64_t)SILENT_ACK_INTERVALS * session->listener->hub->ack_interval_ms;

    return session->writing && now_ms - session->writing_since_ms >= patience_ms;
}

static void session_on_timer(uv_timer_t *timer)
{
    struct session *session = timer->data;
    uint64_t now_ms = uv_now(timer->loop);
    bool clogged = is_clogged(session, now_ms);
    bool dead = clogged || now_ms >= intake_due_ms(&session->intake);

    /* If it was this program that slept, what the agent said meanwhile is still to be read. */
    session->asked_again = dead && !session->asked_again;
    if (session->asked_again) {
        uv_timer_start(timer, session_on_timer, 1, 0);
        return;
    }
    /* Who takes not one more byte gets no Reject either. */
    if (clogged) {
        session_close(session);
        return;
    }
    intake_tick(&session->intake, now_ms);
    arm(session);
    session_pump(session);
}

/* ---- the beginning ---- */

int session_accept(struct listener *listener)
{
    struct session *session = calloc(1, sizeof *session);

    if (session == NULL)
        return -ENOMEM;
    session->listener = listener;
    intake_init(&session->intake, listener->hub, session, uv_now(listener->loop));
    uv_timer_init(listener->loop, &session->timer);
    uv_tcp_init(listener->loop, &session->tcp);
    session->timer.data = session;
    session->tcp.data = session;
    session->handles = 2;
    DL_APPEND(listener->sessions, session);
    listener->session_count++;
    int rc = uv_accept((uv_stream_t *)&listener->tcp, (uv_stream_t *)&session->tcp);
    if (rc == 0)
        rc = uv_read_start((uv_stream_t *)&session->tcp, session_on_alloc, session_on_read);
    if (rc < 0) {
        session_close(session);
        return rc;
    }
    uv_tcp_nodelay(&session->tcp, 1);
    arm(session);
    if (listener->session_count > listener->sessions_max) {
        intake_reject(&session->intake, HEADROOM__ACTION__ACTION_NEXT_COLLECTOR,
                      HEADROOM__REJECT_CODE__REJECT_CODE_FULL, "%u agents are connected; --max-agents allows no more",
                      listener->sessions_max);
        session_pump(session);
    }
    return 0;
}
