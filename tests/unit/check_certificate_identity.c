/* For which node and group a certificate's names let its holder speak. */
#include "tls/certificate_identity.h"

#include "support/suite.h"
#include "tls/certificate_names.h"

#include <stdio.h>
#include <string.h>

static struct certificate_names names;

static void add(const char *kind, const char *name)
{
    certificate_names_add(&names, kind, (const uint8_t *)name, strlen(name));
}

/* The names of a text such as "DNS:web-3 OU:web". */
static const char *names_of(const char *text)
{
    char copy[512];

    certificate_names_init(&names);
    snprintf(copy, sizeof copy, "%s", text);
    for (char *name = strtok(copy, " "); name != NULL; name = strtok(NULL, " ")) {
        char kind[8];
        size_t len = strcspn(name, ":") + 1;
        snprintf(kind, sizeof kind, "%.*s", (int)len, name);
        add(kind, name + len);
    }
    return names.text;
}

/* ---- lists of names ---- */

START_TEST(names_are_kept_as_they_stand)
{
    ck_assert_str_eq(names_of("DNS:web-3 URI:spiffe://e/n OU:web IP:::1"),
                     "DNS:web-3\nURI:spiffe://e/n\nOU:web\nIP:::1\n");
    ck_assert(!names.malformed && !names.cut);
    ck_assert(certificate_names_has(names.text, CERTIFICATE_UNIT, "web"));
    ck_assert_uint_eq(certificate_names_count(names.text, CERTIFICATE_DNS), 1);
}
END_TEST

START_TEST(a_name_with_a_byte_that_no_name_has_spoils_the_certificate)
{
    static const struct {
        const char *kind;
        const char *bytes;
        size_t len;
    } cases[] = {
        {CERTIFICATE_DNS, "web-3\0.example", 14},
        {CERTIFICATE_DNS, "web-3\nDNS:web-4", 15},
        {CERTIFICATE_DNS, "web 3", 5},
        {CERTIFICATE_DNS,
         "w\xc3\xb6"
         "b",
         4},
        {CERTIFICATE_DNS, "", 0},
        {CERTIFICATE_URI, "spiffe://e/n\0", 13},
        {CERTIFICATE_UNIT, "web\0", 4},
        {CERTIFICATE_UNIT, "web\nOU:db", 9},
    };

    certificate_names_init(&names);
    certificate_names_add(&names, cases[_i].kind, (const uint8_t *)cases[_i].bytes, cases[_i].len);
    ck_assert(names.malformed);
    ck_assert_str_eq(names.text, "");
}
END_TEST

START_TEST(an_ou_may_be_any_text)
{
    certificate_names_init(&names);
    add(CERTIFICATE_UNIT, "B\xc3\xbcro Ost");
    ck_assert(!names.malformed);
    ck_assert(certificate_identity_covers_group(names.text, "B\xc3\xbcro Ost"));
}
END_TEST

START_TEST(names_that_do_not_fit_are_left_out_whole)
{
    certificate_names_init(&names);
    for (unsigned i = 0; i < 1000; i++)
        add(CERTIFICATE_DNS, "a-name-of-a-host.example");
    ck_assert(names.cut);
    ck_assert_uint_le(names.len, CERTIFICATE_NAMES_LEN_MAX);
    ck_assert_uint_eq(names.len % strlen("DNS:a-name-of-a-host.example\n"), 0);
}
END_TEST

START_TEST(names_are_printed_for_messages)
{
    char text[64];

    certificate_names_print(names_of("DNS:web-7 OU:web IP:10.0.0.5"), text, sizeof text);
    ck_assert_str_eq(text, "DNS:web-7, IP:10.0.0.5");
    certificate_names_print(names_of("OU:web"), text, sizeof text);
    ck_assert_str_eq(text, "none");
    certificate_names_print(names_of("DNS:web-7 DNS:web-8"), text, 12);
    ck_assert_str_eq(text, "DNS:web-7, ");
}
END_TEST

/* ---- nodes ---- */

#define SPIFFE "spiffe://example.org/headroom"

START_TEST(a_node_is_covered_by_its_exact_name)
{
    static const struct {
        const char *names;
        const char *node_name;
        const char *node;
        bool covered;
    } cases[] = {
        {"DNS:web-3", "dns", "web-3", true},
        {"DNS:x DNS:web-3", "dns", "web-3", true},
        {"DNS:web-3.example", "dns", "web-3.example", true},
        {"DNS:web-3.example", "dns", "web-3", false},
        {"DNS:web-3", "dns", "web-33", false},
        {"DNS:web-33", "dns", "web-3", false},
        /* wildcard, upper case, no SAN, other kinds */
        {"DNS:*", "dns", "web-3", false},
        {"DNS:*.example", "dns", "web-3.example", false},
        {"DNS:WEB-3", "dns", "web-3", false},
        {"DNS:web-3", "dns", "WEB-3", false},
        {"", "dns", "web-3", false},
        {"OU:web-3 URI:web-3 IP:web-3", "dns", "web-3", false},
        {"URI:" SPIFFE "/web/web-3", SPIFFE, "web-3", true},
        {"URI:" SPIFFE "/web-3", SPIFFE, "web-3", true},
        {"DNS:a URI:" SPIFFE "/web-3 DNS:b", SPIFFE, "web-3", true},
        /* another group, more or less of a path, another prefix */
        {"URI:" SPIFFE "/db/web-3", SPIFFE, "web-3", false},
        {"URI:" SPIFFE "/web/web-3/x", SPIFFE, "web-3", false},
        {"URI:" SPIFFE "/web/", SPIFFE, "web-3", false},
        {"URI:" SPIFFE "//web-3", SPIFFE, "web-3", false},
        {"URI:" SPIFFE "web-3", SPIFFE, "web-3", false},
        {"URI:" SPIFFE, SPIFFE, "web-3", false},
        {"URI:spiffe://example.org/other/web-3", SPIFFE, "web-3", false},
        {"URI:spiffe://EXAMPLE.org/headroom/web-3", SPIFFE, "web-3", false},
        {"DNS:web-3", SPIFFE, "web-3", false},
        /* two URIs, also twice the same */
        {"URI:" SPIFFE "/web-3 URI:" SPIFFE "/web-4", SPIFFE, "web-3", false},
        {"URI:" SPIFFE "/web-3 URI:" SPIFFE "/web-3", SPIFFE, "web-3", false},
        {"", "any", "web-3", true},
        {"DNS:x", "any", "web-3", true},
    };

    ck_assert_int_eq(
        certificate_identity_covers_node(names_of(cases[_i].names), cases[_i].node_name, "web", cases[_i].node),
        cases[_i].covered);
}
END_TEST

/* ---- groups ---- */

START_TEST(a_group_is_covered_by_an_ou_or_a_path)
{
    static const struct {
        const char *names;
        const char *cert_group;
        bool covered;
    } cases[] = {
        {"DNS:n", "", true},
        {"OU:web", "web", true},
        {"OU:db OU:web", "web", true},
        {"OU:webs", "web", false},
        {"OU:Web", "web", false},
        {"DNS:web", "web", false},
        {"", "web", false},
        {"URI:" SPIFFE "/web/n", SPIFFE "/web", true},
        {"URI:" SPIFFE "/webs/n", SPIFFE "/web", false},
        {"URI:" SPIFFE "/web", SPIFFE "/web", false},
        {"OU:" SPIFFE "/web", SPIFFE "/web", false},
    };

    ck_assert_int_eq(certificate_identity_covers_group(names_of(cases[_i].names), cases[_i].cert_group),
                     cases[_i].covered);
}
END_TEST

START_TEST(the_setting_has_three_forms)
{
    static const char *const good[] = {"dns", "any", "spiffe://example.org", SPIFFE};
    static const char *const bad[] = {"",  "DNS",         "cn", "spiffe:", "spiffe://", "spiffe://a/", "spiffe://a b",
                                      "*", "spiffe://a/*"};

    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        ck_assert_msg(certificate_identity_setting_ok(good[i]), "%s", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(!certificate_identity_setting_ok(bad[i]), "%s", bad[i]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("certificate_identity");
    TCase *tests = tcase_create("certificate_identity");

    tcase_add_test(tests, names_are_kept_as_they_stand);
    tcase_add_loop_test(tests, a_name_with_a_byte_that_no_name_has_spoils_the_certificate, 0, 8);
    tcase_add_test(tests, an_ou_may_be_any_text);
    tcase_add_test(tests, names_that_do_not_fit_are_left_out_whole);
    tcase_add_test(tests, names_are_printed_for_messages);
    tcase_add_loop_test(tests, a_node_is_covered_by_its_exact_name, 0, 28);
    tcase_add_loop_test(tests, a_group_is_covered_by_an_ou_or_a_path, 0, 11);
    tcase_add_test(tests, the_setting_has_three_forms);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
