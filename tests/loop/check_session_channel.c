/* Sessions whose agents encrypt: the handshake and what comes behind it, on a real socket. */
#include "collector/intake/session_channel.h"

#include "support/collector_rig.h"
#include "support/keys.h"
#include "support/log_capture.h"
#include "support/suite.h"
#include "support/test_loop.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define NODE_LEN 16U

static struct credentials credentials;

static void begin_with(unsigned sessions_max)
{
    const struct key_text key = keys_fleet(0);

    rig_begin();
    ck_assert_int_eq(keys_add(&rig.keys, 0), 0);
    rig_start(sessions_max);
    ck_assert_int_eq(credentials_init_client(&credentials, &key), 0);
}

static void setup(void)
{
    begin_with(2 * RIG_AGENTS);
}

static void teardown(void)
{
    rig_end();
    credentials_deinit(&credentials);
}

/* Connects and shakes hands. */
static struct peer *connect_agent(unsigned i)
{
    peer_connect(&rig.agents[i], rig.port);
    peer_begin_handshake(&rig.agents[i], &credentials);
    ck_assert(peer_shake_hands(&rig.agents[i]));
    return &rig.agents[i];
}

static const struct session *only_session(void)
{
    ck_assert_ptr_nonnull(rig.listener.sessions);
    return rig.listener.sessions;
}

/* ---- the conversation ---- */

START_TEST(samples_come_through_and_are_acknowledged)
{
    struct peer *agent = connect_agent(0);

    peer_send_hello(agent, "n1", 7, 0);
    peer_expect(agent, HEADROOM__FRAME__BODY_WELCOME);
    for (unsigned i = 0; i < 4; i++)
        rig_stream(agent, 1 + 5 * i, 5);
    ck_assert_uint_eq(rig_rows_in_file(), 20);
}
END_TEST

START_TEST(a_handshake_may_come_byte_by_byte)
{
    struct peer *agent = &rig.agents[0];
    uint8_t hello[CHANNEL_FLIGHT_MAX];
    struct channel_out out = {.bytes = hello, .size = sizeof hello};
    struct bytes nothing = {NULL, 0};

    peer_connect(agent, rig.port);
    agent->channel = channel_new(&credentials, NULL, NULL);
    ck_assert_int_eq(channel_receive(agent->channel, &nothing, agent->plain, sizeof agent->plain, &out), 0);
    for (size_t i = 0; i < out.len; i++) {
        ck_assert_int_eq(send(agent->fd, hello + i, 1, MSG_NOSIGNAL), 1);
        test_loop_for_ms(1);
    }
    ck_assert(peer_shake_hands(agent));
    peer_send_hello(agent, "n1", 7, 0);
    peer_expect(agent, HEADROOM__FRAME__BODY_WELCOME);
}
END_TEST

/* More than LISTENER_HANDSHAKES_MAX wait for their turn. */
START_TEST(many_that_begin_at_once_all_have_their_turn)
{
    for (unsigned i = 0; i < RIG_AGENTS; i++) {
        peer_connect(&rig.agents[i], rig.port);
        peer_begin_handshake(&rig.agents[i], &credentials);
    }
    for (unsigned i = 0; i < RIG_AGENTS; i++) {
        char node[NODE_LEN];
        snprintf(node, sizeof node, "n%u", i);
        ck_assert(peer_shake_hands(&rig.agents[i]));
        peer_send_hello(&rig.agents[i], node, 7, 0);
    }
    for (unsigned i = 0; i < RIG_AGENTS; i++)
        peer_await(&rig.agents[i], HEADROOM__FRAME__BODY_WELCOME);
    ck_assert_uint_eq(rig.listener.host.handshakes.count, 0);
}
END_TEST

/* ---- those that stop in the middle ---- */

START_TEST(a_silent_client_keeps_the_loop_idle)
{
    struct peer *agent = &rig.agents[0];

    peer_connect(agent, rig.port);
    peer_send_bytes(agent, "\x16\x03\x01", 3);
    rig_await_sessions(1);
    test_loop_for_ms(50);
    ck_assert(!slices_running(&rig.listener.handshakes));
    ck_assert_uint_eq(rig.listener.session_count, 1);
    ck_assert(session_channel_greets(only_session()->channel));
}
END_TEST

START_TEST(a_client_that_leaves_while_it_waits_for_its_turn_is_forgotten)
{
    for (unsigned i = 0; i < 20; i++) {
        peer_connect(&rig.agents[i], rig.port);
        peer_begin_handshake(&rig.agents[i], &credentials);
        if (i % 2 == 0)
            peer_reset(&rig.agents[i]);
        else
            peer_close(&rig.agents[i]);
    }
    connect_agent(20);
    rig_await_sessions(1);
}
END_TEST

START_TEST(bytes_that_are_no_handshake_end_the_connection)
{
    static uint8_t junk[2 * SESSION_CHANNEL_HELD_MAX];

    junk[0] = 0x16;
    for (unsigned i = 0; i < 2; i++) {
        peer_connect(&rig.agents[i], rig.port);
        rig_await_sessions(1);
        peer_send_bytes(&rig.agents[i], junk, i == 0 ? 100 : sizeof junk);
        rig_await_sessions(0);
    }
    ck_assert_ptr_nonnull(log_capture_find("rejected a connection from 127.0.0.1: its encrypted connection failed: "));
}
END_TEST

START_TEST(a_record_that_was_changed_ends_the_connection)
{
    struct peer *agent = connect_agent(0);
    static const uint8_t record[] = {0x17, 3,  3,  0,  20, 1,  2,  3,  4,  5,  6,  7, 8,
                                     9,    10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20};

    peer_send_hello(agent, "n1", 7, 0);
    peer_expect(agent, HEADROOM__FRAME__BODY_WELCOME);
    ck_assert_int_eq(send(agent->fd, record, sizeof record, MSG_NOSIGNAL), sizeof record);
    rig_await_sessions(0);
    ck_assert_ptr_nonnull(
        log_capture_find("node n1: ended its connection from 127.0.0.1: its encrypted connection failed: "));
}
END_TEST

/* ---- Rejects ---- */

START_TEST(rejects_are_encrypted)
{
    rig.hub.agents_max = 1;
    for (unsigned i = 0; i < 2; i++) {
        char node[NODE_LEN];
        snprintf(node, sizeof node, "n%u", i);
        peer_send_hello(connect_agent(i), node, 7, 0);
        if (i == 0)
            peer_expect(&rig.agents[i], HEADROOM__FRAME__BODY_WELCOME);
    }
    EXPECT_REJECT(&rig.agents[1], FULL, NEXT_COLLECTOR);
}
END_TEST

START_TEST(the_last_words_of_a_collector_that_stops_are_encrypted)
{
    struct peer *agent = connect_agent(0);

    peer_send_hello(agent, "n1", 7, 0);
    peer_expect(agent, HEADROOM__FRAME__BODY_WELCOME);
    listener_close(&rig.listener);
    EXPECT_REJECT(agent, STOPPING, RETRY);
}
END_TEST

START_TEST(an_agent_that_does_not_encrypt_is_rejected_in_words)
{
    peer_connect(&rig.agents[0], rig.port);
    peer_send_hello(&rig.agents[0], "n1", 7, 0);
    EXPECT_REJECT(&rig.agents[0], TLS, RETRY_SLOWLY);
}
END_TEST

START_TEST(an_agent_that_encrypts_is_rejected_in_clear_by_a_collector_without_keys)
{
    static const uint8_t hello[] = {0x16, 3, 1, 0, 1, 1};

    key_ring_deinit(&rig.keys);
    peer_connect(&rig.agents[0], rig.port);
    peer_send_bytes(&rig.agents[0], hello, sizeof hello);
    EXPECT_REJECT(&rig.agents[0], TLS, RETRY_SLOWLY);
}
END_TEST

START_TEST(what_is_neither_is_malformed)
{
    peer_connect(&rig.agents[0], rig.port);
    peer_send_bytes(&rig.agents[0], "GET / HTTP/1.1\r\n", 16);
    EXPECT_REJECT(&rig.agents[0], MALFORMED, RETRY);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("session_channel");
    TCase *tcase = tcase_create("session_channel");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, samples_come_through_and_are_acknowledged);
    tcase_add_test(tcase, a_handshake_may_come_byte_by_byte);
    tcase_add_test(tcase, many_that_begin_at_once_all_have_their_turn);
    tcase_add_test(tcase, a_silent_client_keeps_the_loop_idle);
    tcase_add_test(tcase, a_client_that_leaves_while_it_waits_for_its_turn_is_forgotten);
    tcase_add_test(tcase, bytes_that_are_no_handshake_end_the_connection);
    tcase_add_test(tcase, a_record_that_was_changed_ends_the_connection);
    tcase_add_test(tcase, rejects_are_encrypted);
    tcase_add_test(tcase, the_last_words_of_a_collector_that_stops_are_encrypted);
    tcase_add_test(tcase, an_agent_that_does_not_encrypt_is_rejected_in_words);
    tcase_add_test(tcase, an_agent_that_encrypts_is_rejected_in_clear_by_a_collector_without_keys);
    tcase_add_test(tcase, what_is_neither_is_malformed);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
