#include "scaler/errors.h"

#include "common/random.h"
#include "support/suite.h"

#include <math.h>
#include <string.h>

static struct errors errors;
static float scratch[ERRORS_ASSUMED];

static void setup(void)
{
    errors = (struct errors){0};
}

static int compare(const void *a, const void *b)
{
    float x = *(const float *)a;
    float y = *(const float *)b;

    return (x > y) - (x < y);
}

static double random_error(uint64_t *random)
{
    return ((double)random_below(random, 2001) - 1000.0) / 10.0; /* with ties */
}

START_TEST(test_the_newest_are_kept_in_order)
{
    float all[3 * ERRORS_MAX];
    uint64_t random = 3;

    for (unsigned i = 0; i < 3 * ERRORS_MAX; i++) {
        float sorted[ERRORS_MAX];
        unsigned count = i + 1 < ERRORS_MAX ? i + 1 : ERRORS_MAX;
        double error = random_error(&random);
        all[i] = (float)error;
        errors_push(&errors, error);
        memcpy(sorted, all + i + 1 - count, count * sizeof *sorted);
        qsort(sorted, count, sizeof *sorted, compare);
        ck_assert_uint_eq(errors.count, count);
        ck_assert_mem_eq(errors.sorted, sorted, count * sizeof *sorted);
    }
    struct errors restored = errors;
    memset(restored.sorted, 0, sizeof restored.sorted);
    errors_restore(&restored);
    ck_assert_mem_eq(restored.sorted, errors.sorted, sizeof errors.sorted);
}
END_TEST

static double mean_square(const struct errors_view *view)
{
    double sum = 0.0;

    for (unsigned i = 0; i < view->count; i++)
        sum += (double)view->values[i] * (double)view->values[i];
    return sum / view->count;
}

/* Laplace's distribution: symmetric, with a variance of twice the square of the spread, its quartile at ln 2. */
START_TEST(test_what_is_assumed)
{
    struct errors_view view = errors_view(&errors, 3.0, scratch);

    ck_assert_uint_eq(view.count, ERRORS_ASSUMED);
    for (unsigned i = 0; i < view.count; i++)
        ck_assert_float_eq_tol(view.values[i], -view.values[view.count - 1 - i], 1e-5F);
    ck_assert_double_eq_tol(mean_square(&view), 18.0, 1.0);
    ck_assert_double_eq_tol(errors_quantile(&view, 0.75), 3.0 * M_LN2, 0.05);
}
END_TEST

/* A calm load needs no wide margin for long; a change of the load counts by itself. */
START_TEST(test_what_is_assumed_follows_what_is_observed)
{
    static const struct {
        double error, spread;
    } cases[] = {{0.0, 1.0}, {0.3, 1.2}, {7.0, 3.0}};

    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct errors observed = {0};
        for (unsigned n = 0; n < 8; n++)
            errors_push(&observed, n % 2 == 0 ? cases[i].error : -cases[i].error);
        struct errors_view view = errors_view(&observed, 3.0, scratch);
        /* the largest of 72 assumed errors */
        double largest = (double)view.values[view.count - 1];
        ck_assert_double_eq_tol(largest, cases[i].spread * log(72.0), 1e-3);
    }
}
END_TEST

START_TEST(test_own_errors_take_the_place_of_assumed_ones)
{
    for (unsigned own = 1; own <= ERRORS_ASSUMED + 5; own++) {
        errors_push(&errors, (own % 2 ? 1.0 : -1.0) * own);
        struct errors_view view = errors_view(&errors, 0.25, scratch);
        unsigned found = 0;
        ck_assert_uint_eq(view.count, own < ERRORS_ASSUMED ? ERRORS_ASSUMED : own);
        for (unsigned i = 0; i < view.count; i++) {
            ck_assert(i == 0 || view.values[i - 1] <= view.values[i]);
            float whole = roundf(fabsf(view.values[i]));
            found += whole >= 1.0F && whole == fabsf(view.values[i]);
        }
        ck_assert_uint_eq(found, own);
    }
}
END_TEST

START_TEST(test_quantiles_lie_between_order_statistics)
{
    static const float values[] = {-2.0F, 0.0F, 1.0F, 5.0F, 10.0F};
    const struct errors_view view = {.values = values, .count = 5};
    const struct errors_view one = {.values = values, .count = 1};

    ck_assert_double_eq(errors_quantile(&view, 0.0), -2.0);
    ck_assert_double_eq(errors_quantile(&view, 0.5), 1.0);
    ck_assert_double_eq_tol(errors_quantile(&view, 0.9), 8.0, 1e-12);
    ck_assert_double_eq(errors_quantile(&view, 1.0), 10.0);
    ck_assert_double_eq(errors_quantile(&one, 0.5), -2.0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("errors");
    TCase *tcase = tcase_create("errors");

    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, test_the_newest_are_kept_in_order);
    tcase_add_test(tcase, test_what_is_assumed);
    tcase_add_test(tcase, test_what_is_assumed_follows_what_is_observed);
    tcase_add_test(tcase, test_own_errors_take_the_place_of_assumed_ones);
    tcase_add_test(tcase, test_quantiles_lie_between_order_statistics);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
