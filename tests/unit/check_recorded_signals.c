/* Signals of a replay, from the column of decisions.csv. */
#include "offline/recorded_signals.h"

#include "collector/autoscale/decision_fields.h"
#include "support/cases.h"
#include "support/suite.h"

#include <string.h>

#define START_MS INT64_C(5000000)

static struct collector_config config;
static struct signal_settings signals[2];
static struct recorded_signals recorded;
static struct group_observation observed;

static void begin(void)
{
    config = (struct collector_config){
        .settings = SCALER_SETTINGS_DEFAULT, .gone_ms = 600000, .signals = signals, .signal_count = 2};
    signals[0] = (struct signal_settings){.name = "nodes", .group = "web", .kind = SIGNAL_SHARE};
    signals[1] = (struct signal_settings){.name = "req", .group = "web", .per_node = 200};
    ck_assert_int_eq(recorded_signals_init(&recorded, &config, START_MS), 0);
}

static void end(void)
{
    recorded_signals_deinit(&recorded);
}

static void observe(int64_t now_ms)
{
    recorded_signals_observe(&recorded, "web", &config.settings, now_ms, &observed);
}

START_TEST(what_the_collector_writes_is_read_back)
{
    struct decision decision = {.settings = SCALER_SETTINGS_DEFAULT};
    const struct decision_record record = {.group = "web", .decision = &decision, .why = ""};
    const struct decision_field *field = &decision_fields[DECISION_FIELD_SIGNALS];
    char text[512] = "";
    struct writer writer = {.text = text, .size = sizeof text - 1};

    strcpy(decision.observed.signal[0].name, "nodes");
    decision.observed.signal[0].value = 0.75;
    decision.observed.signal[0].age_ms = 2500;
    decision.observed.signal[0].has_nodes = true;
    decision.observed.signal[0].nodes = 7;
    decision.observed.signal[0].floor = 3;
    strcpy(decision.observed.signal[1].name, "req");
    decision.observed.signal[1].state = SIGNAL_GONE;
    struct decision_value value = decision_fields_value(field, &record, RESOURCE_CPU);
    decision_fields_put_text(&writer, field, &value);
    recorded_signals_take(&recorded, text, START_MS + 1000);
    observe(START_MS + 2000);
    ck_assert_int_eq(observed.signal[0].state, SIGNAL_PRESENT);
    ck_assert_double_eq(observed.signal[0].value, 0.75);
    ck_assert_int_eq(observed.signal[0].age_ms, 3500);
    ck_assert(observed.signal[0].has_nodes);
    ck_assert_uint_eq(observed.signal[0].nodes, 7);
    ck_assert_uint_eq(observed.signal[0].floor, 3);
    ck_assert_int_eq(observed.signal[1].state, SIGNAL_MISSING);
}
END_TEST

START_TEST(a_row_stands_until_the_next_one_may_come)
{
    recorded_signals_take(&recorded, "req=1410.5 age=0.800", START_MS);
    observe(START_MS + 300000);
    ck_assert_int_eq(observed.signal[1].state, SIGNAL_PRESENT);
    ck_assert_double_eq(observed.signal[1].value, 1410.5);
    observe(START_MS + 400000);
    ck_assert_int_eq(observed.signal[1].state, SIGNAL_MISSING);
    recorded_signals_take(&recorded, "req=1500 age=0", START_MS + 400000);
    observe(START_MS + 400000);
    ck_assert_double_eq(observed.signal[1].value, 1500);
}
END_TEST

START_TEST(what_can_not_be_read_is_left_out)
{
    static const char *const texts[] = {"",      ";;",          "=5",        "req",        "req=5x",
                                        "req= ", "other=5",     "req=-5",    "req=nan",    "req=1 age=x nodes=-1",
                                        ";",     "req=1;req=2", "req=1;;;x", "a=b=c req=1"};

    for (unsigned i = 0; i < sizeof texts / sizeof *texts; i++)
        recorded_signals_take(&recorded, texts[i], START_MS);
    observe(START_MS);
    ck_assert_double_eq(observed.signal[1].value, 1);
    ck_assert(!observed.signal[1].has_nodes);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("recorded_signals");

    CASES_ADD(suite, "recorded_signals", begin, end, what_the_collector_writes_is_read_back,
              a_row_stands_until_the_next_one_may_come, what_can_not_be_read_is_left_out);
    return suite_run(suite);
}
