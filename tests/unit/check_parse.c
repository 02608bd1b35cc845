#include "common/parse.h"

#include "common/limits.h"
#include "support/suite.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Each calls its parser, and sees to it that a failure leaves the output untouched. */
static int try_duration(const char *text)
{
    int64_t ms = 42;
    int rc = parse_duration_ms(text, &ms);
    ck_assert(rc == 0 || ms == 42);
    return rc;
}

static int try_percent(const char *text)
{
    double share = 42.0;
    int rc = parse_percent(text, &share);
    ck_assert(rc == 0 || share == 42.0);
    return rc;
}

static int try_size(const char *text)
{
    uint64_t bytes = 42;
    int rc = parse_size(text, &bytes);
    ck_assert(rc == 0 || bytes == 42);
    return rc;
}

static int try_number(const char *text)
{
    unsigned value = 42;
    int rc = parse_unsigned(text, &value);
    ck_assert(rc == 0 || value == 42);
    return rc;
}

static int try_decimal(const char *text)
{
    double value = 42.0;
    int rc = parse_number(text, strlen(text), &value);
    ck_assert(rc == 0 || (value > 41.0 && value < 43.0));
    return rc;
}

static int try_address(const char *text)
{
    struct address address = {.host = "untouched", .port = 42};
    int rc = parse_address(text, &address);
    ck_assert(rc == 0 || (strcmp(address.host, "untouched") == 0 && address.port == 42));
    return rc;
}

static void refuse(int (*parse)(const char *text), int rc, const char *const *texts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        ck_assert_msg(parse(texts[i]) == rc, "\"%s\": %d", texts[i], parse(texts[i]));
}

#define must_not_parse(parse, rc, texts) refuse(parse, rc, texts, COUNT(texts))

START_TEST(durations_that_are_read)
{
    static const struct {
        const char *text;
        int64_t ms;
    } must_parse[] = {
        {"0", 0},
        {"0s", 0},
        {"250ms", 250},
        {"1s", 1000},
        {"1.5s", 1500},
        {"1.50s", 1500},
        {"0.001s", 1},
        {"1.25m", 75000},
        {"5m", 300000},
        {"2h", 7200000},
        {"7d", 604800000},
        {"007s", 7000},
        {"1.000000000s", 1000},
        {"9223372036854775807ms", INT64_MAX},
        {"9223372036854775.807s", INT64_MAX},
    };
    for (size_t i = 0; i < COUNT(must_parse); i++) {
        int64_t ms = -1;
        ck_assert_msg(parse_duration_ms(must_parse[i].text, &ms) == 0, "%s", must_parse[i].text);
        ck_assert_int_eq(ms, must_parse[i].ms);
    }
}
END_TEST

START_TEST(durations_that_are_refused)
{
    static const char *const malformed[] = {
        "",      " ",  " 1s",  "1s ",   "1 s", "-1s",    "+1s",        "1",
        "1.5",   "00", "s",    ".5s",   "1.s", "1.5.5s", "1,5s",       "1e3s",
        "0x10s", "1S", "1min", "1m30s", "nan", "infs",   "1\xC2\xB5s", "99999999999999999999999999"};
    static const char *const too_large[] = {
        "0.5ms",
        "0.0001s",
        "1.0000000000s",
        "9223372036854775808ms",
        "9223372036854775.808s",
        "106751991168d",
        "18446744073709551616ms",
        "1.18446744073709551617s",
        "99999999999999999999999999s",
    };
    must_not_parse(try_duration, -EINVAL, malformed);
    must_not_parse(try_duration, -ERANGE, too_large);
}
END_TEST

START_TEST(percentages_that_are_read)
{
    static const struct {
        const char *text;
        double share;
    } must_parse[] = {
        {"0", 0.0}, {"0%", 0.0}, {"80%", 0.80}, {"80", 0.80}, {"7.5%", 0.075}, {"100", 1.0}, {"100.000%", 1.0},
    };
    for (size_t i = 0; i < COUNT(must_parse); i++) {
        double share = -1.0;
        ck_assert_msg(parse_percent(must_parse[i].text, &share) == 0, "%s", must_parse[i].text);
        ck_assert_double_eq_tol(share, must_parse[i].share, 1e-15);
    }
}
END_TEST

START_TEST(percentages_that_are_refused)
{
    static const char *const malformed[] = {"",    "%",    " 5%",  "5 %", "5%%",  "-1%", "-0",        "+5%",    ".5%",
                                            "5.%", "1e1%", "0x10", "nan", "NaN%", "inf", "infinity%", "eighty", "0,8"};
    static const char *const too_large[] = {"101%", "100.1", "1000000000000000000000000"};
    must_not_parse(try_percent, -EINVAL, malformed);
    must_not_parse(try_percent, -ERANGE, too_large);
}
END_TEST

START_TEST(a_percentage_too_long_for_a_double_is_out_of_range)
{
    char text[402] = "";
    memset(text, '9', sizeof text - 1);
    ck_assert_int_eq(try_percent(text), -ERANGE);
}
END_TEST

START_TEST(sizes_that_are_read)
{
    static const struct {
        const char *text;
        uint64_t bytes;
    } must_parse[] = {
        {"0", 0},
        {"512", 512},
        {"64K", 65536},
        {"256M", UINT64_C(268435456)},
        {"2G", UINT64_C(2147483648)},
        {"18446744073709551615", UINT64_MAX},
        {"17179869183G", UINT64_C(17179869183) << 30},
    };
    for (size_t i = 0; i < COUNT(must_parse); i++) {
        uint64_t bytes = 42;
        ck_assert_msg(parse_size(must_parse[i].text, &bytes) == 0, "%s", must_parse[i].text);
        ck_assert_uint_eq(bytes, must_parse[i].bytes);
    }
}
END_TEST

START_TEST(sizes_that_are_refused)
{
    static const char *const malformed[] = {"", "K", "1k", "1KB", "1 K", " 1K", "-1", "+1", "1.5G", "1T", "0x1", "1e3"};
    static const char *const too_large[] = {"18446744073709551616", "17179869184G", "18014398509481984K",
                                            "99999999999999999999999K"};
    must_not_parse(try_size, -EINVAL, malformed);
    must_not_parse(try_size, -ERANGE, too_large);
}
END_TEST

START_TEST(whole_numbers)
{
    static const char *const malformed[] = {"", "-1", "+1", " 1", "1 ", "1x", "0x1", "1.0", "1K"};
    static const char *const too_large[] = {"4294967296", "99999999999999999999"};
    unsigned value;

    must_not_parse(try_number, -EINVAL, malformed);
    must_not_parse(try_number, -ERANGE, too_large);
    ck_assert_int_eq(parse_unsigned("0", &value), 0);
    ck_assert_uint_eq(value, 0);
    ck_assert_int_eq(parse_unsigned("4294967295", &value), 0);
    ck_assert_uint_eq(value, UINT_MAX);
}
END_TEST

START_TEST(decimal_numbers)
{
    static const struct {
        const char *text;
        double value;
    } numbers[] = {{"0", 0.0}, {"0.03", 0.03}, {"-1e-3", -0.001}, {"+2.5E2", 250.0}, {".5", 0.5}, {"7.", 7.0}};
    static const char *const malformed[] = {"",   " 1",  "1 ",    "1x", "0x1p3", "nan", "inf", "1,5",
                                            "1e", "--1", "1.2.3", "e5", ".",     "1%",  "1\n"};

    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        double value = 42.0;
        ck_assert_int_eq(parse_number(numbers[i].text, strlen(numbers[i].text), &value), 0);
        ck_assert_double_eq(value, numbers[i].value);
    }
    must_not_parse(try_decimal, -EINVAL, malformed);
    must_not_parse(try_decimal, -ERANGE, ((const char *const[]){"1e999", "-1e999"}));

    double value = 42.0;
    ck_assert_int_eq(parse_number("1.5,2", 3, &value), 0); /* the comma is not its own */
    ck_assert_double_eq(value, 1.5);
    ck_assert_int_eq(parse_number("1.5,2", 0, &value), -EINVAL);
}
END_TEST

START_TEST(addresses_that_are_read)
{
    static const struct {
        const char *text;
        const char *host;
        unsigned port;
    } must_parse[] = {
        {"127.0.0.1:7420", "127.0.0.1", 7420},
        {"localhost:1", "localhost", 1},
        {"collector-1.example.org:65535", "collector-1.example.org", 65535},
        {"my_host:0", "my_host", 0},
        {"1host:80", "1host", 80},
        {"[::1]:7420", "::1", 7420},
        {"[::]:0", "::", 0},
        {"[2001:db8::ffff:192.0.2.1]:443", "2001:db8::ffff:192.0.2.1", 443},
        {"[fe80::1%eth0.5]:7420", "fe80::1%eth0.5", 7420},
    };
    for (size_t i = 0; i < COUNT(must_parse); i++) {
        struct address address;
        ck_assert_msg(parse_address(must_parse[i].text, &address) == 0, "%s", must_parse[i].text);
        ck_assert_str_eq(address.host, must_parse[i].host);
        ck_assert_uint_eq(address.port, must_parse[i].port);
    }
}
END_TEST

START_TEST(addresses_that_are_refused)
{
    static const char *const malformed[] = {
        "",
        ":",
        ":7420",
        "localhost",
        "localhost:",
        "127.0.0.1",
        "7420",
        "a:b:80",
        "localhost:http",
        "localhost:-1",
        "localhost: 80",
        "localhost:80 ",
        " localhost:80",
        "-host:80",
        ".host:80",
        "a b:80",
        "a/b:80",
        "h\xC3\xB6st:80",
        "127.0.0:80",
        "127.0.0.256:80",
        "::1:7420",
        "::1",
        "[::1]",
        "[::1]:",
        "[::1]7420",
        "[::1:7420",
        "[]:7420",
        "[:::1]:7420",
        "[127.0.0.1]:7420",
        "[localhost]:7420",
        "[fe80::1%]:7420",
        "[fe80::1%a b]:7420",
    };
    static const char *const too_large[] = {"localhost:65536", "localhost:99999999999999999999"};
    must_not_parse(try_address, -EINVAL, malformed);
    must_not_parse(try_address, -ERANGE, too_large);
}
END_TEST

START_TEST(a_host_has_up_to_255_bytes)
{
    char text[ADDRESS_HOST_MAX + 8];
    struct address address;

    memset(text, 'a', sizeof text);
    strcpy(text + ADDRESS_HOST_MAX, ":80");
    ck_assert_int_eq(parse_address(text, &address), 0);
    ck_assert_uint_eq(strlen(address.host), ADDRESS_HOST_MAX);
    memset(text, 'a', sizeof text);
    strcpy(text + ADDRESS_HOST_MAX + 1, ":80");
    ck_assert_int_eq(parse_address(text, &address), -EINVAL);
}
END_TEST

START_TEST(names_of_nodes_and_groups)
{
    static const char *const must_parse[] = {"a", "Z", "0", "web", "node-1.example.org", "a_b", "a--", "0.0"};
    static const char *const must_not_parse[] = {"",    "-a",  ".a",  "_a",   "a b",       "a/b", "a,b",
                                                 "a\n", "a\"", "a\\", "../a", "h\xC3\xB6", "[a]", " a"};
    for (size_t i = 0; i < COUNT(must_parse); i++)
        ck_assert_msg(parse_name_ok(must_parse[i], strlen(must_parse[i])), "%s", must_parse[i]);
    for (size_t i = 0; i < COUNT(must_not_parse); i++)
        ck_assert_msg(!parse_name_ok(must_not_parse[i], strlen(must_not_parse[i])), "%s", must_not_parse[i]);
    ck_assert(!parse_name_ok("a\0b", 3));
}
END_TEST

START_TEST(a_name_has_up_to_128_bytes)
{
    char name[NAME_LEN_MAX + 1];
    memset(name, 'n', sizeof name);
    ck_assert(parse_name_ok(name, 128));
    ck_assert(!parse_name_ok(name, 129));
}
END_TEST

START_TEST(utf8_that_is_valid)
{
    static const char *const must_parse[] = {
        "",
        "plain",
        "\x7F",
        "\xC2\x80",
        "\xDF\xBF",
        "\xE0\xA0\x80",
        "\xED\x9F\xBF",
        "\xEE\x80\x80",
        "\xEF\xBF\xBF",
        "\xF0\x90\x80\x80",
        "\xF4\x8F\xBF\xBF",
        "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80z",
    };
    for (size_t i = 0; i < COUNT(must_parse); i++)
        ck_assert_msg(parse_utf8_ok((const uint8_t *)must_parse[i], strlen(must_parse[i])), "%zu", i);
    ck_assert(parse_utf8_ok((const uint8_t *)"a\0b", 3));
}
END_TEST

START_TEST(control_characters_are_not_printable)
{
    static const char *const must_not_parse[] = {"\n", "a\tb", "\x1b[2J", "a\x7F", "\xC2\x85", "\xC2\x9B;2J"};

    ck_assert(parse_printable_ok("") && parse_printable_ok("a ~") && parse_printable_ok("\xC2\xA0\xC3\xA4"));
    for (size_t i = 0; i < sizeof must_not_parse / sizeof *must_not_parse; i++)
        ck_assert_msg(!parse_printable_ok(must_not_parse[i]), "%zu", i);
}
END_TEST

START_TEST(utf8_that_is_not)
{
    static const char *const must_not_parse[] = {
        "\x80",             /* goes on without a beginning */
        "\xBF",             /* likewise */
        "\xC0\x80",         /* overlong */
        "\xC1\xBF",         /* overlong */
        "\xE0\x80\x80",     /* overlong */
        "\xE0\x9F\xBF",     /* overlong */
        "\xF0\x80\x80\x80", /* overlong */
        "\xF0\x8F\xBF\xBF", /* overlong */
        "\xED\xA0\x80",     /* surrogate */
        "\xED\xBF\xBF",     /* surrogate */
        "\xF4\x90\x80\x80", /* above U+10FFFF */
        "\xF5\x80\x80\x80", /* likewise */
        "\xF8\x88\x80\x80\x80",
        "\xFE",
        "\xFF",
        "\xC2",         /* truncated */
        "\xE2\x82",     /* truncated */
        "\xF0\x9F\x98", /* truncated */
        "\xC2 ",
        "\xE2\x82 ",
        "\xF0\x9F\x98z",
        "\xE2\x28\xA1",
        "ok\xC3\xA9 until \xFF",
    };
    for (size_t i = 0; i < COUNT(must_not_parse); i++)
        ck_assert_msg(!parse_utf8_ok((const uint8_t *)must_not_parse[i], strlen(must_not_parse[i])), "%zu", i);
}
END_TEST

START_TEST(every_cut_of_a_character_is_refused_and_nothing_behind_it_is_read)
{
    static const char text[] = "\xF0\x9F\x98\x80";
    for (size_t len = 1; len < 4; len++) {
        uint8_t *copy = malloc(len); /* exactly, for the sanitizer */
        memcpy(copy, text, len);
        ck_assert(!parse_utf8_ok(copy, len));
        free(copy);
    }
}
END_TEST

/* An encoder of its own says what is valid; every scalar value is. */
START_TEST(every_scalar_value_is_valid_and_every_surrogate_is_not)
{
    for (uint32_t c = 0x800; c <= 0x10FFFF; c++) {
        uint8_t text[4] = {(uint8_t)(0xF0 | (c >> 18)), (uint8_t)(0x80 | ((c >> 12) & 0x3F)),
                           (uint8_t)(0x80 | ((c >> 6) & 0x3F)), (uint8_t)(0x80 | (c & 0x3F))};
        size_t skip = c < 0x10000;
        if (skip)
            text[1] = (uint8_t)(0xE0 | (c >> 12));
        bool valid = c < 0xD800 || c > 0xDFFF;
        ck_assert_msg(parse_utf8_ok(text + skip, 4 - skip) == valid, "U+%04X", c);
    }
}
END_TEST

static const char *nearest(const char *written)
{
    static const char *const names[] = {"cpu-high", "cpu-low", "min", "max", "retain"};
    const char *best = NULL;
    for (size_t i = 0; i < COUNT(names); i++)
        best = parse_nearer(written, best, names[i]);
    return best;
}

START_TEST(a_near_name_is_suggested_and_a_far_one_is_not)
{
    static const struct {
        const char *written;
        const char *meant;
    } cases[] = {
        {"cpu-hihg", "cpu-high"},
        {"cpu_high", "cpu-high"},
        {"cpuhigh", "cpu-high"},
        {"cpu-lo", "cpu-low"},
        {"mix", "min"},
        {"mxa", NULL},
        {"retian", "retain"},
        {"colour", NULL},
        {"", NULL},
        {"cpu", NULL},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *found = nearest(cases[i].written);
        if (cases[i].meant)
            ck_assert_pstr_eq(found, cases[i].meant);
        else
            ck_assert_msg(!found, "%s: %s", cases[i].written, found);
    }
    char endless[4096] = "";
    memset(endless, 'c', sizeof endless - 1);
    ck_assert_ptr_null(nearest(endless));
}
END_TEST

static Suite *parse_suite(void)
{
    Suite *suite = suite_create("parse");
    TCase *tcase = tcase_create("parse");
    tcase_add_test(tcase, durations_that_are_read);
    tcase_add_test(tcase, durations_that_are_refused);
    tcase_add_test(tcase, percentages_that_are_read);
    tcase_add_test(tcase, percentages_that_are_refused);
    tcase_add_test(tcase, a_percentage_too_long_for_a_double_is_out_of_range);
    tcase_add_test(tcase, sizes_that_are_read);
    tcase_add_test(tcase, sizes_that_are_refused);
    tcase_add_test(tcase, whole_numbers);
    tcase_add_test(tcase, decimal_numbers);
    tcase_add_test(tcase, addresses_that_are_read);
    tcase_add_test(tcase, addresses_that_are_refused);
    tcase_add_test(tcase, a_host_has_up_to_255_bytes);
    tcase_add_test(tcase, names_of_nodes_and_groups);
    tcase_add_test(tcase, a_name_has_up_to_128_bytes);
    tcase_add_test(tcase, utf8_that_is_valid);
    tcase_add_test(tcase, utf8_that_is_not);
    tcase_add_test(tcase, control_characters_are_not_printable);
    tcase_add_test(tcase, every_cut_of_a_character_is_refused_and_nothing_behind_it_is_read);
    tcase_add_test(tcase, every_scalar_value_is_valid_and_every_surrogate_is_not);
    tcase_add_test(tcase, a_near_name_is_suggested_and_a_far_one_is_not);
    suite_add_tcase(suite, tcase);
    return suite;
}

int main(void)
{
    return suite_run(parse_suite());
}
