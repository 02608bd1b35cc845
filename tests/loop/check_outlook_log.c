/* Each second some nodes are looked at, in slices. */
#include "collector/autoscale/outlook_log.h"

#include "support/suite.h"
#include "support/test_loop.h"

#include <stdio.h>

#define NODES 95U /* four a second */

static struct registry registry;
static struct collector_config config;
static struct outlook_log outlook;

static void begin(void)
{
    char id[16];

    test_loop_start();
    config = collector_config_defaults;
    ck_assert_int_eq(registry_init(&registry, 600000), 0);
    for (unsigned i = 0; i < NODES; i++) {
        snprintf(id, sizeof id, "web-%u", i);
        ck_assert_ptr_nonnull(registry_ensure_node(&registry, id, 15000, 1));
    }
    outlook_log_start(&outlook, &test_loop, &registry, &config);
}

static void end(void)
{
    outlook_log_close(&outlook);
    test_loop_end();
    registry_deinit(&registry);
}

START_TEST(a_second_looks_at_some_nodes_a_step_each)
{
    outlook.slices.slice_ns = 0; /* one step in each turn of the loop */
    while (outlook.watch.next == 0)
        uv_run(&test_loop, UV_RUN_ONCE);
    for (unsigned looked = 1; looked <= 4; looked++) {
        ck_assert_uint_eq(outlook.watch.next, looked);
        uv_run(&test_loop, UV_RUN_NOWAIT);
    }
    ck_assert_uint_eq(outlook.watch.next, 4);
    test_loop_until_count(&outlook.watch.next, 5); /* in the next second */
}
END_TEST

START_TEST(after_the_end_no_node_is_looked_at)
{
    outlook.slices.slice_ns = 0;
    while (outlook.watch.next == 0)
        uv_run(&test_loop, UV_RUN_ONCE);
    outlook_log_close(&outlook);
    for (unsigned i = 0; i < 3; i++)
        uv_run(&test_loop, UV_RUN_NOWAIT);
    ck_assert_uint_eq(outlook.watch.next, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("outlook_log");
    TCase *tests = tcase_create("outlook_log");

    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_test(tests, a_second_looks_at_some_nodes_a_step_each);
    tcase_add_test(tests, after_the_end_no_node_is_looked_at);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
