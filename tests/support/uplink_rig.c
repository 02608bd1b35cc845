#include "support/uplink_rig.h"

#include "support/log_capture.h"
#include "support/test_loop.h"

#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#define SEED 42U

struct uplink_rig rig;

static void on_event(enum uplink_event event, void *arg)
{
    ck_assert_ptr_eq(arg, &rig.events);
    rig.events[event]++;
    if (event == UPLINK_AHEAD)
        outbox_renumber(&rig.outbox, rig.outbox.instance + 1);
    if ((int)event == rig.close_on)
        uplink_close(&rig.uplink);
}

void rig_init_sender(void)
{
    struct sender_identity identity = {.node_id = "n1", .group = "web", .interval_ms = 1000, .cpu_milli = 2000};

    ck_assert_int_eq(outbox_init(&rig.outbox, 1000, 7), 0);
    ck_assert_int_eq(sender_init(&rig.sender, &identity, &rig.outbox, &rig.arena), 0);
}

void rig_deinit_sender(void)
{
    sender_deinit(&rig.sender);
    outbox_deinit(&rig.outbox);
}

void rig_begin(void)
{
    log_capture_start();
    test_loop_start();
    rig.close_on = -1;
    rig.first.fd = peer_listen(&rig.first.port);
    rig.second.fd = peer_listen(&rig.second.port);
    ck_assert_int_eq(wire_arena_init(&rig.arena), 0);
    rig_init_sender();
}

void rig_hang_up(struct fake_collector *collector)
{
    if (collector->peer.arena.base != NULL)
        peer_close(&collector->peer);
}

void rig_end(void)
{
    uplink_close(&rig.uplink);
    uplink_close(&rig.uplink);
    test_loop_end();
    uplink_deinit(&rig.uplink);
    rig_deinit_sender();
    wire_arena_deinit(&rig.arena);
    rig_hang_up(&rig.first);
    rig_hang_up(&rig.second);
    close(rig.first.fd);
    close(rig.second.fd);
}

static struct address address_of(const char *host, unsigned port)
{
    struct address address = {.port = (uint16_t)port};

    snprintf(address.host, sizeof address.host, "%s", host);
    return address;
}

void rig_start_seeded(const char *first_host, unsigned count, uint64_t seed)
{
    struct address addresses[] = {address_of(first_host, rig.first.port), address_of("127.0.0.1", rig.second.port)};

    struct uplink_options options = {.sender = &rig.sender, .collectors = addresses, .count = count, .seed = seed};

    ck_assert_int_eq(uplink_start(&rig.uplink, &test_loop, &options, on_event, &rig.events), 0);
}

void rig_start(const char *first_host, unsigned count)
{
    rig_start_seeded(first_host, count, SEED);
}

void rig_push(unsigned count)
{
    struct sample sample = {.time_ms = 1700000000000, .uptime_ms = 1000};

    while (count-- > 0)
        outbox_push(&rig.outbox, &sample);
    uplink_pump(&rig.uplink);
}

const Headroom__Hello *rig_meet(struct fake_collector *collector)
{
    rig_hang_up(collector);
    peer_accept(&collector->peer, collector->fd);
    return peer_expect(&collector->peer, HEADROOM__FRAME__BODY_HELLO)->hello;
}

void rig_welcome(struct fake_collector *collector, uint64_t resume_seq, uint64_t stored_seq)
{
    unsigned before = rig.events[UPLINK_UP];

    rig_meet(collector);
    peer_send_welcome(&collector->peer, resume_seq, stored_seq, RIG_ACK_MS);
    test_loop_until_count(&rig.events[UPLINK_UP], before + 1);
}

void rig_acknowledge(struct fake_collector *collector, uint64_t seq)
{
    unsigned before = rig.events[UPLINK_ACKED];

    peer_send_ack(&collector->peer, seq);
    test_loop_until_count(&rig.events[UPLINK_ACKED], before + 1);
}

uint64_t rig_absence_ms(struct fake_collector *collector)
{
    uv_update_time(&test_loop);
    uint64_t start_ms = uv_now(&test_loop);

    rig_meet(collector);
    return uv_now(&test_loop) - start_ms;
}

void rig_assert_between(uint64_t ms, uint64_t least_ms, uint64_t most_ms)
{
    ck_assert_uint_ge(ms + 2, least_ms); /* the clock counts whole milliseconds */
    ck_assert_uint_le(ms, most_ms + RIG_SLACK_MS);
}

bool rig_not_dialed(struct fake_collector *collector)
{
    rig_hang_up(collector);
    return !peer_accept_now(&collector->peer, collector->fd);
}

int rig_listen_deaf(unsigned *port, int fillers[4])
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = peer_listen(port);

    ck_assert_int_eq(listen(fd, 0), 0);
    address.sin_port = htons((uint16_t)*port);
    for (unsigned i = 0; i < 4; i++) {
        fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (connect(fillers[i], (struct sockaddr *)&address, sizeof address) < 0)
            ck_assert_int_eq(errno, EINPROGRESS);
    }
    return fd;
}

void rig_close_all(const int fillers[4])
{
    for (unsigned i = 0; i < 4; i++)
        close(fillers[i]);
}
