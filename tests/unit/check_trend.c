#include "scaler/trend.h"

#include "common/random.h"
#include "support/suite.h"

#include <math.h>

#define SLIDES    10000000U
#define TICK_MS   250
#define WINDOW_MS 20000
#define WINDOW    80U /* points */
#define JUMP      1e9

static struct history_point points[128];
static struct history history;
static struct trend trend;
static double largest; /* of the last two windows, which is as long as a sum can remember */

static void setup(void)
{
    history_init(&history, points, 128);
    trend = (struct trend){0};
}

static void push(int64_t time_ms, double value)
{
    history_push(&history, time_ms, value);
    trend_follow(&trend, &history, WINDOW_MS);
}

/* The same window by two passes over its points. */
static struct regression fit_anew(int64_t now_ms)
{
    double x[WINDOW];
    double y[WINDOW];
    struct regression fit;

    ck_assert_uint_le(trend.n, WINDOW);
    for (unsigned i = 0; i < trend.n; i++) {
        const struct history_point *point = history_at(&history, trend.n - 1 - i);
        x[i] = (double)(point->time_ms - now_ms) / 1000.0;
        y[i] = point->value;
    }
    ck_assert_int_eq(regress_fit(x, y, trend.n, &fit), 0);
    return fit;
}

static void compare(int64_t now_ms)
{
    struct regression expected = fit_anew(now_ms);
    struct regression fit;

    ck_assert(trend_fit(&trend, now_ms, &fit));
    ck_assert_uint_eq(fit.n, expected.n);
    ck_assert_double_eq_tol(fit.mean_x, expected.mean_x, 1e-9);
    ck_assert_double_eq_tol(fit.sxx, expected.sxx, 1e-9 * expected.sxx);
    ck_assert_double_eq_tol(fit.mean_y, expected.mean_y, 1e-12 * largest);
    ck_assert_double_eq_tol(fit.slope, expected.slope, 1e-12 * largest);
    ck_assert_double_eq_tol(regress_at(&fit, 60.0), regress_at(&expected, 60.0), 1e-10 * largest);
    ck_assert_double_eq_tol(fit.standard_error, expected.standard_error, 1e-7 * largest);
}

/* Sums that only slide would have lost all that is small by then. */
START_TEST(test_ten_million_slides_are_as_good_as_a_new_fit)
{
    uint64_t random = 5;
    int64_t now_ms = 0;
    unsigned jumped = SLIDES;
    double value = 5.0;

    for (unsigned i = 0; i < SLIDES; i++) {
        now_ms += TICK_MS;
        value += (double)random_below(&random, 1001) / 1000.0 - 0.5 - 0.01 * (value - 5.0);
        if (random_below(&random, 50000) == 0)
            jumped = i;
        bool high = i - jumped < WINDOW / 2;
        push(now_ms, value + (high ? JUMP : 0.0));
        largest = i - jumped < 3 * WINDOW ? JUMP : 10.0;
        if (i > 3 && (i % 997 == 0 || (largest > 10.0 && i % 7 == 0) || i == SLIDES - 1))
            compare(now_ms);
    }
    ck_assert_uint_eq(trend.n, WINDOW);
}
END_TEST

START_TEST(test_it_is_what_a_refit_gives)
{
    for (int i = 0; i < 200; i++)
        push(i * TICK_MS, 3.0 + 0.5 * i);
    struct trend again = {0};
    struct regression a;
    struct regression b;
    trend_follow(&again, &history, WINDOW_MS);
    ck_assert(trend_fit(&trend, 199 * TICK_MS, &a) && trend_fit(&again, 199 * TICK_MS, &b));
    ck_assert_uint_eq(a.n, b.n);
    ck_assert_double_eq_tol(a.slope, 2.0, 1e-12);
    ck_assert_double_eq_tol(b.slope, 2.0, 1e-12);
    ck_assert_double_eq_tol(regress_at(&a, 0.0), 3.0 + 0.5 * 199, 1e-9);
}
END_TEST

START_TEST(test_only_the_window_counts)
{
    for (int i = 0; i < 100; i++)
        push(i * TICK_MS, i < 50 ? 100.0 : 5.0);
    push(99 * TICK_MS + WINDOW_MS - 1, 5.0); /* the newest but one is within the window, hardly */
    ck_assert_uint_eq(trend.n, 2);
    push(99 * TICK_MS + 2 * WINDOW_MS, 5.0);
    ck_assert_uint_eq(trend.n, 1);
}
END_TEST

START_TEST(test_needs_three_points_at_different_times)
{
    struct regression fit = {.n = 99};

    push(0, 1.0);
    push(1000, 2.0);
    ck_assert(!trend_fit(&trend, 1000, &fit));
    push(2000, 3.0);
    ck_assert(trend_fit(&trend, 2000, &fit));
    ck_assert_double_eq_tol(fit.slope, 1.0, 1e-12);
    setup();
    for (int i = 0; i < 5; i++)
        push(7000, i);
    fit.n = 99;
    ck_assert(!trend_fit(&trend, 7000, &fit));
    ck_assert_uint_eq(fit.n, 99);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("trend");
    TCase *tcase = tcase_create("trend");

    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, test_ten_million_slides_are_as_good_as_a_new_fit);
    tcase_add_test(tcase, test_it_is_what_a_refit_gives);
    tcase_add_test(tcase, test_only_the_window_counts);
    tcase_add_test(tcase, test_needs_three_points_at_different_times);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
