/* Sessions whose agents encrypt: the handshake and what comes behind it, on a real socket. */
#include "collector/intake/session_channel.h"

#include "support/collector_rig.h"
#include "support/keys.h"
#include "support/log_capture.h"
#include "support/suite.h"
#include "support/test_loop.h"
#include "tls/tls_record.h"

#include <inttypes.h>
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

/* ---- counts ---- */

static void assert_counts(unsigned pending, enum handshake_result result, unsigned count)
{
    const struct handshakes *handshakes = &rig.hub.handshakes;

    ck_assert_uint_eq(handshakes->pending, pending);
    for (unsigned r = 0; r < HANDSHAKE_RESULTS; r++)
        ck_assert_msg(handshakes->results[r] == (r == result ? count : 0), "%s: %" PRIu64, handshake_result_names[r],
                      handshakes->results[r]);
    ck_assert_uint_eq(handshakes->length_us.count, result == HANDSHAKE_ACCEPTED ? count : 0);
}

static bool is_accepted(void *arg)
{
    (void)arg;
    return rig.hub.handshakes.results[HANDSHAKE_ACCEPTED] == 3;
}

START_TEST(accepted_handshakes_are_counted_once)
{
    for (unsigned i = 0; i < 3; i++) {
        connect_agent(i);
        rig_await_sessions(i + 1);
    }
    test_loop_until(is_accepted, NULL);
    assert_counts(0, HANDSHAKE_ACCEPTED, 3);
    ck_assert_uint_lt(rig.hub.handshakes.length_us.max, 10000000);
    for (unsigned i = 0; i < 3; i++)
        peer_close(&rig.agents[i]);
    rig_await_sessions(0);
    assert_counts(0, HANDSHAKE_ACCEPTED, 3);
}
END_TEST

START_TEST(refused_handshakes_are_counted_by_their_reason)
{
    struct key_text wrong = keys_derived(0, "web", "n1");
    wrong.bytes[0] ^= 1;
    const struct {
        struct key_text key;
        enum handshake_result result;
    } cases[] = {{wrong, HANDSHAKE_WRONG_KEY},
                 {keys_derived(1, "web", "n1"), HANDSHAKE_UNKNOWN_KEY},
                 {keys_derived(0, "web", "stolen"), HANDSHAKE_REVOKED}};

    rig.keys.revoked = strdup("stolen\n");
    credentials_deinit(&credentials);
    ck_assert_int_eq(credentials_init_client(&credentials, &cases[_i].key), 0);
    peer_connect(&rig.agents[0], rig.port);
    rig_await_sessions(1);
    peer_begin_handshake(&rig.agents[0], &credentials);
    rig_await_sessions(0);
    assert_counts(0, cases[_i].result, 1);
    ck_assert_uint_eq(rig.hub.account.rejects[HEADROOM__REJECT_CODE__REJECT_CODE_KEY], 1);
}
END_TEST

START_TEST(handshakes_that_do_not_end_are_counted)
{
    peer_connect(&rig.agents[0], rig.port);
    peer_send_bytes(&rig.agents[0], "\x16\x03\x01", 3);
    rig_await_sessions(1);
    test_loop_until_count(&rig.hub.handshakes.pending, 1);
    assert_counts(1, HANDSHAKE_ABANDONED, 0);
    peer_close(&rig.agents[0]);
    rig_await_sessions(0);
    assert_counts(0, HANDSHAKE_ABANDONED, 1);
}
END_TEST

/* A record may hold a byte, and costs as much as one of a kilobyte. */
static bool has_scanned(void *batches)
{
    return rig.hub.account.batches_scanned >= *(const uint64_t *)batches;
}

START_TEST(a_turn_reads_less_of_a_session_that_encrypts)
{
    static const uint8_t batch[] = {0, 0, 0, 4, 0x12, 2, 8, 1};
    static uint8_t records[(size_t)256 * 1024];
    struct channel_out out = {.bytes = records, .size = sizeof records};
    struct peer *agent = connect_agent(0);
    uint64_t before = 0, most = 0, count = 0;

    rig.hub.ack_interval_ms = 60000;
    rig.listener.host.ready.turn_ns = 0; /* one session a turn */
    peer_send_hello(agent, "n1", 7, 0);
    peer_expect(agent, HEADROOM__FRAME__BODY_WELCOME);
    for (; out.size - out.len > CHANNEL_SEALED_MAX(sizeof batch); count++)
        ck_assert_int_eq(channel_send(agent->channel, batch, sizeof batch, &out), 0);
    ssize_t sent = send(agent->fd, records, out.len, MSG_DONTWAIT | MSG_NOSIGNAL);
    ck_assert_int_gt(sent, (ssize_t)READ_LEN_MAX);
    for (unsigned turn = 0; turn < 10; turn++) {
        uv_run(&test_loop, UV_RUN_NOWAIT);
        if (rig.hub.account.batches_scanned - before > most)
            most = rig.hub.account.batches_scanned - before;
        before = rig.hub.account.batches_scanned;
    }
    ck_assert_uint_gt(most, 0);
    ck_assert_uint_le(most, READ_SEALED_LEN_MAX / sizeof batch / 3); /* a record adds 22 bytes */
    count = count * (uint64_t)sent / out.len;                        /* that were sent whole */
    test_loop_until(has_scanned, &count);
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

/* Who has no key gets no further than a first message. */
START_TEST(a_first_message_that_is_not_whole_takes_no_memory_of_gnutls)
{
    struct peer *agent = &rig.agents[0];
    uint8_t hello[CHANNEL_FLIGHT_MAX];
    struct channel_out out = {.bytes = hello, .size = sizeof hello};
    struct bytes nothing = {NULL, 0};

    peer_connect(agent, rig.port);
    agent->channel = channel_new(&credentials, NULL, NULL);
    ck_assert_int_eq(channel_receive(agent->channel, &nothing, agent->plain, sizeof agent->plain, &out), 0);
    ck_assert_int_eq(send(agent->fd, hello, out.len - 1, MSG_NOSIGNAL), (ssize_t)out.len - 1);
    rig_await_sessions(1);
    while (only_session()->channel == NULL || only_session()->channel->held_len < out.len - 1)
        test_loop_for_ms(1);
    ck_assert_ptr_null(only_session()->channel->channel);
    ck_assert_int_eq(send(agent->fd, hello + out.len - 1, 1, MSG_NOSIGNAL), 1);
    ck_assert(peer_shake_hands(agent));
}
END_TEST

START_TEST(a_first_message_has_a_largest_size)
{
    static const uint8_t begin[] = {TLS_RECORD_HANDSHAKE, 3, 1, 0x40, 0, 1, 0, 0x3f, 0xfc};
    static uint8_t rest[SESSION_CHANNEL_FIRST_MAX - sizeof begin];

    peer_connect(&rig.agents[0], rig.port);
    ck_assert_int_eq(send(rig.agents[0].fd, begin, sizeof begin, MSG_NOSIGNAL), sizeof begin);
    ck_assert_int_eq(send(rig.agents[0].fd, rest, sizeof rest, MSG_NOSIGNAL), sizeof rest);
    rig_await_sessions(1);
    while (only_session()->channel == NULL || only_session()->channel->held_len < SESSION_CHANNEL_FIRST_MAX)
        test_loop_for_ms(1);
    ck_assert_int_eq(send(rig.agents[0].fd, rest, 1, MSG_NOSIGNAL), 1);
    rig_await_sessions(0);
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
    ck_assert_uint_eq(rig.hub.handshakes.results[HANDSHAKE_BROKEN], 1);
    ck_assert_uint_eq(rig.hub.handshakes.results[HANDSHAKE_ABANDONED], 1); /* the collector gave up */
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
    uint64_t begun_ms = uv_now(&test_loop);

    rig.hub.ack_interval_ms = 60000;
    peer_connect(&rig.agents[0], rig.port);
    peer_send_hello(&rig.agents[0], "n1", 7, 0);
    EXPECT_REJECT(&rig.agents[0], TLS, RETRY_SLOWLY);
    ck_assert_uint_lt(uv_now(&test_loop) - begun_ms, HELLO_MS_MAX); /* not by the time limit for a Hello */
}
END_TEST

START_TEST(an_agent_that_does_not_encrypt_is_rejected_once_there_are_keys)
{
    key_ring_deinit(&rig.keys);
    listener_on_keys(&rig.listener);
    rig_greet(&rig.agents[0], "n1", 7);
    ck_assert_int_eq(keys_add(&rig.keys, 0), 0);
    listener_on_keys(&rig.listener);
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
    tcase_add_test(tcase, accepted_handshakes_are_counted_once);
    tcase_add_loop_test(tcase, refused_handshakes_are_counted_by_their_reason, 0, 3);
    tcase_add_test(tcase, handshakes_that_do_not_end_are_counted);
    tcase_add_test(tcase, a_turn_reads_less_of_a_session_that_encrypts);
    tcase_add_test(tcase, a_silent_client_keeps_the_loop_idle);
    tcase_add_test(tcase, a_first_message_that_is_not_whole_takes_no_memory_of_gnutls);
    tcase_add_test(tcase, a_first_message_has_a_largest_size);
    tcase_add_test(tcase, a_client_that_leaves_while_it_waits_for_its_turn_is_forgotten);
    tcase_add_test(tcase, bytes_that_are_no_handshake_end_the_connection);
    tcase_add_test(tcase, a_record_that_was_changed_ends_the_connection);
    tcase_add_test(tcase, rejects_are_encrypted);
    tcase_add_test(tcase, the_last_words_of_a_collector_that_stops_are_encrypted);
    tcase_add_test(tcase, an_agent_that_does_not_encrypt_is_rejected_in_words);
    tcase_add_test(tcase, an_agent_that_does_not_encrypt_is_rejected_once_there_are_keys);
    tcase_add_test(tcase, an_agent_that_encrypts_is_rejected_in_clear_by_a_collector_without_keys);
    tcase_add_test(tcase, what_is_neither_is_malformed);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
