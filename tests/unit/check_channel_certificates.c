/* The channel with certificates, and its tickets. */
#include "tls/channel.h"

#include "channel_fixture.h"
#include "support/certificates.h"
#include "support/keys.h"

#include <stdio.h>
#include <stdlib.h>

static struct temp_dir dir;
static struct test_certificate ca, other_ca;
static struct certificate_set server_set, client_set;
static struct channel_peer peer = {.host = "c1"};
static struct channel_ticket ticket;

static void write_pair(const char *cert, const char *key, const struct test_wish *wish,
                       const struct test_certificate *issuer)
{
    struct test_certificate made = certificates_make(wish, issuer);

    certificates_write(&dir, cert, &made);
    certificates_write_key(&dir, key, &made);
    certificates_free(&made);
}

static void path_of(setting_path path, const char *name)
{
    path[0] = '\0';
    if (name != NULL)
        snprintf(path, PATH_MAX, "%s/%s", dir.path, name);
}

static void read_set(struct certificate_set *set, enum certificate_use use, const char *cert, const char *key,
                     const char *file)
{
    struct certificate_paths paths = {0};
    char error[512];

    path_of(paths.cert, cert);
    path_of(paths.key, key);
    path_of(paths.ca, file);
    ck_assert_msg(certificate_set_read(&paths, use, set, error, sizeof error) == 0, "%s", error);
}

static void setup(void)
{
    temp_dir_create(&dir);
    peer = (struct channel_peer){.host = "c1"};
    ca = certificates_make(&(struct test_wish){.name = "ca", .ca = true}, NULL);
    other_ca = certificates_make(&(struct test_wish){.name = "other ca", .ca = true}, NULL);
    certificates_write(&dir, "ca.pem", &ca);
    certificates_write(&dir, "other-ca.pem", &other_ca);
    write_pair("server.pem", "server-key.pem", &(struct test_wish){.name = "c1", .dns = {"c1"}}, &ca);
    write_pair("node.pem", "node-key.pem", &(struct test_wish){.name = "n1", .dns = {"n1"}}, &ca);
    write_pair("stranger.pem", "stranger-key.pem", &(struct test_wish){.name = "n1", .dns = {"n1"}}, &other_ca);
}

static void teardown(void)
{
    channel_free(server.channel);
    channel_free(client.channel);
    server.channel = client.channel = NULL;
    credentials_deinit(&server.credentials);
    credentials_deinit(&client.credentials);
    certificate_set_deinit(&server_set);
    certificate_set_deinit(&client_set);
    channel_ticket_deinit(&ticket);
    key_ring_deinit(&ring);
    certificates_free(&ca);
    certificates_free(&other_ca);
    temp_dir_remove(&dir);
}

static void set_server(const char *file)
{
    read_set(&server_set, CERTIFICATE_OF_SERVER, "server.pem", "server-key.pem", file);
    ck_assert_int_eq(credentials_init_server(&server.credentials), 0);
    ck_assert_int_eq(credentials_set_certificates(&server.credentials, &server_set), 0);
}

static void set_client(const char *cert, const char *key, const char *file)
{
    read_set(&client_set, CERTIFICATE_OF_CLIENT, cert, key, file);
    ck_assert_int_eq(credentials_init_certificates(&client.credentials, &client_set), 0);
}

static int meet(size_t piece)
{
    channel_free(server.channel);
    channel_free(client.channel);
    end_begin(&server, NULL);
    end_begin(&client, &peer);
    return converse(piece);
}

static enum certificate_verdict verdict_of(const struct end *end)
{
    return channel_claim(end->channel)->certificate.verdict;
}

/* ---- the handshake ---- */

START_TEST(both_sides_prove_who_they_are_with_all_cuts)
{
    static const size_t pieces[] = {WIRE_SIZE, 1, 7, 333};

    set_server("ca.pem");
    set_client("node.pem", "node-key.pem", "ca.pem");
    ck_assert_int_eq(meet(pieces[_i]), 0);
    assert_sealed();
    ck_assert_int_eq(channel_claim(server.channel)->proof, PEER_CERTIFICATE);
    ck_assert_int_eq(verdict_of(&server), CERTIFICATE_ACCEPTED);
    ck_assert_str_eq(channel_claim(server.channel)->certificate.names, "DNS:n1\n");
    send_text(&client, "hello");
    send_text(&server, "welcome");
    ck_assert_int_eq(converse(pieces[_i]), 0);
    ck_assert_mem_eq(server.plain, "hello", 5);
    ck_assert_mem_eq(client.plain, "welcome", 7);
}
END_TEST

/* So that the reason can be sent as a message. */
START_TEST(a_client_that_is_not_accepted_gets_its_channel_all_the_same)
{
    set_server("ca.pem");
    set_client("stranger.pem", "stranger-key.pem", "ca.pem");
    ck_assert_int_eq(meet(WIRE_SIZE), 0);
    assert_sealed();
    ck_assert_int_eq(verdict_of(&server), CERTIFICATE_UNKNOWN_CA);
    certificate_set_deinit(&client_set);
    credentials_deinit(&client.credentials);
    set_client(NULL, NULL, "ca.pem");
    ck_assert_int_eq(meet(WIRE_SIZE), 0);
    assert_sealed();
    ck_assert_int_eq(verdict_of(&server), CERTIFICATE_MISSING);
}
END_TEST

START_TEST(a_server_that_is_not_accepted_learns_nothing)
{
    set_server("ca.pem");
    set_client("node.pem", "node-key.pem", "other-ca.pem");
    ck_assert_int_lt(meet(WIRE_SIZE), 0);
    ck_assert_int_eq(channel_fault(client.channel), CHANNEL_CERTIFICATE);
    ck_assert_int_eq(verdict_of(&client), CERTIFICATE_UNKNOWN_CA);
    ck_assert_int_lt(carry(&client, &server, waiting(&client)), 0);
    ck_assert_int_eq(channel_fault(server.channel), CHANNEL_REFUSED);
    ck_assert_str_eq(channel_error(server.channel), "CA is unknown");
    ck_assert_int_eq(channel_claim(server.channel)->certificate.count, 0);
}
END_TEST

START_TEST(a_server_with_another_name_is_not_accepted)
{
    set_server("ca.pem");
    set_client("node.pem", "node-key.pem", "ca.pem");
    peer.host = "c2";
    ck_assert_int_lt(meet(WIRE_SIZE), 0);
    ck_assert_int_eq(channel_fault(client.channel), CHANNEL_CERTIFICATE);
    ck_assert_int_eq(verdict_of(&client), CERTIFICATE_OTHER_NAME);
}
END_TEST

/* The check of its signature would hold the collector's loop. */
START_TEST(a_client_with_a_huge_key_is_refused_before_its_signature_is_checked)
{
    write_pair("huge.pem", "huge-key.pem", &(struct test_wish){.name = "n1", .algorithm = GNUTLS_PK_RSA, .bits = 4224},
               NULL);
    set_server("ca.pem");
    set_client("huge.pem", "huge-key.pem", "ca.pem");
    ck_assert_int_lt(meet(WIRE_SIZE), 0);
    ck_assert_int_eq(channel_state(server.channel), CHANNEL_BROKEN);
    ck_assert_int_eq(verdict_of(&server), CERTIFICATE_UNREADABLE);
}
END_TEST

START_TEST(long_chains_fit_into_the_buffers)
{
    struct test_certificate chain[4];
    static const char *const names[] = {NULL, "an authority near the end", "one in the middle", "one below the top"};
    const struct test_certificate *issuer = &ca;

    for (unsigned i = 3; i > 0; i--) {
        chain[i] = certificates_make(
            &(struct test_wish){.name = names[i], .ca = true, .algorithm = GNUTLS_PK_RSA, .bits = 2048}, issuer);
        issuer = &chain[i];
    }
    write_pair("long.pem", "long-key.pem",
               &(struct test_wish){.name = "c1", .dns = {"c1", "n1"}, .algorithm = GNUTLS_PK_RSA, .bits = 2048},
               issuer);
    for (unsigned i = 1; i < 4; i++)
        certificates_write(&dir, "long.pem", &chain[i]);
    read_set(&server_set, CERTIFICATE_OF_SERVER, "long.pem", "long-key.pem", "ca.pem");
    ck_assert_int_eq(credentials_init_server(&server.credentials), 0);
    ck_assert_int_eq(credentials_set_certificates(&server.credentials, &server_set), 0);
    set_client("long.pem", "long-key.pem", "ca.pem");
    ck_assert_int_eq(meet(WIRE_SIZE), 0);
    assert_sealed();
    ck_assert_int_eq(verdict_of(&server), CERTIFICATE_ACCEPTED);
    ck_assert_uint_lt(server.wire.out.len, CHANNEL_FLIGHT_MAX);
    for (unsigned i = 1; i < 4; i++)
        certificates_free(&chain[i]);
}
END_TEST

/* ---- keys and certificates ---- */

START_TEST(a_server_with_both_takes_a_key_and_a_certificate)
{
    const struct key_text key = keys_derived(0, "web", "web-3");

    ring = keys_ring(0);
    set_server("ca.pem");
    set_client("node.pem", "node-key.pem", "ca.pem");
    ck_assert_int_eq(meet(WIRE_SIZE), 0);
    ck_assert_int_eq(channel_claim(server.channel)->proof, PEER_CERTIFICATE);
    credentials_deinit(&client.credentials);
    ck_assert_int_eq(credentials_init_client(&client.credentials, &key), 0);
    ck_assert_int_eq(meet(WIRE_SIZE), 0);
    assert_sealed();
    ck_assert_int_eq(channel_claim(server.channel)->proof, PEER_KEY);
    ck_assert_str_eq(channel_claim(server.channel)->key.identity.node, "web-3");
}
END_TEST

/* A client with a key must not accept a server that shows a certificate instead. */
START_TEST(a_wrong_key_does_not_fall_back_to_certificates)
{
    const struct key_text key = keys_derived(1, "web", "web-3");

    ring = keys_ring(0);
    set_server("ca.pem");
    ck_assert_int_eq(credentials_init_client(&client.credentials, &key), 0);
    ck_assert_int_lt(meet(WIRE_SIZE), 0);
    ck_assert_int_eq(channel_fault(server.channel), CHANNEL_KEY);
    ck_assert_int_lt(carry(&server, &client, waiting(&server)), 0);
    ck_assert_int_eq(channel_fault(client.channel), CHANNEL_KEY);
}
END_TEST

START_TEST(a_key_is_refused_by_a_server_that_has_certificates_only)
{
    const struct key_text key = keys_derived(1, "web", "web-3");

    set_server("ca.pem");
    ck_assert_int_eq(credentials_init_client(&client.credentials, &key), 0);
    ck_assert_int_lt(meet(WIRE_SIZE), 0);
    ck_assert_int_eq(channel_fault(server.channel), CHANNEL_KEY);
    ck_assert_int_eq(channel_claim(server.channel)->key.verdict, KEY_OTHER_SECRET);
}
END_TEST

START_TEST(a_certificate_is_refused_by_a_server_that_has_keys_only)
{
    ring = keys_ring(0);
    ck_assert_int_eq(credentials_init_server(&server.credentials), 0);
    set_client("node.pem", "node-key.pem", "ca.pem");
    ck_assert_int_lt(meet(WIRE_SIZE), 0);
    ck_assert_int_eq(channel_fault(server.channel), CHANNEL_KEY);
    ck_assert_int_eq(channel_claim(server.channel)->key.verdict, KEY_MALFORMED);
    ck_assert_int_lt(carry(&server, &client, waiting(&server)), 0);
    ck_assert_int_eq(channel_fault(client.channel), CHANNEL_KEY);
}
END_TEST

/* ---- replaced certificates ---- */

START_TEST(a_handshake_survives_that_the_certificates_are_replaced)
{
    struct certificate_set fresh = {0};

    set_server("ca.pem");
    set_client("node.pem", "node-key.pem", "ca.pem");
    end_begin(&server, NULL);
    end_begin(&client, &peer);
    ck_assert_int_eq(carry(&server, &client, 0), 0);
    ck_assert_int_eq(carry(&client, &server, waiting(&client) / 2), 0);
    read_set(&fresh, CERTIFICATE_OF_SERVER, "server.pem", "server-key.pem", "ca.pem");
    ck_assert_int_eq(credentials_set_certificates(&server.credentials, &fresh), 0);
    certificate_set_deinit(&server_set);
    server_set = fresh;
    server.credentials.trust = &server_set.trust;
    ck_assert_int_eq(carry(&client, &server, waiting(&client)), 0);
    ck_assert_int_eq(carry(&server, &client, waiting(&server)), 0);
    ck_assert_int_eq(channel_state(client.channel), CHANNEL_SEALED);
}
END_TEST

/* ---- tickets ---- */

static const uint8_t ticket_key[TICKET_KEY_LEN] = {1, 2, 3, 4, 5, 6, 7, 8};

static void meet_for_ticket(void)
{
    set_server("ca.pem");
    credentials_set_tickets(&server.credentials, ticket_key);
    set_client("node.pem", "node-key.pem", "ca.pem");
    ck_assert_int_eq(meet(WIRE_SIZE), 0);
    assert_sealed();
    ck_assert(!channel_resumed(client.channel));
    send_text(&server, "welcome");
    ck_assert_int_eq(converse(WIRE_SIZE), 0);
    ck_assert_int_eq(channel_take_ticket(client.channel, &ticket), 0);
    ck_assert_ptr_nonnull(ticket.bytes);
    peer.ticket = &ticket;
}

/* Another process with the key that was kept. */
static void restart_server(const char *file, const uint8_t *key)
{
    certificate_set_deinit(&server_set);
    credentials_deinit(&server.credentials);
    set_server(file);
    credentials_set_tickets(&server.credentials, key);
}

START_TEST(a_ticket_is_good_for_another_server_with_the_same_key)
{
    meet_for_ticket();
    size_t full = server.wire.out.len;
    restart_server("ca.pem", ticket_key);
    ck_assert_int_eq(meet(WIRE_SIZE), 0);
    assert_sealed();
    ck_assert(channel_resumed(client.channel) && channel_resumed(server.channel));
    ck_assert_uint_lt(server.wire.out.len, full);
    ck_assert_int_eq(verdict_of(&server), CERTIFICATE_ACCEPTED);
    ck_assert_str_eq(channel_claim(server.channel)->certificate.names, "DNS:n1\n");
    ck_assert_int_eq(channel_take_ticket(client.channel, &ticket), 0);
    ck_assert_int_eq(meet(WIRE_SIZE), 0);
    ck_assert(channel_resumed(client.channel));
}
END_TEST

START_TEST(a_client_that_returns_by_a_ticket_is_judged_again)
{
    meet_for_ticket();
    restart_server("other-ca.pem", ticket_key);
    ck_assert_int_eq(meet(WIRE_SIZE), 0);
    ck_assert(channel_resumed(server.channel));
    ck_assert_int_eq(verdict_of(&server), CERTIFICATE_UNKNOWN_CA);
}
END_TEST

START_TEST(a_server_to_which_a_client_returns_is_judged_again)
{
    meet_for_ticket();
    certificate_set_deinit(&client_set);
    credentials_deinit(&client.credentials);
    set_client("node.pem", "node-key.pem", "other-ca.pem");
    ck_assert_int_lt(meet(WIRE_SIZE), 0);
    ck_assert_int_eq(channel_fault(client.channel), CHANNEL_CERTIFICATE);
    ck_assert_int_eq(channel_state(client.channel), CHANNEL_BROKEN);
}
END_TEST

START_TEST(with_another_ticket_key_the_handshake_is_a_whole_one)
{
    static const uint8_t other[TICKET_KEY_LEN] = {9};

    meet_for_ticket();
    restart_server("ca.pem", other);
    ck_assert_int_eq(meet(WIRE_SIZE), 0);
    assert_sealed();
    ck_assert(!channel_resumed(client.channel));
    ck_assert_int_eq(verdict_of(&server), CERTIFICATE_ACCEPTED);
}
END_TEST

/* Its ticket would show the old one. */
START_TEST(a_client_with_another_certificate_does_not_use_its_ticket)
{
    struct certificate_set renewed = {0};

    meet_for_ticket();
    read_set(&renewed, CERTIFICATE_OF_CLIENT, "stranger.pem", "stranger-key.pem", "ca.pem");
    ck_assert_int_eq(credentials_set_certificates(&client.credentials, &renewed), 0);
    ck_assert_int_eq(meet(WIRE_SIZE), 0);
    assert_sealed();
    ck_assert(!channel_resumed(client.channel));
    ck_assert_int_eq(verdict_of(&server), CERTIFICATE_UNKNOWN_CA);
    certificate_set_deinit(&client_set);
    client_set = renewed;
}
END_TEST

START_TEST(who_is_not_accepted_or_has_a_key_gets_no_ticket)
{
    const struct key_text key = keys_derived(0, "web", "web-3");

    ring = keys_ring(0);
    set_server("ca.pem");
    credentials_set_tickets(&server.credentials, ticket_key);
    set_client("stranger.pem", "stranger-key.pem", "ca.pem");
    for (unsigned i = 0; i < 2; i++) {
        ck_assert_int_eq(meet(WIRE_SIZE), 0);
        send_text(&server, "welcome");
        ck_assert_int_eq(converse(WIRE_SIZE), 0);
        ck_assert_int_eq(channel_take_ticket(client.channel, &ticket), 0);
        ck_assert_ptr_null(ticket.bytes);
        credentials_deinit(&client.credentials);
        ck_assert_int_eq(credentials_init_client(&client.credentials, &key), 0);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("channel_certificates");
    TCase *tests = tcase_create("channel_certificates");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, both_sides_prove_who_they_are_with_all_cuts, 0, 4);
    tcase_add_test(tests, a_client_that_is_not_accepted_gets_its_channel_all_the_same);
    tcase_add_test(tests, a_server_that_is_not_accepted_learns_nothing);
    tcase_add_test(tests, a_server_with_another_name_is_not_accepted);
    tcase_add_test(tests, a_client_with_a_huge_key_is_refused_before_its_signature_is_checked);
    tcase_add_test(tests, long_chains_fit_into_the_buffers);
    tcase_add_test(tests, a_server_with_both_takes_a_key_and_a_certificate);
    tcase_add_test(tests, a_wrong_key_does_not_fall_back_to_certificates);
    tcase_add_test(tests, a_key_is_refused_by_a_server_that_has_certificates_only);
    tcase_add_test(tests, a_certificate_is_refused_by_a_server_that_has_keys_only);
    tcase_add_test(tests, a_handshake_survives_that_the_certificates_are_replaced);
    tcase_add_test(tests, a_ticket_is_good_for_another_server_with_the_same_key);
    tcase_add_test(tests, a_client_that_returns_by_a_ticket_is_judged_again);
    tcase_add_test(tests, a_server_to_which_a_client_returns_is_judged_again);
    tcase_add_test(tests, with_another_ticket_key_the_handshake_is_a_whole_one);
    tcase_add_test(tests, a_client_with_another_certificate_does_not_use_its_ticket);
    tcase_add_test(tests, who_is_not_accepted_or_has_a_key_gets_no_ticket);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
