#include "collector/intake/listener.h"

#include "common/error_text.h"
#include "common/format.h"
#include "common/handle.h"
#include "common/log.h"
#include "common/loopback.h"
#include "common/resolve.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <utlist.h>

#define LISTEN_BACKLOG 4096
#define SPARE_FILES    256U /* descriptors in addition to those of the sessions */

/* ---- Acks to many sessions: a slice of them in each turn of the loop ---- */

static bool listener_on_ack(void *arg)
{
    struct listener *listener = arg;
    struct intake *intake = ack_queue_take(&listener->acking);

    if (intake != NULL)
        session_pump(intake->owner);
    return listener->acking.head != NULL;
}

static void begin_acks(struct listener *listener)
{
    if (!slices_running(&listener->acks))
        slices_run(&listener->acks);
}

void listener_stored(struct listener *listener, const struct backlog_instances *stored)
{
    ack_queue_add_stored(&listener->acking, stored);
    begin_acks(listener);
}

void listener_set_held(struct listener *listener, bool held)
{
    struct session *session = NULL;

    listener->host.hub->held = held;
    DL_FOREACH (listener->sessions, session) {
        intake_want_ack(&session->plan.intake);
        ack_queue_add(&listener->acking, &session->plan.intake);
    }
    begin_acks(listener);
}

/* ---- sessions ---- */

static void log_crowd(struct listener *listener)
{
    unsigned suppressed = 0;

    if (log_limit_pass(&listener->crowds, uv_now(listener->host.loop), &suppressed))
        log_warning("%u connections have sent no Hello yet, which is the limit; those that came first are closed for "
                    "new ones",
                    listener->strangers.count);
}

/* Each session has a place: that of an agent, which its Hello was granted, or a stranger's. */
static void listener_on_standing(struct session *session, void *arg)
{
    struct listener *listener = arg;
    uint64_t before = listener->strangers.evicted;

    if (session->standing == SESSION_AGENT) {
        strangers_remove(&listener->strangers, session);
        return;
    }
    struct session *evicted =
        strangers_add(&listener->strangers, session, session->plan.intake.origin, session->standing == SESSION_OVER);
    if (evicted == NULL)
        return;
    if (listener->strangers.evicted > before) {
        listener->host.hub->account.evicted++;
        log_crowd(listener);
        session_reset(evicted);
    } else {
        session_close(evicted);
    }
}

static void listener_on_received(void *arg)
{
    struct listener *listener = arg;

    listener->cb(listener->arg);
}

static bool listener_on_shake(void *arg)
{
    struct listener *listener = arg;

    return session_shake_hands(&listener->host);
}

static void listener_on_handshake(void *arg)
{
    struct listener *listener = arg;

    slices_run_later(&listener->handshakes);
}

static void listener_on_timer(uv_timer_t *timer)
{
    struct listener *listener = timer->data;

    slices_run_later(&listener->ticks);
}

static void listener_on_due(void *arg)
{
    struct listener *listener = arg;
    uint64_t due_ms = due_wheel_next_ms(&listener->host.due);
    uint64_t now_ms = uv_now(listener->host.loop);

    if (due_ms != UINT64_MAX)
        uv_timer_start(&listener->due, listener_on_timer, due_ms > now_ms ? due_ms - now_ms : 0, 0);
}

static bool listener_on_tick(void *arg)
{
    struct listener *listener = arg;
    bool more = session_tick(&listener->host);

    if (!more)
        listener_on_due(listener);
    return more;
}

/* A collector that had neither at its start has no credentials yet. */
static int begin_encryption(struct session_host *host)
{
    host->plain = malloc(CHANNEL_RECORD_MAX);
    int rc = host->plain != NULL ? credentials_init_server(&host->credentials) : -ENOMEM;
    if (rc < 0) {
        free(host->plain);
        host->plain = NULL;
    }
    return rc;
}

static bool is_keyed(const struct session_host *host)
{
    return host->keys->count > 0 || host->certificates->pair.chain.text != NULL;
}

static int use_keys(struct listener *listener)
{
    struct session_host *host = &listener->host;
    int rc = 0;

    host->hub->keys_version++;
    host->hub->keyed = is_keyed(host);
    host->hub->certificate_end_s = host->certificates->pair.not_after_s;
    if (is_keyed(host) && host->plain == NULL)
        rc = begin_encryption(host);
    if (rc == 0 && host->plain != NULL)
        rc = credentials_set_certificates(&host->credentials, host->certificates);
    if (rc == 0 && host->plain != NULL && listener->ticket_key != NULL)
        credentials_set_tickets(&host->credentials, listener->ticket_key);
    return rc;
}

void listener_on_keys(void *arg)
{
    if (use_keys(arg) < 0)
        log_error("out of memory for keys and certificates: agents can't connect");
}

static void listener_on_closed(struct session *session, void *arg)
{
    struct listener *listener = arg;

    ack_queue_remove(&listener->acking, &session->plan.intake);
    strangers_remove(&listener->strangers, session);
    DL_DELETE(listener->sessions, session);
    listener->session_count--;
}

static int accept_session(struct listener *listener)
{
    struct session *session = session_new(&listener->host);

    if (session == NULL)
        return -ENOMEM;
    DL_APPEND(listener->sessions, session);
    listener->session_count++;
    return session_accept(session, &listener->tcp);
}

/* ---- connections ---- */

static void take_connection(struct listener *listener);

static void listener_on_refused_close(uv_handle_t *handle)
{
    struct listener *listener = handle->data;
    bool another = listener->another_waits && !uv_is_closing((uv_handle_t *)&listener->tcp);

    listener->refusing = false;
    listener->another_waits = false;
    if (another)
        take_connection(listener);
}

/* libuv reports no other connection before this one is accepted. So it is accepted without a session, and closed. */
static void refuse(struct listener *listener)
{
    if (listener->refusing) {
        listener->another_waits = true;
        return;
    }
    listener->refusing = true;
    uv_tcp_init(listener->host.loop, &listener->refused);
    listener->refused.data = listener;
    uv_accept((uv_stream_t *)&listener->tcp, (uv_stream_t *)&listener->refused);
    uv_close((uv_handle_t *)&listener->refused, listener_on_refused_close);
}

static void log_trouble(struct listener *listener, int rc)
{
    unsigned suppressed = 0;

    if (log_limit_pass(&listener->troubles, uv_now(listener->host.loop), &suppressed))
        log_warning("can't accept a connection: %s", uv_strerror(rc));
}

static void take_connection(struct listener *listener)
{
    int rc = accept_session(listener);

    if (rc == -ENOMEM)
        refuse(listener);
    if (rc < 0)
        log_trouble(listener, rc);
}

static void listener_on_resume(uv_idle_t *idle)
{
    struct listener *listener = idle->data;

    if (listener->host.handshakes.count >= LISTENER_HANDSHAKES_MAX)
        return;
    uv_idle_stop(idle);
    listener->taken = 1;
    take_connection(listener);
}

/* After LISTENER_BURST connections the next one waits for a turn: libuv reports no other before it is accepted. */
static void listener_on_connection(uv_stream_t *stream, int status)
{
    struct listener *listener = stream->data;

    if (status < 0)
        log_trouble(listener, status);
    else if (listener->taken == LISTENER_BURST || listener->host.handshakes.count >= LISTENER_HANDSHAKES_MAX)
        uv_idle_start(&listener->resume, listener_on_resume);
    else {
        listener->taken++;
        take_connection(listener);
    }
}

static int bind_and_listen(struct listener *listener, const struct address *address,
                           const struct sockaddr_storage *found, char *error, size_t error_size)
{
    int rc = uv_tcp_bind(&listener->tcp, (const struct sockaddr *)found, 0);
    if (rc == 0)
        rc = uv_listen((uv_stream_t *)&listener->tcp, LISTEN_BACKLOG, listener_on_connection);
    if (rc == UV_EADDRINUSE)
        snprintf(error, error_size, "--listen: %s:%u is in use by another program; choose another port", address->host,
                 (unsigned)address->port);
    else if (rc < 0)
        snprintf(error, error_size, "--listen: can't listen on %s:%u: %s", address->host, (unsigned)address->port,
                 uv_strerror(rc));
    return rc;
}

static void listener_on_reserved(uv_poll_t *handle, int status, int events)
{
    (void)handle; /* closed before any event */
    (void)status;
    (void)events;
}

/* libuv has a table of all descriptors, and aborts the program when there is no memory to grow it. So it is grown now,
 * by polling a descriptor with the highest number that may be needed. */
static void reserve_watchers(struct listener *listener)
{
    struct rlimit limit;
    uv_os_fd_t own = -1;
    rlim_t highest = (rlim_t)listener->files_max + SPARE_FILES;

    if (uv_fileno((uv_handle_t *)&listener->tcp, &own) < 0 || getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return;
    if (highest >= limit.rlim_cur)
        highest = limit.rlim_cur - 1;
    int fd = fcntl(own, F_DUPFD_CLOEXEC, (int)highest);
    if (fd < 0)
        return;
    if (uv_poll_init(listener->host.loop, &listener->reserve, fd) == 0) {
        uv_poll_start(&listener->reserve, UV_READABLE, listener_on_reserved);
        uv_close((uv_handle_t *)&listener->reserve, NULL);
    }
    close(fd);
}

static int refuse_address(const struct address *address, char *error, size_t error_size)
{
    char name[ADDRESS_HOST_MAX + 10];

    format_address(address, name, sizeof name);
    return error_text_set(
        error, error_size, -EPERM,
        "--listen: %s can be reached from other machines, and agents would need no key; make one with "
        "\"headroom key --new\" and give --token-file, or give --cert-file, or --insecure if that is intended",
        name);
}

static int allocate(struct listener *listener, unsigned strangers_max)
{
    int rc = strangers_init(&listener->strangers, strangers_max);

    if (rc < 0)
        return rc;
    listener->host.buffer = malloc(READ_LEN_MAX);
    return listener->host.buffer != NULL ? 0 : -ENOMEM;
}

static void start_turns(struct listener *listener, uv_loop_t *loop)
{
    uv_idle_init(loop, &listener->resume);
    listener->resume.data = listener;
    slices_start(&listener->acks, loop, listener_on_ack, listener);
    slices_start(&listener->handshakes, loop, listener_on_shake, listener);
    slices_start(&listener->ticks, loop, listener_on_tick, listener);
    due_wheel_init(&listener->host.due, uv_now(loop));
    uv_timer_init(loop, &listener->due);
    listener->due.data = listener;
}

int listener_start(struct listener *listener, uv_loop_t *loop, const struct listener_options *options, char *error,
                   size_t error_size)
{
    struct log_limit limit = {.interval_ms = 10000, .burst = 5};
    struct sockaddr_storage found = {0};

    *listener = (struct listener){
        .host = {.loop = loop,
                 .hub = options->hub,
                 .on_received = listener_on_received,
                 .on_standing = listener_on_standing,
                 .on_closed = listener_on_closed,
                 .keys = options->keys,
                 .certificates = options->certificates,
                 .on_handshake = listener_on_handshake,
                 .on_due = listener_on_due,
                 .arg = listener},
        .files_max = options->agents_max + options->strangers_max,
        .troubles = limit,
        .crowds = {.interval_ms = 60000, .burst = 1},
        .ticket_key = options->ticket_key,
        .cb = options->cb,
        .arg = options->arg,
    };
    session_log_init(&listener->host.log, limit);
    int rc = resolve_address(loop, "--listen", &options->address, &found, error, error_size);
    if (rc < 0)
        return rc;
    listener->loopback = loopback_is(&found);
    if (!listener->loopback && !is_keyed(&listener->host) && !options->insecure)
        return refuse_address(&options->address, error, error_size);
    rc = allocate(listener, options->strangers_max);
    if (rc == 0)
        rc = use_keys(listener);
    if (rc == 0)
        rc = ready_sockets_start(&listener->host.ready, loop, session_serve, session_prefetch, SESSION_FRAME_LEN);
    if (rc < 0) {
        snprintf(error, error_size, "--listen: %s", uv_strerror(rc));
        return rc;
    }
    uv_tcp_init(loop, &listener->tcp);
    listener->tcp.data = listener;
    rc = bind_and_listen(listener, &options->address, &found, error, error_size);
    if (rc < 0) {
        handle_close(&listener->tcp, NULL);
        ready_sockets_close(&listener->host.ready);
        return rc;
    }
    reserve_watchers(listener);
    start_turns(listener, loop);
    return 0;
}

unsigned listener_port(const struct listener *listener)
{
    struct sockaddr_storage address = {0};
    int len = sizeof address;

    if (uv_tcp_getsockname(&listener->tcp, (struct sockaddr *)&address, &len) < 0)
        return 0;
    /* The port has the same offset for IPv4 and IPv6. */
    return ntohs(((struct sockaddr_in *)&address)->sin_port);
}

/* ---- the end ---- */

void listener_stop(struct listener *listener)
{
    listener->host.stopping = true;
    ready_sockets_stop(&listener->host.ready);
    handle_close(&listener->tcp, NULL);
    handle_close(&listener->resume, NULL);
}

void listener_close(struct listener *listener)
{
    struct session *session = NULL;
    struct session *following = NULL;

    listener_stop(listener);
    slices_close(&listener->acks);
    slices_close(&listener->handshakes);
    slices_close(&listener->ticks);
    handle_close(&listener->due, NULL);
    DL_FOREACH_SAFE (listener->sessions, session, following)
        session_farewell(session);
    ready_sockets_close(&listener->host.ready);
}

void listener_deinit(struct listener *listener)
{
    credentials_deinit(&listener->host.credentials);
    free(listener->host.plain);
    free(listener->host.buffer);
    listener->host.plain = NULL;
    listener->host.buffer = NULL;
    strangers_deinit(&listener->strangers);
}
