#include "collector/archive/archive_row.h"

#include "support/suite.h"

#include <errno.h>
#include <math.h>
#include <string.h>

static struct archive_row row;

static int split(const char *line)
{
    return archive_row_split(&row, line, strlen(line));
}

static const char *text_of(int column)
{
    static char text[64];

    archive_row_text(&row, column, text, sizeof text);
    return text;
}

START_TEST(fields_are_split_at_commas_outside_of_quotes)
{
    ck_assert_int_eq(split("1.5,,web,\"a, \"\"b\"\"\""), 0);
    ck_assert_uint_eq(row.count, 4);
    ck_assert_double_eq(archive_row_number(&row, 0), 1.5);
    ck_assert(isnan(archive_row_number(&row, 1)));
    ck_assert(isnan(archive_row_number(&row, 2)));
    ck_assert(isnan(archive_row_number(&row, 4)));
    ck_assert(isnan(archive_row_number(&row, -1)));
    ck_assert(archive_row_has_word(&row, 2, "web"));
    ck_assert(!archive_row_has_word(&row, 2, "we"));
    ck_assert(!archive_row_has_word(&row, -1, ""));
    ck_assert_str_eq(text_of(3), "a, \"b\"");
    ck_assert_str_eq(text_of(1), "");
    ck_assert_str_eq(text_of(-1), "");
    ck_assert_int_eq(split(""), 0);
    ck_assert_uint_eq(row.count, 1);
    ck_assert_int_eq(split("a,"), 0);
    ck_assert_uint_eq(row.count, 2);
}
END_TEST

START_TEST(what_is_no_row_is_refused)
{
    char many[2 * ARCHIVE_FIELDS_MAX + 1];

    ck_assert_int_eq(split("1,\"a"), -EBADMSG);
    ck_assert_int_eq(split("1,\"a\"\""), -EBADMSG);
    ck_assert_int_eq(split("\"a\"b,1"), -EBADMSG);
    memset(many, ',', sizeof many);
    ck_assert_int_eq(archive_row_split(&row, many, ARCHIVE_FIELDS_MAX - 1), 0);
    ck_assert_int_eq(archive_row_split(&row, many, ARCHIVE_FIELDS_MAX), -EBADMSG);
}
END_TEST

START_TEST(a_long_or_damaged_text_is_cut_and_printable)
{
    char cut[4];

    ck_assert_int_eq(split("\"a\"\"bc\",\"\xff\",\"\x1b[1m\""), 0);
    archive_row_text(&row, 0, cut, sizeof cut);
    ck_assert_str_eq(cut, "a\"b");
    ck_assert_str_eq(text_of(1), "?");
    ck_assert_str_eq(text_of(2), "?[1m");
}
END_TEST

START_TEST(columns_are_found_by_name)
{
    ck_assert_int_eq(split("timestamp,group,cpu_demand,why"), 0);
    ck_assert_int_eq(archive_row_column(&row, DECISION_FIELD_TIMESTAMP), 0);
    ck_assert_int_eq(archive_row_column(&row, DECISION_FIELD_CPU_DEMAND), 2);
    ck_assert_int_eq(archive_row_column(&row, DECISION_FIELD_CPU_CAPACITY), -1);
}
END_TEST

START_TEST(time_and_group_come_first)
{
    static const char *const others[] = {"", "timestamp,group", "1700000000,web,up", "1700000000.5,web,up", "x"};
    const char *line = "1700000000.500,web-1,up";
    int64_t time_ms = 0;

    ck_assert(archive_row_is_of(line, strlen(line), "web-1", &time_ms));
    ck_assert_int_eq(time_ms, INT64_C(1700000000500));
    ck_assert(archive_row_is_of(line, strlen(line), "", &time_ms));
    ck_assert(!archive_row_is_of(line, strlen(line), "web", &time_ms));
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        ck_assert_msg(!archive_row_is_of(others[i], strlen(others[i]), "", &time_ms), "%s", others[i]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("archive row");
    TCase *tcase = tcase_create("archive row");

    tcase_add_test(tcase, fields_are_split_at_commas_outside_of_quotes);
    tcase_add_test(tcase, what_is_no_row_is_refused);
    tcase_add_test(tcase, a_long_or_damaged_text_is_cut_and_printable);
    tcase_add_test(tcase, columns_are_found_by_name);
    tcase_add_test(tcase, time_and_group_come_first);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
