#include "scaler/regress.h"

#include "common/random.h"
#include "support/suite.h"

#include <errno.h>
#include <math.h>

#define POINTS 200U

/* Uniform in -1 .. 1: mean 0, standard deviation 1/sqrt(3). */
static double noise(uint64_t *random)
{
    return (double)(random_next(random) >> 11) / (double)(1ULL << 52) - 1.0;
}

static const struct {
    double level;
    double slope;
    double noise;
    double start; /* of x */
} lines[] = {
    {0.0, 0.0, 0.0, 0.0},    {3.0, 0.5, 0.0, -100.0}, {40.0, -0.2, 1.0, 0.0},
    {1e12, 1e6, 1e7, -50.0}, {5.0, 0.01, 0.1, 1.7e9}, {1e-6, 1e-9, 1e-7, 0.0},
};

START_TEST(test_recovers_a_line_from_noise)
{
    uint64_t random = 42;
    double x[POINTS];
    double y[POINTS];
    struct regression fit;

    for (unsigned i = 0; i < POINTS; i++) {
        x[i] = lines[_i].start + i;
        y[i] = lines[_i].level + lines[_i].slope * i + lines[_i].noise * noise(&random);
    }
    ck_assert_int_eq(regress_fit(x, y, POINTS, &fit), 0);

    double sigma = lines[_i].noise / sqrt(3.0);
    double slope_error = sigma / sqrt(fit.sxx);
    double rounding = 1e-12 * (fabs(lines[_i].level) + 1.0);
    ck_assert_uint_eq(fit.n, POINTS);
    ck_assert_double_eq_tol(fit.sxx, POINTS * (POINTS * POINTS - 1.0) / 12.0, 1e-6);
    ck_assert_double_eq_tol(fit.mean_x, lines[_i].start + (POINTS - 1) / 2.0, 1e-6);
    ck_assert_double_eq_tol(fit.slope, lines[_i].slope, 4.0 * slope_error + rounding);
    ck_assert_double_eq_tol(fit.standard_error, sigma, 0.15 * sigma + rounding);
    ck_assert_double_eq_tol(regress_at(&fit, lines[_i].start), lines[_i].level, 0.6 * sigma + rounding);
}
END_TEST

/* Of many series, the share whose next point lies within its 80 % interval is 80 %. The noise is a sum of 12 uniform
 * numbers, which is close to normal. */
START_TEST(test_the_interval_covers_what_it_promises)
{
    enum { RUNS = 20000, N = 9 };
    uint64_t random = 7;
    unsigned covered = 0;

    for (unsigned run = 0; run < RUNS; run++) {
        double x[N + 1];
        double y[N + 1];
        struct regression fit;
        for (unsigned i = 0; i <= N; i++) {
            x[i] = i < N ? 15.0 * i : 15.0 * N + 60.0;
            y[i] = 10.0 + 0.1 * x[i];
            for (unsigned k = 0; k < 12; k++)
                y[i] += noise(&random) / 2.0;
        }
        ck_assert_int_eq(regress_fit(x, y, N, &fit), 0);
        covered += fabs(y[N] - regress_at(&fit, x[N])) <= regress_margin(&fit, x[N], 0.80);
    }
    ck_assert_double_eq_tol((double)covered / RUNS, 0.80, 0.01);
}
END_TEST

/* By hand: mean x 3, mean y 4, Sxx 10, Sxy 6, residuals -0.8 0.6 1 -0.6 -0.2, s^2 = 2.4 / 3; t(0.95, 3) = 3.182. */
START_TEST(test_a_textbook_example)
{
    static const double x[] = {1, 2, 3, 4, 5};
    static const double y[] = {2, 4, 5, 4, 5};
    struct regression fit;

    ck_assert_int_eq(regress_fit(x, y, 5, &fit), 0);
    ck_assert_double_eq_tol(fit.slope, 0.6, 1e-12);
    ck_assert_double_eq_tol(regress_at(&fit, 0.0), 2.2, 1e-12);
    ck_assert_double_eq_tol(fit.standard_error, sqrt(0.8), 1e-12);
    ck_assert_double_eq_tol(regress_margin(&fit, 6.0, 0.95), 3.182446305 * sqrt(0.8 * (1.0 + 0.2 + 0.9)), 1e-8);
}
END_TEST

static const struct {
    double x[4];
    double y[4];
    unsigned n;
    int error;
} degenerate[] = {
    {{0}, {0}, 0, -ENODATA},
    {{1}, {1}, 1, -ENODATA},
    {{1, 2}, {1, 2}, 2, -ENODATA},
    {{5, 5, 5, 5}, {1, 2, 3, 4}, 4, -EDOM},
    {{0, 0, 0, 0}, {1, 2, 3, 4}, 4, -EDOM},
    {{0.1, 0.1, 0.1 + 1e-17, 0.1}, {1, 2, 3, 4}, 4, -EDOM},
    {{1e9, 1e9 + 1e-7, 1e9, 1e9}, {1, 2, 3, 4}, 4, -EDOM},
    {{1, 2, 3, 4}, {1, NAN, 3, 4}, 4, -EDOM},
    {{1, 2, 3, 4}, {1, INFINITY, 3, 4}, 4, -EDOM},
    {{1, NAN, 3, 4}, {1, 2, 3, 4}, 4, -EDOM},
    {{NAN, 2, 3, 4}, {1, 2, 3, 4}, 4, -EDOM},
    {{1, 2, 3, INFINITY}, {1, 2, 3, 4}, 4, -EDOM},
    {{1, 2, 3, 4}, {1e200, -1e200, 1e200, 0}, 4, -EDOM},
};

START_TEST(test_refuses_degenerate_input_and_leaves_the_fit_alone)
{
    struct regression fit = {.n = 99};

    ck_assert_int_eq(regress_fit(degenerate[_i].x, degenerate[_i].y, degenerate[_i].n, &fit), degenerate[_i].error);
    ck_assert_uint_eq(fit.n, 99);
}
END_TEST

START_TEST(test_a_perfect_line_has_no_margin)
{
    static const double x[] = {-30, -15, 0};
    static const double y[] = {1, 2, 3};
    struct regression fit;

    ck_assert_int_eq(regress_fit(x, y, 3, &fit), 0);
    ck_assert_double_eq_tol(regress_margin(&fit, 100.0, 0.80), 0.0, 1e-12);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("regress");
    TCase *tcase = tcase_create("regress");

    tcase_add_loop_test(tcase, test_recovers_a_line_from_noise, 0, sizeof lines / sizeof lines[0]);
    tcase_add_test(tcase, test_the_interval_covers_what_it_promises);
    tcase_add_test(tcase, test_a_textbook_example);
    tcase_add_loop_test(tcase, test_refuses_degenerate_input_and_leaves_the_fit_alone, 0,
                        sizeof degenerate / sizeof degenerate[0]);
    tcase_add_test(tcase, test_a_perfect_line_has_no_margin);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
