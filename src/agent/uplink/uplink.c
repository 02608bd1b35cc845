#include "agent/uplink/uplink.h"

#include "common/clock.h"
#include "common/format.h"
#include "common/handle.h"
#include "common/log.h"
#include "common/send.h"

#include <errno.h>
#include <stdlib.h>

static void act(struct uplink *uplink, enum uplink_action action);

static uint64_t now_of(const struct uplink *uplink)
{
    return uv_now(uplink->timer.loop);
}

static const char *name_of_current(const struct uplink *uplink)
{
    return uplink->collectors[uplink->plan.current].name;
}

const char *uplink_peer(const struct uplink *uplink)
{
    return sender_streaming(uplink->sender) ? name_of_current(uplink) : NULL;
}

/* ---- time ---- */

static void uplink_on_timer(uv_timer_t *timer)
{
    struct uplink *uplink = timer->data;

    act(uplink, uplink_plan_on_time(&uplink->plan, now_of(uplink)));
}

/* An attempt has to wait until the last connection is closed; then DIAL_DROPPED brings us here again. */
static void arm_timer(struct uplink *uplink)
{
    uint64_t now_ms = now_of(uplink);
    uint64_t due_ms = uplink_plan_due_ms(&uplink->plan, now_ms);

    if (due_ms == UINT64_MAX || (uplink->plan.state == UPLINK_WAITING && !dial_idle(&uplink->dial)))
        uv_timer_stop(&uplink->timer);
    else
        uv_timer_start(&uplink->timer, uplink_on_timer, due_ms > now_ms ? due_ms - now_ms : 1, 0);
}

/* ---- the end of a connection ---- */

static void complain(struct uplink *uplink, const char *what, const char *why)
{
    unsigned suppressed = 0;

    if (!log_limit_pass(&uplink->complaints, now_of(uplink), &suppressed))
        return;
    if (suppressed > 0)
        log_warning("%u more failed attempts to reach a collector", suppressed);
    log_warning("%s %s: %s; samples waiting: %llu", what, name_of_current(uplink), why,
                (unsigned long long)outbox_waiting(sender_outbox(uplink->sender)));
}

static void drop(struct uplink *uplink)
{
    bool connected = sender_connected(uplink->sender);

    if (uplink->plan.what != NULL)
        complain(uplink, uplink->plan.what, uplink->plan.why);
    dial_drop(&uplink->probe);
    sender_close(uplink->sender);
    uplink_channel_close(&uplink->channel);
    dial_drop(&uplink->dial);
    arm_timer(uplink);
    if (connected)
        uplink->cb(UPLINK_DOWN, uplink->arg);
}

/* ---- writing ---- */

static void uplink_on_write(uv_write_t *request, int status)
{
    struct uplink *uplink = request->data;

    if (status == UV_ECANCELED) /* the connection has been dropped */
        return;
    if (status < 0)
        act(uplink, uplink_plan_on_lost(&uplink->plan, uv_strerror(status), now_of(uplink)));
    else
        act(uplink, uplink_plan_on_written(&uplink->plan));
}

/* One frame. false: there is none. */
static bool send_frame(struct uplink *uplink)
{
    /* The wall clock is needed for samples of an earlier boot only. */
    uint64_t uptime_ms = outbox_uptime_ms(sender_outbox(uplink->sender), clock_uptime_ms(), clock_wall_ms());
    size_t len = sender_produce(uplink->sender, now_of(uplink), uptime_ms, uplink->out, SEND_LEN_MAX);

    if (len == 0)
        return false;
    struct bytes sealed = uplink_channel_seal(&uplink->channel, (struct bytes){uplink->out, len});
    uplink->write.data = uplink;
    int rc = sealed.len > 0
                 ? send_bytes(&uplink->write, dial_stream(&uplink->dial), sealed.data, sealed.len, uplink_on_write)
                 : UV_EPROTO;
    if (rc < 0)
        act(uplink, uplink_plan_on_lost(&uplink->plan, uv_strerror(rc), now_of(uplink)));
    else if (rc == 0)
        uplink_plan_on_write_pending(&uplink->plan);
    return true;
}

void uplink_pump(struct uplink *uplink)
{
    while (uplink_plan_may_write(&uplink->plan) && uplink_channel_ready(&uplink->channel) && send_frame(uplink))
        ;
    if (uplink_plan_connected(&uplink->plan))
        arm_timer(uplink);
}

/* ---- reading ---- */

static void report(struct uplink *uplink, enum sender_event event)
{
    enum uplink_event passed_on;

    if (event == SENDER_WELCOME)
        log_info("connected to %s", name_of_current(uplink));
    if (uplink_plan_event(event, &passed_on))
        uplink->cb(passed_on, uplink->arg);
}

/* What the sender makes of plain bytes. */
static void take(struct uplink *uplink, struct bytes input)
{
    enum uplink_action action = UPLINK_DO_RECEIVE;

    while (action == UPLINK_DO_RECEIVE && uplink_plan_connected(&uplink->plan)) {
        enum sender_event event = sender_receive(uplink->sender, &input, now_of(uplink));
        action = uplink_plan_on_sender(&uplink->plan, event, now_of(uplink));
        report(uplink, event);
    }
    act(uplink, action);
}

static void uplink_on_flight(int status, void *arg)
{
    (void)status; /* reading reports the end of the connection */
    (void)arg;
}

/* A channel that breaks during the handshake belongs to a collector without the agent's key. Later, a record was
 * damaged. */
static void end_broken(struct uplink *uplink, bool trusted)
{
    const char *why = uplink_channel_why(&uplink->channel);

    if (trusted) {
        act(uplink, uplink_plan_on_lost(&uplink->plan, why, now_of(uplink)));
        return;
    }
    outbox_set_rejected(sender_outbox(uplink->sender), true);
    act(uplink, uplink_plan_on_untrusted(&uplink->plan, why, now_of(uplink)));
}

/* Continues the handshake, or opens records. The connection may end meanwhile, and its channel with it. */
static void unseal(struct uplink *uplink, struct bytes input)
{
    struct bytes plain, flight;
    bool trusted = false, more = true;
    int rc = 0;

    while (more && uplink_plan_connected(&uplink->plan)) {
        trusted = uplink_channel_ready(&uplink->channel);
        rc = uplink_channel_unseal(&uplink->channel, &input, &plain, &flight);
        if (flight.len > 0)
            (void)send_copied(dial_stream(&uplink->dial), flight.data, flight.len, uplink_on_flight, NULL);
        if (rc > 0)
            take(uplink, plain);
        more = rc > 0 && input.len > 0;
    }
    if (rc < 0)
        end_broken(uplink, trusted);
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
        const char *why = nread == UV_EOF ? "the collector closed the connection" : uv_strerror((int)nread);
        act(uplink, uplink_plan_on_lost(&uplink->plan, why, now_of(uplink)));
        return;
    }
    bool greets = !uplink_channel_ready(&uplink->channel);
    unseal(uplink, (struct bytes){(const uint8_t *)buf->base, (size_t)nread});
    if (greets && uplink_plan_connected(&uplink->plan) && uplink_channel_ready(&uplink->channel))
        uplink_pump(uplink);
}

/* ---- an attempt ---- */

static void give_up(struct uplink *uplink, const char *what, int status)
{
    const char *why = status == UV_ETIMEDOUT ? "no answer" : uv_strerror(status);

    act(uplink, uplink_plan_on_unreachable(&uplink->plan, what, why, now_of(uplink)));
}

static const char *host_of_current(const struct uplink *uplink)
{
    return uplink->server_name[0] != '\0' ? uplink->server_name : uplink->collectors[uplink->plan.current].address.host;
}

static void begin_session(struct uplink *uplink)
{
    struct uplink_collector *current = &uplink->collectors[uplink->plan.current];
    int rc = uv_read_start(dial_stream(&uplink->dial), uplink_on_alloc, uplink_on_read);

    if (rc == 0)
        rc = uplink_channel_open(&uplink->channel, host_of_current(uplink), &current->ticket);
    if (rc < 0) {
        give_up(uplink, "can't reach", rc);
        return;
    }
    sender_set_place(uplink->sender, uplink->plan.current);
    sender_open(uplink->sender, now_of(uplink));
    act(uplink, uplink_plan_on_connected(&uplink->plan));
    if (!uplink_channel_ready(&uplink->channel))
        unseal(uplink, (struct bytes){NULL, 0}); /* an agent speaks first */
}

static void uplink_on_dial(enum dial_event event, int status, void *arg)
{
    struct uplink *uplink = arg;

    switch (event) {
    case DIAL_CONNECTED:
        begin_session(uplink);
        break;
    case DIAL_UNRESOLVED:
        give_up(uplink, "can't resolve", status);
        break;
    case DIAL_UNREACHABLE:
        give_up(uplink, "can't reach", status);
        break;
    case DIAL_DROPPED:
        arm_timer(uplink);
        break;
    }
}

static void connect_current(struct uplink *uplink)
{
    int rc = dial_start(&uplink->dial, &uplink->collectors[uplink->plan.current].address);

    if (rc < 0)
        give_up(uplink, "can't resolve", rc);
}

static void uplink_on_key(void *arg)
{
    connect_current(arg);
}

static void dial_current(struct uplink *uplink)
{
    if (uplink->key != NULL)
        uplink_key_look(uplink->key, uplink_on_key, uplink);
    else
        connect_current(uplink);
}

/* ---- the watch of the primary ---- */

/* Tells the collector that is left, as far as the socket takes it at once. */
static void say_moved(struct uplink *uplink)
{
    size_t len = sender_produce_moved(uplink->sender, uplink->out, SEND_LEN_MAX);
    struct bytes sealed = uplink_channel_seal(&uplink->channel, (struct bytes){uplink->out, len});
    uv_buf_t buf = uv_buf_init((char *)sealed.data, (unsigned)sealed.len);

    if (sealed.len > 0)
        uv_try_write(dial_stream(&uplink->dial), &buf, 1);
}

static void end_probe(struct uplink *uplink, bool reachable)
{
    bool may_write = uplink_plan_may_write(&uplink->plan);
    enum uplink_action action = uplink_plan_on_probe(&uplink->plan, reachable, now_of(uplink));

    if (action == UPLINK_DO_DROP) {
        log_info("returning from %s to %s", name_of_current(uplink), uplink->collectors[0].name);
        if (may_write)
            say_moved(uplink);
    }
    act(uplink, action);
}

static void uplink_on_probe(enum dial_event event, int status, void *arg)
{
    struct uplink *uplink = arg;

    (void)status;
    if (event == DIAL_CONNECTED)
        dial_drop(&uplink->probe);
    if (event != DIAL_DROPPED)
        end_probe(uplink, event == DIAL_CONNECTED);
}

/* An attempt that was dropped and has not ended yet counts as one that fails. */
static void probe_primary(struct uplink *uplink)
{
    if (!dial_idle(&uplink->probe) || dial_start(&uplink->probe, &uplink->collectors[0].address) < 0)
        end_probe(uplink, false);
    arm_timer(uplink);
}

/* ---- what the plan wants ---- */

static void act(struct uplink *uplink, enum uplink_action action)
{
    if (uplink->plan.state == UPLINK_CLOSED) /* by the owner, in a callback */
        return;
    switch (action) {
    case UPLINK_DO_WAIT:
        arm_timer(uplink);
        break;
    case UPLINK_DO_DIAL:
        dial_current(uplink);
        break;
    case UPLINK_DO_PUMP:
        uplink_pump(uplink);
        break;
    case UPLINK_DO_PROBE:
        probe_primary(uplink);
        break;
    case UPLINK_DO_DROP:
        drop(uplink);
        break;
    case UPLINK_DO_RECEIVE: /* there is nothing left of a connection that has ended meanwhile */
        break;
    }
}

/* ---- life ---- */

int uplink_start(struct uplink *uplink, uv_loop_t *loop, const struct uplink_options *options, uplink_cb *cb, void *arg)
{
    uint8_t *out = malloc(SEND_LEN_MAX);

    if (out == NULL)
        return -ENOMEM;
    *uplink = (struct uplink){.sender = options->sender, .key = options->key, .out = out, .cb = cb, .arg = arg};
    uplink->server_name = options->server_name != NULL ? options->server_name : "";
    const struct credentials *credentials = uplink->key != NULL ? &uplink->key->credentials : options->credentials;
    if (uplink_channel_init(&uplink->channel, credentials) < 0) {
        uplink_deinit(uplink);
        return -ENOMEM;
    }
    uplink->complaints = (struct log_limit){.interval_ms = 60000, .burst = 4};
    for (unsigned i = 0; i < options->count; i++) {
        struct uplink_collector *collector = &uplink->collectors[i];
        collector->address = options->collectors[i];
        format_address(&collector->address, collector->name, sizeof collector->name);
    }
    if (uplink->key != NULL)
        uplink_key_start(uplink->key, loop);
    uv_timer_init(loop, &uplink->timer);
    uplink->timer.data = uplink;
    dial_init(&uplink->dial, loop, UPLINK_CONNECT_MS_MAX, uplink_on_dial, uplink);
    dial_init(&uplink->probe, loop, UPLINK_CONNECT_MS_MAX, uplink_on_probe, uplink);
    uplink_plan_init(&uplink->plan, uplink->sender, options->count, options->seed, now_of(uplink));
    arm_timer(uplink);
    return 0;
}

void uplink_renew(struct uplink *uplink)
{
    if (uplink_plan_connected(&uplink->plan))
        act(uplink, uplink_plan_on_renewed(&uplink->plan, now_of(uplink)));
}

void uplink_close(struct uplink *uplink)
{
    if (uplink->plan.state == UPLINK_CLOSED || uplink->timer.loop == NULL)
        return;
    uplink_plan_close(&uplink->plan);
    uplink_key_close(uplink->key);
    drop(uplink);
    dial_close(&uplink->dial);
    dial_close(&uplink->probe);
    handle_close(&uplink->timer, NULL);
}

void uplink_deinit(struct uplink *uplink)
{
    uplink_channel_deinit(&uplink->channel);
    for (unsigned i = 0; i < COLLECTORS_MAX; i++)
        channel_ticket_deinit(&uplink->collectors[i].ticket);
    free(uplink->out);
    uplink->out = NULL;
}
