#include "scaler/margin.h"

#include "common/random.h"
#include "support/suite.h"

#include <math.h>

#define HIGH 0.8

static double cost_of(struct margin margin, double mean_fleet, double price)
{
    return margin.bound / (HIGH * mean_fleet) + price * margin.above;
}

/* The cheapest of all bounds that the upper half of the errors offers. */
static double cheapest(double forecast, const struct errors_view *view, double mean_fleet, double price)
{
    double least = INFINITY;

    for (unsigned i = view->count / 2; i < view->count; i++) {
        double bound = fmax(0.5 * forecast, forecast + (double)view->values[i]);
        least = fmin(least, bound / (HIGH * mean_fleet) + price * (view->count - i) / (view->count + 1));
    }
    return least;
}

static void fill(struct errors *errors, unsigned count, uint64_t *random)
{
    *errors = (struct errors){0};
    for (unsigned i = 0; i < count; i++) {
        double share = (double)random_below(random, 10001) / 5000.0 - 1.0;
        errors_push(errors, 12.0 * share * share * share);
    }
}

/* Where all places are looked at: up to 200 errors. */
START_TEST(test_it_is_the_cheapest)
{
    static struct errors errors;
    uint64_t random = (uint64_t)_i;
    float scratch[ERRORS_ASSUMED];

    fill(&errors, (unsigned)random_below(&random, 200), &random);
    struct errors_view view = errors_view(&errors, 2.0, scratch);
    for (double price = 0.01; price < 1000.0; price *= 3.0) {
        double forecast = (double)random_below(&random, 1000) / 20.0;
        struct margin margin = margin_cheapest(forecast, &view, HIGH, 20.0, price);
        ck_assert_double_eq_tol(cost_of(margin, 20.0, price), cheapest(forecast, &view, 20.0, price), 1e-9);
    }
}
END_TEST

/* Of 480, every fourth place is looked at. */
START_TEST(test_of_many_errors_a_sample_is_nearly_as_good)
{
    static struct errors errors;
    uint64_t random = (uint64_t)_i;
    float scratch[ERRORS_ASSUMED];

    fill(&errors, ERRORS_MAX, &random);
    struct errors_view view = errors_view(&errors, 2.0, scratch);
    for (double price = 1.0; price < 1000.0; price *= 3.0) {
        double found = cost_of(margin_cheapest(30.0, &view, HIGH, 20.0, price), 20.0, price);
        double best = cheapest(30.0, &view, 20.0, price);
        ck_assert_double_ge(found, best - 1e-9);
        ck_assert_double_le(found, best + price * 4.0 / ERRORS_MAX + 1e-9);
    }
}
END_TEST

START_TEST(test_a_higher_price_buys_a_wider_margin)
{
    static struct errors errors;
    uint64_t random = 1;
    double last = 0.0;
    float scratch[ERRORS_ASSUMED];

    fill(&errors, 150, &random);
    struct errors_view view = errors_view(&errors, 2.0, scratch);
    for (double price = 0.0; price < 1000.0; price = 2.0 * price + 0.1) {
        struct margin margin = margin_cheapest(30.0, &view, HIGH, 20.0, price);
        ck_assert_double_ge(margin.bound, last);
        last = margin.bound;
    }
    ck_assert_double_eq_tol(last, 30.0 + (double)view.values[view.count - 1], 1e-4);
}
END_TEST

START_TEST(test_the_bound_is_at_least_half_of_the_forecast)
{
    static const float all_below[] = {-30.0F, -29.0F, -28.0F};
    const struct errors_view view = {.values = all_below, .count = 3};

    ck_assert_double_eq(margin_cheapest(30.0, &view, HIGH, 20.0, 5.0).bound, 15.0);
    ck_assert_double_eq(margin_cheapest(0.0, &view, HIGH, 20.0, 5.0).bound, 0.0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("margin");
    TCase *tcase = tcase_create("margin");

    tcase_add_loop_test(tcase, test_it_is_the_cheapest, 1, 200);
    tcase_add_loop_test(tcase, test_of_many_errors_a_sample_is_nearly_as_good, 1, 20);
    tcase_add_test(tcase, test_a_higher_price_buys_a_wider_margin);
    tcase_add_test(tcase, test_the_bound_is_at_least_half_of_the_forecast);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
