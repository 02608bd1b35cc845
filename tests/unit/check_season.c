#include "scaler/season.h"

#include "support/suite.h"

#define MINUTE_MS INT64_C(60000)
#define DAY       1440
#define HORIZON   INT64_C(300000)

static struct season season;

static void setup(void)
{
    season_init(&season);
}

/* Each minute of `count` from `from` on, four values around what the minute is to have: 10, and from 600 to 609 of a
 * day a rise to 20. */
static double value_at(int64_t minute)
{
    int64_t of_day = minute % DAY;

    return of_day >= 600 && of_day < 610 ? 11.0 + (double)(of_day - 600) : 10.0;
}

static void add(int64_t from, int64_t count)
{
    for (int64_t minute = from; minute < from + count; minute++)
        for (int part = 0; part < 4; part++)
            season_add(&season, minute * MINUTE_MS + part * 15000, value_at(minute) + (part % 2 ? 1.0 : -1.0));
}

START_TEST(test_yesterdays_rise)
{
    double rise = -1.0;

    add(0, DAY + 601);
    /* At 10:00 the five minutes after it are known from yesterday: up to 15 or so, from 10.5. */
    ck_assert(season_rise(&season, (DAY + 600) * MINUTE_MS, HORIZON, &rise));
    ck_assert_double_eq_tol(rise, 17.0 - 10.5, 1e-5);
    ck_assert(season_rise(&season, (DAY + 598) * MINUTE_MS, HORIZON, &rise));
    ck_assert_double_eq_tol(rise, 15.0 - 10.0, 1e-5);
}
END_TEST

START_TEST(test_a_fall_is_no_rise)
{
    double rise = -1.0;

    add(0, DAY + 611);
    ck_assert(season_rise(&season, (DAY + 610) * MINUTE_MS, HORIZON, &rise));
    ck_assert_double_eq(rise, 0.0);
}
END_TEST

START_TEST(test_not_known_before_a_day_is_over)
{
    double rise = -1.0;

    add(0, 700);
    ck_assert(!season_rise(&season, 699 * MINUTE_MS, HORIZON, &rise));
    add(700, DAY - 700);
    ck_assert(!season_rise(&season, (DAY - 1) * MINUTE_MS, HORIZON, &rise));
    add(DAY, 2);
    ck_assert(season_rise(&season, (DAY + 1) * MINUTE_MS, HORIZON, &rise));
    ck_assert_double_eq(rise, 0.0);
}
END_TEST

START_TEST(test_what_was_missed_is_not_known)
{
    double rise = -1.0;

    add(0, 590);
    add(620, DAY);
    ck_assert(!season_rise(&season, (DAY + 600) * MINUTE_MS, HORIZON, &rise));
    ck_assert(!season_rise(&season, (DAY + 590) * MINUTE_MS, HORIZON, &rise));
    ck_assert(season_rise(&season, (DAY + 589) * MINUTE_MS, HORIZON, &rise));
    add(10 * DAY, 5); /* a pause longer than the memory */
    ck_assert(!season_rise(&season, (10 * DAY + 4) * MINUTE_MS, HORIZON, &rise));
}
END_TEST

START_TEST(test_too_far_ahead_is_not_known)
{
    double rise = -1.0;

    add(0, DAY + 601);
    ck_assert(season_rise(&season, (DAY + 600) * MINUTE_MS, SEASON_HORIZON_MS_MAX, &rise));
    ck_assert(!season_rise(&season, (DAY + 600) * MINUTE_MS, SEASON_HORIZON_MS_MAX + 1, &rise));
}
END_TEST

/* Asked about a time that has passed, it does not answer with minutes that have taken the place of what it forgot. */
START_TEST(test_what_is_forgotten_is_not_known)
{
    double rise = -1.0;

    add(0, DAY + 601);
    ck_assert(season_rise(&season, (DAY + 510) * MINUTE_MS, HORIZON, &rise));
    ck_assert(!season_rise(&season, (DAY + 500) * MINUTE_MS, HORIZON, &rise));
}
END_TEST

static const int64_t shifts[] = {1, -1, 1000, -1000, 123456789, -5000};

/* Another clock, the same days; also one that has not yet begun. */
START_TEST(test_a_shift_changes_nothing)
{
    double rise = -1.0;

    add(0, DAY + 601);
    season_shift(&season, shifts[_i]);
    ck_assert(season_rise(&season, (DAY + 600 + shifts[_i]) * MINUTE_MS, HORIZON, &rise));
    ck_assert_double_eq_tol(rise, 17.0 - 10.5, 1e-5);
}
END_TEST

START_TEST(test_means_and_the_highest)
{
    double mean = -1.0;

    ck_assert_double_eq(season_highest(&season), 0.0);
    add(0, DAY + 601);
    ck_assert(season_mean(&season, DAY + 500, 3, &mean));
    ck_assert(!season_mean(&season, DAY + 602, 1, &mean));
    ck_assert(!season_mean(&season, DAY + 600 - SEASON_MINUTES, 2, &mean));
    ck_assert_double_gt(season_highest(&season), 0.0);
    ck_assert_double_ge(season_highest(&season), mean);
}
END_TEST

START_TEST(test_yesterdays_peak_and_todays_level)
{
    double peak = -1.0;

    add(0, DAY + 50);
    ck_assert_double_eq(season.level, 0.0); /* not an hour of today yet */
    add(DAY + 50, 548);
    ck_assert(season_peak(&season, (DAY + 597) * MINUTE_MS, HORIZON, &peak));
    ck_assert_double_eq_tol(peak, 14.0, 1e-5); /* the minute 603 */
    ck_assert_double_eq_tol(season.level, 1.0, 1e-6);
    ck_assert(!season_peak(&season, (DAY + 596) * MINUTE_MS, HORIZON, &peak)); /* not the present minute */
    ck_assert(!season_peak(&season, (DAY + 597) * MINUTE_MS, SEASON_HORIZON_MS_MAX + 1, &peak));
    for (int64_t minute = DAY + 598; minute < DAY + 660; minute++)
        season_add(&season, minute * MINUTE_MS, 100.0);
    ck_assert_double_eq(season.level, 2.0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("season");
    TCase *tcase = tcase_create("season");

    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, test_yesterdays_rise);
    tcase_add_test(tcase, test_means_and_the_highest);
    tcase_add_test(tcase, test_yesterdays_peak_and_todays_level);
    tcase_add_test(tcase, test_a_fall_is_no_rise);
    tcase_add_test(tcase, test_not_known_before_a_day_is_over);
    tcase_add_test(tcase, test_what_was_missed_is_not_known);
    tcase_add_test(tcase, test_too_far_ahead_is_not_known);
    tcase_add_test(tcase, test_what_is_forgotten_is_not_known);
    tcase_add_loop_test(tcase, test_a_shift_changes_nothing, 0, sizeof shifts / sizeof shifts[0]);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
