/* How often the agents of a fleet send. */
#include "collector/fleet/report_pace.h"

#include "collector/fleet/registry.h"
#include "collector/fleet/registry_groups.h"
#include "support/suite.h"

#include <check.h>
#include <stdio.h>

#define MOST_MS 5000U

/* ---- one pace ---- */

static const struct {
    unsigned agents;
    double busy;
    uint32_t most_ms;
    uint32_t report_ms;
} paces[] = {
    {0, 0.0, MOST_MS, 0},        {1, 1.0, MOST_MS, 0},         {2000, 1.0, MOST_MS, 0}, /* not even if the loop is busy
                                                                                         */
    {2001, 0.1, MOST_MS, 1000},  {3000, 0.1, MOST_MS, 1500},   {6500, 0.1, MOST_MS, 3000}, {10000, 0.1, MOST_MS, 5000},
    {19000, 0.1, MOST_MS, 5000}, {100000, 1.0, MOST_MS, 5000}, {19000, 0.1, 2000, 2000}, /* the tick is short */
    {19000, 0.1, 999, 0},
};

START_TEST(pace_grows_with_the_fleet)
{
    ck_assert_uint_eq(report_pace_next(0, paces[_i].agents, paces[_i].busy, paces[_i].most_ms), paces[_i].report_ms);
}
END_TEST

START_TEST(pace_follows_a_growing_fleet_without_a_jump)
{
    uint32_t report_ms = 0;

    for (unsigned agents = 1; agents <= 20000; agents++) {
        uint32_t next_ms = report_pace_next(report_ms, agents, 0.2, MOST_MS);
        ck_assert_uint_ge(next_ms, report_ms);
        ck_assert_uint_le(next_ms, report_ms + 1000);
        report_ms = next_ms;
    }
    ck_assert_uint_eq(report_ms, MOST_MS);
}
END_TEST

START_TEST(pace_does_not_go_up_and_down)
{
    for (unsigned agents = 1700; agents < 12000; agents += 7) {
        uint32_t high_ms = report_pace_next(0, agents + 100, 0.0, MOST_MS);
        uint32_t report_ms = high_ms;
        for (unsigned i = 0; i < 10; i++) {
            report_ms = report_pace_next(report_ms, agents - 100, 0.0, MOST_MS);
            ck_assert_uint_eq(report_ms, high_ms);
            report_ms = report_pace_next(report_ms, agents + 100, 0.0, MOST_MS);
            ck_assert_uint_eq(report_ms, high_ms);
        }
    }
}
END_TEST

START_TEST(pace_ends_when_the_fleet_is_small_again)
{
    uint32_t report_ms = report_pace_next(0, 2001, 0.0, MOST_MS);

    ck_assert_uint_eq(report_pace_next(report_ms, 1601, 0.0, MOST_MS), 1000);
    ck_assert_uint_eq(report_pace_next(report_ms, 1600, 0.0, MOST_MS), 0);
    ck_assert_uint_eq(report_pace_next(5000, 4000, 0.0, MOST_MS), 2000);
}
END_TEST

/* The loop is busy for `work` of its time at a report each second, and for less with a longer one. */
static uint32_t settle(unsigned agents, double work, unsigned *changes)
{
    uint32_t report_ms = report_pace_next(0, agents, 0.0, MOST_MS);

    *changes = 0;
    for (unsigned i = 0; i < 1000; i++) {
        uint32_t next_ms = report_pace_next(report_ms, agents, work * 1000 / report_ms, MOST_MS);
        *changes += next_ms != report_ms;
        report_ms = next_ms;
    }
    return report_ms;
}

START_TEST(a_busy_loop_gets_fewer_frames_and_settles)
{
    unsigned changes = 0;

    ck_assert_uint_eq(settle(2500, 0.3, &changes), 1000);
    ck_assert_uint_ge(settle(2500, 0.9, &changes), 1500);
    ck_assert_uint_le(changes, 4);
    ck_assert_uint_ge(settle(2500, 1.5, &changes), 2500);
    ck_assert_uint_le(changes, 6);
    ck_assert_uint_eq(settle(2500, 9.0, &changes), MOST_MS);
    ck_assert_uint_le(changes, 10);
}
END_TEST

/* ---- of all groups ---- */

static struct registry registry;
static struct report_pace pace;
static struct report_pace_load load;
static struct collector_config config;

static void setup(void)
{
    ck_assert_int_eq(registry_init(&registry, 60000), 0);
    for (unsigned i = 0; i < 4; i++) {
        char name[16];
        snprintf(name, sizeof name, "group-%u", i);
        ck_assert_ptr_nonnull(registry_ensure_group(&registry, name));
    }
    pace = (struct report_pace){0};
    config = collector_config_defaults;
    load = (struct report_pace_load){.agents = 19000, .ack_interval_ms = 5000, .config = &config};
}

static void teardown(void)
{
    registry_deinit(&registry);
}

static struct group_report *report(unsigned group)
{
    return &registry.groups[group]->report;
}

START_TEST(all_groups_get_the_pace_of_the_fleet)
{
    ck_assert(!report_pace_update(&pace, &load, &registry));
    for (unsigned i = 0; i < 4; i++)
        ck_assert_uint_eq(report(i)->ms, 5000);
    load.agents = 100;
    ck_assert(report_pace_update(&pace, &load, &registry));
    for (unsigned i = 0; i < 4; i++)
        ck_assert_uint_eq(report(i)->ms, 0);
    ck_assert(!report_pace_update(&pace, &load, &registry));
}
END_TEST

START_TEST(a_report_is_at_most_a_third_of_the_tick_and_an_ack_interval)
{
    config.settings.tick_ms = 9000;
    report_pace_update(&pace, &load, &registry);
    ck_assert_uint_eq(report(0)->ms, 3000);
    load.ack_interval_ms = 2000;
    report_pace_update(&pace, &load, &registry);
    ck_assert_uint_eq(report(0)->ms, 2000);
    config.settings.tick_ms = 3600000;
    load = (struct report_pace_load){.agents = 19000, .ack_interval_ms = 60000, .config = &config};
    report_pace_update(&pace, &load, &registry);
    ck_assert_uint_eq(report(0)->ms, 5000);
}
END_TEST

START_TEST(a_setting_replaces_what_the_collector_chooses)
{
    config.settings.report_ms = 1000; /* of groups that are not in the configuration */
    report_pace_update(&pace, &load, &registry);
    ck_assert_uint_eq(report(0)->ms, 1000);
    report(0)->configured_ms = 0;
    report(2)->configured_ms = 10000;
    report_pace_update(&pace, &load, &registry);
    ck_assert_uint_eq(report(0)->ms, 5000);
    ck_assert_uint_eq(report(1)->ms, 1000);
    ck_assert_uint_eq(report(2)->ms, 5000); /* a third of the tick */
    load.agents = 1;
    report_pace_update(&pace, &load, &registry);
    ck_assert_uint_eq(report(0)->ms, 0);
    ck_assert_uint_eq(report(2)->ms, 5000);
    config.settings.tick_ms = 60000;
    load.ack_interval_ms = 20000;
    report_pace_update(&pace, &load, &registry);
    ck_assert_uint_eq(report(2)->ms, 10000);
}
END_TEST

START_TEST(urgent_groups_send_each_second)
{
    report_pace_update(&pace, &load, &registry);
    report(1)->is_urgent = true;
    report(1)->live = 1000;
    report(2)->is_urgent = true;
    report(2)->live = 1000;
    ck_assert(report_pace_update(&pace, &load, &registry));
    ck_assert_uint_eq(report(0)->ms, 5000);
    ck_assert_uint_eq(report(1)->ms, 1000);
    ck_assert_uint_eq(report(2)->ms, 1000);
    report(1)->is_urgent = false;
    ck_assert(!report_pace_update(&pace, &load, &registry));
    ck_assert_uint_eq(report(1)->ms, 5000);
}
END_TEST

START_TEST(urgency_of_a_whole_fleet_is_bounded)
{
    for (unsigned i = 0; i < 4; i++) {
        report(i)->is_urgent = true;
        report(i)->live = 2000;
    }
    report_pace_update(&pace, &load, &registry);
    ck_assert_uint_eq(report(0)->ms, 4000);
    for (unsigned i = 0; i < 4; i++)
        report(i)->live = 5000;
    report_pace_update(&pace, &load, &registry);
    ck_assert_uint_eq(report(0)->ms, 5000);
}
END_TEST

START_TEST(urgency_changes_nothing_in_a_small_fleet)
{
    load.agents = 100;
    report(1)->is_urgent = true;
    report(1)->live = 50;
    report_pace_update(&pace, &load, &registry);
    ck_assert_uint_eq(report(1)->ms, 0);
}
END_TEST

START_TEST(one_busy_second_changes_nothing)
{
    load.agents = 2500;
    report_pace_update(&pace, &load, &registry);
    ck_assert_uint_eq(report(0)->ms, 1000);
    load.busy = 1.0;
    report_pace_update(&pace, &load, &registry);
    ck_assert_uint_eq(report(0)->ms, 1000);
    for (unsigned i = 0; i < 30; i++)
        report_pace_update(&pace, &load, &registry);
    ck_assert_uint_gt(report(0)->ms, 1000);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("report_pace");
    TCase *one = tcase_create("one");
    TCase *groups = tcase_create("groups");

    tcase_add_loop_test(one, pace_grows_with_the_fleet, 0, sizeof paces / sizeof paces[0]);
    tcase_add_test(one, pace_follows_a_growing_fleet_without_a_jump);
    tcase_add_test(one, pace_does_not_go_up_and_down);
    tcase_add_test(one, pace_ends_when_the_fleet_is_small_again);
    tcase_add_test(one, a_busy_loop_gets_fewer_frames_and_settles);
    suite_add_tcase(suite, one);
    tcase_add_checked_fixture(groups, setup, teardown);
    tcase_add_test(groups, all_groups_get_the_pace_of_the_fleet);
    tcase_add_test(groups, a_report_is_at_most_a_third_of_the_tick_and_an_ack_interval);
    tcase_add_test(groups, a_setting_replaces_what_the_collector_chooses);
    tcase_add_test(groups, urgent_groups_send_each_second);
    tcase_add_test(groups, urgency_of_a_whole_fleet_is_bounded);
    tcase_add_test(groups, urgency_changes_nothing_in_a_small_fleet);
    tcase_add_test(groups, one_busy_second_changes_nothing);
    suite_add_tcase(suite, groups);
    return suite_run(suite);
}
