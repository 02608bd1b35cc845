#include "scaler/policy.h"

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
    {NAN, 8, 2}, {INFINITY, 8, 2}, {-1, 8, 2}, {1, NAN, 2},   {1, INFINITY, 2},   {1, -8, 2},
    {1, 0, 2},   {1, 5e-324, 2},   {1, 8, 0},  {1e308, 8, 2}, {1e300, 1e-300, 2},
};

START_TEST(test_unsound_readings_are_not_reported)
{
    struct group_observation observed = {.live = 4, .resource = {{1, 8, 2}, unsound[_i], {0}}};

    policy_clean(&observed);
    ck_assert_uint_eq(observed.resource[RESOURCE_CPU].nodes, 2);
    ck_assert_uint_eq(observed.resource[RESOURCE_MEMORY].nodes, 0);
    ck_assert_double_eq(observed.resource[RESOURCE_MEMORY].demand, 0.0);
    ck_assert_double_eq(observed.resource[RESOURCE_MEMORY].capacity, 0.0);
}
END_TEST

START_TEST(test_nodes_without_a_reading_count_at_the_mean)
{
    struct decision d = {.observed = {.live = 6, .resource = {{6, 12, 3}, {0}, {0}}}};

    policy_observe(&d);
    ck_assert_double_eq(policy_demand(&d, RESOURCE_CPU), 12.0);
    ck_assert_double_eq(policy_weight(&d, RESOURCE_CPU), 4.0);
    ck_assert_double_eq(d.utilisation[RESOURCE_CPU], 0.5);
    ck_assert(isnan(d.utilisation[RESOURCE_MEMORY]));
    ck_assert_double_eq(policy_demand(&d, RESOURCE_MEMORY), 0.0);
}
END_TEST

static const struct {
    unsigned live, stale, unreported;
    enum scale_guard guard;
} silences[] = {
    {0, 0, 0, GUARD_NO_DATA}, {0, 1, 0, GUARD_NO_DATA},  {4, 5, 0, GUARD_NO_DATA},  {5, 5, 0, GUARD_NONE},
    {1, 0, 0, GUARD_NONE},    {9, 0, 1, GUARD_STARTING}, {0, 0, 1, GUARD_STARTING}, {1, 9, 1, GUARD_STARTING},
};

START_TEST(test_silence)
{
    struct decision d = {
        .observed = {.live = silences[_i].live, .stale = silences[_i].stale, .unreported = silences[_i].unreported}};

    ck_assert_int_eq(policy_silent(&d), silences[_i].guard != GUARD_NONE);
    ck_assert_int_eq(d.guard, silences[_i].guard);
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
    for (int r = 0; r < RESOURCE_COUNT; r++)
        ck_assert_uint_eq(d.vote_reactive[r], reactive[_i].votes[r]);
    ck_assert_uint_eq(d.vote_forecast, 0);
    ck_assert(isnan(d.forecast_utilisation));
}
END_TEST

START_TEST(test_saturation_grows_even_when_high_allows_it)
{
    struct decision d = fleet(10, 1.0, NAN, NAN);

    d.settings.thresholds[RESOURCE_CPU].high = 1.0;
    policy_vote(&d);
    ck_assert_uint_eq(d.vote_reactive[RESOURCE_CPU], 15);
}
END_TEST

START_TEST(test_the_forecast_is_sized_by_its_upper_end)
{
    struct decision d = fleet(10, 0.40, NAN, NAN);

    d.forecast[RESOURCE_CPU] = (struct forecast){.valid = true, .level = 16.0, .peak = 32.0, .high = 38.4};
    policy_vote(&d);
    ck_assert_uint_eq(d.vote_forecast, 12);
    ck_assert_double_eq_tol(d.forecast_utilisation, 0.96, 1e-12);

    /* Never for less than there is now. */
    d.forecast[RESOURCE_CPU] = (struct forecast){.valid = true};
    policy_vote(&d);
    ck_assert_uint_eq(d.vote_forecast, 5);

    d.observed.resource[RESOURCE_CPU].demand = 0.0;
    policy_vote(&d);
    ck_assert_uint_eq(d.vote_forecast, 1); /* not 0, which is no vote */
}
END_TEST

START_TEST(test_the_margin_of_the_forecast_has_a_limit)
{
    struct decision d = fleet(10, 0.40, NAN, NAN);

    d.forecast[RESOURCE_CPU] = (struct forecast){.valid = true, .level = 16.0, .peak = 20.0, .high = 1000.0};
    policy_vote(&d);
    ck_assert_uint_eq(d.vote_forecast, 9); /* 1.3 x 20 / (0.8 x 4), not 1000 / (0.8 x 4) */
}
END_TEST

START_TEST(test_no_vote_overflows)
{
    struct decision d = fleet(10, 1e290, NAN, NAN);

    d.forecast[RESOURCE_CPU] = (struct forecast){.valid = true, .peak = 1e300, .high = 1e300};
    policy_vote(&d);
    ck_assert_uint_eq(d.vote_reactive[RESOURCE_CPU], POLICY_NODES_MAX);
    ck_assert_uint_eq(d.vote_forecast, POLICY_NODES_MAX);
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
    struct decision d = {.current = 10, .vote_forecast = combinations[_i].forecast};

    for (int r = 0; r < RESOURCE_COUNT; r++)
        d.vote_reactive[r] = combinations[_i].reactive[r];
    policy_combine(&d, combinations[_i].wanted);
    ck_assert_uint_eq(d.raw, combinations[_i].raw);
    ck_assert_uint_eq(d.desired, combinations[_i].raw);
    ck_assert_int_eq(d.rule, combinations[_i].rule);
    ck_assert_int_eq(d.resource, combinations[_i].resource);
}
END_TEST

static const struct {
    unsigned live, stale;
    double cpu, memory, low_memory;
    unsigned vote, highest;
    bool whole;
    unsigned desired;
    enum scale_guard guard;
} scale_ins[] = {
    {10, 0, 0.20, 0.20, 0.0, 4, 4, true, 4, GUARD_NONE},
    {10, 0, 0.20, 0.20, 0.0, 10, 10, true, 10, GUARD_NONE},
    {10, 0, 0.20, 0.20, 0.0, 12, 12, true, 12, GUARD_NONE}, /* not a scale-in */
    {10, 0, 0.20, 0.20, 0.0, 4, 7, true, 7, GUARD_STABILIZATION},
    {10, 0, 0.20, 0.20, 0.0, 4, 20, true, 10, GUARD_STABILIZATION},
    {10, 0, 0.20, 0.20, 0.0, 4, 4, false, 10, GUARD_STABILIZATION},
    {10, 0, 0.56, 0.20, 0.0, 4, 4, true, 7, GUARD_PROJECTION}, /* 5.6 / 0.8 is 7 and no rounding makes it 8 */
    {10, 0, 0.20, 0.60, 0.0, 4, 4, true, 8, GUARD_PROJECTION},
    {10, 0, 0.20, 0.78, 0.0, 4, 4, true, 10, GUARD_PROJECTION},
    {10, 0, 0.20, 0.95, 0.0, 4, 4, true, 10, GUARD_PROJECTION},
    {10, 0, 0.20, NAN, 0.0, 4, 4, true, 4, GUARD_NONE},
    {9, 1, 0.20, 0.20, 0.0, 3, 3, true, 4, GUARD_SILENT_NODES}, /* (1.8 + 1) / 0.8 = 3.5 */
    {9, 1, 0.20, 0.20, 0.0, 4, 4, true, 4, GUARD_NONE},         /* a silent node that changes nothing */
    {5, 5, 0.60, 0.20, 0.0, 4, 4, true, 10, GUARD_SILENT_NODES},
    {10, 0, 0.20, 0.20, 0.3, 4, 4, true, 4, GUARD_NONE},
    {10, 0, 0.20, 0.31, 0.3, 4, 4, true, 10, GUARD_LOW},
    {70, 0, 0.20, 0.20, 0.0, 67, 67, true, 70, GUARD_DEAD_BAND},
    {70, 0, 0.20, 0.20, 0.0, 66, 66, true, 66, GUARD_NONE},
    {140, 0, 0.20, 0.20, 0.0, 133, 133, true, 133, GUARD_NONE}, /* 5 % exactly */
    {140, 0, 0.20, 0.20, 0.0, 134, 134, true, 140, GUARD_DEAD_BAND},
    {70, 0, 0.20, 0.20, 0.0, 40, 68, true, 70, GUARD_DEAD_BAND},
    {2, 0, 0.20, 0.20, 0.0, 1, 1, true, 1, GUARD_NONE},
};

START_TEST(test_scale_in_guards)
{
    struct decision d = fleet(scale_ins[_i].live, scale_ins[_i].cpu, scale_ins[_i].memory, NAN);
    struct stabilization window = {.highest = scale_ins[_i].highest, .whole = scale_ins[_i].whole};

    d.observed.stale = scale_ins[_i].stale;
    d.settings.thresholds[RESOURCE_MEMORY].low = scale_ins[_i].low_memory;
    policy_observe(&d);
    d.raw = d.desired = scale_ins[_i].vote;
    policy_scale_in(&d, window);
    ck_assert_uint_eq(d.desired, scale_ins[_i].desired);
    ck_assert_int_eq(d.guard, scale_ins[_i].guard);
}
END_TEST

START_TEST(test_projection_uses_the_upper_end_of_the_forecast)
{
    struct decision d = fleet(10, 0.20, 0.20, NAN);

    d.forecast[RESOURCE_CPU] = (struct forecast){.valid = true, .peak = 16.0, .high = 19.2};
    d.desired = 3;
    policy_scale_in(&d, (struct stabilization){.highest = 3, .whole = true});
    ck_assert_uint_eq(d.desired, 6);
    ck_assert_int_eq(d.guard, GUARD_PROJECTION);
    ck_assert_int_eq(d.guard_resource, RESOURCE_CPU);
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

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

int main(void)
{
    Suite *suite = suite_create("policy");
    TCase *tcase = tcase_create("policy");

    tcase_add_loop_test(tcase, test_unsound_readings_are_not_reported, 0, ROWS(unsound));
    tcase_add_test(tcase, test_nodes_without_a_reading_count_at_the_mean);
    tcase_add_loop_test(tcase, test_silence, 0, ROWS(silences));
    tcase_add_loop_test(tcase, test_reactive_votes, 0, ROWS(reactive));
    tcase_add_test(tcase, test_saturation_grows_even_when_high_allows_it);
    tcase_add_test(tcase, test_the_forecast_is_sized_by_its_upper_end);
    tcase_add_test(tcase, test_the_margin_of_the_forecast_has_a_limit);
    tcase_add_test(tcase, test_no_vote_overflows);
    tcase_add_loop_test(tcase, test_the_largest_vote_wins, 0, ROWS(combinations));
    tcase_add_loop_test(tcase, test_scale_in_guards, 0, ROWS(scale_ins));
    tcase_add_test(tcase, test_projection_uses_the_upper_end_of_the_forecast);
    tcase_add_loop_test(tcase, test_bounds_come_last, 0, ROWS(bounds));
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
