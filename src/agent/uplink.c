#include "agent/uplink.h"

#include "common/clock.h"
#include "common/format.h"
#include "common/handle.h"
#include "common/random.h"
#include "common/send.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define BACKOFF_MS_MIN     200U
#define BACKOFF_MS_MAX     10000U
#define SLOW_RETRY_MS      60000U
#define CONNECT_MS_MAX     3000U
#define UNREACHABLE_MS_MIN 1000U /* so that the next of the list is tried meanwhile */
#define PATIENCE_MS        500U  /* a collector due so soon is waited for rather than passed over */

static void attempt(struct uplink *uplink);

static struct uplink_collector *current(struct uplink *uplink)
{
    return &uplink->collectors[uplink->current];
}

const char *uplink_peer(const struct uplink *uplink)
{
    return uplink->sender->state == SENDER_STREAMING ? uplink->collectors[uplink->current].name : NULL;
}

/* ---- when and whom to try ---- */

static void uplink_on_attempt_timer(uv_timer_t *timer)
{
    attempt(timer->data);
}

/* The first collector of the list that may be tried soon, else the one that may be tried first. */
static void plan_attempt(struct uplink *uplink)
{
    uint64_t now_ms = uv_now(uplink->loop);
    unsigned best = 0;

    if (uplink->closing)
        return;
    for (unsigned i = 0; i < uplink->count; i++) {
        if (uplink->collectors[i].not_before_ms <= now_ms + PATIENCE_MS) {
            best = i;
            break;
        }
        if (uplink->collectors[i].not_before_ms < uplink->collectors[best].not_before_ms)
            best = i;
    }
    uplink->current = best;
    uint64_t due_ms = uplink->collectors[best].not_before_ms;
    uv_timer_start(&uplink->timer, uplink_on_attempt_timer, due_ms > now_ms ? due_ms - now_ms : 0, 0);
}

static void postpone(struct uplink *uplink, uint32_t at_least_ms)
{
    struct uplink_collector *collector = current(uplink);
    uint32_t wait_ms = backoff_next_ms(&collector->backoff);

    if (wait_ms < at_least_ms)
        wait_ms = at_least_ms + wait_ms % (at_least_ms / 4 + 1);
    collector->not_before_ms = uv_now(uplink->loop) + wait_ms;
}

static void complain(struct uplink *uplink, const char *what, const char *why)
{
    unsigned suppressed = 0;

    if (!log_limit_pass(&uplink->complaints, uv_now(uplink->loop), &suppressed))
        return;
    if (suppressed > 0)
        log_warning("%u more failed attempts to reach a collector", suppressed);
    log_warning("%s %s: %s; samples are kept (%llu waiting)", what, current(uplink)->name, why,
                (unsigned long long)outbox_waiting(uplink->sender->outbox));
}

/* ---- the end of a connection ---- */

static void uplink_on_tcp_close(uv_handle_t *handle)
{
    struct uplink *uplink = handle->data;

    uplink->tcp_open = false;
    uplink->writing = false;
    plan_attempt(uplink);
}

static void drop_connection(struct uplink *uplink)
{
    bool spoke = uplink->sender->state != SENDER_CLOSED;

    uv_timer_stop(&uplink->timer);
    primary_watch_rest(&uplink->scout);
    sender_close(uplink->sender);
    uplink->connected = false;
    if (uplink->tcp_open && !uv_is_closing((uv_handle_t *)&uplink->tcp))
        uv_close((uv_handle_t *)&uplink->tcp, uplink_on_tcp_close);
    else if (!uplink->tcp_open)
        plan_attempt(uplink);
    if (spoke)
        uplink->cb(UPLINK_DOWN, uplink->arg);
}

static void fail(struct uplink *uplink, const char *what, const char *why, uint32_t at_least_ms)
{
    complain(uplink, what, why);
    postpone(uplink, at_least_ms);
    drop_connection(uplink);
}

static void fail_rejected(struct uplink *uplink)
{
    const struct sender_reject *reject = &uplink->sender->reject;
    uint32_t at_least_ms = 0;

    if (reject->action == HEADROOM__ACTION__ACTION_NEXT_COLLECTOR)
        at_least_ms = UNREACHABLE_MS_MIN;
    else if (reject->action == HEADROOM__ACTION__ACTION_RETRY_SLOWLY)
        at_least_ms = SLOW_RETRY_MS;
    fail(uplink, "rejected by", reject->text, at_least_ms);
}

/* ---- an established connection ---- */

static void uplink_on_deadline(uv_timer_t *timer)
{
    struct uplink *uplink = timer->data;

    if (!sender_dead(uplink->sender, uv_now(uplink->loop))) {
        uplink_pump(uplink);
    } else if (!uplink->asked_again) {
        /* If it was this program that slept, what the collector said meanwhile is still to be read. */
        uplink->asked_again = true;
        uv_timer_start(timer, uplink_on_deadline, 1, 0);
    } else {
        fail(uplink, "lost", "nothing heard for too long", 0);
    }
}

static void arm_deadline(struct uplink *uplink)
{
    uint64_t now_ms = uv_now(uplink->loop);
    uint64_t due_ms = sender_due_ms(uplink->sender);

    if (due_ms == UINT64_MAX)
        uv_timer_stop(&uplink->timer);
    else
        uv_timer_start(&uplink->timer, uplink_on_deadline, due_ms > now_ms ? due_ms - now_ms : 1, 0);
}

static void uplink_on_write(uv_write_t *request, int status)
{
    struct uplink *uplink = request->data;

    uplink->writing = false;
    if (status < 0 && status != UV_ECANCELED)
        fail(uplink, "lost", uv_strerror(status), 0);
    else if (status == 0)
        uplink_pump(uplink);
}

/* One frame. 1: sent, 0: there is none, or its end is under way, or the connection is gone. */
static int send_frame(struct uplink *uplink)
{
    /* Samples of a boot that is over: the one case in which the wall clock has to say how old they are. */
    uint64_t uptime_ms = outbox_uptime_ms(uplink->sender->outbox, clock_uptime_ms(), clock_wall_ms());
    size_t len = sender_produce(uplink->sender, uv_now(uplink->loop), uptime_ms, uplink->out, SEND_LEN_MAX);

    if (len == 0)
        return 0;
    uplink->write.data = uplink;
    int rc = send_bytes(&uplink->write, (uv_stream_t *)&uplink->tcp, uplink->out, len, uplink_on_write);
    if (rc < 0)
        fail(uplink, "lost", uv_strerror(rc), 0);
    uplink->writing = rc == 0;
    return rc > 0;
}

void uplink_pump(struct uplink *uplink)
{
    while (uplink->connected && !uplink->writing && send_frame(uplink) > 0)
        ;
    if (uplink->connected)
        arm_deadline(uplink);
}

static void note_flow(struct uplink *uplink)
{
    if (uplink->flowing || uplink->sender->stored_seq <= uplink->greeted_seq)
        return;
    uplink->flowing = true;
    backoff_reset(&current(uplink)->backoff);
}

/* false: the connection is gone. */
static bool act_on(struct uplink *uplink, enum sender_event event)
{
    switch (event) {
    case SENDER_NOTHING:
        return true;
    case SENDER_WELCOME:
        log_info("connected to %s", current(uplink)->name);
        uplink->greeted_seq = uplink->sender->stored_seq;
        if (uplink->current != 0)
            primary_watch_watch(&uplink->scout);
        uplink->cb(UPLINK_UP, uplink->arg);
        return true;
    case SENDER_ACK:
        note_flow(uplink);
        uplink->cb(UPLINK_ACKED, uplink->arg);
        return uplink->connected;
    case SENDER_REJECTED:
        fail_rejected(uplink);
        return false;
    case SENDER_AHEAD:
        uplink->cb(UPLINK_AHEAD, uplink->arg);
        fail(uplink, "left", "it has samples of this instance that were never produced here; a new instance begins", 0);
        return false;
    case SENDER_PAST:
        note_flow(uplink);
        uplink->cb(UPLINK_PAST, uplink->arg);
        drop_connection(uplink);
        return false;
    case SENDER_NO_MEMORY:
        fail(uplink, "lost", "no memory here for what it says", 0);
        return false;
    case SENDER_BROKEN:
        break;
    }
    fail(uplink, "lost", "it breaks the protocol; is it a Headroom collector?", UNREACHABLE_MS_MIN);
    return false;
}

static void uplink_on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct uplink *uplink = handle->data;

    (void)suggested;
    *buf = uv_buf_init(uplink->in, sizeof uplink->in);
}

static void uplink_on_read(uv_stream_t *stream, ssize_t nread, const uv_buf_t *buf)
{
    struct uplink *uplink = stream->data;

    if (nread == 0)
        return;
    if (nread < 0) {
        fail(uplink, "lost", nread == UV_EOF ? "it closed the connection" : uv_strerror((int)nread), 0);
        return;
    }
    uplink->asked_again = false;
    struct bytes input = {(const uint8_t *)buf->base, (size_t)nread};
    enum sender_event event = SENDER_NOTHING;
    do {
        event = sender_receive(uplink->sender, &input, uv_now(uplink->loop));
        if (!act_on(uplink, event))
            return;
    } while (event != SENDER_NOTHING);
    uplink_pump(uplink);
}

/* The first collector of the list is back. */
static void uplink_on_scouted(void *arg)
{
    struct uplink *uplink = arg;

    if (uplink->collectors[0].not_before_ms > uv_now(uplink->loop)) {
        primary_watch_watch(&uplink->scout); /* it has rejected us not long ago */
        return;
    }
    log_info("returning from %s to %s", current(uplink)->name, uplink->collectors[0].name);
    drop_connection(uplink);
}

/* ---- an attempt ---- */

static void connect_address(struct uplink *uplink);

static void forget_addresses(struct uplink *uplink)
{
    uv_freeaddrinfo(uplink->found);
    uplink->found = NULL;
    uplink->address = NULL;
}

static void uplink_on_unreachable_close(uv_handle_t *handle)
{
    struct uplink *uplink = handle->data;

    uplink->tcp_open = false;
    if (!uplink->closing)
        connect_address(uplink);
}

/* Goes on with the next address of the name, if it has one. */
static void fail_address(struct uplink *uplink, const char *why)
{
    if (uplink->address->ai_next == NULL) {
        forget_addresses(uplink);
        fail(uplink, "can't reach", why, UNREACHABLE_MS_MIN);
        return;
    }
    uplink->address = uplink->address->ai_next;
    uv_timer_stop(&uplink->timer);
    uv_close((uv_handle_t *)&uplink->tcp, uplink_on_unreachable_close);
}

static void uplink_on_connect(uv_connect_t *request, int status)
{
    struct uplink *uplink = request->data;

    if (status == UV_ECANCELED || uv_is_closing((uv_handle_t *)&uplink->tcp))
        return;
    if (status == 0)
        status = uv_read_start((uv_stream_t *)&uplink->tcp, uplink_on_alloc, uplink_on_read);
    if (status < 0) {
        fail_address(uplink, uv_strerror(status));
        return;
    }
    forget_addresses(uplink);
    uv_tcp_nodelay(&uplink->tcp, 1);
    uplink->connected = true;
    uplink->asked_again = false;
    uplink->flowing = false;
    sender_open(uplink->sender, uv_now(uplink->loop));
    uplink_pump(uplink);
}

static void uplink_on_connect_timer(uv_timer_t *timer)
{
    fail_address(timer->data, "no answer");
}

static void connect_address(struct uplink *uplink)
{
    uv_tcp_init(uplink->loop, &uplink->tcp);
    uplink->tcp.data = uplink;
    uplink->tcp_open = true;
    uplink->connect.data = uplink;
    int rc = uv_tcp_connect(&uplink->connect, &uplink->tcp, uplink->address->ai_addr, uplink_on_connect);
    if (rc < 0)
        fail_address(uplink, uv_strerror(rc));
    else
        uv_timer_start(&uplink->timer, uplink_on_connect_timer, CONNECT_MS_MAX, 0);
}

static void uplink_on_resolve(uv_getaddrinfo_t *request, int status, struct addrinfo *found)
{
    struct uplink *uplink = request->data;

    uplink->resolving = false;
    if (uplink->closing || status == UV_ECANCELED) {
        uv_freeaddrinfo(found);
    } else if (status < 0) {
        fail(uplink, "can't resolve", uv_strerror(status), UNREACHABLE_MS_MIN);
    } else {
        uplink->found = found;
        uplink->address = found;
        connect_address(uplink);
    }
}

static void attempt(struct uplink *uplink)
{
    const struct address *address = &current(uplink)->address;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    char port[8];

    snprintf(port, sizeof port, "%u", (unsigned)address->port);
    uplink->resolve.data = uplink;
    int rc = uv_getaddrinfo(uplink->loop, &uplink->resolve, uplink_on_resolve, address->host, port, &hints);
    if (rc < 0)
        fail(uplink, "can't resolve", uv_strerror(rc), UNREACHABLE_MS_MIN);
    else
        uplink->resolving = true;
}

/* ---- life ---- */

int uplink_start(struct uplink *uplink, uv_loop_t *loop, struct sender *sender, const struct address *collectors,
                 unsigned count, uint64_t seed, uplink_cb *cb, void *arg)
{
    uint8_t *out = malloc(SEND_LEN_MAX);
    if (out == NULL)
        return -ENOMEM;
    *uplink = (struct uplink){.loop = loop, .sender = sender, .count = count, .out = out, .cb = cb, .arg = arg};
    uplink->complaints = (struct log_limit){.interval_ms = 60000, .burst = 4};
    for (unsigned i = 0; i < count; i++) {
        struct uplink_collector *collector = &uplink->collectors[i];
        collector->address = collectors[i];
        format_address(&collectors[i], collector->name, sizeof collector->name);
        backoff_init(&collector->backoff, BACKOFF_MS_MIN, BACKOFF_MS_MAX, random_next(&seed));
    }
    uv_timer_init(loop, &uplink->timer);
    uplink->timer.data = uplink;
    primary_watch_init(&uplink->scout, loop, &uplink->collectors[0].address, uplink_on_scouted, uplink);
    plan_attempt(uplink);
    return 0;
}

void uplink_close(struct uplink *uplink)
{
    if (uplink->closing || uplink->loop == NULL)
        return;
    uplink->closing = true;
    primary_watch_close(&uplink->scout);
    if (uplink->resolving)
        uv_cancel((uv_req_t *)&uplink->resolve);
    drop_connection(uplink);
    handle_close(&uplink->timer, NULL);
}

void uplink_deinit(struct uplink *uplink)
{
    uv_freeaddrinfo(uplink->found);
    free(uplink->out);
    uplink->found = NULL;
    uplink->out = NULL;
}
