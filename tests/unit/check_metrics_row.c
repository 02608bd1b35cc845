#include "offline/metrics_row.h"

#include "support/suite.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define REST ",,,,,,,,,,,,,,," /* nothing in the columns behind uptime */

static char error[256];

/* The same row, as the collector and as spreadsheets write it. */
static const char *const rows[] = {
    "a,12.50,30.00,1000,,1767225605.500,web,i0000000000000001,7,20.000" REST,
    "a,12.5,30,1000,,1767225605.5,web,i0000000000000001,7,20" REST,
    "a,12.5000,3e1,1E+3,,1767225605.50,web,i0000000000000001,7.0,20.0" REST,
};

START_TEST(numbers_have_any_form)
{
    struct csv_row row;

    ck_assert_msg(metrics_row_read(rows[_i], strlen(rows[_i]), &row, error, sizeof error) == 0, "%s", error);
    ck_assert_str_eq(row.node_id, "a");
    ck_assert_str_eq(row.group, "web");
    ck_assert_uint_eq(row.instance, 1);
    ck_assert_uint_eq(row.sample.seq, 7);
    ck_assert_int_eq(row.sample.time_ms, INT64_C(1767225605500));
    ck_assert_uint_eq(row.sample.uptime_ms, 20000);
    ck_assert_double_eq(row.sample.value[METRIC_CPU].gauge, 12.5);
    ck_assert_double_eq(row.sample.value[METRIC_MEMORY].gauge, 30.0);
    ck_assert_uint_eq(row.sample.value[METRIC_DISK_READ].counter, 1000);
    ck_assert(!sample_has(&row.sample, METRIC_DISK_WRITE));
}
END_TEST

static const struct {
    const char *row;
    const char *message;
} bad[] = {
    {"a,12.5x,30,,,1767225605.5,web,i0000000000000001,7,20" REST, "cpu \"12.5x\""},
    {"a,101,30,,,1767225605.5,web,i0000000000000001,7,20" REST, "cpu \"101.00\""},
    {"a,-1,30,,,1767225605.5,web,i0000000000000001,7,20" REST, "cpu \"-1\""},
    {"a,nan,30,,,1767225605.5,web,i0000000000000001,7,20" REST, "cpu \"nan\""},
    {"a,1,30,,,1767225605.5,web,1,7,20" REST, "instance \"1\""},
    {"a,1,30,,,1767225605.5,web,i0000000000000001,0,20" REST, "seq \"0\""},
    {"a,1,30", "ends before the column disk_read"},
    {"a,1,30,,,1767225605.5,web,i0000000000000001,7,20" REST ",5", "more columns"},
    {"", "node_id"},
};

START_TEST(what_is_no_row_is_explained)
{
    struct csv_row row;

    ck_assert_int_eq(metrics_row_read(bad[_i].row, strlen(bad[_i].row), &row, error, sizeof error), -EINVAL);
    ck_assert_msg(strstr(error, bad[_i].message) != NULL, "%s", error);
}
END_TEST

/* A line of any length ends within its buffers. */
START_TEST(a_long_line_is_none)
{
    static char line[4 * CSV_LINE_MAX];
    struct csv_row row;

    for (size_t len = 1; len < sizeof line; len += 61) {
        memset(line, _i == 0 ? ',' : _i == 1 ? '9' : 'a', len);
        ck_assert_int_eq(metrics_row_read(line, len, &row, error, sizeof error), -EINVAL);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("metrics_row");
    TCase *tests = tcase_create("metrics_row");

    tcase_add_loop_test(tests, numbers_have_any_form, 0, sizeof rows / sizeof *rows);
    tcase_add_loop_test(tests, what_is_no_row_is_explained, 0, sizeof bad / sizeof *bad);
    tcase_add_loop_test(tests, a_long_line_is_none, 0, 3);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
