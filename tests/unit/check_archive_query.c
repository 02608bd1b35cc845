#include "collector/archive/archive_query.h"

#include "support/suite.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define HOUR_MS INT64_C(3600000)

START_TEST(columns_have_the_names_of_the_api)
{
    char name[ARCHIVE_COLUMN_NAME_MAX];

    struct archive_query query = {.kind = ARCHIVE_NODE, .columns = {METRIC_CPU, METRIC_NET_RX}, .signal = "jobs"};

    archive_query_column_name(&query, 0, name);
    ck_assert_str_eq(name, "cpu_percent");
    archive_query_column_name(&query, 1, name);
    ck_assert_str_eq(name, "net_rx_bytes_per_second");
    query = (struct archive_query){
        .kind = ARCHIVE_GROUP, .columns = {ARCHIVE_GROUP_FORECAST_BOUND, ARCHIVE_GROUP_SIGNAL}, .signal = "jobs"};
    archive_query_column_name(&query, 0, name);
    ck_assert_str_eq(name, "forecast_bound");
    archive_query_column_name(&query, 1, name);
    ck_assert_str_eq(name, "signal:jobs");
}
END_TEST

START_TEST(columns_are_chosen_by_name)
{
    struct archive_query query = {.kind = ARCHIVE_NODE};

    ck_assert_int_eq(archive_query_take_columns(&query, ""), 0);
    ck_assert_uint_eq(query.column_count, METRIC_COUNT);
    ck_assert_int_eq(archive_query_take_columns(&query, "fs_percent,cpu_percent"), 0);
    ck_assert_uint_eq(query.column_count, 2);
    ck_assert_uint_eq(query.columns[0], METRIC_FS);
    ck_assert_uint_eq(query.columns[1], METRIC_CPU);
    query.kind = ARCHIVE_GROUP;
    ck_assert_int_eq(archive_query_take_columns(&query, "demand"), 0);
    ck_assert_uint_eq(query.columns[0], ARCHIVE_GROUP_DEMAND);
}
END_TEST

START_TEST(other_columns_are_refused)
{
    static const char *const refused[] = {",",     "cpu_percent,",       "demand",      "cpu_percent,cpu_percent",
                                          "cpu",   "cpu_percent,,load1", "CPU_PERCENT", "disk_read_bytes",
                                          "index", "cpu_percent, load1"};
    struct archive_query query = {.kind = ARCHIVE_NODE, .column_count = 7};

    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        ck_assert_msg(archive_query_take_columns(&query, refused[i]) == -EINVAL, "%s", refused[i]);
    ck_assert_uint_eq(query.column_count, 7);
}
END_TEST

START_TEST(a_signal_is_a_column_of_a_group)
{
    static const char *const refused[] = {"signal",
                                          "signal:",
                                          "signal:a b",
                                          "signal:a,signal:b",
                                          "signal:a,signal:a",
                                          "signal:a,node",
                                          "live,signal:,demand",
                                          "SIGNAL:a"};
    struct archive_query query = {.kind = ARCHIVE_GROUP};
    char text[SIGNAL_NAME_LEN_MAX + 16];

    ck_assert_int_eq(archive_query_take_columns(&query, "live,signal:jobs,demand"), 0);
    ck_assert_uint_eq(query.column_count, 3);
    ck_assert_uint_eq(query.columns[1], ARCHIVE_GROUP_SIGNAL);
    ck_assert_str_eq(query.signal, "jobs");
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        ck_assert_msg(archive_query_take_columns(&query, refused[i]) == -EINVAL, "%s", refused[i]);
    snprintf(text, sizeof text, "signal:%0*d", (int)SIGNAL_NAME_LEN_MAX + 1, 0);
    ck_assert_int_eq(archive_query_take_columns(&query, text), -EINVAL);
    ck_assert_str_eq(query.signal, "jobs");
    text[strlen(text) - 1] = '\0';
    ck_assert_int_eq(archive_query_take_columns(&query, text), 0);
    ck_assert_int_eq(archive_query_take_columns(&query, ""), 0); /* all, without signals */
    ck_assert_uint_eq(query.column_count, ARCHIVE_GROUP_SIGNAL);
    query.kind = ARCHIVE_NODE;
    ck_assert_int_eq(archive_query_take_columns(&query, "signal:jobs"), -EINVAL);
}
END_TEST

START_TEST(steps_are_round_and_few)
{
    static const struct {
        int64_t range_ms;
        int64_t step_ms;
    } steps[] = {{1, 1000},
                 {HOUR_MS, 5000},
                 {6 * HOUR_MS, 30000},
                 {24 * HOUR_MS, 120000},
                 {7 * 24 * HOUR_MS, 600000},
                 {30 * 24 * HOUR_MS, HOUR_MS},
                 {INT64_C(253402300800000), INT64_C(86400000) * 2867}};

    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        const struct archive_query query = {.from_ms = 0, .to_ms = steps[i].range_ms};
        ck_assert_int_eq(archive_query_step_ms(&query), steps[i].step_ms);
        ck_assert_int_lt(steps[i].range_ms / steps[i].step_ms, ARCHIVE_BUCKETS_MAX);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("archive query");
    TCase *tcase = tcase_create("archive query");

    tcase_add_test(tcase, columns_have_the_names_of_the_api);
    tcase_add_test(tcase, columns_are_chosen_by_name);
    tcase_add_test(tcase, other_columns_are_refused);
    tcase_add_test(tcase, a_signal_is_a_column_of_a_group);
    tcase_add_test(tcase, steps_are_round_and_few);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
