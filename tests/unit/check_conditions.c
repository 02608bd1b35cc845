/* The conditions of a group: when each holds, what it says, since when, and when it is logged. */
#include "collector/autoscale/conditions.h"

#include "support/suite.h"

#include <math.h>
#include <string.h>

#define NOW_MS    INT64_C(1795888800000)
#define MINUTE_MS 60000

static struct condition_group group;
static struct decision decision;
static struct override pin;
static struct override pause;
static struct condition_trouble trouble;
static struct condition_absence absence;

/* A group that needs nothing. */
static void begin(void)
{
    memset(&group, 0, sizeof group);
    trouble.why = NULL;
    absence = (struct condition_absence){0};
    decision = (struct decision){
        .settings = SCALER_SETTINGS_DEFAULT, .observed = {.live = 8}, .lead_ms = 120000, .raw = 8, .desired = 8};
    decision.settings.actuator = ACTUATOR_HOOK;
    decision.settings.nodes_min = 2;
    decision.settings.nodes_max = 20;
    decision.vote_forecast[RESOURCE_CPU] = 8;
    decision.forecast[RESOURCE_CPU] =
        (struct forecast){.valid = true, .scored = 100, .coverage = 0.91, .promised = 0.2, .paid = 0.21};
    pin = (struct override){.kind = OVERRIDE_PIN, .group = "web", .nodes = 12, .until_ms = NOW_MS + MINUTE_MS};
    pause = (struct override){.kind = OVERRIDE_PAUSE, .group = "web", .until_ms = NOW_MS + MINUTE_MS};
}

static unsigned update_at(int64_t wall_ms)
{
    return conditions_update(&group, &decision, trouble.why != NULL ? &trouble : NULL, &absence, NULL, NULL, wall_ms);
}

/* That one condition, and only that one, is as expected, and says the text. */
static void expect(enum condition_id id, bool holds, const char *text)
{
    static const bool usual[CONDITION_COUNT] = {true, true, false, true, true, true};

    for (unsigned i = 0; i < CONDITION_COUNT; i++)
        ck_assert_msg(group.of[i].holds == (i == id ? holds : usual[i]), "%s is %d: %s", condition_names[i],
                      group.of[i].holds, group.of[i].why);
    ck_assert_msg(strstr(group.of[id].why, text) != NULL, "no \"%s\" in: %s", text, group.of[id].why);
}

START_TEST(a_group_without_trouble_has_its_usual_conditions)
{
    (void)update_at(NOW_MS);
    expect(CONDITION_ABLE_TO_SCALE, true, "the hook has not failed");
    expect(CONDITION_DATA_COMPLETE, true, "8 nodes report");
    expect(CONDITION_LIMITED, false, "no more than max, 20, and no fewer than min, 2");
    expect(CONDITION_FORECAST_TRUSTED, true, "91% of outcomes were within their interval of 90%");
    expect(CONDITION_HELPING, true, "");
}
END_TEST

START_TEST(able_to_scale_tells_what_stops_orders)
{
    decision.settings.mode = MODE_OFF;
    (void)update_at(NOW_MS);
    expect(CONDITION_ABLE_TO_SCALE, false, "mode is off");
    decision.settings.mode = MODE_OBSERVE;
    (void)update_at(NOW_MS);
    expect(CONDITION_ABLE_TO_SCALE, false, "mode is observe");
    decision.observed.unlisted = true;
    (void)update_at(NOW_MS);
    expect(CONDITION_ABLE_TO_SCALE, false, "add its section [group NAME] to the configuration, or set scale-groups");
    decision.settings.actuator = ACTUATOR_NONE;
    (void)update_at(NOW_MS);
    expect(CONDITION_ABLE_TO_SCALE, false, "on-scale");
    decision.observed.unlisted = false;
    decision.settings.mode = MODE_FULL;
    decision.settings.actuator = ACTUATOR_READER;
    (void)update_at(NOW_MS);
    expect(CONDITION_ABLE_TO_SCALE, true, "a reader takes the desired count");
    decision.observed.orders_elsewhere = true;
    (void)update_at(NOW_MS);
    expect(CONDITION_ABLE_TO_SCALE, false, "another collector");
}
END_TEST

START_TEST(a_group_that_is_only_observed_is_logged_once)
{
    decision.settings.mode = MODE_OBSERVE;
    decision.observed.unlisted = true;
    ck_assert_uint_eq(update_at(NOW_MS) & 1U << CONDITION_ABLE_TO_SCALE, 1U << CONDITION_ABLE_TO_SCALE);
    ck_assert_uint_eq(update_at(NOW_MS + 5 * MINUTE_MS) & 1U << CONDITION_ABLE_TO_SCALE, 0);
}
END_TEST

START_TEST(able_to_scale_tells_that_no_reader_asks)
{
    decision.settings.actuator = ACTUATOR_READER;
    trouble.why = "of before";
    (void)update_at(NOW_MS);
    (void)update_at(NOW_MS + 5 * MINUTE_MS);
    expect(CONDITION_ABLE_TO_SCALE, true, "a reader takes the desired count");
    (void)update_at(NOW_MS + 5 * MINUTE_MS + 1);
    expect(CONDITION_ABLE_TO_SCALE, false, "no reader has asked for the desired count for 5 min");
    conditions_note_read(&group, NOW_MS + 6 * MINUTE_MS);
    (void)update_at(NOW_MS + 11 * MINUTE_MS);
    expect(CONDITION_ABLE_TO_SCALE, true, "a reader takes the desired count");
    (void)update_at(NOW_MS + 14 * MINUTE_MS);
    expect(CONDITION_ABLE_TO_SCALE, false, "for 8 min");
}
END_TEST

START_TEST(able_to_scale_counts_failures_of_the_hook_until_it_works)
{
    trouble = (struct condition_trouble){.tries = 2, .since_ms = NOW_MS, .why = "exit status 4"};
    (void)update_at(NOW_MS);
    expect(CONDITION_ABLE_TO_SCALE, false, "failed 2 times in a row since 2026-11-28 18:00 UTC: exit status 4");
    trouble.tries = 0;
    trouble.why = "the hook does not keep the contract";
    (void)update_at(NOW_MS);
    expect(CONDITION_ABLE_TO_SCALE, false, "the hook does not keep the contract");
    trouble.why = NULL;
    (void)update_at(NOW_MS);
    expect(CONDITION_ABLE_TO_SCALE, true, "the hook has not failed");
}
END_TEST

/* Since ten minutes ago, by the clock of the decision. */
START_TEST(able_to_scale_tells_of_orders_that_brought_nothing)
{
    decision.now_ms = 20 * MINUTE_MS;
    decision.unmet =
        (struct unmet){.count = 3, .order = {{.time_ms = 10 * MINUTE_MS}}, .nodes = 6, .is_given_up = true};
    (void)update_at(NOW_MS);
    expect(CONDITION_ABLE_TO_SCALE, false,
           "6 nodes were ordered at least 3 times since 2026-11-28 17:50 UTC, and none came; is the hook's provider "
           "out of capacity?");
    trouble = (struct condition_trouble){.why = "it failed"};
    (void)update_at(NOW_MS);
    expect(CONDITION_ABLE_TO_SCALE, false, "it failed; 6 nodes");
    decision.settings.actuator = ACTUATOR_READER;
    decision.unmet.nodes = 1;
    (void)update_at(NOW_MS);
    expect(CONDITION_ABLE_TO_SCALE, false,
           "1 node was ordered at least 3 times since 2026-11-28 17:50 UTC, and it "
           "never came; does the HPA's maximum");
    decision.unmet = (struct unmet){0};
    (void)update_at(NOW_MS);
    expect(CONDITION_ABLE_TO_SCALE, true, "a reader takes the desired count");
}
END_TEST

START_TEST(able_to_scale_tells_of_a_pause)
{
    (void)conditions_update(&group, &decision, NULL, &absence, NULL, &pause, NOW_MS);
    expect(CONDITION_ABLE_TO_SCALE, false, "all orders paused, min included");
    pause.kind = OVERRIDE_PAUSE_IN;
    (void)conditions_update(&group, &decision, NULL, &absence, NULL, &pause, NOW_MS);
    expect(CONDITION_ABLE_TO_SCALE, true, "scale-in paused until");
}
END_TEST

START_TEST(data_complete_tells_what_is_not)
{
    struct group_observation *observed = &decision.observed;

    observed->missing = 1;
    observed->returning = 2;
    (void)update_at(NOW_MS);
    expect(CONDITION_DATA_COMPLETE, false, "2 nodes restart; 1 node is missing");
    *observed = (struct group_observation){.live = 8, .unreported = 3, .roll_call = true};
    (void)update_at(NOW_MS);
    expect(CONDITION_DATA_COMPLETE, false, "roll call: not all nodes have reported yet; 3 nodes have not reported");
    *observed = (struct group_observation){.live = 8};
    observed->resource[RESOURCE_CPU].unread = 7;
    (void)update_at(NOW_MS);
    expect(CONDITION_DATA_COMPLETE, false, "7 of 8 nodes have no cpu reading");
    *observed = (struct group_observation){.live = 8, .implausible = 1, .slow = 2};
    (void)update_at(NOW_MS);
    expect(CONDITION_DATA_COMPLETE, false, "1 node has a size that differs from the others'");
    expect(CONDITION_DATA_COMPLETE, false, "set node-sizes = any if it is true; 2 nodes sample less often than");
    *observed = (struct group_observation){.live = 8, .age_ms = 120000 + 15000};
    (void)update_at(NOW_MS);
    expect(CONDITION_DATA_COMPLETE, true, "8 nodes report");
    observed->age_ms++;
    (void)update_at(NOW_MS);
    expect(CONDITION_DATA_COMPLETE, false, "samples are up to 135 s old");
    *observed = (struct group_observation){.missing = 8, .lost_at_once = 8};
    (void)update_at(NOW_MS);
    expect(CONDITION_DATA_COMPLETE, false, "no node reports; 8 nodes are missing; 8 of them were lost at once");
}
END_TEST

START_TEST(data_are_complete_where_a_signal_counts_no_node)
{
    decision.observed = (struct group_observation){
        .signal[0] = {.name = "jobs", .value = 25, .per_node = 10, .high = 0.9, .target = 0.8, .has_nodes = true}};
    decision.settings.victims = VICTIMS_ANY;
    (void)update_at(NOW_MS);
    expect(CONDITION_DATA_COMPLETE, true, "0 nodes without agents, as a signal counts them");
    decision.observed.signal[0].has_nodes = false;
    (void)update_at(NOW_MS);
    expect(CONDITION_DATA_COMPLETE, false, "no node reports");
    decision.observed.signal[0].state = SIGNAL_MISSING;
    decision.observed.live = 3; /* as the scaler remembers */
    (void)update_at(NOW_MS);
    expect(CONDITION_DATA_COMPLETE, true, "3 nodes without agents, as a signal counted them last");
    decision.observed.resource[RESOURCE_CPU].nodes = 3;
    (void)update_at(NOW_MS);
    expect(CONDITION_DATA_COMPLETE, true, "3 nodes report");
}
END_TEST

START_TEST(limited_names_the_bound)
{
    decision.vote_forecast[RESOURCE_CPU] = decision.raw = 21;
    (void)update_at(NOW_MS);
    expect(CONDITION_LIMITED, true, "the load needs 21 nodes, and max is 20");
    decision.vote_forecast[RESOURCE_CPU] = decision.raw = 1;
    (void)update_at(NOW_MS);
    expect(CONDITION_LIMITED, true, "the load needs 1 node, and min is 2");
    decision.vote_forecast[RESOURCE_CPU] = decision.raw = 12;
    (void)update_at(NOW_MS);
    expect(CONDITION_LIMITED, false, "the load needs no more than max, 20, and no fewer than min, 2");
    decision.settings.nodes_max = SETTING_LIMIT_UNSET;
    (void)update_at(NOW_MS);
    expect(CONDITION_LIMITED, false, "max is not set");
    decision.settings.nodes_max = SETTING_LIMIT_NONE;
    (void)update_at(NOW_MS);
    expect(CONDITION_LIMITED, false, "max is none");
    (void)conditions_update(&group, &decision, NULL, &absence, &pin, NULL, NOW_MS);
    expect(CONDITION_LIMITED, true, "pinned to 12 nodes");
}
END_TEST

START_TEST(limited_does_not_tell_what_the_load_needs_without_a_vote)
{
    decision.vote_forecast[RESOURCE_CPU] = 0;
    decision.raw = 24; /* so many exist */
    (void)update_at(NOW_MS);
    expect(CONDITION_LIMITED, false, "no resource is above high, and there is no forecast yet");
    decision.observed.live = 0;
    (void)update_at(NOW_MS);
    ck_assert(!group.of[CONDITION_LIMITED].holds);
    ck_assert_ptr_nonnull(strstr(group.of[CONDITION_LIMITED].why, "no data: no node reports"));
}
END_TEST

START_TEST(a_forecast_is_trusted_by_its_record)
{
    struct forecast *forecast = &decision.forecast[RESOURCE_CPU];

    forecast->scored = 19;
    (void)update_at(NOW_MS);
    expect(CONDITION_FORECAST_TRUSTED, false, "19 outcomes of forecasts are known");
    forecast->scored = 20;
    forecast->coverage = 0.74;
    (void)update_at(NOW_MS);
    expect(CONDITION_FORECAST_TRUSTED, false, "74% of outcomes");
    forecast->coverage = 0.9;
    forecast->paid = 0.41;
    (void)update_at(NOW_MS);
    expect(CONDITION_FORECAST_TRUSTED, false, "price paid 0.410, promised 0.200");
    forecast->promised = 0.001;
    forecast->paid = 0.02; /* too little to matter */
    (void)update_at(NOW_MS);
    expect(CONDITION_FORECAST_TRUSTED, true, "");
    forecast->coverage = NAN;
    (void)update_at(NOW_MS);
    expect(CONDITION_FORECAST_TRUSTED, false, "are needed to judge them");
}
END_TEST

START_TEST(the_forecast_of_the_application_is_judged_too)
{
    struct forecast *app = &decision.forecast[RESOURCE_APP];

    *app = decision.forecast[RESOURCE_CPU];
    (void)update_at(NOW_MS);
    expect(CONDITION_FORECAST_TRUSTED, true, "");
    app->coverage = 0.5;
    (void)update_at(NOW_MS);
    expect(CONDITION_FORECAST_TRUSTED, false, "app: 50% of outcomes");
    *app = decision.forecast[RESOURCE_CPU];
    decision.forecast[RESOURCE_CPU].coverage = 0.5;
    (void)update_at(NOW_MS);
    expect(CONDITION_FORECAST_TRUSTED, false, "cpu: 50% of outcomes");
}
END_TEST

START_TEST(forecasts_of_signals_are_judged_and_cpu_only_where_nodes_report_it)
{
    decision.forecast[RESOURCE_SIGNAL_1] = decision.forecast[RESOURCE_CPU];
    decision.forecast[RESOURCE_SIGNAL_1].coverage = 0.5;
    strcpy(decision.observed.signal[1].name, "requests");
    (void)update_at(NOW_MS);
    expect(CONDITION_FORECAST_TRUSTED, false, "requests: 50% of outcomes");
    decision.forecast[RESOURCE_SIGNAL_1].coverage = 0.9;
    (void)update_at(NOW_MS);
    expect(CONDITION_FORECAST_TRUSTED, true, "cpu: 91% of outcomes");
    decision.forecast[RESOURCE_CPU].valid = false;
    (void)update_at(NOW_MS);
    expect(CONDITION_FORECAST_TRUSTED, true, "90% of outcomes");
}
END_TEST

START_TEST(signals_are_fresh_while_all_have_values)
{
    (void)update_at(NOW_MS);
    expect(CONDITION_SIGNALS_FRESH, true, "the group has no signal");
    strcpy(decision.observed.signal[0].name, "requests");
    (void)update_at(NOW_MS);
    expect(CONDITION_SIGNALS_FRESH, true, "1 signal has a value");
    strcpy(absence.why, "requests: connection refused");
    absence.is_starting = true;
    ck_assert_uint_eq(update_at(NOW_MS + 1), 0);
    expect(CONDITION_SIGNALS_FRESH, false, "requests: connection refused");
    absence.is_starting = false;
    ck_assert_uint_eq(update_at(NOW_MS + 2), 1U << CONDITION_SIGNALS_FRESH);
    ck_assert_int_eq(group.of[CONDITION_SIGNALS_FRESH].since_ms, NOW_MS + 1);
}
END_TEST

START_TEST(a_number_that_a_signal_asks_for_is_a_vote)
{
    decision.vote_forecast[RESOURCE_CPU] = 0;
    decision.vote_signal = 25;
    decision.raw = 25;
    (void)update_at(NOW_MS);
    expect(CONDITION_LIMITED, true, "the load needs 25 nodes, and max is 20");
}
END_TEST

START_TEST(helping_ends_when_more_nodes_do_not_help)
{
    decision.futile = true;
    (void)update_at(NOW_MS);
    expect(CONDITION_HELPING, false, "utilisation has not fallen although the nodes have doubled");
    decision.futile = false;
    decision.unhelped[RESOURCE_MEMORY] = true;
    (void)update_at(NOW_MS);
    expect(CONDITION_HELPING, false, "more nodes have not lowered the use of memory");
}
END_TEST

START_TEST(helping_ends_when_protection_holds_a_scale_in_for_a_day)
{
    int64_t day_ms = 1440 * (int64_t)MINUTE_MS;

    decision.guard = GUARD_PROTECTED; /* of nodes that warm up */
    (void)update_at(NOW_MS);
    (void)update_at(NOW_MS + day_ms);
    expect(CONDITION_HELPING, true, "");
    decision.observed.protected_nodes = 1;
    (void)update_at(NOW_MS);
    (void)update_at(NOW_MS + day_ms - 1);
    expect(CONDITION_HELPING, true, "");
    (void)update_at(NOW_MS + day_ms);
    expect(CONDITION_HELPING, false, "nodes that protect themselves have held a scale-in for a day");
    decision.guard = GUARD_NONE;
    (void)update_at(NOW_MS + day_ms + 1);
    decision.guard = GUARD_PROTECTED;
    (void)update_at(NOW_MS + day_ms + 2);
    expect(CONDITION_HELPING, true, "");
}
END_TEST

START_TEST(since_is_when_it_turned)
{
    (void)update_at(NOW_MS);
    decision.observed.missing = 1;
    (void)update_at(NOW_MS + 10);
    decision.observed.missing = 2;
    (void)update_at(NOW_MS + 20);
    ck_assert_int_eq(group.of[CONDITION_DATA_COMPLETE].since_ms, NOW_MS + 10);
    ck_assert_int_eq(group.of[CONDITION_ABLE_TO_SCALE].since_ms, NOW_MS);
}
END_TEST

START_TEST(it_is_logged_when_it_turns_and_at_most_once_a_minute)
{
    unsigned bit = 1U << CONDITION_DATA_COMPLETE;

    ck_assert_uint_eq(update_at(NOW_MS), 1U << CONDITION_FORECAST_TRUSTED); /* the others go without saying */
    decision.observed.missing = 1;
    ck_assert_uint_eq(update_at(NOW_MS + 1), bit);
    decision.observed.missing = 2;
    ck_assert_uint_eq(update_at(NOW_MS + 2), 0);
    decision.observed.missing = 0;
    ck_assert_uint_eq(update_at(NOW_MS + 3), 0); /* too soon */
    decision.observed.missing = 1;
    ck_assert_uint_eq(update_at(NOW_MS + 1 + MINUTE_MS), 0); /* it is what the log says */
    decision.observed.missing = 0;
    ck_assert_uint_eq(update_at(NOW_MS + 2 + MINUTE_MS), bit);
}
END_TEST

START_TEST(roll_call_is_not_news)
{
    decision.observed.roll_call = true;
    ck_assert_uint_eq(update_at(NOW_MS), 1U << CONDITION_FORECAST_TRUSTED);
    expect(CONDITION_DATA_COMPLETE, false, "roll call");
    decision.observed.roll_call = false;
    ck_assert_uint_eq(update_at(NOW_MS + 1), 0);
    decision.observed.roll_call = true;
    decision.observed.missing = 1;
    ck_assert_uint_eq(update_at(NOW_MS + 2), 0);
    decision.observed.roll_call = false;
    ck_assert_uint_eq(update_at(NOW_MS + 3), 1U << CONDITION_DATA_COMPLETE);
}
END_TEST

START_TEST(a_group_that_is_not_to_order_is_not_news)
{
    decision.settings.mode = MODE_OBSERVE;
    ck_assert(!conditions_expect_orders(&decision));
    ck_assert_uint_eq(update_at(NOW_MS), 1U << CONDITION_FORECAST_TRUSTED);
    decision.settings.mode = MODE_FULL;
    ck_assert(conditions_expect_orders(&decision));
    ck_assert_uint_eq(update_at(NOW_MS + 1), 1U << CONDITION_ABLE_TO_SCALE);
}
END_TEST

START_TEST(the_longest_reason_is_cut_nowhere)
{
    memset(pause.user, 'u', OVERRIDE_USER_MAX);
    memset(pause.reason, 'r', OVERRIDE_REASON_MAX);
    pause.uid = UINT32_MAX;
    decision.settings.mode = MODE_OBSERVE;
    (void)conditions_update(&group, &decision, NULL, &absence, NULL, &pause, NOW_MS);
    ck_assert_uint_lt(strlen(group.of[CONDITION_ABLE_TO_SCALE].why), CONDITION_WHY_MAX - 1);
    ck_assert_ptr_nonnull(strstr(group.of[CONDITION_ABLE_TO_SCALE].why, pause.reason));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("conditions");
    TCase *tests = tcase_create("conditions");

    tcase_add_checked_fixture(tests, begin, NULL);
    tcase_add_test(tests, a_group_without_trouble_has_its_usual_conditions);
    tcase_add_test(tests, able_to_scale_tells_what_stops_orders);
    tcase_add_test(tests, a_group_that_is_only_observed_is_logged_once);
    tcase_add_test(tests, able_to_scale_tells_that_no_reader_asks);
    tcase_add_test(tests, able_to_scale_counts_failures_of_the_hook_until_it_works);
    tcase_add_test(tests, able_to_scale_tells_of_orders_that_brought_nothing);
    tcase_add_test(tests, able_to_scale_tells_of_a_pause);
    tcase_add_test(tests, data_complete_tells_what_is_not);
    tcase_add_test(tests, data_are_complete_where_a_signal_counts_no_node);
    tcase_add_test(tests, limited_names_the_bound);
    tcase_add_test(tests, limited_does_not_tell_what_the_load_needs_without_a_vote);
    tcase_add_test(tests, a_forecast_is_trusted_by_its_record);
    tcase_add_test(tests, the_forecast_of_the_application_is_judged_too);
    tcase_add_test(tests, forecasts_of_signals_are_judged_and_cpu_only_where_nodes_report_it);
    tcase_add_test(tests, signals_are_fresh_while_all_have_values);
    tcase_add_test(tests, a_number_that_a_signal_asks_for_is_a_vote);
    tcase_add_test(tests, helping_ends_when_more_nodes_do_not_help);
    tcase_add_test(tests, helping_ends_when_protection_holds_a_scale_in_for_a_day);
    tcase_add_test(tests, since_is_when_it_turned);
    tcase_add_test(tests, it_is_logged_when_it_turns_and_at_most_once_a_minute);
    tcase_add_test(tests, roll_call_is_not_news);
    tcase_add_test(tests, a_group_that_is_not_to_order_is_not_news);
    tcase_add_test(tests, the_longest_reason_is_cut_nowhere);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
