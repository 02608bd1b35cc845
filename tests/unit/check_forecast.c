#include "scaler/forecast.h"

#include "common/random.h"
#include "support/suite.h"

#include <math.h>

#define POINTS_MAX 100U
#define TICK_S     15.0
#define HORIZON_MS 135000

/* count ticks up to now: level now, slope a second, and noise up to that size. */
static struct forecast of_line(unsigned count, double level, double slope, double noise)
{
    double x[POINTS_MAX];
    double y[POINTS_MAX];
    uint64_t random = 3;
    struct regression fit;

    for (unsigned i = 0; i < count; i++) {
        double share = (double)random_below(&random, 2001) / 1000.0 - 1.0;
        x[i] = -TICK_S * (count - 1 - i);
        y[i] = level + slope * x[i] + noise * share;
    }
    ck_assert_int_eq(regress_fit(x, y, count, &fit), 0);
    return forecast_line(&fit, TICK_S * (count - 1), HORIZON_MS);
}

START_TEST(test_follows_a_rise_to_the_horizon)
{
    struct forecast forecast = of_line(9, 5.0, 0.01, 0.0);

    /* 120 s are seen; of the 15 s beyond, the damping leaves 14.4. */
    ck_assert(forecast.valid);
    ck_assert_int_eq(forecast.horizon_ms, HORIZON_MS);
    ck_assert_double_eq_tol(forecast.expected, 6.344, 1e-3);
    ck_assert_double_eq_tol(forecast.slope, 0.01, 1e-9);
    ck_assert_double_eq_tol(forecast.high, forecast.expected, 1e-9);
    ck_assert_double_eq_tol(forecast.bound, forecast.expected, 1e-9);
    ck_assert_int_eq(forecast.forecaster, FORECASTER_LINE_120);
    ck_assert(isnan(forecast.coverage)); /* no outcome yet */
}
END_TEST

/* A line through 0 now that rises by 1 a second: what it expects is how far it is followed. */
static double reach(double horizon_s, double seen_s)
{
    const struct regression fit = {.n = 9, .slope = 1.0, .sxx = 1.0};

    return forecast_line(&fit, seen_s, (int64_t)(horizon_s * 1000.0)).expected;
}

START_TEST(test_a_line_is_believed_as_far_ahead_as_it_was_seen)
{
    ck_assert_double_eq(reach(60.0, 120.0), 60.0);
    ck_assert_double_eq(reach(120.0, 120.0), 120.0);
    /* One length further the slope has fallen to a half: 120 / ln 2 * (1 - 1/2) more. */
    ck_assert_double_eq_tol(reach(240.0, 120.0), 120.0 + 60.0 / M_LN2, 1e-9);
    ck_assert_double_eq_tol(reach(86400.0, 120.0), 120.0 + 120.0 / M_LN2, 1e-9);
}
END_TEST

START_TEST(test_a_fall_is_not_followed)
{
    struct forecast forecast = of_line(9, 5.0, -0.02, 0.05);

    ck_assert_double_lt(forecast.slope, 0.0);
    ck_assert_double_eq_tol(forecast.expected, 5.0, 0.1);
}
END_TEST

START_TEST(test_noise_widens_the_interval)
{
    struct forecast calm = of_line(9, 50.0, 0.0, 0.1);
    struct forecast wild = of_line(9, 50.0, 0.0, 1.0);

    ck_assert_double_lt(calm.low, calm.expected);
    ck_assert_double_lt(calm.expected, calm.high);
    ck_assert_double_eq(calm.bound, calm.high);
    ck_assert_double_eq_tol(calm.high - calm.expected, calm.expected - calm.low, 1e-9);
    ck_assert_double_eq_tol((wild.high - wild.expected) / (calm.high - calm.expected), 10.0, 1e-6);
}
END_TEST

START_TEST(test_the_margin_has_a_limit)
{
    struct forecast forecast = of_line(4, 20.0, 0.0, 15.0);

    ck_assert_double_gt(forecast.high, 1.3 * forecast.expected);
    ck_assert_double_eq_tol(forecast.bound, 1.3 * forecast.expected, 1e-12);
}
END_TEST

START_TEST(test_demand_is_never_below_zero)
{
    static const double x[] = {-45.0, -30.0, -15.0, 0.0};
    static const double y[] = {9.0, 1.0, 0.0, 0.0};
    struct regression fit;

    ck_assert_int_eq(regress_fit(x, y, 4, &fit), 0);
    struct forecast forecast = forecast_line(&fit, 45.0, HORIZON_MS);
    ck_assert(forecast.valid);
    ck_assert_double_lt(regress_at(&fit, 0.0), 0.0);
    ck_assert_double_eq(forecast.expected, 0.0);
    ck_assert_double_eq(forecast.low, 0.0);
    ck_assert_double_gt(forecast.high, 0.0);
}
END_TEST

START_TEST(test_absurd_demand_is_no_forecast)
{
    const struct regression absurd[] = {
        {.n = 9, .mean_y = 1e308, .slope = 1e308, .sxx = 1.0, .standard_error = 1.0},
        {.n = 9, .mean_y = 1e308, .slope = 0.0, .sxx = 1.0, .standard_error = 1e308},
        {.n = 9, .mean_y = 1.0, .slope = INFINITY, .sxx = 1.0, .standard_error = 1.0},
    };

    for (unsigned i = 0; i < 3; i++) {
        struct forecast forecast = forecast_line(&absurd[i], 120.0, HORIZON_MS);
        ck_assert(!forecast.valid);
        ck_assert_double_eq(forecast.high, 0.0);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("forecast");
    TCase *tcase = tcase_create("forecast");

    tcase_add_test(tcase, test_follows_a_rise_to_the_horizon);
    tcase_add_test(tcase, test_a_line_is_believed_as_far_ahead_as_it_was_seen);
    tcase_add_test(tcase, test_a_fall_is_not_followed);
    tcase_add_test(tcase, test_noise_widens_the_interval);
    tcase_add_test(tcase, test_the_margin_has_a_limit);
    tcase_add_test(tcase, test_demand_is_never_below_zero);
    tcase_add_test(tcase, test_absurd_demand_is_no_forecast);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
