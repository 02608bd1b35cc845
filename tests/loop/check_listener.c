/* The listener: many agents, the end of all, and where it listens. */
#include "collector/intake/listener.h"

#include "support/collector_rig.h"
#include "support/log_capture.h"
#include "support/suite.h"
#include "support/test_loop.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utlist.h>

/* ---- many ---- */

START_TEST(many_agents_come_at_once)
{
    char node_id[16];

    for (unsigned i = 0; i < RIG_AGENTS; i++) {
        snprintf(node_id, sizeof node_id, "n%u", i);
        peer_connect(&rig.agents[i], rig.port);
        peer_send_hello(&rig.agents[i], node_id, 1000 + i, 0);
    }
    for (unsigned i = 0; i < RIG_AGENTS; i++) {
        peer_expect(&rig.agents[i], HEADROOM__FRAME__BODY_WELCOME);
        peer_send_batch(&rig.agents[i], 1, 5);
    }
    ck_assert_uint_eq(rig.listener.session_count, RIG_AGENTS);
    for (unsigned i = 0; i < RIG_AGENTS; i++)
        peer_await_stored(&rig.agents[i], 5);
    ck_assert_uint_eq(rig_rows_in_file(), 5 * RIG_AGENTS);
    ck_assert_uint_eq(rig.registry.node_count, RIG_AGENTS);
}
END_TEST

START_TEST(a_turn_takes_a_bounded_number_of_connections)
{
    unsigned turns = 0;

    for (unsigned i = 0; i < RIG_AGENTS; i++)
        peer_connect(&rig.agents[i], rig.port);
    for (unsigned before = 0; before < RIG_AGENTS; turns++) {
        uv_run(&test_loop, UV_RUN_NOWAIT);
        ck_assert_uint_le(rig.listener.session_count, before + LISTENER_BURST);
        before = rig.listener.session_count;
    }
    ck_assert_uint_ge(turns, RIG_AGENTS / LISTENER_BURST);
    for (unsigned i = 0; i < RIG_AGENTS; i++)
        peer_close(&rig.agents[i]);
    rig_await_sessions(0);
    rig_greet(&rig.agents[0], "n1", 7); /* everything works as before */
}
END_TEST

START_TEST(a_stop_leaves_connections_that_wait)
{
    for (unsigned i = 0; i < 2 * LISTENER_BURST; i++)
        peer_connect(&rig.agents[i], rig.port);
    while (rig.listener.session_count == 0)
        uv_run(&test_loop, UV_RUN_NOWAIT);
    listener_stop(&rig.listener);
    unsigned taken = rig.listener.session_count;
    test_loop_for_ms(20);
    ck_assert_uint_eq(rig.listener.session_count, taken);
}
END_TEST

START_TEST(acks_to_all_are_written_some_a_turn)
{
    char node_id[16];

    rig.hub.ack_interval_ms = 60000;
    for (unsigned i = 0; i < 10; i++) {
        snprintf(node_id, sizeof node_id, "n%u", i);
        rig_greet(&rig.agents[i], node_id, 7);
    }
    rig.listener.acks.slice_ns = 0;
    rig_hold(true);
    unsigned waiting = 0;
    struct session *session = NULL;
    DL_FOREACH (rig.listener.sessions, session)
        waiting += session->plan.intake.ack_prev != NULL;
    ck_assert_uint_eq(waiting, 9);
    peer_close(&rig.agents[5]); /* one that ends meanwhile */
    rig_await_sessions(9);
    for (unsigned i = 0; i < 10; i++)
        if (i != 5)
            ck_assert(peer_expect(&rig.agents[i], HEADROOM__FRAME__BODY_ACK)->ack->held);
    ck_assert_ptr_null(rig.listener.acking.head);
}
END_TEST

/* How many are; *last: one of them. */
static unsigned due_count(struct session **last)
{
    struct session *session = NULL;
    unsigned count = 0;

    DL_FOREACH (rig.listener.sessions, session) {
        if (session->due.due_ms > uv_now(&test_loop))
            continue;
        *last = session;
        count++;
    }
    return count;
}

START_TEST(sessions_that_are_due_together_are_served_some_a_turn)
{
    struct session *last = NULL;
    char node_id[16];

    rig.hub.ack_interval_ms = 200;
    for (unsigned i = 0; i < 10; i++) {
        snprintf(node_id, sizeof node_id, "n%u", i);
        rig_greet(&rig.agents[i], node_id, 7);
    }
    rig.listener.ticks.slice_ns = 0;
    usleep(300000); /* the collector is stopped for a moment */
    while (due_count(&last) == 0)
        uv_run(&test_loop, UV_RUN_NOWAIT);
    ck_assert_uint_ge(due_count(&last), 9);
    session_close(last); /* one that ends meanwhile */
    for (unsigned before = due_count(&last); before > 0; before = due_count(&last)) {
        uv_run(&test_loop, UV_RUN_NOWAIT);
        ck_assert_uint_eq(due_count(&last), before - 1);
    }
}
END_TEST

START_TEST(one_timer_runs_while_there_are_sessions)
{
    rig.hub.ack_interval_ms = 60000;
    ck_assert(!uv_is_active((uv_handle_t *)&rig.listener.due));
    rig_greet(&rig.agents[0], "n1", 7);
    rig_greet(&rig.agents[1], "n2", 7);
    ck_assert(uv_is_active((uv_handle_t *)&rig.listener.due));
    ck_assert_uint_gt(uv_timer_get_due_in(&rig.listener.due), HELLO_MS_MAX / 2);
    peer_send_bytes(&rig.agents[0], "\0\0\0\0", 4);
    EXPECT_REJECT(&rig.agents[0], MALFORMED, RETRY);
    ck_assert_uint_le(uv_timer_get_due_in(&rig.listener.due), LINGER_MS + DUE_WHEEL_SLOT_MS);
    peer_close(&rig.agents[1]);
    rig_await_sessions(0);
    while (uv_is_active((uv_handle_t *)&rig.listener.due))
        uv_run(&test_loop, UV_RUN_ONCE);
}
END_TEST

/* Strangers take no places of agents, so the limit holds from the Hello on. */
START_TEST(more_agents_than_allowed_are_sent_on)
{
    listener_close(&rig.listener);
    uv_run(&test_loop, UV_RUN_NOWAIT);
    listener_deinit(&rig.listener);
    rig_start(2);
    for (unsigned i = 10; i < 20; i++)
        peer_connect(&rig.agents[i], rig.port);
    rig_await_sessions(10);
    rig_greet(&rig.agents[0], "n1", 7);
    rig_greet(&rig.agents[1], "n2", 7);
    peer_connect(&rig.agents[2], rig.port);
    peer_send_hello(&rig.agents[2], "n3", 7, 0);
    EXPECT_REJECT(&rig.agents[2], FULL, NEXT_COLLECTOR);
    rig_stream(&rig.agents[0], 1, 1);
    rig_greet(&rig.agents[4], "n2", 7); /* takes its own place over */
    peer_close(&rig.agents[4]);
    while (rig.hub.streaming > 1)
        test_loop_for_ms(1);
    rig_greet(&rig.agents[3], "n3", 7);
    rig_stream(&rig.agents[3], 1, 1);
}
END_TEST

/* ---- strangers ---- */

START_TEST(idle_connections_keep_no_agent_out)
{
    struct peer *streams = &rig.agents[RIG_AGENTS - 1];

    rig.listener.strangers.places = 20;
    rig_greet(streams, "streams", 7);
    for (unsigned i = 0; i < 100; i++)
        peer_connect(&rig.agents[i], rig.port);
    while (rig.listener.strangers.comings < 101)
        test_loop_for_ms(1);
    ck_assert_uint_eq(rig.listener.strangers.count, 10);
    ck_assert_uint_eq(rig.hub.account.evicted, 90);
    for (unsigned i = 0; i < 90; i++)
        peer_expect_end(&rig.agents[i]);
    rig_greet(&rig.agents[100], "new", 7);
    rig_stream(&rig.agents[100], 1, 1);
    peer_await_stored(streams, 0); /* an Ack */
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_WARNING, "connections have sent no Hello yet"), 1);
}
END_TEST

/* The connection that is rejected for another one takes a stranger's place, but not that of the other one. */
START_TEST(a_takeover_succeeds_while_all_places_of_strangers_are_taken)
{
    rig.listener.strangers.places = 1;
    rig_greet(&rig.agents[0], "n1", 7);
    rig_greet(&rig.agents[1], "n1", 7);
    EXPECT_REJECT(&rig.agents[0], TAKEN_OVER, RETRY);
    rig_stream(&rig.agents[1], 1, 1);
}
END_TEST

static size_t unread_bytes(const struct session *session)
{
    uv_os_fd_t fd = -1;
    int count = 0;

    ck_assert_int_eq(uv_fileno((const uv_handle_t *)&session->tcp, &fd), 0);
    ck_assert_int_eq(ioctl(fd, FIONREAD, &count), 0);
    return (size_t)count;
}

START_TEST(what_comes_after_a_reject_is_not_read)
{
    static const char garbage[20000];

    peer_connect(&rig.agents[0], rig.port);
    peer_send_bytes(&rig.agents[0], garbage, 4);
    EXPECT_REJECT(&rig.agents[0], MALFORMED, RETRY);
    peer_send_bytes(&rig.agents[0], garbage, sizeof garbage);
    test_loop_for_ms(100);
    ck_assert_uint_eq(unread_bytes(rig.listener.sessions), sizeof garbage);
    rig_await_sessions(0);
}
END_TEST

START_TEST(connections_that_linger_are_bounded)
{
    rig.listener.strangers.places = 20;
    for (unsigned i = 0; i < 60; i++) {
        peer_connect(&rig.agents[i], rig.port);
        peer_send_bytes(&rig.agents[i], "\0\0\0\0", 4);
        EXPECT_REJECT(&rig.agents[i], MALFORMED, RETRY);
        ck_assert_uint_le(rig.listener.session_count, 11);
    }
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_WARNING, "connections have sent no Hello yet"), 0);
}
END_TEST

/* ---- shares of a turn ---- */

#define FLOOD_LEN ((size_t)1024 * 1024)

/* As many empty batches as the sockets take of that many bytes: legal, and no credit is needed. */
static void flood(struct peer *agent)
{
    static const uint8_t batch[] = {0, 0, 0, 4, 0x12, 2, 8, 1};
    static uint8_t bytes[FLOOD_LEN];

    for (size_t at = 0; at < sizeof bytes; at += sizeof batch)
        memcpy(bytes + at, batch, sizeof batch);
    ck_assert_int_gt(send(agent->fd, bytes, sizeof bytes, MSG_DONTWAIT | MSG_NOSIGNAL), 0);
}

static uint64_t batches(void)
{
    return rig.hub.account.batches_scanned;
}

START_TEST(a_turn_reads_one_share_of_a_session)
{
    rig.hub.ack_interval_ms = 60000;
    rig.listener.host.ready.turn_ns = 0; /* one session a turn */
    rig_greet(&rig.agents[0], "flood", 7);
    flood(&rig.agents[0]);
    unsigned turns = 0;
    for (uint64_t before = 0; before < FLOOD_LEN / 16; before = batches(), turns++) {
        uv_run(&test_loop, UV_RUN_NOWAIT);
        ck_assert_uint_le(batches() - before, READ_LEN_MAX / 8);
    }
    ck_assert_uint_ge(turns, FLOOD_LEN / 2 / READ_LEN_MAX);
}
END_TEST

START_TEST(sessions_that_have_much_to_read_are_read_in_turn)
{
    rig.hub.ack_interval_ms = 60000;
    for (unsigned i = 0; i < 8; i++) {
        char node_id[16];
        snprintf(node_id, sizeof node_id, "n%u", i);
        rig_greet(&rig.agents[i], node_id, 7);
    }
    rig.listener.host.ready.turn_ns = 0;
    for (unsigned i = 0; i < 8; i++)
        flood(&rig.agents[i]);
    peer_connect(&rig.agents[8], rig.port);
    peer_send_hello(&rig.agents[8], "honest", 7, 0);
    for (unsigned turn = 0; rig.hub.streaming < 9; turn++) {
        ck_assert_uint_lt(turn, 20);
        uv_run(&test_loop, UV_RUN_NOWAIT);
    }
}
END_TEST

/* Its peer has sent something, and nobody is read. */
static void begin_waiting(void)
{
    rig_greet(&rig.agents[0], "n1", 7);
    ready_sockets_stop(&rig.listener.host.ready);
    flood(&rig.agents[0]);
}

/* The time limit of a peer is not judged while what it has sent waits to be read. */
START_TEST(a_session_that_waits_is_not_silent)
{
    begin_waiting();
    test_loop_for_ms(5 * RIG_ACK_MS);
    ck_assert_int_eq(rig.listener.sessions->standing, SESSION_AGENT);
    ck_assert_uint_eq(rig.hub.account.rejected, 0);
}
END_TEST

/* With its Acks, its key and its other time limits are looked at. */
START_TEST(a_session_that_waits_gets_its_acks)
{
    rig.hub.ack_interval_ms = 1000;
    begin_waiting();
    peer_expect(&rig.agents[0], HEADROOM__FRAME__BODY_ACK);
}
END_TEST

START_TEST(a_session_that_waits_may_end)
{
    for (unsigned i = 0; i < 3; i++) {
        char node_id[16];
        snprintf(node_id, sizeof node_id, "n%u", i);
        rig_greet(&rig.agents[i], node_id, 7);
    }
    rig.listener.host.ready.turn_ns = 0;
    for (unsigned i = 0; i < 3; i++)
        flood(&rig.agents[i]);
    while (rig.listener.host.ready.count - rig.listener.host.ready.next < 2)
        uv_run(&test_loop, UV_RUN_NOWAIT);
    session_close(rig.listener.sessions);
    session_close(rig.listener.sessions);
    uv_run(&test_loop, UV_RUN_NOWAIT);
    ck_assert_uint_eq(rig.listener.session_count, 1);
    listener_close(&rig.listener);
    test_loop_for_ms(5);
}
END_TEST

/* ---- the end ---- */

static unsigned drained;

static void on_drained(void *arg)
{
    (void)arg;
    drained++;
    listener_close(&rig.listener);
}

/* As the collector does it. */
static void stop(void)
{
    listener_stop(&rig.listener);
    store_drain(&rig.store, on_drained);
    test_loop_until_count(&drained, 1);
}

START_TEST(farewell_is_the_last_ack_and_a_reject)
{
    static const unsigned counts[] = {0, 1, RIG_CREDIT / 2, RIG_CREDIT};

    rig.hub.ack_interval_ms = 60000;
    store_set_flush(&rig.store, 60000);
    for (unsigned i = 0; i < 4; i++) {
        char node_id[16];
        snprintf(node_id, sizeof node_id, "n%u", i);
        rig_greet(&rig.agents[i], node_id, 7);
    }
    rig.hub.flush_now = false;
    for (unsigned i = 0; i < 4; i++)
        if (counts[i] > 0)
            peer_send_batch(&rig.agents[i], 1, counts[i]);
    while (rig.hub.account.samples < 1 + RIG_CREDIT / 2 + RIG_CREDIT)
        test_loop_for_ms(1);
    stop();
    ck_assert_uint_eq(rig_rows_in_file(), 1 + RIG_CREDIT / 2 + RIG_CREDIT);
    for (unsigned i = 0; i < 4; i++) {
        peer_await_stored(&rig.agents[i], counts[i]);
        EXPECT_REJECT(&rig.agents[i], STOPPING, RETRY);
        peer_expect_end(&rig.agents[i]);
    }
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_WARNING, ""), 0);
}
END_TEST

START_TEST(a_session_that_waits_is_not_read_after_the_stop)
{
    rig_greet(&rig.agents[0], "n1", 7);
    rig.listener.host.ready.turn_ns = 0;
    flood(&rig.agents[0]);
    uv_run(&test_loop, UV_RUN_NOWAIT);
    listener_stop(&rig.listener);
    uint64_t before = batches();
    test_loop_for_ms(5);
    ck_assert_uint_eq(batches(), before);
}
END_TEST

/* The stop comes during the write that makes half the credit acknowledged. */
START_TEST(farewell_follows_an_ack_of_the_same_moment)
{
    rig.hub.ack_interval_ms = 60000;
    rig_greet(&rig.agents[0], "n1", 7);
    peer_send_batch(&rig.agents[0], 1, RIG_CREDIT);
    while (!rig.backlog.writing)
        uv_run(&test_loop, UV_RUN_ONCE);
    stop();
    peer_await_stored(&rig.agents[0], RIG_CREDIT);
    EXPECT_REJECT(&rig.agents[0], STOPPING, RETRY);
    peer_expect_end(&rig.agents[0]);
}
END_TEST

START_TEST(farewell_reaches_a_peer_that_has_not_said_hello)
{
    peer_connect(&rig.agents[0], rig.port);
    rig_await_sessions(1);
    stop();
    EXPECT_REJECT(&rig.agents[0], STOPPING, RETRY);
    peer_expect_end(&rig.agents[0]);
}
END_TEST

START_TEST(what_comes_after_the_stop_is_not_taken)
{
    rig_greet(&rig.agents[0], "n1", 7);
    rig_stream(&rig.agents[0], 1, 2);
    listener_stop(&rig.listener);
    peer_send_batch(&rig.agents[0], 3, 2);
    test_loop_for_ms(50);
    ck_assert_uint_eq(rig.hub.account.samples, 2);
    listener_close(&rig.listener);
    EXPECT_REJECT(&rig.agents[0], STOPPING, RETRY);
}
END_TEST

START_TEST(close_at_any_moment_leaves_an_empty_loop)
{
    for (unsigned rounds = 0; rounds < 12; rounds++) {
        char node_id[8];
        snprintf(node_id, sizeof node_id, "n%u", rounds); /* a slow disk may still have the last one's rows */
        rig_greet(&rig.agents[0], node_id, 1);
        peer_send_batch(&rig.agents[0], 1, RIG_CREDIT / 2);
        peer_connect(&rig.agents[1], rig.port);
        peer_send_bytes(&rig.agents[1], "\0\0\0\0", 4);
        for (unsigned i = 0; i < rounds; i++)
            uv_run(&test_loop, UV_RUN_NOWAIT);
        listener_close(&rig.listener);
        listener_close(&rig.listener);
        test_loop_for_ms(5);
        ck_assert_uint_eq(rig.listener.session_count, 0);
        listener_deinit(&rig.listener);
        peer_close(&rig.agents[0]);
        peer_close(&rig.agents[1]);
        rig_start(10);
    }
}
END_TEST

/* ---- starting ---- */

START_TEST(port_in_use_is_reported)
{
    char error[256] = "";
    char wanted[64];
    unsigned used = 0;
    int fd = peer_listen(&used);

    ck_assert_int_eq(rig_start_at("127.0.0.1", used, 10, error, sizeof error), UV_EADDRINUSE);
    snprintf(wanted, sizeof wanted, "--listen: 127.0.0.1:%u is in use", used);
    ck_assert_msg(strstr(error, wanted) == error, "%s", error);
    close(fd);
}
END_TEST

START_TEST(address_of_another_machine_is_reported)
{
    char error[256] = "";

    ck_assert_int_eq(rig_start_at("192.0.2.1", 0, 10, error, sizeof error), UV_EADDRNOTAVAIL);
    ck_assert_msg(strstr(error, "--listen: can't listen on 192.0.2.1:0") == error, "%s", error);
}
END_TEST

START_TEST(host_that_does_not_exist_is_reported)
{
    char error[256] = "";

    ck_assert_int_lt(rig_start_at("300.1.1.1.", 0, 10, error, sizeof error), 0);
    ck_assert_msg(strstr(error, "--listen: can't resolve 300.1.1.1.") == error, "%s", error);
}
END_TEST

START_TEST(ipv6_is_listened_on)
{
    char error[256] = "";
    struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};

    if (rig_start_at("::1", 0, 10, error, sizeof error) < 0) {
        puts("skipped: no IPv6 here");
        return;
    }
    address.sin6_port = htons((uint16_t)listener_port(&rig.listener));
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    rig_await_sessions(1);
    ck_assert_int_eq(write(fd, "\0\0\0\0", 4), 4);
    while (log_capture_find("rejected a connection from ::1:") == NULL)
        test_loop_for_ms(1);
    close(fd);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("listener");
    TCase *tests = tcase_create("listener");
    TCase *starting = tcase_create("starting");

    tcase_add_checked_fixture(tests, rig_begin_and_start, rig_end);
    tcase_set_timeout(tests, 20);
    tcase_add_test(tests, many_agents_come_at_once);
    tcase_add_test(tests, acks_to_all_are_written_some_a_turn);
    tcase_add_test(tests, sessions_that_are_due_together_are_served_some_a_turn);
    tcase_add_test(tests, one_timer_runs_while_there_are_sessions);
    tcase_add_test(tests, a_turn_takes_a_bounded_number_of_connections);
    tcase_add_test(tests, a_stop_leaves_connections_that_wait);
    tcase_add_test(tests, more_agents_than_allowed_are_sent_on);
    tcase_add_test(tests, idle_connections_keep_no_agent_out);
    tcase_add_test(tests, a_takeover_succeeds_while_all_places_of_strangers_are_taken);
    tcase_add_test(tests, what_comes_after_a_reject_is_not_read);
    tcase_add_test(tests, connections_that_linger_are_bounded);
    tcase_add_test(tests, a_turn_reads_one_share_of_a_session);
    tcase_add_test(tests, sessions_that_have_much_to_read_are_read_in_turn);
    tcase_add_test(tests, a_session_that_waits_is_not_silent);
    tcase_add_test(tests, a_session_that_waits_gets_its_acks);
    tcase_add_test(tests, a_session_that_waits_may_end);
    tcase_add_test(tests, farewell_is_the_last_ack_and_a_reject);
    tcase_add_test(tests, farewell_follows_an_ack_of_the_same_moment);
    tcase_add_test(tests, farewell_reaches_a_peer_that_has_not_said_hello);
    tcase_add_test(tests, a_session_that_waits_is_not_read_after_the_stop);
    tcase_add_test(tests, what_comes_after_the_stop_is_not_taken);
    tcase_add_test(tests, close_at_any_moment_leaves_an_empty_loop);
    suite_add_tcase(suite, tests);

    tcase_add_checked_fixture(starting, rig_begin, rig_end);
    tcase_add_test(starting, port_in_use_is_reported);
    tcase_add_test(starting, address_of_another_machine_is_reported);
    tcase_add_test(starting, host_that_does_not_exist_is_reported);
    tcase_add_test(starting, ipv6_is_listened_on);
    suite_add_tcase(suite, starting);
    return suite_run(suite);
}
