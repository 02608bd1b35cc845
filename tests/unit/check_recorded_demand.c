#include "offline/recorded_demand.h"

#include "support/suite.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define STEP_MS  REPLAY_STEP_MS
#define FIRST_MS INT64_C(1767225600000) /* the start of a step */

static struct recorded_demand recorded;
static struct trace trace;
static char error[256];

static void begin(void)
{
    ck_assert_int_eq(recorded_demand_init(&recorded), 0);
    trace = (struct trace){0};
}

static void end(void)
{
    recorded_demand_deinit(&recorded);
    trace_deinit(&trace);
}

static int add(const char *node, const char *group, uint64_t instance, uint64_t seq, int64_t at_ms, double cpu)
{
    struct csv_row row = {.instance = instance, .sample = {.seq = seq, .time_ms = FIRST_MS + at_ms}};

    (void)snprintf(row.node_id, sizeof row.node_id, "%s", node);
    sample_set_gauge(&row.sample, METRIC_CPU, cpu);
    return recorded_demand_add(&recorded, &row, group, error, sizeof error);
}

/* One node, one sample in each of `steps` steps from at_ms on. */
static void run(const char *node, const char *group, uint64_t instance, int64_t at_ms, unsigned steps, double cpu)
{
    for (unsigned i = 0; i < steps; i++)
        ck_assert_int_eq(add(node, group, instance, i + 1, at_ms + i * STEP_MS, cpu), 0);
}

static void make_trace(unsigned group)
{
    ck_assert_int_eq(recorded_demand_end(&recorded), 0);
    ck_assert_int_eq(recorded_demand_trace(&recorded, group, &trace), 0);
}

static double demand_at(size_t step)
{
    for (size_t i = 0; i < trace.count; i++)
        if (trace.points[i].time_s == (double)step * REPLAY_STEP_S)
            return trace.points[i].demand;
    return -1.0;
}

START_TEST(nodes_add_up)
{
    run("a", "web", 1, 0, 40, 50.0);
    run("b", "web", 2, 5000, 40, 25.0);
    run("c", "db", 3, 0, 40, 100.0);
    make_trace(0);
    ck_assert_uint_eq(trace.count, 40 - 2 * 4); /* without the first and the last minute */
    ck_assert_double_eq(trace.points[0].time_s, 0.0);
    for (size_t i = 0; i < trace.count; i++)
        ck_assert_double_eq_tol(demand_at(i), 0.75, 1e-12);

    struct recorded_summary web = recorded_demand_summary(&recorded, 0, 0.3);
    ck_assert_int_eq(web.first_ms, FIRST_MS + 4 * STEP_MS);
    ck_assert_uint_eq(web.seen, 32);
    ck_assert_double_eq(web.nodes, 2.0);
    ck_assert_double_eq(web.above, 1.0);
    ck_assert_double_eq(web.saturated, 0.0);
    ck_assert_double_eq(recorded_demand_summary(&recorded, 0, 0.4).above, 0.0);
    ck_assert_double_eq(recorded_demand_summary(&recorded, 1, 0.8).saturated, 1.0);
}
END_TEST

START_TEST(a_step_has_the_mean_of_its_samples)
{
    for (unsigned i = 0; i < 40 * 15; i++)
        ck_assert_int_eq(add("a", "web", 1, i + 1, i * 1000, i % 15 < 5 ? 90.0 : 30.0), 0);
    make_trace(0);
    ck_assert_uint_eq(trace.count, 32);
    ck_assert_double_eq_tol(demand_at(10), 0.5, 1e-12);
}
END_TEST

/* A sample each minute stands for the whole minute; a node that is silent for four of them does not count. */
START_TEST(a_slow_node_counts_between_its_samples)
{
    run("a", "web", 1, 0, 80, 10.0);
    for (unsigned i = 0; i < 20; i++)
        if (i <= 8 || i >= 12)
            ck_assert_int_eq(add("slow", "web", 2, i < 10 ? i + 1 : i - 2, i * 60000, 40.0), 0);
    make_trace(0);
    ck_assert_double_eq_tol(demand_at(4 * 4 + 2), 0.5, 1e-12);
    ck_assert_double_eq_tol(demand_at(10 * 4 - 4), 0.1, 1e-12); /* the margin is left out */
    ck_assert_double_eq_tol(demand_at(13 * 4), 0.5, 1e-12);
}
END_TEST

START_TEST(steps_without_a_report_are_no_points)
{
    run("a", "web", 1, 0, 20, 50.0);
    run("a", "web", 2, 60 * STEP_MS, 20, 50.0);
    make_trace(0);
    ck_assert_uint_eq(trace.count, 32);
    ck_assert_double_eq(trace.points[16].time_s, 56 * REPLAY_STEP_S);
    struct recorded_summary summary = recorded_demand_summary(&recorded, 0, 0.8);
    ck_assert_uint_eq(summary.steps, 72);
    ck_assert_uint_eq(summary.seen, 32);
}
END_TEST

/* Files in any order, and a backlog that came late. */
START_TEST(earlier_rows_may_follow)
{
    run("a", "web", 1, 1000 * STEP_MS, 20, 50.0);
    run("b", "web", 2, 500 * STEP_MS, 1000, 20.0);
    run("a", "web", 3, 500 * STEP_MS, 500, 30.0);
    make_trace(0);
    ck_assert_double_eq_tol(demand_at(0), 0.5, 1e-12);
    ck_assert_double_eq_tol(demand_at(505), 0.7, 1e-12);
    ck_assert_double_eq_tol(demand_at(600), 0.2, 1e-12);
}
END_TEST

START_TEST(wrong_rows_are_refused)
{
    run("a", "web", 1, 0, 20, 50.0);
    ck_assert_int_eq(add("a", "web", 1, 20, 20 * STEP_MS, 50.0), -EINVAL);
    ck_assert_ptr_nonnull(strstr(error, "seq decreases from 20 to 20"));
    ck_assert_int_eq(add("a", "web", 1, 21, -FIRST_MS, 50.0), -EINVAL);
    ck_assert_ptr_nonnull(strstr(error, "a clock was wrong"));
    ck_assert_int_eq(add("a", "web", 1, 21, INT64_C(30) * 365 * 86400000, 50.0), -EINVAL);
    ck_assert_int_eq(add("a", "web", 1, 21, 20 * STEP_MS, 50.0), 0);
}
END_TEST

START_TEST(a_node_may_change_its_group)
{
    run("a", "web", 1, 0, 20, 50.0);
    run("a", "db", 2, 20 * STEP_MS, 20, 50.0);
    make_trace(0);
    ck_assert_uint_eq(trace.count, 12);
    trace_deinit(&trace);
    ck_assert_int_eq(recorded_demand_trace(&recorded, 1, &trace), 0);
    ck_assert_uint_eq(trace.count, 12);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("recorded_demand");
    TCase *tests = tcase_create("recorded_demand");

    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_test(tests, nodes_add_up);
    tcase_add_test(tests, a_step_has_the_mean_of_its_samples);
    tcase_add_test(tests, a_slow_node_counts_between_its_samples);
    tcase_add_test(tests, steps_without_a_report_are_no_points);
    tcase_add_test(tests, earlier_rows_may_follow);
    tcase_add_test(tests, wrong_rows_are_refused);
    tcase_add_test(tests, a_node_may_change_its_group);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
