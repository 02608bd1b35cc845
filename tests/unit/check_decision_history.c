#include "collector/autoscale/decision_history.h"

#include "support/suite.h"

#include <math.h>
#include <stdio.h>

#define START_MS INT64_C(1764000000000)

static struct decision_history history;
static struct group web = {.name = "web", .index = 0};
static struct group db = {.name = "db", .index = 1};

static void setup(void)
{
    ck_assert_int_eq(decision_history_init(&history, START_MS), 0);
}

static void teardown(void)
{
    decision_history_deinit(&history);
}

static void say(const struct group *group, unsigned desired)
{
    struct decision decision = {.action = ACTION_UP, .desired = desired};
    struct moment when = {.now_ms = desired, .wall_ms = START_MS + desired};
    char why[DECISION_SENTENCE_MAX + 100];

    snprintf(why, sizeof why, "%0*u", desired == 7 ? (int)sizeof why - 1 : 1, desired);
    decision_history_add(&history, group, &decision, &when, why);
}

START_TEST(decisions_are_found_by_the_id_before_them)
{
    ck_assert_ptr_null(decision_history_after(&history, 0));
    ck_assert_ptr_null(decision_history_after(&history, UINT64_MAX));
    for (unsigned i = 1; i <= 2 * DECISION_HISTORY_DECISIONS + 3; i++) {
        say(i % 2 != 0 ? &web : &db, i);
        ck_assert_ptr_null(decision_history_after(&history, history.last_id));
        ck_assert_uint_eq(decision_history_after(&history, history.last_id - 1)->decision.desired, i);
        unsigned oldest = i > DECISION_HISTORY_DECISIONS ? i - DECISION_HISTORY_DECISIONS + 1 : 1;
        ck_assert_uint_eq(decision_history_after(&history, 0)->decision.desired, oldest);
    }
    uint64_t id = 0;
    unsigned count = 0;
    for (const struct decision_history_decision *said; (said = decision_history_after(&history, id)) != NULL;
         id = said->id, count++)
        ck_assert_uint_gt(said->id, id);
    ck_assert_uint_eq(count, DECISION_HISTORY_DECISIONS);
    ck_assert_uint_gt(id, (uint64_t)START_MS); /* after a restart ids continue above those before it */
    ck_assert_uint_eq(history.groups[0].decisions[ACTION_UP], DECISION_HISTORY_DECISIONS + 2);
    ck_assert_uint_eq(history.groups[1].decisions[ACTION_UP], DECISION_HISTORY_DECISIONS + 1);
}
END_TEST

/* A tick each 1,000 ms. */
static void forecast(int64_t now_ms, double demand, double expected)
{
    struct decision decision = {.settings.tick_ms = 1000};
    struct moment when = {.now_ms = now_ms};

    decision.observed.resource[RESOURCE_CPU] = (struct resource_observation){.demand = demand, .nodes = 1};
    decision.forecast[RESOURCE_CPU] = (struct forecast){.valid = true, .horizon_ms = 3000, .expected = expected};
    decision_history_note(&history, &web, &decision, &when);
}

START_TEST(a_forecast_is_compared_with_what_came)
{
    const struct decision_history_group *group = &history.groups[0];

    for (int64_t tick = 1; tick <= 10; tick++) {
        forecast(1000 * tick, 10, 10 + (double)tick);
        ck_assert(isnan(group->forecast_error) == (tick <= 3));
    }
    ck_assert_double_eq(group->forecast_error, 10 - (10 + 7.0)); /* of 3 ticks ago */
    forecast(20000, 10, 1);
    ck_assert(isnan(group->forecast_error)); /* nothing was forecast for it */
}
END_TEST

START_TEST(a_long_sentence_is_cut)
{
    say(&web, 7);
    ck_assert_uint_eq(strlen(decision_history_after(&history, 0)->why), DECISION_SENTENCE_MAX - 1);
}
END_TEST

START_TEST(the_course_of_a_group_is_its_last_ticks)
{
    for (unsigned i = 1; i <= DECISION_HISTORY_POINTS + 10; i++) {
        struct decision decision = {.desired = i};
        struct moment when = {.now_ms = i};
        decision.observed.resource[RESOURCE_CPU].nodes = i % 2;
        decision.observed.resource[RESOURCE_CPU].demand = i;
        decision_history_note(&history, &web, &decision, &when);
    }
    const struct decision_history_group *group = &history.groups[0];
    ck_assert(group->decided);
    ck_assert_uint_eq(history.changes, DECISION_HISTORY_POINTS + 10);
    ck_assert_uint_eq(group->last.desired, DECISION_HISTORY_POINTS + 10);
    ck_assert_uint_eq(group->count, DECISION_HISTORY_POINTS);
    for (unsigned i = 0; i < group->count; i++) {
        const struct decision_history_tick *tick = decision_history_tick(group, i);
        struct decision_history_load cpu = decision_history_load(group, RESOURCE_CPU, i);
        ck_assert_int_eq(tick->now_ms, i + 11);
        ck_assert_uint_eq(tick->desired, i + 11);
        ck_assert(isnan(cpu.demand) == ((i + 11) % 2 == 0));
        ck_assert(isnan(cpu.forecast));
    }
    ck_assert(!history.groups[1].decided);
    ck_assert_uint_eq(history.groups[1].count, 0);
}
END_TEST

/* A tick with these signals, NULL: no signal at that place; the value of each is its place + 1. */
static void observe(int64_t now_ms, const char *const names[2])
{
    struct decision decision = {0};
    struct moment when = {.now_ms = now_ms};

    for (unsigned i = 0; i < 2; i++) {
        struct signal_observation *signal = &decision.observed.signal[i];
        snprintf(signal->name, sizeof signal->name, "%s", names[i] != NULL ? names[i] : "");
        decision.observed.resource[RESOURCE_SIGNAL_0 + i] =
            (struct resource_observation){.demand = i + 1, .capacity = 10};
    }
    decision_history_note(&history, &web, &decision, &when);
}

START_TEST(the_series_of_a_signal_follows_its_name)
{
    const struct decision_history_group *group = &history.groups[0];
    static const char *const jobs[] = {"jobs", NULL}, *const both[] = {"gpu", "jobs"}, *const gpu[] = {"gpu", NULL};

    observe(1000, jobs);
    ck_assert(isnan(decision_history_load(group, RESOURCE_CPU, 0).demand));
    observe(2000, both); /* jobs has another place now */
    ck_assert_double_eq((double)decision_history_load(group, RESOURCE_SIGNAL_1, 0).demand, 1);
    ck_assert_double_eq((double)decision_history_load(group, RESOURCE_SIGNAL_1, 1).demand, 2);
    ck_assert_double_eq((double)decision_history_load(group, RESOURCE_SIGNAL_1, 1).capacity, 10);
    ck_assert(isnan(decision_history_load(group, RESOURCE_SIGNAL_0, 0).demand));
    ck_assert_double_eq((double)decision_history_load(group, RESOURCE_SIGNAL_0, 1).demand, 1);
    observe(3000, gpu);
    ck_assert(isnan(decision_history_load(group, RESOURCE_SIGNAL_1, 2).demand));
    observe(4000, both); /* the series of jobs begins anew */
    ck_assert(isnan(decision_history_load(group, RESOURCE_SIGNAL_1, 1).demand));
    ck_assert_double_eq((double)decision_history_load(group, RESOURCE_SIGNAL_0, 3).demand, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("decision_history");
    TCase *tcase = tcase_create("history");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, decisions_are_found_by_the_id_before_them);
    tcase_add_test(tcase, a_long_sentence_is_cut);
    tcase_add_test(tcase, a_forecast_is_compared_with_what_came);
    tcase_add_test(tcase, the_course_of_a_group_is_its_last_ticks);
    tcase_add_test(tcase, the_series_of_a_signal_follows_its_name);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
