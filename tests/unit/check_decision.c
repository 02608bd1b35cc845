#include "scaler/decision.h"

#include "scaler/settings.h"
#include "support/suite.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Six nodes of one core at 40 % of cpu and memory, nothing forecast. */
static struct decision base(void)
{
    return (struct decision){
        .settings = SCALER_SETTINGS_DEFAULT,
        .observed = {.live = 6,
                     .resource = {{.demand = 2.4, .capacity = 6, .nodes = 6},
                                  {.demand = 2.4, .capacity = 6, .nodes = 6},
                                  {0}}},
        .utilisation = {0.40, 0.40, NAN},
        .current = 6,
        .existing = 6,
        .carrying = 6,
        .raw = 6,
        .desired = 6,
    };
}

static void forecast(struct decision *d, double now, double within)
{
    d->utilisation[RESOURCE_CPU] = now;
    d->forecast[RESOURCE_CPU] = (struct forecast){.valid = true, .horizon_ms = 135000, .bound = within * 6.0};
    d->rule = RULE_FORECAST;
}

static void change(struct decision *d, enum scale_action action, unsigned raw, unsigned desired)
{
    d->action = action;
    d->raw = raw;
    d->desired = desired;
    d->to = action == ACTION_HOLD ? 0 : desired;
}

static void says(const struct decision *d, const char *expected)
{
    char text[256];

    decision_sentence(d, "web", text, sizeof text);
    ck_assert_str_eq(text, expected);
}

START_TEST(test_says_what_the_forecast_wants)
{
    struct decision d = base();

    forecast(&d, 0.71, 0.88);
    change(&d, ACTION_UP, 7, 7);
    says(&d, "web: scale up 6 -> 7 (cpu 71% now, 88% within 135 s, high 80%)");
    d.forecast[RESOURCE_CPU].horizon_ms = 500;
    says(&d, "web: scale up 6 -> 7 (cpu 71% now, 88% within 0.5 s, high 80%)");
    forecast(&d, 0.20, 0.25);
    change(&d, ACTION_DOWN, 2, 2);
    says(&d, "web: scale down 6 -> 2 (cpu 20% now, 25% within 135 s, high 80%)");
    forecast(&d, 0.72, 0.76);
    change(&d, ACTION_HOLD, 6, 6);
    says(&d, "web: hold 6 (cpu 72% now, 76% within 135 s)");
    d.forecast[RESOURCE_CPU].forecaster = FORECASTER_YESTERDAY_PEAK;
    says(&d, "web: hold 6 (cpu 72% now, 76% within 135 s as yesterday)");
    d.forecast[RESOURCE_CPU].forecaster = FORECASTER_LAST;
    d.settings.forecast[RESOURCE_CPU] = false; /* then it is for the record only */
    says(&d, "web: hold 6 (cpu 72% now)");
}
END_TEST

/* The nodes that did not report it carry their part of the bound. */
START_TEST(test_the_forecast_is_a_share_of_the_live_nodes)
{
    struct decision d = base();

    ck_assert(isnan(decision_forecast_utilisation(&d, RESOURCE_CPU)));
    forecast(&d, 0.40, 0.60);
    ck_assert_double_eq_tol(decision_forecast_utilisation(&d, RESOURCE_CPU), 0.60, 1e-12);
    d.observed.resource[RESOURCE_CPU] = (struct resource_observation){.demand = 1.2, .capacity = 3, .nodes = 3};
    ck_assert_double_eq_tol(decision_forecast_utilisation(&d, RESOURCE_CPU), 0.60, 1e-12);
    d.observed.resource[RESOURCE_CPU] = (struct resource_observation){0};
    ck_assert(isnan(decision_forecast_utilisation(&d, RESOURCE_CPU)));
}
END_TEST

START_TEST(test_says_what_is_above_high)
{
    struct decision d = base();

    d.rule = RULE_REACTIVE;
    change(&d, ACTION_UP, 8, 8);
    d.utilisation[RESOURCE_CPU] = 0.91;
    says(&d, "web: scale up 6 -> 8 (cpu 91% now, high 80%)");
    d.utilisation[RESOURCE_CPU] = 1.0;
    d.saturated[RESOURCE_CPU] = true;
    says(&d, "web: scale up 6 -> 8 (cpu 100% now, high 80%; saturated, so demand may be higher)");
    d.resource = RESOURCE_MEMORY;
    d.utilisation[RESOURCE_MEMORY] = 0.91;
    says(&d, "web: scale up 6 -> 8 (memory 91% now, high 80%; more load or a leak)");
}
END_TEST

/* "80% now, high 80%" would not explain anything. */
START_TEST(test_shows_which_side_of_high_it_is)
{
    static const struct {
        double now;
        double high;
        const char *text;
    } cases[] = {
        {0.84, 0.80, "84% now, high 80%"},          {0.804, 0.80, "80.4% now, high 80%"},
        {0.8004, 0.80, "80.04% now, high 80%"},     {0.80004, 0.80, "80.004% now, high 80%"},
        {0.8000001, 0.80, "80.000% now, high 80%"}, {0.827, 0.825, "83% now, high 82.5%"},
        {1e30, 0.80, "100000% now, high 80%"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct decision d = base();
        char expected[128];
        d.rule = RULE_REACTIVE;
        d.utilisation[RESOURCE_CPU] = cases[i].now;
        d.settings.thresholds[RESOURCE_CPU].high = cases[i].high;
        change(&d, ACTION_UP, 7, 7);
        (void)snprintf(expected, sizeof expected, "web: scale up 6 -> 7 (cpu %s)", cases[i].text);
        says(&d, expected);
    }
}
END_TEST

START_TEST(test_a_value_below_high_does_not_read_as_above)
{
    struct decision d = base();

    forecast(&d, 0.826, 0.8249);
    d.settings.thresholds[RESOURCE_CPU].high = 0.8275;
    says(&d, "web: hold 6 (cpu 82.6% now, 82% within 135 s)");
}
END_TEST

START_TEST(test_every_guard_has_its_clause)
{
    struct decision d = base();

    forecast(&d, 0.40, 0.42);
    change(&d, ACTION_HOLD, 4, 6);
    d.guard = GUARD_STABILIZATION;
    d.window_ms = 300000;
    says(&d, "web: hold 6 (cpu 40% now, 42% within 135 s; scale-in to 4 waits for the stabilization window, 5 min)");
    d.guard = GUARD_UNDONE;
    d.window_ms = 1200000;
    says(
        &d,
        "web: hold 6 (cpu 40% now, 42% within 135 s; scale-in to 4 waits 20 min, since the last one had to be undone)");
    d.guard = GUARD_DEAD_BAND;
    says(&d, "web: hold 6 (cpu 40% now, 42% within 135 s; 4 would be too small a change)");
    d.guard = GUARD_MISSING_NODES;
    d.observed.missing = 2;
    says(&d, "web: hold 6 (cpu 40% now, 42% within 135 s; for a scale-in to 4 the 2 nodes that do not report count as "
             "busy)");
    d.observed.missing = 1;
    says(&d, "web: hold 6 (cpu 40% now, 42% within 135 s; for a scale-in to 4 the 1 node that does not report counts "
             "as busy)");
    d.guard = GUARD_NONE;
    says(&d, "web: hold 6 (cpu 40% now, 42% within 135 s; 1 missing)");
    d.observed.missing = 0;
    d.guard = GUARD_LOW;
    d.settings.thresholds[RESOURCE_CPU].low = 0.396;
    says(&d, "web: hold 6 (cpu 40% now, 42% within 135 s; "
             "scale-in to 4 waits for cpu, 40% now, to fall to low 39.6%)");
    d.guard = GUARD_PROJECTION;
    d.guard_resource = RESOURCE_MEMORY;
    change(&d, ACTION_DOWN, 3, 5);
    says(&d, "web: scale down 6 -> 5 (cpu 40% now, 42% within 135 s, high 80%; "
             "scale-in to 3 would bring memory above 80%)");
}
END_TEST

static const struct {
    enum scale_guard guard;
    const char *clause;
} refusals[] = {
    {GUARD_UNRECORDED, "no scale-in while decisions.csv can't be written"},
    {GUARD_CHURN, "scale-in to 4 waits: at most 30 within the hour"},
    {GUARD_MODE, "mode out-only does not allow a scale-in to 4"},
    {GUARD_FUTILE, "more nodes have not helped, so no more are ordered"},
    {GUARD_STEP, "4 in several steps"},
    {GUARD_PROTECTED, "for a scale-in to 4 too few nodes may be removed"},
    {GUARD_UNCOUNTED, "no scale-in: the hook chooses the nodes, and can't say how many there are"},
    {GUARD_ORDERED, "scale-in to 4 waits for the last order"},
};

START_TEST(test_what_stands_in_the_way_has_its_clause)
{
    struct decision d = base();
    char expected[128];

    forecast(&d, 0.40, 0.42);
    change(&d, ACTION_HOLD, 4, 6);
    d.settings.mode = MODE_OUT_ONLY;
    d.guard = refusals[_i].guard;
    d.futile = d.guard == GUARD_FUTILE; /* the sentence does not repeat it */
    (void)snprintf(expected, sizeof expected, "web: hold 6 (cpu 40%% now, 42%% within 135 s; %s)", refusals[_i].clause);
    says(&d, expected);
}
END_TEST

/* What is held is what is desired; a scale-in to the same number is one of the nodes that exist beyond it. */
START_TEST(test_a_scale_in_is_one_of_what_exists)
{
    struct decision d = base();

    forecast(&d, 0.40, 0.42);
    change(&d, ACTION_HOLD, 6, 6);
    d.existing = 8;
    d.guard = GUARD_STABILIZATION;
    d.window_ms = 300000;
    says(&d, "web: hold 6 (cpu 40% now, 42% within 135 s; up to 8 exist; scale-in to 6 waits for the stabilization "
             "window, 5 min)");
    d.guard = GUARD_PROJECTION;
    says(&d, "web: hold 6 (cpu 40% now, 42% within 135 s; up to 8 exist; scale-in to 6 would bring cpu above 80%)");
    change(&d, ACTION_HOLD, 5, 6);
    says(&d, "web: hold 6 (cpu 40% now, 42% within 135 s; scale-in to 5 would bring cpu above 80%)");
    change(&d, ACTION_HOLD, 6, 6);
    d.guard = GUARD_MINIMUM;
    says(&d, "web: hold 6 (cpu 40% now, 42% within 135 s; the minimum is 1)");
    d.observed.missing = 2;
    d.settings.nodes_min = 5;
    change(&d, ACTION_HOLD, 2, 8);
    says(&d,
         "web: hold 8 (cpu 40% now, 42% within 135 s; scale-in to 2 would leave fewer than 5 nodes that report, the "
         "minimum; 2 missing)");
}
END_TEST

START_TEST(test_says_what_was_ordered)
{
    struct decision d = base();

    forecast(&d, 0.40, 0.42);
    change(&d, ACTION_HOLD, 6, 6);
    d.pending = 2;
    says(&d, "web: hold 6 (cpu 40% now, 42% within 135 s; 2 ordered and pending)");
    d.removing = 1;
    d.expired = 3;
    says(&d, "web: hold 6 (cpu 40% now, 42% within 135 s; 2 ordered and pending; 1 to be removed; "
             "3 never joined and are no longer awaited)");
    d.pending = d.removing = 0;
    d.expired = 1;
    d.futile = true;
    says(&d, "web: hold 6 (cpu 40% now, 42% within 135 s; 1 never joined and is no longer awaited; more nodes have not "
             "helped)");
}
END_TEST

START_TEST(test_bounds_show_what_was_wanted)
{
    struct decision d = base();

    forecast(&d, 0.40, 0.42);
    d.settings.nodes_min = 5;
    d.guard = GUARD_MINIMUM;
    change(&d, ACTION_DOWN, 4, 5);
    says(&d, "web: scale down 6 -> 5 (cpu 40% now, 42% within 135 s, high 80%; 4 -> 5, the minimum)");
    d.settings.nodes_max = 5;
    d.guard = GUARD_MAXIMUM;
    says(&d, "web: scale down 6 -> 5 (cpu 40% now, 42% within 135 s, high 80%; the maximum is 5)");
    d.settings.nodes_max = 6;
    forecast(&d, 0.85, 0.90);
    change(&d, ACTION_HOLD, 8, 6);
    says(&d, "web: hold 6 (cpu 85% now, 90% within 135 s, high 80%; 8 -> 6, the maximum)");
}
END_TEST

START_TEST(test_says_why_nobody_voted)
{
    struct decision d = base();

    says(&d, "web: hold 6 (cpu 40% now)");
    d.observed.resource[RESOURCE_CPU] = (struct resource_observation){0};
    says(&d, "web: hold 6 (no cpu reading)");
}
END_TEST

START_TEST(test_a_group_without_agents_shows_a_signal)
{
    struct decision d = base();

    memset(d.observed.resource, 0, sizeof d.observed.resource);
    d.observed.signal[0] = (struct signal_observation){.name = "jobs", .state = SIGNAL_MISSING};
    says(&d, "web: hold 6 (jobs is missing)");
    d.observed.signal[1] = (struct signal_observation){.name = "wait", .kind = SIGNAL_LIMIT, .value = 0.1, .limit = 2};
    says(&d, "web: hold 6 (wait 0.1 now, limit 2; jobs is missing)");
    d.observed.resource[RESOURCE_CPU].unread = 6;
    says(&d, "web: hold 6 (no cpu reading; jobs is missing)");
}
END_TEST

START_TEST(test_silence_says_who_is_silent)
{
    struct decision d = base();

    d.guard = GUARD_NO_DATA;
    d.observed = (struct group_observation){.missing = 4, .returning = 1};
    says(&d, "web: hold 6 (5 of 5 nodes do not report: no decision without data; 1 returning)");
    d.observed = (struct group_observation){0};
    says(&d, "web: hold 6 (no nodes: no decision without data)");
    d.guard = GUARD_MINIMUM;
    d.settings.nodes_min = 2;
    change(&d, ACTION_UP, 0, 2);
    d.existing = d.carrying = 0;
    says(&d, "web: scale up 0 -> 2 (no nodes: no decision without data; 0 -> 2, the minimum)");
    change(&d, ACTION_HOLD, 6, 6);
    d.settings.mode = MODE_OFF;
    d.guard = GUARD_MODE;
    says(&d, "web: hold 6 (the mode is off)");
}
END_TEST

START_TEST(test_says_who_is_not_there)
{
    struct decision d = base();

    d.observed.missing = 3;
    d.observed.lost_at_once = 3;
    d.observed.leaving = 1;
    says(&d, "web: hold 6 (cpu 40% now; 3 missing; 3 of them went at once; 1 leaving)");
    d = base();
    d.observed.resource[RESOURCE_CPU].nodes = 1;
    d.observed.resource[RESOURCE_CPU].unread = 7;
    says(&d, "web: hold 6 (cpu 40% now; 7 of 8 nodes have no cpu reading)");
    d = base();
    d.observed.counted = true;
    d.observed.count = 20;
    says(&d, "web: hold 6 (cpu 40% now; 20 exist by the actuator's count, 6 report)");
}
END_TEST

START_TEST(test_says_what_a_person_has_ordered)
{
    struct decision d = base();

    d.observed.pin = 20;
    says(&d, "web: hold 6 (cpu 40% now; pinned to 20)");
    d = base();
    d.observed.paused = true;
    says(&d, "web: hold 6 (cpu 40% now; paused: nothing is ordered, not even the minimum)");
    d = base();
    d.observed.paused_in = true;
    says(&d, "web: hold 6 (cpu 40% now; scale-in is paused)");
    d = base();
    d.observed.orders_elsewhere = true;
    says(&d, "web: hold 6 (cpu 40% now; another collector orders for this group)");
    d = base();
    d.observed.roll_call = true;
    d.observed.unreported = 2;
    says(&d, "web: hold 6 (cpu 40% now; 2 not reported since the start; "
             "roll call: no scale-in until all nodes have had time to report)");
}
END_TEST

/* So many nodes may exist already, and do not carry load. */
START_TEST(test_says_what_an_order_is_for)
{
    struct decision d = base();

    d.utilisation[RESOURCE_CPU] = 0.95;
    d.observed.missing = 4;
    d.existing = 10;
    change(&d, ACTION_UP, 9, 10);
    says(&d, "web: scale up to at least 10, 6 of them carry load (cpu 95% now, high 80%; 4 missing)");
    d.unhelped[RESOURCE_MEMORY] = true;
    d.overdue = d.pending = 2;
    says(&d, "web: scale up to at least 10, 6 of them carry load (cpu 95% now, high 80%; 4 missing; 2 overdue; "
             "more nodes have not helped memory, so it asks for no more)");
}
END_TEST

START_TEST(test_is_cut_at_the_size)
{
    struct decision d = base();
    char whole[256];

    forecast(&d, 0.71, 0.88);
    decision_sentence(&d, "web", whole, sizeof whole);
    for (size_t size = 1; size <= strlen(whole) + 1; size++) {
        char text[256];
        memset(text, 'x', sizeof text);
        decision_sentence(&d, "web", text, size);
        ck_assert_uint_eq(strlen(text), size - 1);
        ck_assert_mem_eq(text, whole, size - 1);
        ck_assert_int_eq(text[size], 'x');
    }
}
END_TEST

START_TEST(test_sameness_is_what_an_operator_sees)
{
    struct decision a = base();
    struct decision b = base();

    b.now_ms = 15000;
    b.utilisation[RESOURCE_CPU] = 0.5;
    ck_assert(decision_same(&a, &b));
    b.guard = GUARD_LOW;
    ck_assert(!decision_same(&a, &b));
    b = a;
    b.desired++;
    ck_assert(!decision_same(&a, &b));
    b = a;
    b.action = ACTION_UP;
    ck_assert(!decision_same(&a, &b));
    b = a;
    b.rule = RULE_REACTIVE;
    ck_assert(!decision_same(&a, &b));
}
END_TEST

START_TEST(test_every_value_has_its_name)
{
    for (unsigned guard = 0; guard < GUARD_COUNT; guard++)
        ck_assert_ptr_nonnull(guard_names[guard]);
    ck_assert_str_eq(rule_names[RULE_BOUNDS], "bounds");
    ck_assert_str_eq(action_names[ACTION_DOWN], "down");
    ck_assert_str_eq(resource_names[RESOURCE_DISK], "disk");
    ck_assert_str_eq(guard_names[GUARD_NO_DATA], "no-data");
    ck_assert_str_eq(guard_names[GUARD_MISSING_NODES], "missing-nodes");
    ck_assert_str_eq(guard_names[GUARD_LOW], "low");
    ck_assert_str_eq(guard_names[GUARD_PROJECTION], "projection");
    ck_assert_str_eq(guard_names[GUARD_STABILIZATION], "stabilization");
    ck_assert_str_eq(guard_names[GUARD_DEAD_BAND], "dead-band");
    ck_assert_str_eq(guard_names[GUARD_UNRECORDED], "unrecorded");
    ck_assert_str_eq(guard_names[GUARD_CHURN], "churn");
    ck_assert_str_eq(guard_names[GUARD_STEP], "step");
    ck_assert_str_eq(guard_names[GUARD_FUTILE], "futile");
    ck_assert_str_eq(guard_names[GUARD_MINIMUM], "minimum");
    ck_assert_str_eq(guard_names[GUARD_MAXIMUM], "maximum");
    ck_assert_str_eq(mode_names[MODE_OUT_ONLY], "out-only");
    ck_assert_str_eq(forecaster_names[FORECASTER_SEASON], "yesterday");
    ck_assert_str_eq(forecaster_names[FORECASTER_RIDGE], "regression");
    ck_assert_str_eq(forecaster_names[FORECASTER_YESTERDAY_PEAK], "yesterday-peak");
}
END_TEST

static const struct {
    struct thresholds cpu;
    unsigned nodes_min;
    unsigned nodes_max;
    int64_t tick_ms;
    int64_t lead_time_ms;
    int64_t stabilization_ms;
    const char *error; /* NULL: accepted */
} settings_cases[] = {
    {{0.80, 0.0, 0.70}, 1, 100, 15000, 120000, 300000, NULL},
    {{1.0, 1.0, 1.0}, 1, 1, 100, 0, 0, NULL},
    {{0.80, 0.0, 0.70}, 5, SETTING_LIMIT_UNSET, 15000, 0, 0, NULL},
    {{0.80, 0.0, 0.70}, 5, SETTING_LIMIT_NONE, 15000, 0, 0, NULL},
    {{0.80, 0.0, 0.001}, 100000, 100000, 3600000, 86400000, 86400000, NULL},
    {{0.80, 0.0, 0.70}, 1, 100, 1000, 120000, 3600000, NULL},
    {{0.80, 0.85, 0.70}, 1, 100, 15000, 0, 0, "cpu: low <= target <= high must hold, got low 85% and target 70%"},
    {{0.80, 0.0, 0.805}, 1, 100, 15000, 0, 0, "cpu: low <= target <= high must hold, got target 80.5% and high 80%"},
    {{1.2, 0.0, 0.70}, 1, 100, 15000, 0, 0, "cpu-high must be a percentage from 0% to 100%, such as 80%, got 120%"},
    {{0.80, -0.1, 0.70}, 1, 100, 15000, 0, 0, "cpu-low must be a percentage from 0% to 100%, such as 0%, got -10%"},
    {{0.80, 0.0, NAN}, 1, 100, 15000, 0, 0, "cpu-target must be a percentage from 0% to 100%, such as 70%, got nan%"},
    {{0.011, 0.0, 0.01}, 1, 100, 15000, 0, 0, NULL},
    {{0.008, 0.0, 0.007},
     1,
     100,
     15000,
     0,
     0,
     "cpu: high must be above 1%, got 0.8%; write it in percent, for example 80%"},
    {{0.01, 0.0, 0.007},
     1,
     100,
     15000,
     0,
     0,
     "cpu: high must be above 1%, got 1%; write it in percent, for example 80%"},
    {{0.80, 0.0, 0.0}, 1, 100, 15000, 0, 0, "cpu: target must be at least 0.1%, got 0%"},
    {{0.80, 0.0, 0.0009}, 1, 100, 15000, 0, 0, "cpu: target must be at least 0.1%, got 0.09%"},
    {{0.80, 0.0, 0.70},
     0,
     9,
     15000,
     0,
     0,
     "min = 0 needs a signal of kind load that shows when no node is needed (a program, or empty = 0), and a section "
     "[group NAME]; add them, or set min to 1"},
    {{0.80, 0.0, 0.70}, 5, 3, 15000, 0, 0, "minimum <= maximum must hold, got minimum 5 and maximum 3 nodes"},
    {{0.80, 0.0, 0.70}, 1, 100001, 15000, 0, 0, "max must be none, or a whole number from 1 to 100000, got 100001"},
    {{0.80, 0.0, 0.70}, 1, 100, 99, 0, 0, "tick must be a duration from 100ms to 1h, such as 15s, got 99ms"},
    {{0.80, 0.0, 0.70}, 1, 100, 3600001, 0, 0, "tick must be a duration from 100ms to 1h, such as 15s, got 3600001ms"},
    {{0.80, 0.0, 0.70}, 1, 100, 15000, -1000, 0, "lead-time must be a duration from 0 to 1d, such as 2m, got -1s"},
    {{0.80, 0.0, 0.70},
     1,
     100,
     15000,
     0,
     172800000,
     "stabilization must be a duration from 0 to 1d, such as 5m, got 2d"},
    {{0.80, 0.0, 0.70},
     1,
     100,
     1000,
     0,
     7200000,
     "a stabilization window of 2 h has more than 4095 ticks of 1 s; use a longer tick or a shorter window"},
};

START_TEST(test_settings_are_checked)
{
    struct scaler_settings settings = SCALER_SETTINGS_DEFAULT;
    char error[160] = "";

    settings.thresholds[RESOURCE_CPU] = settings_cases[_i].cpu;
    settings.nodes_min = settings_cases[_i].nodes_min;
    settings.nodes_max = settings_cases[_i].nodes_max;
    settings.tick_ms = settings_cases[_i].tick_ms;
    settings.lead_time_ms = settings_cases[_i].lead_time_ms;
    settings.stabilization_ms = settings_cases[_i].stabilization_ms;

    int expected = settings_cases[_i].error != NULL ? -EINVAL : 0;
    ck_assert_int_eq(scaler_settings_check(&settings, error, sizeof error), expected);
    ck_assert_str_eq(error, settings_cases[_i].error != NULL ? settings_cases[_i].error : "");
}
END_TEST

START_TEST(test_a_group_may_be_empty_if_a_signal_shows_when)
{
    struct scaler_settings settings = SCALER_SETTINGS_DEFAULT;
    char error[160] = "";

    settings.nodes_min = 0;
    ck_assert_int_eq(scaler_settings_check(&settings, error, sizeof error), -EINVAL);
    settings.may_be_empty = true;
    ck_assert_int_eq(scaler_settings_check(&settings, error, sizeof error), 0);
}
END_TEST

START_TEST(test_a_signal_has_its_own_name)
{
    struct decision d = {.observed.signal[1] = {.name = "web-requests"}};

    ck_assert_str_eq(decision_resource_name(&d, RESOURCE_SIGNAL_1), "web-requests");
    ck_assert_str_eq(decision_resource_name(&d, RESOURCE_APP), "app");
    ck_assert_str_eq(signal_kind_names[SIGNAL_LIMIT], "limit");
}
END_TEST

START_TEST(test_price_and_scale_ins_are_checked)
{
    struct scaler_settings settings = SCALER_SETTINGS_DEFAULT;
    char error[160] = "";

    settings.price = NAN;
    ck_assert_int_eq(scaler_settings_check(&settings, error, sizeof error), -EINVAL);
    ck_assert_str_eq(error, "price must be a number from 0 to 10000, got nan");
    settings.price = 10001.0;
    ck_assert_int_eq(scaler_settings_check(&settings, error, sizeof error), -EINVAL);
    settings.price = 0.0;
    settings.scale_ins_max = 65;
    ck_assert_int_eq(scaler_settings_check(&settings, error, sizeof error), -EINVAL);
    ck_assert_str_eq(error, "scale-ins must be a whole number from 1 to 64, got 65");
    settings.scale_ins_max = 64;
    ck_assert_int_eq(scaler_settings_check(&settings, error, sizeof error), 0);
}
END_TEST

START_TEST(test_settings_of_each_resource_are_checked)
{
    struct scaler_settings settings = SCALER_SETTINGS_DEFAULT;
    char error[160] = "";

    settings.thresholds[RESOURCE_DISK].high = 0.5;
    ck_assert_int_eq(scaler_settings_check(&settings, error, sizeof error), -EINVAL);
    ck_assert_str_eq(error, "disk: low <= target <= high must hold, got target 70% and high 50%");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("decision");
    TCase *tcase = tcase_create("decision");

    tcase_add_test(tcase, test_says_what_the_forecast_wants);
    tcase_add_test(tcase, test_the_forecast_is_a_share_of_the_live_nodes);
    tcase_add_test(tcase, test_says_what_is_above_high);
    tcase_add_test(tcase, test_shows_which_side_of_high_it_is);
    tcase_add_test(tcase, test_a_value_below_high_does_not_read_as_above);
    tcase_add_test(tcase, test_every_guard_has_its_clause);
    tcase_add_loop_test(tcase, test_what_stands_in_the_way_has_its_clause, 0, sizeof refusals / sizeof refusals[0]);
    tcase_add_test(tcase, test_a_scale_in_is_one_of_what_exists);
    tcase_add_test(tcase, test_says_what_was_ordered);
    tcase_add_test(tcase, test_bounds_show_what_was_wanted);
    tcase_add_test(tcase, test_says_why_nobody_voted);
    tcase_add_test(tcase, test_a_group_without_agents_shows_a_signal);
    tcase_add_test(tcase, test_silence_says_who_is_silent);
    tcase_add_test(tcase, test_says_who_is_not_there);
    tcase_add_test(tcase, test_says_what_a_person_has_ordered);
    tcase_add_test(tcase, test_says_what_an_order_is_for);
    tcase_add_test(tcase, test_is_cut_at_the_size);
    tcase_add_test(tcase, test_sameness_is_what_an_operator_sees);
    tcase_add_test(tcase, test_every_value_has_its_name);
    tcase_add_loop_test(tcase, test_settings_are_checked, 0, sizeof settings_cases / sizeof settings_cases[0]);
    tcase_add_test(tcase, test_a_group_may_be_empty_if_a_signal_shows_when);
    tcase_add_test(tcase, test_a_signal_has_its_own_name);
    tcase_add_test(tcase, test_price_and_scale_ins_are_checked);
    tcase_add_test(tcase, test_settings_of_each_resource_are_checked);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
