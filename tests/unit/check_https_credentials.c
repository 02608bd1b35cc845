/* The server's side of HTTPS in memory, and clients that are GnuTLS itself. */
#include "tls/https_credentials.h"

#include "support/certificates.h"
#include "support/suite.h"
#include "support/temp_dir.h"
#include "tls/channel.h"
#include "tls/peer_key.h"
#include "tls/tls_library.h"

#include <errno.h>
#include <gnutls/abstract.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WIRE_SIZE ((size_t)64 * 1024)

static struct temp_dir dir;
static struct test_certificate ca, other_ca;
static struct https_credentials *credentials;

/* What one side has sent; the other reads from the front. */
struct wire {
    uint8_t bytes[WIRE_SIZE];
    size_t begin, end;
};

static struct wire to_server, to_client;

/* ---- fixture ---- */

static const char *path(unsigned i, const char *name)
{
    static char room[3][PATH_MAX];

    if (name == NULL)
        return "";
    snprintf(room[i], sizeof room[i], "%s", temp_dir_path(&dir, name));
    return room[i];
}

static int read_files(const char *cert, const char *key, const char *trusted, char *error)
{
    const struct https_paths paths = {path(0, cert), path(1, key), path(2, trusted)};

    return https_credentials_read(&paths, &credentials, error, 512);
}

static void setup(void)
{
    char error[512] = "";

    ck_assert_int_eq(tls_library_load(error, sizeof error), 0);
    temp_dir_create(&dir);
    ca = certificates_make(&(struct test_wish){.name = "ca", .ca = true}, NULL);
    other_ca = certificates_make(&(struct test_wish){.name = "other ca", .ca = true}, NULL);
    struct test_certificate server = certificates_make(
        &(struct test_wish){.name = "server", .dns = {"localhost"}, .purpose = GNUTLS_KP_TLS_WWW_SERVER}, &ca);
    certificates_write(&dir, "server.pem", &server);
    certificates_write_key(&dir, "server.key", &server);
    certificates_write(&dir, "ca.pem", &ca);
    certificates_free(&server);
    ck_assert_msg(read_files("server.pem", "server.key", "ca.pem", error) == 0, "%s", error);
}

static void teardown(void)
{
    https_credentials_release(credentials);
    credentials = NULL;
    certificates_free(&ca);
    certificates_free(&other_ca);
    temp_dir_remove(&dir);
}

/* ---- a client ---- */

static ssize_t on_pull(gnutls_transport_ptr_t session, void *data, size_t size)
{
    size_t len = to_client.end - to_client.begin;

    if (len == 0) {
        gnutls_transport_set_errno(session, EAGAIN);
        return -1;
    }
    if (len > size)
        len = size;
    memcpy(data, to_client.bytes + to_client.begin, len);
    to_client.begin += len;
    return (ssize_t)len;
}

static ssize_t on_push(gnutls_transport_ptr_t session, const void *data, size_t len)
{
    (void)session;
    ck_assert_uint_le(to_server.end + len, WIRE_SIZE);
    memcpy(to_server.bytes + to_server.end, data, len);
    to_server.end += len;
    return (ssize_t)len;
}

static gnutls_session_t client_new(gnutls_certificate_credentials_t own, const char *priority)
{
    gnutls_session_t session;

    to_server = to_client = (struct wire){0};
    ck_assert_int_eq(gnutls_init(&session, GNUTLS_CLIENT | GNUTLS_NONBLOCK), 0);
    ck_assert_int_eq(gnutls_priority_set_direct(session, priority, NULL), 0);
    ck_assert_int_eq(gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, own), 0);
    gnutls_transport_set_ptr(session, session);
    gnutls_transport_set_pull_function(session, on_pull);
    gnutls_transport_set_push_function(session, on_push);
    return session;
}

/* Lets the channel read what the client has sent, at most `most` bytes. Returns its result. */
static int serve(struct channel *channel, size_t most)
{
    static uint8_t plain[CHANNEL_RECORD_MAX];
    size_t len = to_server.end - to_server.begin < most ? to_server.end - to_server.begin : most;
    struct bytes input = {to_server.bytes + to_server.begin, len};
    struct channel_out out = {to_client.bytes, WIRE_SIZE, to_client.end};
    int rc = 0;

    to_server.begin += len;
    do
        rc = channel_receive(channel, &input, plain, sizeof plain, &out);
    while (rc > 0);
    to_client.end = out.len;
    return rc;
}

/* Until both are silent, or one fails. Returns the server's result. */
static int shake_hands(gnutls_session_t client, struct channel *channel, size_t most)
{
    int own = GNUTLS_E_AGAIN, rc = 0;

    do {
        own = own == GNUTLS_E_SUCCESS ? own : gnutls_handshake(client);
        if (own < 0 && gnutls_error_is_fatal(own)) {
            gnutls_alert_send_appropriate(client, own);
            while (rc == 0 && to_server.begin < to_server.end)
                rc = serve(channel, most);
            return rc;
        }
        rc = serve(channel, most);
    } while (rc == 0 && (to_server.begin < to_server.end || to_client.begin < to_client.end));
    return rc;
}

static gnutls_certificate_credentials_t own_credentials(const struct test_certificate *certificate)
{
    gnutls_certificate_credentials_t own;

    ck_assert_int_eq(gnutls_certificate_allocate_credentials(&own), 0);
    if (certificate != NULL)
        ck_assert_int_ge(
            gnutls_certificate_set_x509_key(own, (gnutls_x509_crt_t *)&certificate->crt, 1, certificate->key), 0);
    return own;
}

/* What the server says of a client with this certificate. */
static enum https_client judge(const struct test_certificate *certificate, int64_t *not_after_s, char *why)
{
    gnutls_certificate_credentials_t own = own_credentials(certificate);
    gnutls_session_t client = client_new(own, "NORMAL");
    struct channel *channel = channel_new_https(credentials);

    ck_assert_ptr_nonnull(channel);
    ck_assert_int_eq(shake_hands(client, channel, WIRE_SIZE), 0);
    ck_assert_int_eq(channel_state(channel), CHANNEL_SEALED);
    enum https_client verdict = channel_judge_client(channel, not_after_s, why);
    channel_free(channel);
    gnutls_deinit(client);
    gnutls_certificate_free_credentials(own);
    return verdict;
}

/* ---- certificates of clients ---- */

START_TEST(a_client_without_a_certificate_connects_and_is_nobody)
{
    char why[HTTPS_CLIENT_WHY_MAX] = "";
    int64_t not_after_s = 0;

    ck_assert_int_eq(judge(NULL, &not_after_s, why), HTTPS_CLIENT_NONE);
}
END_TEST

START_TEST(one_of_the_ca_is_accepted_until_its_end)
{
    struct test_certificate certificate =
        certificates_make(&(struct test_wish){.name = "prometheus", .purpose = GNUTLS_KP_TLS_WWW_CLIENT}, &ca);
    char why[HTTPS_CLIENT_WHY_MAX] = "";
    int64_t not_after_s = 0;

    ck_assert_int_eq(judge(&certificate, &not_after_s, why), HTTPS_CLIENT_ACCEPTED);
    ck_assert_int_eq(not_after_s, gnutls_x509_crt_get_expiration_time(certificate.crt));
    certificates_free(&certificate);
}
END_TEST

static const struct {
    struct test_wish wish;
    bool other_ca;
    const char *why;
} refused[] = {
    {{.name = "n", .purpose = GNUTLS_KP_TLS_WWW_CLIENT}, true, "not signed by a CA of http-ca-file"},
    {{.name = "n", .purpose = GNUTLS_KP_TLS_WWW_CLIENT, .from_days = -10, .days = 9}, false, "has expired"},
    {{.name = "n", .purpose = GNUTLS_KP_TLS_WWW_CLIENT, .from_days = 2}, false, "not valid yet"},
    {{.name = "n", .purpose = GNUTLS_KP_TLS_WWW_SERVER}, false, "lacks clientAuth"},
};

START_TEST(others_are_refused_with_a_reason)
{
    struct test_certificate certificate = certificates_make(&refused[_i].wish, refused[_i].other_ca ? &other_ca : &ca);
    char why[HTTPS_CLIENT_WHY_MAX] = "";
    int64_t not_after_s = 0;

    ck_assert_int_eq(judge(&certificate, &not_after_s, why), HTTPS_CLIENT_REFUSED);
    ck_assert_msg(strstr(why, refused[_i].why) != NULL, "%s", why);
    certificates_free(&certificate);
}
END_TEST

/* ---- keys that would hold the loop ---- */

static int on_sign(gnutls_privkey_t key, gnutls_sign_algorithm_t algorithm, void *bits, unsigned flags,
                   const gnutls_datum_t *data, gnutls_datum_t *signature)
{
    (void)key;
    (void)algorithm;
    (void)flags;
    (void)data;
    signature->size = *(unsigned *)bits / 8;
    signature->data = gnutls_malloc(signature->size);
    memset(signature->data, 1, signature->size);
    return 0;
}

static int on_info(gnutls_privkey_t key, unsigned flags, void *bits)
{
    (void)key;
    if ((flags & GNUTLS_PRIVKEY_INFO_PK_ALGO) != 0)
        return GNUTLS_PK_RSA;
    if ((flags & GNUTLS_PRIVKEY_INFO_PK_ALGO_BITS) != 0)
        return (int)*(unsigned *)bits;
    return (flags & GNUTLS_PRIVKEY_INFO_HAVE_SIGN_ALGO) != 0 ? 1 : -1;
}

/* A certificate with any numbers as its public key, and a key that signs with nonsense. */
static gnutls_certificate_credentials_t hostile_credentials(unsigned *bits, size_t exponent_len)
{
    struct test_certificate certificate = certificates_make(&(struct test_wish){.name = "n"}, NULL);
    gnutls_certificate_credentials_t own = own_credentials(NULL);
    size_t len = *bits / 8;
    uint8_t *modulus = malloc(len), *exponent = malloc(exponent_len);
    gnutls_pubkey_t public;
    gnutls_privkey_t private;
    gnutls_pcert_st chain;

    memset(modulus, 0xc5, len);
    memset(exponent, 0x55, exponent_len);
    ck_assert_int_eq(gnutls_pubkey_init(&public), 0);
    ck_assert_int_eq(gnutls_pubkey_import_rsa_raw(public, &(gnutls_datum_t){modulus, (unsigned)len},
                                                  &(gnutls_datum_t){exponent, (unsigned)exponent_len}),
                     0);
    ck_assert_int_eq(gnutls_x509_crt_set_pubkey(certificate.crt, public), 0);
    ck_assert_int_eq(gnutls_x509_crt_sign2(certificate.crt, ca.crt, ca.key, GNUTLS_DIG_SHA256, 0), 0);
    ck_assert_int_eq(gnutls_pcert_import_x509(&chain, certificate.crt, 0), 0);
    ck_assert_int_eq(gnutls_privkey_init(&private), 0);
    ck_assert_int_eq(gnutls_privkey_import_ext4(private, bits, NULL, on_sign, NULL, NULL, on_info, 0), 0);
    gnutls_certificate_set_flags(own, GNUTLS_CERTIFICATE_SKIP_KEY_CERT_MATCH);
    ck_assert_int_eq(gnutls_certificate_set_key(own, NULL, 0, &chain, 1, private), 0);
    certificates_free(&certificate);
    gnutls_pubkey_deinit(public);
    free(modulus);
    free(exponent);
    return own;
}

static const struct {
    unsigned bits;
    size_t exponent_len;
    const char *error; /* of the server */
} keys[] = {
    {4096, PEER_KEY_EXPONENT_LEN_MAX, "signature"}, /* the key is used: the signature is nonsense */
    {4096, PEER_KEY_EXPONENT_LEN_MAX + 1, "certificate"},
    {4096 + 64, 3, "certificate"},
    {16384, 2048, "certificate"},
};

/* Frees the channel. */
static void assert_key_is_refused(struct channel *channel, unsigned bits, size_t exponent_len, const char *error)
{
    gnutls_certificate_credentials_t own = hostile_credentials(&bits, exponent_len);
    gnutls_session_t client = client_new(own, "NORMAL");
    clock_t begun = clock();

    ck_assert_int_eq(shake_hands(client, channel, WIRE_SIZE), -EPROTO);
    ck_assert_msg(strstr(channel_error(channel), error) != NULL, "%s", channel_error(channel));
    ck_assert_int_lt(clock() - begun, CLOCKS_PER_SEC / 4);
    channel_free(channel);
    gnutls_deinit(client);
    gnutls_certificate_free_credentials(own);
}

START_TEST(a_key_that_would_hold_the_loop_is_refused_before_it_is_used)
{
    assert_key_is_refused(channel_new_https(credentials), keys[_i].bits, keys[_i].exponent_len, keys[_i].error);
}
END_TEST

START_TEST(that_of_an_agent_is_refused_as_well)
{
    struct certificate_paths paths = {0};
    struct certificate_set set = {0};
    struct credentials agents;
    char error[512] = "";

    snprintf(paths.cert, sizeof paths.cert, "%s", temp_dir_path(&dir, "server.pem"));
    snprintf(paths.key, sizeof paths.key, "%s", temp_dir_path(&dir, "server.key"));
    snprintf(paths.ca, sizeof paths.ca, "%s", temp_dir_path(&dir, "ca.pem"));
    ck_assert_msg(certificate_set_read(&paths, CERTIFICATE_OF_SERVER, &set, error, sizeof error) == 0, "%s", error);
    ck_assert_int_eq(credentials_init_server(&agents), 0);
    ck_assert_int_eq(credentials_set_certificates(&agents, &set), 0);
    assert_key_is_refused(channel_new(&agents, NULL, NULL), keys[_i].bits, keys[_i].exponent_len, keys[_i].error);
    credentials_deinit(&agents);
    certificate_set_deinit(&set);
}
END_TEST

/* The message Certificate with this one alone, as long as len says and no longer. */
static bool accepts(const struct test_certificate *certificate, size_t len)
{
    gnutls_datum_t der = {0};

    ck_assert_int_eq(gnutls_x509_crt_export2(certificate->crt, GNUTLS_X509_FMT_DER, &der), 0);
    size_t whole = 1 + 3 + 3 + der.size + 2;
    uint8_t *message = calloc(1, whole);
    for (unsigned i = 0; i < 3; i++) {
        message[1 + i] = (uint8_t)((der.size + 5) >> (16 - 8 * i));
        message[4 + i] = (uint8_t)(der.size >> (16 - 8 * i));
    }
    memcpy(message + 7, der.data, der.size);
    len = len < whole ? len : whole;
    uint8_t *cut = malloc(len > 0 ? len : 1);
    memcpy(cut, message, len);
    bool accepted = peer_key_accepts(&(gnutls_datum_t){cut, (unsigned)len});
    free(cut);
    free(message);
    gnutls_free(der.data);
    return accepted;
}

START_TEST(a_message_without_a_whole_certificate_is_left_to_gnutls)
{
    struct test_certificate long_key =
        certificates_make(&(struct test_wish){.name = "n", .algorithm = GNUTLS_PK_RSA, .bits = 4096 + 64}, NULL);
    struct test_certificate usual = certificates_make(&(struct test_wish){.name = "n"}, NULL);

    ck_assert(accepts(&usual, SIZE_MAX));
    ck_assert(!accepts(&long_key, SIZE_MAX));
    for (size_t len = 0; len < 1000; len++)
        ck_assert(accepts(&long_key, len));
    certificates_free(&long_key);
    certificates_free(&usual);
}
END_TEST

/* ---- handshakes ---- */

START_TEST(a_handshake_may_come_in_pieces)
{
    static const size_t sizes[] = {1, 2, 3, 7, 64, 500};
    gnutls_certificate_credentials_t own = own_credentials(NULL);
    gnutls_session_t client = client_new(own, "NORMAL");
    struct channel *channel = channel_new_https(credentials);

    ck_assert_int_eq(shake_hands(client, channel, sizes[_i]), 0);
    ck_assert_int_eq(channel_state(channel), CHANNEL_SEALED);
    ck_assert_int_eq(gnutls_protocol_get_version(client), GNUTLS_TLS1_3);
    channel_free(channel);
    gnutls_deinit(client);
    gnutls_certificate_free_credentials(own);
}
END_TEST

START_TEST(an_older_version_is_refused)
{
    gnutls_certificate_credentials_t own = own_credentials(NULL);
    gnutls_session_t client = client_new(own, "NORMAL:-VERS-TLS1.3");
    struct channel *channel = channel_new_https(credentials);

    ck_assert_int_eq(shake_hands(client, channel, WIRE_SIZE), -EPROTO);
    ck_assert_ptr_null(channel_alert(channel));
    channel_free(channel);
    gnutls_deinit(client);
    gnutls_certificate_free_credentials(own);
}
END_TEST

START_TEST(the_alert_of_a_client_that_refuses_the_certificate_has_a_name)
{
    static const uint8_t unknown_ca[] = {0x15, 3, 3, 0, 2, 2, 48};
    gnutls_certificate_credentials_t own = own_credentials(NULL);
    gnutls_session_t client = client_new(own, "NORMAL");
    struct channel *channel = channel_new_https(credentials);

    (void)gnutls_handshake(client);
    ck_assert_int_eq(serve(channel, WIRE_SIZE), 0);
    on_push(client, unknown_ca, sizeof unknown_ca); /* OpenSSL sends it in clear */
    ck_assert_int_eq(serve(channel, WIRE_SIZE), -EPROTO);
    ck_assert_str_eq(channel_alert(channel), "CA is unknown");
    channel_free(channel);
    gnutls_deinit(client);
    gnutls_certificate_free_credentials(own);
}
END_TEST

START_TEST(the_end_is_sealed)
{
    gnutls_certificate_credentials_t own = own_credentials(NULL);
    gnutls_session_t client = client_new(own, "NORMAL");
    struct channel *channel = channel_new_https(credentials);
    char byte;

    ck_assert_int_eq(shake_hands(client, channel, WIRE_SIZE), 0);
    struct channel_out out = {to_client.bytes, WIRE_SIZE, to_client.end};
    channel_end(channel, &out);
    to_client.end = out.len;
    ck_assert_int_eq(gnutls_record_recv(client, &byte, 1), 0);
    channel_free(channel);
    gnutls_deinit(client);
    gnutls_certificate_free_credentials(own);
}
END_TEST

/* ---- files ---- */

START_TEST(files_that_do_not_fit_are_refused_with_a_reason)
{
    static const struct {
        const char *cert, *key, *ca, *reason;
    } cases[] = {
        {"server.pem", "ca.key", NULL, "ca.key is not the key of"},
        {"server.pem", "server.key", "server.key", "server.key holds no certificates"},
        {"server.pem", "server.key", "none", "can't read"},
        {"none", "server.key", NULL, "can't read"},
    };
    char error[512] = "";
    struct https_credentials *before = credentials;

    certificates_write_key(&dir, "ca.key", &ca);
    ck_assert_int_lt(read_files(cases[_i].cert, cases[_i].key, cases[_i].ca, error), 0);
    ck_assert_msg(strstr(error, cases[_i].reason) != NULL, "%s", error);
    ck_assert_ptr_eq(credentials, before);
}
END_TEST

START_TEST(the_same_files_are_equal_and_a_ca_more_is_not)
{
    struct https_credentials *first = credentials;
    char error[512] = "";

    ck_assert_int_eq(read_files("server.pem", "server.key", "ca.pem", error), 0);
    ck_assert(https_credentials_equal(first, credentials));
    https_credentials_release(first);
    first = credentials;
    certificates_write(&dir, "ca.pem", &other_ca);
    ck_assert_int_eq(read_files("server.pem", "server.key", "ca.pem", error), 0);
    ck_assert(!https_credentials_equal(first, credentials));
    https_credentials_release(first);
}
END_TEST

START_TEST(they_live_until_the_last_user_has_gone)
{
    ck_assert_ptr_eq(https_credentials_hold(credentials), credentials);
    https_credentials_release(credentials);
    ck_assert_ptr_nonnull(credentials->certificates);
    ck_assert_ptr_null(https_credentials_hold(NULL));
    https_credentials_release(NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("https_credentials");
    TCase *tcase = tcase_create("https_credentials");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_client_without_a_certificate_connects_and_is_nobody);
    tcase_add_test(tcase, one_of_the_ca_is_accepted_until_its_end);
    tcase_add_loop_test(tcase, others_are_refused_with_a_reason, 0, sizeof refused / sizeof *refused);
    tcase_add_loop_test(tcase, a_key_that_would_hold_the_loop_is_refused_before_it_is_used, 0,
                        sizeof keys / sizeof *keys);
    tcase_add_loop_test(tcase, that_of_an_agent_is_refused_as_well, 0, sizeof keys / sizeof *keys);
    tcase_add_test(tcase, a_message_without_a_whole_certificate_is_left_to_gnutls);
    tcase_add_loop_test(tcase, a_handshake_may_come_in_pieces, 0, 6);
    tcase_add_test(tcase, an_older_version_is_refused);
    tcase_add_test(tcase, the_alert_of_a_client_that_refuses_the_certificate_has_a_name);
    tcase_add_test(tcase, the_end_is_sealed);
    tcase_add_loop_test(tcase, files_that_do_not_fit_are_refused_with_a_reason, 0, 4);
    tcase_add_test(tcase, the_same_files_are_equal_and_a_ca_more_is_not);
    tcase_add_test(tcase, they_live_until_the_last_user_has_gone);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
