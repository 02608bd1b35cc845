#include "collector/autoscale/record_json.h"

#include "common/limits.h"
#include "scaler/decision.h"
#include "support/cases.h"
#include "support/suite.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct decision decision;
static struct decision_record record;

static void begin(void)
{
    decision = (struct decision){
        .settings = SCALER_SETTINGS_DEFAULT,
        .observed = {.live = 6,
                     .warming = 2,
                     .missing = 1,
                     .protected_nodes = 3,
                     .counted = true,
                     .count = 8,
                     .age_ms = 2500,
                     .resource = {{.demand = 11.36, .capacity = 16, .nodes = 4, .pressure = 0.25, .unread = 1}}},
        .pending = 3,
        .removing = 2,
        .expired = 1,
        .lead_ms = 90000,
        .lead_seen = 5,
        .utilisation = {0.29, NAN, 0.05},
        .forecast = {{.valid = true,
                      .horizon_ms = 105000,
                      .expected = 11.5,
                      .low = 10.9,
                      .high = 12.08,
                      .bound = 12,
                      .forecaster = FORECASTER_LINE_60,
                      .above = 0.05,
                      .price = 1.25,
                      .promised = 1.5,
                      .paid = 1.75,
                      .coverage = 0.9,
                      .scored = 9,
                      .slope = -0.01}},
        .vote_reactive = {[RESOURCE_MEMORY] = 5},
        .vote_forecast = {[RESOURCE_CPU] = 4},
        .rule = RULE_FORECAST,
        .guard = GUARD_PROJECTION,
        .guard_resource = RESOURCE_MEMORY,
        .action = ACTION_DOWN,
        .current = 7,
        .existing = 7,
        .carrying = 6,
        .to = 5,
        .victims = 2,
        .order_epoch = 1764000000123,
        .order_number = 12,
        .raw = 4,
        .desired = 5,
        .window_ms = 120000,
        .futile = true,
    };
    record = (struct decision_record){
        .wall_ms = 1700000000123, .group = "web", .decision = &decision, .why = "web: \"because\""};
}

static void end(void)
{
}

/* The text read back; the caller's reference. */
static json_t *parsed(void)
{
    json_error_t error;
    char *text = NULL;
    size_t len = 0;

    ck_assert_int_eq(record_json_text(&record, &text, &len), 0);
    ck_assert_uint_eq(len, strlen(text));
    ck_assert_ptr_null(strchr(text, '\n'));
    json_t *object = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
    ck_assert_msg(object != NULL, "%s: %s", error.text, text);
    free(text);
    return object;
}

/* The value under "name" or "outer.name". */
static const json_t *get(const json_t *object, const char *path)
{
    char outer[64];
    const char *dot = strchr(path, '.');

    if (dot != NULL) {
        snprintf(outer, sizeof outer, "%.*s", (int)(dot - path), path);
        return get(json_object_get(object, outer), dot + 1);
    }
    const json_t *value = json_object_get(object, path);
    ck_assert_msg(value != NULL, "no %s", path);
    return value;
}

static const struct {
    const char *path;
    double value;
} numbers[] = {
    {"timestamp_s", 1700000000.123},
    {"current", 7},
    {"raw", 4},
    {"desired", 5},
    {"live", 6},
    {"missing", 1},
    {"unreported", 0},
    {"warming", 2},
    {"pending", 3},
    {"leaving", 0},
    {"removing", 2},
    {"existing", 7},
    {"carrying", 6},
    {"to", 5},
    {"victim_count", 2},
    {"order_epoch", 1764000000123},
    {"order_number", 12},
    {"overdue", 0},
    {"protected", 3},
    {"count", 8},
    {"cpu.unread", 1},
    {"expired", 1},
    {"age_s", 2.5},
    {"price", 12},
    {"nodes_min", 1},
    {"tick_s", 15},
    {"lead_time_s", 90},
    {"lead_times_seen", 5},
    {"stabilization_s", 120},
    {"cpu.utilisation_percent", 29},
    {"cpu.demand", 11.36},
    {"cpu.capacity", 16},
    {"cpu.nodes", 4},
    {"cpu.pressure_percent", 25},
    {"cpu.high_percent", 80},
    {"cpu.target_percent", 70},
    {"cpu.low_percent", 0},
    {"cpu.reactive_vote", 0},
    {"memory.reactive_vote", 5},
    {"cpu.forecast_vote", 4},
    {"cpu.forecast_percent", 50},
    {"memory.forecast_vote", 0},
    {"cpu.forecast.horizon_s", 105},
    {"cpu.forecast.expected", 11.5},
    {"cpu.forecast.low", 10.9},
    {"cpu.forecast.high", 12.08},
    {"cpu.forecast.bound", 12},
    {"cpu.forecast.above_percent", 5},
    {"cpu.forecast.price", 1.25},
    {"cpu.forecast.price_promised", 1.5},
    {"cpu.forecast.price_paid", 1.75},
    {"cpu.forecast.coverage_percent", 90},
    {"cpu.forecast.scored", 9},
    {"cpu.forecast.slope_per_s", -0.01},
    {"disk.utilisation_percent", 5},
};

static const struct {
    const char *path;
    const char *value;
} words[] = {
    {"group", "web"},
    {"action", "down"},
    {"rule", "forecast"},
    {"resource", "cpu"},
    {"guard", "projection"},
    {"guard_resource", "memory"},
    {"why", "web: \"because\""},
    {"mode", "full"},
    {"cpu.forecast.forecaster", "line-60s"},
};

START_TEST(every_input_is_there)
{
    json_t *object = parsed();

    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        ck_assert_msg(json_number_value(get(object, numbers[i].path)) == numbers[i].value, "%s", numbers[i].path);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        ck_assert_str_eq(json_string_value(get(object, words[i].path)), words[i].value);
    ck_assert(json_is_true(get(object, "futile")));
    ck_assert(json_is_false(get(object, "cpu.saturated")));
    ck_assert_uint_eq(json_array_size(get(object, "victims")), 0);
    json_decref(object);
}
END_TEST

START_TEST(what_is_not_there_is_null)
{
    decision.rule = RULE_NONE;
    decision.guard = GUARD_NO_DATA;
    decision.forecast[RESOURCE_CPU].high = INFINITY;
    json_t *object = parsed();

    static const char *const paths[] = {"nodes_max",
                                        "pin",
                                        "resource",
                                        "guard_resource",
                                        "memory.forecast_percent",
                                        "memory.utilisation_percent",
                                        "memory.forecast",
                                        "cpu.forecast.high"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        ck_assert_msg(json_is_null(get(object, paths[i])), "%s", paths[i]);
    json_decref(object);
}
END_TEST

START_TEST(numbers_are_written_as_a_person_would)
{
    char *text = NULL;
    size_t len = 0;

    ck_assert_int_eq(record_json_text(&record, &text, &len), 0);
    ck_assert_ptr_eq(strstr(text, "{\"timestamp_s\":1700000000.123,\"group\":\"web\",\"action\":\"down\","), text);
    ck_assert_ptr_nonnull(strstr(text, "\"utilisation_percent\":29.0,\"demand\":11.36,"));
    free(text);
}
END_TEST

/* Byte for byte: whoever cuts it with sed is as well off as whoever parses it. */
START_TEST(the_whole_record_is_this_text)
{
    static const char *const victims[] = {"web-7"};
    char *text = NULL;
    size_t len = 0;

    record.victims = victims;
    record.victim_count = 1;
    ck_assert_int_eq(record_json_text(&record, &text, &len), 0);
    ck_assert_str_eq(
        text,
        "{\"timestamp_s\":1700000000.123,\"group\":\"web\",\"action\":\"down\",\"current\":7,"
        "\"raw\":4,\"desired\":5,\"existing\":7,\"carrying\":6,\"to\":5,\"victim_count\":2,"
        "\"order_epoch\":1764000000123,\"order_number\":12,\"rule\":\"forecast\","
        "\"guard\":\"projection\",\"live\":6,\"missing\":1,\"returning\":0,\"leaving\":0,"
        "\"unreported\":0,\"warming\":2,\"pending\":3,\"overdue\":0,\"removing\":2,\"expired\":1,"
        "\"protected\":3,\"lost_at_once\":0,\"roll_call\":false,\"count\":8,\"count_unconfirmed\":false,\"pin\":null,"
        "\"paused\":false,\"paused_in\":false,\"futile\":true,\"age_s\":2.5,\"mode\":\"full\","
        "\"price\":12.0,\"nodes_min\":1,\"nodes_max\":null,\"tick_s\":15.0,\"lead_time_s\":90.0,"
        "\"slow_lead_time_s\":0.0,\"lead_times_seen\":5,\"stabilization_s\":120.0,"
        "\"resource\":\"cpu\",\"guard_resource\":\"memory\",\"cpu\":{\"utilisation_percent\":29.0,"
        "\"demand\":11.36,\"capacity\":16.0,\"nodes\":4,\"unread\":1,\"pressure_percent\":25.0,"
        "\"high_percent\":80.0,\"target_percent\":70.0,\"low_percent\":0.0,\"saturated\":false,"
        "\"unhelped\":false,\"reactive_vote\":0,\"forecast_vote\":4,\"forecast_percent\":50.0,"
        "\"forecast\":{\"forecaster\":\"line-60s\",\"horizon_s\":105.0,\"expected\":11.5,"
        "\"low\":10.9,\"high\":12.08,\"bound\":12.0,\"above_percent\":5.0,\"price\":1.25,"
        "\"price_promised\":1.5,\"price_paid\":1.75,\"coverage_percent\":90.0,\"scored\":9,"
        "\"slope_per_s\":-0.01}},\"memory\":{\"utilisation_percent\":null,\"demand\":0.0,"
        "\"capacity\":0.0,\"nodes\":0,\"unread\":0,\"pressure_percent\":0.0,\"high_percent\":80.0,"
        "\"target_percent\":70.0,\"low_percent\":0.0,\"saturated\":false,\"unhelped\":false,"
        "\"reactive_vote\":5,\"forecast_vote\":0,\"forecast_percent\":null,\"forecast\":null},"
        "\"disk\":{\"utilisation_percent\":5.0,\"demand\":0.0,\"capacity\":0.0,\"nodes\":0,"
        "\"unread\":0,\"pressure_percent\":0.0,\"high_percent\":80.0,\"target_percent\":70.0,"
        "\"low_percent\":0.0,\"saturated\":false,\"unhelped\":false,\"reactive_vote\":0,"
        "\"forecast_vote\":0,\"forecast_percent\":null,\"forecast\":null},\"victims\":[\"web-7\"],"
        "\"why\":\"web: \\\"because\\\"\"}");
    free(text);
}
END_TEST

/* As a hook in sh finds them. */
START_TEST(victims_are_a_list_of_names)
{
    static const char *const victims[] = {"web-7", "web-6"};
    char *text = NULL;
    size_t len = 0;

    record.victims = victims;
    record.victim_count = 2;
    ck_assert_int_eq(record_json_text(&record, &text, &len), 0);
    ck_assert_ptr_nonnull(strstr(text, ",\"victims\":[\"web-7\",\"web-6\"],"));
    free(text);
}
END_TEST

START_TEST(largest_record_is_within_its_bound)
{
    static const char *victims[VICTIMS_MAX + 10];
    char name[NAME_LEN_MAX + 1];
    char why[600];

    memset(name, 'n', NAME_LEN_MAX);
    name[NAME_LEN_MAX] = '\0';
    memset(why, '"', sizeof why - 1);
    why[sizeof why - 1] = '\0';
    for (unsigned i = 0; i < VICTIMS_MAX + 10; i++)
        victims[i] = name;
    record.group = name;
    record.why = why;
    record.victims = victims;
    record.victim_count = VICTIMS_MAX + 10;
    decision.observed.resource[RESOURCE_CPU].demand = 1.2345678901234567e-300;
    json_t *object = parsed();
    ck_assert_uint_eq(json_array_size(get(object, "victims")), VICTIMS_MAX);
    json_decref(object);
}
END_TEST

START_TEST(what_is_too_large_is_refused)
{
    char *why = malloc(RECORD_LEN_MAX + 1);
    char *text = NULL;
    size_t len = 7;

    memset(why, 'x', RECORD_LEN_MAX);
    why[RECORD_LEN_MAX] = '\0';
    record.why = why;
    ck_assert_int_eq(record_json_text(&record, &text, &len), -E2BIG);
    ck_assert_ptr_null(text);
    ck_assert_uint_eq(len, 7);
    free(why);
}
END_TEST

static unsigned left; /* allocations until one fails */

static void *failing_malloc(size_t size)
{
    if (left == 0)
        return NULL;
    left--;
    return malloc(size);
}

START_TEST(each_allocation_may_fail)
{
    static const char *const victims[] = {"web-7", "web-6"};
    char *text = NULL;
    size_t len = 0;
    unsigned tried = 0;
    int rc = -ENOMEM;

    record.victims = victims;
    record.victim_count = 2;
    json_set_alloc_funcs(failing_malloc, free);
    for (; rc == -ENOMEM; tried++) {
        ck_assert_ptr_null(text);
        left = tried;
        rc = record_json_text(&record, &text, &len);
    }
    json_set_alloc_funcs(malloc, free);
    ck_assert_int_eq(rc, 0);
    ck_assert_uint_gt(tried, 100);
    free(text);
}
END_TEST

START_TEST(each_signal_is_an_object_of_its_own)
{
    decision.observed.signal[0] =
        (struct signal_observation){.name = "p99", .kind = SIGNAL_LIMIT, .state = SIGNAL_MISSING, .limit = 0.25};
    decision.observed.signal[1] = (struct signal_observation){
        .name = "requests", .value = 1410, .age_ms = 1800, .per_node = 200, .has_nodes = true, .nodes = 7, .floor = 3};
    decision.vote_reactive[RESOURCE_SIGNAL_1] = 9;
    decision.utilisation[RESOURCE_SIGNAL_1] = 0.95;
    json_t *object = parsed();
    json_t *signals = json_object_get(object, "signals");
    ck_assert_uint_eq(json_object_size(signals), 2);
    json_t *p99 = json_object_get(signals, "p99");
    ck_assert_str_eq(json_string_value(json_object_get(p99, "kind")), "limit");
    ck_assert_str_eq(json_string_value(json_object_get(p99, "state")), "missing");
    ck_assert(json_is_null(json_object_get(p99, "value")));
    ck_assert(json_is_null(json_object_get(p99, "age_s")));
    ck_assert_double_eq(json_number_value(json_object_get(p99, "limit")), 0.25);
    ck_assert_ptr_null(json_object_get(p99, "per_node"));
    json_t *requests = json_object_get(signals, "requests");
    ck_assert_str_eq(json_string_value(json_object_get(requests, "state")), "present");
    ck_assert_double_eq(json_number_value(json_object_get(requests, "value")), 1410);
    ck_assert_double_eq(json_number_value(json_object_get(requests, "age_s")), 1.8);
    ck_assert_double_eq(json_number_value(json_object_get(requests, "per_node")), 200);
    ck_assert_int_eq(json_integer_value(json_object_get(requests, "reported_nodes")), 7);
    ck_assert_int_eq(json_integer_value(json_object_get(requests, "floor")), 3);
    ck_assert_int_eq(json_integer_value(json_object_get(requests, "reactive_vote")), 9);
    ck_assert_double_eq_tol(json_number_value(json_object_get(requests, "utilisation_percent")), 95, 1e-9);
    json_decref(object);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("record_json");

    CASES_ADD(suite, "record_json", begin, end, each_signal_is_an_object_of_its_own, every_input_is_there,
              what_is_not_there_is_null, numbers_are_written_as_a_person_would, the_whole_record_is_this_text,
              victims_are_a_list_of_names, largest_record_is_within_its_bound, what_is_too_large_is_refused,
              each_allocation_may_fail);
    return suite_run(suite);
}
