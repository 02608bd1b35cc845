#include "offline/fleet.h"

#include "support/suite.h"

static struct fleet fleet;

static void step_is(unsigned ready, unsigned pending)
{
    fleet_begin_step(&fleet);
    ck_assert_uint_eq(fleet.nodes.ready, ready);
    ck_assert_uint_eq(fleet.nodes.pending, pending);
}

START_TEST(a_node_is_ready_after_its_delay)
{
    unsigned delay = (unsigned)_i;

    fleet_init(&fleet, 4, delay);
    step_is(4, 0);
    fleet_scale(&fleet, 6);
    for (unsigned k = 1; k < delay; k++)
        step_is(4, 2);
    step_is(6, 0);
}
END_TEST

START_TEST(orders_overlap)
{
    fleet_init(&fleet, 1, 3);
    step_is(1, 0);
    fleet_scale(&fleet, 2);
    step_is(1, 1);
    fleet_scale(&fleet, 4);
    step_is(1, 3);
    fleet_scale(&fleet, 4); /* pending nodes count */
    step_is(2, 2);
    step_is(4, 0);
}
END_TEST

START_TEST(the_last_ordered_goes_first)
{
    fleet_init(&fleet, 3, 3);
    step_is(3, 0);
    fleet_scale(&fleet, 5); /* two for step 3 */
    step_is(3, 2);
    fleet_scale(&fleet, 8); /* three for step 4 */
    step_is(3, 5);
    fleet_scale(&fleet, 4); /* all three go, and one of the two */
    step_is(4, 0);
    step_is(4, 0);
}
END_TEST

START_TEST(ready_ones_go_at_once_and_last)
{
    fleet_init(&fleet, 5, 2);
    step_is(5, 0);
    fleet_scale(&fleet, 7);
    step_is(5, 2);
    fleet_scale(&fleet, 3);
    step_is(3, 0);
    fleet_scale(&fleet, 1);
    step_is(1, 0);
}
END_TEST

/* Against a list of the steps at which nodes are ready, sorted by itself. */
START_TEST(agrees_with_a_list_of_nodes)
{
    enum { STEPS = 3000, DELAY = 7 };
    static unsigned ready_at[100000];
    unsigned nodes = 10, random = 1;

    fleet_init(&fleet, nodes, DELAY);
    for (unsigned k = 0; k < STEPS; k++) {
        unsigned ready = 0;
        for (unsigned i = 0; i < nodes; i++)
            ready += ready_at[i] <= k;
        step_is(ready, nodes - ready);
        random = random * 1103515245U + 12345U;
        unsigned desired = 1 + (random >> 16) % 40;
        fleet_scale(&fleet, desired);
        while (nodes < desired)
            ready_at[nodes++] = k + DELAY;
        nodes = desired; /* the last of the list is the last ordered */
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fleet");
    TCase *tests = tcase_create("fleet");

    tcase_add_loop_test(tests, a_node_is_ready_after_its_delay, 1, 9);
    tcase_add_test(tests, orders_overlap);
    tcase_add_test(tests, the_last_ordered_goes_first);
    tcase_add_test(tests, ready_ones_go_at_once_and_last);
    tcase_add_test(tests, agrees_with_a_list_of_nodes);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
