/* How far past errors can be trusted. */
#include "scaler/doubt.h"

#include "support/suite.h"

#include "common/random.h"

#include <check.h>

START_TEST(doubt_ends_where_the_promise_is_kept)
{
    uint64_t random = 7;
    double doubt = DOUBT_NONE;
    double sum = 0.0;

    /* Twice as many outcomes lie above the bound as the past errors say. */
    for (unsigned i = 0; i < 40000; i++) {
        doubt = doubt_learn(doubt, 0.05 * doubt, random_below(&random, 10) == 0);
        if (i >= 20000)
            sum += doubt;
    }
    ck_assert_double_eq_tol(sum / 20000, 2.0, 0.2);
}
END_TEST

START_TEST(doubt_rises_with_outcomes_above_the_bound_only)
{
    ck_assert_double_gt(doubt_learn(DOUBT_NONE, 0.05, true), DOUBT_NONE);
    ck_assert_double_lt(doubt_learn(DOUBT_NONE, 0.05, false), DOUBT_NONE);
}
END_TEST

START_TEST(doubt_is_bounded)
{
    double most = DOUBT_NONE;
    double least = DOUBT_NONE;

    for (unsigned i = 0; i < 10000; i++) {
        most = doubt_learn(most, 0.01, true);
        least = doubt_learn(least, 0.5, false);
    }
    ck_assert_double_eq(most, 4.0);
    ck_assert_double_eq(least, 0.25);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("doubt");
    TCase *tests = tcase_create("doubt");

    tcase_add_test(tests, doubt_ends_where_the_promise_is_kept);
    tcase_add_test(tests, doubt_rises_with_outcomes_above_the_bound_only);
    tcase_add_test(tests, doubt_is_bounded);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
