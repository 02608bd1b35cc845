/* Answers as their readers see them: whole texts of JSON, in whatever pieces they are read. */
#include "collector/http/answer.h"

#include "collector/config/config_in_force.h"
#include "collector/fleet/fs_outlook.h"
#include "collector/http/http_route.h"
#include "support/hub.h"
#include "support/suite.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#define NOW_MS  INT64_C(10000000)
#define WALL_MS INT64_C(1764000000000)
#define TEXT    ((size_t)8 << 20)

static struct hub hub;
static struct decision_history history;
static struct fleet_counts counts;
static struct collector_config config;
static const unsigned agents = 3;
static const struct histogram empty;
static const bool cut_short = true;
static const struct alert_health alert_health = {.runs = {5, 6, 7}, .sent = 8, .failures = 9};
static const uint64_t files_deleted = 17;
static const struct feed_counts signal_lines = {.used = 71, .ignored = 72, .unusable = 73};
static struct config_in_force in_force;
static struct forwarders forwarders;
static struct problems problems;
static struct answer_world world;
static struct signal_table signal_table;
static struct overrides overrides;
static struct conditions conditions;
static struct answer answer;
static struct http_refusal refusal;
static char *text;
static json_t *json;

static void setup(void)
{
    struct scaler_settings settings = SCALER_SETTINGS_DEFAULT;

    hub_init(&hub, 64, 5000, 1000);
    ck_assert_int_eq(decision_history_init(&history, WALL_MS), 0);
    ck_assert_int_eq(fleet_counts_init(&counts), 0);
    config = (struct collector_config){.settings = settings, .gone_ms = 60000};
    ck_assert_int_eq(conditions_init(&conditions), 0);
    ck_assert_int_eq(signal_table_init(&signal_table, &config, NOW_MS), 0);
    world = (struct answer_world){.overrides = &overrides,
                                  .signals = &signal_table,
                                  .forwarders = &forwarders,
                                  .problems = &problems,
                                  .conditions = &conditions,
                                  .registry = &hub.registry,
                                  .hub = &hub.intake,
                                  .history = &history,
                                  .config = &config,
                                  .agents = &agents,
                                  .agent_port = 7420,
                                  .turns_us = &empty,
                                  .cpus_us = &empty,
                                  .stored_ms = &empty,
                                  .syncs_us = &empty,
                                  .handshakes_us = &empty,
                                  .signal_lines = &signal_lines,
                                  .files_deleted = &files_deleted,
                                  .decisions_held = &cut_short,
                                  .cut_short = &cut_short,
                                  .alerts = &alert_health,
                                  .config_in_force = &in_force,
                                  .counts = &counts};
    text = malloc(TEXT);
}

static void teardown(void)
{
    json_decref(json);
    json = NULL;
    free(text);
    signal_table_deinit(&signal_table);
    problems_deinit(&problems);
    fleet_counts_deinit(&counts);
    conditions_deinit(&conditions);
    overrides_deinit(&overrides);
    decision_history_deinit(&history);
    hub_deinit(&hub);
}

static struct node *add_node(const char *id, const char *group, double cpu, int64_t age_ms)
{
    struct sample sample = {.seq = 1, .uptime_ms = 1000};
    struct node *node = registry_ensure_node(&hub.registry, id, 1000, NOW_MS);

    registry_assign(&hub.registry, node, registry_ensure_group(&hub.registry, group));
    node->reported = true;
    node->known_ms -= 3600000;
    node->cpu_milli = 4000;
    node->seen_ms = NOW_MS - age_ms;
    sample_set_gauge(&sample, METRIC_CPU, cpu);
    sample_set_counter(&sample, METRIC_DISK_READ, 1000);
    ck_assert(ring_push(&node->ring, NOW_MS - age_ms, &sample));
    return node;
}

static void decide(const char *name, unsigned desired)
{
    struct decision decision = {.action = ACTION_UP,
                                .rule = RULE_FORECAST,
                                .current = 2,
                                .existing = 2,
                                .carrying = 2,
                                .to = desired,
                                .desired = desired,
                                .settings = config.settings};
    struct moment when = {.now_ms = NOW_MS - 5000, .wall_ms = WALL_MS - 5000};
    struct group *group = registry_ensure_group(&hub.registry, name);

    decision.existing = 5;
    decision.carrying = 3;
    decision.observed.live = 2;
    decision.observed.resource[RESOURCE_CPU] = (struct resource_observation){.demand = 6, .capacity = 8, .nodes = 2};
    decision.utilisation[RESOURCE_CPU] = 0.75;
    decision.utilisation[RESOURCE_MEMORY] = decision.utilisation[RESOURCE_DISK] = NAN;
    decision.forecast[RESOURCE_CPU] = (struct forecast){
        .valid = true, .horizon_ms = 135000, .expected = 7, .low = 6.5, .high = 7.5, .bound = 7.25, .coverage = NAN};
    if (strcmp(name, "app") == 0)
        decision.forecast[RESOURCE_APP] = (struct forecast){.valid = true, .horizon_ms = 135000, .expected = 900};
    decision_history_note(&history, group, &decision, &when);
    decision_history_add(&history, group, &decision, &when, "because \"of\" it");
}

/* The whole text, read in pieces of a size. */
static unsigned ask_in(const char *uri, size_t size)
{
    struct http_query query;
    struct moment when = {.now_ms = NOW_MS, .wall_ms = WALL_MS};
    size_t len = 0;
    long got = 0;

    ck_assert_msg(http_route("GET", uri, true, &query, &refusal) == 0, "%s", refusal.text);
    answer_begin(&answer, &world, &query, &when);
    while ((got = answer_read(&answer, text + len, size, &when)) >= 0) {
        len += (size_t)got;
        ck_assert_uint_lt(len, TEXT - size);
    }
    text[len] = '\0';
    return answer.status;
}

static unsigned ask(const char *uri)
{
    json_error_t error;
    unsigned status = ask_in(uri, 10000);
    char *whole = strdup(text);

    if (strlen(whole) < 100000) {
        ask_in(uri, 1);
        ck_assert_str_eq(text, whole);
    }
    free(whole);
    json_decref(json);
    json = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    ck_assert_msg(json != NULL, "%s: %s: %.200s", uri, error.text, text);
    return status;
}

static const json_t *at(const char *key)
{
    return json_object_get(json, key);
}

static double number_at(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);

    ck_assert_msg(json_is_number(value), "%s in %.500s", key, text);
    return json_number_value(value);
}

START_TEST(a_group_says_what_stands_and_what_is_wanted)
{
    add_node("n1", "web", 50, 0);
    add_node("n2", "web", 100, 0);
    add_node("n3", "web", 100, 20000);
    decide("web", 6);
    ck_assert_uint_eq(ask("/api/v1/groups/web"), 200);
    ck_assert_double_eq(number_at(json, "desired"), 6);
    ck_assert_double_eq(number_at(at("nodes"), "live"), 2);
    ck_assert_double_eq(number_at(at("nodes"), "missing"), 1);
    ck_assert_double_eq(number_at(at("utilisation"), "cpu"), 0.75);
    ck_assert_double_eq(number_at(at("demand"), "cpu"), 6);
    ck_assert_double_eq(number_at(at("capacity"), "cpu"), 8);
    ck_assert(json_is_null(json_object_get(at("utilisation"), "memory")));
    ck_assert_double_eq(number_at(json_object_get(at("thresholds"), "cpu"), "high"), 0.8);
    ck_assert_double_eq(number_at(at("forecast"), "expected"), 7);
    ck_assert_double_eq(number_at(json, "decided_ms"), (double)(WALL_MS - 5000));
    ck_assert_ptr_nonnull(strstr(json_string_value(at("why")), "scale up 5 -> 6"));
    ck_assert_double_eq(number_at(at("record"), "desired"), 6);

    ck_assert_uint_eq(ask("/api/v1/groups"), 200);
    ck_assert_uint_eq(json_array_size(at("groups")), 1);
    ck_assert_double_eq(number_at(json_array_get(at("groups"), 0), "desired"), 6);
}
END_TEST

/* As decisions.csv would have it, and without counting as a reader. */
START_TEST(the_last_decision_of_a_group_is_shown_like_a_recorded_one)
{
    add_node("n1", "web", 50, 0);
    ck_assert_uint_eq(ask("/api/v1/groups/weeb/decision"), 404);
    ck_assert_uint_eq(ask("/api/v1/groups/web/decision"), 200);
    ck_assert(json_is_null(at("decision")));
    decide("web", 6);
    ck_assert_uint_eq(ask("/api/v1/groups/web/decision"), 200);
    const json_t *decision = at("decision");
    const json_t *row = json_object_get(decision, "row");
    ck_assert_double_eq(number_at(decision, "time_ms"), (double)(WALL_MS - 5000));
    ck_assert_double_eq(number_at(decision, "desired"), 6);
    ck_assert_str_eq(json_string_value(json_object_get(decision, "rule")), "forecast");
    ck_assert_ptr_nonnull(strstr(json_string_value(json_object_get(decision, "why")), "scale up 5 -> 6"));
    ck_assert(json_is_null(json_object_get(decision, "order")));
    ck_assert_double_eq(number_at(row, "cpu"), 75);
    ck_assert_double_eq(number_at(row, "cpu_forecast_bound"), 7.25);
    ck_assert_double_eq(number_at(row, "horizon_s"), 135);
    ck_assert_double_eq(number_at(row, "roll_call"), 0);
    ck_assert_str_eq(json_string_value(json_object_get(row, "mode")), "full");
    ck_assert_ptr_null(json_object_get(row, "memory")); /* not reported */
    ck_assert_ptr_null(json_object_get(row, "why"));
    ck_assert_int_eq(conditions.groups[0].read_ms, 0);
}
END_TEST

/* Byte for byte, but for what the record's own test holds. */
START_TEST(a_decision_is_shown_in_these_texts)
{
    add_node("n1", "web", 50, 0);
    decide("web", 6);
    ask("/api/v1/groups");
    ck_assert_str_eq(
        strstr(text, ",\"decided_ms\":"),
        ",\"decided_ms\":1763999995000,\"action\":\"up\",\"rule\":\"forecast\",\"resource\":\"cpu\","
        "\"guard\":\"none\",\"guard_resource\":null,\"roll_call\":false,\"current\":2,"
        "\"raw\":0,\"existing\":5,\"carrying\":3,\"count\":null,\"pending\":0,\"leaving\":0,\"warming\":0,\"mode\":"
        "\"full\",\"lead_time_ms\":0,"
        "\"lead_times_seen\":0,\"why\":\"web: scale up 5 -> 6 (cpu 75% now, 91% within 135 s,"
        " high 80%)\",\"forecast\":{\"resource\":\"cpu\",\"within_ms\":135000,\"forecaster\":\"last\","
        "\"scored\":0,\"expected\":7,\"low\":6.5,\"high\":7.5,\"confidence\":0.9,\"bound\":7.25,"
        "\"utilisation\":0.9063,\"coverage\":null,\"promised_price\":0,\"paid_price\":0},\"app_forecast\":null}\n"
        "]}\n");
    ask("/api/v1/decisions");
    char *record = strstr(text, ",\"record\":{");
    ck_assert_ptr_nonnull(record);
    *record = '\0';
    ck_assert_str_eq(
        strstr(text, "[\n{") + 2,
        "{\"id\":1764000000001,\"time_ms\":1763999995000,\"group\":\"web\",\"action\":\"up\",\"current\":2,"
        "\"raw\":0,\"desired\":6,\"rule\":\"forecast\",\"guard\":\"none\",\"why\":\"because \\\"of\\\" it\"");
    ask_in("/metrics", 10000);
    char *decided = strstr(text, "# HELP headroom_group_forecast_demand_cores");
    ck_assert_ptr_nonnull(decided);
    *strstr(text, "# HELP headroom_group_condition") = '\0'; /* those have a test of their own */
    ck_assert_str_eq(decided, "# HELP headroom_group_forecast_demand_cores Cpu demand expected at the horizon, the "
                              "interval that should contain 90 % of outcomes, and the demand that the group "
                              "is sized for.\n"
                              "# TYPE headroom_group_forecast_demand_cores gauge\n"
                              "headroom_group_forecast_demand_cores{group=\"web\",value=\"expected\"} 7\n"
                              "headroom_group_forecast_demand_cores{group=\"web\",value=\"low\"} 6.5\n"
                              "headroom_group_forecast_demand_cores{group=\"web\",value=\"high\"} 7.5\n"
                              "headroom_group_forecast_demand_cores{group=\"web\",value=\"sized_for\"} 7.25\n"
                              "# HELP headroom_group_forecast_coverage_ratio Share of outcomes within their "
                              "forecast interval.\n"
                              "# TYPE headroom_group_forecast_coverage_ratio gauge\n"
                              "# HELP headroom_group_forecast_error_cores Cpu demand at the last tick, minus the "
                              "forecast made one horizon earlier.\n"
                              "# TYPE headroom_group_forecast_error_cores gauge\n"
                              "# HELP headroom_group_forecast_price Cost of decisions by forecast, promised and "
                              "paid, in mean fleets.\n"
                              "# TYPE headroom_group_forecast_price gauge\n"
                              "headroom_group_forecast_price{group=\"web\",price=\"promised\"} 0\n"
                              "headroom_group_forecast_price{group=\"web\",price=\"paid\"} 0\n"
                              "# HELP headroom_group_existing_nodes Nodes that may exist: those that report, are "
                              "missing or are on order, or the actuator's count.\n"
                              "# TYPE headroom_group_existing_nodes gauge\n"
                              "headroom_group_existing_nodes{group=\"web\"} 5\n"
                              "# HELP headroom_group_needed_nodes Nodes that the load needs, before min, max and "
                              "pins; 0: not known.\n"
                              "# TYPE headroom_group_needed_nodes gauge\n"
                              "headroom_group_needed_nodes{group=\"web\"} 0\n"
                              "# HELP headroom_group_pending_nodes Nodes that were ordered and have not arrived "
                              "yet.\n"
                              "# TYPE headroom_group_pending_nodes gauge\n"
                              "headroom_group_pending_nodes{group=\"web\"} 0\n"
                              "# HELP headroom_group_lead_time_seconds Time from the order of a node to its first "
                              "sample, as the scaler uses it.\n"
                              "# TYPE headroom_group_lead_time_seconds gauge\n"
                              "headroom_group_lead_time_seconds{group=\"web\"} 0\n"
                              "# HELP headroom_group_desired_nodes Desired number of nodes.\n"
                              "# TYPE headroom_group_desired_nodes gauge\n"
                              "headroom_group_desired_nodes{group=\"web\"} 6\n"
                              "# HELP headroom_group_min_nodes Minimum number of nodes.\n"
                              "# TYPE headroom_group_min_nodes gauge\n"
                              "headroom_group_min_nodes{group=\"web\"} 1\n"
                              "# HELP headroom_group_max_nodes Maximum number of nodes.\n"
                              "# TYPE headroom_group_max_nodes gauge\n"
                              "# HELP headroom_group_decisions_total Decisions that were logged, by action.\n"
                              "# TYPE headroom_group_decisions_total counter\n"
                              "headroom_group_decisions_total{group=\"web\",action=\"hold\"} 0\n"
                              "headroom_group_decisions_total{group=\"web\",action=\"up\"} 1\n"
                              "headroom_group_decisions_total{group=\"web\",action=\"down\"} 0\n");
}
END_TEST

static void pin_and_pause(const char *reason)
{
    struct override override = {.kind = OVERRIDE_PIN, .group = "web", .nodes = 12, .until_ms = WALL_MS + 1000};

    (void)snprintf(override.reason, sizeof override.reason, "%s", reason);
    ck_assert_int_eq(overrides_set(&overrides, &override), 0);
    override.kind = OVERRIDE_PAUSE_IN;
    ck_assert_int_eq(overrides_set(&overrides, &override), 0);
}

START_TEST(conditions_and_what_was_ordered_by_hand_are_shown)
{
    struct schedule schedule = schedule_initial;
    struct condition *condition = NULL;

    add_node("n1", "web", 50, 0);
    add_node("n2", "db", 50, 0);
    strcpy(schedule.name, "always");
    strcpy(schedule.group, "web");
    schedule.nodes_min = 4;
    schedule.nodes_max = 9;
    config.schedules = &schedule;
    config.schedule_count = 1;
    pin_and_pause("a sale");
    for (unsigned i = 0; i < CONDITION_COUNT; i++) {
        condition = &conditions.groups[registry_find_group(&hub.registry, "web")->index].of[i];
        conditions_set(condition, true, i == CONDITION_LIMITED, "because", WALL_MS - 7);
    }
    decide("web", 6);

    ck_assert_uint_eq(ask("/api/v1/groups/web"), 200);
    const json_t *shown = json_object_get(at("conditions"), "limited");
    ck_assert(json_is_true(json_object_get(shown, "status")));
    ck_assert_double_eq(number_at(shown, "since_ms"), (double)(WALL_MS - 7));
    ck_assert_str_eq(json_string_value(json_object_get(shown, "why")), "because");
    ck_assert_uint_eq(json_object_size(at("conditions")), CONDITION_COUNT);
    ck_assert_int_eq(conditions.groups[0].read_ms, WALL_MS); /* a reader has asked */
    ck_assert_uint_eq(json_array_size(at("overrides")), 2);
    ck_assert_double_eq(number_at(json_array_get(at("overrides"), 0), "nodes"), 12);
    ck_assert_str_eq(json_string_value(json_array_get(at("schedules"), 0)), "always");
    ck_assert_double_eq(number_at(json, "min"), 4);
    ck_assert_double_eq(number_at(json, "max"), 9);

    ask_in("/metrics", 10000);
    ck_assert_ptr_nonnull(strstr(text, "headroom_group_condition{group=\"web\",condition=\"limited\"} 1\n"));
    ck_assert_ptr_nonnull(strstr(text, "headroom_group_condition{group=\"web\",condition=\"able-to-scale\"} 0\n"));
    ck_assert_ptr_null(strstr(text, "headroom_group_condition{group=\"db\""));
    ck_assert_ptr_nonnull(strstr(text, "headroom_group_pinned_nodes{group=\"web\"} 12\n"));
    ck_assert_ptr_null(strstr(text, "headroom_group_pinned_nodes{group=\"db\"}"));
    ck_assert_ptr_nonnull(strstr(text, "headroom_group_paused{group=\"web\",orders=\"all\"} 0\n"));
    ck_assert_ptr_nonnull(strstr(text, "headroom_group_paused{group=\"web\",orders=\"scale-in\"} 1\n"));
    ck_assert_ptr_nonnull(strstr(text, "headroom_group_paused{group=\"db\",orders=\"scale-in\"} 0\n"));
    ck_assert_ptr_nonnull(strstr(text, "headroom_group_min_nodes{group=\"web\"} 4\n"));
}
END_TEST

static struct signal_settings signals[SIGNALS_OF_GROUP_MAX];

/* Of the group, one of each kind, and one of no agent's. */
static void add_signals(const char *group)
{
    static const char *const names[SIGNALS_OF_GROUP_MAX] = {"gpu", "p99", "queue", "requests"};
    static const enum signal_kind kinds[SIGNALS_OF_GROUP_MAX] = {SIGNAL_SHARE, SIGNAL_LIMIT, SIGNAL_LOAD, SIGNAL_LOAD};

    for (unsigned i = 0; i < SIGNALS_OF_GROUP_MAX; i++) {
        signals[i] = signal_settings_initial;
        snprintf(signals[i].name, sizeof signals[i].name, "%s", names[i]);
        snprintf(signals[i].group, sizeof signals[i].group, "%s", group);
        signals[i].kind = kinds[i];
        signals[i].per_node = 200;
        signals[i].limit = 0.25;
    }
    config.signals = signals;
    config.signal_count = SIGNALS_OF_GROUP_MAX;
    config.settings.tick_ms = 15000;
    signal_table_deinit(&signal_table);
    ck_assert_int_eq(signal_table_init(&signal_table, &config, NOW_MS - 90000), 0);
}

static void take_line(const char *line_text, int64_t now_ms)
{
    struct feed_line line;
    char error[256];

    ck_assert_int_eq(feed_line_parse(line_text, strlen(line_text), &line, error, sizeof error), 0);
    ck_assert_int_eq(signal_table_take(&signal_table, &line, now_ms), 0);
}

START_TEST(signals_are_shown_with_what_is_missing)
{
    struct group_observation observed = {0};

    add_node("n1", "web", 50, 0);
    add_signals("web");
    take_line("signal requests 1410.5 800", NOW_MS - 1000);
    take_line("signal p99 0.2 0 nodes 7", NOW_MS - 70000);
    take_line("missing queue connection refused", NOW_MS - 5000);
    signal_table_observe(&signal_table, "web", &config.settings, NOW_MS, &observed);
    decide("web", 6);
    ck_assert_uint_eq(ask("/api/v1/groups/web"), 200);
    ck_assert_uint_eq(json_array_size(at("signals")), 4);
    const json_t *requests = json_array_get(at("signals"), 3);
    ck_assert_str_eq(json_string_value(json_object_get(requests, "name")), "requests");
    ck_assert_str_eq(json_string_value(json_object_get(requests, "kind")), "load");
    ck_assert_str_eq(json_string_value(json_object_get(requests, "state")), "present");
    ck_assert_double_eq(number_at(requests, "value"), 1410.5);
    ck_assert_double_eq(number_at(requests, "age_ms"), 1800);
    ck_assert_double_eq(number_at(requests, "per_node"), 200);
    ck_assert_ptr_null(json_object_get(requests, "why"));
    const json_t *queue = json_array_get(at("signals"), 2);
    ck_assert(json_is_null(json_object_get(queue, "value")));
    ck_assert_str_eq(json_string_value(json_object_get(queue, "why")), "connection refused");
    const json_t *p99 = json_array_get(at("signals"), 1);
    ck_assert_str_eq(json_string_value(json_object_get(p99, "state")), "missing");
    ck_assert_double_eq(number_at(p99, "missing_since_ms"), (double)(WALL_MS - 25000));
    ck_assert_double_eq(number_at(p99, "limit"), 0.25);
    ck_assert_double_eq(number_at(at("nodes"), "live"), 1); /* with agents, they count */

    ask_in("/metrics", 10000);
    ck_assert_ptr_nonnull(strstr(text, "headroom_signal_value{group=\"web\",signal=\"requests\"} 1410.5\n"));
    ck_assert_ptr_null(strstr(text, "headroom_signal_value{group=\"web\",signal=\"p99\"}"));
    ck_assert_ptr_nonnull(strstr(text, "headroom_signal_age_seconds{group=\"web\",signal=\"p99\"} 70\n"));
    ck_assert_ptr_null(strstr(text, "headroom_signal_age_seconds{group=\"web\",signal=\"gpu\"}"));
    ck_assert_ptr_nonnull(strstr(text, "headroom_signal_missing_total{group=\"web\",signal=\"gpu\"} 1\n"));
    ck_assert_ptr_nonnull(strstr(text, "headroom_signal_missing_total{group=\"web\",signal=\"requests\"} 0\n"));
}
END_TEST

START_TEST(the_nodes_of_a_group_without_agents_are_those_of_a_signal)
{
    add_node("n1", "web", 50, 0);
    registry_ensure_group(&hub.registry, "batch");
    add_signals("batch");
    take_line("signal queue 12 0 nodes 7", NOW_MS);
    ck_assert_uint_eq(ask("/api/v1/groups"), 200);
    const json_t *batch = json_array_get(at("groups"), 1);
    ck_assert_double_eq(number_at(json_object_get(batch, "nodes"), "live"), 7);
    ask_in("/metrics", 10000);
    ck_assert_ptr_nonnull(strstr(text, "headroom_group_nodes{group=\"batch\",state=\"live\"} 7\n"));
    ck_assert_ptr_nonnull(strstr(text, "headroom_group_nodes{group=\"web\",state=\"live\"} 1\n"));
}
END_TEST

START_TEST(the_longest_reasons_are_shown_whole)
{
    char line[FEED_LINE_MAX + 1];
    char why[CONDITION_WHY_MAX];
    char reason[OVERRIDE_REASON_MAX + 1];

    memset(why, '"', sizeof why);
    memset(reason, '\\', sizeof reason);
    why[sizeof why - 1] = reason[sizeof reason - 1] = '\0';
    add_node("n1", "web", 50, 0);
    pin_and_pause(reason);
    add_signals("web");
    for (unsigned i = 0; i < SIGNALS_OF_GROUP_MAX; i++) {
        memset(line, '"', FEED_LINE_MAX);
        line[FEED_LINE_MAX] = '\0';
        memcpy(line, "missing ", 8);
        memcpy(line + 8, signals[i].name, strlen(signals[i].name));
        line[8 + strlen(signals[i].name)] = ' ';
        take_line(line, NOW_MS);
    }
    for (unsigned i = 0; i < CONDITION_COUNT; i++)
        conditions_set(&conditions.groups[0].of[i], true, false, why, WALL_MS);
    decide("web", 6);
    ck_assert_uint_eq(ask("/api/v1/groups/web"), 200);
    ck_assert_double_eq(number_at(at("record"), "desired"), 6);
    ck_assert_uint_eq(ask("/api/v1/groups"), 200);
    ck_assert_uint_eq(json_array_size(at("groups")), 1);
}
END_TEST

START_TEST(a_group_without_max_has_none_in_any_response)
{
    config.settings.nodes_max = 0;
    add_node("n1", "web", 50, 0);
    decide("web", 6);
    ck_assert_uint_eq(ask("/api/v1/groups/web"), 200);
    ck_assert(json_is_null(at("max")));
    ask_in("/metrics", 10000);
    ck_assert_ptr_null(strstr(text, "headroom_group_max_nodes{"));
}
END_TEST

START_TEST(no_data_is_an_error_and_never_a_number)
{
    add_node("n2", "db", 50, 0);
    decide("empty", 0);
    ck_assert_uint_eq(ask("/api/v1/groups/db"), 503);
    ck_assert(json_is_null(at("desired")));
    ck_assert(json_is_string(at("error")));
    ck_assert_uint_eq(ask("/api/v1/groups/empty"), 503);
    ck_assert(json_is_null(at("desired")));
    ck_assert_uint_eq(ask("/api/v1/groups/unknown"), 404);
    ck_assert_ptr_null(at("desired"));
    ck_assert_uint_eq(ask("/api/v1/groups"), 200);
    ck_assert(json_is_null(json_object_get(json_array_get(at("groups"), 0), "desired")));
}
END_TEST

START_TEST(no_number_is_given_while_the_size_of_a_group_is_not_known)
{
    add_node("n1", "web", 50, 0);
    decide("web", 6);
    ck_assert_uint_eq(ask("/api/v1/groups/web"), 200);
    history.groups[0].last.observed.live = 0; /* and none is known */
    ck_assert_uint_eq(ask("/api/v1/groups/web"), 503);
    history.groups[0].last.observed.missing = 1;
    ck_assert_uint_eq(ask("/api/v1/groups/web"), 200);
    history.groups[0].last.observed.roll_call_blind = true;
    ck_assert_uint_eq(ask("/api/v1/groups/web"), 503);
    ck_assert(json_is_null(at("desired")));
    ck_assert_str_eq(json_string_value(at("error")), "it is not known yet how many nodes the group has");
    history.groups[0].last.observed.orders_elsewhere = true;
    ck_assert_uint_eq(ask("/api/v1/groups/web"), 503);
    ck_assert_str_eq(json_string_value(at("error")), "another collector orders for the group");
    history.groups[0].last.observed = (struct group_observation){.live = 1, .unlisted = true};
    ck_assert_uint_eq(ask("/api/v1/groups/web"), 200); /* it is only shown */
    history.groups[0].last.settings.actuator = ACTUATOR_READER;
    ck_assert_uint_eq(ask("/api/v1/groups/web"), 503);
    ck_assert_ptr_nonnull(strstr(json_string_value(at("error")), "only observed"));
    ck_assert_uint_eq(ask("/api/v1/groups"), 200);
    ck_assert(json_is_null(json_object_get(json_array_get(at("groups"), 0), "desired")));
    ask_in("/metrics", 10000);
    ck_assert_ptr_null(strstr(text, "\nheadroom_group_desired_nodes{"));
}
END_TEST

START_TEST(the_course_of_a_group_and_what_is_expected)
{
    decide("web", 6);
    ck_assert_uint_eq(ask("/api/v1/groups/web/series"), 200);
    ck_assert_uint_eq(json_array_size(at("rows")), 1);
    const json_t *row = json_array_get(at("rows"), 0);
    ck_assert_uint_eq(json_array_size(row), json_array_size(at("columns")));
    ck_assert_int_eq(json_integer_value(json_array_get(row, 0)), WALL_MS - 5000);
    ck_assert_int_eq(json_integer_value(json_array_get(row, 1)), 6);
    ck_assert_uint_eq(json_array_size(at("cone")), 2);
    const json_t *end = json_array_get(at("cone"), 1);
    ck_assert_int_eq(json_integer_value(json_array_get(end, 0)), WALL_MS - 5000 + 135000);
    ck_assert_double_eq(json_number_value(json_array_get(end, 3)), 7.5);

    char uri[96];
    snprintf(uri, sizeof uri, "/api/v1/groups/web/series?since=%lld", (long long)(WALL_MS - 5000));
    ck_assert_uint_eq(ask(uri), 200);
    ck_assert_uint_eq(json_array_size(at("rows")), 0);
    ck_assert_uint_eq(ask("/api/v1/groups/none/series"), 404);
    ck_assert_int_eq(registry_ensure_group(&hub.registry, "bare") != NULL, 1);
    ck_assert_uint_eq(ask("/api/v1/groups/bare/series"), 200);
    ck_assert_uint_eq(json_array_size(at("cone")), 0);
}
END_TEST

START_TEST(a_group_has_a_series_of_each_resource)
{
    add_signals("web");
    decide("web", 6);
    ck_assert_uint_eq(ask("/api/v1/groups/web/series?resource=memory"), 200);
    ck_assert_str_eq(json_string_value(at("resource")), "memory");
    ck_assert_double_eq(json_number_value(at("high")), config.settings.thresholds[RESOURCE_MEMORY].high);
    ck_assert(json_is_null(json_array_get(json_array_get(at("rows"), 0), 1)));

    struct decision decision = history.groups[0].last;
    struct moment when = {.now_ms = NOW_MS - 1000, .wall_ms = WALL_MS - 1000};
    signals[2].high = 0.9;
    snprintf(decision.observed.signal[2].name, sizeof decision.observed.signal[2].name, "queue");
    decision.observed.resource[RESOURCE_SIGNAL_2] = (struct resource_observation){.demand = 12, .capacity = 30};
    decision.forecast[RESOURCE_SIGNAL_2] = (struct forecast){.valid = true, .horizon_ms = 135000, .expected = 14};
    ck_assert_uint_eq(ask("/api/v1/groups/web/series?resource=queue"), 200); /* before a decision has it */
    ck_assert_uint_eq(json_array_size(at("rows")), 0);
    decision_history_note(&history, registry_ensure_group(&hub.registry, "web"), &decision, &when);
    ck_assert_uint_eq(ask("/api/v1/groups/web/series?resource=queue"), 200);
    ck_assert_str_eq(json_string_value(at("resource")), "queue");
    ck_assert_double_eq(json_number_value(at("high")), 0.9);
    const json_t *row = json_array_get(at("rows"), json_array_size(at("rows")) - 1);
    ck_assert_double_eq(json_number_value(json_array_get(row, 1)), 12);
    ck_assert_double_eq(json_number_value(json_array_get(row, 2)), 30);
    ck_assert_double_eq(json_number_value(json_array_get(json_array_get(at("cone"), 1), 1)), 14);
    ck_assert_uint_eq(ask("/api/v1/groups/web/series?resource=none"), 404);
}
END_TEST

/* A tick with these observations, a second after the last one. */
static void note_tick(const struct decision *like, const struct group_observation *observed, double assumed)
{
    struct decision decision = *like;
    struct moment when = {.now_ms = history.groups[0].when.now_ms + 1000, .wall_ms = WALL_MS};

    decision.observed = *observed;
    decision.total[RESOURCE_CPU] = assumed;
    decision_history_note(&history, registry_ensure_group(&hub.registry, "web"), &decision, &when);
}

START_TEST(a_series_has_what_was_assumed_and_ordered_by_hand)
{
    decide("web", 6);
    const struct decision first = history.groups[0].last;
    struct group_observation observed = first.observed;
    observed.missing = 3;
    observed.unreported = 1;
    observed.roll_call = true;
    note_tick(&first, &observed, 9.5);
    ck_assert_uint_eq(ask("/api/v1/groups/web/series"), 200);
    ck_assert_double_eq(json_number_value(json_array_get(json_array_get(at("cone"), 0), 1)), 9.5);
    observed = first.observed;
    observed.pin = 12;
    observed.paused_in = true;
    note_tick(&first, &observed, 6);
    observed.paused = true;
    note_tick(&first, &observed, 6);
    ck_assert_uint_eq(ask("/api/v1/groups/web/series"), 200);
    char *rows = json_dumps(at("rows"), JSON_COMPACT);
    static const char *const parts[] = {",9.5,6.5,7.5,135000,4,null,null,true]",
                                        ",6,6.5,7.5,135000,0,12,\"pause-scale-in\",false]",
                                        ",6,6.5,7.5,135000,0,12,\"pause\",false]"};
    for (unsigned i = 0; i < 3; i++)
        ck_assert_msg(strstr(rows, parts[i]) != NULL, "%s is not in %s", parts[i], rows);
    free(rows);
}
END_TEST

START_TEST(a_series_says_what_became_of_its_forecasts)
{
    decide("web", 6);
    struct decision decision = history.groups[0].last;
    struct moment when = {.now_ms = NOW_MS - 1000, .wall_ms = WALL_MS - 1000};

    decision.forecast[RESOURCE_MEMORY] = (struct forecast){
        .valid = true, .horizon_ms = 135000, .coverage = 0.85, .promised = 0.25, .paid = 0.5, .scored = 40};
    decision_history_note(&history, registry_ensure_group(&hub.registry, "web"), &decision, &when);
    ck_assert_uint_eq(ask("/api/v1/groups/web/series?resource=memory"), 200);
    const json_t *forecast = at("forecast");
    ck_assert_str_eq(json_string_value(json_object_get(forecast, "resource")), "memory");
    ck_assert_double_eq(number_at(forecast, "coverage"), 0.85);
    ck_assert_double_eq(number_at(forecast, "promised_price"), 0.25);
    ck_assert_double_eq(number_at(forecast, "paid_price"), 0.5);
    ck_assert_double_eq(number_at(forecast, "scored"), 40);
    ck_assert_uint_eq(ask("/api/v1/groups/web/series?resource=disk"), 200);
    ck_assert(json_is_null(at("forecast")));
}
END_TEST

START_TEST(a_series_has_the_times_of_schedules)
{
    struct schedule schedules[2] = {schedule_initial, schedule_initial};
    enum { DAY_S = 86400, NOW_S = WALL_MS / 1000, OF_DAY_S = NOW_S % DAY_S };

    strcpy(schedules[0].name, "peak");
    strcpy(schedules[0].group, "web");
    schedules[0].from_s = OF_DAY_S - 3600;
    schedules[0].to_s = OF_DAY_S + 7200;
    schedules[0].nodes_min = 4;
    strcpy(schedules[1].name, "elsewhere");
    strcpy(schedules[1].group, "db");
    config.schedules = schedules;
    config.schedule_count = 2;
    decide("web", 6);
    ck_assert_uint_eq(ask("/api/v1/groups/web/series"), 200);
    char *times = json_dumps(at("schedules"), JSON_COMPACT);
    char expected[128];
    snprintf(expected, sizeof expected, "[{\"name\":\"peak\",\"from_ms\":%lld,\"to_ms\":%lld,\"min\":4,\"max\":null}]",
             (NOW_S - 3600) * 1000LL, (NOW_S + 7200) * 1000LL);
    ck_assert_str_eq(times, expected);
    free(times);
    schedules[0].from_s = OF_DAY_S + 3600; /* later than the horizon */
    ck_assert_uint_eq(ask("/api/v1/groups/web/series"), 200);
    ck_assert_uint_eq(json_array_size(at("schedules")), 0);
}
END_TEST

static void note_load(const char *name, int64_t ago_ms, double demand, double capacity)
{
    struct decision decision = {.settings = config.settings};
    struct moment when = {.now_ms = NOW_MS - ago_ms, .wall_ms = WALL_MS - ago_ms};

    decision.observed.resource[RESOURCE_CPU] =
        (struct resource_observation){.demand = demand, .capacity = capacity, .nodes = capacity > 0};
    decision_history_note(&history, registry_ensure_group(&hub.registry, name), &decision, &when);
}

static double spark(const char *group, unsigned i)
{
    const json_t *value = json_array_get(json_object_get(at("groups"), group), i);

    ck_assert_ptr_nonnull(value);
    return json_is_null(value) ? NAN : json_number_value(value);
}

START_TEST(each_group_has_its_last_half_hour)
{
    note_load("web", 31 * 60000, 8, 8); /* too old */
    note_load("web", 29 * 60000, 2, 8);
    note_load("web", 28 * 60000 + 15000, 3, 8);
    note_load("web", 28 * 60000, 5, 8);
    note_load("web", 27 * 60000, 0, 0); /* no node reports */
    note_load("web", 0, 7, 8);
    registry_ensure_group(&hub.registry, "bare");
    ck_assert_uint_eq(ask("/api/v1/sparklines"), 200);
    ck_assert_str_eq(json_string_value(at("resource")), "cpu");
    ck_assert_int_eq(json_integer_value(at("step_ms")), 60000);
    ck_assert_int_eq(json_integer_value(at("points")), 30);
    ck_assert_uint_eq(json_array_size(json_object_get(at("groups"), "web")), 30);
    ck_assert_double_eq(spark("web", 0), (2 + 3) / 16.0); /* WALL_MS is at a minute's beginning */
    ck_assert_double_eq(spark("web", 1), 5 / 8.0);
    ck_assert_double_nan(spark("web", 2));
    ck_assert_double_nan(spark("web", 28));
    ck_assert_double_eq(spark("web", 29), 7 / 8.0);
    ck_assert_double_nan(spark("bare", 29));
}
END_TEST

START_TEST(sparklines_have_a_resource_that_nodes_report)
{
    note_load("web", 0, 7, 8);
    ck_assert_uint_eq(ask("/api/v1/sparklines?resource=memory"), 200);
    ck_assert_str_eq(json_string_value(at("resource")), "memory");
    ck_assert_double_nan(spark("web", 29));
    ck_assert_uint_eq(ask("/api/v1/sparklines?resource=queue"), 404);
}
END_TEST

START_TEST(steps_of_sparklines_are_as_long_as_the_longest_tick)
{
    config.settings.tick_ms = 120000;
    note_load("web", 120000, 4, 8);
    ck_assert_uint_eq(ask("/api/v1/sparklines"), 200);
    ck_assert_int_eq(json_integer_value(at("step_ms")), 120000);
    ck_assert_double_eq(spark("web", 28), 0.5);
}
END_TEST

START_TEST(before_a_restart_only_demand_is_known)
{
    decision_history_recall(&history, registry_ensure_group(&hub.registry, "web"), NOW_MS - 20000, 5);
    decide("web", 6);
    ck_assert_uint_eq(ask("/api/v1/groups/web/series"), 200);
    char *rows = json_dumps(at("rows"), JSON_COMPACT);
    char expected[256];
    snprintf(expected, sizeof expected,
             "[[%lld,5,null,null,null,null,null,null,null,null,null,null,null,null,null],"
             "[%lld,6,8,7,7.25,2,6,null,6.5,7.5,135000,0,null,null,false]]",
             (long long)(WALL_MS - 20000), (long long)(WALL_MS - 5000));
    ck_assert_str_eq(rows, expected);
    free(rows);
}
END_TEST

START_TEST(decisions_go_on_where_the_last_answer_ended)
{
    decide("web", 5);
    decide("db", 6);
    decide("web", 7);
    ck_assert_uint_eq(ask("/api/v1/decisions"), 200);
    ck_assert_uint_eq(json_array_size(at("decisions")), 3);
    ck_assert_str_eq(json_string_value(json_object_get(json_array_get(at("decisions"), 0), "why")),
                     "because \"of\" it");
    ck_assert_str_eq(
        json_string_value(json_object_get(json_object_get(json_array_get(at("decisions"), 1), "record"), "group")),
        "db");
    ck_assert_uint_eq(ask("/api/v1/decisions?group=web&limit=1"), 200);
    ck_assert_uint_eq(json_array_size(at("decisions")), 1);
    ck_assert_double_eq(number_at(json_array_get(at("decisions"), 0), "desired"), 7);

    char uri[96];
    snprintf(uri, sizeof uri, "/api/v1/decisions?since=%lld&limit=1", (long long)history.last_id - 2);
    ck_assert_uint_eq(ask(uri), 200);
    ck_assert_double_eq(number_at(json_array_get(at("decisions"), 0), "desired"), 6);
    snprintf(uri, sizeof uri, "/api/v1/decisions?since=%lld", json_integer_value(at("last")));
    ck_assert_uint_eq(ask(uri), 200);
    ck_assert_uint_eq(json_array_size(at("decisions")), 1);
    snprintf(uri, sizeof uri, "/api/v1/decisions?since=%lld", json_integer_value(at("last")));
    ck_assert_uint_eq(ask(uri), 200);
    ck_assert_uint_eq(json_array_size(at("decisions")), 0);
}
END_TEST

START_TEST(nodes_come_in_pages_and_filtered)
{
    char id[16];

    for (unsigned i = 0; i < 250; i++) {
        snprintf(id, sizeof id, "n%u", i);
        add_node(id, i % 2 == 0 ? "even" : "odd", i / 3.0, i < 200 ? 0 : 20000);
    }
    unsigned pages = 0;
    size_t nodes = 0;
    char uri[96] = "/api/v1/nodes";
    for (;;) {
        ck_assert_uint_eq(ask(uri), 200);
        nodes += json_array_size(at("nodes"));
        pages++;
        if (json_is_null(at("next")))
            break;
        snprintf(uri, sizeof uri, "/api/v1/nodes?after=%lld", json_integer_value(at("next")));
    }
    ck_assert_uint_eq(pages, 3);
    ck_assert_uint_eq(nodes, 250);
    ask("/api/v1/nodes?group=odd&state=missing");
    ck_assert_uint_eq(json_array_size(at("nodes")), 25);
    ask("/api/v1/nodes?group=nobody");
    ck_assert_uint_eq(json_array_size(at("nodes")), 0);
    ask("/api/v1/nodes?columns=id,state,cpu_percent,age_ms,group,index");
    ck_assert_uint_eq(json_array_size(at("nodes")), 250);
    char *row = json_dumps(json_array_get(at("nodes"), 3), JSON_REAL_PRECISION(6));
    ck_assert_str_eq(row, "[\"n3\", \"live\", 1, 0, \"odd\", 3]");
    free(row);
    ask("/api/v1/nodes?after=100000");
    ck_assert_uint_eq(json_array_size(at("nodes")), 0);
}
END_TEST

START_TEST(a_node_above_high_is_marked)
{
    struct sample sample = {.seq = 2, .uptime_ms = 2000};

    add_node("calm", "web", 79, 0);
    ring_push(&add_node("hot", "web", 81, 0)->ring, NOW_MS + 1, &sample);
    sample_set_gauge(&sample, METRIC_CPU, 81);
    sample_set_gauge(&sample, METRIC_MEMORY, 99);
    ring_push(&registry_find_node(&hub.registry, "hot")->ring, NOW_MS + 2, &sample);
    add_node("silent", "web", 99, 20000);
    ask("/api/v1/nodes?columns=id,above");
    char *rows = json_dumps(at("nodes"), 0);
    ck_assert_str_eq(rows, "[[\"calm\", []], [\"hot\", [\"cpu\", \"memory\"]], [\"silent\", []]]");
    free(rows);
    ask("/api/v1/nodes/hot");
    ck_assert_uint_eq(json_array_size(at("above")), 2);
}
END_TEST

/* Growth by 6 points an hour for two hours, as the watch sees it each half minute. */
static void add_filling_node(const char *id)
{
    struct node *node = add_node(id, "web", 50, 7200001);

    for (unsigned i = 0; i <= 240; i++) {
        struct sample sample = {.seq = 2, .uptime_ms = 2000 + 30000 * i};
        int64_t time_ms = NOW_MS - 7200000 + 30000 * (int64_t)i;
        sample_set_gauge(&sample, METRIC_FS, 70 + i / 20.0);
        ck_assert(ring_push(&node->ring, time_ms, &sample));
        fs_outlook_add(node, time_ms);
        struct fs_outlook outlook = fs_outlook_of(node, time_ms);
        (void)fs_outlook_changed(node, &outlook);
    }
    node->seen_ms = NOW_MS;
}

START_TEST(the_forecast_of_an_application_is_shown)
{
    decide("web", 4);
    decide("app", 4);
    ask("/api/v1/groups/web");
    ck_assert(json_is_null(at("app_forecast")));
    ask("/api/v1/groups/app");
    ck_assert_double_eq(number_at(at("forecast"), "expected"), 7);
    ck_assert_double_eq(number_at(at("app_forecast"), "expected"), 900);
    ck_assert_str_eq(json_string_value(json_object_get(at("app_forecast"), "resource")), "app");
}
END_TEST

START_TEST(a_node_whose_file_system_fills_is_marked)
{
    struct sample sample = {.seq = 2, .uptime_ms = 2000};
    struct node *node = add_node("calm", "web", 50, 0);

    sample_set_gauge(&sample, METRIC_FS, 90);
    ring_push(&node->ring, NOW_MS + 1, &sample);
    add_filling_node("fills");
    add_node("none", "db", 50, 0);
    ask("/api/v1/nodes?columns=id,above");
    char *rows = json_dumps(at("nodes"), 0);
    ck_assert_str_eq(rows, "[[\"calm\", []], [\"fills\", [\"fs\"]], [\"none\", []]]");
    free(rows);
    ask("/api/v1/groups/web");
    ck_assert_double_eq_tol(number_at(at("fs"), "fullest"), 0.9, 1e-9);
    ck_assert_double_eq(number_at(at("fs"), "filling"), 1);
    ask("/api/v1/groups/db");
    ck_assert(json_is_null(at("fs")));
    ask("/api/v1/nodes/none");
    ck_assert(json_is_null(json_object_get(at("outlook"), "fs")));
    ask("/api/v1/nodes/calm");
    ck_assert(json_is_null(json_object_get(json_object_get(at("outlook"), "fs"), "soon")));
    ask_in("/metrics", 5000);
    ck_assert_ptr_nonnull(strstr(text, "\nheadroom_group_fs_fullest_ratio{group=\"web\"} 0.9\n"));
    ck_assert_ptr_nonnull(strstr(text, "\nheadroom_group_fs_filling_nodes{group=\"web\"} 1\n"));
    ck_assert_ptr_null(strstr(text, "headroom_group_fs_fullest_ratio{group=\"db\"}"));
}
END_TEST

static void note_problem(enum problem_kind kind, const char *group, const char *node)
{
    const struct problem_note noted = {.kind = kind, .group = group, .node = node, .text = "it is \"so\""};

    problems_note(&problems, &noted);
}

START_TEST(problems_are_listed)
{
    ask("/api/v1/problems");
    ck_assert_uint_eq(json_array_size(at("problems")), 0);
    ck_assert_double_eq(number_at(json, "more"), 0);
    problems_begin_look(&problems, WALL_MS - 1000);
    note_problem(PROBLEM_NODES_MISSING, "web", "n1");
    note_problem(PROBLEM_LIMITED, "web", NULL);
    note_problem(PROBLEM_SAMPLES_MISSING, NULL, NULL);
    note_problem(PROBLEM_PAUSED, "web", NULL);
    problems_end_look(&problems);
    ask("/api/v1/problems");
    ck_assert_double_eq(number_at(json, "now_ms"), (double)WALL_MS);
    char *listed = json_dumps(at("problems"), JSON_COMPACT);
    ck_assert_str_eq(
        listed, "[{\"name\":\"samples-missing\",\"severity\":\"warning\",\"group\":null,\"node\":null,"
                "\"since_ms\":1763999999000,\"text\":\"it is \\\"so\\\"\",\"link\":\"#/\",\"firing\":true},"
                "{\"name\":\"limited\",\"severity\":\"warning\",\"group\":\"web\",\"node\":null,"
                "\"since_ms\":1763999999000,\"text\":\"it is \\\"so\\\"\",\"link\":\"#/group/web\",\"firing\":false},"
                "{\"name\":\"nodes-missing\",\"severity\":\"warning\",\"group\":\"web\",\"node\":\"n1\","
                "\"since_ms\":1763999999000,\"text\":\"it is \\\"so\\\"\",\"link\":\"#/node/n1\",\"firing\":false}]");
    free(listed);
}
END_TEST

START_TEST(of_many_problems_the_most_severe_are_listed)
{
    char name[16];

    problems_begin_look(&problems, WALL_MS);
    for (unsigned i = 0; i < 300; i++) {
        snprintf(name, sizeof name, "g%u", i);
        note_problem(i >= 290 ? PROBLEM_ABLE_TO_SCALE : PROBLEM_LIMITED, name, NULL);
    }
    problems_end_look(&problems);
    ask("/api/v1/problems");
    ck_assert_uint_eq(json_array_size(at("problems")), 256);
    ck_assert_double_eq(number_at(json, "more"), 44);
    for (size_t i = 0; i < 10; i++)
        ck_assert_str_eq(json_string_value(json_object_get(json_array_get(at("problems"), i), "severity")), "critical");
}
END_TEST

START_TEST(a_node_says_when_its_file_system_is_full)
{
    add_filling_node("n1");
    ask("/api/v1/nodes/n1");
    const json_t *fs = json_object_get(at("outlook"), "fs");
    ck_assert_double_eq_tol(number_at(fs, "now"), 0.82, 1e-9);
    ck_assert_double_eq_tol(number_at(fs, "limit_in_s"), 17.5 / 6 * 3600, 60);
    ck_assert_str_eq(json_string_value(json_object_get(fs, "soon")),
                     "n1: fullest file system 82% now, full in about 3 h");
}
END_TEST

START_TEST(what_passes_many_nodes_over_does_it_in_pieces)
{
    static const char *const uris[] = {"/api/v1/nodes?group=none&limit=100000", "/metrics/nodes", "/metrics/latest"};
    struct moment when = {.now_ms = NOW_MS, .wall_ms = WALL_MS};
    struct http_query query;
    char id[16];

    for (unsigned i = 0; i < 2500; i++) {
        snprintf(id, sizeof id, "n%u", i);
        add_node(id, "web", 1, 0)->farewell = FAREWELL_GONE;
    }
    for (size_t i = 0; i < sizeof uris / sizeof *uris; i++) {
        ck_assert_int_eq(http_route("GET", uris[i], true, &query, &refusal), 0);
        answer_begin(&answer, &world, &query, &when);
        unsigned reads = 0;
        unsigned before = 0;
        while (answer_read(&answer, text, TEXT, &when) >= 0) {
            ck_assert_uint_le(answer.cursor.at, before + 1000);
            before = answer.cursor.at < 2500 ? answer.cursor.at : 0;
            reads++;
        }
        ck_assert_uint_ge(reads, 3);
    }
}
END_TEST

START_TEST(nodes_may_come_and_go_while_they_are_listed)
{
    struct http_query query;
    struct moment when = {.now_ms = NOW_MS, .wall_ms = WALL_MS};
    char id[16];
    size_t len = 0;
    long got = 0;

    for (unsigned i = 0; i < 2000; i++) {
        snprintf(id, sizeof id, "n%u", i);
        add_node(id, "web", 1, 0);
    }
    ck_assert_int_eq(http_route("GET", "/api/v1/nodes?limit=100000", false, &query, &refusal), 0);
    answer_begin(&answer, &world, &query, &when);
    for (unsigned i = 0; (got = answer_read(&answer, text + len, 100000, &when)) >= 0; i++) {
        len += (size_t)got;
        snprintf(id, sizeof id, "late%u", i);
        add_node(id, "web", 1, 0);
    }
    json = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
    ck_assert_ptr_nonnull(json);
    ck_assert_uint_gt(json_array_size(at("nodes")), 2000);
}
END_TEST

START_TEST(a_node_tells_all_its_metrics_and_its_past)
{
    struct node *node = add_node("n1", "web", 42.5, 2000);
    struct sample sample = {.seq = 2, .uptime_ms = 2000};

    sample_set_gauge(&sample, METRIC_CPU, 99.25);
    sample_set_counter(&sample, METRIC_DISK_READ, 3000);
    ring_push(&node->ring, NOW_MS - 1000, &sample);
    node->seen_ms = NOW_MS - 1000;
    registry_ensure_instance(node, 0xabc)->received_seq = 2;
    ck_assert_uint_eq(ask("/api/v1/nodes/n1"), 200);
    ck_assert_str_eq(json_string_value(at("state")), "live");
    ck_assert_double_eq(number_at(json, "age_ms"), 1000);
    ck_assert_double_eq(number_at(at("metrics"), "cpu_percent"), 99.25);
    ck_assert_double_eq(number_at(at("metrics"), "disk_read_bytes_per_second"), 2000);
    ck_assert(json_is_null(json_object_get(at("metrics"), "memory_percent")));
    ck_assert(json_is_null(json_object_get(at("outlook"), "memory"))); /* and two samples make no line */
    ck_assert_str_eq(json_string_value(json_object_get(json_array_get(at("instances"), 0), "instance")),
                     "i323d0a1febd59287");
    ck_assert_uint_eq(ask("/api/v1/nodes/n2"), 404);

    ck_assert_uint_eq(ask("/api/v1/nodes/n1/series?metric=disk_read_bytes_per_second,cpu_percent"), 200);
    char *rows = json_dumps(at("rows"), JSON_COMPACT);
    char expected[96];
    snprintf(expected, sizeof expected, "[[%lld,null,42.5],[%lld,2000,99.25]]", (long long)(WALL_MS - 2000),
             (long long)(WALL_MS - 1000));
    ck_assert_str_eq(rows, expected);
    free(rows);
    ck_assert_uint_eq(ask("/api/v1/nodes/n1/series"), 200);
    ck_assert_uint_eq(json_array_size(at("columns")), METRIC_COUNT + 1);
    snprintf(expected, sizeof expected, "/api/v1/nodes/n1/series?since=%lld", (long long)(WALL_MS - 2000));
    ck_assert_uint_eq(ask(expected), 200);
    ck_assert_uint_eq(json_array_size(at("rows")), 1);
}
END_TEST

/* Of a certificate: the days of its whole life, and those that are left. */
static const struct {
    int days, days_left;
    bool soon;
} certificates[] = {{90, 15, false}, {90, 14, true}, {90, -1, true}, {3, 2, false}, {3, 1, true}, {42, 14, true}};

START_TEST(a_node_says_when_its_certificate_expires)
{
    const int64_t day_s = 86400, end_s = WALL_MS / 1000 + certificates[_i].days_left * day_s;
    struct peer_claim claim = {
        .proof = PEER_CERTIFICATE,
        .certificate = {.begins_s = end_s - certificates[_i].days * day_s, .not_after_s = end_s}};
    struct intake intake = {.claim = &claim};
    struct node *node = add_node("n1", "web", 42.5, 2000);

    node->intake = &intake;
    ask("/api/v1/nodes/n1");
    ck_assert_double_eq(number_at(at("certificate"), "expires_ms"), (double)end_s * 1000);
    ck_assert_int_eq(json_is_true(json_object_get(at("certificate"), "soon")), certificates[_i].soon);
    ask("/api/v1/nodes");
    ck_assert(json_is_object(json_object_get(json_array_get(at("nodes"), 0), "certificate")));

    claim.proof = PEER_KEY;
    ask("/api/v1/nodes/n1");
    ck_assert(json_is_null(at("certificate")));
    node->intake = NULL;
    ask("/api/v1/nodes/n1");
    ck_assert(json_is_null(at("certificate")));
}
END_TEST

START_TEST(the_answer_of_a_node_that_is_forgotten_ends)
{
    struct http_query query;
    struct moment when = {.now_ms = NOW_MS, .wall_ms = WALL_MS};
    struct node *nodes = NULL;

    add_node("n1", "web", 42.5, 0);
    ck_assert_int_eq(http_route("GET", "/api/v1/nodes/n1", false, &query, &refusal), 0);
    answer_begin(&answer, &world, &query, &when);
    nodes = hub.registry.nodes_by_id;
    hub.registry.nodes_by_id = NULL;
    ck_assert_int_eq(answer_read(&answer, text, TEXT, &when), -1);
    hub.registry.nodes_by_id = nodes;
}
END_TEST

static const struct agent_account told = {.produced = 1000,
                                          .sent = 1234,
                                          .acknowledged = 801,
                                          .dropped_outbox_full = 12,
                                          .dropped_rejected = 13,
                                          .dropped_spool_damaged = 14,
                                          .gone = 15}; /* and 145 wait */

/* Each number of the account is another. */
static void fill_accounts(void)
{
    struct node *node = add_node("n1", "web", 42.5, 0);

    *registry_ensure_instance(node, 0xabc) = (struct instance){
        .id = 0xabc, .node = node, .received_seq = 31, .stored_seq = 29, .pending = 2, .heard = true, .account = told};
    node->clock_off = -1;
    node->skew_ms = -7777;
    hub.intake.account = (struct intake_account){.samples = 501,
                                                 .readings = 47,
                                                 .posted = 46,
                                                 .duplicates = 41,
                                                 .bad_values = 42,
                                                 .ended = 43,
                                                 .rejected = 44,
                                                 .evicted = 46,
                                                 .acks = 45};
    for (unsigned reason = 0; reason < GAP_REASON_COUNT; reason++)
        hub.intake.account.missing[reason] = 100 + 10 * reason;
    for (unsigned code = 1; code < REJECT_CODES; code++)
        hub.intake.account.rejects[code] = 300 + code;
    for (unsigned result = 0; result < HANDSHAKE_RESULTS; result++)
        hub.intake.handshakes.results[result] = 400 + result;
    hub.intake.handshakes.pending = 48;
    for (unsigned limit = 0; limit < INTAKE_LIMITS; limit++)
        hub.intake.account.limits[limit] = 60 + limit;
    hub.intake.slowed = 2;
    hub.backlog.count[0] = 3;
    hub.backlog.count[1] = 4;
}

struct number {
    const char *key;
    double value;
};

static void assert_numbers(const json_t *object, const struct number *numbers)
{
    for (; numbers->key != NULL; numbers++)
        ck_assert_msg(number_at(object, numbers->key) == numbers->value, "%s is %g", numbers->key,
                      number_at(object, numbers->key));
}

START_TEST(each_number_of_the_fleets_account_is_its_own)
{
    fill_accounts();
    uint64_t dropped = 0;
    for (unsigned reason = 0; reason < GAP_REASON_COUNT; reason++)
        dropped += reason != GAP_ELSEWHERE && reason != GAP_DAMAGED ? 100 + 10 * reason : 0;
    ck_assert_uint_eq(ask("/api/v1/fleet"), 200);
    assert_numbers(json, (struct number[]){{"clocks_off", 1}, {"connected", 3}, {NULL, 0}});
    assert_numbers(at("agents"), (struct number[]){{"produced", 1000},
                                                   {"sent", 1234},
                                                   {"acknowledged", 801},
                                                   {"waiting", 145},
                                                   {"gone_with_killed_agents", 15},
                                                   {NULL, 0}});
    assert_numbers(json_object_get(at("agents"), "dropped"),
                   (struct number[]){{"outbox_full", 12}, {"rejected", 13}, {"spool_damaged", 14}, {NULL, 0}});
    assert_numbers(at("collector"), (struct number[]){{"received", 501},
                                                      {"posted", 46},
                                                      {"stored", 494},
                                                      {"waiting", 7},
                                                      {"duplicates", 41},
                                                      {"impossible_values", 42},
                                                      {"dropped_by_agents", (double)dropped},
                                                      {"stored_elsewhere", 100 + 10 * GAP_ELSEWHERE},
                                                      {"instances_ended", 43},
                                                      {"connections_rejected", 44},
                                                      {NULL, 0}});
    const json_t *handshakes = json_object_get(at("collector"), "handshakes");
    ck_assert_double_eq(number_at(handshakes, "pending"), 48);
    for (unsigned result = 0; result < HANDSHAKE_RESULTS; result++)
        ck_assert_double_eq(number_at(handshakes, handshake_result_names[result]), 400 + result);
    assert_numbers(at("limits"), (struct number[]){{"slowed", 2}, {NULL, 0}});
    assert_numbers(json_object_get(at("limits"), "reached"), (struct number[]){{"interval", 60},
                                                                               {"reconnects", 61},
                                                                               {"new_nodes", 62},
                                                                               {"agents", 63},
                                                                               {"nodes", 64},
                                                                               {"groups", 65},
                                                                               {"frames", 66},
                                                                               {NULL, 0}});
}
END_TEST

/* So that the page can show how to start an agent. */
START_TEST(the_fleet_says_where_agents_report)
{
    ck_assert_uint_eq(ask("/api/v1/fleet"), 200);
    ck_assert_double_eq(number_at(json, "agent_port"), 7420);
    ck_assert(json_is_false(at("agent_token")));
    config.keys.count = 1;
    ck_assert_uint_eq(ask("/api/v1/fleet"), 200);
    ck_assert(json_is_true(at("agent_token")));
}
END_TEST

START_TEST(each_number_of_a_nodes_account_is_its_own)
{
    fill_accounts();
    ck_assert_uint_eq(ask("/api/v1/nodes/n1"), 200);
    ck_assert_double_eq(number_at(json, "clock_skew_ms"), -7777);
    ck_assert(json_is_true(at("clock_off")));
    const json_t *instance = json_array_get(at("instances"), 0);
    assert_numbers(instance, (struct number[]){{"received_seq", 31},
                                               {"stored_seq", 29},
                                               {"pending", 2},
                                               {"produced", 1000},
                                               {"sent", 1234},
                                               {"acknowledged", 801},
                                               {"dropped", 39},
                                               {"waiting", 145},
                                               {NULL, 0}});
    ck_assert(json_is_true(json_object_get(instance, "heard")));
    ck_assert(json_is_false(json_object_get(instance, "left")));
}
END_TEST

static void assert_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void assert_line(const char *format, ...)
{
    char line[160];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    ck_assert_msg(strstr(text, line) != NULL, "no line %s", line);
}

START_TEST(metrics_tell_the_account_too)
{
    fill_accounts();
    ck_assert_uint_eq(ask("/api/v1/fleet"), 200);
    ck_assert_uint_eq(ask_in("/metrics", 5000), 200);
    const struct number states[] = {{"produced", 1000},       {"sent", 1234},
                                    {"acknowledged", 801},    {"dropped_outbox_full", 12},
                                    {"dropped_rejected", 13}, {"dropped_spool_damaged", 14},
                                    {"waiting", 145},         {"gone", 15}};
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++)
        assert_line("\nheadroom_agent_samples{state=\"%s\"} %g\n", states[i].key, states[i].value);
    for (unsigned reason = 0; reason < GAP_REASON_COUNT; reason++)
        assert_line("\nheadroom_samples_missing_total{reason=\"%s\"} %u\n", gap_reason_names[reason],
                    100 + 10 * reason);
    assert_line("\nheadroom_nodes_clock_off 1\n");
    assert_line("\nheadroom_readings_received_total 47\n");
    assert_line("\nheadroom_samples_received_total 501\n");
    assert_line("\nheadroom_samples_stored_total 494\n");
    assert_line("\nheadroom_samples_waiting 7\n");
    assert_line("\nheadroom_samples_duplicate_total 41\n");
    assert_line("\nheadroom_values_impossible_total 42\n");
    assert_line("\nheadroom_instances_ended_total 43\n");
    for (unsigned code = 1; code < REJECT_CODES; code++)
        assert_line("\nheadroom_connections_rejected_total{code=\"%s\"} %u\n", reject_code_names[code], 300 + code);
    for (unsigned result = 0; result < HANDSHAKE_RESULTS; result++)
        assert_line("\nheadroom_tls_handshakes_total{result=\"%s\"} %u\n", handshake_result_names[result],
                    400 + result);
    assert_line("\nheadroom_tls_handshakes_pending 48\n");
    assert_line("\nheadroom_connections_evicted_total 46\n");
    assert_line("\nheadroom_agents_slowed 2\n");
    assert_line("\nheadroom_samples_waiting_max 1000\n");
    assert_line("\nheadroom_limits_reached_total{limit=\"new_nodes\"} 62\n");
    assert_line("\nheadroom_acks_sent_total 45\n");
    assert_line("\nheadroom_store_files_deleted_total 17\n");
    assert_line("\nheadroom_decisions_held 1\n");
    assert_line("\nheadroom_store_cut_short 1\n");
    assert_line("\nheadroom_problems{severity=\"warning\"} 0\n");
    assert_line("\nheadroom_alert_runs_total{outcome=\"timed_out\"} 7\n");
    assert_line("\nheadroom_alerts_sent_total 8\n");
    assert_line("\nheadroom_alert_program_failing 1\n");
    assert_line("\nheadroom_signal_lines_total{outcome=\"used\"} 71\n");
    assert_line("\nheadroom_signal_lines_total{outcome=\"ignored\"} 72\n");
    assert_line("\nheadroom_signal_lines_total{outcome=\"unusable\"} 73\n");
}
END_TEST

START_TEST(the_fleets_account_and_its_health)
{
    add_node("n1", "web", 42.5, 0);
    ck_assert_uint_eq(ask("/api/v1/fleet"), 200);
    ck_assert_double_eq(number_at(json, "connected"), 3);
    ck_assert_double_eq(number_at(at("nodes"), "live"), 1);
    ck_assert_uint_eq(ask("/healthz"), 200);
    ck_assert_uint_eq(ask("/readyz"), 200);
    hub.intake.held = true;
    ck_assert_uint_eq(ask("/healthz"), 200);
    ck_assert_uint_eq(ask("/readyz"), 503);
    ck_assert_ptr_nonnull(strstr(json_string_value(at("error")), "disk"));
    world.stopping = true;
    ck_assert_uint_eq(ask("/readyz"), 503);
    ck_assert_uint_eq(ask("/health"), 200);
    ck_assert_str_eq(json_string_value(at("status")), "healthy");
}
END_TEST

/* Each family once, its lines together behind its head. */
START_TEST(forwarders_are_shown)
{
    forwarders.count = 1;
    forwarders.of[0] = (struct forwarder){.state = {.name = "vm",
                                                    .behind_ms = 3500,
                                                    .bytes_behind = 12,
                                                    .lost_files = 5,
                                                    .rows = {41, 42, 43, 44, 45},
                                                    .problem = "no \"answer\""},
                                          .reported_ms = NOW_MS - 2000,
                                          .condition = FORWARDER_BEHIND};
    ck_assert_uint_eq(ask("/api/v1/fleet"), 200);
    const json_t *vm = json_array_get(at("forwarders"), 0);
    ck_assert_str_eq(json_string_value(json_object_get(vm, "name")), "vm");
    ck_assert_str_eq(json_string_value(json_object_get(vm, "condition")), "behind");
    ck_assert_str_eq(json_string_value(json_object_get(vm, "problem")), "no \"answer\"");
    assert_numbers(vm, (struct number[]){{"behind_ms", 3500}, {"bytes_behind", 12}, {"lost_files", 5}, {NULL, 0}});
    assert_numbers(
        json_object_get(vm, "rows"),
        (struct number[]){
            {"settled", 41}, {"refused", 42}, {"filtered", 43}, {"unsettled", 44}, {"waiting", 45}, {NULL, 0}});
    config.retain_ms = 7000;
    ck_assert_uint_eq(ask_in("/metrics", 5000), 200);
    assert_line("\nheadroom_forward_retention_ratio{name=\"vm\"} 0.5\n");
    assert_line("\nheadroom_forward_behind_seconds{name=\"vm\"} 3.5\n");
    assert_line("\nheadroom_forward_behind_bytes{name=\"vm\"} 12\n");
    assert_line("\nheadroom_forward_silent_seconds{name=\"vm\"} 2\n");
    assert_line("\nheadroom_forward_rows_total{name=\"vm\",outcome=\"filtered\"} 43\n");
    assert_line("\nheadroom_forward_rows_pending{name=\"vm\",state=\"unsettled\"} 44\n");
    assert_line("\nheadroom_forward_lost_files_total{name=\"vm\"} 5\n");
    forwarders.of[0].state.problem[0] = '\0';
    ck_assert_uint_eq(ask("/api/v1/fleet"), 200);
    ck_assert(json_is_null(json_object_get(json_array_get(at("forwarders"), 0), "problem")));
}
END_TEST

static void check_families(void)
{
    static char seen[20000];
    char family[128] = "";

    seen[0] = '\0';
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        char name[130];
        if (sscanf(line, "# HELP %127s", family) == 1) {
            snprintf(name, sizeof name, "%s ", family);
            ck_assert_msg(strstr(seen, name) == NULL, "%s a second time", family);
            strcat(seen, name);
        } else if (line[0] != '#') {
            ck_assert_msg(strncmp(line, family, strlen(family)) == 0, "%s in %s", line, family);
        }
    }
}

START_TEST(a_node_says_where_it_is_heading)
{
    struct node *node = add_node("n1", "web", 40, 60000);

    for (unsigned i = 1; i <= 60; i++) {
        struct sample sample = {.seq = i + 1, .uptime_ms = 1000 + 1000 * i};
        sample_set_gauge(&sample, METRIC_CPU, 40 + i / 2.0);
        ring_push(&node->ring, NOW_MS - 60000 + 1000 * i, &sample);
    }
    node->seen_ms = NOW_MS;
    ck_assert_uint_eq(ask("/api/v1/nodes/n1"), 200);
    const json_t *cpu = json_object_get(at("outlook"), "cpu");
    ck_assert_double_eq_tol(number_at(cpu, "now"), 0.70, 0.01);
    ck_assert_double_eq_tol(number_at(cpu, "limit_in_s"), 20, 2); /* 0.5 % a second, up to 80 % */
    ck_assert_ptr_nonnull(strstr(json_string_value(json_object_get(cpu, "soon")), "above 80%"));

    node = add_node("n2", "web", 50, 60000);
    for (unsigned i = 1; i <= 60; i++) {
        struct sample sample = {.seq = i + 1, .uptime_ms = 1000 + 1000 * i};
        sample_set_gauge(&sample, METRIC_CPU, i < 60 ? 50 : 95);
        sample_set_gauge(&sample, METRIC_MEMORY, 99);
        ring_push(&node->ring, NOW_MS - 60000 + 1000 * i, &sample);
    }
    node->seen_ms = NOW_MS;
    ask("/api/v1/nodes/n2");
    const json_t *outlook = at("outlook");
    ck_assert_str_eq(json_string_value(json_object_get(json_object_get(outlook, "cpu"), "soon")),
                     "n2: cpu 95% now, above 80% for now");
    ck_assert_str_eq(json_string_value(json_object_get(json_object_get(outlook, "memory"), "soon")),
                     "n2: memory 99% now, full");
}
END_TEST

START_TEST(latencies_are_histograms)
{
    static struct histogram turns;
    static struct histogram cpus;
    static struct histogram syncs;

    cpus = (struct histogram){0};
    turns = (struct histogram){0};
    syncs = (struct histogram){0};
    histogram_add(&syncs, 6000, 1); /* us */
    histogram_add(&turns, 50, 3);   /* us */
    histogram_add(&turns, 20000, 1);
    histogram_add(&cpus, 2000, 1); /* us */
    world.turns_us = &turns;
    world.cpus_us = &cpus;
    world.syncs_us = &syncs;
    world.handshakes_us = &syncs;
    ck_assert_uint_eq(ask_in("/metrics", 5000), 200);
    ck_assert_ptr_nonnull(strstr(text, "\nheadroom_loop_turn_seconds_bucket{le=\"0.0001\"} 3\n"));
    ck_assert_ptr_nonnull(strstr(text, "\nheadroom_loop_turn_seconds_bucket{le=\"0.01\"} 3\n"));
    ck_assert_ptr_nonnull(strstr(text, "\nheadroom_loop_turn_seconds_bucket{le=\"0.05\"} 4\n"));
    ck_assert_ptr_nonnull(strstr(text, "\nheadroom_loop_turn_seconds_bucket{le=\"+Inf\"} 4\n"));
    ck_assert_ptr_nonnull(strstr(text, "\nheadroom_loop_turn_seconds_sum 0.02015\n"));
    ck_assert_ptr_nonnull(strstr(text, "\nheadroom_tls_handshake_seconds_sum 0.006\n"));
    ck_assert_ptr_nonnull(strstr(text, "\nheadroom_loop_turn_seconds_count 4\n"));
    ck_assert_ptr_nonnull(strstr(text, "\nheadroom_loop_turn_cpu_seconds_bucket{le=\"0.001\"} 0\n"));
    ck_assert_ptr_nonnull(strstr(text, "\nheadroom_loop_turn_cpu_seconds_bucket{le=\"0.005\"} 1\n"));
    ck_assert_ptr_nonnull(strstr(text, "\nheadroom_store_sync_seconds_bucket{le=\"0.005\"} 0\n"));
    ck_assert_ptr_nonnull(strstr(text, "\nheadroom_store_sync_seconds_bucket{le=\"0.01\"} 1\n"));
    ck_assert_ptr_nonnull(strstr(text, "\nheadroom_store_sync_seconds_sum 0.006\n"));
}
END_TEST

START_TEST(metrics_are_whole_families)
{
    char id[16];

    for (unsigned i = 0; i < 1000; i++) {
        snprintf(id, sizeof id, "g%u", i);
        decide(id, i + 1);
    }
    add_node("n1", "g1", 50, 0);
    hub.intake.account.acks = 12;
    ck_assert_uint_eq(ask_in("/metrics", 5000), 200);
    ck_assert_ptr_nonnull(strstr(text, "\nheadroom_acks_sent_total 12\n"));
    ck_assert_ptr_nonnull(strstr(text, "\nheadroom_group_desired_nodes{group=\"g999\"} 1000\n"));
    ck_assert_ptr_nonnull(strstr(text, "\nheadroom_agents_connected 3\n"));
    ck_assert_ptr_nonnull(strstr(text, "\nheadroom_group_utilisation_ratio{group=\"g1\",resource=\"cpu\"} 0.5\n"));
    ck_assert_ptr_null(strstr(text, "null"));
    check_families();
}
END_TEST

START_TEST(metrics_of_nodes_are_those_of_live_ones)
{
    char id[16];

    for (unsigned i = 0; i < 1000; i++) {
        snprintf(id, sizeof id, "n%u", i);
        add_node(id, "web", i / 10.0, i < 999 ? 0 : 20000);
    }
    ck_assert_uint_eq(ask_in("/metrics/nodes", 5000), 200);
    ck_assert_ptr_nonnull(strstr(text, "\nheadroom_node_cpu_ratio{group=\"web\",node=\"n500\"} 0.5\n"));
    ck_assert_ptr_nonnull(strstr(text, "\nheadroom_node_disk_read_bytes_total{group=\"web\",node=\"n500\"} 1000\n"));
    ck_assert_ptr_nonnull(strstr(text, "\nheadroom_node_up{group=\"web\",node=\"n999\"} 0\n"));
    ck_assert_ptr_null(strstr(text, "headroom_node_cpu_ratio{group=\"web\",node=\"n999\"}"));
    ck_assert_ptr_null(strstr(text, "null"));
    check_families();
}
END_TEST

START_TEST(a_node_that_is_asked_for_is_looked_at)
{
    struct node *node = add_node("n1", "web", 50, 0);
    struct node *other = add_node("n2", "web", 50, 0);

    node->report_ms = 5000;
    ask("/api/v1/nodes");
    ask("/api/v1/nodes/n3");
    ck_assert_uint_eq(world.looks, 0);
    ck_assert_uint_eq(node->looked_s, 0);
    ck_assert_uint_eq(ask("/api/v1/nodes/n1"), 200);
    ck_assert_double_eq(number_at(json, "report_ms"), 5000);
    ask("/api/v1/nodes/n1/series");
    ck_assert_uint_eq(world.looks, 1); /* it goes on */
    ck_assert_uint_eq(node->looked_s, NOW_MS / 1000 + 10);
    ck_assert_uint_eq(other->looked_s, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("answer");
    TCase *tcase = tcase_create("answer");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_group_says_what_stands_and_what_is_wanted);
    tcase_add_test(tcase, the_last_decision_of_a_group_is_shown_like_a_recorded_one);
    tcase_add_test(tcase, a_decision_is_shown_in_these_texts);
    tcase_add_test(tcase, conditions_and_what_was_ordered_by_hand_are_shown);
    tcase_add_test(tcase, signals_are_shown_with_what_is_missing);
    tcase_add_test(tcase, the_nodes_of_a_group_without_agents_are_those_of_a_signal);
    tcase_add_test(tcase, the_longest_reasons_are_shown_whole);
    tcase_add_test(tcase, a_group_without_max_has_none_in_any_response);
    tcase_add_test(tcase, no_data_is_an_error_and_never_a_number);
    tcase_add_test(tcase, no_number_is_given_while_the_size_of_a_group_is_not_known);
    tcase_add_test(tcase, the_course_of_a_group_and_what_is_expected);
    tcase_add_test(tcase, a_group_has_a_series_of_each_resource);
    tcase_add_test(tcase, a_series_has_what_was_assumed_and_ordered_by_hand);
    tcase_add_test(tcase, a_series_says_what_became_of_its_forecasts);
    tcase_add_test(tcase, a_series_has_the_times_of_schedules);
    tcase_add_test(tcase, each_group_has_its_last_half_hour);
    tcase_add_test(tcase, sparklines_have_a_resource_that_nodes_report);
    tcase_add_test(tcase, steps_of_sparklines_are_as_long_as_the_longest_tick);
    tcase_add_test(tcase, before_a_restart_only_demand_is_known);
    tcase_add_test(tcase, decisions_go_on_where_the_last_answer_ended);
    tcase_add_test(tcase, nodes_come_in_pages_and_filtered);
    tcase_add_test(tcase, what_passes_many_nodes_over_does_it_in_pieces);
    tcase_add_test(tcase, nodes_may_come_and_go_while_they_are_listed);
    tcase_add_test(tcase, a_node_tells_all_its_metrics_and_its_past);
    tcase_add_loop_test(tcase, a_node_says_when_its_certificate_expires, 0, sizeof certificates / sizeof *certificates);
    tcase_add_test(tcase, a_node_that_is_asked_for_is_looked_at);
    tcase_add_test(tcase, the_answer_of_a_node_that_is_forgotten_ends);
    tcase_add_test(tcase, the_fleets_account_and_its_health);
    tcase_add_test(tcase, each_number_of_the_fleets_account_is_its_own);
    tcase_add_test(tcase, forwarders_are_shown);
    tcase_add_test(tcase, the_fleet_says_where_agents_report);
    tcase_add_test(tcase, each_number_of_a_nodes_account_is_its_own);
    tcase_add_test(tcase, metrics_tell_the_account_too);
    tcase_add_test(tcase, a_node_above_high_is_marked);
    tcase_add_test(tcase, the_forecast_of_an_application_is_shown);
    tcase_add_test(tcase, a_node_whose_file_system_fills_is_marked);
    tcase_add_test(tcase, problems_are_listed);
    tcase_add_test(tcase, of_many_problems_the_most_severe_are_listed);
    tcase_add_test(tcase, a_node_says_when_its_file_system_is_full);
    tcase_add_test(tcase, a_node_says_where_it_is_heading);
    tcase_add_test(tcase, latencies_are_histograms);
    tcase_add_test(tcase, metrics_are_whole_families);
    tcase_add_test(tcase, metrics_of_nodes_are_those_of_live_ones);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
