#include "offline/scale_in_safety.h"

#include "support/suite.h"

#include <math.h>

#define TICK_MS 15000

static const struct thresholds thresholds[RESOURCE_NODE_COUNT] = {[RESOURCE_CPU] = {.high = 0.8},
                                                                  [RESOURCE_MEMORY] = {.high = 0.9},
                                                                  [RESOURCE_DISK] = {.high = 0.8},
                                                                  [RESOURCE_APP] = {.high = 0.8}};

static struct scale_in_safety safety;

static void end(void)
{
    scale_in_safety_deinit(&safety);
}

static void see_both(int64_t now_ms, unsigned ready, double cpu, double memory)
{
    struct scale_in_view view = {
        .now_ms = now_ms, .ready = ready, .demand = {cpu, memory, NAN, NAN}, .thresholds = thresholds};

    scale_in_safety_see(&safety, &view);
}

static void see(int64_t now_ms, unsigned ready, double cpu)
{
    see_both(now_ms, ready, cpu, NAN);
}

static void remove_nodes(int64_t now_ms, unsigned from, unsigned to)
{
    ck_assert_int_eq(scale_in_safety_note(&safety, now_ms, from, to), 0);
}

START_TEST(a_scale_in_that_was_fine)
{
    see(TICK_MS, 10, 5.0);
    remove_nodes(TICK_MS, 10, 8);
    for (int64_t k = 2; k <= 100; k++)
        see(k * TICK_MS, 8, k < 50 ? 6.4 : 8.0); /* at `high`, and above it after more than 10 minutes */
    ck_assert_uint_eq(scale_in_safety_count_above(&safety), 0);
    ck_assert_double_eq_tol(safety.records[0].utilisation, 0.8, 1e-12);
}
END_TEST

START_TEST(the_worst_time_is_kept)
{
    remove_nodes(TICK_MS, 10, 8);
    see(2 * TICK_MS, 8, 6.8);
    see(3 * TICK_MS, 8, 7.6);
    see(4 * TICK_MS, 9, 7.6); /* a node has come */
    ck_assert_uint_eq(scale_in_safety_count_above(&safety), 1);
    const struct scale_in_record *record = &safety.records[0];
    ck_assert_int_eq(record->worst_ms, 3 * TICK_MS);
    ck_assert_double_eq_tol(record->utilisation, 0.95, 1e-12);
    ck_assert_double_eq_tol(record->before, 0.76, 1e-12);
    ck_assert_uint_eq(record->from, 10);
    ck_assert_uint_eq(record->to, 8);
}
END_TEST

START_TEST(with_the_nodes_back_it_is_over)
{
    remove_nodes(TICK_MS, 10, 8);
    see(2 * TICK_MS, 10, 9.0);
    ck_assert_uint_eq(scale_in_safety_count_above(&safety), 0);
    see(3 * TICK_MS, 9, 9.0);
    ck_assert_uint_eq(scale_in_safety_count_above(&safety), 1);
}
END_TEST

START_TEST(each_scale_in_is_judged)
{
    remove_nodes(TICK_MS, 10, 9);
    see(2 * TICK_MS, 9, 7.0);
    remove_nodes(40 * TICK_MS, 9, 8);
    see(42 * TICK_MS, 8, 7.0); /* the first is over */
    ck_assert(!scale_in_safety_was_above(&safety.records[0]));
    ck_assert(scale_in_safety_was_above(&safety.records[1]));
    for (int64_t k = 43; k < 143; k++) { /* more than one growth */
        remove_nodes(k * TICK_MS, 9, 8);
        see((k + 1) * TICK_MS, 8, 7.0);
    }
    ck_assert_uint_eq(safety.count, 102);
    ck_assert_uint_eq(scale_in_safety_count_above(&safety), 101);
}
END_TEST

/* Each resource has its own `high`. */
START_TEST(any_resource_counts)
{
    remove_nodes(TICK_MS, 4, 2);
    see_both(2 * TICK_MS, 2, 1.5, 1.78); /* 75 % of 80 %, and 89 % of 90 % */
    ck_assert_uint_eq(scale_in_safety_count_above(&safety), 0);
    ck_assert_int_eq(safety.records[0].resource, RESOURCE_MEMORY);
    see_both(3 * TICK_MS, 2, 1.7, 1.78);
    ck_assert_uint_eq(scale_in_safety_count_above(&safety), 1);
    ck_assert_int_eq(safety.records[0].resource, RESOURCE_CPU);
}
END_TEST

START_TEST(nothing_seen_is_not_above)
{
    remove_nodes(TICK_MS, 4, 2);
    see(2 * TICK_MS, 2, NAN);
    ck_assert_uint_eq(scale_in_safety_count_above(&safety), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("scale_in_safety");
    TCase *tests = tcase_create("scale_in_safety");

    tcase_add_checked_fixture(tests, NULL, end);
    tcase_add_test(tests, a_scale_in_that_was_fine);
    tcase_add_test(tests, the_worst_time_is_kept);
    tcase_add_test(tests, with_the_nodes_back_it_is_over);
    tcase_add_test(tests, each_scale_in_is_judged);
    tcase_add_test(tests, any_resource_counts);
    tcase_add_test(tests, nothing_seen_is_not_above);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
