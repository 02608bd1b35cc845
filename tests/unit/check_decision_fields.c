/* The table of a decision's fields; its outputs are held byte for byte by check_decision_log, check_record_json,
 * check_http_answer and check_autoscale. */
#include "collector/autoscale/decision_fields.h"

#include "support/cases.h"
#include "support/suite.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static struct decision decision;
static struct decision_record record;

static void begin(void)
{
    decision = (struct decision){.settings = SCALER_SETTINGS_DEFAULT, .lead_ms = 90500, .current = 3};
    decision.utilisation[RESOURCE_CPU] = 0.25;
    decision.utilisation[RESOURCE_MEMORY] = NAN;
    record = (struct decision_record){.wall_ms = 1, .group = "web", .decision = &decision, .why = "why"};
}

static void end(void)
{
}

static const struct decision_field *column(const char *csv)
{
    for (size_t i = 0; i < DECISION_FIELD_COUNT; i++)
        if (decision_fields[i].csv != NULL && strcmp(decision_fields[i].csv, csv) == 0)
            return &decision_fields[i];
    return NULL;
}

START_TEST(no_name_is_there_twice)
{
    for (size_t i = 0; i < DECISION_FIELD_COUNT; i++) {
        const struct decision_field *field = &decision_fields[i];
        if (field->csv != NULL)
            ck_assert_ptr_eq(column(field->csv), field);
        for (size_t j = 0; field->http != NULL && j < i; j++)
            ck_assert(decision_fields[j].http == NULL || strcmp(decision_fields[j].http, field->http) != 0);
    }
}
END_TEST

/* offline/decisions_file.c looks for these columns. */
START_TEST(replay_finds_its_columns)
{
    static const char *const names[] = {"timestamp", "group", "action", "desired", "why"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        ck_assert_msg(column(names[i]) != NULL, "%s", names[i]);
}
END_TEST

static const char *written(const char *csv, bool http)
{
    static char text[64];
    struct writer writer = {.text = text, .size = sizeof text - 1};
    const struct decision_field *field = column(csv);
    struct decision_value value = decision_fields_value(field, &record, field->resource);

    if (http)
        decision_fields_put_http(&writer, &value);
    else
        decision_fields_put_text(&writer, field, &value);
    text[writer.len] = '\0';
    return text;
}

START_TEST(each_output_has_its_units)
{
    ck_assert_str_eq(written("lead_time_s", false), "90.500");
    ck_assert_str_eq(written("lead_time_s", true), "90500");
    ck_assert_str_eq(written("cpu", false), "25.00");
    ck_assert_str_eq(written("cpu", true), "0.25");
    ck_assert_str_eq(written("current", true), "3");
    ck_assert_str_eq(written("action", true), "\"hold\"");
    struct decision_value value = decision_fields_value(column("lead_time_s"), &record, RESOURCE_CPU);
    ck_assert_double_eq(decision_fields_base_unit(&value), 90.5);
}
END_TEST

START_TEST(what_is_absent_is_empty_or_null)
{
    ck_assert_str_eq(written("memory", false), "");
    ck_assert_str_eq(written("memory", true), "null");
    ck_assert_str_eq(written("resource", false), "");
    ck_assert_str_eq(written("forecaster", true), "null");
    struct decision_value value = decision_fields_value(column("memory"), &record, RESOURCE_MEMORY);
    ck_assert(isnan(decision_fields_base_unit(&value)));
}
END_TEST

static void name_signal(unsigned place, const char *name, enum signal_kind kind)
{
    decision.observed.signal[place] = (struct signal_observation){.kind = kind};
    snprintf(decision.observed.signal[place].name, sizeof decision.observed.signal[place].name, "%s", name);
}

START_TEST(signals_stand_in_one_column)
{
    ck_assert_str_eq(written("signals", false), "");
    name_signal(0, "p99", SIGNAL_LIMIT);
    decision.observed.signal[0].state = SIGNAL_MISSING;
    name_signal(1, "req", SIGNAL_LOAD);
    decision.observed.signal[1].value = 1410.5;
    decision.observed.signal[1].age_ms = 1800;
    ck_assert_str_eq(written("signals", false), "p99=missing;req=1410.5 age=1.800");
    decision.observed.signal[1].has_nodes = true;
    decision.observed.signal[1].nodes = 4;
    decision.observed.signal[1].floor = 2;
    decision.observed.signal[0].state = SIGNAL_GONE;
    ck_assert_str_eq(written("signals", false), "p99=gone;req=1410.5 age=1.800 nodes=4 floor=2");
    ck_assert_str_eq(written("signals", true), "null");
}
END_TEST

START_TEST(what_a_signal_decided_has_its_name)
{
    name_signal(1, "requests", SIGNAL_LOAD);
    decision.rule = RULE_REACTIVE;
    decision.resource = RESOURCE_SIGNAL_1;
    ck_assert_str_eq(written("resource", false), "requests");
    decision.rule = RULE_SIGNAL;
    decision.resource = RESOURCE_CPU;
    decision.signal = RESOURCE_SIGNAL_1;
    ck_assert_str_eq(written("resource", false), "requests");
}
END_TEST

START_TEST(largest_numbers_fit_into_a_row)
{
    char row[DECISION_ROW_MAX];
    char name[SIGNAL_NAME_LEN_MAX + 1];

    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    for (unsigned i = 0; i < SIGNALS_OF_GROUP_MAX; i++) {
        name_signal(i, name, SIGNAL_LOAD);
        struct signal_observation *signal = &decision.observed.signal[i];
        signal->value = 1.23456789e-300;
        signal->age_ms = INT64_MAX;
        signal->has_nodes = true;
        signal->nodes = UINT_MAX;
        signal->floor = UINT_MAX;
    }
    for (unsigned r = 0; r < RESOURCE_NODE_COUNT; r++) {
        decision.utilisation[r] = -1e300;
        decision.observed.resource[r] = (struct resource_observation){.demand = 1e300, .capacity = -1e300};
        decision.forecast[r] = (struct forecast){.valid = true, .expected = 1e300, .low = 1e300, .high = 1e300};
    }
    decision.lead_ms = INT64_MAX;
    size_t len = decision_fields_put_row(row, &record);
    ck_assert_uint_lt(len, DECISION_ROW_MAX);
    ck_assert_mem_eq(row + len - 7, ",\"why\"\n", 7);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("decision_fields");

    CASES_ADD(suite, "decision_fields", begin, end, no_name_is_there_twice, replay_finds_its_columns,
              each_output_has_its_units, what_is_absent_is_empty_or_null, signals_stand_in_one_column,
              what_a_signal_decided_has_its_name, largest_numbers_fit_into_a_row);
    return suite_run(suite);
}
