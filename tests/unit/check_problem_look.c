/* A collector in some state, and the problems that a look finds in it. */
#include "collector/problems/problem_look.h"

#include "support/hub.h"
#include "support/suite.h"

#include <stdio.h>
#include <string.h>

#define NOW_MS  INT64_C(10000000)
#define WALL_MS INT64_C(1795950000000)
#define LOOK_MS INT64_C(5000)
#define DAY_S   INT64_C(86400)

static struct hub hub;
static struct conditions conditions;
static struct decision_history history;
static struct overrides overrides;
static struct fleet_counts counts;
static struct forwarders forwarders;
static struct alert_health health;
static struct histogram cpus_us;
static bool decisions_held;
static bool cut_short;
static int64_t http_cert_end_s;
static struct problem_look memory;
static struct problems problems;
static struct moment now;
static const struct problem_sources sources = {.registry = &hub.registry,
                                               .conditions = &conditions,
                                               .history = &history,
                                               .overrides = &overrides,
                                               .counts = &counts,
                                               .hub = &hub.intake,
                                               .forwarders = &forwarders,
                                               .alerts = &health,
                                               .decisions_held = &decisions_held,
                                               .cut_short = &cut_short,
                                               .cpus_us = &cpus_us,
                                               .http_cert_end_s = &http_cert_end_s};

static void setup(void)
{
    hub_init(&hub, 64, 5000, 1000);
    ck_assert_int_eq(conditions_init(&conditions), 0);
    ck_assert_int_eq(decision_history_init(&history, WALL_MS), 0);
    ck_assert_int_eq(fleet_counts_init(&counts), 0);
    forwarders = (struct forwarders){0};
    health = (struct alert_health){0};
    cpus_us = (struct histogram){0};
    memory = (struct problem_look){0};
    cut_short = false;
    http_cert_end_s = 0;
    now = (struct moment){NOW_MS, WALL_MS};
}

static void teardown(void)
{
    problems_deinit(&problems);
    fleet_counts_deinit(&counts);
    overrides_deinit(&overrides);
    decision_history_deinit(&history);
    conditions_deinit(&conditions);
    hub_deinit(&hub);
}

static void look_after(int64_t ms)
{
    now.now_ms += ms;
    now.wall_ms += ms;
    problem_look_begin(&memory, &sources, &now, &problems);
    while (problem_look_step(&memory, &sources, &now, &problems))
        ;
}

/* Whether there is a problem of the kind; all have to be about that, and have that text. NULL: there is none. */
static const struct problem *the(enum problem_kind kind)
{
    for (unsigned i = 0; i < problems.count; i++)
        if (problems.sorted[i]->key.kind == kind)
            return problems.sorted[i];
    return NULL;
}

static void must_be(enum problem_kind kind, const char *text)
{
    ck_assert_msg(the(kind) != NULL, "there is no %s", problem_kinds[kind].name);
    ck_assert_str_eq(the(kind)->text, text);
}

static void must_not_be(enum problem_kind kind)
{
    ck_assert_msg(the(kind) == NULL, "there is %s: %s", problem_kinds[kind].name, the(kind)->text);
}

/* A look right now: only this problem, and then none. */
static void must_be_only(enum problem_kind kind, const char *text)
{
    look_after(LOOK_MS);
    must_be(kind, text);
    ck_assert_uint_eq(problems.count, 1);
}

static void must_be_well(void)
{
    look_after(LOOK_MS);
    ck_assert_msg(problems.count == 0, "there is %s", problems.count > 0 ? problems.sorted[0]->text : "");
}

/* ---- groups ---- */

static struct condition *conditions_of(const char *name)
{
    static const bool well[CONDITION_COUNT] = {true, true, false, true, true, true};
    struct group *group = registry_ensure_group(&hub.registry, name);
    struct condition *of = conditions.groups[group->index].of;

    for (unsigned id = 0; id < CONDITION_COUNT; id++)
        conditions_set(&of[id], true, well[id], "all is well", WALL_MS - 1000);
    return of;
}

static void decide(const char *name, const struct decision *decision)
{
    struct moment when = {NOW_MS, WALL_MS};

    decision_history_note(&history, registry_ensure_group(&hub.registry, name), decision, &when);
}

static struct decision decision_to_order(void)
{
    struct decision decision = {.settings = SCALER_SETTINGS_DEFAULT};

    decision.settings.mode = MODE_FULL;
    decision.settings.actuator = ACTUATOR_HOOK;
    decision.settings.nodes_min = 2;
    decision.raw = 9;
    return decision;
}

START_TEST(conditions_are_problems)
{
    static const struct {
        enum condition_id id;
        enum problem_kind kind;
    } cases[] = {{CONDITION_ABLE_TO_SCALE, PROBLEM_ABLE_TO_SCALE},
                 {CONDITION_DATA_COMPLETE, PROBLEM_DATA_COMPLETE},
                 {CONDITION_LIMITED, PROBLEM_LIMITED},
                 {CONDITION_FORECAST_TRUSTED, PROBLEM_FORECAST_TRUSTED},
                 {CONDITION_SIGNALS_FRESH, PROBLEM_SIGNALS_FRESH},
                 {CONDITION_HELPING, PROBLEM_HELPING}};
    struct condition *of = conditions_of("web");
    const struct decision decision = decision_to_order();

    decide("web", &decision);
    must_be_well();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct condition *condition = &of[cases[i].id];
        conditions_set(condition, true, !condition->holds, "because", WALL_MS - 7);
        must_be_only(cases[i].kind, "web: because");
        ck_assert_int_eq(problems.sorted[0]->since_ms, WALL_MS - 7);
        ck_assert_str_eq(problems.sorted[0]->key.group, "web");
        conditions_set(condition, true, !condition->holds, "all is well", WALL_MS);
    }
    must_be_well();
}
END_TEST

START_TEST(where_nothing_is_to_be_ordered_nothing_is_wrong)
{
    struct decision decision = decision_to_order();
    struct override pause = {.kind = OVERRIDE_PAUSE, .group = "web", .set_ms = WALL_MS, .until_ms = WALL_MS + 1000};

    conditions_set(&conditions_of("web")[CONDITION_ABLE_TO_SCALE], true, false, "because", WALL_MS);
    must_be_well(); /* nothing is decided yet */
    decision.settings.mode = MODE_OBSERVE;
    decide("web", &decision);
    must_be_well();
    decision = decision_to_order();
    decision.observed.orders_elsewhere = true;
    decide("web", &decision);
    must_be_well();
    decision = decision_to_order();
    decide("web", &decision);
    must_be_only(PROBLEM_ABLE_TO_SCALE, "web: because");
    ck_assert_int_eq(overrides_set(&overrides, &pause), 0);
    look_after(LOOK_MS);
    must_not_be(PROBLEM_ABLE_TO_SCALE);
}
END_TEST

START_TEST(a_group_that_needs_less_than_min_lacks_nothing)
{
    struct decision decision = decision_to_order();

    conditions_set(&conditions_of("web")[CONDITION_LIMITED], true, true, "because", WALL_MS);
    decision.raw = 1;
    decide("web", &decision);
    must_be_well();
    decision.raw = 2;
    decide("web", &decision);
    must_be_only(PROBLEM_LIMITED, "web: because");
}
END_TEST

START_TEST(what_people_order_is_known_since_they_did)
{
    struct override override = {.kind = OVERRIDE_PIN,
                                .group = "web",
                                .nodes = 12,
                                .set_ms = WALL_MS - 25 * PROBLEM_HOUR_MS,
                                .until_ms = WALL_MS + PROBLEM_HOUR_MS};

    ck_assert_int_eq(overrides_set(&overrides, &override), 0);
    override.kind = OVERRIDE_ACTIVATE;
    ck_assert_int_eq(overrides_set(&overrides, &override), 0);
    look_after(LOOK_MS);
    ck_assert_uint_eq(problems.shown, 1);
    ck_assert_int_eq(the(PROBLEM_PINNED)->since_ms, override.set_ms);
    ck_assert_ptr_nonnull(strstr(the(PROBLEM_PINNED)->text, "web: pinned to 12 nodes until"));
    override.kind = OVERRIDE_PAUSE_IN;
    override.group[0] = 'd';
    ck_assert_int_eq(overrides_set(&overrides, &override), 0);
    look_after(LOOK_MS);
    ck_assert_uint_eq(problems.count, 2);
    ck_assert_str_eq(the(PROBLEM_PAUSED)->key.group, "deb");
}
END_TEST

START_TEST(a_look_at_many_groups_takes_several_steps)
{
    char name[16];
    unsigned steps = 0;

    for (unsigned i = 0; i < 200; i++) {
        snprintf(name, sizeof name, "g%u", i);
        conditions_set(&conditions_of(name)[CONDITION_HELPING], true, false, "because", WALL_MS);
    }
    problem_look_begin(&memory, &sources, &now, &problems);
    while (problem_look_step(&memory, &sources, &now, &problems))
        steps++;
    ck_assert_uint_gt(steps, 5);
    ck_assert_uint_eq(problems.shown, 200);
}
END_TEST

/* ---- nodes ---- */

static struct node *add_node(const char *id, bool is_missing)
{
    struct sample sample = {.seq = 1, .uptime_ms = 1000};
    struct node *node = registry_ensure_node(&hub.registry, id, 60000, NOW_MS);
    int64_t seen_ms = now.now_ms - (is_missing ? 400000 : 0);

    registry_assign(&hub.registry, node, registry_ensure_group(&hub.registry, "web"));
    node->reported = true;
    node->known_ms -= 3600000;
    node->seen_ms = seen_ms;
    ck_assert(ring_push(&node->ring, seen_ms, &sample));
    return node;
}

static void count_fleet(void)
{
    counts.known = false;
    while (!fleet_counts_step(&counts, &hub.registry, now.now_ms, 600000))
        ;
}

START_TEST(nodes_are_named)
{
    add_node("web-1", false);
    add_node("web-2", false);
    count_fleet();
    must_be_well();
    struct node *missing = add_node("web-3", true);
    count_fleet();
    must_be_only(PROBLEM_NODES_MISSING, "web: 1 of 3 nodes is missing: web-3");
    ck_assert_str_eq(problems.sorted[0]->node, "web-3");
    add_node("web-4", true);
    count_fleet();
    must_be_only(PROBLEM_NODES_MISSING, "web: 2 of 4 nodes are missing: web-3 and 1 more");
    ck_assert_str_eq(problems.sorted[0]->node, "");
    missing->clock_off = 1;
    count_fleet();
    look_after(0);
    must_be(PROBLEM_CLOCKS_OFF, "1 node has a clock that is off by more than 5 s: web-3");
    ck_assert_str_eq(the(PROBLEM_CLOCKS_OFF)->key.group, "");
}
END_TEST

/* Silence is one problem, the one with the names. What else is incomplete is another. */
START_TEST(missing_nodes_are_listed_once)
{
    struct decision decision = decision_to_order();
    struct condition *of = conditions_of("web");

    decision.observed.missing = 1;
    decide("web", &decision);
    conditions_set(&of[CONDITION_DATA_COMPLETE], true, false, "1 node is missing", WALL_MS - 1000);
    add_node("web-1", false);
    add_node("web-2", true);
    count_fleet();
    must_be_only(PROBLEM_NODES_MISSING, "web: 1 of 2 nodes is missing: web-2");
    decision.observed.resource[RESOURCE_CPU].unread = 1;
    decide("web", &decision);
    look_after(LOOK_MS);
    must_be(PROBLEM_DATA_COMPLETE, "web: 1 node is missing");
    ck_assert_uint_eq(problems.count, 2);
}
END_TEST

START_TEST(nodes_near_a_limit_are_problems)
{
    struct sample sample = {.seq = 2, .uptime_ms = 2000};
    struct node *node = add_node("web-1", false);

    add_node("web-2", false);
    node->outlook_logged = 1;
    count_fleet();
    must_be_only(PROBLEM_NODES_ABOVE_HIGH, "web: 1 of 2 nodes is above high, or will be within minutes: web-1");
    node->outlook_logged = 0;
    node->fills = true;
    sample_set_gauge(&sample, METRIC_FS, 93);
    ck_assert(ring_push(&node->ring, NOW_MS + 1000, &sample));
    count_fleet();
    must_be_only(PROBLEM_FILE_SYSTEMS_FILLING,
                 "web: 1 of 2 nodes has a file system that is full, or will be within six hours: web-1");
}
END_TEST

START_TEST(a_short_history_is_a_problem)
{
    struct node *node = NULL;

    hub.registry.history_ms = 600000;
    hub.registry.rings_bytes_max = 1;
    node = add_node("web-1", false);
    ck_assert_int_eq(registry_ready_ring(&hub.registry, node), 0);
    count_fleet();
    must_be_only(PROBLEM_MEMORY_MAX_REACHED,
                 "1 node has a history of only a few samples, because memory-max is used up: web-1");
}
END_TEST

/* ---- the collector ---- */

START_TEST(states_of_the_collector_are_problems)
{
    must_be_well();
    hub.intake.held = true;
    must_be_only(PROBLEM_STORE_HELD, "the disk can't be written; agents retain their samples");
    hub.intake.held = false;
    decisions_held = true;
    must_be_only(PROBLEM_DECISIONS_HELD, "decisions.csv can't be written; nothing is ordered meanwhile");
    decisions_held = false;
    cut_short = true;
    must_be_only(PROBLEM_RETAIN_SIZE_REACHED, "retain-size deletes samples before they are as old as retain");
    cut_short = false;
    conditions_set(&conditions.config_in_force, true, false, "line 3: unknown setting", WALL_MS);
    must_be_only(PROBLEM_CONFIG_IN_FORCE, "line 3: unknown setting");
    conditions_set(&conditions.config_in_force, true, true, "", WALL_MS);
    health = (struct alert_health){.failures = 2, .failing_ms = WALL_MS - 9, .why = "exit status 1 after 0.2 s"};
    must_be_only(PROBLEM_ALERT_PROGRAM_FAILING,
                 "the program of on-alert has failed 2 times in a row: exit status 1 after 0.2 s");
    ck_assert_int_eq(problems.sorted[0]->since_ms, WALL_MS - 9);
    health.failures = 0;
    must_be_well();
}
END_TEST

START_TEST(counts_are_problems_for_a_while_after_they_have_risen)
{
    hub.intake.account.missing[GAP_UNKNOWN] = 70; /* before the start */
    must_be_well();
    hub.intake.account.missing[GAP_ELSEWHERE] = 9;
    must_be_well();
    hub.intake.account.missing[GAP_UNKNOWN] = 71;
    must_be_only(PROBLEM_SAMPLES_MISSING, "1 sample is missing: gaps.csv lists them, with the reason");
    hub.intake.account.missing[GAP_UNKNOWN] = 75;
    look_after(10 * PROBLEM_MINUTE_MS);
    must_be(PROBLEM_SAMPLES_MISSING, "5 samples are missing: gaps.csv lists them, with the reason");
    look_after(14 * PROBLEM_MINUTE_MS);
    must_be(PROBLEM_SAMPLES_MISSING, "5 samples are missing: gaps.csv lists them, with the reason");
    look_after(PROBLEM_MINUTE_MS);
    must_not_be(PROBLEM_SAMPLES_MISSING);
    hub.intake.account.limits[INTAKE_LIMIT_GROUPS] = 1;
    hub.intake.account.limits[INTAKE_LIMIT_NODES] = 2;
    look_after(LOOK_MS);
    ck_assert_uint_eq(problems.count, 2);
    ck_assert_str_ne(problems.sorted[0]->key.subject, problems.sorted[1]->key.subject);
}
END_TEST

START_TEST(a_certificate_that_expires_is_a_problem)
{
    http_cert_end_s = WALL_MS / 1000 + 8 * DAY_S;
    must_be_well();
    http_cert_end_s = WALL_MS / 1000 + 2 * DAY_S;
    must_be_only(PROBLEM_CERTIFICATE_EXPIRES, "the certificate of the HTTP server expires in about 48 h");
    http_cert_end_s = WALL_MS / 1000 - DAY_S;
    must_be_only(PROBLEM_CERTIFICATE_EXPIRES, "the certificate of the HTTP server has expired");
}
END_TEST

START_TEST(a_slow_loop_is_a_problem)
{
    must_be_well();
    histogram_add(&cpus_us, 100, 1000);
    histogram_add(&cpus_us, 9000, 5);
    look_after(PROBLEM_TURNS_MS);
    ck_assert_uint_eq(problems.count, 0);
    histogram_add(&cpus_us, 100, 1000);
    histogram_add(&cpus_us, 9000, 20);
    must_be_well(); /* not before the period has ended */
    look_after(PROBLEM_TURNS_MS);
    must_be(PROBLEM_EVENT_LOOP_SLOW, "more than 1 % of the turns of the event loop use over 5 ms of CPU time");
    look_after(PROBLEM_TURNS_MS);
    ck_assert_uint_eq(problems.count, 0);
}
END_TEST

/* ---- forwarders ---- */

static void report(const char *name, enum forwarder_condition condition, uint64_t refused, uint64_t lost)
{
    struct forwarder *forwarder = &forwarders.of[0];

    forwarders.count = 1;
    *forwarder = (struct forwarder){.reported_ms = now.now_ms, .condition = condition};
    snprintf(forwarder->state.name, sizeof forwarder->state.name, "%s", name);
    forwarder->state.behind_ms = 420000;
    forwarder->state.rows[FORWARDER_REFUSED] = refused;
    forwarder->state.lost_files = lost;
}

START_TEST(forwarders_have_problems)
{
    report("vm", FORWARDER_OK, 5, 1);
    must_be_well();
    report("vm", FORWARDER_BEHIND, 5, 1);
    must_be_only(PROBLEM_FORWARDER_BEHIND, "engine vm: the forwarder is 7 min behind: it sends what is stored");
    ck_assert_str_eq(problems.sorted[0]->key.subject, "vm");
    report("vm", FORWARDER_OVERTAKEN, 5, 1);
    look_after(LOOK_MS);
    ck_assert_ptr_nonnull(the(PROBLEM_FORWARDER_OVERTAKEN));
    report("vm", FORWARDER_SILENT, 5, 1);
    must_be_only(PROBLEM_FORWARDER_SILENT,
                 "engine vm: the forwarder has not reported for a minute; no rows are sent to it");
    report("vm", FORWARDER_OK, 7, 1);
    must_be_only(PROBLEM_FORWARDER_REFUSED,
                 "engine vm: it refused 2 rows; forward-vm.refused.csv lists them, with its answer");
    look_after(PROBLEM_RISE_MS);
    report("vm", FORWARDER_OK, 0, 2); /* it has started again */
    must_be_only(PROBLEM_FORWARDER_LOST,
                 "engine vm: retain or retain-size deleted 1 file before the forwarder had sent the rows");
    report("mimir", FORWARDER_OK, 99, 99); /* another one, in its place */
    must_be_well();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("problem_look");
    TCase *tcase = tcase_create("core");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, conditions_are_problems);
    tcase_add_test(tcase, where_nothing_is_to_be_ordered_nothing_is_wrong);
    tcase_add_test(tcase, a_group_that_needs_less_than_min_lacks_nothing);
    tcase_add_test(tcase, what_people_order_is_known_since_they_did);
    tcase_add_test(tcase, a_look_at_many_groups_takes_several_steps);
    tcase_add_test(tcase, nodes_are_named);
    tcase_add_test(tcase, missing_nodes_are_listed_once);
    tcase_add_test(tcase, nodes_near_a_limit_are_problems);
    tcase_add_test(tcase, a_short_history_is_a_problem);
    tcase_add_test(tcase, states_of_the_collector_are_problems);
    tcase_add_test(tcase, counts_are_problems_for_a_while_after_they_have_risen);
    tcase_add_test(tcase, a_certificate_that_expires_is_a_problem);
    tcase_add_test(tcase, a_slow_loop_is_a_problem);
    tcase_add_test(tcase, forwarders_have_problems);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
