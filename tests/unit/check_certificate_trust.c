/* CAs, lists of revoked certificates, and the chains that are judged by them. */
#include "tls/certificate_trust.h"

#include "support/certificates.h"
#include "support/suite.h"
#include "tls/certificate_facts.h"
#include "tls/certificate_names.h"
#include "tls/certificate_text.h"
#include "tls/tls_library.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static struct temp_dir dir;
static struct certificate_trust trust;
static struct certificate_claim claim;
static struct test_certificate ca, other_ca;
static char error[512];

static void setup(void)
{
    temp_dir_create(&dir);
    ca = certificates_make(&(struct test_wish){.name = "fleet ca 2026", .ca = true, .days = 900}, NULL);
    other_ca = certificates_make(&(struct test_wish){.name = "old ca", .ca = true}, NULL);
    certificates_write(&dir, "ca.pem", &ca);
}

static void teardown(void)
{
    certificate_claim_deinit(&claim);
    certificate_trust_deinit(&trust);
    certificates_free(&ca);
    certificates_free(&other_ca);
    temp_dir_remove(&dir);
}

static int read_trust(const char *crl, const char *pin)
{
    char ca_path[128], crl_path[128] = "";

    snprintf(ca_path, sizeof ca_path, "%s/ca.pem", dir.path);
    if (crl != NULL)
        snprintf(crl_path, sizeof crl_path, "%s/%s", dir.path, crl);
    return certificate_trust_read(ca_path, crl_path, pin, &trust, error, sizeof error);
}

static void must_read(const char *crl)
{
    certificate_trust_deinit(&trust);
    ck_assert_msg(read_trust(crl, "") == 0, "%s", error);
}

static enum certificate_verdict judge_chain(const struct test_certificate *const *chain, unsigned count,
                                            const char *host, int64_t now_s)
{
    gnutls_datum_t ders[10];

    for (unsigned i = 0; i < count; i++)
        ck_assert_int_eq(gnutls_x509_crt_export2(chain[i]->crt, GNUTLS_X509_FMT_DER, &ders[i]), 0);
    certificate_claim_deinit(&claim);
    certificate_trust_judge(&trust, ders, count, host, now_s, &claim);
    for (unsigned i = 0; i < count; i++)
        gnutls_free(ders[i].data);
    return claim.verdict;
}

/* Makes a certificate, judges it, and frees it. */
static enum certificate_verdict judge_made(const struct test_wish *wish, const struct test_certificate *issuer,
                                           const char *host)
{
    struct test_certificate made = certificates_make(wish, issuer);
    const struct test_certificate *chain[] = {&made};
    enum certificate_verdict verdict = judge_chain(chain, 1, host, time(NULL));

    certificates_free(&made);
    return verdict;
}

static const char *text_of(enum certificate_verdict verdict)
{
    static char text[400];

    certificate_text_verdict(&claim, verdict, time(NULL), "/etc/headroom/ca.pem", text, sizeof text);
    return text;
}

static void assert_has(const char *text, const char *words)
{
    ck_assert_msg(strstr(text, words) != NULL, "\"%s\" has no \"%s\"", text, words);
}

/* ---- accepted ---- */

START_TEST(a_certificate_of_the_ca_is_accepted_and_its_facts_are_kept)
{
    must_read(NULL);
    ck_assert_int_eq(judge_made(&(struct test_wish){.name = "n7",
                                                    .unit = "web",
                                                    .dns = {"web-7", "web-7.example"},
                                                    .serial = 0x4f,
                                                    .purpose = GNUTLS_KP_TLS_WWW_CLIENT},
                                &ca, NULL),
                     CERTIFICATE_ACCEPTED);
    ck_assert_str_eq(claim.names, "DNS:web-7\nDNS:web-7.example\nOU:web\n");
    ck_assert_str_eq(claim.who, "CN n7, serial 4f");
    ck_assert_str_eq(claim.issuer, "fleet ca 2026");
    ck_assert_uint_eq(claim.count, 1);
    ck_assert_int_lt(llabs((long long)claim.not_after_s - (long long)time(NULL) - 30LL * 86400), 120);
    ck_assert_int_eq(certificate_claim_judge(&claim, time(NULL)), CERTIFICATE_ACCEPTED);
}
END_TEST

START_TEST(a_chain_over_an_intermediate_ca_is_accepted)
{
    struct test_certificate middle =
        certificates_make(&(struct test_wish){.name = "middle", .ca = true, .days = 5}, &ca);
    struct test_certificate leaf = certificates_make(&(struct test_wish){.name = "n1"}, &middle);
    const struct test_certificate *chain[] = {&leaf, &middle};

    must_read(NULL);
    ck_assert_int_eq(judge_chain(chain, 2, NULL, time(NULL)), CERTIFICATE_ACCEPTED);
    ck_assert_int_lt(llabs((long long)claim.not_after_s - (long long)time(NULL) - 5LL * 86400), 120);
    ck_assert_int_eq(judge_chain(chain, 1, NULL, time(NULL)), CERTIFICATE_UNKNOWN_CA);
    certificates_free(&middle);
    certificates_free(&leaf);
}
END_TEST

START_TEST(during_a_rotation_both_cas_are_accepted)
{
    certificates_write(&dir, "ca.pem", &other_ca);
    must_read(NULL);
    ck_assert_str_eq(trust.lists.ca_names, "\"fleet ca 2026\", \"old ca\"");
    ck_assert_int_eq(judge_made(&(struct test_wish){.name = "n1"}, &ca, NULL), CERTIFICATE_ACCEPTED);
    ck_assert_int_eq(judge_made(&(struct test_wish){.name = "n1"}, &other_ca, NULL), CERTIFICATE_ACCEPTED);
    struct certificate_lists both = trust.lists;
    /* The one that is signed by the other CA is judged anew when that CA is gone. */
    struct certificate_lists one = {.cas = both.cas, .ca_count = 1};
    claim.lists = &one;
    ck_assert_int_eq(certificate_claim_judge(&claim, time(NULL)), CERTIFICATE_UNKNOWN_CA);
    claim.lists = &both;
    ck_assert_int_eq(certificate_claim_judge(&claim, time(NULL)), CERTIFICATE_ACCEPTED);
}
END_TEST

/* Signs the CA's certificate again with its key, for the next month. */
static void renew(const struct test_certificate *old)
{
    ck_assert_int_eq(gnutls_x509_crt_set_expiration_time(old->crt, time(NULL) + 30L * 86400), 0);
    ck_assert_int_eq(gnutls_x509_crt_sign2(old->crt, old->crt, old->key, GNUTLS_DIG_SHA256, 0), 0);
}

START_TEST(a_ca_that_was_renewed_with_its_key_counts_beside_its_old_certificate)
{
    struct test_certificate renewed =
        certificates_make(&(struct test_wish){.name = "renewed ca", .ca = true, .from_days = -40}, NULL);

    certificates_write(&dir, "ca.pem", &renewed); /* has expired */
    must_read(NULL);
    ck_assert_int_eq(judge_made(&(struct test_wish){.name = "n1"}, &renewed, NULL), CERTIFICATE_EXPIRED);
    renew(&renewed);
    certificates_write(&dir, "ca.pem", &renewed);
    must_read(NULL);
    ck_assert_int_eq(judge_made(&(struct test_wish){.name = "n1"}, &renewed, NULL), CERTIFICATE_ACCEPTED);
    certificates_free(&renewed);
}
END_TEST

/* ---- refused ---- */

START_TEST(a_certificate_of_another_ca_is_refused)
{
    must_read(NULL);
    ck_assert_int_eq(judge_made(&(struct test_wish){.name = "n7", .serial = 0x4f}, &other_ca, NULL),
                     CERTIFICATE_UNKNOWN_CA);
    ck_assert_str_eq(text_of(claim.verdict), "its certificate (CN n7, serial 4f) is signed by \"old ca\", which is "
                                             "not in /etc/headroom/ca.pem (\"fleet ca 2026\")");
    ck_assert_int_eq(judge_made(&(struct test_wish){.name = "n7"}, NULL, NULL), CERTIFICATE_UNKNOWN_CA);
}
END_TEST

/* A CA that calls itself like ours, and a node that signs like a CA. */
START_TEST(a_forged_signature_is_refused)
{
    struct test_certificate twin = certificates_make(&(struct test_wish){.name = "fleet ca 2026", .ca = true}, NULL);
    struct test_certificate node = certificates_make(&(struct test_wish){.name = "n1"}, &ca);
    struct test_certificate leaf = certificates_make(&(struct test_wish){.name = "n2"}, &node);
    const struct test_certificate *chain[] = {&leaf, &node};

    must_read(NULL);
    ck_assert_int_ne(judge_made(&(struct test_wish){.name = "n7"}, &twin, NULL), CERTIFICATE_ACCEPTED);
    ck_assert_int_eq(judge_chain(chain, 2, NULL, time(NULL)), CERTIFICATE_INVALID);
    assert_has(text_of(claim.verdict), "a signature of its chain is wrong or weak");
    certificates_free(&twin);
    certificates_free(&node);
    certificates_free(&leaf);
}
END_TEST

START_TEST(a_certificate_outside_its_validity_is_refused)
{
    must_read(NULL);
    ck_assert_int_eq(judge_made(&(struct test_wish){.name = "n7", .from_days = -10, .days = 9}, &ca, NULL),
                     CERTIFICATE_EXPIRED);
    assert_has(text_of(claim.verdict), "its certificate (CN n7, serial 01) expired 24 h ago, at 20");
    ck_assert_int_eq(judge_made(&(struct test_wish){.name = "n7", .from_days = 2}, &ca, NULL), CERTIFICATE_NOT_YET);
    assert_has(text_of(claim.verdict), "is not valid before 20");
    assert_has(text_of(claim.verdict), "here; is this clock right?");
}
END_TEST

START_TEST(a_certificate_that_expires_later_is_refused_then)
{
    must_read(NULL);
    ck_assert_int_eq(judge_made(&(struct test_wish){.name = "n7", .days = 2}, &ca, NULL), CERTIFICATE_ACCEPTED);
    ck_assert_int_eq(certificate_claim_judge(&claim, time(NULL) + 86400), CERTIFICATE_ACCEPTED);
    ck_assert_int_eq(certificate_claim_judge(&claim, time(NULL) + 3 * 86400), CERTIFICATE_EXPIRED);
    ck_assert_int_eq(certificate_claim_judge(&claim, time(NULL) - 86400), CERTIFICATE_NOT_YET);
}
END_TEST

START_TEST(a_certificate_for_another_use_is_refused_both_ways)
{
    must_read(NULL);
    ck_assert_int_eq(judge_made(&(struct test_wish){.name = "n7", .purpose = GNUTLS_KP_TLS_WWW_SERVER}, &ca, NULL),
                     CERTIFICATE_OTHER_USE);
    assert_has(text_of(claim.verdict), "its extended key usage lacks clientAuth");
    ck_assert_int_eq(
        judge_made(&(struct test_wish){.name = "c1", .dns = {"c1"}, .purpose = GNUTLS_KP_TLS_WWW_CLIENT}, &ca, "c1"),
        CERTIFICATE_OTHER_USE);
    assert_has(text_of(claim.verdict), "its extended key usage lacks serverAuth");
}
END_TEST

START_TEST(none_and_too_many_certificates_are_refused)
{
    struct test_certificate made = certificates_make(&(struct test_wish){.name = "n1"}, &ca);
    const struct test_certificate *chain[] = {&made, &made, &made, &made, &made, &made, &made, &made, &made};

    must_read(NULL);
    ck_assert_int_eq(judge_chain(chain, 0, NULL, time(NULL)), CERTIFICATE_MISSING);
    assert_has(text_of(claim.verdict), "it has shown no certificate; give the agent --cert-file and --key-file");
    ck_assert_int_eq(judge_chain(chain, 9, NULL, time(NULL)), CERTIFICATE_UNREADABLE);
    certificates_free(&made);
}
END_TEST

START_TEST(a_name_with_a_zero_byte_is_refused)
{
    must_read(NULL);
    ck_assert_int_eq(
        judge_made(&(struct test_wish){.name = "n7", .dns = {"web-3\0.evil.example"}, .raw_dns_len = 19}, &ca, NULL),
        CERTIFICATE_UNREADABLE);
    assert_has(text_of(claim.verdict), "a byte that no name has");
}
END_TEST

START_TEST(control_characters_do_not_come_into_the_log)
{
    must_read(NULL);
    judge_made(&(struct test_wish){.name = "n7\n<3>forged\x1b[31m"}, &other_ca, NULL);
    for (const char *c = text_of(claim.verdict); *c != '\0'; c++)
        ck_assert_msg(*c >= ' ' && *c <= '~', "byte %d", *c);
}
END_TEST

/* ---- revoked ---- */

START_TEST(a_revoked_certificate_is_refused_and_others_are_not)
{
    struct test_certificate stolen = certificates_make(&(struct test_wish){.name = "n1", .serial = 7}, &ca);
    const struct test_certificate *chain[] = {&stolen};

    must_read(NULL);
    ck_assert_int_eq(judge_chain(chain, 1, NULL, time(NULL)), CERTIFICATE_ACCEPTED);
    certificates_write_crl(&dir, "crl.pem", &ca, &stolen, 10);
    must_read("crl.pem");
    /* What was accepted before is judged by the new list. */
    claim.lists = &trust.lists;
    ck_assert_int_eq(certificate_claim_judge(&claim, time(NULL)), CERTIFICATE_REVOKED);
    ck_assert_int_eq(judge_chain(chain, 1, NULL, time(NULL)), CERTIFICATE_REVOKED);
    assert_has(text_of(claim.verdict), "its certificate (CN n1, serial 07) is revoked");
    ck_assert_int_eq(judge_made(&(struct test_wish){.name = "n2", .serial = 8}, &ca, NULL), CERTIFICATE_ACCEPTED);
    certificates_free(&stolen);
}
END_TEST

START_TEST(the_same_serial_of_another_ca_is_not_revoked)
{
    struct test_certificate stolen = certificates_make(&(struct test_wish){.name = "n1", .serial = 7}, &ca);

    certificates_write(&dir, "ca.pem", &other_ca);
    certificates_write_crl(&dir, "crl.pem", &ca, &stolen, 10);
    certificates_write_crl(&dir, "crl.pem", &other_ca, NULL, 20);
    must_read("crl.pem");
    ck_assert_int_eq(judge_made(&(struct test_wish){.name = "n1", .serial = 7}, &other_ca, NULL), CERTIFICATE_ACCEPTED);
    ck_assert_int_eq(judge_made(&(struct test_wish){.name = "n1", .serial = 7}, &ca, NULL), CERTIFICATE_REVOKED);
    ck_assert_int_lt(llabs((long long)trust.crl_due_s - (long long)time(NULL) - 10LL * 86400), 120);
    certificates_free(&stolen);
}
END_TEST

START_TEST(an_intermediate_ca_can_be_revoked)
{
    struct test_certificate middle =
        certificates_make(&(struct test_wish){.name = "middle", .ca = true, .serial = 9}, &ca);
    struct test_certificate leaf = certificates_make(&(struct test_wish){.name = "n1"}, &middle);
    const struct test_certificate *chain[] = {&leaf, &middle};

    certificates_write_crl(&dir, "crl.pem", &ca, &middle, 10);
    must_read("crl.pem");
    ck_assert_int_eq(judge_chain(chain, 2, NULL, time(NULL)), CERTIFICATE_REVOKED);
    certificates_free(&middle);
    certificates_free(&leaf);
}
END_TEST

START_TEST(a_list_that_is_overdue_still_counts)
{
    certificates_write_crl(&dir, "crl.pem", &ca, NULL, -1);
    must_read("crl.pem");
    ck_assert_int_lt(trust.crl_due_s, time(NULL));
    ck_assert_int_eq(judge_made(&(struct test_wish){.name = "n1"}, &ca, NULL), CERTIFICATE_ACCEPTED);
}
END_TEST

static void write_long_entry(void)
{
    static const unsigned char serial[70] = {1};
    gnutls_x509_crl_t crl;
    gnutls_datum_t pem;

    ck_assert_int_eq(gnutls_x509_crl_init(&crl), 0);
    ck_assert_int_eq(gnutls_x509_crl_set_version(crl, 2), 0);
    ck_assert_int_eq(gnutls_x509_crl_set_this_update(crl, time(NULL)), 0);
    ck_assert_int_eq(gnutls_x509_crl_set_next_update(crl, time(NULL) + 86400), 0);
    ck_assert_int_eq(gnutls_x509_crl_set_crt_serial(crl, serial, sizeof serial, time(NULL)), 0);
    ck_assert_int_eq(gnutls_x509_crl_sign2(crl, ca.crt, ca.key, GNUTLS_DIG_SHA256, 0), 0);
    ck_assert_int_eq(gnutls_x509_crl_export2(crl, GNUTLS_X509_FMT_PEM, &pem), 0);
    temp_dir_append(&dir, "crl.pem", pem.data, pem.size);
    gnutls_free(pem.data);
    gnutls_x509_crl_deinit(crl);
}

/* Those behind it would not be revoked. */
START_TEST(a_list_with_an_entry_that_can_not_be_read_is_refused)
{
    write_long_entry();
    ck_assert_int_eq(read_trust("crl.pem", ""), -EINVAL);
    assert_has(error, "crl.pem has an entry that can't be read");
}
END_TEST

START_TEST(the_name_of_a_lists_issuer_forges_no_line_of_the_log)
{
    struct test_certificate forger = certificates_make(&(struct test_wish){.name = "n7\nforged", .ca = true}, NULL);

    certificates_write_crl(&dir, "crl.pem", &forger, NULL, 10);
    ck_assert_int_eq(read_trust("crl.pem", ""), -EINVAL);
    assert_has(error, "the list is signed by \"CN=n7?forged\", which is not in ");
    certificates_free(&forger);
}
END_TEST

/* ---- the collector's certificate ---- */

START_TEST(a_host_is_known_by_its_names)
{
    static const struct {
        struct test_wish wish;
        const char *host;
        enum certificate_verdict verdict;
    } cases[] = {
        {{.name = "c", .dns = {"c1.example"}}, "c1.example", CERTIFICATE_ACCEPTED},
        {{.name = "c", .dns = {"c1.example"}}, "C1.example", CERTIFICATE_ACCEPTED},
        {{.name = "c", .dns = {"*.fleet.example"}}, "c1.fleet.example", CERTIFICATE_ACCEPTED},
        {{.name = "c", .dns = {"c1.internal"}}, "c1.example", CERTIFICATE_OTHER_NAME},
        {{.name = "c1.example"}, "c1.example", CERTIFICATE_OTHER_NAME},
        {{.name = "c1.example", .uris = {"spiffe://e/c1.example"}}, "c1.example", CERTIFICATE_OTHER_NAME},
        {{.name = "c", .dns = {"10.0.0.5"}}, "10.0.0.5", CERTIFICATE_OTHER_NAME},
    };

    must_read(NULL);
    ck_assert_int_eq(judge_made(&cases[_i].wish, &ca, cases[_i].host), cases[_i].verdict);
}
END_TEST

START_TEST(another_name_is_explained)
{
    char text[400];

    must_read(NULL);
    judge_made(&(struct test_wish){.name = "c", .dns = {"c1.internal", "c1"}}, &ca, "collector.example");
    certificate_text_other_name(&claim, "collector.example", text, sizeof text);
    ck_assert_str_eq(text, "its certificate is for c1.internal (DNS:c1.internal, DNS:c1), not for collector.example; "
                           "give --server-name c1.internal if that is meant");
    judge_made(&(struct test_wish){.name = "c", .dns = {"*.internal"}}, &ca, "collector.example");
    certificate_text_other_name(&claim, "collector.example", text, sizeof text);
    ck_assert_str_eq(text, "its certificate (CN c, serial 01) is not for collector.example; names: DNS:*.internal");
}
END_TEST

static void pin_of(const struct test_certificate *certificate, char text[80])
{
    uint8_t pin[CERTIFICATE_PIN_LEN];

    ck_assert_int_eq(certificate_facts_pin(certificate->crt, pin), 0);
    size_t len = (size_t)snprintf(text, 80, "sha256:");
    for (unsigned i = 0; i < CERTIFICATE_PIN_LEN; i++)
        len += (size_t)snprintf(text + len, 80 - len, "%02x", pin[i]);
}

START_TEST(a_pin_names_the_key_of_the_ca)
{
    char pin[80];

    must_read(NULL); /* GnuTLS is loaded */
    certificate_trust_deinit(&trust);
    pin_of(&ca, pin);
    ck_assert_msg(read_trust(NULL, pin) == 0, "%s", error);
    ck_assert_int_eq(judge_made(&(struct test_wish){.name = "c", .dns = {"c1"}}, &ca, "c1"), CERTIFICATE_ACCEPTED);
    certificate_trust_deinit(&trust);
    pin_of(&other_ca, pin);
    ck_assert_int_eq(read_trust(NULL, pin), 0);
    ck_assert_int_eq(judge_made(&(struct test_wish){.name = "c", .dns = {"c1"}}, &ca, "c1"), CERTIFICATE_OTHER_PIN);
}
END_TEST

START_TEST(a_pin_alone_needs_the_cas_certificate_in_the_chain)
{
    struct test_certificate made = certificates_make(&(struct test_wish){.name = "c", .dns = {"c1"}}, &ca);
    struct test_certificate forged = certificates_make(&(struct test_wish){.name = "c", .dns = {"c1"}}, &other_ca);
    struct test_certificate late =
        certificates_make(&(struct test_wish){.name = "c", .dns = {"c1"}, .from_days = -9, .days = 1}, &ca);
    const struct test_certificate *whole[] = {&made, &ca}, *wrong[] = {&forged, &ca}, *expired[] = {&late, &ca};
    char pin[80];

    must_read(NULL);
    certificate_trust_deinit(&trust);
    pin_of(&ca, pin);
    ck_assert_int_eq(certificate_trust_read("", "", pin, &trust, error, sizeof error), 0);
    ck_assert_int_eq(judge_chain(whole, 2, "c1", time(NULL)), CERTIFICATE_ACCEPTED);
    ck_assert_int_eq(judge_chain(whole, 1, "c1", time(NULL)), CERTIFICATE_OTHER_PIN);
    ck_assert_int_ne(judge_chain(wrong, 2, "c1", time(NULL)), CERTIFICATE_ACCEPTED);
    ck_assert_int_eq(judge_chain(expired, 2, "c1", time(NULL)), CERTIFICATE_EXPIRED);
    certificates_free(&made);
    certificates_free(&forged);
    certificates_free(&late);
}
END_TEST

/* ---- files ---- */

START_TEST(files_that_can_not_be_used_are_refused)
{
    ck_assert_int_lt(read_trust("none.pem", ""), 0);
    assert_has(error, "none.pem: No such file");
    certificates_write_crl(&dir, "other.pem", &other_ca, NULL, 10);
    ck_assert_int_lt(read_trust("other.pem", ""), 0);
    assert_has(error, "the list is signed by \"CN=old ca\", which is not in ");
    ck_assert_int_lt(read_trust("ca.pem", ""), 0);
    assert_has(error, "ca.pem holds no list of revoked certificates");
    ck_assert_int_lt(read_trust(NULL, "sha256:abc"), 0);
    assert_has(error, "is no pin");
    struct test_certificate node = certificates_make(&(struct test_wish){.name = "n1"}, &ca);
    certificates_write(&dir, "ca.pem", &node);
    ck_assert_int_lt(read_trust(NULL, ""), 0);
    assert_has(error, "the certificate of \"n1\" is not that of a CA");
    temp_dir_write(&dir, "ca.pem", "nothing\n", 8);
    ck_assert_int_lt(read_trust(NULL, ""), 0);
    assert_has(error, "ca.pem holds no certificate that can be used");
    certificates_free(&node);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("certificate_trust");
    TCase *tests = tcase_create("certificate_trust");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_certificate_of_the_ca_is_accepted_and_its_facts_are_kept);
    tcase_add_test(tests, a_chain_over_an_intermediate_ca_is_accepted);
    tcase_add_test(tests, during_a_rotation_both_cas_are_accepted);
    tcase_add_test(tests, a_ca_that_was_renewed_with_its_key_counts_beside_its_old_certificate);
    tcase_add_test(tests, a_certificate_of_another_ca_is_refused);
    tcase_add_test(tests, a_forged_signature_is_refused);
    tcase_add_test(tests, a_certificate_outside_its_validity_is_refused);
    tcase_add_test(tests, a_certificate_that_expires_later_is_refused_then);
    tcase_add_test(tests, a_certificate_for_another_use_is_refused_both_ways);
    tcase_add_test(tests, none_and_too_many_certificates_are_refused);
    tcase_add_test(tests, a_name_with_a_zero_byte_is_refused);
    tcase_add_test(tests, control_characters_do_not_come_into_the_log);
    tcase_add_test(tests, a_revoked_certificate_is_refused_and_others_are_not);
    tcase_add_test(tests, the_same_serial_of_another_ca_is_not_revoked);
    tcase_add_test(tests, an_intermediate_ca_can_be_revoked);
    tcase_add_test(tests, a_list_that_is_overdue_still_counts);
    tcase_add_test(tests, a_list_with_an_entry_that_can_not_be_read_is_refused);
    tcase_add_test(tests, the_name_of_a_lists_issuer_forges_no_line_of_the_log);
    tcase_add_loop_test(tests, a_host_is_known_by_its_names, 0, 7);
    tcase_add_test(tests, another_name_is_explained);
    tcase_add_test(tests, a_pin_names_the_key_of_the_ca);
    tcase_add_test(tests, a_pin_alone_needs_the_cas_certificate_in_the_chain);
    tcase_add_test(tests, files_that_can_not_be_used_are_refused);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
