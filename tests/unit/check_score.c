#include "offline/score.h"

#include "support/suite.h"

#include <math.h>

START_TEST(counts_what_happened)
{
    struct score score = {.optimum = 20.0};

    score_step(&score, 9.0, 10, 0, 0); /* exactly 90 %: none above */
    score_step(&score, 9.1, 10, 2, 2);
    score_step(&score, 12.0, 10, 2, -2);
    score_step(&score, 0.0, 10, 0, 0);
    ck_assert_double_eq_tol(score_violation_share(&score), 0.5, 1e-15);
    ck_assert_double_eq_tol(score_unserved_share(&score), 2.0 / 30.1, 1e-15);
    ck_assert_double_eq_tol(score_cost_ratio(&score), 44.0 / 20.0, 1e-15);
    ck_assert_double_eq_tol(score_actions_per_hour(&score), 120.0, 1e-12);
    ck_assert_double_eq_tol(score_utilisation(&score), (0.9 + 0.91 + 1.0) / 4.0, 1e-15);
    ck_assert_double_eq_tol(score_node_hours(&score), 44.0 / 240.0, 1e-15);
    ck_assert_uint_eq(score.nodes_max, 12);
}
END_TEST

static void change_after(struct score *score, unsigned steps, int change)
{
    for (unsigned i = 1; i < steps; i++)
        score_step(score, 1.0, 10, 0, 0);
    score_step(score, 1.0, 10, 0, change);
}

START_TEST(a_scale_in_is_regretted_when_nodes_are_ordered_within_10_minutes)
{
    struct score score = {.optimum = 1.0};

    ck_assert_double_eq(score_regretted_share(&score), 0.0);
    change_after(&score, 1, -1);
    change_after(&score, SCORE_REGRET_STEPS, 1); /* too late */
    ck_assert_uint_eq(score.regretted, 0);
    change_after(&score, 1, -1);
    change_after(&score, 10, -1);
    change_after(&score, SCORE_REGRET_STEPS - 11, 1); /* regrets both, */
    change_after(&score, 1, 1);                       /* and only once */
    ck_assert_uint_eq(score.regretted, 2);
    ck_assert_double_eq_tol(score_regretted_share(&score), 2.0 / 3.0, 1e-15);
}
END_TEST

START_TEST(nothing_to_do_is_nothing_unserved)
{
    struct score score = {.optimum = 1.0};

    score_step(&score, 0.0, 1, 0, 0);
    ck_assert_double_eq(score_unserved_share(&score), 0.0);
    ck_assert_double_eq(score_violation_share(&score), 0.0);
}
END_TEST

static const struct {
    double demand;
    unsigned nodes;
} counts[] = {
    {0.0, 1},     {0.7, 1},     {0.7000001, 2}, {7.0, 10}, {2.1, 3}, /* 2.1 / 0.7 is a little above 3 */
    {139.9, 200}, {140.1, 200}, {1e300, 200},
};

START_TEST(nodes_are_whole_and_bounded)
{
    ck_assert_uint_eq(score_nodes(counts[_i].demand, 0.7, 1, 200), counts[_i].nodes);
}
END_TEST

/* Against the definition, step by step. */
START_TEST(optimum_sees_the_largest_demand_ahead)
{
    enum { STEPS = 400 };
    double demand[STEPS], sum, expected;
    unsigned random = 5;

    for (size_t steps = 1; steps <= STEPS; steps += 57) {
        for (size_t k = 0; k < steps; k++) {
            random = random * 1103515245U + 12345U;
            demand[k] = (random >> 16) % 300 / 2.0;
        }
        for (unsigned delay = 1; delay < 30; delay += 4) {
            expected = 0.0;
            for (size_t k = 0; k < steps; k++) {
                double peak = 0.0;
                for (size_t j = k; j < steps && j <= k + delay; j++)
                    peak = fmax(peak, demand[j]);
                expected += score_nodes(peak, 0.7, 2, 200);
            }
            ck_assert_int_eq(score_optimum(demand, steps, delay, 2, 200, &sum), 0);
            ck_assert_double_eq_tol(sum, expected, 1e-9);
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("score");
    TCase *tests = tcase_create("score");

    tcase_add_test(tests, counts_what_happened);
    tcase_add_test(tests, a_scale_in_is_regretted_when_nodes_are_ordered_within_10_minutes);
    tcase_add_test(tests, nothing_to_do_is_nothing_unserved);
    tcase_add_loop_test(tests, nodes_are_whole_and_bounded, 0, sizeof counts / sizeof *counts);
    tcase_add_test(tests, optimum_sees_the_largest_demand_ahead);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
