/* The candidates of a scale-in, gathered from the registry; scaler/victims.h chooses among them. */
#include "collector/autoscale/victim_list.h"

#include "collector/fleet/membership.h"

#include "support/cases.h"
#include "support/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOW_MS  INT64_C(10000000)
#define LEAD_MS INT64_C(60000)
#define GONE_MS 600000

static struct registry registry;
static struct group *web;
static struct decision decision;
static struct victim_list list;

static void begin(void)
{
    ck_assert_int_eq(registry_init(&registry, 600000), 0);
    web = registry_ensure_group(&registry, "web");
    list = (struct victim_list){0};
}

static void end(void)
{
    victim_list_deinit(&list);
    registry_deinit(&registry);
}

/* A node that reports, and whose run has that id. */
static struct node *put_node(const char *id, int64_t first_s, double cpu, uint64_t instance)
{
    struct sample sample = {.seq = 1, .uptime_ms = 1};
    struct node *node = registry_ensure_node(&registry, id, 1000, first_s * 1000);

    ck_assert_ptr_nonnull(node);
    ck_assert_ptr_nonnull(registry_ensure_instance(node, instance));
    registry_assign(&registry, node, web);
    node->cpu_milli = 2000;
    node->reported = true;
    node->seen_ms = NOW_MS;
    node->joined_ms = NEVER_JOINED;
    if (cpu >= 0)
        sample_set_gauge(&sample, METRIC_CPU, cpu);
    sample_set_gauge(&sample, METRIC_MEMORY, 20);
    ck_assert(ring_push(&node->ring, NOW_MS, &sample));
    return node;
}

/* Chooses for a decision to go from so many nodes to so many. */
static void choose(unsigned from, unsigned to)
{
    decision = (struct decision){
        .now_ms = NOW_MS, .settings = SCALER_SETTINGS_DEFAULT, .action = ACTION_DOWN, .current = from, .desired = to};
    decision.settings.victims = VICTIMS_NEWEST;
    decision.lead_ms = LEAD_MS;
    decision.observed.live = from;
    decision.existing = from;
    decision.carrying = from;
    decision.victims = from - to;
    decision.observed.resource[RESOURCE_CPU] =
        (struct resource_observation){.demand = 0.2 * from, .capacity = 2.0 * from, .nodes = from};
    ck_assert_int_eq(victim_list_choose(&list, &registry, web, &decision, GONE_MS), 0);
}

static bool stands(void)
{
    return victim_list_stands(&list, &registry, web, NOW_MS, GONE_MS);
}

START_TEST(nodes_of_the_group_that_report_are_named)
{
    put_node("web-1", 1, 10, 11);
    put_node("web-2", 2, 10, 12);
    put_node("web-3", 3, 10, 13);
    put_node("web-4", 4, 10, 14)->seen_ms = NOW_MS - 60000; /* silent */
    struct node *other = put_node("db-1", 5, 10, 15);
    registry_assign(&registry, other, registry_ensure_group(&registry, "db"));
    choose(3, 2);
    ck_assert_uint_eq(list.count, 1);
    ck_assert_str_eq(list.victims[0].node_id, "web-3");
    ck_assert_uint_eq(list.victims[0].instance, 13);
    char **names = victim_list_names(&list);
    ck_assert_str_eq(names[0], "web-3");
    free(names);
}
END_TEST

START_TEST(victims_stand_while_they_are_the_same)
{
    put_node("web-1", 1, 10, 11);
    put_node("web-2", 2, 10, 12);
    struct node *victim = put_node("web-3", 3, 10, 13);
    choose(3, 2);
    ck_assert(stands());
    victim->seen_ms = NOW_MS - 60000; /* silent */
    ck_assert(!stands());
    victim->seen_ms = NOW_MS;
    registry_assign(&registry, victim, registry_ensure_group(&registry, "db"));
    ck_assert(!stands());
    registry_assign(&registry, victim, web);
    ck_assert(stands());
    ck_assert_ptr_nonnull(registry_ensure_instance(victim, 14)); /* it has returned as a new one */
    ck_assert(!stands());
}
END_TEST

START_TEST(a_node_that_was_named_and_has_not_gone_goes_first)
{
    struct node *named = put_node("web-1", 1, 10, 11);

    put_node("web-2", 2, 10, 12);
    put_node("web-3", 3, 10, 13);
    membership_note_removal(named, NOW_MS);
    choose(3, 2);
    ck_assert_uint_eq(list.count, 1);
    ck_assert_str_eq(list.victims[0].node_id, "web-1");
    victim_list_deinit(&list);
    named->removal_s = (uint32_t)(NOW_MS / 1000);
    choose(3, 2);
    ck_assert_str_eq(list.victims[0].node_id, "web-3");
}
END_TEST

START_TEST(a_node_that_protects_itself_is_no_victim)
{
    put_node("web-1", 1, 10, 11);
    struct node *victim = put_node("web-2", 2, 10, 12);
    struct node *leader = put_node("web-3", 3, 10, 13);
    leader->protects = true;
    choose(3, 2);
    ck_assert_str_eq(list.victims[0].node_id, "web-2");
    ck_assert(stands());
    victim->protects = true; /* since it was chosen */
    ck_assert(!stands());
}
END_TEST

/* Its samples are late, and it is connected. */
START_TEST(a_node_whose_newest_reading_is_old_is_no_victim)
{
    put_node("web-1", 1, 10, 11);
    put_node("web-2", 2, 10, 12);
    struct node *late = put_node("web-3", 3, 10, 13);
    late->seen_ms = NOW_MS - LEAD_MS - (int64_t)SETTING_MINUTE_MS;
    late->heard_ms = NOW_MS;
    late->life_ms = 60000;
    late->intake = (struct intake *)1;
    ck_assert_int_eq(registry_liveness(late, NOW_MS, GONE_MS), NODE_LIVE);
    choose(3, 2);
    ck_assert_str_eq(list.victims[0].node_id, "web-2");
}
END_TEST

/* It may be the busiest of all. */
START_TEST(a_node_without_a_reading_that_others_have_stays)
{
    put_node("web-1", 1, 10, 11);
    put_node("web-2", 2, 10, 12);
    put_node("web-3", 3, -1, 13);
    choose(3, 2);
    ck_assert_str_eq(list.victims[0].node_id, "web-2");
}
END_TEST

static void put_app(struct node *node, int64_t time_ms, double load)
{
    struct sample sample = {.seq = 1, .uptime_ms = (uint64_t)time_ms};

    sample_set_gauge(&sample, METRIC_CPU, 10);
    sample_set_gauge(&sample, METRIC_MEMORY, 20);
    if (load >= 0) {
        sample_set_gauge(&sample, METRIC_APP_LOAD, load);
        sample_set_gauge(&sample, METRIC_APP_CAPACITY, 100);
    }
    ck_assert(ring_push(&node->ring, time_ms, &sample));
    node->seen_ms = time_ms;
}

/* One without an application is as good as any; one whose number does not come may be the busiest of all. */
START_TEST(a_node_whose_application_says_nothing_now_stays)
{
    put_app(put_node("web-1", 1, 10, 11), NOW_MS + 1, 10);
    put_node("web-2", 2, 10, 12);
    struct node *late = put_node("web-3", 3, 10, 13);
    put_app(late, NOW_MS + 1, 10);
    ring_shift(&late->ring, -60000);
    put_app(late, NOW_MS, -1);
    choose(3, 2);
    ck_assert_str_eq(list.victims[0].node_id, "web-2");
}
END_TEST

START_TEST(an_actuator_that_chooses_itself_gets_no_names)
{
    put_node("web-1", 1, 10, 11);
    put_node("web-2", 2, 10, 12);
    decision = (struct decision){.now_ms = NOW_MS, .settings = SCALER_SETTINGS_DEFAULT, .action = ACTION_DOWN};
    decision.settings.victims = VICTIMS_ANY;
    decision.current = decision.existing = decision.carrying = decision.observed.live = 2;
    decision.desired = decision.victims = 1;
    ck_assert_int_eq(victim_list_choose(&list, &registry, web, &decision, GONE_MS), 0);
    ck_assert_uint_eq(list.count, 0);
    ck_assert_ptr_null(victim_list_names(&list));
    ck_assert(stands());
}
END_TEST

/* More would not fit on a command line. */
START_TEST(names_are_limited)
{
    enum { NODES = 3 * VICTIMS_MAX };

    for (unsigned i = 0; i < NODES; i++) {
        char id[16];
        snprintf(id, sizeof id, "web-%u", i);
        put_node(id, i, 1, i + 1);
    }
    choose(NODES, NODES / 2);
    ck_assert_uint_eq(list.count, VICTIMS_MAX);
    ck_assert_uint_eq(decision.victims, VICTIMS_MAX);
    ck_assert_uint_eq(decision.to, NODES - VICTIMS_MAX);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("victim_list");

    CASES_ADD(suite, "victim_list", begin, end, nodes_of_the_group_that_report_are_named,
              victims_stand_while_they_are_the_same, a_node_that_was_named_and_has_not_gone_goes_first,
              a_node_that_protects_itself_is_no_victim, a_node_whose_newest_reading_is_old_is_no_victim,
              a_node_whose_application_says_nothing_now_stays, a_node_without_a_reading_that_others_have_stays,
              an_actuator_that_chooses_itself_gets_no_names, names_are_limited);
    return suite_run(suite);
}
