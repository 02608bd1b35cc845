#include "common/format.h"

#include "common/parse.h"
#include "support/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

START_TEST(durations_in_words_are_the_shortest_exact_ones)
{
    static const struct {
        int64_t ms;
        const char *text;
    } cases[] = {
        {0, "0 s"},        {500, "500 ms"},  {1500, "1500 ms"},   {1000, "1 s"},     {90000, "90 s"},
        {300000, "5 min"}, {7200000, "2 h"}, {5400000, "90 min"}, {86400000, "1 d"}, {90000000, "25 h"},
    };
    char text[32];
    for (size_t i = 0; i < COUNT(cases); i++) {
        format_duration(cases[i].ms, text, sizeof text);
        ck_assert_str_eq(text, cases[i].text);
    }
    char cut[4];
    format_duration(90000, cut, sizeof cut);
    ck_assert_str_eq(cut, "90 ");
}
END_TEST

START_TEST(about_is_rounded)
{
    static const struct {
        double seconds;
        const char *text;
    } cases[] = {
        {0.0, "0 s"}, {31.0, "40 s"}, {800.0, "13 min"}, {5999.0, "100 min"}, {6000.0, "2 h"}, {9100.0, "3 h"},
    };
    char text[32];

    for (size_t i = 0; i < COUNT(cases); i++) {
        format_about(cases[i].seconds, text, sizeof text);
        ck_assert_str_eq(text, cases[i].text);
    }
}
END_TEST

START_TEST(values_are_written_in_their_short_form)
{
    char text[ADDRESS_HOST_MAX + 16];

    format_duration_value(0, text, sizeof text);
    ck_assert_str_eq(text, "0");
    format_duration_value(90000, text, sizeof text);
    ck_assert_str_eq(text, "90s");
    format_duration_value(2592000000, text, sizeof text);
    ck_assert_str_eq(text, "30d");
    format_size(0, text, sizeof text);
    ck_assert_str_eq(text, "0");
    format_size(1000, text, sizeof text);
    ck_assert_str_eq(text, "1000");
    format_size(268435456, text, sizeof text);
    ck_assert_str_eq(text, "256M");
    format_percent(0.8, text, sizeof text);
    ck_assert_str_eq(text, "80%");
    format_percent(0.07, text, sizeof text);
    ck_assert_str_eq(text, "7%");
    format_percent(0.675, text, sizeof text);
    ck_assert_str_eq(text, "67.5%");
    format_address(&(struct address){.host = "::1", .port = 7420}, text, sizeof text);
    ck_assert_str_eq(text, "[::1]:7420");
    format_address(&(struct address){.host = "localhost", .port = 0}, text, sizeof text);
    ck_assert_str_eq(text, "localhost:0");
}
END_TEST

START_TEST(what_is_written_is_read_back_as_it_was)
{
    char text[64];

    srand(1);
    for (unsigned i = 0; i < 20000; i++) {
        uint64_t random = (uint64_t)rand() << (unsigned)(rand() % 33);
        int64_t ms;
        uint64_t bytes;
        double share;

        format_duration_value((int64_t)random, text, sizeof text);
        ck_assert_int_eq(parse_duration_ms(text, &ms), 0);
        ck_assert_int_eq(ms, (int64_t)random);
        format_size(random, text, sizeof text);
        ck_assert_int_eq(parse_size(text, &bytes), 0);
        ck_assert_uint_eq(bytes, random);

        /* any number with up to ten digits */
        snprintf(text, sizeof text, "%.*f%%", rand() % 9, (double)rand() / RAND_MAX * 100.0);
        double written;
        ck_assert_int_eq(parse_percent(text, &written), 0);
        format_percent(written, text, sizeof text);
        ck_assert_int_eq(parse_percent(text, &share), 0);
        ck_assert_msg(share == written, "%s", text);
    }
}
END_TEST

static Suite *format_suite(void)
{
    Suite *suite = suite_create("format");
    TCase *tcase = tcase_create("format");
    tcase_add_test(tcase, durations_in_words_are_the_shortest_exact_ones);
    tcase_add_test(tcase, about_is_rounded);
    tcase_add_test(tcase, values_are_written_in_their_short_form);
    tcase_add_test(tcase, what_is_written_is_read_back_as_it_was);
    suite_add_tcase(suite, tcase);
    return suite;
}

int main(void)
{
    return suite_run(format_suite());
}
