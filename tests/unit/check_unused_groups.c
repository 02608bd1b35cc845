/* A flood of names of groups takes all places for ten minutes at most. */
#include "collector/autoscale/unused_groups.h"

#include "support/cases.h"
#include "support/suite.h"

#include <stdio.h>
#include <string.h>

#define TICK_MS  15000
#define BEGIN_MS 1000000
#define TEN_MIN  600000
#define PLACES   (GROUPS_MAX - GROUPS_RESERVED)

static struct collector_config config;
static struct registry registry;
static struct segments segments;
static struct decision_rows rows;
static struct decision_history history;
static struct hook_queue queue;
static struct scaling scaling;
static struct scaling_outcome outcome;
static struct backlog backlog;
static int64_t now_ms;

static void begin(void)
{
    const struct hook_queue_limits limits = {
        .fresh = 1, .all = 1, .timed_out = 1, .wait_min_ms = 1000, .wait_max_ms = 60000};
    const struct scaling_parts parts = {.registry = &registry, .config = &config, .rows = &rows, .history = &history};

    config = (struct collector_config){.settings = SCALER_SETTINGS_DEFAULT, .gone_ms = 60000, .on_scale = "/hook"};
    config.settings.tick_ms = TICK_MS;
    now_ms = BEGIN_MS;
    backlog = (struct backlog){0};
    ck_assert_int_eq(registry_init(&registry, 60000), 0);
    ck_assert_int_eq(decision_rows_init(&rows, &segments), 0);
    ck_assert_int_eq(decision_history_init(&history, 1), 0);
    ck_assert_int_eq(hook_queue_init(&queue, &limits, 1), 0);
    ck_assert_int_eq(scaling_init(&scaling, &parts, &queue, 1), 0);
}

static void end(void)
{
    scaling_deinit(&scaling);
    hook_queue_deinit(&queue);
    decision_history_deinit(&history);
    decision_rows_deinit(&rows);
    registry_deinit(&registry);
}

/* A node says Hello in the group and sends a sample. NULL: there is no place. */
static struct node *report(const char *id, const char *group_name)
{
    struct node *node = registry_ensure_node(&registry, id, 1000, now_ms);
    struct group *group = registry_join_group(&registry, group_name);
    struct sample sample = {.seq = (uint64_t)now_ms, .uptime_ms = 1};

    if (group == NULL)
        return NULL;
    registry_assign(&registry, node, group);
    if (!registry_place_group(&registry, node))
        return NULL;
    node->cpu_milli = 1000;
    node->reported = true;
    node->seen_ms = now_ms;
    sample_set_gauge(&sample, METRIC_CPU, 50);
    ck_assert(ring_push(&node->ring, now_ms, &sample));
    return node;
}

/* As many names as there are places: x0 of the group g0, and so on. */
static void flood(unsigned first, unsigned last)
{
    char id[16];
    char group[16];

    for (unsigned i = first; i <= last; i++) {
        snprintf(id, sizeof id, "x%u", i);
        snprintf(group, sizeof group, "g%u", i);
        ck_assert_ptr_nonnull(report(id, group));
    }
}

static void tick(void)
{
    const struct moment now = {.now_ms = now_ms, .wall_ms = 1700000000000};

    scaling_begin(&scaling, now_ms);
    while (scaling_step(&scaling, &now, &outcome) != SCALING_DONE)
        continue;
}

/* Housekeeping for so many minutes. Returns how many groups were given back. */
static unsigned keep_house(unsigned minutes)
{
    unsigned count = 0;

    for (unsigned i = 0; i < minutes; i++) {
        now_ms += 60000;
        count += unused_groups_give_back(&scaling, &registry, &backlog, now_ms);
    }
    return count;
}

START_TEST(places_that_a_flood_took_are_given_back)
{
    ck_assert_ptr_nonnull(report("n1", "web"));
    flood(1, PLACES - 1);
    tick();
    struct node *liar = registry_find_node(&registry, "x7");
    unsigned index = liar->group->index;
    ck_assert_ptr_nonnull(scaling.groups[index].scaler);
    ck_assert_ptr_null(report("n2", "db"));

    ck_assert_uint_eq(keep_house(9), 0);
    for (unsigned i = 0; i < 10; i++) { /* web goes on */
        report("n1", "web");
        keep_house(1);
    }
    tick();
    ck_assert_uint_eq(registry.vacant_groups, PLACES - 1);
    ck_assert_ptr_null(liar->group);
    ck_assert_ptr_null(scaling.groups[index].scaler);
    ck_assert(!history.groups[index].decided);
    const struct decision_history_decision *logged = decision_history_after(&history, 0);
    ck_assert_str_eq(logged->group, "web");
    ck_assert_str_eq(decision_history_after(&history, logged->id)->group, "g1"); /* what was logged stays */

    struct node *n2 = report("n2", "db");
    ck_assert_ptr_nonnull(n2);
    ck_assert_uint_eq(registry.group_count, PLACES);
    ck_assert_ptr_eq(registry.groups[n2->group->index], n2->group);
    ck_assert_uint_eq(registry.vacant_groups, PLACES - 2);
    report("n1", "web");
    tick();
    ck_assert_uint_eq(scaling.observed[n2->group->index].live, 1);
    ck_assert_uint_eq(scaling.observed[registry_find_node(&registry, "n1")->group->index].live, 1);
}
END_TEST

START_TEST(a_group_that_something_holds_stays)
{
    struct override pin = {.kind = OVERRIDE_PIN, .group = "g3", .nodes = 2};

    flood(1, PLACES);
    tick();
    ck_assert_int_eq(overrides_set(&scaling.overrides, &pin), 0);
    config.scale_groups = SCALE_GROUPS_ANY;
    ck_assert_uint_eq(keep_house(20), 0);
    config.scale_groups = SCALE_GROUPS_CONFIGURED;
    backlog.writing = true;
    ck_assert_uint_eq(keep_house(20), 0);
    backlog.writing = false;
    registry_pin(&registry);
    ck_assert_uint_eq(keep_house(20), 0);
    registry_unpin(&registry);
    ck_assert_uint_eq(keep_house(GROUP_UNUSED_LOOKS), PLACES - 1);
    ck_assert(!registry_find_group(&registry, "g3")->vacant);
}
END_TEST

START_TEST(where_places_are_not_short_groups_stay)
{
    flood(1, PLACES / 2);
    tick();
    ck_assert_uint_eq(keep_house(60), 0);
}
END_TEST

START_TEST(a_vacant_group_is_taken_back_by_its_node)
{
    flood(1, PLACES);
    tick();
    ck_assert_uint_eq(keep_house(20), PLACES);
    const struct group *before = registry_find_group(&registry, "g5");
    ck_assert(before->vacant);
    const struct node *node = report("x5", "g5");
    ck_assert_ptr_eq(node->group, before);
    ck_assert(!before->vacant);
    ck_assert_uint_eq(registry.vacant_groups, PLACES - 1);
    for (unsigned i = PLACES + 1; i < 2 * PLACES; i++)
        flood(i, i);
    ck_assert_ptr_eq(registry_find_group(&registry, "g5"), before);
    ck_assert_ptr_null(report("n2", "db"));
}
END_TEST

START_TEST(a_section_of_the_configuration_gets_a_place_of_a_vacant_group)
{
    char name[16];

    flood(1, PLACES);
    for (unsigned i = 0; i < GROUPS_RESERVED; i++) {
        snprintf(name, sizeof name, "section%u", i);
        ck_assert_ptr_nonnull(registry_ensure_group(&registry, name));
    }
    ck_assert_ptr_null(registry_ensure_group(&registry, "late"));
    ck_assert_uint_ge(keep_house(20), PLACES);
    registry_pin(&registry); /* a worker reads names */
    ck_assert_ptr_null(registry_ensure_group(&registry, "late"));
    registry_unpin(&registry);
    ck_assert_ptr_nonnull(registry_ensure_group(&registry, "late"));
    ck_assert_uint_eq(registry.group_count, GROUPS_MAX);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("unused_groups");

    CASES_ADD(suite, "unused_groups", begin, end, places_that_a_flood_took_are_given_back,
              a_group_that_something_holds_stays, where_places_are_not_short_groups_stay,
              a_vacant_group_is_taken_back_by_its_node, a_section_of_the_configuration_gets_a_place_of_a_vacant_group);
    return suite_run(suite);
}
