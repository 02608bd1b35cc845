/* Times that people write: local times, also when clocks change, and durations. */
#include "cli/given_time.h"

#include "support/suite.h"

#include <errno.h>
#include <time.h>

#define MINUTE_MS INT64_C(60000)
#define NOW_MS    INT64_C(1795888800000) /* 28 November 2026, 18:00 UTC, 19:00 in Berlin */

static char error[256];

static void begin(void)
{
    setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
    tzset();
}

static int64_t until(const char *text, int64_t now_ms)
{
    int64_t ms = -1;

    return given_time_parse_until(text, now_ms, &ms, error, sizeof error) == 0 ? ms : -1;
}

START_TEST(a_time_of_day_is_the_next_one)
{
    ck_assert_int_eq(until("20:30", NOW_MS), NOW_MS + 90 * MINUTE_MS);
    ck_assert_int_eq(until("19:00", NOW_MS), NOW_MS + 24 * 60 * MINUTE_MS); /* now: tomorrow */
    ck_assert_int_eq(until("08:00", NOW_MS), NOW_MS + 13 * 60 * MINUTE_MS);
    int64_t saturday_ms = 1774717200000; /* 28 March 2026, 18:00: the night has an hour less */
    ck_assert_int_eq(until("08:00", saturday_ms), saturday_ms + 13 * 60 * MINUTE_MS);
}
END_TEST

START_TEST(a_date_is_that_day)
{
    ck_assert_int_eq(until("2026-11-30 08:00", NOW_MS), NOW_MS + 37 * 60 * MINUTE_MS);
    ck_assert_int_eq(until("2026-11-30T08:00", NOW_MS), NOW_MS + 37 * 60 * MINUTE_MS);
    ck_assert_int_eq(until("2026-11-28 19:00", NOW_MS), NOW_MS); /* the collector refuses it */
}
END_TEST

START_TEST(anything_else_is_refused)
{
    static const char *const bad[] = {"",           "18",
                                      "18:00:00",   "25:00",
                                      "tomorrow",   "2026-02-30 08:00",
                                      "2026-11-30", "2026-03-29 02:30" /* skipped */,
                                      "18:00 "};

    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(until(bad[i], NOW_MS) == -1, "%s", bad[i]);
}
END_TEST

START_TEST(a_duration_counts_from_now)
{
    int64_t ms = 0;

    ck_assert_int_eq(given_time_parse_for("90m", NOW_MS, &ms, error, sizeof error), 0);
    ck_assert_int_eq(ms, NOW_MS + 90 * MINUTE_MS);
    ck_assert_int_eq(given_time_parse_for("0", NOW_MS, &ms, error, sizeof error), -EINVAL);
    ck_assert_int_eq(given_time_parse_for("2", NOW_MS, &ms, error, sizeof error), -EINVAL);
}
END_TEST

static int64_t past(const char *text, int64_t now_ms)
{
    int64_t ms = -1;

    return given_time_parse_past("--at", text, now_ms, &ms, error, sizeof error) == 0 ? ms : -1;
}

START_TEST(a_time_that_has_been_is_the_last_one)
{
    ck_assert_int_eq(past("18:30", NOW_MS), NOW_MS - 30 * MINUTE_MS);
    ck_assert_int_eq(past("19:00", NOW_MS), NOW_MS);
    ck_assert_int_eq(past("19:01", NOW_MS), NOW_MS - (24 * 60 - 1) * MINUTE_MS);
    ck_assert_int_eq(past("02:13:30", NOW_MS), NOW_MS - (16 * 60 + 46) * MINUTE_MS - MINUTE_MS / 2);
    ck_assert_int_eq(past("2026-11-28 18:30", NOW_MS), NOW_MS - 30 * MINUTE_MS);
    ck_assert_int_eq(past("2026-11-28T18:30:15", NOW_MS), NOW_MS - 30 * MINUTE_MS + MINUTE_MS / 4);
    ck_assert_int_eq(past("2026-11-28", NOW_MS), NOW_MS - 19 * 60 * MINUTE_MS);
    ck_assert_int_eq(past("2h", NOW_MS), NOW_MS - 120 * MINUTE_MS);
    int64_t sunday_ms = 1774774800000; /* 29 March 2026, 11:00 in Berlin: the night had an hour less */
    ck_assert_int_eq(past("23:00", sunday_ms), sunday_ms - 11 * 60 * MINUTE_MS);
}
END_TEST

START_TEST(no_time_or_a_future_one_is_refused)
{
    static const char *const bad[] = {"", "18", "noon", "25:00", "2026-02-30", "-2h", "2026-03-29 02:30", "02:13 "};

    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(past(bad[i], NOW_MS) == -1, "%s", bad[i]);
    ck_assert_int_eq(past("2026-11-30 08:00", NOW_MS), -1);
    ck_assert_str_eq(error, "--at: \"2026-11-30 08:00\" is in the future");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("given_time");
    TCase *tests = tcase_create("given_time");

    tcase_add_checked_fixture(tests, begin, NULL);
    tcase_add_test(tests, a_time_of_day_is_the_next_one);
    tcase_add_test(tests, a_date_is_that_day);
    tcase_add_test(tests, anything_else_is_refused);
    tcase_add_test(tests, a_duration_counts_from_now);
    tcase_add_test(tests, a_time_that_has_been_is_the_last_one);
    tcase_add_test(tests, no_time_or_a_future_one_is_refused);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
