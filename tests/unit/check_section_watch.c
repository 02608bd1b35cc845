#include "collector/fleet/section_watch.h"

#include "support/suite.h"

#include <stdio.h>
#include <string.h>

#define MINUTE_MS 60000
#define START_MS  INT64_C(5000000)

static struct registry registry;
static struct collector_config config;
static struct group_config groups[8];
static struct schedule schedules[2];
static struct section_watch watch;
static char line[1000];
static unsigned lines;

static void on_line(bool is_warning, const char *text)
{
    ck_assert(is_warning);
    snprintf(line, sizeof line, "%s", text);
    lines++;
}

static void setup(void)
{
    ck_assert_int_eq(registry_init(&registry, 600000), 0);
    config = (struct collector_config){.gone_ms = MINUTE_MS, .groups = groups, .schedules = schedules};
    lines = 0;
}

static void teardown(void)
{
    registry_deinit(&registry);
}

static void add_section(const char *name)
{
    snprintf(groups[config.group_count++].name, NAME_LEN_MAX + 1, "%s", name);
    section_watch_begin(&watch, &config, &registry, START_MS);
}

static void add_schedule(const char *name, const char *group)
{
    struct schedule *schedule = &schedules[config.schedule_count++];

    snprintf(schedule->name, sizeof schedule->name, "%s", name);
    snprintf(schedule->group, sizeof schedule->group, "%s", group);
    section_watch_begin(&watch, &config, &registry, START_MS);
}

static struct node *add_node(const char *id, const char *group, int64_t seen_ms)
{
    struct node *node = registry_ensure_node(&registry, id, 1000, seen_ms);

    registry_assign(&registry, node, registry_ensure_group(&registry, group));
    node->reported = true;
    node->known_ms -= 10000;
    node->seen_ms = seen_ms;
    return node;
}

static void look(int64_t minute)
{
    section_watch_see(&watch, &registry, 0, NODES_MAX, START_MS + minute * MINUTE_MS, config.gone_ms);
    section_watch_look(&watch, &config, &registry, START_MS + minute * MINUTE_MS, on_line);
}

START_TEST(a_section_without_nodes_is_told_once_and_after_a_reload)
{
    add_section("wbe");
    add_section("web");
    struct node *node = add_node("web-1", "web", START_MS);
    for (int64_t minute = 1; minute <= 30; minute++) {
        node->seen_ms = START_MS + minute * MINUTE_MS;
        look(minute);
        ck_assert_uint_eq(lines, minute >= 10);
    }
    ck_assert_str_eq(line, "no node has been of these groups for 10 min; check the names of their sections: "
                           "[group wbe]");
    section_watch_begin(&watch, &config, &registry, START_MS + 30 * MINUTE_MS);
    node->seen_ms = START_MS + 40 * MINUTE_MS;
    look(39);
    ck_assert_uint_eq(lines, 1);
    look(40);
    ck_assert_uint_eq(lines, 2);
}
END_TEST

START_TEST(a_group_that_empties_is_told_ten_minutes_later)
{
    add_section("web");
    add_node("web-1", "web", START_MS + 20 * MINUTE_MS);
    look(20);
    for (int64_t minute = 21; minute <= 40; minute++) {
        look(minute);
        ck_assert_uint_eq(lines, minute >= 31); /* the node is gone after a minute */
    }
}
END_TEST

START_TEST(a_group_with_a_section_exists_before_its_first_node)
{
    add_section("web");
    ck_assert_ptr_nonnull(registry_find_group(&registry, "web"));
    ck_assert_uint_eq(registry.group_count, 1);
    section_watch_begin(&watch, &config, &registry, START_MS);
    ck_assert_uint_eq(registry.group_count, 1);
}
END_TEST

START_TEST(a_group_that_only_a_schedule_names_is_configured)
{
    add_section("web");
    add_node("web-1", "web", START_MS + 10 * MINUTE_MS);
    add_schedule("day", "web");
    add_schedule("night", "batch");
    ck_assert_ptr_nonnull(registry_find_group(&registry, "batch"));
    ck_assert(collector_config_names(&config, "batch"));
    ck_assert(!collector_config_names(&config, "night"));
    look(10);
    ck_assert_uint_eq(lines, 1);
    ck_assert_ptr_nonnull(strstr(line, "sections: [schedule night] with group = batch"));
}
END_TEST

START_TEST(a_group_that_a_signal_names_exists_and_may_be_without_nodes)
{
    struct signal_settings signal = {.name = "jobs", .group = "batch"};

    config.signals = &signal;
    config.signal_count = 1;
    section_watch_begin(&watch, &config, &registry, START_MS);
    ck_assert_ptr_nonnull(registry_find_group(&registry, "batch"));
    add_section("batch");
    look(10);
    ck_assert_uint_eq(lines, 0);
}
END_TEST

START_TEST(many_are_told_in_one_line)
{
    for (unsigned i = 0; i < 8; i++) {
        char name[8];
        snprintf(name, sizeof name, "g%u", i);
        add_section(name);
    }
    look(10);
    ck_assert_uint_eq(lines, 1);
    ck_assert_ptr_nonnull(strstr(line, "[group g0], [group g1], [group g2], [group g3], [group g4] and 3 more"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("section_watch");
    TCase *tcase = tcase_create("section_watch");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_section_without_nodes_is_told_once_and_after_a_reload);
    tcase_add_test(tcase, a_group_that_empties_is_told_ten_minutes_later);
    tcase_add_test(tcase, a_group_with_a_section_exists_before_its_first_node);
    tcase_add_test(tcase, a_group_that_only_a_schedule_names_is_configured);
    tcase_add_test(tcase, a_group_that_a_signal_names_exists_and_may_be_without_nodes);
    tcase_add_test(tcase, many_are_told_in_one_line);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
