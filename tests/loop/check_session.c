/* Sessions: what one agent can do, within the protocol or not, on a real socket. */
#include "collector/intake/session.h"

#include "support/collector_rig.h"
#include "support/log_capture.h"
#include "support/suite.h"
#include "support/test_loop.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/* What a connected agent costs, by the chunks of glibc's malloc: its session, its node with an id of 32 bytes, one
 * instance and the smallest ring. bench/run memory measures it. 64 bytes of it are for what protects a node from others
 * with valid credentials: the bounds of its Hello, and the proof that an agent is the same one; 16 are for the
 * history of its file systems, 40 for the budgets of its samples and connections, of its owner and of others, 24
 * for when it is due, and 40 for the list of those with an incomplete frame, for where the connection comes from, and
 * for the pointer to the channel of an encrypted one, which is elsewhere. */
#define CHUNK(size) (((size) + sizeof(size_t) + 15) / 16 * 16)
static_assert(CHUNK(sizeof(struct session)) + CHUNK(sizeof(struct node) + 33) + CHUNK(sizeof(struct instance)) +
                      CHUNK(RING_SAMPLES_MIN * sizeof(struct ring_row)) <=
                  1504,
              "1,504 bytes");

/* And with the history of its file systems. */
static_assert(CHUNK(sizeof(struct fs_history)) <= 80, "80 bytes");

/* And with ten minutes of samples, a second apart, with all metrics. */
#define SAMPLES 600U
static_assert(CHUNK(sizeof(struct session)) + CHUNK(sizeof(struct node) + 33) + CHUNK(sizeof(struct instance)) +
                      CHUNK(SAMPLES * sizeof(struct ring_row)) +
                      CHUNK(sizeof(struct ring_extra) +
                            (SAMPLES * RING_FAST + (SAMPLES / RING_GROUP + 2) * RING_SLOW) * sizeof(uint16_t)) <=
                  24 * 1024,
              "24 KiB");

/* ---- the conversation ---- */

START_TEST(hello_is_welcomed)
{
    const Headroom__Welcome *welcome = rig_greet(&rig.agents[0], "n1", 7);

    ck_assert_uint_eq(welcome->version, WIRE_VERSION);
    ck_assert_uint_eq(welcome->resume_seq, 0);
    ck_assert_uint_eq(welcome->stored_seq, 0);
    ck_assert_uint_eq(welcome->credit, RIG_CREDIT);
    ck_assert_uint_eq(welcome->ack_interval_ms, RIG_ACK_MS);
    ck_assert(!welcome->held);
    ck_assert_uint_eq(rig.listener.session_count, 1);
}
END_TEST

START_TEST(samples_are_stored_and_acknowledged_within_the_ack_interval)
{
    rig_greet(&rig.agents[0], "n1", 7);
    for (unsigned i = 0; i < 4; i++) {
        uint64_t sent_ms = uv_now(&test_loop);
        rig_stream(&rig.agents[0], 1 + 5 * i, 5);
        ck_assert_uint_eq(rig_rows_in_file(), 5 * (i + 1));
        /* One interval may end just before the rows are stored. */
        ck_assert_uint_le(uv_now(&test_loop) - sent_ms, 2 * RIG_ACK_MS + 50);
    }
}
END_TEST

START_TEST(acks_come_each_ack_interval_even_when_nothing_changes)
{
    rig_greet(&rig.agents[0], "n1", 7);
    uint64_t start_ms = uv_now(&test_loop);
    for (unsigned i = 1; i <= 5; i++) {
        ck_assert_uint_eq(peer_expect(&rig.agents[0], HEADROOM__FRAME__BODY_ACK)->ack->stored_seq, 0);
        ck_assert_uint_le(uv_now(&test_loop) - start_ms, i * RIG_ACK_MS + 60);
        peer_send_batch(&rig.agents[0], 1, 0); /* a sign of life */
    }
}
END_TEST

START_TEST(ack_comes_at_once_when_half_the_credit_is_used)
{
    rig.hub.ack_interval_ms = 60000;
    store_set_flush(&rig.store, 60000);
    rig_greet(&rig.agents[0], "n1", 7);
    rig_stream(&rig.agents[0], 1, RIG_CREDIT / 2);
    rig_stream(&rig.agents[0], 1 + RIG_CREDIT / 2, RIG_CREDIT);
}
END_TEST

START_TEST(an_agent_that_is_slowed_down_gets_an_ack_in_each_of_its_intervals)
{
    struct peer *agent = &rig.agents[0];

    rig.hub.ack_interval_ms = 60000;
    store_set_flush(&rig.store, 60000);
    rig_greet(agent, "n1", 7);
    registry_find_node(&rig.registry, "n1")->budgets[0].paid_ms = (int64_t)uv_now(&test_loop) - 1000;
    rig_stream(agent, 1, RIG_CREDIT / 2);
    uint64_t start_ms = uv_now(&test_loop);
    for (unsigned i = 0; i < 2; i++) {
        ck_assert_uint_ge(peer_expect(agent, HEADROOM__FRAME__BODY_ACK)->ack->credit, 1);
        ck_assert_uint_eq(rig.hub.slowed, 1);
    }
    ck_assert_uint_lt(uv_now(&test_loop) - start_ms, HELLO_MS_MAX - 1000); /* when its time for a Hello would end */
}
END_TEST

START_TEST(frames_may_come_byte_by_byte)
{
    static const uint8_t hello[] = {0,    0,    0, 0x1d, 0x0a, 0x1b, 8,    1,    0x12, 2,    0x6e,
                                    0x31, 0x1a, 3, 0x77, 0x65, 0x62, 0x21, 1,    0,    0,    0,
                                    0,    0,    0, 0,    0x40, 0xe8, 7,    0x48, 1,    0x50, 0};

    peer_connect(&rig.agents[0], rig.port);
    for (size_t i = 0; i < sizeof hello; i++) {
        peer_send_bytes(&rig.agents[0], &hello[i], 1);
        test_loop_for_ms(1);
    }
    peer_expect(&rig.agents[0], HEADROOM__FRAME__BODY_WELCOME);
    ck_assert_ptr_nonnull(registry_find_node(&rig.registry, "n1"));
    rig_stream(&rig.agents[0], 1, 1);
}
END_TEST

static bool is_read_again_soon(void *arg)
{
    (void)arg;
    return rig.listener.host.ready.soon;
}

START_TEST(who_sends_much_is_read_again_soon)
{
    static const uint8_t batch[] = {0, 0, 0, 4, 0x12, 2, 8, 1};
    uint8_t batches[1024 * sizeof batch];

    rig_greet(&rig.agents[0], "n1", 7);
    rig_stream(&rig.agents[0], 1, 5);
    ck_assert(!rig.listener.host.ready.soon);
    for (size_t i = 0; i < sizeof batches; i += sizeof batch)
        memcpy(batches + i, batch, sizeof batch);
    peer_send_bytes(&rig.agents[0], batches, sizeof batches);
    test_loop_until(is_read_again_soon, NULL);
}
END_TEST

START_TEST(goodbye_is_answered_by_the_last_ack)
{
    rig.hub.ack_interval_ms = 60000;
    store_set_flush(&rig.store, 60000);
    rig_greet(&rig.agents[0], "n1", 7);
    peer_send_batch(&rig.agents[0], 1, 3);
    peer_send_goodbye(&rig.agents[0], HEADROOM__DEPARTURE__DEPARTURE_LEAVING);
    ck_assert_uint_eq(peer_expect(&rig.agents[0], HEADROOM__FRAME__BODY_ACK)->ack->stored_seq, 3);
    ck_assert_uint_eq(rig_rows_in_file(), 3);
    ck_assert_int_eq(registry_find_node(&rig.registry, "n1")->farewell, FAREWELL_LEAVING);
    peer_expect_end(&rig.agents[0]); /* the collector closes a moment later */
    rig_await_sessions(0);
}
END_TEST

START_TEST(agent_that_comes_back_resumes)
{
    rig_greet(&rig.agents[0], "n1", 7);
    rig_stream(&rig.agents[0], 1, 10);
    peer_close(&rig.agents[0]);
    rig_await_sessions(0);
    const Headroom__Welcome *welcome = rig_greet(&rig.agents[1], "n1", 7);
    ck_assert_uint_eq(welcome->resume_seq, 10);
    ck_assert_uint_eq(welcome->stored_seq, 10);
    rig_stream(&rig.agents[1], 8, 5); /* 8 to 10 are duplicates */
    ck_assert_uint_eq(rig_rows_in_file(), 12);
    ck_assert_uint_eq(rig.hub.account.duplicates, 3);
}
END_TEST

START_TEST(held_store_is_reported_at_once)
{
    rig.hub.ack_interval_ms = 60000;
    rig_greet(&rig.agents[0], "n1", 7);
    rig_hold(true);
    ck_assert(peer_expect(&rig.agents[0], HEADROOM__FRAME__BODY_ACK)->ack->held);
    rig_hold(false);
    ck_assert(!peer_expect(&rig.agents[0], HEADROOM__FRAME__BODY_ACK)->ack->held);
}
END_TEST

/* ---- two under one id ---- */

START_TEST(same_instance_takes_its_old_connection_over)
{
    rig_greet(&rig.agents[0], "n1", 7);
    peer_send_batch(&rig.agents[0], 1, 4);
    test_loop_for_ms(20);
    const Headroom__Welcome *welcome = rig_greet(&rig.agents[1], "n1", 7);
    ck_assert_uint_eq(welcome->resume_seq, 4);
    EXPECT_REJECT(&rig.agents[0], TAKEN_OVER, RETRY);
    rig_stream(&rig.agents[1], 5, 1);
    ck_assert_uint_eq(rig_rows_in_file(), 5);
}
END_TEST

START_TEST(twin_is_rejected_and_the_first_continues)
{
    rig_greet(&rig.agents[0], "n1", 7);
    peer_connect(&rig.agents[1], rig.port);
    peer_send_hello(&rig.agents[1], "n1", 8, 0);
    EXPECT_REJECT(&rig.agents[1], TWIN, RETRY);
    rig_stream(&rig.agents[0], 1, 3);
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_WARNING, "rejected a connection from 127.0.0.1: another live"), 1);
}
END_TEST

/* ---- peers that misbehave ---- */

START_TEST(garbage_is_rejected_and_the_others_continue)
{
    rig_greet(&rig.agents[0], "n1", 7);
    peer_connect(&rig.agents[1], rig.port);
    peer_send_bytes(&rig.agents[1], "GET / HTTP/1.1\r\nHost: collector\r\n\r\n", 36);
    EXPECT_REJECT(&rig.agents[1], MALFORMED, RETRY);
    rig_stream(&rig.agents[0], 1, 3);
    peer_close(&rig.agents[1]);
}
END_TEST

START_TEST(reject_can_be_read_even_by_a_peer_that_continues_to_send)
{
    static char garbage[1 << 20];

    peer_connect(&rig.agents[0], rig.port);
    peer_send_bytes(&rig.agents[0], garbage, sizeof garbage);
    EXPECT_REJECT(&rig.agents[0], MALFORMED, RETRY);
    uint64_t start_ms = uv_now(&test_loop);
    peer_expect_end(&rig.agents[0]); /* it does not close: the collector does */
    ck_assert_uint_lt(uv_now(&test_loop) - start_ms, 2000);
    rig_await_sessions(0);
}
END_TEST

START_TEST(many_rejects_are_logged_at_a_low_rate)
{
    for (unsigned i = 0; i < 40; i++) {
        peer_connect(&rig.agents[i], rig.port);
        peer_send_bytes(&rig.agents[i], "\0\0\0\0", 4);
        EXPECT_REJECT(&rig.agents[i], MALFORMED, RETRY);
    }
    ck_assert_uint_le(log_capture_count(LOG_LEVEL_WARNING, ""), 5);
    ck_assert_uint_eq(rig.hub.account.rejected, 40);
}
END_TEST

START_TEST(agent_that_resets_loses_nothing_that_came_before)
{
    store_set_flush(&rig.store, 60000);
    rig_greet(&rig.agents[0], "n1", 7);
    peer_send_batch(&rig.agents[0], 1, 5);
    test_loop_for_ms(20);
    peer_reset(&rig.agents[0]);
    rig_await_sessions(0);
    ck_assert_uint_eq(rig.backlog.orphans, 5);
    const Headroom__Welcome *welcome = rig_greet(&rig.agents[1], "n1", 7);
    ck_assert_uint_eq(welcome->resume_seq, 5);
    ck_assert_uint_eq(welcome->stored_seq, 0);
    ck_assert_uint_eq(rig.backlog.orphans, 0);
    peer_send_batch(&rig.agents[1], 6, RIG_CREDIT / 2);
    peer_await_stored(&rig.agents[1], 5 + RIG_CREDIT / 2);
    ck_assert_uint_eq(rig_rows_in_file(), 5 + RIG_CREDIT / 2);
}
END_TEST

static bool no_orphan_is_left(void *arg)
{
    (void)arg;
    return rig.backlog.orphans == 0;
}

START_TEST(what_lies_before_the_end_of_a_connection_is_taken_and_the_end_is_seen)
{
    rig.hub.ack_interval_ms = 60000;
    rig_greet(&rig.agents[0], "n1", 7);
    peer_send_batch(&rig.agents[0], 1, 5);
    ck_assert_int_eq(shutdown(rig.agents[0].fd, SHUT_WR), 0);
    rig_await_sessions(0);
    ck_assert_uint_eq(rig.hub.account.samples, 5);
}
END_TEST

/* A read stops at it, and nothing comes behind that would have the socket read again. */
START_TEST(what_lies_behind_urgent_data_is_taken)
{
    rig.hub.ack_interval_ms = 60000;
    rig_greet(&rig.agents[0], "n1", 7);
    peer_send_batch(&rig.agents[0], 1, 5);
    ck_assert_int_eq(send(rig.agents[0].fd, "x", 1, MSG_OOB), 1);
    peer_send_batch(&rig.agents[0], 6, 5);
    test_loop_for_ms(50);
    ck_assert_uint_eq(rig.hub.account.samples, 10);
}
END_TEST

START_TEST(agent_that_resets_while_its_rows_are_written_does_no_harm)
{
    for (unsigned i = 0; i < 20; i++) {
        char node_id[16];
        snprintf(node_id, sizeof node_id, "n%u", i);
        rig_greet(&rig.agents[i], node_id, 7);
        peer_send_batch(&rig.agents[i], 1, RIG_CREDIT / 2); /* stored at once */
        uv_run(&test_loop, UV_RUN_NOWAIT);
        peer_reset(&rig.agents[i]);
    }
    rig_await_sessions(0);
    store_drain(&rig.store, NULL);
    test_loop_until(no_orphan_is_left, NULL);
    ck_assert_uint_eq(rig_rows_in_file(), rig.hub.account.samples);
}
END_TEST

START_TEST(silent_agent_is_rejected_after_three_ack_intervals)
{
    uv_update_time(&test_loop);
    uint64_t before_ms = uv_now(&test_loop);
    rig_greet(&rig.agents[0], "n1", 7);
    uint64_t after_ms = uv_now(&test_loop);
    EXPECT_REJECT(&rig.agents[0], IDLE, RETRY);
    ck_assert_uint_ge(uv_now(&test_loop) - before_ms, 3 * RIG_ACK_MS);
    ck_assert_uint_le(uv_now(&test_loop) - after_ms, 3 * RIG_ACK_MS + 60);
    peer_close(&rig.agents[0]);
    rig_await_sessions(0);
}
END_TEST

/* What it sent meanwhile waits in the socket. */
START_TEST(agent_that_sent_while_the_collector_slept_stays_connected)
{
    rig_greet(&rig.agents[0], "n1", 7);
    for (unsigned i = 1; i <= 3; i++) {
        peer_send_batch(&rig.agents[0], i, 1);
        uv_sleep(4 * RIG_ACK_MS);
        peer_await_stored(&rig.agents[0], i);
    }
    peer_send_batch(&rig.agents[0], 4, 1);
    uv_sleep(4 * RIG_ACK_MS);
    uv_update_time(&test_loop);
    rig_hold(true); /* an Ack to all at once */
    while (!peer_expect(&rig.agents[0], HEADROOM__FRAME__BODY_ACK)->ack->held)
        ;
    rig_hold(false);
    peer_await_stored(&rig.agents[0], 4);
    ck_assert_uint_eq(rig.hub.account.rejected, 0);
    ck_assert_uint_eq(rig.listener.session_count, 1);
}
END_TEST

static bool is_writing(void *arg)
{
    (void)arg;
    return rig.listener.sessions->plan.state == SESSION_WRITING;
}

/* Fills the collector's end of the one connection, as unread answers do in the end, and has one more answer
 * wait for room. Returns how many bytes lie before it. */
static size_t clog_up(void)
{
    static const char block[65536];
    uv_os_fd_t fd = -1;
    size_t filled = 0;

    ck_assert_int_eq(uv_fileno((uv_handle_t *)&rig.listener.sessions->tcp, &fd), 0);
    for (unsigned refused = 0; refused < 10;) {
        ssize_t put = send(fd, block, sizeof block, MSG_DONTWAIT | MSG_NOSIGNAL);
        filled += put > 0 ? (size_t)put : 0;
        refused = put > 0 ? 0 : refused + 1;
        if (put < 0)
            test_loop_for_ms(5); /* what is on its way arrives */
    }
    rig_hold(false); /* an Ack to all */
    test_loop_until(is_writing, NULL);
    return filled;
}

static void read_away(struct peer *agent, size_t count)
{
    char block[65536];

    while (count > 0) {
        ssize_t got = recv(agent->fd, block, count < sizeof block ? count : sizeof block, 0);
        if (got < 0)
            test_loop_for_ms(1);
        ck_assert_int_ne(got, 0);
        count -= got > 0 ? (size_t)got : 0;
    }
}

START_TEST(slow_reader_is_served_when_it_reads_again)
{
    rig.hub.ack_interval_ms = 60000;
    rig_greet(&rig.agents[0], "n1", 7);
    size_t filled = clog_up();
    peer_send_batch(&rig.agents[0], 1, 10);
    test_loop_for_ms(50);
    ck_assert(rig.listener.sessions->plan.state == SESSION_WRITING);
    rig_hold(false); /* an Ack to all */
    read_away(&rig.agents[0], filled);
    peer_await_stored(&rig.agents[0], 10);
    ck_assert(rig.listener.sessions->plan.state == SESSION_READY);
}
END_TEST

START_TEST(agent_that_neither_reads_nor_sends_is_closed_in_the_end)
{
    rig_greet(&rig.agents[0], "n1", 7);
    clog_up();
    rig_await_sessions(0);
}
END_TEST

START_TEST(agent_that_says_goodbye_and_reads_nothing_is_closed_in_the_end)
{
    rig_greet(&rig.agents[0], "n1", 7);
    clog_up();
    peer_send_goodbye(&rig.agents[0], HEADROOM__DEPARTURE__DEPARTURE_RESTARTING);
    rig_await_sessions(0);
}
END_TEST

START_TEST(what_is_amiss_with_a_node_is_logged)
{
    struct peer *agent = &rig.agents[0];
    struct peer *next = &rig.agents[1];

    rig_greet(agent, "n1", 7);
    peer_send_batch(agent, 1, 22);
    peer_await_stored(agent, 22);
    peer_close(agent);
    rig_await_sessions(0);
    rig_greet(next, "n1", 8);
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_WARNING, "node n1: instance i0000000000000007 ended without Goodbye"),
                      1);
    ck_assert_ptr_nonnull(log_capture_find("after seq 22"));
    ck_assert_uint_eq(rig.hub.account.ended, 1);
}
END_TEST

START_TEST(a_clock_is_logged_when_that_changes)
{
    rig_greet(&rig.agents[0], "n1", 7);
    peer_send_batch(&rig.agents[0], 1, 1);
    peer_await_stored(&rig.agents[0], 1);
    registry_find_node(&rig.registry, "n1")->clock_logged = 1;
    peer_send_batch(&rig.agents[0], 2, 1);
    peer_await_stored(&rig.agents[0], 2);
    ck_assert_ptr_nonnull(log_capture_find("node n1: its clock agrees with the collector's again"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("session");
    TCase *tests = tcase_create("session");

    tcase_add_checked_fixture(tests, rig_begin_and_start, rig_end);
    tcase_set_timeout(tests, 20);
    tcase_add_test(tests, hello_is_welcomed);
    tcase_add_test(tests, samples_are_stored_and_acknowledged_within_the_ack_interval);
    tcase_add_test(tests, acks_come_each_ack_interval_even_when_nothing_changes);
    tcase_add_test(tests, ack_comes_at_once_when_half_the_credit_is_used);
    tcase_add_test(tests, an_agent_that_is_slowed_down_gets_an_ack_in_each_of_its_intervals);
    tcase_add_test(tests, frames_may_come_byte_by_byte);
    tcase_add_test(tests, who_sends_much_is_read_again_soon);
    tcase_add_test(tests, goodbye_is_answered_by_the_last_ack);
    tcase_add_test(tests, agent_that_comes_back_resumes);
    tcase_add_test(tests, held_store_is_reported_at_once);
    tcase_add_test(tests, same_instance_takes_its_old_connection_over);
    tcase_add_test(tests, twin_is_rejected_and_the_first_continues);
    tcase_add_test(tests, garbage_is_rejected_and_the_others_continue);
    tcase_add_test(tests, reject_can_be_read_even_by_a_peer_that_continues_to_send);
    tcase_add_test(tests, many_rejects_are_logged_at_a_low_rate);
    tcase_add_test(tests, agent_that_resets_loses_nothing_that_came_before);
    tcase_add_test(tests, what_lies_before_the_end_of_a_connection_is_taken_and_the_end_is_seen);
    tcase_add_test(tests, what_lies_behind_urgent_data_is_taken);
    tcase_add_test(tests, agent_that_resets_while_its_rows_are_written_does_no_harm);
    tcase_add_test(tests, silent_agent_is_rejected_after_three_ack_intervals);
    tcase_add_test(tests, agent_that_sent_while_the_collector_slept_stays_connected);
    tcase_add_test(tests, slow_reader_is_served_when_it_reads_again);
    tcase_add_test(tests, agent_that_neither_reads_nor_sends_is_closed_in_the_end);
    tcase_add_test(tests, what_is_amiss_with_a_node_is_logged);
    tcase_add_test(tests, a_clock_is_logged_when_that_changes);
    tcase_add_test(tests, agent_that_says_goodbye_and_reads_nothing_is_closed_in_the_end);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
