/* Whether the next decisions for a group need new samples. */
#include "collector/autoscale/report_urgency.h"

#include "support/suite.h"

#include <check.h>

static struct decision decision;
static struct group_report report;

static void setup(void)
{
    report = (struct group_report){0};
    decision = (struct decision){.settings = SCALER_SETTINGS_DEFAULT, .observed = {.live = 10}};
    decision.observed.resource[RESOURCE_CPU] = (struct resource_observation){.demand = 20, .capacity = 40, .nodes = 10};
}

static bool urgent_at(double utilisation)
{
    decision.observed.resource[RESOURCE_CPU].demand = utilisation * decision.observed.resource[RESOURCE_CPU].capacity;
    report_urgency_note(&report, &decision);
    return report.is_urgent;
}

START_TEST(a_group_between_its_thresholds_is_not_urgent)
{
    ck_assert(!urgent_at(0.0));
    ck_assert(!urgent_at(0.5));
    ck_assert(!urgent_at(0.70)); /* the target: where a group usually is */
    ck_assert_uint_eq(report.live, 10);
}
END_TEST

START_TEST(a_group_near_high_is_urgent)
{
    ck_assert(!urgent_at(0.74));
    ck_assert(urgent_at(0.76));
    ck_assert(urgent_at(1.0));
}
END_TEST

START_TEST(a_group_near_low_is_urgent)
{
    decision.settings.thresholds[RESOURCE_CPU].low = 0.3;
    ck_assert(!urgent_at(0.36));
    ck_assert(urgent_at(0.34));
    ck_assert(urgent_at(0.26));
    report.is_urgent = false;
    ck_assert(!urgent_at(0.2));
}
END_TEST

START_TEST(urgency_ends_a_little_further_away)
{
    ck_assert(urgent_at(0.76));
    ck_assert(urgent_at(0.73));
    ck_assert(!urgent_at(0.71));
    ck_assert(!urgent_at(0.73));
}
END_TEST

START_TEST(each_resource_counts)
{
    decision.observed.resource[RESOURCE_DISK] = (struct resource_observation){.demand = 9, .capacity = 10, .nodes = 10};
    ck_assert(urgent_at(0.2));
}
END_TEST

START_TEST(a_group_with_a_node_that_warms_up_is_urgent)
{
    decision.observed.warming = 1;
    ck_assert(urgent_at(0.2));
    decision.observed.warming = 0;
    ck_assert(!urgent_at(0.2));
}
END_TEST

START_TEST(a_group_without_decisions_is_not_urgent)
{
    decision.settings.mode = MODE_OFF;
    ck_assert(!urgent_at(1.0));
}
END_TEST

START_TEST(a_group_without_readings_is_not_urgent)
{
    decision.observed = (struct group_observation){0};
    report_urgency_note(&report, &decision);
    ck_assert(!report.is_urgent);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("report_urgency");
    TCase *tests = tcase_create("report_urgency");

    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, a_group_between_its_thresholds_is_not_urgent);
    tcase_add_test(tests, a_group_near_high_is_urgent);
    tcase_add_test(tests, a_group_near_low_is_urgent);
    tcase_add_test(tests, urgency_ends_a_little_further_away);
    tcase_add_test(tests, each_resource_counts);
    tcase_add_test(tests, a_group_with_a_node_that_warms_up_is_urgent);
    tcase_add_test(tests, a_group_without_decisions_is_not_urgent);
    tcase_add_test(tests, a_group_without_readings_is_not_urgent);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
