#include "scaler/ridge.h"

#include "common/random.h"
#include "scaler/ridge_state.h"
#include "support/suite.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define STEP_MS 15000
#define DAY     5760 /* steps */

static struct ridge ridge;
static uint64_t random_state;

static void setup(void)
{
    memset(&ridge, 0, sizeof ridge);
    random_state = 5;
}

static double noise(void)
{
    return (double)random_below(&random_state, 200001) / 100000.0 - 1.0;
}

static void draw(float *x)
{
    for (unsigned i = 0; i < RIDGE_FEATURES; i++)
        x[i] = (float)(noise() * pow(10.0, (int)i % 5 - 2)); /* of very different sizes */
}

/* Any weights: a large one for a small feature. */
static double truth(const float *x, double sign)
{
    double y = 3.0;

    for (unsigned i = 0; i < RIDGE_FEATURES; i++)
        y += sign * (i % 3 - 1.0) / pow(10.0, (int)i % 5 - 2) * (double)x[i];
    return y;
}

static void learn(unsigned examples, double sign, double error)
{
    float x[RIDGE_FEATURES];

    for (unsigned k = 0; k < examples; k++) {
        draw(x);
        ridge_learn(&ridge, x, truth(x, sign) + error * noise(), STEP_MS);
    }
}

static double worst(double sign)
{
    float x[RIDGE_FEATURES];
    double most = 0.0;

    for (unsigned k = 0; k < 200; k++) {
        draw(x);
        most = fmax(most, fabs(ridge_predict(&ridge, x) - truth(x, sign)));
    }
    return most;
}

START_TEST(test_recovers_weights_from_noise)
{
    learn(RIDGE_LEAST, 1.0, 0.0);
    ck_assert_double_lt(worst(1.0), 0.05); /* the ridge shrinks a little */
    setup();
    learn(DAY, 1.0, 2.0);
    ck_assert_double_lt(worst(1.0), 0.25);
}
END_TEST

START_TEST(test_predicts_nothing_before_it_has_seen_enough)
{
    float x[RIDGE_FEATURES];

    learn(RIDGE_LEAST - 1, 1.0, 0.0);
    draw(x);
    ck_assert_double_eq(ridge_predict(&ridge, x), 0.0);
    learn(1, 1.0, 0.0);
    ck_assert_double_ne(ridge_predict(&ridge, x), 0.0);
}
END_TEST

/* Half as much weight for what is a day old: after two days of another rule a fifth of the former one is left. */
START_TEST(test_forgets)
{
    learn(DAY, 1.0, 0.0);
    double before = worst(1.0);
    learn(2 * DAY, -1.0, 0.0);
    ck_assert_double_lt(before, 0.6); /* the largest rises are cut to what was seen lately */
    ck_assert_double_eq_tol(ridge.sums.n, (1.0 - 0.125) * DAY / log(2.0), 10.0);
    ck_assert_double_eq_tol(ridge.w[2], -100.0 / 100.0 * (0.75 - 0.125) / 0.875, 0.05);
}
END_TEST

START_TEST(test_solves_once_an_hour)
{
    learn(RIDGE_LEAST, 1.0, 0.0);
    double base = ridge.base;
    learn(3600000 / STEP_MS - 1, -1.0, 0.0);
    ck_assert_double_eq(ridge.base, base);
    learn(1, -1.0, 0.0);
    ck_assert_double_ne(ridge.base, base);
}
END_TEST

/* Against the same equations solved by Gaussian elimination on the examples themselves. */
START_TEST(test_it_is_the_weighted_ridge_regression)
{
    enum { N = RIDGE_LEAST, M = RIDGE_FEATURES };
    static double x[N][M], y[N], a[M][M + 1];
    double mean[M] = {0}, scale[M] = {0}, mean_y = 0.0, sum = 0.0, weight[N];

    for (unsigned k = 0; k < N; k++) {
        float features[M];
        draw(features);
        features[3] = features[1] + 0.01F * features[3]; /* nearly the same */
        y[k] = truth(features, 1.0) + noise();
        weight[k] = exp2(-((double)N - 1 - k) / DAY);
        sum += weight[k];
        mean_y += weight[k] * y[k];
        for (unsigned i = 0; i < M; i++) {
            x[k][i] = (double)features[i];
            mean[i] += weight[k] * x[k][i];
        }
        ridge_learn(&ridge, features, y[k], STEP_MS);
    }
    mean_y /= sum;
    for (unsigned i = 0; i < M; i++)
        mean[i] /= sum;
    for (unsigned k = 0; k < N; k++)
        for (unsigned i = 0; i < M; i++)
            scale[i] += weight[k] / sum * (x[k][i] - mean[i]) * (x[k][i] - mean[i]);
    for (unsigned i = 0; i < M; i++) {
        for (unsigned j = 0; j <= M; j++)
            a[i][j] = i == j ? 1e-3 : 0.0;
        for (unsigned k = 0; k < N; k++) {
            double xi = weight[k] / sum * (x[k][i] - mean[i]) / sqrt(scale[i]);
            for (unsigned j = 0; j < M; j++)
                a[i][j] += xi * (x[k][j] - mean[j]) / sqrt(scale[j]);
            a[i][M] += xi * (y[k] - mean_y);
        }
    }
    for (unsigned i = 0; i < M; i++)
        for (unsigned r = 0; r < M; r++) {
            double factor = r == i ? 0.0 : a[r][i] / a[i][i];
            for (unsigned j = 0; j <= M; j++)
                a[r][j] -= factor * a[i][j];
        }
    for (unsigned i = 0; i < M; i++) {
        double expected = a[i][M] / a[i][i] / sqrt(scale[i]);
        ck_assert_double_eq_tol(ridge.w[i], expected, 1e-6 * (1.0 + fabs(expected)));
    }
}
END_TEST

/* Constant features, one feature 16 times, nothing at all: no nonsense. */
START_TEST(test_degenerate_features)
{
    for (unsigned kind = 0; kind < 4; kind++) {
        setup();
        for (unsigned k = 0; k < 2 * DAY; k++) {
            float x[RIDGE_FEATURES];
            float one = (float)noise();
            for (unsigned i = 0; i < RIDGE_FEATURES; i++)
                x[i] = kind == 0 ? 0.0F : kind == 1 ? 1e6F : kind == 2 ? one : (k % 2 == 0 ? 1e21F : 1e-21F);
            double y = kind == 3 ? (double)x[0] : 2.0 * (double)one;
            ridge_learn(&ridge, x, y, STEP_MS);
            ck_assert(isfinite(ridge_predict(&ridge, x)));
            ck_assert_double_le(fabs(ridge_predict(&ridge, x)), ridge.largest);
            if (kind == 2 && k > RIDGE_LEAST)
                ck_assert_double_eq_tol(ridge_predict(&ridge, x), y, 0.01);
            if (kind < 2 && k > RIDGE_LEAST)
                ck_assert_double_lt(fabs(ridge_predict(&ridge, x)), 0.3); /* the mean */
        }
    }
}
END_TEST

START_TEST(test_no_rise_is_beyond_those_seen)
{
    float x[RIDGE_FEATURES];

    learn(RIDGE_LEAST, 1.0, 0.0);
    draw(x);
    for (unsigned i = 0; i < RIDGE_FEATURES; i++)
        x[i] = (float)((i % 3 - 1.0) * 1e6);
    ck_assert_double_eq(ridge_predict(&ridge, x), ridge.largest);
    for (unsigned i = 0; i < RIDGE_FEATURES; i++)
        x[i] = -x[i];
    ck_assert_double_eq(ridge_predict(&ridge, x), -ridge.largest);
}
END_TEST

START_TEST(test_is_saved_and_read_back)
{
    struct state_text out = {0};
    struct ridge read;

    learn(700, 1.0, 1.0);
    ridge_save(&ridge, &out);
    struct state_cursor cursor = {.at = out.text, .end = out.text + out.len};
    ck_assert(ridge_load(&read, &cursor));
    ck_assert_ptr_eq(cursor.at, cursor.end);
    ck_assert_double_eq(read.base, ridge.base);
    ck_assert_uint_eq(read.known, ridge.known);
    ck_assert_int_eq(read.unfitted_ms, ridge.unfitted_ms);
    ck_assert_mem_eq(&read.sums, &ridge.sums, sizeof read.sums);
    ck_assert_mem_eq(read.w, ridge.w, sizeof read.w);
    for (size_t len = 0; len < out.len; len += 97) {
        cursor = (struct state_cursor){.at = out.text, .end = out.text + len};
        ck_assert(!ridge_load(&read, &cursor));
    }
    free(out.text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ridge");
    TCase *tcase = tcase_create("ridge");

    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, test_recovers_weights_from_noise);
    tcase_add_test(tcase, test_predicts_nothing_before_it_has_seen_enough);
    tcase_add_test(tcase, test_forgets);
    tcase_add_test(tcase, test_solves_once_an_hour);
    tcase_add_test(tcase, test_it_is_the_weighted_ridge_regression);
    tcase_add_test(tcase, test_degenerate_features);
    tcase_add_test(tcase, test_no_rise_is_beyond_those_seen);
    tcase_add_test(tcase, test_is_saved_and_read_back);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
