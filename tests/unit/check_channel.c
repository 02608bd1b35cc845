/* The channel with keys. */
#include "tls/channel.h"

#include "channel_fixture.h"
#include "support/keys.h"

#include <stdio.h>
#include <stdlib.h>

static void begin(struct key_text key)
{
    ring = keys_ring(0);
    ck_assert_int_eq(credentials_init_server(&server.credentials), 0);
    ck_assert_int_eq(credentials_init_client(&client.credentials, &key), 0);
    end_begin(&server, NULL);
    end_begin(&client, NULL);
}

static void end(void)
{
    channel_free(server.channel);
    channel_free(client.channel);
    credentials_deinit(&server.credentials);
    credentials_deinit(&client.credentials);
    key_ring_deinit(&ring);
}

/* ---- the same key ---- */

START_TEST(each_kind_of_key_opens_the_channel_and_proves_its_identity)
{
    static const struct {
        const char *group;
        const char *node;
    } cases[] = {{"*", "*"}, {"web", "*"}, {"*", "web-3"}, {"web", "web-3"}};
    const struct key_text key = keys_derived(0, cases[_i].group, cases[_i].node);

    begin(key);
    ck_assert_int_eq(converse(WIRE_SIZE), 0);
    assert_sealed();
    const struct key_claim *claim = &channel_claim(server.channel)->key;
    ck_assert_int_eq(claim->verdict, KEY_ACCEPTED);
    ck_assert_str_eq(claim->identity.group, cases[_i].group);
    ck_assert_str_eq(claim->identity.node, cases[_i].node);
    send_text(&client, "hello");
    send_text(&server, "welcome");
    ck_assert_int_eq(converse(WIRE_SIZE), 0);
    ck_assert_mem_eq(server.plain, "hello", 5);
    ck_assert_mem_eq(client.plain, "welcome", 7);
    end();
}
END_TEST

START_TEST(the_fleets_own_secret_opens_the_channel)
{
    begin(keys_fleet(0));
    ck_assert_int_eq(converse(WIRE_SIZE), 0);
    assert_sealed();
    ck_assert_str_eq(channel_claim(server.channel)->key.identity.group, KEY_ANY);
    end();
}
END_TEST

START_TEST(neither_the_key_nor_the_text_is_visible)
{
    const struct key_text key = keys_fleet(0);
    static const char secret[] = "a line that nobody else may read";

    begin(key);
    ck_assert_int_eq(converse(WIRE_SIZE), 0);
    send_text(&client, secret);
    ck_assert_ptr_null(memmem(client.wire.bytes, client.wire.out.len, secret, strlen(secret)));
    ck_assert_ptr_null(memmem(client.wire.bytes, client.wire.out.len, key.bytes, KEY_LEN));
    end();
}
END_TEST

START_TEST(bytes_may_be_cut_anywhere)
{
    static const size_t pieces[] = {1, 2, 3, 5, 7, 64, 333, 1000};

    begin(keys_derived(0, "web", "web-3"));
    ck_assert_int_eq(converse(pieces[_i]), 0);
    assert_sealed();
    send_text(&client, "one");
    send_text(&client, "two");
    send_text(&server, "three");
    ck_assert_int_eq(converse(pieces[_i]), 0);
    ck_assert_mem_eq(server.plain, "onetwo", 6);
    ck_assert_mem_eq(client.plain, "three", 5);
    end();
}
END_TEST

/* What an agent sends right behind the end of its handshake. */
START_TEST(records_may_follow_the_handshake_in_the_same_bytes)
{
    begin(keys_fleet(0));
    ck_assert_int_eq(carry(&server, &client, 0), 0);
    ck_assert_int_eq(carry(&client, &server, waiting(&client)), 0);
    ck_assert_int_eq(carry(&server, &client, waiting(&server)), 0);
    ck_assert_int_eq(channel_state(client.channel), CHANNEL_SEALED);
    ck_assert_int_eq(channel_state(server.channel), CHANNEL_HANDSHAKING);
    send_text(&client, "hello");
    ck_assert_int_eq(carry(&client, &server, waiting(&client)), 0);
    ck_assert_mem_eq(server.plain, "hello", 5);
    end();
}
END_TEST

START_TEST(what_is_longer_than_a_record_arrives_whole)
{
    size_t len = 5 * (size_t)CHANNEL_RECORD_MAX + 77;
    uint8_t *long_text = malloc(len);

    ck_assert_ptr_nonnull(long_text);
    for (size_t i = 0; i < len; i++)
        long_text[i] = (uint8_t)(i * 7 + i / 251);
    begin(keys_fleet(0));
    ck_assert_int_eq(converse(WIRE_SIZE), 0);
    size_t before = client.wire.out.len;
    ck_assert_int_eq(channel_send(client.channel, long_text, len, &client.wire.out), 0);
    ck_assert_uint_le(client.wire.out.len - before, CHANNEL_SEALED_MAX(len));
    ck_assert_int_eq(converse(4096), 0);
    ck_assert_uint_eq(server.plain_len, len);
    ck_assert_mem_eq(server.plain, long_text, len);
    free(long_text);
    end();
}
END_TEST

START_TEST(a_flight_fits_into_its_buffer)
{
    begin(keys_derived(0, "web", "web-3"));
    ck_assert_int_eq(carry(&server, &client, 0), 0);
    ck_assert_uint_le(waiting(&client), CHANNEL_FLIGHT_MAX / 2);
    ck_assert_int_eq(carry(&client, &server, waiting(&client)), 0);
    ck_assert_uint_le(waiting(&server), CHANNEL_FLIGHT_MAX / 2);
    end();
}
END_TEST

/* ---- other keys ---- */

START_TEST(other_keys_are_refused_alike)
{
    struct key_text wrong = keys_derived(0, "web", "web-3");
    wrong.bytes[0] ^= 1;
    const struct {
        struct key_text key;
        enum key_verdict verdict;
    } cases[] = {{wrong, KEY_ACCEPTED},
                 {keys_derived(1, "web", "web-3"), KEY_OTHER_SECRET},
                 {keys_derived(0, "web", "stolen"), KEY_REVOKED}};

    begin(cases[_i].key);
    ring.revoked = strdup("stolen\n");
    ck_assert_int_lt(converse(WIRE_SIZE), 0);
    ck_assert_int_eq(channel_state(server.channel), CHANNEL_BROKEN);
    ck_assert_int_eq(channel_fault(server.channel), CHANNEL_KEY);
    ck_assert_int_eq(channel_claim(server.channel)->key.verdict, cases[_i].verdict);
    ck_assert_int_lt(carry(&server, &client, waiting(&server)), 0);
    ck_assert_int_eq(channel_fault(client.channel), CHANNEL_KEY);
    /* Alert 47 in all cases, so that the answer shows no one which names exist. */
    static const uint8_t alert[] = {0x15, 0x03, 0x03, 0, 2, 2, 47};
    ck_assert_uint_eq(server.wire.out.len, sizeof alert);
    ck_assert_mem_eq(server.wire.bytes, alert, sizeof alert);
    end();
}
END_TEST

/* ---- the time that a refusal takes ---- */

enum { WRONG, UNKNOWN, REVOKED, KINDS };

#define TIMED 301U

static int by_size(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

/* CPU time in which the server refuses the client's first flight. */
static uint64_t refusal_ns(struct key_text key, const char *revoked)
{
    struct timespec from, to;

    begin(key);
    ring.revoked = strdup(revoked);
    ck_assert_int_eq(carry(&server, &client, 0), 0);
    ck_assert_int_eq(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from), 0);
    ck_assert_int_lt(carry(&client, &server, waiting(&client)), 0);
    ck_assert_int_eq(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to), 0);
    end();
    return (uint64_t)(to.tv_sec - from.tv_sec) * 1000000000 + (uint64_t)to.tv_nsec - (uint64_t)from.tv_nsec;
}

/* Who measures it does not learn which names exist, also with a long list of revoked ones. The medians of unknown and
 * revoked keys differ from that of a wrong key by less than deriving a key takes. */
START_TEST(other_keys_are_refused_in_the_same_time)
{
    static uint64_t times[KINDS][TIMED];
    static char revoked[REVOKED_LEN_MAX];
    struct key_text keys[KINDS] = {keys_derived(0, "web", "web-3"), keys_derived(1, "web", "web-3"),
                                   keys_derived(0, "web", "stolen")};

    keys[WRONG].bytes[0] ^= 1;
    size_t len = (size_t)snprintf(revoked, sizeof revoked, "stolen\n");
    while (_i == 1 && len < sizeof revoked - 20)
        len += (size_t)snprintf(revoked + len, sizeof revoked - len, "node-%zu\n", len);
    for (unsigned i = 0; i < TIMED; i++)
        for (unsigned kind = 0; kind < KINDS; kind++)
            times[kind][i] = refusal_ns(keys[kind], revoked);
    for (unsigned kind = 0; kind < KINDS; kind++)
        qsort(times[kind], TIMED, sizeof times[kind][0], by_size);
    for (unsigned kind = UNKNOWN; kind < KINDS; kind++) {
        double ratio = (double)times[kind][TIMED / 2] / (double)times[WRONG][TIMED / 2];
        ck_assert_msg(ratio > 0.9 && ratio < 1.1, "kind %u takes %.2f times as long as a wrong key", kind, ratio);
    }
}
END_TEST

START_TEST(an_agent_refuses_a_collector_that_does_not_know_its_key)
{
    begin(keys_fleet(0));
    key_ring_deinit(&ring);
    ring = keys_ring(1);
    ck_assert_int_lt(converse(WIRE_SIZE), 0);
    ck_assert_int_lt(carry(&server, &client, waiting(&server)), 0);
    ck_assert_int_eq(channel_fault(client.channel), CHANNEL_KEY);
    end();
}
END_TEST

/* ---- other bytes ---- */

START_TEST(a_peer_without_encryption_is_recognized_by_its_first_byte)
{
    static const uint8_t frame[] = {0, 0, 0, 5, 1, 2, 3, 4, 5};
    struct bytes input = {frame, sizeof frame};
    uint8_t plain[CHANNEL_RECORD_MAX];

    begin(keys_fleet(0));
    ck_assert_int_eq(carry(&server, &client, 0), 0);
    ck_assert_int_lt(channel_receive(client.channel, &input, plain, sizeof plain, &client.wire.out), 0);
    ck_assert_int_eq(channel_fault(client.channel), CHANNEL_PEER_PLAIN);
    ck_assert_int_lt(channel_receive(client.channel, &input, plain, sizeof plain, &client.wire.out), 0);
    end();
}
END_TEST

/* TLS 1.3 ignores the version in the head of a record (RFC 8446, section 5.1). */
static bool is_unprotected(size_t i)
{
    return i == 1 || i == 2;
}

/* Each byte of the ClientHello: the handshake fails or never ends. */
START_TEST(a_handshake_with_a_changed_byte_does_not_succeed)
{
    for (size_t i = 0;; i++) {
        begin(keys_fleet(0));
        ck_assert_int_eq(carry(&server, &client, 0), 0);
        bool end_of_flight = i >= waiting(&client);
        if (!end_of_flight && !is_unprotected(i))
            client.wire.bytes[i] ^= 0x10;
        (void)converse(WIRE_SIZE);
        bool sealed = channel_state(server.channel) == CHANNEL_SEALED;
        ck_assert_msg(sealed == (end_of_flight || is_unprotected(i)), "byte %zu", i);
        end();
        if (end_of_flight)
            break;
    }
}
END_TEST

/* Its first bytes (the outer type and the version) mean nothing. */
START_TEST(a_changed_record_breaks_the_channel)
{
    for (size_t i = 3; i < 5 + 5 + 17; i++) {
        begin(keys_fleet(0));
        ck_assert_int_eq(converse(WIRE_SIZE), 0);
        size_t start = client.wire.out.len;
        send_text(&client, "hello");
        ck_assert_uint_eq(client.wire.out.len - start, 5 + 5 + 17);
        client.wire.bytes[start + i] ^= 1;
        (void)carry(&client, &server, waiting(&client));
        ck_assert_msg(server.plain_len == 0, "byte %zu", i);
        end();
    }
}
END_TEST

START_TEST(a_record_that_comes_twice_breaks_the_channel)
{
    begin(keys_fleet(0));
    ck_assert_int_eq(converse(WIRE_SIZE), 0);
    size_t start = client.wire.read;
    send_text(&client, "hello");
    ck_assert_int_eq(carry(&client, &server, waiting(&client)), 0);
    client.wire.read = start;
    ck_assert_int_lt(carry(&client, &server, waiting(&client)), 0);
    ck_assert_int_eq(channel_fault(server.channel), CHANNEL_OTHER);
    ck_assert_ptr_nonnull(channel_error(server.channel));
    ck_assert_uint_eq(server.plain_len, 5);
    end();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("channel");
    TCase *same = tcase_create("same key");
    TCase *other = tcase_create("other key");
    TCase *bytes = tcase_create("other bytes");

    tcase_add_loop_test(same, each_kind_of_key_opens_the_channel_and_proves_its_identity, 0, 4);
    tcase_add_test(same, the_fleets_own_secret_opens_the_channel);
    tcase_add_test(same, neither_the_key_nor_the_text_is_visible);
    tcase_add_loop_test(same, bytes_may_be_cut_anywhere, 0, 8);
    tcase_add_test(same, records_may_follow_the_handshake_in_the_same_bytes);
    tcase_add_test(same, what_is_longer_than_a_record_arrives_whole);
    tcase_add_test(same, a_flight_fits_into_its_buffer);
    suite_add_tcase(suite, same);
    tcase_add_loop_test(other, other_keys_are_refused_alike, 0, 3);
    tcase_add_loop_test(other, other_keys_are_refused_in_the_same_time, 0, 2);
    tcase_add_test(other, an_agent_refuses_a_collector_that_does_not_know_its_key);
    suite_add_tcase(suite, other);
    tcase_add_test(bytes, a_peer_without_encryption_is_recognized_by_its_first_byte);
    tcase_add_test(bytes, a_handshake_with_a_changed_byte_does_not_succeed);
    tcase_add_test(bytes, a_changed_record_breaks_the_channel);
    tcase_add_test(bytes, a_record_that_comes_twice_breaks_the_channel);
    suite_add_tcase(suite, bytes);
    return suite_run(suite);
}
