/* The log lines about nodes that go missing, return, leave or are forgotten. */
#include "collector/fleet/member_log.h"

#include "collector/fleet/membership.h"

#include "support/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define T       10000000
#define TICK_MS 5000
#define GONE_MS 60000

static struct registry registry;
static struct group_observation observed[GROUPS_MAX];
static struct collector_config config;
static struct observe_pass *pass;
static struct member_log member_log;
static char text[8192]; /* all lines of a tick; warnings begin with an exclamation mark */

static void setup(void)
{
    ck_assert_int_eq(registry_init(&registry, 60000), 0);
    config = (struct collector_config){.settings = SCALER_SETTINGS_DEFAULT, .gone_ms = GONE_MS};
    config.settings.tick_ms = TICK_MS;
    pass = calloc(1, sizeof *pass);
    ck_assert_ptr_nonnull(pass);
    member_log_init(&member_log, (struct log_limit){.interval_ms = 10000, .burst = 2});
}

static void teardown(void)
{
    registry_deinit(&registry);
    free(pass);
}

static struct node *node_of(const char *id, const char *group, int64_t seen_ms)
{
    struct node *node = registry_ensure_node(&registry, id, 1000, T);

    ck_assert_ptr_nonnull(node);
    if (node->group == NULL)
        registry_assign(&registry, node, registry_ensure_group(&registry, group));
    membership_on_reading(node, seen_ms);
    node->known_ms = seen_ms - 10000;
    return node;
}

static void on_line(bool is_warning, const char *line)
{
    size_t len = strlen(text);

    snprintf(text + len, sizeof text - len, "%s%s\n", is_warning ? "! " : "", line);
}

static const char *tick_at(int64_t now_ms)
{
    bool done = false;

    text[0] = '\0';
    observe_begin(pass, &registry, &config, now_ms, observed);
    while (!done) {
        done = observe_step(pass, 3);
        member_log_step(&member_log, pass, on_line);
    }
    return text;
}

START_TEST(each_change_of_a_node_has_its_line)
{
    struct node *node = node_of("a", "web", T);

    for (unsigned i = 0; i < 3; i++)
        node_of((const char *[]){"b", "c", "d"}[i], "web", T + 10 * GONE_MS);
    ck_assert_str_eq(tick_at(T), "");
    ck_assert_str_eq(tick_at(T + 5000),
                     "! node a (web) is missing: no sample for 5 s, and its agent is not connected\n");
    membership_on_reading(node, T + 9000);
    ck_assert_str_eq(tick_at(T + 10000), "node a (web) reports again\n");
    membership_on_goodbye(&registry, node, FAREWELL_RESTARTING, T + 11000);
    ck_assert_str_eq(tick_at(T + 15000), "node a (web): its agent restarts\n");
    membership_on_reading(node, T + 19000);
    ck_assert_str_eq(tick_at(T + 20000), "node a (web) reports again\n");
    membership_on_goodbye(&registry, node, FAREWELL_REBOOTING, T + 21000);
    ck_assert_str_eq(tick_at(T + 25000), "node a (web): its machine reboots\n");
    membership_on_goodbye(&registry, node, FAREWELL_MOVED, T + 26000);
    ck_assert_str_eq(tick_at(T + 30000), "node a (web): its agent has moved to another collector\n");
    membership_on_reading(node, T + 34000);
    ck_assert_str_eq(tick_at(T + 35000), "node a (web) reports again\n");
    membership_on_goodbye(&registry, node, FAREWELL_LEAVING, T + 36000);
    ck_assert_str_eq(tick_at(T + 40000), "node a (web) left: its agent said that it will not return\n");
    ck_assert_str_eq(tick_at(T + 36000 + GONE_MS + 1), "");
    membership_on_reading(node, T + 37000 + GONE_MS);
    tick_at(T + 38000 + GONE_MS);
    membership_note_removal(node, T + 39000 + GONE_MS);
    membership_on_goodbye(&registry, node, FAREWELL_LEAVING, T + 39000 + GONE_MS);
    ck_assert_str_eq(tick_at(T + 40000 + GONE_MS), "node a (web) left, as a scale-in ordered\n");
}
END_TEST

START_TEST(a_visitor_has_a_line_too)
{
    static const char line[] =
        "node a (web) is forgotten: it reported only for a moment, and its agent is not connected\n";
    struct node *node = node_of("a", "web", T);

    node->known_ms = T;
    (void)tick_at(T);
    ck_assert_str_eq(tick_at(T + 5000), line);
    membership_on_reading(node, T + 6000);
    (void)tick_at(T + 6000);
    membership_on_goodbye(&registry, node, FAREWELL_RESTARTING, T + 6000);
    ck_assert_str_eq(tick_at(T + 7000), "node a (web): its agent restarts\n");
    ck_assert_str_eq(tick_at(T + 10000), line);
}
END_TEST

START_TEST(who_is_forgotten_has_a_line_with_the_reason)
{
    struct node *node = node_of("a", "web", T);
    int64_t missing_ms = T + 5000;

    for (unsigned i = 0; i < 3; i++)
        node_of((const char *[]){"b", "c", "d"}[i], "web", T + 10 * GONE_MS);
    tick_at(T);
    tick_at(missing_ms);
    ck_assert_str_eq(tick_at(missing_ms + GONE_MS),
                     "node a (web) is forgotten: it was missing for longer than gone-after\n");
    membership_on_reading(node, missing_ms + GONE_MS + 1);
    tick_at(missing_ms + GONE_MS + 2);
    tick_at(missing_ms + GONE_MS + 10000);
    ck_assert(membership_forget(node, missing_ms + GONE_MS + 10000, GONE_MS));
    ck_assert_str_eq(tick_at(missing_ms + GONE_MS + 15000), "node a (web) is forgotten: it does not exist any more\n");
}
END_TEST

START_TEST(a_start_makes_no_lines_but_for_nodes_that_do_not_come)
{
    struct node *back = node_of("back", "web", T);
    struct node *lost = node_of("lost", "web", T);

    for (unsigned i = 0; i < 2; i++) {
        struct node *node = i == 0 ? back : lost;
        node->recovered = true;
        node->reported = false;
        node->known_ms = T;
    }
    ck_assert_str_eq(tick_at(T), "");
    membership_on_reading(back, T + 30000);
    ck_assert_str_eq(tick_at(T + 30000), "");
    ck_assert_str_eq(tick_at(T + 30001), "! node lost (web) has not reported since the start: it counts as missing\n");
}
END_TEST

START_TEST(a_flood_is_counted)
{
    char id[16];

    for (unsigned i = 0; i < 9; i++) {
        snprintf(id, sizeof id, "n%u", i);
        node_of(id, "web", i < 5 ? T : T + 10 * GONE_MS);
    }
    tick_at(T);
    const char *lines = tick_at(T + 5000);
    ck_assert_ptr_nonnull(strstr(lines, "node n0 (web) is missing"));
    ck_assert_ptr_nonnull(strstr(lines, "node n1 (web) is missing"));
    ck_assert_ptr_null(strstr(lines, "node n2"));
    ck_assert_ptr_nonnull(strstr(lines, "! group web: 5 nodes went missing at once; "));
    node_of("n0", "web", T + 6000);
    tick_at(T + 6000);
    ck_assert_ptr_nonnull(strstr(tick_at(T + 16000), "! 3 more nodes went missing\n"));
}
END_TEST

START_TEST(what_was_suppressed_is_logged_when_the_interval_is_over)
{
    char id[16];

    for (unsigned i = 0; i < 9; i++) {
        snprintf(id, sizeof id, "n%u", i);
        node_of(id, "web", i < 5 ? T : T + 10 * GONE_MS);
    }
    tick_at(T);
    tick_at(T + 5000);
    ck_assert_str_eq(tick_at(T + 14999), "");
    ck_assert_str_eq(tick_at(T + 15000), "! 3 more nodes went missing\n");
    ck_assert_str_eq(tick_at(T + 20000), "");
}
END_TEST

START_TEST(what_was_suppressed_is_logged_at_the_stop)
{
    char id[16];

    for (unsigned i = 0; i < 9; i++) {
        snprintf(id, sizeof id, "n%u", i);
        node_of(id, "web", i < 5 ? T : T + 10 * GONE_MS);
    }
    tick_at(T);
    tick_at(T + 5000);
    text[0] = '\0';
    member_log_finish(&member_log, on_line);
    member_log_finish(&member_log, on_line);
    ck_assert_str_eq(text, "! 3 more nodes went missing\n");
}
END_TEST

START_TEST(a_mass_loss_has_a_line_when_it_begins_and_ends)
{
    for (unsigned i = 0; i < 3; i++)
        node_of((const char *[]){"a", "b", "c"}[i], "web", T);
    tick_at(T);
    ck_assert_ptr_nonnull(strstr(tick_at(T + 5000), "headroom forget web --missing"));
    ck_assert_uint_eq(observed[0].lost_at_once, 3);
    ck_assert_ptr_null(strstr(tick_at(T + 10 * GONE_MS), "group"));
    for (unsigned i = 0; i < 3; i++)
        node_of((const char *[]){"a", "b", "c"}[i], "web", T + 10 * GONE_MS);
    ck_assert_ptr_nonnull(strstr(tick_at(T + 10 * GONE_MS + 1), "group web: all nodes that went missing at once"));
    ck_assert_uint_eq(observed[0].lost_at_once, 0);
    ck_assert_uint_eq(observed[0].live, 3);
    ck_assert_uint_eq(observed[0].joined, 0);
}
END_TEST

START_TEST(when_most_groups_lose_nodes_the_collector_suspects_its_network_once)
{
    for (unsigned i = 0; i < 3; i++) {
        node_of((const char *[]){"a", "b", "c"}[i], "web", T);
        node_of((const char *[]){"d", "e", "f"}[i], "db", T);
        node_of((const char *[]){"g", "h", "i"}[i], "cache", i == 0 ? T : T + 10 * GONE_MS);
    }
    tick_at(T);
    ck_assert_ptr_nonnull(strstr(tick_at(T + 5000), "! most groups have lost many nodes at once"));
    ck_assert_ptr_null(strstr(tick_at(T + 5 * GONE_MS), "most groups"));
    ck_assert_uint_eq(observed[2].missing, 1); /* a single one, and it is not forgotten either */
    for (unsigned i = 0; i < 3; i++) {
        node_of((const char *[]){"a", "b", "c"}[i], "web", T + 6 * GONE_MS);
        node_of((const char *[]){"d", "e", "f"}[i], "db", T + 6 * GONE_MS);
    }
    ck_assert_ptr_nonnull(strstr(tick_at(T + 6 * GONE_MS), "most groups are whole again"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("member_log");
    TCase *tests = tcase_create("member_log");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, each_change_of_a_node_has_its_line);
    tcase_add_test(tests, a_visitor_has_a_line_too);
    tcase_add_test(tests, who_is_forgotten_has_a_line_with_the_reason);
    tcase_add_test(tests, a_start_makes_no_lines_but_for_nodes_that_do_not_come);
    tcase_add_test(tests, a_flood_is_counted);
    tcase_add_test(tests, what_was_suppressed_is_logged_when_the_interval_is_over);
    tcase_add_test(tests, what_was_suppressed_is_logged_at_the_stop);
    tcase_add_test(tests, a_mass_loss_has_a_line_when_it_begins_and_ends);
    tcase_add_test(tests, when_most_groups_lose_nodes_the_collector_suspects_its_network_once);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
