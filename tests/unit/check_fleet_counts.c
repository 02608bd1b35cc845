#include "collector/fleet/fleet_counts.h"

#include "support/suite.h"

#include <stdio.h>

#define NOW_MS  INT64_C(10000000)
#define GONE_MS 60000

static struct registry registry;
static struct fleet_counts survey;
static struct group *web;

static void setup(void)
{
    ck_assert_int_eq(registry_init(&registry, 60000), 0);
    ck_assert_int_eq(fleet_counts_init(&survey), 0);
    web = registry_ensure_group(&registry, "web");
}

static void teardown(void)
{
    fleet_counts_deinit(&survey);
    registry_deinit(&registry);
}

static void add(unsigned count, double cpu, int64_t age_ms)
{
    static unsigned number;

    for (unsigned i = 0; i < count; i++) {
        char id[16];
        struct sample sample = {.seq = 1, .uptime_ms = 1};
        snprintf(id, sizeof id, "n%u", number++);
        struct node *node = registry_ensure_node(&registry, id, 1000, NOW_MS);
        registry_assign(&registry, node, web);
        node->cpu_milli = 2000;
        node->reported = true;
        node->known_ms -= 3600000;
        node->seen_ms = NOW_MS - age_ms;
        sample_set_gauge(&sample, METRIC_CPU, cpu);
        ck_assert(ring_push(&node->ring, NOW_MS - age_ms, &sample));
    }
}

START_TEST(the_fleet_is_counted_in_slices)
{
    unsigned steps = 1;

    add(2 * FLEET_COUNTS_SLICE, 50, 0);
    add(5, 100, 30000);
    while (!fleet_counts_step(&survey, &registry, NOW_MS, GONE_MS))
        steps++;
    ck_assert_uint_eq(steps, 3);
    ck_assert_uint_eq(survey.done.nodes[NODE_LIVE], 2 * FLEET_COUNTS_SLICE);
    ck_assert_uint_eq(survey.done.nodes[NODE_MISSING], 5);
    ck_assert_uint_eq(survey.done.groups[web->index].nodes[NODE_LIVE], 2 * FLEET_COUNTS_SLICE);
    ck_assert_double_eq_tol(survey.done.groups[web->index].resource[RESOURCE_CPU].demand, 2.0 * FLEET_COUNTS_SLICE,
                            1e-6);
    ck_assert_double_eq_tol(survey.done.groups[web->index].resource[RESOURCE_CPU].capacity, 4.0 * FLEET_COUNTS_SLICE,
                            1e-6);
    ck_assert_double_eq(survey.done.groups[web->index].resource[RESOURCE_MEMORY].capacity, 0);
}
END_TEST

START_TEST(a_fresh_one_is_taken_again_and_an_old_one_is_not)
{
    add(1, 50, 0);
    ck_assert(fleet_counts_step(&survey, &registry, NOW_MS, GONE_MS));
    add(1, 50, 0);
    ck_assert(fleet_counts_step(&survey, &registry, NOW_MS + FLEET_COUNTS_FRESH_MS, GONE_MS));
    ck_assert_uint_eq(survey.done.nodes[NODE_LIVE], 1);
    ck_assert(fleet_counts_step(&survey, &registry, NOW_MS + FLEET_COUNTS_FRESH_MS + 1, GONE_MS));
    ck_assert_uint_eq(survey.done.nodes[NODE_LIVE], 2);
}
END_TEST

START_TEST(one_that_was_abandoned_is_begun_anew)
{
    add(FLEET_COUNTS_SLICE + 1, 50, 0);
    ck_assert(!fleet_counts_step(&survey, &registry, NOW_MS, GONE_MS));
    int64_t later_ms = NOW_MS + FLEET_COUNTS_FRESH_MS + 1;
    ck_assert(!fleet_counts_step(&survey, &registry, later_ms, GONE_MS));
    ck_assert(fleet_counts_step(&survey, &registry, later_ms, GONE_MS));
    ck_assert_uint_eq(survey.done.nodes[NODE_LIVE], FLEET_COUNTS_SLICE + 1);
    ck_assert_int_eq(survey.taken_ms, later_ms);
}
END_TEST

START_TEST(a_fleet_of_none)
{
    ck_assert(fleet_counts_step(&survey, &registry, NOW_MS, GONE_MS));
    ck_assert_uint_eq(survey.done.nodes[NODE_LIVE], 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fleet_counts");
    TCase *tcase = tcase_create("survey");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, the_fleet_is_counted_in_slices);
    tcase_add_test(tcase, a_fresh_one_is_taken_again_and_an_old_one_is_not);
    tcase_add_test(tcase, one_that_was_abandoned_is_begun_anew);
    tcase_add_test(tcase, a_fleet_of_none);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
