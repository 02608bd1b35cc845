#include "collector/fleet/observe.h"

#include "collector/fleet/membership.h"
#include "collector/fleet/node_weight.h"
#include "support/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOW_MS  INT64_C(10000000)
#define TICK_MS 15000
#define GONE_MS 60000
#define GIB     (UINT64_C(1) << 30)

static struct registry registry;
static struct group *web, *db;
static struct group_observation observed[2];
static struct collector_config config;
static int64_t now_ms;

static void setup(void)
{
    ck_assert_int_eq(registry_init(&registry, 60000), 0);
    web = registry_ensure_group(&registry, "web");
    db = registry_ensure_group(&registry, "db");
    memset(observed, 0xff, sizeof observed); /* whatever was there before */
    config = (struct collector_config){.settings = {.tick_ms = TICK_MS}, .gone_ms = GONE_MS};
    now_ms = NOW_MS;
}

static void teardown(void)
{
    registry_deinit(&registry);
}

static struct node *node_of(const char *id, struct group *group, uint32_t cores, uint64_t memory_bytes)
{
    struct node *node = registry_ensure_node(&registry, id, 1000, NOW_MS - 100000);

    ck_assert_ptr_nonnull(node);
    node->group = group;
    node->cpu_milli = 1000 * cores;
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
    observe_groups(&registry, &config, now_ms, observed);
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
    ck_assert_uint_eq(observed[0].missing, 0);
    ck_assert_uint_eq(observed[0].unreported, 0);
    assert_resource(&observed[0], RESOURCE_CPU, 4, 6, 2);
    assert_resource(&observed[0], RESOURCE_MEMORY, 14.0 * GIB, 24.0 * GIB, 2);
    assert_resource(&observed[0], RESOURCE_DISK, 0.4, 2, 2);
    ck_assert_uint_eq(observed[1].live, 1);
    assert_resource(&observed[1], RESOURCE_CPU, 1, 8, 1);
    assert_resource(&observed[1], RESOURCE_DISK, 0, 1, 1);
}
END_TEST

/* A container with a quota of a quarter of a core, beside a machine of one. */
START_TEST(parts_of_a_core_weigh_as_much_as_they_are)
{
    node_of("c1", web, 1, 8 * GIB)->cpu_milli = 250;
    report(registry_find_node(&registry, "c1"), now_ms, 100, 0, 0);
    report(node_of("m1", web, 1, 8 * GIB), now_ms, 0, 0, 0);
    observe_groups(&registry, &config, now_ms, observed);
    ck_assert_double_eq(observed[0].resource[RESOURCE_CPU].demand, 0.25);
    ck_assert_double_eq(observed[0].resource[RESOURCE_CPU].capacity, 1.25);
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
    struct node *leaving = node_of("leaving", web, 1, GIB);
    struct node *returning = node_of("returning", web, 1, GIB);

    report(leaving, NOW_MS - 500, 50, 50, 50);
    leaving->farewell = FAREWELL_LEAVING;
    report(returning, NOW_MS - 500, 50, 50, 50);
    returning->farewell = FAREWELL_RESTARTING;
    leaving->farewell_ms = returning->farewell_ms = NOW_MS - 100;
    unreported->recovered = true;
    unreported->known_ms = NOW_MS - 1000;
    drained->farewell = FAREWELL_GONE;
    report(drained, NOW_MS, 50, 50, 50);
    (void)node_of("new", web, 1, GIB);
    (void)node_of("of-no-group", NULL, 1, GIB);
    report(node_of("live", web, 1, GIB), NOW_MS, 50, 50, 50);
    report(node_of("missing", web, 1, GIB), NOW_MS - 10000, 50, 50, 50);
    report(node_of("gone", web, 1, GIB), NOW_MS - 90000, 50, 50, 50);
    observe();
    ck_assert_uint_eq(observed[0].live, 1);
    ck_assert_uint_eq(observed[0].missing, 1);
    ck_assert_uint_eq(observed[0].unreported, 1);
    ck_assert_uint_eq(observed[0].leaving, 1);
    ck_assert_uint_eq(observed[0].returning, 1);
    assert_resource(&observed[0], RESOURCE_CPU, 0.5, 1, 1);
    ck_assert_uint_eq(observed[1].live + observed[1].missing + observed[1].unreported, 0);
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

/* ---- joining and leaving ---- */

static void observe_at(int64_t time_ms)
{
    now_ms = time_ms;
    observe();
}

START_TEST(a_node_that_turns_live_has_joined_once)
{
    struct node *node = node_of("a", web, 1, GIB);

    observe(); /* known by name only */
    ck_assert_uint_eq(observed[0].joined, 0);
    report(node, NOW_MS + 1000, 50, 50, 50);
    observe_at(NOW_MS + 1000);
    ck_assert_uint_eq(observed[0].joined, 1);
    ck_assert_int_eq(node->joined_ms, NOW_MS + 1000);
    report(node, NOW_MS + 2000, 50, 50, 50);
    observe_at(NOW_MS + 2000);
    ck_assert_uint_eq(observed[0].joined, 0);
    ck_assert_int_eq(node->joined_ms, NOW_MS + 1000);
}
END_TEST

START_TEST(a_node_known_from_before_the_start_does_not_join)
{
    struct node *node = node_of("a", web, 1, GIB);

    node->recovered = true;
    node->known_ms = NOW_MS - 1000;
    observe();
    ck_assert_uint_eq(observed[0].unreported, 1);
    report(node, NOW_MS + 1000, 50, 50, 50);
    observe_at(NOW_MS + 1000);
    ck_assert_uint_eq(observed[0].live, 1);
    ck_assert_uint_eq(observed[0].joined + observed[0].left, 0);
    ck_assert_int_eq(node->joined_ms, NEVER_JOINED);
}
END_TEST

START_TEST(a_node_that_falls_silent_for_a_while_neither_leaves_nor_joins)
{
    struct node *node = node_of("a", web, 1, GIB);

    report(node, NOW_MS, 50, 50, 50);
    observe();
    observe_at(NOW_MS + GONE_MS / 2);
    ck_assert_uint_eq(observed[0].missing, 1);
    ck_assert_uint_eq(observed[0].left, 0);
    report(node, NOW_MS + GONE_MS / 2 + 1000, 50, 50, 50);
    observe_at(NOW_MS + GONE_MS / 2 + 1000);
    ck_assert_uint_eq(observed[0].live, 1);
    ck_assert_uint_eq(observed[0].joined, 0);
}
END_TEST

START_TEST(who_says_goodbye_or_is_given_up_has_left_once_and_may_join_again)
{
    struct node *polite = node_of("polite", web, 1, GIB);
    struct node *dead = node_of("dead", web, 1, GIB);
    int64_t later_ms = NOW_MS + 2 * GONE_MS;

    report(polite, NOW_MS, 50, 50, 50);
    report(dead, NOW_MS, 50, 50, 50);
    observe();
    ck_assert_uint_eq(observed[0].joined, 2);
    polite->farewell = FAREWELL_LEAVING;
    polite->farewell_ms = NOW_MS + 1000;
    observe_at(NOW_MS + 1000);
    ck_assert_uint_eq(observed[0].left, 1);
    observe_at(later_ms);
    ck_assert_uint_eq(observed[0].left, 1);
    observe_at(later_ms + 1000);
    ck_assert_uint_eq(observed[0].left, 0);

    polite->farewell = FAREWELL_NONE;
    report(polite, later_ms + 2000, 50, 50, 50);
    report(dead, later_ms + 2000, 50, 50, 50);
    observe_at(later_ms + 2000);
    ck_assert_uint_eq(observed[0].joined, 2);
    ck_assert_int_eq(polite->joined_ms, later_ms + 2000);
}
END_TEST

/* ---- what they read ---- */

START_TEST(who_has_just_joined_is_not_believed_yet)
{
    struct node *node = node_of("new", web, 2, GIB);

    config.settings.warm_up_ms = 30000;
    struct node *settled = node_of("settled", web, 4, GIB);
    report(settled, NOW_MS, 50, 50, 50);
    observe();
    assert_resource(&observed[0], RESOURCE_CPU, 2, 4, 1); /* all of them warm up, so all count */
    report(settled, NOW_MS + 30000, 50, 50, 50);
    report(node, NOW_MS + 30000, 100, 100, 100);
    observe_at(NOW_MS + 30000);
    ck_assert_uint_eq(observed[0].live, 2);
    ck_assert_uint_eq(observed[0].warming, 1);
    assert_resource(&observed[0], RESOURCE_CPU, 2, 4, 1);
    report(settled, NOW_MS + 60000, 50, 50, 50);
    report(node, NOW_MS + 60000, 100, 100, 100);
    observe_at(NOW_MS + 60000);
    ck_assert_uint_eq(observed[0].warming, 0);
    assert_resource(&observed[0], RESOURCE_CPU, 4, 6, 2);
}
END_TEST

START_TEST(each_group_has_its_own_warm_up)
{
    struct group_config slow = {.name = "db", .settings = {.tick_ms = TICK_MS, .warm_up_ms = 60000}};

    config.groups = &slow;
    config.group_count = 1;
    report(node_of("a", web, 1, GIB), NOW_MS, 50, 50, 50);
    report(node_of("b", db, 1, GIB), NOW_MS, 50, 50, 50);
    observe();
    ck_assert_uint_eq(observed[0].warming, 0);
    ck_assert_uint_eq(observed[1].warming, 1);
}
END_TEST

static void report_pressure(struct node *node, double percent)
{
    struct sample sample = {.seq = 1, .uptime_ms = (uint64_t)NOW_MS};

    sample_set_gauge(&sample, METRIC_CPU, 50);
    if (percent >= 0)
        sample_set_gauge(&sample, METRIC_PSI_CPU, percent);
    ck_assert(ring_push(&node->ring, NOW_MS, &sample));
    node->reported = true;
    node->seen_ms = NOW_MS;
}

START_TEST(pressure_is_the_mean_of_those_that_report_it)
{
    report_pressure(node_of("a", web, 1, GIB), 80);
    report_pressure(node_of("b", web, 16, GIB), 20);
    report_pressure(node_of("c", web, 1, GIB), -1);
    observe();
    ck_assert_double_eq_tol(observed[0].resource[RESOURCE_CPU].pressure, 0.5, 1e-12);
    ck_assert_double_eq(observed[0].resource[RESOURCE_MEMORY].pressure, 0.0);
}
END_TEST

static void report_throttling(struct node *node, double pressure, double throttled)
{
    struct sample sample = {.seq = 1};

    sample_set_gauge(&sample, METRIC_CPU, 95);
    if (pressure >= 0)
        sample_set_gauge(&sample, METRIC_PSI_CPU, pressure);
    sample_set_gauge(&sample, METRIC_THROTTLED, throttled);
    ck_assert(ring_push(&node->ring, now_ms, &sample));
    node->reported = true;
    node->seen_ms = now_ms;
}

/* Version 1 of cgroups has no pressure. */
START_TEST(throttling_is_pressure_on_cpu)
{
    report_throttling(node_of("a", web, 1, GIB), -1, 60);
    report_throttling(node_of("b", web, 1, GIB), 10, 80);
    report_throttling(node_of("c", web, 1, GIB), 40, 0);
    observe_groups(&registry, &config, now_ms, observed);
    ck_assert_double_eq_tol(observed[0].resource[RESOURCE_CPU].pressure, 0.6, 1e-12);
    ck_assert_double_eq(observed[0].resource[RESOURCE_DISK].pressure, 0.0);
}
END_TEST

START_TEST(pressure_of_who_starts_up_is_not_that_of_the_group)
{
    struct node *settled = node_of("settled", web, 1, GIB);

    config.settings.warm_up_ms = 30000;
    settled->presence = PRESENCE_PRESENT;
    settled->joined_ms = NEVER_JOINED;
    report_pressure(settled, 10);
    report_pressure(node_of("new-1", web, 1, GIB), 100);
    report_pressure(node_of("new-2", web, 1, GIB), 90);
    report_pressure(node_of("alone", db, 1, GIB), 70);
    observe();
    ck_assert_uint_eq(observed[0].warming, 2);
    ck_assert_double_eq_tol(observed[0].resource[RESOURCE_CPU].pressure, 0.1, 1e-12);
    ck_assert_uint_eq(observed[1].warming, 1);
    ck_assert_double_eq_tol(observed[1].resource[RESOURCE_CPU].pressure, 0.7, 1e-12); /* all of them warm up */
}
END_TEST

START_TEST(age_is_that_of_the_oldest_newest_sample_of_a_live_node)
{
    report(node_of("a", web, 1, GIB), NOW_MS - 200, 50, 50, 50);
    report(node_of("b", web, 1, GIB), NOW_MS - 2500, 50, 50, 50);
    report(node_of("missing", web, 1, GIB), NOW_MS - 20000, 50, 50, 50);
    observe();
    ck_assert_uint_eq(observed[0].live, 2);
    ck_assert_int_eq(observed[0].age_ms, 2500);
    ck_assert_int_eq(observed[1].age_ms, 0);
}
END_TEST

/* ---- late and missing readings ---- */

/* Its agent is connected and shows signs of life. */
static void speak(struct node *node)
{
    node->intake = (struct intake *)node; /* any */
    node->heard_ms = now_ms;
    node->life_ms = 10000;
}

START_TEST(a_late_node_counts_with_its_newest_sample_up_to_the_horizon)
{
    struct node *node = node_of("late", web, 1, GIB);

    config.settings.lead_time_ms = 20000;
    node->presence = PRESENCE_PRESENT;
    node->joined_ms = NEVER_JOINED;
    report(node, NOW_MS - 20000 - TICK_MS, 50, 50, 50);
    speak(node);
    observe();
    ck_assert_uint_eq(observed[0].live, 1);
    assert_resource(&observed[0], RESOURCE_CPU, 0.5, 1, 1);
    ck_assert_uint_eq(observed[0].resource[RESOURCE_CPU].unread, 0);
    now_ms++;
    observe();
    ck_assert_uint_eq(observed[0].live, 1);
    assert_resource(&observed[0], RESOURCE_CPU, 0, 0, 0);
    ck_assert_uint_eq(observed[0].resource[RESOURCE_CPU].unread, 1);
    ck_assert_int_eq(observed[0].age_ms, 20001 + TICK_MS);
    node->intake = NULL;
}
END_TEST

START_TEST(settled_nodes_without_a_reading_of_a_resource_are_counted)
{
    config.settings.warm_up_ms = 30000;
    for (unsigned i = 0; i < 3; i++) {
        struct node *node = node_of((const char *[]){"a", "b", "c"}[i], web, 4, GIB);
        node->presence = PRESENCE_PRESENT;
        node->joined_ms = NEVER_JOINED;
        report(node, NOW_MS, i == 0 ? 50 : -1, 50, -1);
    }
    report(node_of("new", web, 4, GIB), NOW_MS, -1, -1, -1);
    observe();
    ck_assert_uint_eq(observed[0].resource[RESOURCE_CPU].unread, 2);
    ck_assert_uint_eq(observed[0].resource[RESOURCE_MEMORY].unread, 0);
    ck_assert_uint_eq(observed[0].resource[RESOURCE_DISK].unread, 3);
    assert_resource(&observed[0], RESOURCE_CPU, 2, 4, 1);
}
END_TEST

/* ---- the application's number ---- */

/* A negative load: the agent's file is too old. */
static void report_app(struct node *node, int64_t time_ms, double load, double capacity)
{
    struct sample sample = {.seq = 1, .uptime_ms = (uint64_t)time_ms};

    sample_set_gauge(&sample, METRIC_CPU, 50);
    if (load >= 0) {
        sample_set_gauge(&sample, METRIC_APP_LOAD, load);
        sample_set_gauge(&sample, METRIC_APP_CAPACITY, capacity);
    }
    ck_assert(ring_push(&node->ring, time_ms, &sample));
    node->reported = true;
    node->seen_ms = time_ms;
}

static struct node *settled_node(const char *id)
{
    struct node *node = node_of(id, web, 4, GIB);

    node->presence = PRESENCE_PRESENT;
    node->joined_ms = NEVER_JOINED;
    return node;
}

START_TEST(an_application_weighs_what_it_says_and_may_have_more_than_that_to_do)
{
    report_app(node_of("big", web, 4, GIB), NOW_MS - 500, 1024, 512);
    report_app(node_of("small", web, 4, GIB), NOW_MS - 500, 16, 128);
    report(node_of("without", web, 4, GIB), NOW_MS - 500, 50, 25, 10);
    report(node_of("other", db, 4, GIB), NOW_MS - 500, 50, 25, 10);
    web->on_order = 3;
    observe();
    assert_resource(&observed[0], RESOURCE_APP, 1040, 640, 2);
    ck_assert_uint_eq(observed[0].resource[RESOURCE_APP].unread, 0);
    ck_assert_double_eq(observed[0].resource[RESOURCE_APP].newest_weight, 320); /* all joined now */
    assert_resource(&observed[1], RESOURCE_APP, 0, 0, 0);
    ck_assert_uint_eq(observed[1].resource[RESOURCE_APP].unread, 0);
}
END_TEST

START_TEST(an_application_whose_number_is_late_is_one_without_a_reading)
{
    struct node *node = settled_node("a");
    struct node *draining = settled_node("draining");

    report_app(node, NOW_MS - 40000, 50, 100);
    report_app(node, NOW_MS - 500, -1, -1);
    report_app(draining, NOW_MS - 500, 0, 0); /* no capacity, no part of the sums */
    report_app(settled_node("b"), NOW_MS - 500, 30, 100);
    observe();
    assert_resource(&observed[0], RESOURCE_APP, 30, 100, 1);
    ck_assert_uint_eq(observed[0].resource[RESOURCE_APP].unread, 1);
}
END_TEST

START_TEST(a_silent_application_weighs_what_it_last_said)
{
    report_app(settled_node("live"), NOW_MS - 500, 50, 100);
    report_app(settled_node("missing"), NOW_MS - 10000, 50, 1024);
    observe();
    ck_assert_uint_eq(observed[0].missing, 1);
    ck_assert_double_eq(observed[0].resource[RESOURCE_APP].silent_weight, 1024);
}
END_TEST

/* ---- who they are ---- */

START_TEST(the_weight_of_the_nodes_that_joined_last_by_order_is_known)
{
    report(node_of("old", web, 64, GIB), NOW_MS, 50, 50, 50);
    observe();
    ck_assert_double_eq(observed[0].resource[RESOURCE_CPU].newest_weight, 0);
    membership_note_on_order(web, 3);
    report(node_of("new-1", web, 2, GIB), NOW_MS + 1000, 50, 50, 50);
    report(node_of("new-2", web, 4, GIB), NOW_MS + 1000, 50, 50, 50);
    observe_at(NOW_MS + 1000);
    ck_assert_double_eq(observed[0].resource[RESOURCE_CPU].newest_weight, 3);
    ck_assert_double_eq(observed[0].resource[RESOURCE_DISK].newest_weight, 1);
    ck_assert_uint_eq(web->on_order, 1);
    membership_note_on_order(web, 0);
    report(node_of("by-hand", web, 1, GIB), NOW_MS + 2000, 50, 50, 50);
    observe_at(NOW_MS + 2000);
    ck_assert_double_eq(observed[0].resource[RESOURCE_CPU].newest_weight, 3);
}
END_TEST

START_TEST(silent_nodes_weigh_what_they_last_said)
{
    report(node_of("live", web, 4, GIB), NOW_MS, 50, 50, 50);
    report(node_of("missing", web, 32, 8 * GIB), NOW_MS - 10000, 50, 50, 50);
    report(node_of("leaving", web, 8, GIB), NOW_MS, 50, 50, 50);
    registry_find_node(&registry, "leaving")->farewell = FAREWELL_LEAVING;
    registry_find_node(&registry, "leaving")->farewell_ms = NOW_MS;
    node_of("unreported", web, 0, 0)->recovered = true; /* as heavy as the others */
    registry_find_node(&registry, "unreported")->known_ms = NOW_MS;
    report(node_of("gone", web, 64, GIB), NOW_MS - 90000, 50, 50, 50);
    observe();
    ck_assert_uint_eq(observed[0].missing + observed[0].leaving + observed[0].unreported, 3);
    ck_assert_double_eq(observed[0].resource[RESOURCE_CPU].silent_weight, 32 + 8 + 4);
    ck_assert_double_eq(observed[0].resource[RESOURCE_MEMORY].silent_weight, 8.0 * GIB + GIB + GIB);
    ck_assert_double_eq(observed[0].resource[RESOURCE_DISK].silent_weight, 3);
}
END_TEST

START_TEST(live_nodes_that_protect_themselves_are_counted)
{
    struct node *job = node_of("job", web, 1, GIB);
    struct node *silent = node_of("silent", web, 1, GIB);

    job->protects = silent->protects = true;
    report(job, NOW_MS, 50, 50, 50);
    report(silent, NOW_MS - 10000, 50, 50, 50);
    report(node_of("idle", web, 1, GIB), NOW_MS, 50, 50, 50);
    observe();
    ck_assert_uint_eq(observed[0].protected_nodes, 1);
}
END_TEST

START_TEST(a_node_that_changed_its_group_is_known_to_the_former_one)
{
    struct node *node = node_of("a", web, 1, GIB);

    report(node, NOW_MS, 50, 50, 50);
    observe();
    registry_assign(&registry, node, db);
    observe_at(NOW_MS + 1000);
    ck_assert_uint_eq(observed[0].live + observed[0].missing, 0);
    ck_assert_uint_eq(observed[0].regrouped, 1);
    ck_assert_uint_eq(observed[0].moved, 1);
    ck_assert_uint_eq(observed[1].moved, 0);
    ck_assert_uint_eq(observed[1].live, 1);
    ck_assert_uint_eq(observed[1].regrouped, 0);
    observe_at(NOW_MS + 2 * GONE_MS);
    ck_assert_uint_eq(observed[0].moved, 0);     /* once */
    ck_assert_uint_eq(observed[0].regrouped, 0); /* it has vanished */
}
END_TEST

START_TEST(most_agents_may_prefer_another_collector)
{
    struct node *nodes[3];

    for (unsigned i = 0; i < 3; i++) {
        nodes[i] = node_of((const char *[]){"a", "b", "c"}[i], web, 1, GIB);
        report(nodes[i], NOW_MS, 50, 50, 50);
    }
    nodes[0]->prefers_other = true;
    observe();
    ck_assert(!observed[0].orders_elsewhere);
    nodes[1]->prefers_other = true;
    observe();
    ck_assert(observed[0].orders_elsewhere);
    ck_assert(!observed[1].orders_elsewhere);                 /* no node */
    nodes[0]->farewell = nodes[1]->farewell = FAREWELL_MOVED; /* back to the other one */
    nodes[0]->farewell_ms = nodes[1]->farewell_ms = NOW_MS;
    observe();
    ck_assert_uint_eq(observed[0].live, 1); /* the others may have not gone there yet */
    ck_assert(!observed[0].orders_elsewhere);
    nodes[2]->farewell = FAREWELL_MOVED;
    nodes[2]->farewell_ms = NOW_MS;
    observe();
    ck_assert_uint_eq(observed[0].live, 0);
    ck_assert(observed[0].orders_elsewhere); /* as far as is known */
}
END_TEST

/* ---- roll call and mass loss ---- */

START_TEST(after_a_start_roll_call_waits_for_those_known_from_before)
{
    struct node *node = node_of("a", web, 1, GIB);

    node->recovered = true;
    node->known_ms = NOW_MS - 1000;
    observe();
    ck_assert(observed[0].roll_call && !observed[0].roll_call_blind);
    ck_assert(observed[1].roll_call && observed[1].roll_call_blind); /* nobody is known */
    report(node, NOW_MS + 1000, 50, 50, 50);
    observe_at(NOW_MS + 1000);
    ck_assert(!observed[0].roll_call);
    ck_assert(observed[1].roll_call);
}
END_TEST

START_TEST(a_mass_loss_is_held_and_its_return_is_a_roll_call)
{
    struct node *nodes[4];

    for (unsigned i = 0; i < 4; i++) {
        nodes[i] = node_of((const char *[]){"a", "b", "c", "d"}[i], web, 1, GIB);
        report(nodes[i], NOW_MS, 50, 50, 50);
    }
    for (int64_t at_ms = NOW_MS; at_ms <= NOW_MS + 120000; at_ms += TICK_MS) {
        report(nodes[0], at_ms + 1, 50, 50, 50);
        observe_at(at_ms + 1);
    }
    ck_assert(!observed[0].roll_call);
    observe_at(NOW_MS + 10 * GONE_MS);
    ck_assert_uint_eq(observed[0].missing, 4); /* even the one that went missing later */
    ck_assert_uint_eq(observed[0].left, 0);
    ck_assert_uint_eq(observed[0].lost_at_once, 4);
    report(nodes[1], NOW_MS + 10 * GONE_MS + 1, 50, 50, 50);
    observe_at(NOW_MS + 10 * GONE_MS + 1);
    ck_assert_uint_eq(observed[0].lost_at_once, 3);
    ck_assert(observed[0].roll_call && !observed[0].roll_call_blind);
}
END_TEST

START_TEST(nodes_that_leave_by_an_order_are_no_loss)
{
    for (unsigned i = 0; i < 4; i++) {
        struct node *node = node_of((const char *[]){"a", "b", "c", "d"}[i], web, 1, GIB);
        report(node, NOW_MS, 50, 50, 50);
        node->farewell = i < 2 ? FAREWELL_LEAVING : FAREWELL_NONE;
        node->farewell_ms = NOW_MS;
    }
    web->ordered_away = 1;
    observe();
    ck_assert_uint_eq(observed[0].lost_at_once, 0);
    web->ordered_away = 0;
    observe_at(NOW_MS + 1000);
    ck_assert_uint_eq(observed[0].lost_at_once, 2);
}
END_TEST

/* New nodes come, and old ones say that they leave: those that the new ones replace, and more. */
static void roll(unsigned old, unsigned replaced, unsigned removed)
{
    char id[32];

    for (unsigned i = 0; i < replaced; i++) {
        snprintf(id, sizeof id, "new-%u", i);
        registry_ensure_node(&registry, id, 1000, now_ms)->group = web;
    }
    for (unsigned i = 0; i < replaced + removed && i < old; i++) {
        snprintf(id, sizeof id, "old-%u", i);
        struct node *node = registry_find_node(&registry, id);
        if (node->farewell == FAREWELL_NONE)
            node->farewell_ms = now_ms;
        node->farewell = FAREWELL_LEAVING;
    }
}

static void report_present(void)
{
    for (unsigned i = 0; i < registry.node_count; i++)
        if (registry.nodes[i]->farewell == FAREWELL_NONE)
            report(registry.nodes[i], now_ms, 50, 50, 50);
}

/* Nodes of web, and one of db; roll call of both is over. */
static void put_old(unsigned nodes)
{
    char id[32];

    node_of("db-1", db, 1, GIB);
    for (unsigned i = 0; i < nodes; i++) {
        snprintf(id, sizeof id, "old-%u", i);
        node_of(id, web, 1, GIB);
    }
    for (int64_t at_ms = NOW_MS; at_ms <= NOW_MS + 120000; at_ms += TICK_MS) {
        for (unsigned i = 0; i < registry.node_count; i++)
            report(registry.nodes[i], at_ms, 50, 50, 50);
        observe_at(at_ms);
    }
    ck_assert(!observed[0].roll_call);
    now_ms += TICK_MS;
}

static const struct {
    unsigned replaced, removed, lost;
} rollouts[] = {{12, 0, 0}, {4, 0, 0}, {0, 3, 0}, {0, 4, 4}, {6, 3, 0}, {6, 4, 4}};

START_TEST(nodes_that_leave_are_a_loss_when_a_third_is_not_replaced)
{
    config.gone_ms = 600000; /* so that the old nodes came within it too, but in the start's roll call */
    put_old(12);
    roll(12, rollouts[_i].replaced, rollouts[_i].removed);
    report_present();
    observe();
    ck_assert_uint_eq(observed[0].live, 12 - rollouts[_i].removed);
    ck_assert_uint_eq(observed[0].leaving, rollouts[_i].replaced + rollouts[_i].removed);
    ck_assert_uint_eq(observed[0].lost_at_once, rollouts[_i].lost);
}
END_TEST

START_TEST(a_newcomer_replaces_one_node)
{
    config.gone_ms = 600000;
    put_old(12);
    roll(12, 4, 0);
    for (int64_t end_ms = now_ms + 90000; now_ms < end_ms; now_ms += TICK_MS) {
        report_present();
        observe();
        ck_assert_uint_eq(observed[0].lost_at_once, 0);
    }
    ck_assert_uint_eq(observed[0].leaving, 0); /* their grace is over */
    roll(12, 0, 8);
    report_present();
    observe();
    ck_assert_uint_eq(observed[0].lost_at_once, 4);
}
END_TEST

/* Two nodes of each group stay away; they said so at that time. */
static bool is_suspected_when(enum farewell farewell, int64_t farewell_ms)
{
    static struct observe_pass pass;

    for (unsigned i = 0; i < 4; i++) {
        struct node *node = node_of((const char *[]){"a", "b", "c", "d"}[i], i < 2 ? web : db, 1, GIB);
        report(node, NOW_MS, 50, 50, 50);
        node->farewell = (uint8_t)farewell;
        node->farewell_ms = farewell_ms;
    }
    observe_begin(&pass, &registry, &config, NOW_MS + 2 * TICK_MS, observed);
    ck_assert(observe_step(&pass, NODES_MAX));
    return pass.is_suspected;
}

START_TEST(silence_in_most_groups_makes_the_network_suspect)
{
    ck_assert(is_suspected_when(FAREWELL_NONE, 0));
}
END_TEST

static const struct {
    enum farewell farewell;
    int64_t farewell_ms;
} goodbyes[] = {{FAREWELL_RESTARTING, NOW_MS},
                {FAREWELL_RESTARTING, NOW_MS - FAREWELL_GRACE_MS}, /* its grace is over */
                {FAREWELL_LEAVING, NOW_MS},
                {FAREWELL_MOVED, NOW_MS}};

START_TEST(goodbyes_show_that_the_network_works)
{
    ck_assert(!is_suspected_when(goodbyes[_i].farewell, goodbyes[_i].farewell_ms));
}
END_TEST

/* ---- in slices ---- */

#define MANY 40U

/* Nodes of both groups, some of which warm up, are silent, or have left. */
static void report_many(void)
{
    char id[32];

    for (unsigned i = 0; i < MANY; i++) {
        snprintf(id, sizeof id, "node-%u", i);
        struct node *node = node_of(id, i % 3 == 0 ? db : web, i % 5, i * GIB);
        report(node, NOW_MS - 4000 - i, i, 2 * i, i % 7 == 0 ? -1.0 : i);
        if (i % 11 != 0)
            report(node, NOW_MS - 10 * i, 2 * i, i, i);
        if (i % 4 == 0)
            report_pressure(node, 0.5 * i);
        node->presence = i % 6 == 0 ? PRESENCE_ABSENT : PRESENCE_PRESENT;
        node->joined_ms = NEVER_JOINED;
        node->farewell = i % 13 == 0 ? FAREWELL_GONE : FAREWELL_NONE;
    }
}

static void assert_same(const struct group_observation *a, const struct group_observation *b)
{
    ck_assert_uint_eq(a->live, b->live);
    ck_assert_uint_eq(a->warming, b->warming);
    ck_assert_uint_eq(a->missing, b->missing);
    ck_assert_uint_eq(a->joined, b->joined);
    ck_assert_uint_eq(a->left, b->left);
    for (unsigned r = 0; r < RESOURCE_NODE_COUNT; r++) {
        ck_assert_double_eq(a->resource[r].demand, b->resource[r].demand);
        ck_assert_double_eq(a->resource[r].capacity, b->resource[r].capacity);
        ck_assert_double_eq(a->resource[r].pressure, b->resource[r].pressure);
        ck_assert_uint_eq(a->resource[r].nodes, b->resource[r].nodes);
    }
}

START_TEST(slices_see_what_a_whole_pass_sees)
{
    struct observe_pass *pass = malloc(sizeof *pass);

    ck_assert_ptr_nonnull(pass);
    config.settings.warm_up_ms = 30000;
    for (unsigned slice = 1; slice <= MANY + 1; slice++) {
        struct group_observation sliced[2];
        unsigned steps = 1;
        teardown();
        setup();
        config.settings.warm_up_ms = 30000;
        report_many();
        observe_begin(pass, &registry, &config, NOW_MS, sliced);
        for (; !observe_step(pass, slice); steps++) /* samples taken meanwhile count at the next tick */
            for (unsigned i = 0; i < registry.node_count; i++)
                if (registry_liveness(registry.nodes[i], NOW_MS, GONE_MS) == NODE_LIVE)
                    report(registry.nodes[i], NOW_MS + steps, 99, 99, 99);
        ck_assert_uint_eq(steps, (MANY + slice - 1) / slice);
        teardown();
        setup();
        config.settings.warm_up_ms = 30000;
        report_many();
        observe();
        assert_same(&sliced[0], &observed[0]);
        assert_same(&sliced[1], &observed[1]);
        ck_assert_uint_gt(observed[0].live, 10);
        ck_assert_uint_gt(observed[1].warming, 0);
        ck_assert_uint_gt(observed[0].left, 0);
    }
    free(pass);
}
END_TEST

START_TEST(nodes_and_groups_may_come_between_slices)
{
    struct observe_pass *pass = malloc(sizeof *pass);
    struct group_observation three[3] = {{.live = 7}, {.live = 7}, {.live = 7}};

    ck_assert_ptr_nonnull(pass);
    report(node_of("a", web, 1, GIB), NOW_MS, 50, 50, 50);
    report(node_of("b", web, 1, GIB), NOW_MS, 50, 50, 50);
    observe_begin(pass, &registry, &config, NOW_MS, three);
    ck_assert(!observe_step(pass, 1));
    struct group *late = registry_ensure_group(&registry, "late");
    struct node *moved = registry.nodes[1];
    registry_assign(&registry, moved, late);
    report(node_of("c", db, 1, GIB), NOW_MS, 50, 50, 50);
    ck_assert(!observe_step(pass, 1));
    ck_assert(observe_step(pass, 1));
    ck_assert(observe_step(pass, 1)); /* the pass is done, even if nodes are added */
    report(node_of("d", db, 1, GIB), NOW_MS, 50, 50, 50);
    ck_assert(observe_step(pass, 1));
    ck_assert_uint_eq(pass->group_count, 2);
    ck_assert_uint_eq(three[0].live, 1);
    ck_assert_uint_eq(three[1].live, 1);
    ck_assert_uint_eq(three[2].live, 7); /* not touched */
    ck_assert_int_eq(moved->presence, PRESENCE_UNKNOWN);

    observe_begin(pass, &registry, &config, NOW_MS + 1, three);
    ck_assert(observe_step(pass, 100));
    ck_assert_uint_eq(three[1].live, 2);
    ck_assert_uint_eq(three[2].live, 1);
    ck_assert_uint_eq(three[2].joined, 1);
    free(pass);
}
END_TEST

/* Six nodes at 78 %, and one that is idle. */
static struct node *six_and_one(uint32_t cpu_milli, uint64_t memory_bytes)
{
    char id[8];

    for (unsigned i = 0; i < 6; i++) {
        snprintf(id, sizeof id, "n%u", i);
        report(node_of(id, web, 4, 8 * GIB), now_ms, 78, 78, 0);
    }
    struct node *liar = node_of("liar", web, 0, memory_bytes);
    liar->cpu_milli = cpu_milli;
    report(liar, now_ms, 0, 0, 0);
    return liar;
}

START_TEST(a_size_beyond_belief_counts_as_the_median)
{
    struct node *liar = six_and_one(CPU_MILLI_MAX, MEMORY_BYTES_MAX);

    observe();
    ck_assert_uint_eq(observed[0].resource[RESOURCE_CPU].nodes, 0); /* nobody knows yet which one is true */
    ck_assert_uint_eq(observed[0].resource[RESOURCE_CPU].unread, 7);
    assert_resource(&observed[0], RESOURCE_DISK, 0, 7, 7);
    observe();
    assert_resource(&observed[0], RESOURCE_CPU, 0.78 * 24, 28, 7);
    assert_resource(&observed[0], RESOURCE_MEMORY, 0.78 * 48 * GIB, 56.0 * GIB, 7);
    ck_assert_uint_eq(observed[0].implausible, 1);
    ck_assert_double_eq(node_weight_of(liar, RESOURCE_CPU), 4);
    config.settings.node_sizes = NODE_SIZES_ANY;
    observe();
    ck_assert_double_eq(observed[0].resource[RESOURCE_CPU].capacity, 24 + CPU_MILLI_MAX / 1000);
    ck_assert_uint_eq(observed[0].implausible, 0);
}
END_TEST

START_TEST(a_size_that_comes_later_is_judged_at_once)
{
    struct node *liar = six_and_one(4000, 8 * GIB);

    observe();
    assert_resource(&observed[0], RESOURCE_CPU, 0.78 * 24, 28, 7);
    liar->cpu_milli = 1; /* a small lie makes the mean node smaller */
    observe();
    assert_resource(&observed[0], RESOURCE_CPU, 0.78 * 24, 28, 7);
    ck_assert_uint_eq(observed[0].implausible, 1);
    liar->cpu_milli = 64000; /* a large machine is believed */
    observe();
    assert_resource(&observed[0], RESOURCE_CPU, 0.78 * 24, 88, 7);
    ck_assert_uint_eq(observed[0].implausible, 0);
}
END_TEST

START_TEST(an_interval_counts_up_to_the_longest_one)
{
    struct node *node = node_of("a", web, 1, GIB);

    node->interval_ms = INTERVAL_MS_MAX;
    report(node, now_ms, 50, 0, 0);
    now_ms += 3 * 60000;
    observe();
    ck_assert_uint_eq(observed[0].live, 1);
    ck_assert_uint_eq(observed[0].slow, 1);
    now_ms++;
    observe();
    ck_assert_uint_eq(observed[0].live, 0);
    config.settings.longest_interval_ms = INTERVAL_MS_MAX;
    observe(); /* the setting is looked up */
    ck_assert_uint_eq(observed[0].live, 1);
    ck_assert_uint_eq(observed[0].slow, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("observe");
    TCase *tcase = tcase_create("observe");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, demand_is_the_sum_of_utilisation_times_weight);
    tcase_add_test(tcase, parts_of_a_core_weigh_as_much_as_they_are);
    tcase_add_test(tcase, a_node_that_does_not_tell_its_size_weighs_one);
    tcase_add_test(tcase, what_a_node_does_not_report_is_no_capacity_either);
    tcase_add_test(tcase, utilisation_is_the_mean_over_the_last_tick);
    tcase_add_test(tcase, a_slow_agent_counts_with_its_newest_sample);
    tcase_add_test(tcase, each_liveness_is_counted_where_it_belongs);
    tcase_add_test(tcase, a_node_that_moved_counts_in_its_new_group_only);
    tcase_add_test(tcase, a_node_that_turns_live_has_joined_once);
    tcase_add_test(tcase, a_node_known_from_before_the_start_does_not_join);
    tcase_add_test(tcase, a_node_that_falls_silent_for_a_while_neither_leaves_nor_joins);
    tcase_add_test(tcase, who_says_goodbye_or_is_given_up_has_left_once_and_may_join_again);
    tcase_add_test(tcase, who_has_just_joined_is_not_believed_yet);
    tcase_add_test(tcase, each_group_has_its_own_warm_up);
    tcase_add_test(tcase, pressure_is_the_mean_of_those_that_report_it);
    tcase_add_test(tcase, throttling_is_pressure_on_cpu);
    tcase_add_test(tcase, pressure_of_who_starts_up_is_not_that_of_the_group);
    tcase_add_test(tcase, age_is_that_of_the_oldest_newest_sample_of_a_live_node);
    tcase_add_test(tcase, a_late_node_counts_with_its_newest_sample_up_to_the_horizon);
    tcase_add_test(tcase, settled_nodes_without_a_reading_of_a_resource_are_counted);
    tcase_add_test(tcase, an_application_weighs_what_it_says_and_may_have_more_than_that_to_do);
    tcase_add_test(tcase, an_application_whose_number_is_late_is_one_without_a_reading);
    tcase_add_test(tcase, a_silent_application_weighs_what_it_last_said);
    tcase_add_test(tcase, the_weight_of_the_nodes_that_joined_last_by_order_is_known);
    tcase_add_test(tcase, silent_nodes_weigh_what_they_last_said);
    tcase_add_test(tcase, live_nodes_that_protect_themselves_are_counted);
    tcase_add_test(tcase, a_node_that_changed_its_group_is_known_to_the_former_one);
    tcase_add_test(tcase, most_agents_may_prefer_another_collector);
    tcase_add_test(tcase, after_a_start_roll_call_waits_for_those_known_from_before);
    tcase_add_test(tcase, a_mass_loss_is_held_and_its_return_is_a_roll_call);
    tcase_add_test(tcase, nodes_that_leave_by_an_order_are_no_loss);
    tcase_add_loop_test(tcase, nodes_that_leave_are_a_loss_when_a_third_is_not_replaced, 0,
                        sizeof rollouts / sizeof *rollouts);
    tcase_add_test(tcase, a_newcomer_replaces_one_node);
    tcase_add_test(tcase, silence_in_most_groups_makes_the_network_suspect);
    tcase_add_loop_test(tcase, goodbyes_show_that_the_network_works, 0, sizeof goodbyes / sizeof *goodbyes);
    tcase_add_test(tcase, a_size_beyond_belief_counts_as_the_median);
    tcase_add_test(tcase, a_size_that_comes_later_is_judged_at_once);
    tcase_add_test(tcase, an_interval_counts_up_to_the_longest_one);
    tcase_add_test(tcase, slices_see_what_a_whole_pass_sees);
    tcase_add_test(tcase, nodes_and_groups_may_come_between_slices);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
