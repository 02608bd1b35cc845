#include "collector/observe.h"

#include "support/suite.h"

#include <string.h>

#define NOW_MS  INT64_C(10000000)
#define TICK_MS 15000
#define GONE_MS 60000
#define GIB     (UINT64_C(1) << 30)

static struct registry registry;
static struct group *web, *db;
static struct group_observation observed[2];

static void setup(void)
{
    ck_assert_int_eq(registry_init(&registry, 60000), 0);
    web = registry_group(&registry, "web");
    db = registry_group(&registry, "db");
    memset(observed, 0xff, sizeof observed); /* whatever was there before */
}

static void teardown(void)
{
    registry_deinit(&registry);
}

static struct node *node_of(const char *id, struct group *group, uint32_t cores, uint64_t memory_bytes)
{
    struct node *node = registry_node(&registry, id, 1000, NOW_MS - 100000);

    ck_assert_ptr_nonnull(node);
    node->group = group;
    node->cores = cores;
    node->memory_bytes = memory_bytes;
    return node;
}

/* A negative percentage: absent. */
static void report(struct node *node, int64_t time_ms, double cpu, double memory, double disk)
{
    struct sample sample = {.seq = 1, .uptime_ms = (uint64_t)time_ms};

    if (cpu >= 0)
        sample_set_gauge(&sample, METRIC_CPU, cpu);
    if (memory >= 0)
        sample_set_gauge(&sample, METRIC_MEMORY, memory);
    if (disk >= 0)
        sample_set_gauge(&sample, METRIC_DISK_BUSY, disk);
    ck_assert(ring_push(&node->ring, time_ms, &sample));
    node->reported = true;
    node->seen_ms = time_ms;
}

static void observe(void)
{
    observe_groups(&registry, NOW_MS, TICK_MS, GONE_MS, observed);
}

static void assert_resource(const struct group_observation *group, enum resource resource, double demand,
                            double capacity, unsigned nodes)
{
    ck_assert_double_eq_tol(group->resource[resource].demand, demand, capacity * 1e-12 + 1e-12);
    ck_assert_double_eq(group->resource[resource].capacity, capacity);
    ck_assert_uint_eq(group->resource[resource].nodes, nodes);
}

START_TEST(demand_is_the_sum_of_utilisation_times_weight)
{
    report(node_of("a", web, 4, 8 * GIB), NOW_MS - 500, 50, 25, 10);
    report(node_of("b", web, 2, 16 * GIB), NOW_MS - 900, 100, 75, 30);
    report(node_of("c", db, 8, 32 * GIB), NOW_MS - 10, 12.5, 50, 0);
    observe();
    ck_assert_uint_eq(observed[0].live, 2);
    ck_assert_uint_eq(observed[0].stale, 0);
    ck_assert_uint_eq(observed[0].unreported, 0);
    assert_resource(&observed[0], RESOURCE_CPU, 4, 6, 2);
    assert_resource(&observed[0], RESOURCE_MEMORY, 14.0 * GIB, 24.0 * GIB, 2);
    assert_resource(&observed[0], RESOURCE_DISK, 0.4, 2, 2);
    ck_assert_uint_eq(observed[1].live, 1);
    assert_resource(&observed[1], RESOURCE_CPU, 1, 8, 1);
    assert_resource(&observed[1], RESOURCE_DISK, 0, 1, 1);
}
END_TEST

START_TEST(a_node_that_does_not_tell_its_size_weighs_one)
{
    report(node_of("a", web, 0, 0), NOW_MS, 50, 25, 10);
    observe();
    assert_resource(&observed[0], RESOURCE_CPU, 0.5, 1, 1);
    assert_resource(&observed[0], RESOURCE_MEMORY, 0.25, 1, 1);
}
END_TEST

START_TEST(what_a_node_does_not_report_is_no_capacity_either)
{
    report(node_of("a", web, 4, GIB), NOW_MS, 50, -1, -1);
    report(node_of("b", web, 4, GIB), NOW_MS, -1, 50, -1);
    observe();
    ck_assert_uint_eq(observed[0].live, 2);
    assert_resource(&observed[0], RESOURCE_CPU, 2, 4, 1);
    assert_resource(&observed[0], RESOURCE_MEMORY, 0.5 * GIB, GIB, 1);
    assert_resource(&observed[0], RESOURCE_DISK, 0, 0, 0);
}
END_TEST

START_TEST(utilisation_is_the_mean_over_the_last_tick)
{
    struct node *node = node_of("a", web, 1, GIB);

    report(node, NOW_MS - TICK_MS - 5000, 90, 0, 0);
    report(node, NOW_MS - TICK_MS, 90, 0, 0); /* belongs to the tick before */
    report(node, NOW_MS - TICK_MS + 1, 10, 0, 0);
    report(node, NOW_MS, 30, 0, 0);
    observe();
    assert_resource(&observed[0], RESOURCE_CPU, 0.2, 1, 1);
}
END_TEST

START_TEST(a_slow_agent_counts_with_its_newest_sample)
{
    struct node *node = node_of("a", web, 1, GIB);

    node->interval_ms = 60000;
    report(node, NOW_MS - 80000, 90, 0, 0);
    report(node, NOW_MS - 20000, 40, 0, 0);
    observe();
    ck_assert_uint_eq(observed[0].live, 1);
    assert_resource(&observed[0], RESOURCE_CPU, 0.4, 1, 1);
}
END_TEST

START_TEST(each_liveness_is_counted_where_it_belongs)
{
    struct node *unreported = node_of("unreported", web, 1, GIB);
    struct node *drained = node_of("drained", web, 1, GIB);

    unreported->recovered = true;
    unreported->known_ms = NOW_MS - 1000;
    drained->departed = true;
    report(drained, NOW_MS, 50, 50, 50);
    (void)node_of("new", web, 1, GIB);
    (void)node_of("of-no-group", NULL, 1, GIB);
    report(node_of("live", web, 1, GIB), NOW_MS, 50, 50, 50);
    report(node_of("stale", web, 1, GIB), NOW_MS - 10000, 50, 50, 50);
    report(node_of("gone", web, 1, GIB), NOW_MS - 90000, 50, 50, 50);
    observe();
    ck_assert_uint_eq(observed[0].live, 1);
    ck_assert_uint_eq(observed[0].stale, 1);
    ck_assert_uint_eq(observed[0].unreported, 1);
    assert_resource(&observed[0], RESOURCE_CPU, 0.5, 1, 1);
    ck_assert_uint_eq(observed[1].live + observed[1].stale + observed[1].unreported, 0);
}
END_TEST

START_TEST(a_node_that_moved_counts_in_its_new_group_only)
{
    struct node *node = node_of("a", web, 1, GIB);

    report(node, NOW_MS, 50, 50, 50);
    node->group = db;
    observe();
    ck_assert_uint_eq(observed[0].live, 0);
    ck_assert_uint_eq(observed[1].live, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("observe");
    TCase *tcase = tcase_create("observe");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, demand_is_the_sum_of_utilisation_times_weight);
    tcase_add_test(tcase, a_node_that_does_not_tell_its_size_weighs_one);
    tcase_add_test(tcase, what_a_node_does_not_report_is_no_capacity_either);
    tcase_add_test(tcase, utilisation_is_the_mean_over_the_last_tick);
    tcase_add_test(tcase, a_slow_agent_counts_with_its_newest_sample);
    tcase_add_test(tcase, each_liveness_is_counted_where_it_belongs);
    tcase_add_test(tcase, a_node_that_moved_counts_in_its_new_group_only);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
