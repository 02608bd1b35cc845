#include "scaler/scale_out.h"

#include "scaler/policy.h"
#include "support/suite.h"

#include <math.h>

#define NOW_MS INT64_C(10000000)
#define LEAD   120000
#define TICK   15000
#define LONG   (NOW_MS - LEAD - TICK) /* since the order before: it is due again */

/* Ten nodes at 70 % that want 12. */
static struct decision fleet(void)
{
    return (struct decision){
        .now_ms = NOW_MS,
        .settings = SCALER_SETTINGS_DEFAULT,
        .observed = {.live = 10},
        .lead_ms = LEAD,
        .rule = RULE_REACTIVE,
        .raw = 12,
        .desired = 12,
        .before = 10,
    };
}

static void count(struct decision *d)
{
    bool strained = d->strained;

    policy_observe(d);
    d->strained = strained;
}

static void expect(struct decision *d, int64_t stated_ms, unsigned to, unsigned adding)
{
    count(d);
    ck_assert_int_eq(scale_out_decide(d, stated_ms), to > 0);
    ck_assert_int_eq(d->action, to > 0 ? ACTION_UP : ACTION_HOLD);
    ck_assert_uint_eq(d->to, to);
    ck_assert_uint_eq(d->adding, adding);
    if (to > 0)
        ck_assert_uint_ge(d->desired, to);
}

/* ---- the number ---- */

START_TEST(test_what_is_lacking_is_ordered)
{
    struct decision d = fleet();

    expect(&d, 0, 12, 2);
    d = fleet();
    d.pending = 2;
    expect(&d, 0, 0, 0); /* on order */
    d = fleet();
    d.observed.returning = 2;
    expect(&d, 0, 0, 0); /* carry what they carried */
    d = fleet();
    d.pending = 3;
    d.overdue = 2;
    expect(&d, 0, 12, 1);
}
END_TEST

/* Three nodes have left. What was desired before is ordered, since the votes need more than what is left. */
START_TEST(test_the_desired_count_is_an_intention)
{
    struct decision d = fleet();

    d.observed.live = 7;
    d.desired = d.raw = 8;
    expect(&d, 0, 10, 3);
    d = fleet();
    d.observed.live = 7;
    d.desired = d.raw = 7;
    expect(&d, 0, 0, 0); /* a node that leaves is no reason alone */
}
END_TEST

START_TEST(test_the_same_number_is_stated_again_when_it_is_due)
{
    struct decision d = fleet();

    d.before = 12;
    expect(&d, LONG + 1, 0, 0);
    d = fleet();
    d.before = 12;
    expect(&d, LONG, 12, 2);
    d = fleet();
    d.before = 11;
    expect(&d, NOW_MS - TICK, 12, 2); /* more is ordered at once */
}
END_TEST

/* Six of ten are missing and carry nothing: four survivors are full. */
START_TEST(test_missing_nodes_are_ordered_anew_only_when_nothing_came)
{
    struct decision d = fleet();

    d.observed = (struct group_observation){.live = 4, .missing = 6};
    d.strained = true;
    d.desired = d.raw = 6;
    expect(&d, 0, 10, 6); /* at least what was desired: harmless if they are there */
    d = fleet();
    d.observed = (struct group_observation){.live = 4, .missing = 6};
    d.strained = true;
    d.desired = d.raw = 6;
    d.pending = d.overdue = 6;
    expect(&d, LONG, 12, 2); /* nothing came of it: for the actuator they are there */
    d = fleet();
    d.observed = (struct group_observation){.live = 4, .missing = 6};
    d.desired = d.raw = 10;
    expect(&d, 0, 0, 0); /* before the others are above high they are assumed to carry */
}
END_TEST

START_TEST(test_a_count_says_what_exists)
{
    struct decision d = fleet();

    d.observed.counted = true;
    d.observed.count = 20;
    expect(&d, 0, 22, 2);
    d.observed.count = 3; /* lower than what reports */
    d.to = d.adding = 0;
    d.action = ACTION_HOLD;
    d.desired = 12;
    expect(&d, 0, 12, 2);
    d = fleet();
    d.before = 30;
    d.observed.counted = true;
    d.observed.count = 10;
    expect(&d, 0, 12, 2); /* of the 30 that were desired once, so many are left */
    ck_assert_uint_eq(d.desired, 12);
    d = fleet();
    d.settings.actuator = ACTUATOR_READER;
    d.before = 30;
    d.observed.counted = true;
    d.observed.count = 10;
    expect(&d, 0, 30, 20); /* what a reader gets does not fall */
}
END_TEST

/* Six of ten vanish. The count says four, which is not believed before a minute has passed. */
START_TEST(test_an_unconfirmed_count_adds_nothing_to_nodes_that_are_gone)
{
    struct decision d = fleet();

    d.observed = (struct group_observation){.live = 4, .missing = 6, .counted = true, .count = 10};
    d.strained = true;
    d.desired = d.raw = 6;
    expect(&d, 0, 12, 2); /* if they exist, too few of them help */
    d.observed.count_unconfirmed = true;
    d.to = d.adding = 0;
    d.action = ACTION_HOLD;
    d.desired = 6;
    expect(&d, 0, 10, 6);
    d.settings.nodes_min = 5;
    d.to = d.adding = 0;
    d.action = ACTION_HOLD;
    d.rule = RULE_NONE;
    d.desired = 4;
    expect(&d, 0, 10, 6); /* the minimum does not wait either */
}
END_TEST

/* A Deployment replaces its pods by itself: eight are its number, of which one is being replaced. */
START_TEST(test_a_reader_gets_what_is_wanted)
{
    struct decision d = fleet();

    d.settings.actuator = ACTUATOR_READER;
    d.observed = (struct group_observation){.live = 7, .leaving = 1, .counted = true, .count = 8};
    d.desired = d.raw = d.before = 8;
    expect(&d, 0, 8, 1);
    d = fleet();
    d.settings.actuator = ACTUATOR_READER;
    d.observed = (struct group_observation){.live = 4, .counted = true, .count = 8};
    d.strained = true;
    d.before = 8;
    d.pending = d.overdue = 4;
    d.desired = d.raw = 6;
    expect(&d, LONG, 10, 2); /* four of its pods do not start */
}
END_TEST

/* Nobody knows how large the group of a reader is. */
START_TEST(test_a_reader_gets_no_number_from_nothing)
{
    struct decision d = fleet();

    d.settings.actuator = ACTUATOR_READER;
    d.settings.nodes_min = 4;
    d.observed = (struct group_observation){.live = 0};
    d.desired = d.before = 0;
    count(&d);
    ck_assert(!scale_out_restore(&d, 0));
    d.before = d.desired = 3;
    ck_assert(scale_out_restore(&d, 0));
    ck_assert_uint_eq(d.to, 4);
}
END_TEST

START_TEST(test_the_maximum_caps_an_order)
{
    struct decision d = fleet();

    d.settings.nodes_max = 11;
    expect(&d, 0, 11, 1);
    ck_assert_int_eq(d.guard, GUARD_MAXIMUM);
    d = fleet();
    d.settings.nodes_max = 8;
    expect(&d, 0, 0, 0); /* and removes nothing */
    ck_assert_int_eq(d.guard, GUARD_MAXIMUM);
    d = fleet();
    d.settings.nodes_max = 10;
    d.observed = (struct group_observation){.live = 4, .missing = 6};
    d.strained = true;
    d.desired = d.raw = 6;
    expect(&d, 0, 10, 6); /* missing nodes do not use it up */
    d = fleet();
    d.settings.nodes_max = 9;
    d.observed = (struct group_observation){.live = 3, .missing = 12};
    d.strained = true;
    d.desired = d.raw = 5;
    d.before = 15;
    expect(&d, 0, 9, 6); /* nor does what was desired */
    ck_assert_uint_eq(d.desired, 15);
    d = fleet();
    d.settings.nodes_max = 9;
    d.observed = (struct group_observation){.live = 3, .missing = 12};
    d.strained = true;
    d.desired = d.raw = 5;
    d.before = 15;
    expect(&d, NOW_MS - TICK, 0, 0);
}
END_TEST

/* ---- the guards ---- */

static const struct {
    enum scale_rule rule;
    unsigned live, desired;
    bool futile, stop;
    unsigned to;
    enum scale_guard guard;
} guards[] = {
    {RULE_FORECAST, 10, 11, false, false, 11, GUARD_NONE},
    {RULE_FORECAST, 20, 21, false, false, 21, GUARD_NONE}, /* 5 % exactly */
    {RULE_FORECAST, 21, 22, false, false, 23, GUARD_NONE}, /* at least 5 % */
    {RULE_FORECAST, 100, 104, false, false, 105, GUARD_NONE},
    {RULE_FORECAST, 100, 106, false, false, 106, GUARD_NONE},
    {RULE_REACTIVE, 100, 101, false, false, 101, GUARD_NONE}, /* `high` is crossed: that is no small change */
    {RULE_FORECAST, 1, 5, false, false, 5, GUARD_NONE},
    {RULE_FORECAST, 1, 6, false, false, 5, GUARD_STEP},
    {RULE_FORECAST, 4, 9, false, false, 8, GUARD_STEP},
    {RULE_REACTIVE, 10, 20, false, false, 20, GUARD_NONE},
    {RULE_REACTIVE, 10, 21, false, false, 20, GUARD_STEP},
    {RULE_FORECAST, 10, 8, false, false, 0, GUARD_NONE}, /* not a scale-out */
    {RULE_REACTIVE, 10, 15, true, false, 15, GUARD_NONE},
    {RULE_REACTIVE, 10, 15, true, true, 0, GUARD_FUTILE},
    {RULE_REACTIVE, 10, 10, true, true, 0, GUARD_NONE},
};

START_TEST(test_guards)
{
    struct decision d = fleet();

    d.rule = guards[_i].rule;
    d.observed.live = d.before = guards[_i].live;
    d.desired = d.raw = guards[_i].desired;
    d.futile = guards[_i].futile;
    d.settings.stop_futile = guards[_i].stop;
    expect(&d, 0, guards[_i].to, guards[_i].to > 0 ? guards[_i].to - guards[_i].live : 0);
    ck_assert_int_eq(d.guard, guards[_i].guard);
}
END_TEST

START_TEST(test_the_least_rise_is_within_the_maximum)
{
    struct decision d = fleet();

    d.rule = RULE_FORECAST;
    d.observed.live = d.before = 100;
    d.settings.nodes_max = 103;
    d.desired = d.raw = 102;
    expect(&d, 0, 103, 3);
    ck_assert_int_eq(d.guard, GUARD_NONE); /* the votes do not exceed it */
}
END_TEST

/* ---- the minimum ---- */

static const struct {
    struct group_observation observed;
    enum scale_mode mode;
    unsigned pending, before, to;
    enum scale_guard guard;
} minima[] = {
    {{.live = 0}, MODE_FULL, 0, 0, 3, GUARD_MINIMUM},
    {{.live = 0}, MODE_FULL, 0, 7, 7, GUARD_MINIMUM}, /* what was desired */
    {{.live = 0, .missing = 9}, MODE_FULL, 0, 9, 9, GUARD_MINIMUM},
    {{.live = 0}, MODE_FULL, 3, 3, 0, GUARD_NONE}, /* on order */
    {{.live = 2}, MODE_FULL, 0, 2, 3, GUARD_MINIMUM},
    {{.live = 3}, MODE_FULL, 0, 3, 0, GUARD_NONE},
    {{.live = 0, .counted = true, .count = 3}, MODE_FULL, 0, 3, 0, GUARD_NONE}, /* they are there */
    {{.live = 0, .counted = true, .count = 1}, MODE_FULL, 0, 3, 3, GUARD_MINIMUM},
    {{.live = 0, .roll_call = true}, MODE_FULL, 0, 3, 0, GUARD_NONE},
    {{.live = 0, .paused = true}, MODE_FULL, 0, 3, 0, GUARD_PAUSED},
    {{.live = 0, .paused_in = true}, MODE_FULL, 0, 3, 3, GUARD_MINIMUM},
    {{.live = 0, .orders_elsewhere = true}, MODE_FULL, 0, 3, 0, GUARD_ELSEWHERE},
    {{.live = 0}, MODE_OFF, 0, 3, 0, GUARD_NONE},
    {{.live = 0, .pin = 5}, MODE_FULL, 0, 3, 4, GUARD_STEP}, /* a person knows better */
};

START_TEST(test_the_minimum_is_restored_also_when_nothing_reports)
{
    struct decision d = fleet();

    d.observed = minima[_i].observed;
    d.settings.mode = minima[_i].mode;
    d.settings.nodes_min = 3;
    d.pending = minima[_i].pending;
    d.before = d.desired = minima[_i].before;
    count(&d);
    ck_assert_int_eq(scale_out_restore(&d, 0), minima[_i].to > 0);
    ck_assert_uint_eq(d.to, minima[_i].to);
    ck_assert_int_eq(d.guard, minima[_i].guard);
}
END_TEST

START_TEST(test_the_minimum_beats_votes_for_fewer)
{
    struct decision d = fleet();

    d.settings.nodes_min = 14;
    expect(&d, 0, 14, 4);
    ck_assert_int_eq(d.rule, RULE_BOUNDS);
    ck_assert_int_eq(d.guard, GUARD_MINIMUM);
}
END_TEST

START_TEST(test_nodes_that_changed_their_group_fulfil_the_minimum)
{
    struct decision d = {.now_ms = NOW_MS, .settings = SCALER_SETTINGS_DEFAULT, .lead_ms = LEAD};

    d.settings.nodes_min = 5;
    d.observed.regrouped = 5;
    expect(&d, 0, 0, 0);
    d.observed.regrouped = 4;
    expect(&d, 0, 5, 5);
}
END_TEST

START_TEST(test_the_minimum_counts_what_is_there)
{
    struct decision d = fleet();

    d.settings.nodes_min = 4;
    d.observed = (struct group_observation){.live = 2, .missing = 2, .counted = true, .count = 2};
    d.rule = RULE_NONE;
    d.desired = d.raw = d.before = 4;
    expect(&d, 0, 4, 2);
    ck_assert_int_eq(d.guard, GUARD_MINIMUM);
}
END_TEST

/* Seven exist by the count, five report, and nobody votes. */
START_TEST(test_what_exists_or_is_desired_is_no_vote)
{
    struct decision d = fleet();

    d.observed = (struct group_observation){.live = 5, .counted = true, .count = 7};
    d.rule = RULE_NONE;
    d.desired = d.raw = d.before = 7;
    expect(&d, 0, 0, 0);
    ck_assert_int_eq(d.guard, GUARD_NONE);
}
END_TEST

/* ---- a person ---- */

START_TEST(test_a_pin_wins_over_votes_and_maximum)
{
    struct decision d = fleet();

    d.observed.pin = 20;
    d.settings.nodes_max = 15;
    expect(&d, 0, 20, 10);
    ck_assert_int_eq(d.rule, RULE_PIN);
    d = fleet();
    d.observed.pin = 50;
    expect(&d, 0, 20, 10);
    ck_assert_int_eq(d.guard, GUARD_STEP);
    d = fleet();
    d.observed.pin = 10;
    expect(&d, 0, 0, 0); /* the votes want 12 */
    d = fleet();
    d.observed.pin = 12;
    d.observed.roll_call = true;
    expect(&d, 0, 12, 2); /* at least so many: that harms nothing */
}
END_TEST

/* All four nodes of a pinned group are lost; or some of a larger one, so that fewer than its minimum report. */
START_TEST(test_a_pinned_group_is_restored)
{
    struct decision d = fleet();

    d.observed = (struct group_observation){.missing = 4, .pin = 4};
    d.settings.nodes_min = 2;
    d.before = 4;
    count(&d);
    ck_assert(scale_out_restore(&d, 0));
    ck_assert_uint_eq(d.to, 4);
    d = fleet();
    d.observed = (struct group_observation){.missing = 4, .pin = 4, .roll_call = true};
    count(&d);
    ck_assert(!scale_out_restore(&d, 0));
    d = fleet();
    d.observed = (struct group_observation){.live = 1, .missing = 3, .pin = 4};
    d.settings.nodes_min = 2;
    d.before = 4;
    expect(&d, 0, 4, 3);
    ck_assert_int_eq(d.guard, GUARD_MINIMUM);
    d = fleet();
    d.observed = (struct group_observation){.live = 2, .missing = 2, .pin = 4};
    d.settings.nodes_min = 2;
    d.before = 4;
    expect(&d, 0, 0, 0);
    ck_assert_int_eq(d.rule, RULE_PIN);
}
END_TEST

/* Seven nodes went silent, and a reader's number does not fall for that. */
START_TEST(test_a_pin_below_a_silent_group_leaves_the_number_alone)
{
    struct decision d = {.now_ms = NOW_MS, .settings = SCALER_SETTINGS_DEFAULT, .lead_ms = LEAD};

    d.settings.actuator = ACTUATOR_READER;
    d.observed = (struct group_observation){.missing = 7, .pin = 1};
    d.before = d.desired = d.raw = 7;
    count(&d);
    ck_assert(!scale_out_restore(&d, NOW_MS - 1)); /* stated just now */
    ck_assert_uint_eq(d.desired, 7);
}
END_TEST

START_TEST(test_a_pause_stops_a_scale_out_too)
{
    struct decision d = fleet();

    d.observed.paused = true;
    expect(&d, 0, 0, 0);
    ck_assert_int_eq(d.guard, GUARD_PAUSED);
    d = fleet();
    d.observed.paused_in = true;
    expect(&d, 0, 12, 2);
    d = fleet();
    d.observed.orders_elsewhere = true;
    expect(&d, 0, 0, 0);
    ck_assert_int_eq(d.guard, GUARD_ELSEWHERE);
}
END_TEST

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

int main(void)
{
    Suite *suite = suite_create("scale_out");
    TCase *tcase = tcase_create("scale_out");

    tcase_add_test(tcase, test_what_is_lacking_is_ordered);
    tcase_add_test(tcase, test_the_desired_count_is_an_intention);
    tcase_add_test(tcase, test_the_same_number_is_stated_again_when_it_is_due);
    tcase_add_test(tcase, test_missing_nodes_are_ordered_anew_only_when_nothing_came);
    tcase_add_test(tcase, test_a_count_says_what_exists);
    tcase_add_test(tcase, test_an_unconfirmed_count_adds_nothing_to_nodes_that_are_gone);
    tcase_add_test(tcase, test_a_reader_gets_what_is_wanted);
    tcase_add_test(tcase, test_a_reader_gets_no_number_from_nothing);
    tcase_add_test(tcase, test_the_maximum_caps_an_order);
    tcase_add_loop_test(tcase, test_guards, 0, ROWS(guards));
    tcase_add_test(tcase, test_the_least_rise_is_within_the_maximum);
    tcase_add_loop_test(tcase, test_the_minimum_is_restored_also_when_nothing_reports, 0, ROWS(minima));
    tcase_add_test(tcase, test_the_minimum_beats_votes_for_fewer);
    tcase_add_test(tcase, test_nodes_that_changed_their_group_fulfil_the_minimum);
    tcase_add_test(tcase, test_the_minimum_counts_what_is_there);
    tcase_add_test(tcase, test_what_exists_or_is_desired_is_no_vote);
    tcase_add_test(tcase, test_a_pin_wins_over_votes_and_maximum);
    tcase_add_test(tcase, test_a_pinned_group_is_restored);
    tcase_add_test(tcase, test_a_pin_below_a_silent_group_leaves_the_number_alone);
    tcase_add_test(tcase, test_a_pause_stops_a_scale_out_too);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
