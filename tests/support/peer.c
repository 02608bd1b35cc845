#include "support/peer.h"

#include "common/clock.h"
#include "support/test_loop.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG   64
#define CPU_SHARE 50.0F

/* ---- connections ---- */

static void take_socket(struct peer *peer, int fd)
{
    int on = 1;

    ck_assert_int_ge(fd, 0);
    *peer = (struct peer){.fd = fd};
    peer->unread.data = peer->in;
    frame_reader_init(&peer->reader);
    ck_assert_int_eq(wire_arena_init(&peer->arena), 0);
    ck_assert_int_eq(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    ck_assert_int_eq(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), 0);
}

static struct sockaddr_in loopback(unsigned port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

void peer_connect(struct peer *peer, unsigned port)
{
    struct sockaddr_in address = loopback(port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    /* The backlog takes it; nobody has to accept meanwhile. */
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    take_socket(peer, fd);
}

int peer_listen(unsigned *port)
{
    struct sockaddr_in address = loopback(0);
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(listen(fd, BACKLOG), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    *port = ntohs(address.sin_port);
    return fd;
}

bool peer_accept_now(struct peer *peer, int listen_fd)
{
    int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);

    if (fd < 0) {
        ck_assert_int_eq(errno, EAGAIN);
        return false;
    }
    take_socket(peer, fd);
    return true;
}

struct acceptance {
    struct peer *peer;
    int listen_fd;
};

static bool is_accepted(void *arg)
{
    const struct acceptance *acceptance = arg;

    return peer_accept_now(acceptance->peer, acceptance->listen_fd);
}

void peer_accept(struct peer *peer, int listen_fd)
{
    struct acceptance acceptance = {peer, listen_fd};

    test_loop_until(is_accepted, &acceptance);
}

void peer_close(struct peer *peer)
{
    if (peer->fd >= 0)
        close(peer->fd);
    peer->fd = -1;
    channel_free(peer->channel);
    peer->channel = NULL;
    frame_reader_deinit(&peer->reader);
    wire_arena_deinit(&peer->arena);
}

void peer_reset(struct peer *peer)
{
    struct linger linger = {.l_onoff = 1, .l_linger = 0};

    ck_assert_int_eq(setsockopt(peer->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger), 0);
    peer_close(peer);
}

/* ---- sending ---- */

static void send_all(struct peer *peer, const void *data, size_t len)
{
    const char *at = data;

    while (len > 0) {
        ssize_t put = send(peer->fd, at, len, MSG_NOSIGNAL);
        if (put < 0 && errno == EAGAIN) {
            test_loop_for_ms(1);
            continue;
        }
        ck_assert_int_gt(put, 0);
        at += put;
        len -= (size_t)put;
    }
}

void peer_send_bytes(struct peer *peer, const void *data, size_t len)
{
    static uint8_t sealed[CHANNEL_SEALED_MAX(FRAME_LEN_MAX)];
    struct channel_out out = {.bytes = sealed, .size = sizeof sealed};

    if (peer->channel == NULL) {
        send_all(peer, data, len);
        return;
    }
    ck_assert_int_eq(channel_send(peer->channel, data, len, &out), 0);
    send_all(peer, sealed, out.len);
}

/* ---- encryption ---- */

/* Decrypts what has come into `unread`, and answers. false: the channel is broken. */
static bool unseal(struct peer *peer)
{
    uint8_t flight[CHANNEL_FLIGHT_MAX];
    struct channel_out out = {.bytes = flight, .size = sizeof flight};

    int rc = channel_receive(peer->channel, &peer->sealed, peer->plain, sizeof peer->plain, &out);
    send_all(peer, flight, out.len);
    if (rc > 0)
        peer->unread = (struct bytes){peer->plain, (size_t)rc};
    return rc >= 0;
}

void peer_begin_handshake(struct peer *peer, const struct credentials *credentials)
{
    peer->channel = channel_new(credentials, NULL, NULL);
    ck_assert_ptr_nonnull(peer->channel);
    ck_assert(unseal(peer));
}

static bool is_handshake_over(void *arg)
{
    struct peer *peer = arg;

    while (channel_state(peer->channel) == CHANNEL_HANDSHAKING) {
        ssize_t got = recv(peer->fd, peer->in, sizeof peer->in, 0);
        if (got < 0 && errno == EAGAIN)
            return false;
        peer->sealed = (struct bytes){peer->in, got > 0 ? (size_t)got : 0};
        if (got <= 0 || !unseal(peer))
            return true;
    }
    return true;
}

bool peer_shake_hands(struct peer *peer)
{
    test_loop_until(is_handshake_over, peer);
    return channel_state(peer->channel) == CHANNEL_SEALED;
}

void peer_send(struct peer *peer, const Headroom__Frame *frame)
{
    static uint8_t buf[FRAME_HEAD_LEN + FRAME_LEN_MAX];
    size_t len = wire_encode(frame, buf, sizeof buf);

    ck_assert_uint_gt(len, 0);
    peer_send_bytes(peer, buf, len);
}

void peer_send_hello(struct peer *peer, const char *node_id, uint64_t instance, uint64_t newest_seq)
{
    Headroom__Hello hello = HEADROOM__HELLO__INIT;
    Headroom__Frame frame = HEADROOM__FRAME__INIT;
    char group[] = "web";

    hello.version = WIRE_VERSION;
    hello.node_id = (char *)node_id;
    hello.group = group;
    hello.instance = instance;
    hello.interval_ms = 1000;
    hello.oldest_seq = 1;
    hello.newest_seq = newest_seq;
    frame.body_case = HEADROOM__FRAME__BODY_HELLO;
    frame.hello = &hello;
    peer_send(peer, &frame);
}

void peer_send_batch(struct peer *peer, uint64_t first_seq, unsigned count)
{
    static Headroom__Sample samples[BATCH_SAMPLES_MAX];
    static Headroom__Sample *pointers[BATCH_SAMPLES_MAX];
    Headroom__Batch batch = HEADROOM__BATCH__INIT;
    Headroom__Frame frame = HEADROOM__FRAME__INIT;

    ck_assert_uint_le(count, BATCH_SAMPLES_MAX);
    for (unsigned i = 0; i < count; i++) {
        pointers[i] = &samples[i];
        headroom__sample__init(&samples[i]);
        samples[i].seq = first_seq + i;
        samples[i].time_ms = clock_wall_ms();
        samples[i].uptime_ms = 1000 * (first_seq + i);
        samples[i].has_cpu_percent = true;
        samples[i].cpu_percent = CPU_SHARE;
    }
    batch.sent_uptime_ms = 1000 * (first_seq + count);
    batch.n_samples = count;
    batch.samples = pointers;
    frame.body_case = HEADROOM__FRAME__BODY_BATCH;
    frame.batch = &batch;
    peer_send(peer, &frame);
}

void peer_send_goodbye(struct peer *peer, Headroom__Departure departure)
{
    Headroom__Goodbye goodbye = HEADROOM__GOODBYE__INIT;
    Headroom__Frame frame = HEADROOM__FRAME__INIT;

    goodbye.departure = departure;
    frame.body_case = HEADROOM__FRAME__BODY_GOODBYE;
    frame.goodbye = &goodbye;
    peer_send(peer, &frame);
}

void peer_send_welcome(struct peer *peer, uint64_t resume_seq, uint64_t stored_seq, uint32_t ack_interval_ms)
{
    Headroom__Welcome welcome = HEADROOM__WELCOME__INIT;
    Headroom__Frame frame = HEADROOM__FRAME__INIT;

    welcome.version = WIRE_VERSION;
    welcome.resume_seq = resume_seq;
    welcome.stored_seq = stored_seq;
    welcome.credit = CREDIT_MIN;
    welcome.ack_interval_ms = ack_interval_ms;
    welcome.frame_len_max = FRAME_LEN_MAX;
    welcome.batch_samples_max = BATCH_SAMPLES_MAX;
    frame.body_case = HEADROOM__FRAME__BODY_WELCOME;
    frame.welcome = &welcome;
    peer_send(peer, &frame);
}

static void send_ack(struct peer *peer, uint64_t stored_seq, bool last)
{
    Headroom__Ack ack = HEADROOM__ACK__INIT;
    Headroom__Frame frame = HEADROOM__FRAME__INIT;

    ack.stored_seq = stored_seq;
    ack.credit = CREDIT_MIN;
    ack.has_last = last;
    ack.last = last;
    frame.body_case = HEADROOM__FRAME__BODY_ACK;
    frame.ack = &ack;
    peer_send(peer, &frame);
}

void peer_send_ack(struct peer *peer, uint64_t stored_seq)
{
    send_ack(peer, stored_seq, false);
}

void peer_send_last_ack(struct peer *peer, uint64_t stored_seq)
{
    send_ack(peer, stored_seq, true);
}

void peer_send_reject(struct peer *peer, Headroom__Action action)
{
    Headroom__Reject reject = HEADROOM__REJECT__INIT;
    Headroom__Frame frame = HEADROOM__FRAME__INIT;
    char text[] = "because of the test";

    reject.action = action;
    reject.text = text;
    frame.body_case = HEADROOM__FRAME__BODY_REJECT;
    frame.reject = &reject;
    peer_send(peer, &frame);
}

/* ---- receiving ---- */

bool peer_poll(struct peer *peer)
{
    struct bytes message;

    for (;;) {
        int rc = frame_next(&peer->reader, &peer->unread, &message);
        ck_assert_int_ge(rc, 0);
        if (rc == 1) {
            ck_assert_int_eq(wire_decode(&peer->arena, message, &peer->frame), 0);
            return true;
        }
        if (peer->sealed.len > 0) {
            peer->ended = !unseal(peer);
            if (peer->ended)
                return true;
            continue;
        }
        ssize_t got = recv(peer->fd, peer->in, sizeof peer->in, 0);
        if (got < 0 && errno == EAGAIN)
            return false;
        if (got <= 0) {
            peer->ended = true;
            return true;
        }
        *(peer->channel != NULL ? &peer->sealed : &peer->unread) = (struct bytes){peer->in, (size_t)got};
    }
}

static bool is_polled(void *arg)
{
    return peer_poll(arg);
}

const Headroom__Frame *peer_receive(struct peer *peer)
{
    test_loop_until(is_polled, peer);
    ck_assert_msg(!peer->ended, "the connection has ended");
    return peer->frame;
}

const Headroom__Frame *peer_expect(struct peer *peer, Headroom__Frame__BodyCase body)
{
    peer_receive(peer);
    ck_assert_int_eq(peer->frame->body_case, body);
    return peer->frame;
}

const Headroom__Frame *peer_await(struct peer *peer, Headroom__Frame__BodyCase body)
{
    do
        peer_receive(peer);
    while (peer->frame->body_case != body);
    return peer->frame;
}

void peer_expect_end(struct peer *peer)
{
    test_loop_until(is_polled, peer);
    ck_assert_msg(peer->ended, "a frame has come instead of the end");
}

void peer_await_stored(struct peer *peer, uint64_t stored_seq)
{
    while (peer_expect(peer, HEADROOM__FRAME__BODY_ACK)->ack->stored_seq < stored_seq)
        ck_assert(!peer->frame->ack->held);
}
