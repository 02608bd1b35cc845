#include "scaler/outlook.h"

#include "scaler/forecast.h"
#include "support/suite.h"

#include <math.h>

#define POINTS 30

/* A reading each 10 s that rises by so much a second to `now`, with noise of alternating sign. */
static struct outlook line(double now, double slope, double noise, double limit)
{
    double x[POINTS];
    double y[POINTS];

    for (unsigned i = 0; i < POINTS; i++) {
        x[i] = -10.0 * (POINTS - 1 - i);
        y[i] = now + slope * x[i] + (i % 2 == 0 ? noise : -noise);
    }
    return outlook_of(x, y, POINTS, 135.0, limit);
}

START_TEST(a_line_reaches_its_limit_when_it_says)
{
    struct outlook o = line(0.60, 0.0005, 0.0, 1.0);

    ck_assert(o.valid);
    ck_assert_double_eq_tol(o.now, 0.60, 1e-9);
    ck_assert_double_eq_tol(o.at, 0.60 + 135.0 * 0.0005, 1e-9);
    ck_assert_double_eq_tol(o.until_s, 800.0, 1e-6);
}
END_TEST

START_TEST(what_is_beyond_the_limit_is_there)
{
    ck_assert_double_eq(line(0.9, 0.0005, 0.0, 0.8).until_s, 0.0);
    ck_assert_double_eq(line(0.9, -0.0005, 0.0, 0.8).until_s, 0.0);
}
END_TEST

START_TEST(what_does_not_rise_never_gets_there)
{
    ck_assert(isinf(line(0.5, 0.0, 0.01, 0.8).until_s));
    ck_assert(isinf(line(0.5, -0.001, 0.0, 0.8).until_s));
}
END_TEST

/* The slope is less than three of its standard errors. */
START_TEST(noise_is_no_rise)
{
    ck_assert(isinf(line(0.5, 0.0001, 0.2, 0.8).until_s));
    ck_assert(!isinf(line(0.5, 0.0008, 0.02, 0.8).until_s));
}
END_TEST

START_TEST(no_line_is_believed_for_ever)
{
    ck_assert(isinf(line(0.10, 0.0005, 0.0, 1.0).until_s)); /* 1800 s, and it was seen for 290 */
    ck_assert(!isinf(line(0.20, 0.0005, 0.0, 1.0).until_s));
}
END_TEST

START_TEST(the_interval_is_around_the_line_and_within_bounds)
{
    struct outlook o = line(0.80, 0.001, 0.05, 1.0);

    struct outlook_interval i = outlook_interval(&o);

    ck_assert(i.low < o.at && o.at <= i.high && i.high <= 1.0 && i.low >= 0.0);
}
END_TEST

/* The line is at 0.6 in 135 s, and the residuals alternate between 0.02 and -0.02. */
START_TEST(the_interval_is_that_of_the_regression)
{
    struct outlook o = line(0.6, 0.0, 0.02, 1.0);
    struct outlook_interval i = outlook_interval(&o);

    double margin = regress_margin(&o.line, 135.0, FORECAST_CONFIDENCE);
    ck_assert_double_eq_tol(o.line.standard_error, 0.02 * sqrt(30.0 / 28.0), 1e-3);
    ck_assert(margin > 0.02);
    ck_assert_double_eq_tol(i.low, o.at - margin, 1e-12);
    ck_assert_double_eq_tol(i.high, o.at + margin, 1e-12);
}
END_TEST

START_TEST(too_few_points_say_nothing)
{
    double x[] = {-10.0, 0.0};
    double y[] = {0.1, 0.9};

    for (unsigned n = 0; n <= 2; n++) {
        struct outlook o = outlook_of(x, y, n, 135.0, 1.0);
        ck_assert(!o.valid && isinf(o.until_s));
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("outlook");
    TCase *tcase = tcase_create("outlook");

    tcase_add_test(tcase, a_line_reaches_its_limit_when_it_says);
    tcase_add_test(tcase, what_is_beyond_the_limit_is_there);
    tcase_add_test(tcase, what_does_not_rise_never_gets_there);
    tcase_add_test(tcase, noise_is_no_rise);
    tcase_add_test(tcase, no_line_is_believed_for_ever);
    tcase_add_test(tcase, the_interval_is_around_the_line_and_within_bounds);
    tcase_add_test(tcase, the_interval_is_that_of_the_regression);
    tcase_add_test(tcase, too_few_points_say_nothing);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
