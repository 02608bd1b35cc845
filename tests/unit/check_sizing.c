#include "scaler/sizing.h"

#include "common/limits.h"
#include "support/suite.h"

#include <math.h>

static const struct {
    double demand, utilisation, weight;
    unsigned nodes;
} sizes[] = {
    {0.0, 0.8, 4.0, 1},
    {3.2, 0.8, 4.0, 1},
    {3.3, 0.8, 4.0, 2},
    {22.4, 0.7, 4.0, 8},
    {25.2, 0.7, 4.0, 9}, /* whole but for rounding */
    {1e12, 0.8, 4.0, SIZING_NODES_MAX},
    {1e300, 0.8, 1e-300, SIZING_NODES_MAX},
};

START_TEST(test_the_fewest_nodes_that_carry_it)
{
    ck_assert_uint_eq(sizing_nodes(sizes[_i].demand, sizes[_i].utilisation, sizes[_i].weight), sizes[_i].nodes);
}
END_TEST

START_TEST(test_whole_numbers)
{
    ck_assert_uint_eq(sizing_whole(2.0), 2);
    ck_assert_uint_eq(sizing_whole(2.0 + 1e-12), 2);
    ck_assert_uint_eq(sizing_whole(2.001), 3);
    ck_assert_uint_eq(sizing_whole(0.0), 0);
    ck_assert_uint_eq(sizing_whole(-3.0), 0);
    ck_assert_uint_eq(sizing_whole(NAN), 0);
    ck_assert_uint_eq(sizing_whole(INFINITY), SIZING_NODES_MAX);
    ck_assert_uint_eq(sizing_whole(-INFINITY), 0);
}
END_TEST

static const struct {
    unsigned current, wanted;
    bool worth;
} changes[] = {
    {0, 1, false},   {20, 21, false},  {5, 5, false},  {0, 0, false},   {8, 7, true}, {9, 8, false},
    {100, 88, true}, {100, 89, false}, {25, 22, true}, {25, 23, false}, {1, 0, true},
};

START_TEST(test_what_is_worth_an_action)
{
    ck_assert_int_eq(sizing_worth(changes[_i].current, changes[_i].wanted), changes[_i].worth);
}
END_TEST

START_TEST(test_a_scale_in_is_all_that_is_worth_it)
{
    for (unsigned current = 1; current < 2000; current++) {
        ck_assert(sizing_worth(current, sizing_in(current)));
        ck_assert(!sizing_worth(current, sizing_in(current) + 1));
    }
    ck_assert_uint_eq(sizing_in(0), 0);
}
END_TEST

static const struct {
    unsigned current, wanted, out;
} rises[] = {
    {0, 1, 1}, {1, 2, 2}, {19, 20, 20}, {20, 21, 21}, {21, 22, 23}, {100, 101, 105}, {100, 105, 105}, {100, 106, 106},
};

START_TEST(test_a_rise_is_at_least_a_twentieth)
{
    ck_assert_uint_eq(sizing_out(rises[_i].current, rises[_i].wanted), rises[_i].out);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sizing");
    TCase *tcase = tcase_create("sizing");

    tcase_add_loop_test(tcase, test_the_fewest_nodes_that_carry_it, 0, sizeof sizes / sizeof sizes[0]);
    tcase_add_test(tcase, test_whole_numbers);
    tcase_add_loop_test(tcase, test_what_is_worth_an_action, 0, sizeof changes / sizeof changes[0]);
    tcase_add_test(tcase, test_a_scale_in_is_all_that_is_worth_it);
    tcase_add_loop_test(tcase, test_a_rise_is_at_least_a_twentieth, 0, sizeof rises / sizeof rises[0]);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
