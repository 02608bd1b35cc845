#include "collector/fleet/group_sizes.h"

#include "support/suite.h"

#include <string.h>

static const struct {
    double weights[8]; /* ends with 0 */
    double median;
    bool alike;
} fleets[] = {
    {{0}, 0, true},
    {{4}, 4, true},
    {{4, 4, 4, 4294967.295}, 4, false},
    {{0.001, 4, 4, 4}, 4, false},
    {{1, 64}, 1, true},
    {{1, 65}, 1, false},
    {{5, 6, 7, 100}, 6, true}, /* the mean of its bucket */
    {{1e-9, 1e30}, 1e-9, false},
};

START_TEST(median_is_that_of_most_nodes)
{
    const double *weights = fleets[_i].weights;

    /* Whichever weight is usual, none of them included. */
    for (unsigned usual = 0; usual < 8; usual++) {
        struct group_sizes_count count = {.usual = weights[usual]};
        struct group_sizes_table table;

        memset(&table, 0xff, sizeof table);
        for (unsigned i = 0; weights[i] > 0; i++)
            group_sizes_add(&count, &table, weights[i]);
        ck_assert_double_eq_tol(group_sizes_median(&count, &table), fleets[_i].median,
                                fleets[_i].median * 1e-12 + 1e-15);
        ck_assert_int_eq(group_sizes_alike(&count), fleets[_i].alike);
    }
}
END_TEST

START_TEST(equal_weights_are_exactly_their_median)
{
    struct group_sizes_count count = {0};
    struct group_sizes_table table;

    for (unsigned i = 0; i < 7; i++)
        group_sizes_add(&count, &table, 0.1);
    ck_assert(group_sizes_median(&count, &table) == 0.1);
}
END_TEST

static const struct {
    double median;
    bool any;
    double weight, counts;
} judged[] = {
    {0, false, 1e12, 1e12}, /* nothing is known */
    {4, false, 4, 4},           {4, false, 256, 256},  {4, false, 257, 4},
    {4, false, 0.0625, 0.0625}, {4, false, 0.0624, 4}, {4, true, 1e12, 1e12},
};

START_TEST(weight_beyond_the_factor_counts_as_the_median)
{
    struct group_sizes sizes = {.median = {[RESOURCE_MEMORY] = judged[_i].median}, .any = judged[_i].any};

    ck_assert_double_eq(group_sizes_weight(&sizes, RESOURCE_MEMORY, judged[_i].weight), judged[_i].counts);
    ck_assert_int_eq(group_sizes_believes(&sizes, RESOURCE_MEMORY, judged[_i].weight),
                     judged[_i].weight == judged[_i].counts);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("group_sizes");
    TCase *tests = tcase_create("group_sizes");

    tcase_add_loop_test(tests, median_is_that_of_most_nodes, 0, sizeof fleets / sizeof fleets[0]);
    tcase_add_test(tests, equal_weights_are_exactly_their_median);
    tcase_add_loop_test(tests, weight_beyond_the_factor_counts_as_the_median, 0, sizeof judged / sizeof judged[0]);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
