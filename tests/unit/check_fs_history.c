#include "collector/fleet/fs_history.h"

#include "support/suite.h"

#include <math.h>

#define PERIOD INT64_C(600000)
#define DAY    (144 * PERIOD)

static struct fs_history history;

static void add_periods(int64_t *time_ms, unsigned periods, double percent)
{
    for (unsigned i = 0; i < periods; i++, *time_ms += PERIOD)
        fs_history_add(&history, *time_ms, percent);
}

START_TEST(a_period_is_the_mean_of_its_readings)
{
    fs_history_init(&history, 5 * PERIOD);
    for (unsigned i = 0; i < 20; i++)
        fs_history_add(&history, 5 * PERIOD + i * 30000, i % 2 == 0 ? 40.0 : 50.0);
    ck_assert(isnan(fs_history_mean(&history, 0))); /* it is not finished */
    fs_history_add(&history, 6 * PERIOD, 99.0);
    ck_assert_double_eq_tol(fs_history_mean(&history, 0), 0.45, 1e-9);
    ck_assert_int_eq(fs_history_time_ms(&history, 0), 5 * PERIOD + PERIOD / 2);
    ck_assert(isnan(fs_history_mean(&history, 1)));
}
END_TEST

START_TEST(periods_without_a_reading_are_absent)
{
    int64_t time_ms = 0;

    fs_history_init(&history, 0);
    add_periods(&time_ms, 3, 30.0);
    time_ms += 5 * PERIOD;
    add_periods(&time_ms, 2, 60.0);
    ck_assert_double_eq_tol(fs_history_mean(&history, 0), 0.6, 1e-9);
    for (unsigned at = 1; at <= 5; at++)
        ck_assert(isnan(fs_history_mean(&history, at)));
    ck_assert_double_eq_tol(fs_history_mean(&history, 6), 0.3, 1e-9);
    fs_history_add(&history, 0, 90.0); /* too late */
    fs_history_add(&history, time_ms, 60.0);
    ck_assert_double_eq_tol(fs_history_mean(&history, 0), 0.6, 1e-9);
}
END_TEST

START_TEST(the_time_before_a_start_is_negative)
{
    fs_history_init(&history, -2 * PERIOD - 1);
    fs_history_add(&history, -2 * PERIOD - 1, 10.0);
    fs_history_add(&history, -2 * PERIOD, 20.0);
    fs_history_add(&history, -1, 30.0);
    fs_history_add(&history, 0, 40.0);
    ck_assert_double_eq_tol(fs_history_mean(&history, 0), 0.3, 1e-9);
    ck_assert_double_eq_tol(fs_history_mean(&history, 1), 0.2, 1e-9);
    ck_assert_double_eq_tol(fs_history_mean(&history, 2), 0.1, 1e-9);
    ck_assert_int_eq(fs_history_time_ms(&history, 0), -PERIOD / 2);
}
END_TEST

START_TEST(the_peak_is_older_than_the_periods_and_is_forgotten)
{
    int64_t time_ms = 0;

    fs_history_init(&history, 0);
    add_periods(&time_ms, 1, 80.0);
    add_periods(&time_ms, FS_HISTORY_PERIODS, 50.0);
    ck_assert_double_eq(fs_history_peak(&history), 0.0);
    add_periods(&time_ms, 1, 50.0);
    ck_assert_double_eq_tol(fs_history_peak(&history), 0.8, 1e-9);
    add_periods(&time_ms, 216, 50.0); /* 36 h */
    ck_assert_double_eq_tol(fs_history_peak(&history), 0.8, 1e-9);
    add_periods(&time_ms, 216, 50.0);
    ck_assert_double_eq_tol(fs_history_peak(&history), 0.5, 1e-9);
}
END_TEST

START_TEST(after_a_long_silence_it_begins_anew)
{
    int64_t time_ms = 0;

    fs_history_init(&history, 0);
    add_periods(&time_ms, 60, 80.0);
    time_ms += 2000 * DAY;
    add_periods(&time_ms, 1, 40.0);
    for (unsigned at = 0; at < FS_HISTORY_PERIODS; at++)
        ck_assert(isnan(fs_history_mean(&history, at)));
    ck_assert_double_eq(fs_history_peak(&history), 0.0);
}
END_TEST

/* An agent may send a sample each few milliseconds. */
START_TEST(many_readings_do_not_overflow)
{
    fs_history_init(&history, 0);
    for (unsigned i = 0; i < 200000; i++)
        fs_history_add(&history, 1, 100.0);
    fs_history_add(&history, PERIOD, 0.0);
    ck_assert_double_eq(fs_history_mean(&history, 0), 1.0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fs_history");
    TCase *tcase = tcase_create("fs_history");

    tcase_add_test(tcase, a_period_is_the_mean_of_its_readings);
    tcase_add_test(tcase, periods_without_a_reading_are_absent);
    tcase_add_test(tcase, the_time_before_a_start_is_negative);
    tcase_add_test(tcase, the_peak_is_older_than_the_periods_and_is_forgotten);
    tcase_add_test(tcase, after_a_long_silence_it_begins_anew);
    tcase_add_test(tcase, many_readings_do_not_overflow);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
