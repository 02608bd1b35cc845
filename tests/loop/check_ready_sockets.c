/* Which sockets a turn of the loop reads when many are ready. */
#include "collector/intake/ready_sockets.h"

#include "support/cases.h"
#include "support/suite.h"
#include "support/test_loop.h"

#include <check.h>
#include <sys/socket.h>
#include <unistd.h>

#define SOCKETS (2 * READY_BATCH + 5)

struct owner {
    int fd;
    int peer;
    unsigned reads;
    bool has_more;
};

static struct ready_sockets ready;
static struct owner owners[SOCKETS];
static unsigned reads;
static uint64_t read_ns;         /* how long a read takes */
static struct owner *removes;    /* removed by the next read */
static const struct owner *soon; /* who is called next */
static bool consumes, is_last;   /* reads take the input; the next read stops all */
static bool asks;                /* reads ask for another look soon */
static bool leaves;              /* a read takes one byte, and the next read the other one */

static void remove_owner(struct owner *owner)
{
    ready_sockets_remove(&ready, owner->fd, owner);
}

static void on_soon(const void *arg)
{
    soon = arg;
}

static void on_ready(void *arg, bool has_more)
{
    uint64_t until_ns = uv_hrtime() + read_ns;
    struct owner *owner = arg;
    char byte = 0;

    owner->reads++;
    owner->has_more = has_more;
    reads++;
    while (uv_hrtime() < until_ns)
        ;
    if (consumes)
        ck_assert_int_eq(recv(owner->fd, &byte, 1, MSG_DONTWAIT), 1);
    else if (!has_more)
        ready_sockets_again(&ready, owner->fd, owner);
    if (leaves)
        ready_sockets_again(&ready, owner->fd, owner);
    leaves = false;
    if (asks)
        ready_sockets_look_soon(&ready);
    if (removes != NULL)
        remove_owner(removes);
    removes = NULL;
    if (is_last)
        ready_sockets_stop(&ready);
}

static void send_byte(const struct owner *owner)
{
    ck_assert_int_eq(send(owner->peer, "x", 1, 0), 1);
}

static void begin(void)
{
    test_loop_start();
    ck_assert_int_eq(ready_sockets_start(&ready, &test_loop, on_ready, on_soon, sizeof owners[0]), 0);
    for (unsigned i = 0; i < SOCKETS; i++) {
        int pair[2];
        ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
        owners[i] = (struct owner){.fd = pair[0], .peer = pair[1]};
        ck_assert_int_eq(ready_sockets_add(&ready, owners[i].fd, &owners[i]), 0);
    }
    reads = 0;
    read_ns = 0;
    removes = NULL;
    soon = NULL;
    consumes = asks = is_last = leaves = false;
}

static void end(void)
{
    ready_sockets_close(&ready);
    for (unsigned i = 0; i < SOCKETS; i++) {
        remove_owner(&owners[i]);
        close(owners[i].fd);
        close(owners[i].peer);
    }
    test_loop_end();
}

static void send_all(void)
{
    for (unsigned i = 0; i < SOCKETS; i++)
        send_byte(&owners[i]);
}

static void turn(void)
{
    uv_run(&test_loop, UV_RUN_NOWAIT);
}

START_TEST(a_turn_reads_for_its_time_only)
{
    consumes = true;
    read_ns = READY_NS / 4;
    send_all();
    for (unsigned before = 0; reads < SOCKETS; before = reads) {
        turn();
        ck_assert_uint_ge(reads, before + 1);
        ck_assert_uint_le(reads, before + 4);
    }
    turn();
    ck_assert_uint_eq(reads, SOCKETS);
}
END_TEST

START_TEST(a_turn_reads_all_if_there_is_time)
{
    consumes = true;
    ready.turn_ns = 1000000000;
    send_all();
    turn();
    ck_assert_uint_eq(reads, SOCKETS);
}
END_TEST

START_TEST(those_with_more_input_are_read_in_turn)
{
    ready.turn_ns = 0;
    send_all();
    for (unsigned round = 1; round <= 5; round++) {
        for (unsigned i = 0; i < SOCKETS; i++)
            turn();
        for (unsigned i = 0; i < SOCKETS; i++)
            ck_assert_uint_eq(owners[i].reads, round);
    }
}
END_TEST

START_TEST(who_comes_later_waits_for_one_round_at_most)
{
    ready.turn_ns = 0;
    for (unsigned i = 1; i < SOCKETS; i++)
        send_byte(&owners[i]);
    for (unsigned i = 0; i < SOCKETS; i++)
        turn();
    send_byte(&owners[0]);
    for (unsigned i = 0; i < SOCKETS + READY_BATCH; i++)
        turn();
    ck_assert_uint_ge(owners[0].reads, 1);
}
END_TEST

START_TEST(the_loop_does_not_wait_while_some_are_left)
{
    consumes = true;
    ready.turn_ns = 0;
    turn();
    ck_assert_int_eq(uv_is_active((uv_handle_t *)&ready.left), 0);
    send_all();
    while (reads < SOCKETS) {
        turn();
        ck_assert_int_eq(uv_backend_timeout(&test_loop), 0);
    }
    turn();
    turn();
    ck_assert_int_eq(uv_is_active((uv_handle_t *)&ready.left), 0);
}
END_TEST

START_TEST(who_is_next_is_told_before)
{
    consumes = true;
    ready.turn_ns = 0;
    send_all();
    for (unsigned i = 0; i < READY_BATCH; i++) {
        unsigned before = soon != NULL ? soon->reads : 0;
        const struct owner *next = soon;
        turn();
        if (next != NULL)
            ck_assert_uint_eq(next->reads, before + 1);
    }
    ck_assert_ptr_nonnull(soon);
}
END_TEST

START_TEST(who_is_removed_is_not_read)
{
    ready.turn_ns = 0;
    send_all();
    turn();
    ck_assert_uint_gt(ready.count, ready.next + 2);
    struct owner *other = ready.events[ready.next].data.ptr;
    struct owner *reader = ready.events[ready.next + 1].data.ptr;
    remove_owner(other);
    removes = reader; /* by itself */
    for (unsigned i = 0; i < 3 * SOCKETS; i++)
        turn();
    ck_assert_uint_eq(other->reads, 0);
    ck_assert_uint_eq(reader->reads, 1);
    remove_owner(reader);
}
END_TEST

START_TEST(the_end_behind_input_is_told)
{
    consumes = true;
    send_byte(&owners[3]);
    ck_assert_int_eq(shutdown(owners[3].peer, SHUT_WR), 0);
    turn();
    ck_assert_uint_eq(owners[3].reads, 1);
    ck_assert(owners[3].has_more);
    send_byte(&owners[4]);
    turn();
    ck_assert(!owners[4].has_more);
}
END_TEST

/* Sends a byte to one after the other for that long, as soon as the last one is read. */
static void stream(uint64_t ms)
{
    uint64_t until_ns = uv_hrtime() + ms * 1000000;

    for (unsigned i = 0; uv_hrtime() < until_ns; i = (i + 1) % SOCKETS) {
        unsigned before = reads;
        send_byte(&owners[i]);
        while (reads == before)
            uv_run(&test_loop, UV_RUN_ONCE);
    }
}

static void stream_until_the_clock_is_used(void)
{
    do
        stream(WAKE_MS);
    while (ready.state != READY_BY_CLOCK);
}

START_TEST(much_input_wakes_the_loop_seldom_until_there_is_none)
{
    consumes = true;
    stream_until_the_clock_is_used();
    ck_assert_uint_ge(reads, WAKE_BURST); /* which were read at once */
    reads = 0;
    uint64_t begin_ns = uv_hrtime();
    stream(20 * WAKE_MS);
    ck_assert_uint_le(reads, (uv_hrtime() - begin_ns) / 1000000 / WAKE_MS + 2);
    while (ready.state == READY_BY_CLOCK)
        uv_run(&test_loop, UV_RUN_ONCE);
    reads = 0;
    send_byte(&owners[0]);
    turn();
    ck_assert_uint_eq(reads, 1);
}
END_TEST

START_TEST(the_clock_stops_only_after_a_while_without_input)
{
    consumes = true;
    for (unsigned i = 0; i < 2; i++) {
        stream_until_the_clock_is_used();
        uint64_t begin_ns = uv_hrtime();
        while (ready.state == READY_BY_CLOCK)
            uv_run(&test_loop, UV_RUN_ONCE);
        ck_assert_uint_ge((uv_hrtime() - begin_ns) / 1000000, (READY_EMPTY_LOOKS - 2) * WAKE_MS);
    }
}
END_TEST

START_TEST(looks_by_the_clock_use_the_budget)
{
    consumes = true;
    stream_until_the_clock_is_used();
    ready.budget.due_us = 0;
    uint64_t begin_us = uv_hrtime() / 1000;
    stream(2 * WAKE_MS);
    ck_assert_uint_gt(ready.budget.due_us, begin_us);
}
END_TEST

/* In the same look, not ten milliseconds later. */
START_TEST(by_the_clock_too_a_socket_with_more_input_is_read_again)
{
    consumes = true;
    ready.turn_ns = 1000000000;
    stream_until_the_clock_is_used();
    send_byte(&owners[0]);
    send_byte(&owners[0]);
    reads = 0;
    leaves = true;
    while (reads == 0)
        uv_run(&test_loop, UV_RUN_ONCE);
    ck_assert_uint_eq(reads, 2);
}
END_TEST

START_TEST(with_many_sockets_the_clock_remains)
{
    consumes = true;
    stream_until_the_clock_is_used();
    ready.sockets += READY_FEW;
    test_loop_for_ms(2 * READY_EMPTY_LOOKS * WAKE_MS);
    ck_assert_int_eq(ready.state, READY_BY_CLOCK);
    ready.sockets -= READY_FEW;
    test_loop_for_ms(2 * READY_EMPTY_LOOKS * WAKE_MS);
    ck_assert_int_eq(ready.state, READY_BY_EVENT);
    for (unsigned i = 0; i < SOCKETS; i++)
        remove_owner(&owners[i]);
    ck_assert_uint_eq(ready.sockets, 0);
}
END_TEST

START_TEST(all_that_has_come_meanwhile_is_read_at_once)
{
    consumes = true;
    ready.turn_ns = 1000000000;
    stream_until_the_clock_is_used();
    reads = 0;
    send_all();
    while (reads == 0)
        uv_run(&test_loop, UV_RUN_ONCE);
    ck_assert_uint_eq(reads, SOCKETS);
}
END_TEST

START_TEST(the_next_look_is_soon_if_an_owner_asks_for_it)
{
    consumes = true;
    stream_until_the_clock_is_used();
    for (unsigned round = 0; round < 2; round++) {
        asks = round == 1;
        reads = 0;
        send_byte(&owners[0]);
        while (reads == 0)
            uv_run(&test_loop, UV_RUN_ONCE);
        if (asks)
            ck_assert_uint_le(uv_timer_get_due_in(&ready.clock), 1);
        else
            ck_assert_uint_gt(uv_timer_get_due_in(&ready.clock), 1);
    }
}
END_TEST

START_TEST(by_the_clock_too_a_turn_reads_for_its_time_only)
{
    consumes = true;
    stream_until_the_clock_is_used();
    ready.turn_ns = 0;
    reads = 0;
    send_all();
    while (reads == 0)
        uv_run(&test_loop, UV_RUN_ONCE);
    ck_assert_uint_eq(reads, 1);
    for (unsigned i = 1; i <= SOCKETS; i++) {
        ck_assert_uint_eq(reads, i);
        turn();
    }
    ck_assert_uint_eq(reads, SOCKETS);
}
END_TEST

START_TEST(after_a_stop_nobody_is_read)
{
    is_last = true;
    send_all();
    for (unsigned i = 0; i < 5; i++)
        turn();
    ck_assert_uint_eq(reads, 1);
    ck_assert_int_eq(uv_is_active((uv_handle_t *)&ready.left), 0);
}
END_TEST

START_TEST(after_a_stop_the_clock_does_not_look)
{
    consumes = true;
    stream_until_the_clock_is_used();
    ready_sockets_stop(&ready);
    reads = 0;
    send_all();
    test_loop_for_ms(3 * WAKE_MS);
    ck_assert_uint_eq(reads, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ready_sockets");

    CASES_ADD(suite, "ready_sockets", begin, end, a_turn_reads_for_its_time_only, a_turn_reads_all_if_there_is_time,
              those_with_more_input_are_read_in_turn, who_comes_later_waits_for_one_round_at_most,
              the_loop_does_not_wait_while_some_are_left, who_is_next_is_told_before, who_is_removed_is_not_read,
              the_end_behind_input_is_told, much_input_wakes_the_loop_seldom_until_there_is_none,
              the_clock_stops_only_after_a_while_without_input, looks_by_the_clock_use_the_budget,
              by_the_clock_too_a_socket_with_more_input_is_read_again, after_a_stop_the_clock_does_not_look,
              with_many_sockets_the_clock_remains, all_that_has_come_meanwhile_is_read_at_once,
              the_next_look_is_soon_if_an_owner_asks_for_it, by_the_clock_too_a_turn_reads_for_its_time_only,
              after_a_stop_nobody_is_read);
    return suite_run(suite);
}
