#include "scaler/policy.h"

#include "common/limits.h"
#include "scaler/sizing.h"
#include "support/suite.h"

#include <math.h>

/* Nodes of weight 4 (cpu), 16e9 (memory), 1 (disk), each at that utilisation; NaN: not reported. */
static struct decision fleet(unsigned live, double cpu, double memory, double disk)
{
    static const double weights[RESOURCE_COUNT] = {4.0, 16e9, 1.0};
    const double utilisation[RESOURCE_COUNT] = {cpu, memory, disk};
    struct decision d = {.settings = SCALER_SETTINGS_DEFAULT, .observed = {.live = live}};

    for (int r = 0; r < RESOURCE_COUNT; r++) {
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
        struct decision d = {.observed = {.live = 6, .warming = cases[i].warming, .missing = cases[i].missing}};
        d.observed.resource[RESOURCE_CPU] =
            (struct resource_observation){.demand = settled, .capacity = 2.0 * settled, .nodes = settled / 2};
        policy_observe(&d);
        policy_continue(&d, RESOURCE_CPU, cases[i].before);
        ck_assert_msg(fabs(d.demand[RESOURCE_CPU] - cases[i].demand) < 1e-9, "%u: %g", i, d.demand[RESOURCE_CPU]);
    }
}
END_TEST

static const struct {
    unsigned live, missing, unreported;
    enum scale_guard guard;
} silences[] = {
    {0, 0, 0, GUARD_NO_DATA}, {0, 1, 0, GUARD_NO_DATA},  {4, 5, 0, GUARD_NO_DATA},  {5, 5, 0, GUARD_NONE},
    {1, 0, 0, GUARD_NONE},    {9, 0, 1, GUARD_STARTING}, {0, 0, 1, GUARD_STARTING}, {1, 9, 1, GUARD_STARTING},
};

START_TEST(test_silence)
{
    struct decision d = {.settings = SCALER_SETTINGS_DEFAULT,
                         .observed = {.live = silences[_i].live,
                                      .missing = silences[_i].missing,
                                      .unreported = silences[_i].unreported}};

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

/* Nodes that were ordered are capacity, those that were ordered away are not. */
START_TEST(test_orders_change_the_present_count)
{
    struct decision d = {.observed = {.live = 5, .missing = 1}, .pending = 3, .leaving = 2};

    policy_observe(&d);
    ck_assert_uint_eq(d.current, 7);
    d.leaving = 12;
    policy_observe(&d);
    ck_assert_uint_eq(d.current, 0);
}
END_TEST

static const struct {
    unsigned live;
    double cpu, memory, disk;
    unsigned votes[RESOURCE_COUNT];
} reactive[] = {
    {10, 0.40, 0.40, 0.40, {0, 0, 0}},    {10, 0.80, 0.80, 0.80, {0, 0, 0}}, /* at `high` is not above it */
    {10, 0.84, 0.40, NAN, {12, 0, 0}}, /* 8.4 / 0.7 is 12 and no rounding makes it 13 */
    {10, 0.85, 0.91, 0.81, {13, 13, 12}}, {10, NAN, 0.91, NAN, {0, 13, 0}},
    {1, 0.81, NAN, NAN, {2, 0, 0}},       {4, 0.99, NAN, NAN, {6, 0, 0}},    /* saturated: 1.5 times as many */
    {101, 1.0, NAN, NAN, {152, 0, 0}},    {100, NAN, 1.0, NAN, {0, 143, 0}}, /* memory cannot need more than it reads */
    {1, 0.0, 0.0, 0.0, {0, 0, 0}},
};

START_TEST(test_reactive_votes)
{
    struct decision d = fleet(reactive[_i].live, reactive[_i].cpu, reactive[_i].memory, reactive[_i].disk);

    policy_vote(&d);
    for (int r = 0; r < RESOURCE_COUNT; r++) {
        ck_assert_uint_eq(d.vote_reactive[r], reactive[_i].votes[r]);
        ck_assert_uint_eq(d.vote_forecast[r], 0);
        ck_assert(isnan(decision_forecast_utilisation(&d, (enum resource)r)));
    }
}
END_TEST

START_TEST(test_saturation_grows_even_when_high_allows_it)
{
    struct decision d = fleet(10, 1.0, NAN, NAN);

    d.settings.thresholds[RESOURCE_CPU].high = 1.0;
    policy_vote(&d);
    ck_assert(d.saturated[RESOURCE_CPU]);
    ck_assert_uint_eq(d.vote_reactive[RESOURCE_CPU], 15);
}
END_TEST

/* Nodes on their way were ordered for what is seen now. */
START_TEST(test_saturation_grows_from_the_live_nodes)
{
    struct decision d = fleet(10, 1.0, NAN, NAN);

    d.pending = 5;
    policy_observe(&d);
    policy_vote(&d);
    ck_assert_uint_eq(d.current, 15);
    ck_assert_uint_eq(d.vote_reactive[RESOURCE_CPU], 15);
}
END_TEST

static const struct {
    enum resource resource;
    double utilisation, pressure;
    unsigned vote;
} pressed[] = {
    {RESOURCE_CPU, 0.85, 0.6, 15},    {RESOURCE_CPU, 0.85, 0.5, 13},  {RESOURCE_CPU, 0.80, 0.9, 0},
    {RESOURCE_MEMORY, 0.85, 0.6, 15}, {RESOURCE_DISK, 0.82, 0.6, 15}, {RESOURCE_MEMORY, 0.40, 0.9, 0},
};

/* Above `high` while tasks wait more than half of the time. */
START_TEST(test_pressure_is_saturation)
{
    double utilisation[RESOURCE_COUNT] = {0.40, 0.40, 0.40};

    utilisation[pressed[_i].resource] = pressed[_i].utilisation;
    struct decision d = fleet(10, utilisation[RESOURCE_CPU], utilisation[RESOURCE_MEMORY], utilisation[RESOURCE_DISK]);
    d.observed.resource[pressed[_i].resource].pressure = pressed[_i].pressure;
    policy_observe(&d);
    policy_vote(&d);
    ck_assert_int_eq(d.saturated[pressed[_i].resource], pressed[_i].vote == 15);
    ck_assert_uint_eq(d.vote_reactive[pressed[_i].resource], pressed[_i].vote);
}
END_TEST

START_TEST(test_the_forecast_is_sized_by_its_bound)
{
    struct decision d = fleet(10, 0.40, NAN, NAN);

    d.forecast[RESOURCE_CPU] = (struct forecast){.valid = true, .expected = 32.0, .bound = 38.4, .high = 99.0};
    policy_vote(&d);
    ck_assert_uint_eq(d.vote_forecast[RESOURCE_CPU], 12);
    ck_assert_double_eq_tol(decision_forecast_utilisation(&d, RESOURCE_CPU), 0.96, 1e-12);

    /* A fall may be ordered for, that is what scale-in waits and projects for. */
    d.forecast[RESOURCE_CPU].bound = 9.6;
    policy_vote(&d);
    ck_assert_uint_eq(d.vote_forecast[RESOURCE_CPU], 3);

    d.forecast[RESOURCE_CPU].bound = 0.0;
    policy_vote(&d);
    ck_assert_uint_eq(d.vote_forecast[RESOURCE_CPU], 1); /* not 0, which is no vote */
}
END_TEST

START_TEST(test_only_resources_that_are_to_be_forecast_vote_by_it)
{
    struct decision d = fleet(10, 0.40, 0.40, NAN);

    for (int r = 0; r < RESOURCE_COUNT; r++)
        d.forecast[r] = (struct forecast){.valid = true, .bound = 12.8 * (r == RESOURCE_CPU ? 1.0 : 4e9)};
    policy_vote(&d);
    ck_assert_uint_eq(d.vote_forecast[RESOURCE_CPU], 4);
    ck_assert_uint_eq(d.vote_forecast[RESOURCE_MEMORY], 0);
    d.settings.forecast[RESOURCE_MEMORY] = true;
    policy_vote(&d);
    ck_assert_uint_eq(d.vote_forecast[RESOURCE_MEMORY], 4);
}
END_TEST

START_TEST(test_no_vote_overflows)
{
    struct decision d = fleet(10, 1e290, NAN, NAN);

    d.forecast[RESOURCE_CPU] = (struct forecast){.valid = true, .bound = 1e300};
    policy_vote(&d);
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
    struct decision d = {.current = 10, .vote_forecast = {combinations[_i].forecast}};

    for (int r = 0; r < RESOURCE_COUNT; r++)
        d.vote_reactive[r] = combinations[_i].reactive[r];
    policy_combine(&d, combinations[_i].wanted);
    ck_assert_uint_eq(d.raw, combinations[_i].raw);
    ck_assert_uint_eq(d.desired, combinations[_i].raw);
    ck_assert_int_eq(d.rule, combinations[_i].rule);
    ck_assert_int_eq(d.resource, combinations[_i].resource);
}
END_TEST

/* A forecast over memory, where it votes, is as good as one over cpu. */
START_TEST(test_every_forecast_counts)
{
    struct decision d = {.current = 10, .vote_forecast = {11, 13, 0}};

    policy_combine(&d, 0);
    ck_assert_uint_eq(d.raw, 13);
    ck_assert_int_eq(d.rule, RULE_FORECAST);
    ck_assert_int_eq(d.resource, RESOURCE_MEMORY);
}
END_TEST

static const struct {
    enum scale_rule rule;
    unsigned current, desired;
    bool futile, stop;
    unsigned guarded;
    enum scale_guard guard;
} scale_outs[] = {
    {RULE_FORECAST, 10, 11, false, false, 11, GUARD_NONE},
    {RULE_FORECAST, 20, 21, false, false, 21, GUARD_NONE}, /* 5 % exactly */
    {RULE_FORECAST, 21, 22, false, false, 21, GUARD_DEAD_BAND},
    {RULE_FORECAST, 100, 104, false, false, 100, GUARD_DEAD_BAND},
    {RULE_REACTIVE, 100, 101, false, false, 101, GUARD_NONE}, /* `high` is crossed: that is no small change */
    {RULE_FORECAST, 1, 5, false, false, 5, GUARD_NONE},
    {RULE_FORECAST, 1, 6, false, false, 5, GUARD_STEP},
    {RULE_FORECAST, 4, 9, false, false, 8, GUARD_STEP},
    {RULE_REACTIVE, 10, 20, false, false, 20, GUARD_NONE},
    {RULE_REACTIVE, 10, 21, false, false, 20, GUARD_STEP},
    {RULE_FORECAST, 10, 8, false, false, 8, GUARD_NONE}, /* not a scale-out */
    {RULE_REACTIVE, 10, 15, true, false, 15, GUARD_NONE},
    {RULE_REACTIVE, 10, 15, true, true, 10, GUARD_FUTILE},
    {RULE_REACTIVE, 10, 10, true, true, 10, GUARD_NONE},
};

START_TEST(test_scale_out_guards)
{
    struct decision d = {.rule = scale_outs[_i].rule, .current = scale_outs[_i].current};

    d.futile = scale_outs[_i].futile;
    d.settings.stop_futile = scale_outs[_i].stop;
    d.desired = scale_outs[_i].desired;
    policy_scale_out(&d);
    ck_assert_uint_eq(d.desired, scale_outs[_i].guarded);
    ck_assert_int_eq(d.guard, scale_outs[_i].guard);
}
END_TEST

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
    {10, 0, 0.20, 0.20, 0.0, 12, 12, true, 12, GUARD_NONE}, /* not a scale-in */
    {10, 0, 0.20, 0.20, 0.0, 4, 7, true, 7, GUARD_STABILIZATION},
    {10, 0, 0.20, 0.20, 0.0, 4, 20, true, 10, GUARD_STABILIZATION},
    {10, 0, 0.20, 0.20, 0.0, 4, 4, false, 10, GUARD_STABILIZATION},
    {10, 0, 0.56, 0.20, 0.0, 4, 4, true, 7, GUARD_PROJECTION}, /* 5.6 / 0.8 is 7 and no rounding makes it 8 */
    {10, 0, 0.20, 0.60, 0.0, 4, 4, true, 8, GUARD_PROJECTION},
    {10, 0, 0.20, 0.78, 0.0, 4, 4, true, 10, GUARD_PROJECTION},
    {10, 0, 0.20, 0.95, 0.0, 4, 4, true, 10, GUARD_PROJECTION},
    {10, 0, 0.20, NAN, 0.0, 6, 6, true, 6, GUARD_NONE},
    {9, 1, 0.48, 0.20, 0.0, 5, 5, true, 7, GUARD_SILENT_NODES}, /* (4.32 + 1) / 0.8 = 6.65 */
    {9, 1, 0.20, 0.20, 0.0, 5, 5, true, 5, GUARD_NONE},         /* a silent node that changes nothing */
    {5, 5, 0.60, 0.20, 0.0, 5, 5, true, 10, GUARD_SILENT_NODES},
    {10, 0, 0.20, 0.20, 0.3, 6, 6, true, 6, GUARD_NONE},
    {10, 0, 0.20, 0.31, 0.3, 6, 6, true, 10, GUARD_LOW},
    {70, 0, 0.20, 0.20, 0.0, 62, 62, true, 70, GUARD_DEAD_BAND},
    {70, 0, 0.20, 0.20, 0.0, 61, 61, true, 61, GUARD_NONE},
    {100, 0, 0.20, 0.20, 0.0, 88, 88, true, 88, GUARD_NONE}, /* 12 % exactly */
    {100, 0, 0.20, 0.20, 0.0, 89, 89, true, 100, GUARD_DEAD_BAND},
    {70, 0, 0.20, 0.20, 0.0, 40, 68, true, 70, GUARD_DEAD_BAND},
    {2, 0, 0.20, 0.20, 0.0, 1, 1, true, 1, GUARD_NONE},
};

START_TEST(test_scale_in_guards)
{
    struct decision d = fleet(scale_ins[_i].live, scale_ins[_i].cpu, scale_ins[_i].memory, NAN);
    struct stabilization window = {.highest = scale_ins[_i].highest, .whole = scale_ins[_i].whole};

    d.observed.missing = scale_ins[_i].missing;
    d.settings.thresholds[RESOURCE_MEMORY].low = scale_ins[_i].low_memory;
    policy_observe(&d);
    d.raw = d.desired = scale_ins[_i].vote;
    policy_scale_in(&d, window, 0);
    ck_assert_uint_eq(d.desired, scale_ins[_i].desired);
    ck_assert_int_eq(d.guard, scale_ins[_i].guard);
}
END_TEST

static const struct {
    bool unrecorded;
    unsigned ordered;
    enum scale_mode mode;
    unsigned desired;
    enum scale_guard guard;
} refusals[] = {
    {false, 29, MODE_FULL, 6, GUARD_NONE},   {true, 0, MODE_FULL, 10, GUARD_UNRECORDED},
    {false, 30, MODE_FULL, 10, GUARD_CHURN}, {false, 0, MODE_OUT_ONLY, 10, GUARD_MODE},
    {false, 0, MODE_OBSERVE, 6, GUARD_NONE},
};

START_TEST(test_scale_in_that_is_not_allowed)
{
    struct decision d = fleet(10, 0.20, 0.20, NAN);

    d.observed.unrecorded = refusals[_i].unrecorded;
    d.settings.mode = refusals[_i].mode;
    d.raw = d.desired = 6;
    policy_scale_in(&d, (struct stabilization){.highest = 6, .whole = true}, refusals[_i].ordered);
    ck_assert_uint_eq(d.desired, refusals[_i].desired);
    ck_assert_int_eq(d.guard, refusals[_i].guard);
}
END_TEST

START_TEST(test_projection_uses_the_bound_of_the_forecast)
{
    struct decision d = fleet(10, 0.20, 0.20, NAN);

    d.forecast[RESOURCE_CPU] = (struct forecast){.valid = true, .expected = 16.0, .bound = 19.2};
    d.desired = 3;
    policy_scale_in(&d, (struct stabilization){.highest = 3, .whole = true}, 0);
    ck_assert_uint_eq(d.desired, 6);
    ck_assert_int_eq(d.guard, GUARD_PROJECTION);
    ck_assert_int_eq(d.guard_resource, RESOURCE_CPU);

    /* Never for less than there is now: 10 nodes at 56 %. */
    d = fleet(10, 0.56, 0.20, NAN);
    d.forecast[RESOURCE_CPU] = (struct forecast){.valid = true, .bound = 8.0};
    d.desired = 3;
    policy_scale_in(&d, (struct stabilization){.highest = 3, .whole = true}, 0);
    ck_assert_uint_eq(d.desired, 7);
    ck_assert_int_eq(d.guard, GUARD_PROJECTION);
}
END_TEST

static const struct {
    enum scale_rule rule;
    unsigned current, desired, min, max;
    unsigned bounded;
    enum scale_guard guard;
    enum scale_action action;
    enum scale_rule ruled;
} bounds[] = {
    {RULE_FORECAST, 4, 6, 1, 9, 6, GUARD_NONE, ACTION_UP, RULE_FORECAST},
    {RULE_FORECAST, 4, 4, 1, 9, 4, GUARD_NONE, ACTION_HOLD, RULE_FORECAST},
    {RULE_FORECAST, 4, 2, 1, 9, 2, GUARD_NONE, ACTION_DOWN, RULE_FORECAST},
    {RULE_FORECAST, 4, 6, 1, 5, 5, GUARD_MAXIMUM, ACTION_UP, RULE_FORECAST},
    {RULE_FORECAST, 4, 6, 1, 4, 4, GUARD_MAXIMUM, ACTION_HOLD, RULE_FORECAST},
    {RULE_FORECAST, 4, 6, 1, 3, 3, GUARD_MAXIMUM, ACTION_DOWN, RULE_BOUNDS},
    {RULE_FORECAST, 4, 1, 2, 9, 2, GUARD_MINIMUM, ACTION_DOWN, RULE_FORECAST},
    {RULE_FORECAST, 4, 1, 4, 9, 4, GUARD_MINIMUM, ACTION_HOLD, RULE_FORECAST},
    {RULE_FORECAST, 4, 1, 5, 9, 5, GUARD_MINIMUM, ACTION_UP, RULE_BOUNDS},
    {RULE_NONE, 4, 4, 1, 9, 4, GUARD_NONE, ACTION_HOLD, RULE_NONE},
    {RULE_NONE, 4, 6, 1, 9, 6, GUARD_NONE, ACTION_HOLD, RULE_NONE}, /* an older order is not given again */
    {RULE_NONE, 4, 4, 6, 9, 6, GUARD_MINIMUM, ACTION_UP, RULE_BOUNDS},
    {RULE_NONE, 4, 6, 6, 9, 6, GUARD_MINIMUM, ACTION_UP, RULE_BOUNDS}, /* unless it is for the minimum */
    {RULE_NONE, 4, 7, 6, 9, 7, GUARD_MINIMUM, ACTION_UP, RULE_BOUNDS},
    {RULE_NONE, 4, 4, 1, 3, 3, GUARD_MAXIMUM, ACTION_DOWN, RULE_BOUNDS},
};

START_TEST(test_bounds_come_last)
{
    struct decision d = {.rule = bounds[_i].rule, .current = bounds[_i].current, .desired = bounds[_i].desired};

    d.settings.nodes_min = bounds[_i].min;
    d.settings.nodes_max = bounds[_i].max;
    policy_bound(&d);
    ck_assert_uint_eq(d.desired, bounds[_i].bounded);
    ck_assert_int_eq(d.guard, bounds[_i].guard);
    ck_assert_int_eq(d.action, bounds[_i].action);
    ck_assert_int_eq(d.rule, bounds[_i].ruled);
}
END_TEST

static const struct {
    bool unrecorded;
    enum scale_mode mode;
    enum scale_action action;
    enum scale_guard guard;
} above_maximum[] = {
    {false, MODE_FULL, ACTION_DOWN, GUARD_MAXIMUM},
    {false, MODE_OBSERVE, ACTION_DOWN, GUARD_MAXIMUM},
    {false, MODE_OUT_ONLY, ACTION_HOLD, GUARD_MODE},
    {true, MODE_FULL, ACTION_HOLD, GUARD_UNRECORDED},
};

/* Not even the maximum orders fewer nodes where that is ruled out. */
START_TEST(test_the_maximum_respects_mode_and_log)
{
    struct decision d = {.rule = RULE_FORECAST, .current = 9, .desired = 9, .raw = 9};

    d.settings.mode = above_maximum[_i].mode;
    d.settings.nodes_min = 1;
    d.settings.nodes_max = 5;
    d.observed.unrecorded = above_maximum[_i].unrecorded;
    policy_bound(&d);
    ck_assert_uint_eq(d.desired, 5);
    ck_assert_int_eq(d.action, above_maximum[_i].action);
    ck_assert_int_eq(d.guard, above_maximum[_i].guard);
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
    tcase_add_loop_test(tcase, test_silence, 0, ROWS(silences));
    tcase_add_test(tcase, test_the_mode_off_decides_nothing);
    tcase_add_test(tcase, test_orders_change_the_present_count);
    tcase_add_loop_test(tcase, test_reactive_votes, 0, ROWS(reactive));
    tcase_add_test(tcase, test_saturation_grows_even_when_high_allows_it);
    tcase_add_test(tcase, test_saturation_grows_from_the_live_nodes);
    tcase_add_loop_test(tcase, test_pressure_is_saturation, 0, ROWS(pressed));
    tcase_add_test(tcase, test_the_forecast_is_sized_by_its_bound);
    tcase_add_test(tcase, test_only_resources_that_are_to_be_forecast_vote_by_it);
    tcase_add_test(tcase, test_no_vote_overflows);
    tcase_add_loop_test(tcase, test_the_largest_vote_wins, 0, ROWS(combinations));
    tcase_add_test(tcase, test_every_forecast_counts);
    tcase_add_loop_test(tcase, test_scale_out_guards, 0, ROWS(scale_outs));
    tcase_add_loop_test(tcase, test_scale_in_guards, 0, ROWS(scale_ins));
    tcase_add_loop_test(tcase, test_scale_in_that_is_not_allowed, 0, ROWS(refusals));
    tcase_add_test(tcase, test_projection_uses_the_bound_of_the_forecast);
    tcase_add_loop_test(tcase, test_bounds_come_last, 0, ROWS(bounds));
    tcase_add_loop_test(tcase, test_the_maximum_respects_mode_and_log, 0, ROWS(above_maximum));
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
