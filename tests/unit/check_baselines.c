/* Each policy by hand, from its description. Whole simulations are compared with a reference in e2e/simulate_reference.
 */
#include "offline/baselines.h"

#include "support/suite.h"

static struct baseline baseline;

static struct sim_view view_of(size_t step, unsigned ready, unsigned pending, double utilisation)
{
    return (struct sim_view){.step = step,
                             .ready = ready,
                             .pending = pending,
                             .utilisation = utilisation,
                             .demand = utilisation * ready,
                             .nodes_min = 1,
                             .nodes_max = 200};
}

static void begin(void)
{
    baseline = (struct baseline){.hpa = HPA_SETTINGS_DEFAULT};
}

static const struct {
    unsigned ready, pending;
    double utilisation;
    unsigned desired;
} hpa_first[] = {
    {10, 0, 0.70, 10}, {10, 0, 0.76, 10},                    /* within the tolerance */
    {10, 0, 0.64, 10}, {10, 0, 0.78, 12},                    /* ceil(0.78 / 0.7 x 10) */
    {10, 0, 1.00, 15}, {1, 0, 1.0, 2},    {10, 2, 0.90, 12}, /* 0.9 x 10 / 12 = 75 %: within the tolerance */
    {10, 2, 1.00, 15}, {10, 5, 1.00, 15},                    /* 1.0 x 10 / 15 = 67 %: enough are pending */
    {10, 0, 0.10, 10},                                       /* 2 would do, but at the start 10 are recommended */
    {10, 0, 0.00, 10},
};

START_TEST(hpa_scales_out_at_once)
{
    struct sim_policy policy = baselines_hpa(&baseline);
    struct sim_view view = view_of(0, hpa_first[_i].ready, hpa_first[_i].pending, hpa_first[_i].utilisation);

    ck_assert_uint_eq(policy.step(policy.state, &view).desired, hpa_first[_i].desired);
}
END_TEST

START_TEST(hpa_scales_in_to_the_highest_recommendation_of_five_minutes)
{
    struct sim_policy policy = baselines_hpa(&baseline);
    unsigned fleet = 10;

    for (size_t k = 0; k < 60; k++) {
        struct sim_view view = view_of(k, fleet, 0, (k < 30 ? 3.5 : 1.4) / fleet);
        unsigned desired = policy.step(policy.state, &view).desired;
        /* the start counts for 20 steps, and 5 nodes' worth of load for 20 steps after its end */
        ck_assert_uint_eq(desired, k < 20 ? 10 : k < 49 ? 5 : 2);
        fleet = desired;
    }
}
END_TEST

START_TEST(threshold_rests_after_each_step)
{
    struct sim_policy policy = baselines_threshold(&baseline);
    static const unsigned high[] = {11, 11, 11, 11, 12, 12, 12, 12, 13};
    unsigned fleet = 10;

    for (size_t k = 0; k < sizeof high / sizeof *high; k++) {
        struct sim_view view = view_of(k, fleet, 0, 0.76);
        fleet = policy.step(policy.state, &view).desired;
        ck_assert_uint_eq(fleet, high[k]);
    }
}
END_TEST

static const struct {
    unsigned nodes;
    double utilisation;
    unsigned desired;
} threshold_first[] = {
    {10, 0.75, 10}, {10, 0.30, 10}, {10, 0.29, 9}, {1, 0.0, 1}, {200, 1.0, 200},
};

START_TEST(threshold_moves_by_one)
{
    struct sim_policy policy = baselines_threshold(&baseline);
    struct sim_view view = view_of(0, threshold_first[_i].nodes, 0, threshold_first[_i].utilisation);

    ck_assert_uint_eq(policy.step(policy.state, &view).desired, threshold_first[_i].desired);
}
END_TEST

/* At its bound it does nothing, and so needs no rest. */
START_TEST(threshold_rests_only_after_it_moved)
{
    struct sim_policy policy = baselines_threshold(&baseline);
    struct sim_view view = view_of(0, 200, 0, 1.0);

    (void)policy.step(policy.state, &view);
    view = view_of(1, 200, 0, 0.1);
    ck_assert_uint_eq(policy.step(policy.state, &view).desired, 199);
}
END_TEST

START_TEST(static_is_sized_for_the_peak)
{
    const double demand[] = {1.0, 14.0, 3.0};
    struct sim_setup setup = {.demand = demand, .steps = 3, .delay = 1, .nodes_min = 1, .nodes_max = 200};
    struct sim_policy policy = baselines_static(&baseline);
    struct sim_view view = view_of(0, 18, 2, 1.0);

    ck_assert_uint_eq(policy.begin(policy.state, &setup), 20);
    ck_assert_uint_eq(policy.step(policy.state, &view).desired, 20);
}
END_TEST

/* The counts 10, 11, 12, ... rise by one a step; 10 s are two thirds of one. */
START_TEST(phpa_follows_its_line)
{
    struct sim_policy policy = baselines_phpa(&baseline);
    struct sim_move move = {0};

    for (size_t k = 0; k < 12; k++) {
        struct sim_view view = view_of(k, 10 + (unsigned)k, 0, 0.7);
        move = policy.step(policy.state, &view);
        ck_assert_double_eq(move.recommendation, k == 0 ? 10.0 : (double)(10 + k + 1));
        ck_assert_uint_eq(move.desired, k == 0 ? 10 : 11 + (unsigned)k);
    }
}
END_TEST

static const struct {
    unsigned nodes, desired;
} added[] = {{3, 7}, {4, 8}, {6, 12}};

/* A line that falls from 40 still predicts far more than there is. */
START_TEST(four_are_added_or_as_many_as_there_are)
{
    struct sim_policy policy = baselines_phpa(&baseline);
    struct sim_move move = {0};

    for (size_t k = 0; k < 7; k++) {
        struct sim_view view = view_of(k, k < 6 ? 40 : added[_i].nodes, 0, 0.7);
        move = policy.step(policy.state, &view);
    }
    ck_assert_double_gt(move.recommendation, 20.0);
    ck_assert_uint_eq(move.desired, added[_i].desired);
}
END_TEST

START_TEST(phpa_never_goes_below_the_hpa)
{
    struct sim_policy policy = baselines_phpa(&baseline);

    for (size_t k = 0; k < 12; k++) {
        struct sim_view view = view_of(k, 30 - 2 * (unsigned)k, 0, 0.7);
        ck_assert_double_eq(policy.step(policy.state, &view).recommendation, 30.0 - 2.0 * (double)k);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("baselines");
    TCase *tests = tcase_create("baselines");

    tcase_add_checked_fixture(tests, begin, NULL);
    tcase_add_loop_test(tests, hpa_scales_out_at_once, 0, sizeof hpa_first / sizeof *hpa_first);
    tcase_add_test(tests, hpa_scales_in_to_the_highest_recommendation_of_five_minutes);
    tcase_add_test(tests, threshold_rests_after_each_step);
    tcase_add_loop_test(tests, threshold_moves_by_one, 0, sizeof threshold_first / sizeof *threshold_first);
    tcase_add_test(tests, threshold_rests_only_after_it_moved);
    tcase_add_test(tests, static_is_sized_for_the_peak);
    tcase_add_test(tests, phpa_follows_its_line);
    tcase_add_loop_test(tests, four_are_added_or_as_many_as_there_are, 0, sizeof added / sizeof *added);
    tcase_add_test(tests, phpa_never_goes_below_the_hpa);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
