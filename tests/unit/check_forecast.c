#include "scaler/forecast.h"

#include "common/random.h"
#include "support/suite.h"

#include <math.h>

#define TICK_MS    15000
#define WINDOW_MS  120000
#define HORIZON_MS 135000

static struct history_point points[FORECAST_POINTS_MAX];
static struct history demand;

static void setup(void)
{
    history_init(&demand, points, FORECAST_POINTS_MAX);
}

/* count ticks up to now = 0: level now, slope a second, and noise up to that size. */
static struct forecast of_line(unsigned count, double level, double slope, double noise)
{
    uint64_t random = 3;

    for (unsigned i = count; i-- > 0;) {
        double share = (double)random_below(&random, 2001) / 1000.0 - 1.0;
        history_push(&demand, -(int64_t)i * TICK_MS, level - slope * i * TICK_MS / 1000.0 + noise * share);
    }
    return forecast_linear(&demand, 0, WINDOW_MS, HORIZON_MS);
}

START_TEST(test_needs_three_points)
{
    ck_assert(!of_line(2, 5.0, 0.1, 0.0).valid);
    setup();
    ck_assert(of_line(3, 5.0, 0.1, 0.0).valid);
}
END_TEST

START_TEST(test_only_the_window_counts)
{
    struct forecast forecast = of_line(100, 5.0, 0.0, 0.0);

    ck_assert_uint_eq(forecast.points, 9);
    ck_assert(!forecast_linear(&demand, WINDOW_MS, WINDOW_MS, HORIZON_MS).valid);
}
END_TEST

START_TEST(test_follows_a_rise_to_the_horizon)
{
    struct forecast forecast = of_line(9, 5.0, 0.01, 0.0);

    /* 120 s are seen; of the 15 s beyond, the damping leaves 14.4. */
    ck_assert_double_eq_tol(forecast.level, 5.0, 1e-9);
    ck_assert_double_eq_tol(forecast.peak, 6.344, 1e-3);
    ck_assert_double_eq_tol(forecast.peak, forecast.level + forecast.slope * HORIZON_MS / 1000.0, 1e-9);
    ck_assert_double_eq_tol(forecast.high, forecast.peak, 1e-9);
    ck_assert_double_eq(forecast.confidence, 0.80);
}
END_TEST

START_TEST(test_a_line_is_believed_as_far_ahead_as_it_was_seen)
{
    of_line(9, 5.0, 0.01, 0.0);
    ck_assert_double_eq_tol(forecast_linear(&demand, 0, WINDOW_MS, 60000).peak, 5.6, 1e-9);
    ck_assert_double_eq_tol(forecast_linear(&demand, 0, WINDOW_MS, 120000).peak, 6.2, 1e-9);
    /* One length further the slope has fallen to a half: 120 / ln 2 * (1 - 1/2) more. */
    ck_assert_double_eq_tol(forecast_linear(&demand, 0, WINDOW_MS, 240000).peak, 6.2 + 0.6 / M_LN2, 1e-9);
    ck_assert_double_eq_tol(forecast_linear(&demand, 0, WINDOW_MS, 86400000).peak, 6.2 + 1.2 / M_LN2, 1e-9);
}
END_TEST

START_TEST(test_the_peak_of_a_fall_is_now)
{
    struct forecast forecast = of_line(9, 5.0, -0.02, 0.05);

    ck_assert_double_lt(forecast.slope, 0.0);
    ck_assert_double_eq(forecast.peak, forecast.level);
    ck_assert_double_eq_tol(forecast.level, 5.0, 0.1);
}
END_TEST

START_TEST(test_noise_widens_the_interval)
{
    struct forecast calm = of_line(9, 5.0, 0.0, 0.1);
    setup();
    struct forecast wild = of_line(9, 5.0, 0.0, 1.0);

    ck_assert_double_lt(calm.low, calm.peak);
    ck_assert_double_lt(calm.peak, calm.high);
    ck_assert_double_eq_tol(calm.high - calm.peak, calm.peak - calm.low, 1e-9);
    ck_assert_double_eq_tol((wild.high - wild.peak) / (calm.high - calm.peak), 10.0, 1e-6);
}
END_TEST

START_TEST(test_demand_is_never_below_zero)
{
    static const double fall[] = {9.0, 1.0, 0.0, 0.0};

    for (int i = 0; i < 4; i++)
        history_push(&demand, (i - 3) * TICK_MS, fall[i]);
    struct forecast forecast = forecast_linear(&demand, 0, WINDOW_MS, HORIZON_MS);

    ck_assert(forecast.valid);
    ck_assert_double_eq(forecast.level, 0.0);
    ck_assert_double_eq(forecast.peak, 0.0);
    ck_assert_double_eq(forecast.low, 0.0);
    ck_assert_double_gt(forecast.high, 0.0);
}
END_TEST

START_TEST(test_ticks_at_one_instant_are_no_line)
{
    for (int i = 0; i < 5; i++)
        history_push(&demand, 0, i);
    ck_assert(!forecast_linear(&demand, 0, WINDOW_MS, HORIZON_MS).valid);
}
END_TEST

START_TEST(test_absurd_demand_is_no_forecast)
{
    for (int i = 0; i < 9; i++)
        history_push(&demand, (i - 8) * TICK_MS, i % 2 ? 1e308 : 0.0);
    struct forecast forecast = forecast_linear(&demand, 0, WINDOW_MS, HORIZON_MS);

    ck_assert(!forecast.valid);
    ck_assert_double_eq(forecast.high, 0.0);
}
END_TEST

START_TEST(test_the_window_grows_with_long_ticks)
{
    ck_assert_int_eq(forecast_window_ms(100), WINDOW_MS);
    ck_assert_int_eq(forecast_window_ms(TICK_MS), WINDOW_MS);
    ck_assert_int_eq(forecast_window_ms(60000), 240000);
    ck_assert_int_eq(forecast_window_ms(3600000), 4 * 3600000);
}
END_TEST

START_TEST(test_more_ticks_than_fit_use_the_newest)
{
    for (int i = 0; i < 5000; i++)
        history_push(&demand, i, i < 2500 ? 100.0 : 5.0);
    struct forecast forecast = forecast_linear(&demand, 4999, WINDOW_MS, HORIZON_MS);

    ck_assert_uint_eq(forecast.points, FORECAST_POINTS_MAX);
    ck_assert_double_eq_tol(forecast.high, 5.0, 1e-6);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("forecast");
    TCase *tcase = tcase_create("forecast");

    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, test_needs_three_points);
    tcase_add_test(tcase, test_only_the_window_counts);
    tcase_add_test(tcase, test_follows_a_rise_to_the_horizon);
    tcase_add_test(tcase, test_a_line_is_believed_as_far_ahead_as_it_was_seen);
    tcase_add_test(tcase, test_the_peak_of_a_fall_is_now);
    tcase_add_test(tcase, test_noise_widens_the_interval);
    tcase_add_test(tcase, test_demand_is_never_below_zero);
    tcase_add_test(tcase, test_ticks_at_one_instant_are_no_line);
    tcase_add_test(tcase, test_absurd_demand_is_no_forecast);
    tcase_add_test(tcase, test_the_window_grows_with_long_ticks);
    tcase_add_test(tcase, test_more_ticks_than_fit_use_the_newest);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
