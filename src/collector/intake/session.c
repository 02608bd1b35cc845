#include "collector/intake/session.h"

#include "collector/intake/intake_samples.h"
#include "collector/intake/key_rules.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/send.h"
#include "common/tcp_input.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>

#define MUCH_LEN 4096 /* bytes in a read, of an agent that sends what has waited: a report is smaller */
#define WAIT_MS  20   /* until session_tick() looks again whether a session still waits for its turn */

/* ---- time ---- */

static void set_due_in(struct session *session, uint64_t delay_ms)
{
    struct session_host *host = session->host;
    uint64_t now_ms = uv_now(host->loop);

    if (due_wheel_set(&host->due, &session->due, now_ms + delay_ms, now_ms))
        host->on_due(host->arg);
}

/* An agent that is slowed down from now on gets its next Ack sooner than was planned. */
static void hurry(struct session *session)
{
    uint64_t now_ms = uv_now(session->host->loop);
    uint64_t delay_ms = session_plan_delay_ms(&session->plan, now_ms);

    if (session->due.due_ms > now_ms + delay_ms)
        set_due_in(session, delay_ms);
}

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

static bool encrypts(const struct session_host *host)
{
    return host->keys->count > 0 || host->credentials.certificate != NULL;
}

/* Whether a frame can be written now. An agent with a key takes nothing that is not encrypted: a Reject for it waits
 * for the end of the handshake. */
static bool may_write(const struct session *session)
{
    if (session->plan.form == SESSION_ENCRYPTED)
        return session->channel != NULL && session_channel_is_sealed(session->channel);
    return session->plan.form == SESSION_PLAIN || !encrypts(session->host);
}

static void write_reply(struct session *session, const struct session_reply *reply)
{
    uint64_t now_ms = uv_now(session->host->loop);
    uint8_t sealed[CHANNEL_SEALED_MAX(REPLY_LEN_MAX)];
    struct channel_out out = {.bytes = sealed, .size = sizeof sealed};

    if (reply->rejects && !session->host->stopping)
        log_reject(session, now_ms);
    struct bytes bytes = session_channel_seal(session->channel, reply->bytes, reply->len, &out);
    int rc = bytes.len > 0 ? send_copied((uv_stream_t *)&session->tcp, bytes.data, bytes.len, session_on_write, session)
                           : UV_EPROTO;
    if (rc < 0)
        session_close(session);
    else if (rc == 0)
        session_plan_block(&session->plan, now_ms);
}

/* The last answer is on its way: the peer is shown the end behind it. */
static void linger(struct session *session)
{
    (void)shutdown(session->fd, SHUT_WR);
    set_due_in(session, LINGER_MS);
}

static void stop_reading(struct session *session)
{
    if (session->reads)
        ready_sockets_remove(&session->host->ready, session->fd, session);
    session->reads = false;
}

/* The session may have become an agent's, or be over: then nothing more is read. */
static void note_standing(struct session *session)
{
    enum session_standing standing = session_plan_standing(&session->plan);

    if (standing == session->standing || session->plan.state == SESSION_CLOSED)
        return;
    session->standing = (uint8_t)standing;
    if (standing == SESSION_OVER)
        stop_reading(session);
    session->host->on_standing(session, session->host->arg);
}

void session_pump(struct session *session)
{
    struct session_reply reply;
    enum session_step step = SESSION_WAIT;

    while (may_write(session) && (step = session_plan_next(&session->plan, &reply)) == SESSION_WRITE)
        write_reply(session, &reply);
    if (step == SESSION_LINGER)
        linger(session);
    if (session->plan.intake.slowed)
        hurry(session);
    note_standing(session);
}

/* ---- reading ---- */

/* How much is read of it at once. */
static size_t len_max(const struct session *session)
{
    return session->plan.form == SESSION_ENCRYPTED ? READ_SEALED_LEN_MAX : READ_LEN_MAX;
}

static void receive(struct session *session, struct bytes input)
{
    struct session_host *host = session->host;
    struct intake *intake = &session->plan.intake;

    if (!session_plan_receive(&session->plan, input, uv_now(host->loop), clock_wall_ms())) {
        session_pump(session); /* the first byte may have been a reason for a Reject */
        return;
    }
    log_findings(session);
    session_pump(session); /* it leaves the strangers before the others join them */
    for (struct session *evicted = NULL; (evicted = intake_take_evicted(intake)) != NULL;)
        session_pump(evicted);
    host->on_received(host->arg);
}

/* ---- encrypted input ---- */

static void session_on_flight(int status, void *arg)
{
    if (status < 0)
        session_close(arg);
}

/* The peer is not told why: it does not have the key, or has broken the channel. */
static void break_off(struct session *session)
{
    struct channel *channel = session->channel->channel;
    struct message_refusal refusal;

    if (channel_fault(channel) == CHANNEL_KEY)
        key_rules_handshake(&channel_claim(channel)->key, &refusal);
    else if (channel_fault(channel) == CHANNEL_REFUSED)
        REFUSE(&refusal, RETRY, CERTIFICATE, "it refused this collector's certificate: %s", channel_error(channel));
    else
        REFUSE(&refusal, RETRY, TLS, "its encrypted connection failed: %s", channel_error(channel));
    intake_refuse(&session->plan.intake, &refusal);
    log_reject(session, uv_now(session->host->loop));
    session_close(session);
}

/* Continues the handshake, or decrypts records, and takes what they hold. The session may be closed meanwhile; its
 * memory is freed in another turn. */
static void unseal(struct session *session, struct bytes input)
{
    uint8_t flight[CHANNEL_FLIGHT_MAX];
    bool more = true;
    int rc = 0;

    while (more && session->plan.state != SESSION_CLOSED && session->plan.state != SESSION_LINGERING) {
        struct channel_out out = {.bytes = flight, .size = sizeof flight};
        bool greets = session_channel_greets(session->channel);
        rc = channel_receive(session->channel->channel, &input, session->host->plain, CHANNEL_RECORD_MAX, &out);
        if (!session_channel_greets(session->channel))
            session_channel_conclude(session->channel, &session->host->hub->handshakes);
        if (greets && session_channel_is_sealed(session->channel))
            intake_note_proof(&session->plan.intake, channel_resumed(session->channel->channel));
        if (out.len > 0 && send_copied((uv_stream_t *)&session->tcp, flight, out.len, session_on_flight, session) < 0)
            rc = -EPIPE;
        if (rc > 0)
            receive(session, (struct bytes){session->host->plain, (size_t)rc});
        more = rc > 0 && input.len > 0;
    }
    if (rc == -EPIPE)
        session_close(session);
    else if (rc < 0)
        break_off(session);
}

static void receive_encrypted(struct session *session, struct bytes input)
{
    struct session_host *host = session->host;

    if (session->channel == NULL) {
        session->channel = session_channel_new(&host->hub->handshakes, session);
        if (session->channel == NULL) {
            session_close(session);
            return;
        }
    }
    if (!session_channel_greets(session->channel))
        unseal(session, input);
    else if (session_channel_hold(session->channel, input, &host->handshakes) < 0)
        session_close(session);
    else
        host->on_handshake(host->arg);
}

/* 0 or -ENOMEM. */
static int begin_handshake(struct session *session)
{
    struct session_host *host = session->host;
    int rc = session_channel_begin(session->channel, &host->credentials, host->keys);

    if (rc < 0)
        return rc;
    session->plan.intake.claim = channel_claim(session->channel->channel);
    session->plan.intake.claim->version = host->hub->keys_version;
    return 0;
}

static void receive_end(struct session *session)
{
    stop_reading(session);
    if (session_plan_receive_end(&session->plan))
        session_pump(session);
    else
        session_close(session);
}

bool session_shake_hands(struct session_host *host)
{
    struct session_channel *channel = session_channel_take(&host->handshakes);

    if (channel == NULL)
        return false;
    struct session *session = channel->owner;
    struct bytes held = session_channel_release(channel);
    if (channel->channel != NULL || begin_handshake(session) == 0)
        unseal(session, held);
    else
        session_close(session);
    free((void *)held.data);
    session_pump(session); /* a Reject that has waited */
    if (channel->has_end && session->plan.state != SESSION_CLOSED)
        receive_end(session);
    return host->handshakes.head != NULL;
}

static void take(struct session *session, struct bytes input)
{
    if (session->plan.form == SESSION_UNSEEN)
        session_plan_see(&session->plan, input.data[0], encrypts(session->host));
    if (session->plan.form == SESSION_ENCRYPTED)
        receive_encrypted(session, input);
    else
        receive(session, input);
}

/* What was read before may wait for the turn of the handshake. */
static void note_end(struct session *session)
{
    if (session->channel == NULL || !session_channel_waits(session->channel)) {
        receive_end(session);
        return;
    }
    stop_reading(session);
    session->channel->has_end = true;
}

void session_prefetch(const void *arg)
{
    const struct session *session = arg;

    intake_samples_prefetch_node(&session->plan.intake);
}

void session_serve(void *arg, bool has_more)
{
    struct session *session = arg;
    size_t size = len_max(session);

    intake_samples_prefetch_rows(&session->plan.intake); /* while the kernel works */
    ssize_t len = tcp_input_read(session->fd, session->host->buffer, size);

    if (len > 0)
        take(session, (struct bytes){(const uint8_t *)session->host->buffer, (size_t)len});
    if (len >= MUCH_LEN)
        ready_sockets_look_soon(&session->host->ready);
    if ((len == (ssize_t)size || (len > 0 && has_more)) && session->reads)
        ready_sockets_again(&session->host->ready, session->fd, session);
    else if (len == 0)
        note_end(session);
    else if (len < 0 && len != -EAGAIN)
        session_close(session);
}

/* A peer that is rejected before the end of its handshake can't be told. */
static bool is_deaf(const struct session *session)
{
    return session->plan.intake.state == INTAKE_REJECTED && !may_write(session);
}

/* What the socket holds is read first: the session may wait for its turn. */
static bool has_input(const struct session *session)
{
    return session->standing != SESSION_OVER && tcp_input_waits(session->fd);
}

static bool seems_dead(const struct session *session)
{
    return uv_now(session->host->loop) >= intake_due_ms(&session->plan.intake);
}

static void tick(struct session *session)
{
    uint64_t delay_ms = 0;

    if (seems_dead(session) && has_input(session)) {
        set_due_in(session, WAIT_MS);
        return;
    }
    if (!session_plan_tick(&session->plan, uv_now(session->host->loop), &delay_ms)) {
        session_close(session);
        return;
    }
    if (is_deaf(session)) {
        log_reject(session, uv_now(session->host->loop));
        session_close(session);
        return;
    }
    set_due_in(session, delay_ms);
    session_pump(session);
}

static struct session *session_of_due(struct due_entry *entry)
{
    return (struct session *)((char *)entry - offsetof(struct session, due));
}

bool session_tick(struct session_host *host)
{
    struct due_entry *entry = due_wheel_take(&host->due, uv_now(host->loop));

    if (entry != NULL)
        tick(session_of_due(entry));
    return due_wheel_lags(&host->due, uv_now(host->loop));
}

/* ---- the beginning ---- */

struct session *session_new(struct session_host *host)
{
    struct session *session = calloc(1, sizeof *session);

    if (session == NULL)
        return NULL;
    session->host = host;
    session_plan_init(&session->plan, host->hub, session, uv_now(host->loop));
    uv_tcp_init(host->loop, &session->tcp);
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
        rc = uv_fileno((uv_handle_t *)&session->tcp, &session->fd);
    if (rc == 0)
        rc = ready_sockets_add(&session->host->ready, session->fd, session);
    session->reads = rc == 0;
    if (rc < 0) {
        session_close(session);
        return rc;
    }
    uv_tcp_nodelay(&session->tcp, 1);
    session->plan.intake.origin = find_origin(session);
    set_due_in(session, session_plan_delay_ms(&session->plan, uv_now(session->host->loop)));
    session->host->on_standing(session, session->host->arg);
    return 0;
}

/* ---- the end ---- */

static void session_on_close(uv_handle_t *tcp)
{
    struct session *session = tcp->data;

    session_channel_free(session->channel);
    free(session);
}

/* false: it was closed before. */
static bool end(struct session *session)
{
    if (session->plan.state == SESSION_CLOSED)
        return false;
    session_plan_close(&session->plan);
    session->standing = SESSION_OVER;
    stop_reading(session);
    due_wheel_cancel(&session->due);
    if (session->channel != NULL) {
        session_channel_leave(session->channel, &session->host->handshakes);
        session_channel_conclude(session->channel, &session->host->hub->handshakes);
    }
    session->host->on_closed(session, session->host->arg);
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
    uint8_t sealed[CHANNEL_SEALED_MAX(FAREWELL_MAX)];
    struct channel_out sealed_out = {.bytes = sealed, .size = sizeof sealed};
    size_t len = may_write(session) ? session_plan_farewell(&session->plan, out) : 0;
    struct bytes bytes =
        len > 0 ? session_channel_seal(session->channel, out, len, &sealed_out) : (struct bytes){out, 0};
    uv_buf_t buf = uv_buf_init((char *)bytes.data, (unsigned)bytes.len);

    if (bytes.len > 0)
        uv_try_write((uv_stream_t *)&session->tcp, &buf, 1);
    session_close(session);
}
