#include "scaler/policy.h"

#include "common/limits.h"
#include "scaler/sizing.h"
#include "support/suite.h"

#include <math.h>

/* Nodes of weight 4 (cpu), 16e9 (memory), 1 (disk), each at that utilisation; NaN: not reported. Without app. */
static struct decision fleet(unsigned live, double cpu, double memory, double disk)
{
    static const double weights[RESOURCE_COUNT] = {4.0, 16e9, 1.0, 1.0};
    const double utilisation[RESOURCE_COUNT] = {cpu, memory, disk, NAN};
    struct decision d = {.settings = SCALER_SETTINGS_DEFAULT, .observed = {.live = live}};

    for (int r = 0; r < RESOURCE_NODE_COUNT; r++) {
        if (isnan(utilisation[r]))
            continue;
        d.observed.resource[r] = (struct resource_observation){
            .demand = utilisation[r] * weights[r] * live, .capacity = weights[r] * live, .nodes = live};
    }
    policy_observe(&d);
    return d;
}

static const struct resource_observation unsound[] = {
    {.demand = NAN, .capacity = 8, .nodes = 2},        {.demand = INFINITY, .capacity = 8, .nodes = 2},
    {.demand = -1, .capacity = 8, .nodes = 2},         {.demand = 1, .capacity = NAN, .nodes = 2},
    {.demand = 1, .capacity = INFINITY, .nodes = 2},   {.demand = 1, .capacity = -8, .nodes = 2},
    {.demand = 1, .capacity = 0, .nodes = 2},          {.demand = 1, .capacity = 5e-324, .nodes = 2},
    {.demand = 1, .capacity = 8, .nodes = 0},          {.demand = 1e308, .capacity = 8, .nodes = 2},
    {.demand = 1e300, .capacity = 1e-300, .nodes = 2}, {.demand = 1e22, .capacity = 8, .nodes = 2},
    {.demand = 1, .capacity = 1e22, .nodes = 2},       {.demand = 0, .capacity = 1e-5, .nodes = 2},
};

START_TEST(test_unsound_readings_are_not_reported)
{
    struct group_observation observed = {.live = 4,
                                         .resource = {{.demand = 1, .capacity = 8, .nodes = 2}, unsound[_i], {0}}};

    policy_clean(&observed);
    ck_assert_uint_eq(observed.resource[RESOURCE_CPU].nodes, 2);
    ck_assert_uint_eq(observed.resource[RESOURCE_MEMORY].nodes, 0);
    ck_assert_double_eq(observed.resource[RESOURCE_MEMORY].demand, 0.0);
    ck_assert_double_eq(observed.resource[RESOURCE_MEMORY].capacity, 0.0);
}
END_TEST

/* A pressure that is not a share of time counts as none; the reading itself stays. */
START_TEST(test_unsound_pressure_is_none)
{
    static const double pressures[] = {NAN, -0.1, 1.1, INFINITY};

    for (unsigned i = 0; i < 4; i++) {
        struct group_observation observed = {
            .live = 2, .resource = {{.demand = 1, .capacity = 8, .nodes = 2, .pressure = pressures[i]}}};
        policy_clean(&observed);
        ck_assert_double_eq(observed.resource[RESOURCE_CPU].pressure, 0.0);
        ck_assert_uint_eq(observed.resource[RESOURCE_CPU].nodes, 2);
    }
}
END_TEST

START_TEST(test_nodes_without_a_reading_count_at_the_mean)
{
    struct decision d = {.observed = {.live = 6, .resource = {{.demand = 6, .capacity = 12, .nodes = 3}, {0}, {0}}}};

    policy_observe(&d);
    ck_assert_double_eq(d.demand[RESOURCE_CPU], 12.0);
    ck_assert_double_eq(policy_weight(&d, RESOURCE_CPU), 4.0);
    ck_assert_double_eq(d.utilisation[RESOURCE_CPU], 0.5);
    ck_assert(isnan(d.utilisation[RESOURCE_MEMORY]));
    ck_assert_double_eq(d.demand[RESOURCE_MEMORY], 0.0);
}
END_TEST

START_TEST(test_what_nobody_sees_goes_on_as_before_as_far_as_that_can_be)
{
    static const struct {
        unsigned warming, missing;
        double before, demand;
    } cases[] = {
        {0, 0, 99.0, 12.0},                                         /* all of it is seen */
        {0, 0, 1.0, 12.0},                                          /* all of it is seen */
        {0, 2, 13.0, 13.0}, {0, 2, 1.0, 12.0},  {0, 2, 99.0, 16.0}, /* at most as loaded as the others */
        {2, 0, 9.0, 9.0},   {2, 0, 1.0, 8.0},   {2, 0, 99.0, 12.0},
        {2, 2, 20.0, 16.0}, {6, 0, 99.0, 12.0}, /* all warm up: there are no others */
    };

    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        /* half of those that are settled tell */
        unsigned settled = cases[i].warming < 6 ? 6 - cases[i].warming : 6;
        struct decision d = {.settings = SCALER_SETTINGS_DEFAULT,
                             .observed = {.live = 6, .warming = cases[i].warming, .missing = cases[i].missing}};
        d.observed.resource[RESOURCE_CPU] =
            (struct resource_observation){.demand = settled, .capacity = 2.0 * settled, .nodes = settled / 2};
        policy_observe(&d);
        policy_continue(&d, RESOURCE_CPU, cases[i].before);
        ck_assert_msg(fabs(d.demand[RESOURCE_CPU] - cases[i].demand) < 1e-9, "%u: %g", i, d.demand[RESOURCE_CPU]);
    }
}
END_TEST

/* Above `high` only the nodes that report carry the load that votes are computed from; what is recorded goes on. */
START_TEST(test_missing_nodes_carry_nothing_once_the_others_are_above_high)
{
    struct decision d = fleet(6, 0.85, 0.40, NAN);

    d.observed.missing = 4;
    policy_observe(&d);
    ck_assert(d.strained);
    policy_continue(&d, RESOURCE_CPU, 32.0);
    ck_assert_double_eq_tol(d.total[RESOURCE_CPU], 32.0, 1e-9);
    ck_assert_double_eq_tol(d.demand[RESOURCE_CPU], 6 * 4 * 0.85, 1e-9);
    ck_assert_uint_eq(policy_base(&d), 6);
}
END_TEST

START_TEST(test_before_that_silence_is_no_reason_to_grow)
{
    struct decision d = fleet(6, 0.70, 0.40, NAN);

    d.observed.missing = 4;
    policy_observe(&d);
    ck_assert(!d.strained);
    policy_continue(&d, RESOURCE_CPU, 28.0);
    ck_assert_double_eq_tol(d.demand[RESOURCE_CPU], 28.0, 1e-9);
    ck_assert_uint_eq(policy_base(&d), 10);
}
END_TEST

/* Their load moves to the others, sooner or later: neither that it is gone nor that it comes is a change. */
START_TEST(test_the_load_of_nodes_that_leave_goes_on)
{
    struct decision d = fleet(6, 0.40, 0.40, NAN);

    d.observed.leaving = 2;
    policy_observe(&d);
    policy_continue(&d, RESOURCE_CPU, 12.8);
    ck_assert_double_eq_tol(d.total[RESOURCE_CPU], 12.8, 1e-9);
    policy_continue(&d, RESOURCE_CPU, 99.0);
    ck_assert_double_eq_tol(d.total[RESOURCE_CPU], 12.8, 1e-9);
    ck_assert_uint_eq(policy_base(&d), 6); /* they do not help */
}
END_TEST

/* Two nodes went as ordered, without a word, and the others carry their load already. */
START_TEST(test_nodes_that_went_as_ordered_carry_nothing)
{
    struct decision d = fleet(6, 0.50, 0.40, NAN);

    d.observed.missing = 3;
    d.removing = 2;
    policy_observe(&d);
    policy_continue(&d, RESOURCE_CPU, 99.0);
    ck_assert_double_eq_tol(d.total[RESOURCE_CPU], 7 * 4 * 0.50, 1e-9);
    d.removing = 9;
    policy_continue(&d, RESOURCE_CPU, 99.0);
    ck_assert_double_eq_tol(d.total[RESOURCE_CPU], 6 * 4 * 0.50, 1e-9);
}
END_TEST

/* Seven of eight lose their reading: the demand is what it was. */
START_TEST(test_demand_is_held_when_most_readings_are_missing)
{
    struct decision d = fleet(8, 0.72, NAN, NAN);

    d.observed.resource[RESOURCE_CPU] = (struct resource_observation){.demand = 0.4, .capacity = 4, .nodes = 1};
    policy_observe(&d);
    policy_continue(&d, RESOURCE_CPU, 23.04);
    ck_assert_double_eq(d.demand[RESOURCE_CPU], 23.04);
    ck_assert_double_eq(d.total[RESOURCE_CPU], 23.04);
    ck_assert_uint_eq(policy_unread(&d, RESOURCE_CPU), 7);
}
END_TEST

/* ---- the application's number ---- */

/* The application of each of the first nodes has a capacity of 200. */
static struct decision app_fleet(unsigned live, double cpu, unsigned nodes, double app)
{
    struct decision d = fleet(live, cpu, NAN, NAN);

    d.observed.resource[RESOURCE_APP] =
        (struct resource_observation){.demand = app * 200 * nodes, .capacity = 200.0 * nodes, .nodes = nodes};
    policy_observe(&d);
    return d;
}

/* While cpu says no more than that it is busy. */
START_TEST(test_the_application_knows_of_demand_beyond_its_capacity)
{
    static const unsigned none[RESOURCE_COUNT] = {0};
    struct decision d = app_fleet(10, 0.97, 10, 2.1);

    ck_assert(!d.saturated[RESOURCE_APP]);
    ck_assert(d.strained);
    policy_vote(&d, none);
    policy_combine(&d);
    ck_assert_uint_eq(d.vote_reactive[RESOURCE_CPU], 14);
    ck_assert_uint_eq(d.vote_reactive[RESOURCE_APP], 30);
    ck_assert_int_eq(d.resource, RESOURCE_APP);
    d.forecast[RESOURCE_APP] = (struct forecast){.valid = true, .bound = 200 * 40 * 0.8};
    policy_vote(&d, none);
    ck_assert_uint_eq(d.vote_forecast[RESOURCE_APP], 40);
}
END_TEST

START_TEST(test_a_group_without_the_applications_number_has_no_vote_of_it)
{
    static const unsigned none[RESOURCE_COUNT] = {0};
    struct decision d = fleet(10, 0.97, 0.5, 0.5);

    policy_vote(&d, none);
    ck_assert_uint_eq(d.vote_reactive[RESOURCE_APP] + d.vote_forecast[RESOURCE_APP], 0);
    ck_assert(isnan(d.utilisation[RESOURCE_APP]));
}
END_TEST

/* Nodes without an application are as loaded as the others, and lack nothing. */
START_TEST(test_only_a_part_of_the_nodes_may_have_the_applications_number)
{
    struct decision d = app_fleet(10, 0.5, 3, 0.9);

    ck_assert_double_eq(d.demand[RESOURCE_APP], 10 * 200 * 0.9);
    ck_assert_uint_eq(policy_unread(&d, RESOURCE_APP), 0);
    policy_continue(&d, RESOURCE_APP, 10 * 200 * 0.4);
    ck_assert_double_eq(d.demand[RESOURCE_APP], 10 * 200 * 0.9);
    d.observed.resource[RESOURCE_APP].unread = 4; /* most of those that have one do not report it now */
    ck_assert_uint_eq(policy_unread(&d, RESOURCE_APP), 4);
    policy_continue(&d, RESOURCE_APP, 10 * 200 * 0.4);
    ck_assert_double_eq(d.demand[RESOURCE_APP], 10 * 200 * 0.4);
}
END_TEST

static const struct {
    unsigned live, missing;
    enum scale_guard guard;
} silences[] = {
    {0, 0, GUARD_NO_DATA}, {0, 1, GUARD_NO_DATA}, {4, 5, GUARD_NONE}, {1, 0, GUARD_NONE}, {1, 90, GUARD_NONE}};

START_TEST(test_silence)
{
    struct decision d = {.settings = SCALER_SETTINGS_DEFAULT,
                         .observed = {.live = silences[_i].live, .missing = silences[_i].missing}};

    ck_assert_int_eq(policy_withholds(&d), silences[_i].guard != GUARD_NONE);
    ck_assert_int_eq(d.guard, silences[_i].guard);
}
END_TEST

START_TEST(test_the_mode_off_decides_nothing)
{
    struct decision d = {.settings = {.mode = MODE_OFF}, .observed = {.live = 5}};

    ck_assert(policy_withholds(&d));
    ck_assert_int_eq(d.guard, GUARD_MODE);
}
END_TEST

static const struct {
    struct group_observation observed;
    unsigned pending, overdue;
    unsigned existing, carrying;
} counts[] = {
    {{.live = 5}, 0, 0, 5, 5},
    {{.live = 5, .missing = 2}, 0, 0, 7, 5},
    {{.live = 5, .returning = 1, .leaving = 2, .unreported = 3}, 0, 0, 11, 6},
    {{.live = 5}, 3, 0, 8, 8},
    {{.live = 5}, 3, 2, 8, 6},
    {{.live = 5, .counted = true, .count = 9}, 3, 0, 9, 8},
    {{.live = 5, .counted = true, .count = 2}, 0, 0, 5, 5}, /* lower than what reports */
    {{.live = 5, .count = 9}, 0, 0, 5, 5},                  /* too old */
};

START_TEST(test_what_exists_and_what_carries)
{
    struct decision d = {.observed = counts[_i].observed, .pending = counts[_i].pending, .overdue = counts[_i].overdue};

    policy_observe(&d);
    ck_assert_uint_eq(d.existing, counts[_i].existing);
    ck_assert_uint_eq(d.carrying, counts[_i].carrying);
}
END_TEST

static void vote(struct decision *d)
{
    static const unsigned saturated[RESOURCE_COUNT];

    policy_vote(d, saturated);
}

static const struct {
    unsigned live;
    double cpu, memory, disk;
    unsigned votes[RESOURCE_COUNT];
} reactive[] = {
    {10, 0.40, 0.40, 0.40, {0, 0, 0}},    {10, 0.80, 0.80, 0.80, {0, 0, 0}}, /* at `high` is not above it */
    {10, 0.84, 0.40, NAN, {12, 0, 0}}, /* 8.4 / 0.7 is 12 and no rounding makes it 13 */
    {10, 0.85, 0.91, 0.81, {13, 13, 12}}, {10, NAN, 0.91, NAN, {0, 13, 0}},  {1, 0.81, NAN, NAN, {2, 0, 0}},
    {100, NAN, 1.0, NAN, {0, 143, 0}},    {1, 0.0, 0.0, 0.0, {0, 0, 0}},
};

START_TEST(test_reactive_votes)
{
    struct decision d = fleet(reactive[_i].live, reactive[_i].cpu, reactive[_i].memory, reactive[_i].disk);

    vote(&d);
    for (int r = 0; r < RESOURCE_NODE_COUNT; r++) {
        ck_assert_uint_eq(d.vote_reactive[r], reactive[_i].votes[r]);
        ck_assert_uint_eq(d.vote_forecast[r], 0);
        ck_assert(isnan(decision_forecast_utilisation(&d, (enum resource)r)));
    }
}
END_TEST

/* The bound of a forecast has the reserve. One that does not know its errors yet, or does not vote, has none. */
START_TEST(test_reactive_votes_for_no_reserve_beside_a_forecast)
{
    static const struct {
        bool votes, valid;
        unsigned scored, vote;
    } cases[] = {{true, true, 480, 12}, {true, true, 80, 12},   {true, true, 79, 14},
                 {true, false, 0, 14},  {false, true, 480, 14}, {false, false, 0, 14}};

    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct decision d = fleet(10, 0.95, NAN, NAN);
        d.settings.forecast[RESOURCE_CPU] = cases[i].votes;
        d.forecast[RESOURCE_CPU] = (struct forecast){.valid = cases[i].valid, .scored = cases[i].scored, .bound = 1.0};
        vote(&d);
        ck_assert_uint_eq(d.vote_reactive[RESOURCE_CPU], cases[i].vote);
    }
}
END_TEST

START_TEST(test_saturation_votes_even_when_high_allows_it)
{
    const unsigned saturated[RESOURCE_COUNT] = {15, 0, 0};
    struct decision d = fleet(10, 1.0, NAN, NAN);

    d.settings.thresholds[RESOURCE_CPU].high = 1.0;
    policy_vote(&d, saturated);
    ck_assert_uint_eq(d.vote_reactive[RESOURCE_CPU], 15);
}
END_TEST

static const struct {
    enum resource resource;
    double utilisation, pressure;
    bool saturated;
} pressed[] = {
    {RESOURCE_CPU, 0.85, 0.6, true},    {RESOURCE_CPU, 0.85, 0.5, false},   {RESOURCE_CPU, 0.80, 0.9, false},
    {RESOURCE_MEMORY, 0.85, 0.6, true}, {RESOURCE_DISK, 0.82, 0.6, true},   {RESOURCE_MEMORY, 0.40, 0.9, false},
    {RESOURCE_CPU, 0.99, 0.0, true},    {RESOURCE_MEMORY, 1.0, 0.0, false}, /* memory can't need more than it reads */
};

/* Above `high` while tasks wait more than half of the time. */
START_TEST(test_pressure_is_saturation)
{
    double utilisation[RESOURCE_COUNT] = {0.40, 0.40, 0.40};

    utilisation[pressed[_i].resource] = pressed[_i].utilisation;
    struct decision d = fleet(10, utilisation[RESOURCE_CPU], utilisation[RESOURCE_MEMORY], utilisation[RESOURCE_DISK]);
    d.observed.resource[pressed[_i].resource].pressure = pressed[_i].pressure;
    policy_observe(&d);
    ck_assert_int_eq(d.saturated[pressed[_i].resource], pressed[_i].saturated);
}
END_TEST

/* Ten nodes of 4 cores at 84 % need 48 cores at `target`: two more of 4, or eight more of 1. */
START_TEST(test_growth_counts_with_the_weight_of_the_newest_nodes)
{
    static const struct {
        double newest;
        unsigned vote;
    } cases[] = {{0, 12}, {4, 12}, {1, 18}, {64, 12}, {NAN, 12}, {2, 14}};

    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct decision d = fleet(10, 0.84, NAN, NAN);
        d.observed.resource[RESOURCE_CPU].newest_weight = cases[i].newest;
        vote(&d);
        ck_assert_msg(d.vote_reactive[RESOURCE_CPU] == cases[i].vote, "%u: %u", i, d.vote_reactive[RESOURCE_CPU]);
    }
}
END_TEST

START_TEST(test_a_resource_that_more_nodes_do_not_help_asks_for_no_more)
{
    struct decision d = fleet(10, 0.40, 0.95, NAN);

    d.unhelped[RESOURCE_MEMORY] = true;
    vote(&d);
    ck_assert_uint_eq(d.vote_reactive[RESOURCE_MEMORY], 10);
}
END_TEST

START_TEST(test_a_forecast_of_nodes_that_moved_asks_for_no_more)
{
    struct decision d = fleet(10, 0.90, NAN, NAN);

    d.is_regrouping = true;
    d.forecast[RESOURCE_CPU] = (struct forecast){.valid = true, .expected = 64.0, .bound = 72.0, .high = 99.0};
    vote(&d);
    ck_assert_uint_eq(d.vote_forecast[RESOURCE_CPU], 10);
    ck_assert_uint_gt(d.vote_reactive[RESOURCE_CPU], 10);
}
END_TEST

START_TEST(test_the_forecast_is_sized_by_its_bound)
{
    struct decision d = fleet(10, 0.40, NAN, NAN);

    d.forecast[RESOURCE_CPU] = (struct forecast){.valid = true, .expected = 32.0, .bound = 38.4, .high = 99.0};
    vote(&d);
    ck_assert_uint_eq(d.vote_forecast[RESOURCE_CPU], 12);
    ck_assert_double_eq_tol(decision_forecast_utilisation(&d, RESOURCE_CPU), 0.96, 1e-12);

    /* A fall may be ordered for, that is what scale-in waits and projects for. */
    d.forecast[RESOURCE_CPU].bound = 9.6;
    vote(&d);
    ck_assert_uint_eq(d.vote_forecast[RESOURCE_CPU], 3);

    d.forecast[RESOURCE_CPU].bound = 0.0;
    vote(&d);
    ck_assert_uint_eq(d.vote_forecast[RESOURCE_CPU], 1); /* not 0, which is no vote */
}
END_TEST

START_TEST(test_only_resources_that_are_to_be_forecast_vote_by_it)
{
    struct decision d = fleet(10, 0.40, 0.40, NAN);

    for (int r = 0; r < RESOURCE_NODE_COUNT; r++)
        d.forecast[r] = (struct forecast){.valid = true, .bound = 12.8 * (r == RESOURCE_CPU ? 1.0 : 4e9)};
    vote(&d);
    ck_assert_uint_eq(d.vote_forecast[RESOURCE_CPU], 4);
    ck_assert_uint_eq(d.vote_forecast[RESOURCE_MEMORY], 0);
    d.settings.forecast[RESOURCE_MEMORY] = true;
    vote(&d);
    ck_assert_uint_eq(d.vote_forecast[RESOURCE_MEMORY], 4);
}
END_TEST

START_TEST(test_no_vote_overflows)
{
    struct decision d = fleet(10, 1e290, NAN, NAN);

    d.forecast[RESOURCE_CPU] = (struct forecast){.valid = true, .bound = 1e300};
    vote(&d);
    ck_assert_uint_eq(d.vote_reactive[RESOURCE_CPU], SIZING_NODES_MAX);
    ck_assert_uint_eq(d.vote_forecast[RESOURCE_CPU], SIZING_NODES_MAX);
}
END_TEST

static const struct {
    unsigned reactive[RESOURCE_COUNT];
    unsigned forecast;
    unsigned wanted;
    unsigned raw;
    enum scale_rule rule;
    enum resource resource;
} combinations[] = {
    {{0, 0, 0}, 0, 0, 10, RULE_NONE, RESOURCE_CPU},          {{0, 0, 0}, 0, 12, 12, RULE_NONE, RESOURCE_CPU},
    {{0, 0, 0}, 0, 3, 10, RULE_NONE, RESOURCE_CPU},          {{0, 0, 0}, 4, 12, 4, RULE_FORECAST, RESOURCE_CPU},
    {{12, 0, 0}, 14, 0, 14, RULE_FORECAST, RESOURCE_CPU},    {{12, 0, 0}, 12, 0, 12, RULE_REACTIVE, RESOURCE_CPU},
    {{12, 13, 0}, 5, 0, 13, RULE_REACTIVE, RESOURCE_MEMORY}, {{0, 0, 11}, 11, 0, 11, RULE_REACTIVE, RESOURCE_DISK},
};

START_TEST(test_the_largest_vote_wins)
{
    struct decision d = {
        .existing = 10, .before = combinations[_i].wanted, .vote_forecast = {combinations[_i].forecast}};

    for (int r = 0; r < RESOURCE_NODE_COUNT; r++)
        d.vote_reactive[r] = combinations[_i].reactive[r];
    policy_combine(&d);
    ck_assert_uint_eq(d.raw, combinations[_i].raw);
    ck_assert_uint_eq(d.desired, combinations[_i].raw);
    ck_assert_int_eq(d.rule, combinations[_i].rule);
    ck_assert_int_eq(d.resource, combinations[_i].resource);
}
END_TEST

/* A forecast over memory, where it votes, is as good as one over cpu. */
START_TEST(test_every_forecast_counts)
{
    struct decision d = {.existing = 10, .vote_forecast = {11, 13, 0}};

    policy_combine(&d);
    ck_assert_uint_eq(d.raw, 13);
    ck_assert_int_eq(d.rule, RULE_FORECAST);
    ck_assert_int_eq(d.resource, RESOURCE_MEMORY);
}
END_TEST

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

int main(void)
{
    Suite *suite = suite_create("policy");
    TCase *tcase = tcase_create("policy");

    tcase_add_loop_test(tcase, test_unsound_readings_are_not_reported, 0, ROWS(unsound));
    tcase_add_test(tcase, test_unsound_pressure_is_none);
    tcase_add_test(tcase, test_nodes_without_a_reading_count_at_the_mean);
    tcase_add_test(tcase, test_what_nobody_sees_goes_on_as_before_as_far_as_that_can_be);
    tcase_add_test(tcase, test_the_application_knows_of_demand_beyond_its_capacity);
    tcase_add_test(tcase, test_a_group_without_the_applications_number_has_no_vote_of_it);
    tcase_add_test(tcase, test_only_a_part_of_the_nodes_may_have_the_applications_number);
    tcase_add_loop_test(tcase, test_silence, 0, ROWS(silences));
    tcase_add_test(tcase, test_the_mode_off_decides_nothing);
    tcase_add_test(tcase, test_missing_nodes_carry_nothing_once_the_others_are_above_high);
    tcase_add_test(tcase, test_before_that_silence_is_no_reason_to_grow);
    tcase_add_test(tcase, test_the_load_of_nodes_that_leave_goes_on);
    tcase_add_test(tcase, test_nodes_that_went_as_ordered_carry_nothing);
    tcase_add_test(tcase, test_demand_is_held_when_most_readings_are_missing);
    tcase_add_loop_test(tcase, test_what_exists_and_what_carries, 0, ROWS(counts));
    tcase_add_loop_test(tcase, test_reactive_votes, 0, ROWS(reactive));
    tcase_add_test(tcase, test_reactive_votes_for_no_reserve_beside_a_forecast);
    tcase_add_test(tcase, test_saturation_votes_even_when_high_allows_it);
    tcase_add_loop_test(tcase, test_pressure_is_saturation, 0, ROWS(pressed));
    tcase_add_test(tcase, test_growth_counts_with_the_weight_of_the_newest_nodes);
    tcase_add_test(tcase, test_a_resource_that_more_nodes_do_not_help_asks_for_no_more);
    tcase_add_test(tcase, test_a_forecast_of_nodes_that_moved_asks_for_no_more);
    tcase_add_test(tcase, test_the_forecast_is_sized_by_its_bound);
    tcase_add_test(tcase, test_only_resources_that_are_to_be_forecast_vote_by_it);
    tcase_add_test(tcase, test_no_vote_overflows);
    tcase_add_loop_test(tcase, test_the_largest_vote_wins, 0, ROWS(combinations));
    tcase_add_test(tcase, test_every_forecast_counts);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
