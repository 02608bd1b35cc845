#include "scaler/scale_in.h"

#include "scaler/policy.h"
#include "support/suite.h"

#include <math.h>

#define NOW_MS INT64_C(10000000)

/* Nodes of weight 4 (cpu) and 16e9 (memory), each at that utilisation; NaN: not reported. The vote is for 6. */
static struct decision fleet(unsigned live, double cpu, double memory)
{
    struct decision d = {.now_ms = NOW_MS,
                         .settings = SCALER_SETTINGS_DEFAULT,
                         .observed = {.live = live},
                         .lead_ms = 120000,
                         .rule = RULE_FORECAST,
                         .raw = 6,
                         .before = live};

    if (!isnan(cpu))
        d.observed.resource[RESOURCE_CPU] =
            (struct resource_observation){.demand = cpu * 4 * live, .capacity = 4.0 * live, .nodes = live};
    if (!isnan(memory))
        d.observed.resource[RESOURCE_MEMORY] =
            (struct resource_observation){.demand = memory * 16e9 * live, .capacity = 16e9 * live, .nodes = live};
    return d;
}

static void decide(struct decision *d, struct scale_in_past past)
{
    double lost = d->total[RESOURCE_CPU];

    policy_observe(d);
    if (d->observed.resource[RESOURCE_CPU].nodes == 0)
        d->total[RESOURCE_CPU] = lost;
    scale_in_decide(d, (struct stabilization){.highest = d->raw, .whole = true}, past);
}

static void expect(struct decision *d, unsigned desired, enum scale_guard guard)
{
    decide(d, (struct scale_in_past){0});
    ck_assert_uint_eq(d->desired, desired);
    ck_assert_int_eq(d->guard, guard);
    ck_assert_int_eq(d->action, desired < d->before ? ACTION_DOWN : ACTION_HOLD);
}

static const struct {
    unsigned live, missing;
    double cpu, memory, low_memory;
    unsigned vote, highest;
    bool whole;
    unsigned desired;
    enum scale_guard guard;
} scale_ins[] = {
    {10, 0, 0.20, 0.20, 0.0, 6, 6, true, 6, GUARD_NONE},
    {10, 0, 0.20, 0.20, 0.0, 5, 5, true, 5, GUARD_NONE},
    {10, 0, 0.20, 0.20, 0.0, 4, 4, true, 5, GUARD_STEP},
    {9, 0, 0.20, 0.20, 0.0, 3, 3, true, 5, GUARD_STEP}, /* at most half of them go */
    {10, 0, 0.20, 0.20, 0.0, 10, 10, true, 10, GUARD_NONE},
    {10, 0, 0.20, 0.20, 0.0, 12, 12, true, 10, GUARD_NONE}, /* not a scale-in */
    {10, 0, 0.20, 0.20, 0.0, 4, 7, true, 7, GUARD_STABILIZATION},
    {10, 0, 0.20, 0.20, 0.0, 4, 20, true, 10, GUARD_STABILIZATION},
    {10, 0, 0.20, 0.20, 0.0, 4, 4, false, 10, GUARD_STABILIZATION},
    {10, 0, 0.56, 0.20, 0.0, 4, 4, true, 7, GUARD_PROJECTION}, /* 5.6 / 0.8 is 7 and no rounding makes it 8 */
    {10, 0, 0.20, 0.60, 0.0, 4, 4, true, 8, GUARD_PROJECTION},
    {10, 0, 0.20, 0.78, 0.0, 4, 4, true, 10, GUARD_PROJECTION},
    {10, 0, 0.20, 0.95, 0.0, 4, 4, true, 10, GUARD_PROJECTION},
    {10, 0, 0.20, NAN, 0.0, 6, 6, true, 6, GUARD_NONE},
    {9, 1, 0.48, 0.20, 0.0, 5, 5, true, 7, GUARD_MISSING_NODES}, /* (4.32 + 1) / 0.8 = 6.65 */
    {9, 1, 0.20, 0.20, 0.0, 5, 5, true, 5, GUARD_NONE},          /* a missing node that changes nothing */
    {5, 5, 0.60, 0.20, 0.0, 5, 5, true, 10, GUARD_MISSING_NODES},
    {4, 6, 0.10, 0.20, 0.0, 2, 2, true, 10, GUARD_DEAD_BAND}, /* (0.8 + 6) / 0.8 is 9: too small a change */
    {10, 0, 0.20, 0.20, 0.3, 6, 6, true, 6, GUARD_NONE},
    {10, 0, 0.20, 0.31, 0.3, 6, 6, true, 10, GUARD_LOW},
    {70, 0, 0.20, 0.20, 0.0, 62, 62, true, 70, GUARD_DEAD_BAND},
    {70, 0, 0.20, 0.20, 0.0, 61, 61, true, 61, GUARD_NONE},
    {100, 0, 0.20, 0.20, 0.0, 88, 88, true, 88, GUARD_NONE}, /* 12 % exactly */
    {100, 0, 0.20, 0.20, 0.0, 89, 89, true, 100, GUARD_DEAD_BAND},
    {70, 0, 0.20, 0.20, 0.0, 40, 68, true, 70, GUARD_DEAD_BAND},
    {2, 0, 0.20, 0.20, 0.0, 1, 1, true, 1, GUARD_NONE},
};

START_TEST(test_load_and_window)
{
    struct decision d = fleet(scale_ins[_i].live, scale_ins[_i].cpu, scale_ins[_i].memory);
    struct stabilization window = {.highest = scale_ins[_i].highest, .whole = scale_ins[_i].whole};

    d.observed.missing = scale_ins[_i].missing;
    d.settings.thresholds[RESOURCE_MEMORY].low = scale_ins[_i].low_memory;
    d.raw = scale_ins[_i].vote;
    policy_observe(&d);
    d.before = d.existing;
    scale_in_decide(&d, window, (struct scale_in_past){0});
    ck_assert_uint_eq(d.desired, scale_ins[_i].desired);
    ck_assert_int_eq(d.guard, scale_ins[_i].guard);
    if (d.action == ACTION_DOWN)
        ck_assert(d.to == d.desired && d.victims == d.existing - d.to);
}
END_TEST

START_TEST(test_projection_uses_the_bound_of_the_forecast)
{
    struct decision d = fleet(10, 0.20, 0.20);

    d.forecast[RESOURCE_CPU] = (struct forecast){.valid = true, .expected = 16.0, .bound = 19.2};
    d.raw = 3;
    expect(&d, 6, GUARD_PROJECTION);
    ck_assert_int_eq(d.guard_resource, RESOURCE_CPU);

    /* Never for less than there is now: 10 nodes at 56 %. */
    d = fleet(10, 0.56, 0.20);
    d.forecast[RESOURCE_CPU] = (struct forecast){.valid = true, .bound = 8.0};
    d.raw = 3;
    expect(&d, 7, GUARD_PROJECTION);
}
END_TEST

/* 10 nodes of 4 cores at 30 %, and 2 that do not report. */
START_TEST(test_missing_nodes_weigh_what_they_last_said)
{
    static const struct {
        double weight;
        unsigned desired;
        enum scale_guard guard;
    } cases[] = {
        {0.0, 7, GUARD_MISSING_NODES},    /* unknown: (12 + 8) / 0.8 is 25 cores */
        {8.0, 7, GUARD_MISSING_NODES},    /* as heavy as the others */
        {32.0, 8, GUARD_MISSING_NODES},   /* (12 + 32) / 0.8 is 55: 23 beside the 32, so 6 of 4 cores */
        {128.0, 12, GUARD_MISSING_NODES}, /* 47 beside the 128 */
        {2.0, 6, GUARD_NONE},             /* lighter: 16 cores beside them */
    };

    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct decision d = fleet(10, 0.30, NAN);
        d.observed.missing = 2;
        d.observed.resource[RESOURCE_CPU].silent_weight = cases[i].weight;
        d.before = 12;
        expect(&d, cases[i].desired, cases[i].guard);
    }
}
END_TEST

static const struct {
    struct group_observation observed;
    enum scale_mode mode;
    struct scale_in_past past;
    unsigned pending, overdue;
    enum scale_guard guard;
} refusals[] = {
    {{.live = 10}, MODE_OBSERVE, {0}, 0, 0, GUARD_NONE},
    {{.live = 10, .unrecorded = true}, MODE_FULL, {0}, 0, 0, GUARD_UNRECORDED},
    {{.live = 10}, MODE_FULL, {.hour = 29}, 0, 0, GUARD_NONE},
    {{.live = 10}, MODE_FULL, {.hour = 30}, 0, 0, GUARD_CHURN},
    {{.live = 10}, MODE_OUT_ONLY, {0}, 0, 0, GUARD_MODE},
    {{.live = 10, .roll_call = true}, MODE_FULL, {0}, 0, 0, GUARD_ROLL_CALL},
    {{.live = 10, .paused = true}, MODE_FULL, {0}, 0, 0, GUARD_PAUSED},
    {{.live = 10, .paused_in = true}, MODE_FULL, {0}, 0, 0, GUARD_PAUSED},
    {{.live = 10, .orders_elsewhere = true}, MODE_FULL, {0}, 0, 0, GUARD_ELSEWHERE},
    {{.live = 10, .protected_nodes = 10}, MODE_FULL, {0}, 0, 0, GUARD_PROTECTED},
    {{.live = 10, .protected_nodes = 4, .warming = 6}, MODE_FULL, {0}, 0, 0, GUARD_PROTECTED},
    {{.live = 10, .protected_nodes = 6}, MODE_FULL, {0}, 0, 0, GUARD_NONE},
    {{.live = 10}, MODE_FULL, {0}, 1, 0, GUARD_ORDERED},                                    /* nodes are on order */
    {{.live = 10}, MODE_FULL, {.hour = 1, .newest = NOW_MS - 119999}, 0, 0, GUARD_ORDERED}, /* one a lead time */
    {{.live = 10}, MODE_FULL, {.hour = 1, .newest = NOW_MS - 120000}, 0, 0, GUARD_NONE},
    {{.live = 10}, MODE_OBSERVE, {.hour = 1, .newest = NOW_MS - 1}, 1, 0, GUARD_NONE}, /* nothing is ordered there */
};

START_TEST(test_refusals)
{
    struct decision d = fleet(10, 0.20, 0.20);
    struct resource_observation cpu = d.observed.resource[RESOURCE_CPU];

    d.observed = refusals[_i].observed;
    d.observed.resource[RESOURCE_CPU] = cpu;
    d.settings.mode = refusals[_i].mode;
    d.pending = refusals[_i].pending;
    d.overdue = refusals[_i].overdue;
    decide(&d, refusals[_i].past);
    ck_assert_int_eq(d.guard, refusals[_i].guard);
    ck_assert_int_eq(d.action, refusals[_i].guard == GUARD_NONE ? ACTION_DOWN : ACTION_HOLD);
    ck_assert_uint_eq(d.desired, refusals[_i].guard == GUARD_NONE ? 6 : 10);
}
END_TEST

/* ---- readings that are missing ---- */

START_TEST(test_nodes_without_a_reading_count_as_busy)
{
    struct decision d = fleet(10, 0.50, NAN);

    d.observed.resource[RESOURCE_CPU] = (struct resource_observation){.demand = 16, .capacity = 32, .nodes = 8};
    d.raw = 6;
    expect(&d, 8, GUARD_UNREAD); /* (16 + 2 x 4) / 0.8 / 4 = 7.5 */
    d = fleet(8, 0.10, NAN);
    d.observed.resource[RESOURCE_CPU] = (struct resource_observation){.demand = 0.4, .capacity = 4, .nodes = 1};
    d.raw = 2;
    expect(&d, 8, GUARD_UNREAD);
    ck_assert_int_eq(d.guard_resource, RESOURCE_CPU);
}
END_TEST

START_TEST(test_a_reading_that_all_nodes_lost_stops_a_scale_in)
{
    struct decision d = fleet(10, NAN, 0.20);

    d.total[RESOURCE_CPU] = 30.0; /* the last that was known */
    expect(&d, 10, GUARD_UNREAD);
    d = fleet(10, NAN, 0.20); /* it has never been there */
    expect(&d, 6, GUARD_NONE);
}
END_TEST

/* An application's number may be given up on all nodes; that some of them ought to have one is known from before. */
START_TEST(test_the_applications_number_may_be_given_up)
{
    struct decision d = fleet(10, 0.20, 0.20);

    policy_observe(&d);
    d.total[RESOURCE_APP] = 900.0;
    scale_in_decide(&d, (struct stabilization){.highest = 6, .whole = true}, (struct scale_in_past){0});
    ck_assert_uint_eq(d.desired, 6);
    d = fleet(10, 0.20, 0.20);
    policy_observe(&d);
    d.total[RESOURCE_APP] = 900.0;
    d.observed.resource[RESOURCE_APP].unread = 10;
    scale_in_decide(&d, (struct stabilization){.highest = 6, .whole = true}, (struct scale_in_past){0});
    ck_assert_int_eq(d.guard, GUARD_UNREAD);
    ck_assert_int_eq(d.guard_resource, RESOURCE_APP);
}
END_TEST

START_TEST(test_no_scale_in_that_the_application_could_not_carry)
{
    struct decision d = fleet(10, 0.20, 0.20);

    d.observed.resource[RESOURCE_APP] = (struct resource_observation){.demand = 600, .capacity = 1000, .nodes = 10};
    d.raw = 6;
    expect(&d, 8, GUARD_PROJECTION); /* 600 / 0.8 / 100 = 7.5 */
    ck_assert_int_eq(d.guard_resource, RESOURCE_APP);
}
END_TEST

/* ---- bounds ---- */

START_TEST(test_the_minimum_ends_a_scale_in)
{
    struct decision d = fleet(10, 0.20, 0.20);

    d.settings.nodes_min = 8;
    expect(&d, 8, GUARD_MINIMUM);
    d = fleet(10, 0.20, 0.20);
    d.settings.nodes_min = 12;
    expect(&d, 10, GUARD_MINIMUM);
}
END_TEST

/* Eight report and four do not: what one tick removes the next one would order again. */
START_TEST(test_silent_nodes_do_not_fulfil_the_minimum)
{
    static const struct {
        struct group_observation observed;
        enum scale_actuator actuator;
        unsigned pin, min, desired;
        enum scale_guard guard;
    } cases[] = {
        {{.live = 8, .missing = 4}, ACTUATOR_HOOK, 0, 6, 10, GUARD_MINIMUM},
        {{.live = 8, .unreported = 4}, ACTUATOR_HOOK, 0, 6, 10, GUARD_MINIMUM},
        {{.live = 8, .missing = 4}, ACTUATOR_READER, 0, 6, 10, GUARD_MINIMUM},
        {{.live = 8, .missing = 4}, ACTUATOR_HOOK, 0, 8, 12, GUARD_MINIMUM},
        {{.live = 8, .missing = 4}, ACTUATOR_HOOK, 0, 9, 12, GUARD_MINIMUM}, /* which is ordered instead */
        {{.live = 8, .missing = 4}, ACTUATOR_HOOK, 3, 6, 10, GUARD_NONE},
        {{.live = 8, .missing = 4, .counted = true, .count = 12}, ACTUATOR_HOOK, 0, 6, 6, GUARD_MINIMUM},
        {{.live = 8, .missing = 4, .counted = true, .count = 9}, ACTUATOR_HOOK, 0, 6, 9, GUARD_MINIMUM},
        {{.live = 8, .missing = 4, .counted = true, .count = 12, .count_unconfirmed = true},
         ACTUATOR_HOOK,
         0,
         6,
         10,
         GUARD_MINIMUM},
    };

    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct decision d = fleet(8, 0.05, NAN);
        struct resource_observation cpu = d.observed.resource[RESOURCE_CPU];
        d.observed = cases[i].observed;
        d.observed.resource[RESOURCE_CPU] = cpu;
        d.observed.pin = cases[i].pin;
        d.settings.actuator = cases[i].actuator;
        d.settings.nodes_min = cases[i].min;
        d.raw = 1;
        d.before = 12;
        expect(&d, cases[i].desired, cases[i].guard);
    }
}
END_TEST

/* Ten nodes, at most five. */
START_TEST(test_a_maximum_goes_through_the_guards)
{
    struct decision d = fleet(10, 0.20, 0.20);

    d.settings.nodes_max = 5;
    d.raw = 9;
    policy_observe(&d);
    scale_in_decide(&d, (struct stabilization){.highest = 10, .whole = true}, (struct scale_in_past){0});
    ck_assert_int_eq(d.guard, GUARD_STABILIZATION);
    ck_assert_int_eq(d.action, ACTION_HOLD);
    d = fleet(10, 0.56, 0.20);
    d.settings.nodes_max = 5;
    d.raw = 9;
    policy_observe(&d);
    scale_in_decide(&d, (struct stabilization){.highest = 5, .whole = true}, (struct scale_in_past){0});
    ck_assert_int_eq(d.rule, RULE_BOUNDS);
    ck_assert_int_eq(d.guard, GUARD_PROJECTION); /* which beats it */
    ck_assert_uint_eq(d.to, 7);
    d = fleet(20, 0.20, 0.20);
    d.settings.nodes_max = 5;
    d.raw = 19;
    policy_observe(&d);
    scale_in_decide(&d, (struct stabilization){.highest = 5, .whole = true}, (struct scale_in_past){0});
    ck_assert_int_eq(d.guard, GUARD_STEP);
    ck_assert_uint_eq(d.to, 10);
    d = fleet(100, 0.20, 0.20);
    d.settings.nodes_max = 99; /* no change is too small for it */
    d.raw = 100;
    policy_observe(&d);
    scale_in_decide(&d, (struct stabilization){.highest = 99, .whole = true}, (struct scale_in_past){0});
    ck_assert_uint_eq(d.to, 99);
}
END_TEST

/* ---- a person ---- */

static struct decision pinned(unsigned live, unsigned pin)
{
    struct decision d = fleet(live, 0.75, 0.20);

    d.observed.pin = pin;
    d.raw = live;
    return d;
}

START_TEST(test_a_pin_wins_over_the_load)
{
    struct decision d = pinned(10, 7);

    expect(&d, 7, GUARD_NONE);
    ck_assert_int_eq(d.rule, RULE_PIN);
    d = pinned(10, 2);
    expect(&d, 5, GUARD_STEP);
    d = pinned(10, 7);
    d.observed.roll_call = true;
    expect(&d, 10, GUARD_ROLL_CALL);
    d = pinned(10, 7);
    d.observed.protected_nodes = 9;
    expect(&d, 9, GUARD_PROTECTED);
    d = pinned(10, 10);
    d.observed.missing = 5;
    d.before = 10;
    expect(&d, 10, GUARD_NONE); /* those that report are not too many */
    d = pinned(10, 7);
    decide(&d, (struct scale_in_past){.hour = 1, .newest = NOW_MS - 1});
    ck_assert_int_eq(d.guard, GUARD_ORDERED);
}
END_TEST

/* The minimum was raised above it meanwhile: what one tick removes the next one would order again. */
START_TEST(test_a_pin_does_not_go_below_the_minimum)
{
    struct decision d = pinned(4, 2);

    d.settings.nodes_min = 3;
    expect(&d, 3, GUARD_NONE);
    d = pinned(3, 2);
    d.settings.nodes_min = 3;
    decide(&d, (struct scale_in_past){0});
    ck_assert_int_eq(d.action, ACTION_HOLD);
}
END_TEST

/* ---- readers and other actuators that choose the nodes ---- */

static const struct {
    unsigned live, missing, before, vote, min;
    unsigned number;
} numbers[] = {
    {10, 0, 10, 7, 1, 7},   {13, 0, 7, 9, 1, 7}, /* a surge: nine are enough, and it has seven */
    {13, 0, 7, 7, 1, 7},                         /* the surge goes by itself */
    {10, 5, 10, 12, 1, 10},                      /* five were replaced under other names */
    {10, 0, 14, 10, 1, 14},                      /* four were forgotten */
    {10, 0, 14, 8, 1, 12},                       /* that is no reason to go further than two */
    {30, 0, 16, 6, 1, 15},                       /* thirty exist, half of them go */
    {30, 0, 40, 6, 1, 25},  {10, 0, 7, 6, 6, 6}, {10, 0, 7, 5, 7, 7},
};

START_TEST(test_what_a_reader_gets_falls_to_what_is_enough)
{
    struct decision d = fleet(numbers[_i].live, 0.10, 0.10);

    d.settings.actuator = ACTUATOR_READER;
    d.settings.nodes_min = numbers[_i].min;
    d.observed.missing = numbers[_i].missing;
    d.raw = numbers[_i].vote;
    d.before = numbers[_i].before;
    decide(&d, (struct scale_in_past){0});
    ck_assert_uint_eq(d.desired, numbers[_i].number);
    ck_assert_int_eq(d.action, d.desired < d.before ? ACTION_DOWN : ACTION_HOLD);
    ck_assert_uint_eq(d.victims, d.before - d.desired);
}
END_TEST

START_TEST(test_an_actuator_that_chooses_meets_no_protected_node)
{
    struct decision d = fleet(10, 0.20, 0.20);

    d.settings.actuator = ACTUATOR_READER;
    d.observed.protected_nodes = 1;
    expect(&d, 10, GUARD_PROTECTED);
    d = fleet(10, 0.20, 0.20);
    d.settings.actuator = ACTUATOR_HOOK;
    d.settings.victims = VICTIMS_ANY;
    expect(&d, 10, GUARD_UNCOUNTED);
    d = fleet(10, 0.20, 0.20);
    d.settings.actuator = ACTUATOR_HOOK;
    d.settings.victims = VICTIMS_ANY;
    d.observed.counted = true;
    d.observed.count = 10;
    expect(&d, 6, GUARD_NONE);
}
END_TEST

/* Nodes that only the count knows carry nothing, and are not busy. */
START_TEST(test_counted_nodes_that_do_not_report_carry_nothing)
{
    struct decision d = fleet(10, 0.56, 0.20);

    d.observed.counted = true;
    d.observed.count = 15;
    d.raw = 6;
    d.before = 15;
    expect(&d, 12, GUARD_PROJECTION); /* 7 of the 10, and the 5 */
    ck_assert_uint_eq(d.victims, 3);
}
END_TEST

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

int main(void)
{
    Suite *suite = suite_create("scale_in");
    TCase *tcase = tcase_create("scale_in");

    tcase_add_loop_test(tcase, test_load_and_window, 0, ROWS(scale_ins));
    tcase_add_test(tcase, test_projection_uses_the_bound_of_the_forecast);
    tcase_add_test(tcase, test_missing_nodes_weigh_what_they_last_said);
    tcase_add_loop_test(tcase, test_refusals, 0, ROWS(refusals));
    tcase_add_test(tcase, test_nodes_without_a_reading_count_as_busy);
    tcase_add_test(tcase, test_a_reading_that_all_nodes_lost_stops_a_scale_in);
    tcase_add_test(tcase, test_the_applications_number_may_be_given_up);
    tcase_add_test(tcase, test_no_scale_in_that_the_application_could_not_carry);
    tcase_add_test(tcase, test_the_minimum_ends_a_scale_in);
    tcase_add_test(tcase, test_silent_nodes_do_not_fulfil_the_minimum);
    tcase_add_test(tcase, test_a_maximum_goes_through_the_guards);
    tcase_add_test(tcase, test_a_pin_wins_over_the_load);
    tcase_add_test(tcase, test_a_pin_does_not_go_below_the_minimum);
    tcase_add_loop_test(tcase, test_what_a_reader_gets_falls_to_what_is_enough, 0, ROWS(numbers));
    tcase_add_test(tcase, test_an_actuator_that_chooses_meets_no_protected_node);
    tcase_add_test(tcase, test_counted_nodes_that_do_not_report_carry_nothing);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
