#include "collector/autoscale/victims.h"

#include "common/random.h"
#include "support/suite.h"

#include <math.h>
#include <string.h>

static const struct {
    struct victim_candidate candidates[4]; /* in the order in which they go */
    unsigned wanted;
    unsigned taken;
} orders[] = {
    {{{"old", 1, 0.0, false}}, 0, 0},
    {{{"newest", 9, 0.9, false}, {"newer", 5, 0.0, false}, {"old", 1, 0.0, false}}, 2, 2},
    {{{"idle", 5, 0.1, false}, {"busy", 5, 0.8, false}, {"unknown", 5, NAN, false}}, 3, 3},
    {{{"a", 5, 0.1, false}, {"b", 5, 0.1, false}, {"c", 5, NAN, false}, {"d", 5, NAN, false}}, 1, 1},
    {{{"old", 1, 0.9, false}, {"cold", 9, 0.0, true}, {"cool", 8, 0.0, true}}, 2, 1},
    {{{"cold", 9, 0.0, true}}, 1, 0},
    {{{"a", 5, 0.1, false}, {"b", 5, 0.2, false}}, 9, 2},
    {{{"a", 5, -INFINITY, false}, {"b", 5, INFINITY, false}, {"c", 5, NAN, false}}, 3, 3},
};

static unsigned count_of(const struct victim_candidate *candidates)
{
    unsigned count = 0;

    while (count < 4 && candidates[count].node_id != NULL)
        count++;
    return count;
}

START_TEST(order_is_the_same_whatever_it_was_before)
{
    unsigned count = count_of(orders[_i].candidates);
    uint64_t random = 1;

    for (unsigned round = 0; round < 50; round++) {
        struct victim_candidate candidates[4];
        memcpy(candidates, orders[_i].candidates, sizeof candidates);
        for (unsigned i = count; i > 1; i--) {
            unsigned j = (unsigned)random_below(&random, i);
            struct victim_candidate other = candidates[j];
            candidates[j] = candidates[i - 1];
            candidates[i - 1] = other;
        }
        ck_assert_uint_eq(victims_choose(candidates, count, orders[_i].wanted), orders[_i].taken);
        for (unsigned i = 0; i < count; i++)
            ck_assert_str_eq(candidates[i].node_id, orders[_i].candidates[i].node_id);
    }
}
END_TEST

START_TEST(of_no_nodes_none_goes)
{
    ck_assert_uint_eq(victims_choose(NULL, 0, 5), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("victims");
    TCase *tests = tcase_create("victims");

    tcase_add_loop_test(tests, order_is_the_same_whatever_it_was_before, 0, sizeof orders / sizeof *orders);
    tcase_add_test(tests, of_no_nodes_none_goes);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
