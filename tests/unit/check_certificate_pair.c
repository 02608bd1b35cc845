/* A certificate and its key from files, of each kind that fits and that does not. */
#include "tls/certificate_pair.h"

#include "support/certificates.h"
#include "support/suite.h"
#include "tls/tls_library.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static struct temp_dir dir;
static struct certificate_pair pair;
static struct test_certificate ca;
static char error[512];

static void setup(void)
{
    temp_dir_create(&dir);
    ca = certificates_make(&(struct test_wish){.name = "fleet ca", .ca = true}, NULL);
}

static void teardown(void)
{
    certificate_pair_deinit(&pair);
    certificates_free(&ca);
    temp_dir_remove(&dir);
}

static int read_pair(enum certificate_use use)
{
    char cert_path[128], key_path[128];

    snprintf(cert_path, sizeof cert_path, "%s/cert.pem", dir.path);
    snprintf(key_path, sizeof key_path, "%s/key.pem", dir.path);
    return certificate_pair_read(cert_path, key_path, use, &pair, error, sizeof error);
}

/* Writes both files, and reads them. */
static int read_made(const struct test_wish *wish, enum certificate_use use)
{
    struct test_certificate made = certificates_make(wish, &ca);

    certificates_write(&dir, "cert.pem", &made);
    certificates_write_key(&dir, "key.pem", &made);
    certificates_free(&made);
    return read_pair(use);
}

static void assert_refused(int rc, const char *why)
{
    ck_assert_int_lt(rc, 0);
    ck_assert_msg(strstr(error, why) != NULL, "\"%s\" has no \"%s\"", error, why);
    ck_assert_ptr_null(pair.chain.text);
}

/* ---- pairs that fit ---- */

START_TEST(each_usual_kind_of_key_fits)
{
    static const struct test_wish wishes[] = {
        {.name = "c1", .purpose = GNUTLS_KP_TLS_WWW_SERVER},
        {.name = "c1", .algorithm = GNUTLS_PK_EDDSA_ED25519},
        {.name = "c1", .algorithm = GNUTLS_PK_RSA, .bits = 2048},
    };

    ck_assert_msg(read_made(&wishes[_i], CERTIFICATE_OF_SERVER) == 0, "%s", error);
    ck_assert_str_eq(pair.subject, "CN=c1");
    ck_assert_int_lt(llabs((long long)pair.not_after_s - (long long)time(NULL) - 30LL * 86400), 120);
    ck_assert_int_le(pair.not_before_s, time(NULL));
}
END_TEST

START_TEST(the_pair_can_be_used_by_gnutls)
{
    gnutls_certificate_credentials_t credentials;

    ck_assert_int_eq(read_made(&(struct test_wish){.name = "c1"}, CERTIFICATE_OF_SERVER), 0);
    ck_assert_int_eq(gnutls_certificate_allocate_credentials(&credentials), 0);
    ck_assert_int_eq(certificate_pair_give(&pair, credentials), 0);
    gnutls_certificate_free_credentials(credentials);
}
END_TEST

START_TEST(of_a_chain_the_certificate_that_ends_first_counts)
{
    struct test_certificate middle =
        certificates_make(&(struct test_wish){.name = "middle", .ca = true, .days = 3}, &ca);
    struct test_certificate leaf = certificates_make(&(struct test_wish){.name = "c1"}, &middle);

    certificates_write(&dir, "cert.pem", &leaf);
    certificates_write(&dir, "cert.pem", &middle);
    certificates_write_key(&dir, "key.pem", &leaf);
    ck_assert_msg(read_pair(CERTIFICATE_OF_SERVER) == 0, "%s", error);
    ck_assert_str_eq(pair.subject, "CN=c1");
    ck_assert_int_lt(llabs((long long)pair.not_after_s - (long long)time(NULL) - 3LL * 86400), 120);
    certificates_free(&middle);
    certificates_free(&leaf);
}
END_TEST

START_TEST(the_names_may_be_symbolic_links)
{
    struct certificate_pair linked = {0};
    char from[160];

    ck_assert_int_eq(read_made(&(struct test_wish){.name = "c1"}, CERTIFICATE_OF_SERVER), 0);
    linked = pair;
    pair = (struct certificate_pair){0};
    snprintf(from, sizeof from, "%s/tls.crt", dir.path);
    ck_assert_int_eq(rename(temp_dir_path(&dir, "cert.pem"), from), 0);
    ck_assert_int_eq(symlink("tls.crt", temp_dir_path(&dir, "cert.pem")), 0);
    ck_assert_msg(read_pair(CERTIFICATE_OF_SERVER) == 0, "%s", error);
    ck_assert(certificate_pair_equal(&pair, &linked));
    certificate_pair_deinit(&linked);
}
END_TEST

START_TEST(a_pair_equals_itself_alone)
{
    struct certificate_pair first;

    ck_assert_int_eq(read_made(&(struct test_wish){.name = "c1"}, CERTIFICATE_OF_SERVER), 0);
    first = pair;
    unlink(temp_dir_path(&dir, "cert.pem"));
    unlink(temp_dir_path(&dir, "key.pem"));
    ck_assert_int_eq(read_made(&(struct test_wish){.name = "c1"}, CERTIFICATE_OF_SERVER), 0);
    ck_assert(!certificate_pair_equal(&pair, &first));
    ck_assert(certificate_pair_equal(&pair, &pair));
    certificate_pair_deinit(&first);
}
END_TEST

/* ---- pairs that do not ---- */

START_TEST(the_key_of_another_certificate_is_refused)
{
    struct test_certificate other = certificates_make(&(struct test_wish){.name = "c2"}, &ca);
    struct test_certificate made = certificates_make(&(struct test_wish){.name = "c1"}, &ca);

    certificates_write(&dir, "cert.pem", &made);
    certificates_write_key(&dir, "key.pem", &other);
    assert_refused(read_pair(CERTIFICATE_OF_SERVER), "key.pem is not the key of ");
    certificates_free(&made);
    certificates_free(&other);
}
END_TEST

START_TEST(a_long_rsa_key_is_refused_at_a_server_only)
{
    const struct test_wish wish = {.name = "c1", .algorithm = GNUTLS_PK_RSA, .bits = 3072};

    assert_refused(read_made(&wish, CERTIFICATE_OF_SERVER),
                   "an RSA key of 3072 bits would hold the loop for 10 ms a handshake; use ECDSA P-256 or Ed25519");
    ck_assert_msg(read_pair(CERTIFICATE_OF_CLIENT) == 0, "%s", error);
}
END_TEST

START_TEST(a_weak_key_is_refused)
{
    const struct test_wish wish = {.name = "c1", .algorithm = GNUTLS_PK_RSA, .bits = 1024};

    assert_refused(read_made(&wish, CERTIFICATE_OF_CLIENT), "an RSA key of 1024 bits is too weak");
}
END_TEST

START_TEST(a_certificate_for_the_other_side_is_refused)
{
    const struct test_wish wish = {.name = "c1", .purpose = GNUTLS_KP_TLS_WWW_CLIENT};

    assert_refused(read_made(&wish, CERTIFICATE_OF_SERVER),
                   "is not for servers: its extended key usage lacks serverAuth");
    ck_assert_int_eq(read_pair(CERTIFICATE_OF_CLIENT), 0);
}
END_TEST

START_TEST(a_chain_in_the_wrong_order_is_refused)
{
    struct test_certificate made = certificates_make(&(struct test_wish){.name = "c1"}, &ca);

    certificates_write(&dir, "cert.pem", &ca);
    certificates_write(&dir, "cert.pem", &made);
    certificates_write_key(&dir, "key.pem", &made);
    assert_refused(read_pair(CERTIFICATE_OF_SERVER), "each certificate must be signed by the next one");
    certificates_free(&made);
}
END_TEST

START_TEST(a_chain_that_is_too_long_is_refused)
{
    struct test_certificate made = certificates_make(&(struct test_wish){.name = "c1"}, &ca);

    for (unsigned i = 0; i < 9; i++)
        certificates_write(&dir, "cert.pem", &made);
    certificates_write_key(&dir, "key.pem", &made);
    assert_refused(read_pair(CERTIFICATE_OF_SERVER), "holds more than 8 certificates");
    certificates_free(&made);
}
END_TEST

START_TEST(files_that_hold_something_else_are_refused)
{
    struct test_certificate made = certificates_make(&(struct test_wish){.name = "c1"}, &ca);

    assert_refused(read_pair(CERTIFICATE_OF_SERVER), "cert.pem: No such file");
    certificates_write_key(&dir, "cert.pem", &made);
    assert_refused(read_pair(CERTIFICATE_OF_SERVER), "key.pem: No such file");
    certificates_write(&dir, "key.pem", &made);
    assert_refused(read_pair(CERTIFICATE_OF_SERVER), "cert.pem holds no certificate that can be used");
    temp_dir_truncate(&dir, "cert.pem", 0);
    assert_refused(read_pair(CERTIFICATE_OF_SERVER), "cert.pem is empty");
    certificates_write(&dir, "cert.pem", &made);
    assert_refused(read_pair(CERTIFICATE_OF_SERVER), "key.pem holds no key that can be used");
    certificates_free(&made);
}
END_TEST

START_TEST(a_pipe_and_a_folder_are_refused)
{
    ck_assert_int_eq(mkfifo(temp_dir_path(&dir, "cert.pem"), 0600), 0);
    assert_refused(read_pair(CERTIFICATE_OF_SERVER), "cert.pem is not a regular file");
    unlink(temp_dir_path(&dir, "cert.pem"));
    ck_assert_int_eq(mkdir(temp_dir_path(&dir, "cert.pem"), 0700), 0);
    assert_refused(read_pair(CERTIFICATE_OF_SERVER), "cert.pem: Is a directory");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("certificate_pair");
    TCase *tests = tcase_create("certificate_pair");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, each_usual_kind_of_key_fits, 0, 3);
    tcase_add_test(tests, the_pair_can_be_used_by_gnutls);
    tcase_add_test(tests, of_a_chain_the_certificate_that_ends_first_counts);
    tcase_add_test(tests, the_names_may_be_symbolic_links);
    tcase_add_test(tests, a_pair_equals_itself_alone);
    tcase_add_test(tests, the_key_of_another_certificate_is_refused);
    tcase_add_test(tests, a_long_rsa_key_is_refused_at_a_server_only);
    tcase_add_test(tests, a_weak_key_is_refused);
    tcase_add_test(tests, a_certificate_for_the_other_side_is_refused);
    tcase_add_test(tests, a_chain_in_the_wrong_order_is_refused);
    tcase_add_test(tests, a_chain_that_is_too_long_is_refused);
    tcase_add_test(tests, files_that_hold_something_else_are_refused);
    tcase_add_test(tests, a_pipe_and_a_folder_are_refused);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
