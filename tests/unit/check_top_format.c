#include "cli/top/top_format.h"

#include "support/suite.h"

#include <math.h>
#include <string.h>

struct row {
    double value;
    const char *text;
};

static void check_rows(top_format *format, const struct row *rows, size_t count, size_t width)
{
    char text[32];

    for (size_t i = 0; i < count; i++) {
        format(rows[i].value, text, sizeof text);
        ck_assert_str_eq(text, rows[i].text);
        ck_assert_uint_le(strlen(text), width);
    }
    format(NAN, text, sizeof text);
    ck_assert_str_eq(text, "-");
    format(INFINITY, text, sizeof text);
    ck_assert_str_eq(text, "-");
    format(12345, text, 3);
    ck_assert_uint_le(strlen(text), 2);
}

START_TEST(shares_and_percentages_have_no_decimals)
{
    static const struct row shares[] = {{0, "0%"}, {0.714, "71%"}, {0.996, "100%"}, {1.5, "150%"}};
    static const struct row percentages[] = {{0.4, "0%"}, {71.4, "71%"}, {100, "100%"}};

    check_rows(top_format_share, shares, 4, 4);
    check_rows(top_format_percent, percentages, 3, 4);
}
END_TEST

START_TEST(counts_are_whole_and_thousands_are_separated)
{
    static const struct row counts[] = {{0, "0"}, {5012, "5012"}};
    static const struct row grouped[] = {
        {0, "0"}, {999, "999"}, {1000, "1,000"}, {19000, "19,000"}, {1234567, "1,234,567"}};

    check_rows(top_format_count, counts, 2, 8);
    check_rows(top_format_grouped, grouped, 5, 9);
}
END_TEST

START_TEST(numbers_of_any_size_take_five_characters)
{
    static const struct row rows[] = {{0, "0"},        {0.25, "0.25"}, {1.5, "1.5"},     {71.26, "71.3"},
                                      {99.96, "100"},  {812, "812"},   {999.6, "1.0K"},  {1234, "1.2K"},
                                      {9960, "10K"},   {45600, "46K"}, {999600, "1.0M"}, {34e6, "34M"},
                                      {8.4e9, "8.4G"}, {5e12, "5.0T"}, {7e15, "7.0P"}};

    check_rows(top_format_number, rows, sizeof rows / sizeof *rows, 5);
}
END_TEST

START_TEST(ages_take_four_characters)
{
    static const struct row rows[] = {{-5, "0.0s"},       {412, "0.4s"},     {9940, "9.9s"},       {9960, "10s"},
                                      {99400, "99s"},     {99600, "2m"},     {720000, "12m"},      {5.9e6, "98m"},
                                      {36e5 * 31, "31h"}, {864e5 * 9, "9d"}, {864e5 * 366, "366d"}};

    check_rows(top_format_age, rows, sizeof rows / sizeof *rows, 4);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("top_format");
    TCase *tests = tcase_create("top_format");

    tcase_add_test(tests, shares_and_percentages_have_no_decimals);
    tcase_add_test(tests, counts_are_whole_and_thousands_are_separated);
    tcase_add_test(tests, numbers_of_any_size_take_five_characters);
    tcase_add_test(tests, ages_take_four_characters);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
