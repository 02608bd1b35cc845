/* Farewells, returns, renames, and who is forgotten. */
#include "collector/fleet/membership.h"

#include "support/suite.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define T       10000000
#define WALL_MS INT64_C(1700000000000)
#define GONE_MS 600000
#define LIFE_MS 10000

static struct registry registry;
static struct group *web, *db;
static struct node *node;

static struct node *node_of(const char *id, struct group *group, int64_t seen_ms)
{
    struct node *made = registry_ensure_node(&registry, id, 1000, T);

    ck_assert_ptr_nonnull(made);
    made->group = group;
    made->presence = PRESENCE_PRESENT;
    membership_on_reading(made, seen_ms);
    made->known_ms = T - 10000;
    return made;
}

static void setup(void)
{
    ck_assert_int_eq(registry_init(&registry, 60000), 0);
    web = registry_ensure_group(&registry, "web");
    db = registry_ensure_group(&registry, "db");
    node = node_of("a", web, T);
}

static void teardown(void)
{
    registry_deinit(&registry);
}

static enum liveness liveness_at(int64_t after_ms)
{
    return registry_liveness(node, T + after_ms, GONE_MS);
}

static void say_goodbye(enum farewell farewell)
{
    membership_on_goodbye(&registry, node, farewell, T);
}

/* ---- farewells ---- */

START_TEST(an_agent_that_restarts_has_a_minute_then_its_node_is_missing_then_gone)
{
    say_goodbye(FAREWELL_RESTARTING);
    ck_assert_int_eq(liveness_at(0), NODE_RETURNING);
    ck_assert_int_eq(liveness_at(60000), NODE_RETURNING);
    ck_assert_int_eq(liveness_at(60001), NODE_MISSING);
    ck_assert_int_eq(liveness_at(60000 + GONE_MS), NODE_MISSING);
    ck_assert_int_eq(liveness_at(60001 + GONE_MS), NODE_GONE);
}
END_TEST

START_TEST(a_machine_that_reboots_has_the_lead_time_if_that_is_longer)
{
    say_goodbye(FAREWELL_REBOOTING);
    ck_assert_int_eq(liveness_at(60000), NODE_RETURNING);
    ck_assert_int_eq(liveness_at(60001), NODE_MISSING);
    web->lead_time_ms = 300000;
    ck_assert_int_eq(liveness_at(300000), NODE_RETURNING);
    ck_assert_int_eq(liveness_at(300001), NODE_MISSING);
}
END_TEST

START_TEST(a_node_that_leaves_is_gone_after_its_grace)
{
    say_goodbye(FAREWELL_LEAVING);
    ck_assert_int_eq(liveness_at(60000), NODE_LEAVING);
    ck_assert_int_eq(liveness_at(60001), NODE_GONE);
}
END_TEST

START_TEST(a_node_that_leaves_as_it_was_ordered_to_is_gone_at_once)
{
    membership_note_removal(node, T - 1);
    say_goodbye(FAREWELL_LEAVING);
    ck_assert_int_eq(liveness_at(0), NODE_LEAVING); /* the order was over */
    membership_note_removal(node, T);
    say_goodbye(FAREWELL_RESTARTING);
    ck_assert_int_eq(liveness_at(0), NODE_RETURNING);
    ck_assert_uint_eq(web->left_by_order, 0);
    say_goodbye(FAREWELL_LEAVING);
    ck_assert_int_eq(liveness_at(0), NODE_GONE);
    ck_assert_uint_eq(web->left_by_order, 1);
    membership_on_reading(node, T + 1);
    say_goodbye(FAREWELL_LEAVING);
    ck_assert_int_eq(liveness_at(0), NODE_LEAVING); /* once */
}
END_TEST

START_TEST(a_node_whose_agent_moved_is_missing_until_it_is_forgotten_or_back)
{
    say_goodbye(FAREWELL_MOVED);
    ck_assert_int_eq(liveness_at(0), NODE_MISSING);
    ck_assert_int_eq(liveness_at(100 * GONE_MS), NODE_MISSING);
    membership_on_hello(node, LIFE_MS, T + 5000);
    ck_assert_int_eq(liveness_at(5000), NODE_RETURNING);
    membership_on_reading(node, T + 6000);
    ck_assert_int_eq(liveness_at(6000), NODE_LIVE);
}
END_TEST

START_TEST(a_farewell_ends_with_a_sample_that_was_taken_after_it)
{
    say_goodbye(FAREWELL_RESTARTING);
    membership_on_hello(node, LIFE_MS, T + 2000);
    ck_assert_int_eq(liveness_at(2000), NODE_RETURNING);
    membership_on_reading(node, T - 500); /* from the spool */
    ck_assert_int_eq(liveness_at(2000), NODE_RETURNING);
    membership_on_reading(node, T + 2500);
    ck_assert_int_eq(liveness_at(2500), NODE_LIVE);
}
END_TEST

static const enum farewell finals[] = {FAREWELL_LEAVING, FAREWELL_GONE};

START_TEST(a_node_that_had_left_comes_back_as_a_new_one)
{
    say_goodbye(finals[_i]);
    membership_on_hello(node, LIFE_MS, T + 2000);
    ck_assert_int_eq(liveness_at(2000), NODE_NEW);
    membership_on_reading(node, T + 2500);
    ck_assert_int_eq(liveness_at(2500), NODE_LIVE);
}
END_TEST

START_TEST(one_that_was_given_up_by_time_too)
{
    node->presence = PRESENCE_ABSENT;
    membership_on_hello(node, LIFE_MS, T + 2 * GONE_MS);
    ck_assert_int_eq(liveness_at(2 * GONE_MS), NODE_NEW);
}
END_TEST

/* ---- visitors ---- */

/* However long it was connected before. */
START_TEST(a_node_that_sent_one_sample_is_a_visitor)
{
    struct node *visitor = registry_ensure_node(&registry, "v", 1000, T - 60000);

    ck_assert_ptr_nonnull(visitor);
    visitor->group = web;
    membership_on_reading(visitor, T);
    ck_assert_int_eq(registry_liveness(visitor, T + 3001, GONE_MS), NODE_GONE);
    membership_on_reading(visitor, T + 10000);
    ck_assert_int_eq(registry_liveness(visitor, T + 13001, GONE_MS), NODE_MISSING);
}
END_TEST

/* ---- late samples ---- */

START_TEST(late_samples_with_signs_of_life_are_of_a_live_node)
{
    node->intake = (struct intake *)node; /* any */
    membership_on_hello(node, LIFE_MS, T + 60000);
    ck_assert_int_eq(liveness_at(70000), NODE_LIVE);
    ck_assert_int_eq(liveness_at(70001), NODE_MISSING); /* silent though connected */
    node->heard_ms = T + GONE_MS;
    ck_assert_int_eq(liveness_at(GONE_MS), NODE_LIVE);
    ck_assert_int_eq(liveness_at(GONE_MS + 1), NODE_MISSING); /* without any reading for that long */
    node->intake = NULL;
    ck_assert_int_eq(liveness_at(GONE_MS + 1), NODE_MISSING);
    ck_assert_int_eq(liveness_at(2 * GONE_MS + 1), NODE_GONE);
}
END_TEST

/* ---- a mass loss ---- */

START_TEST(nodes_of_a_mass_loss_are_not_forgotten_by_time)
{
    const struct mass_loss_tick tick = {.now_ms = T + 60000, .existing = 2, .missing = 2};

    ck_assert_int_eq(mass_loss_tick(&web->loss, &tick), MASS_LOSS_BEGAN);
    ck_assert_int_eq(liveness_at(100 * GONE_MS), NODE_MISSING);
    say_goodbye(FAREWELL_LEAVING);
    ck_assert_int_eq(liveness_at(60000), NODE_LEAVING);
    ck_assert_int_eq(liveness_at(100 * GONE_MS), NODE_MISSING);
    mass_loss_end(&web->loss);
    ck_assert_int_eq(liveness_at(100 * GONE_MS), NODE_GONE);
}
END_TEST

/* ---- renamed ---- */

START_TEST(an_unknown_node_with_the_boot_of_one_that_restarts_is_the_same)
{
    struct node *other = node_of("b", web, T);

    node->boot_id = 77;
    node->joined_ms = T - 5000;
    other->boot_id = 78;
    ck_assert_ptr_null(membership_find_renamed(&registry, web, 77, T)); /* it does not restart */
    say_goodbye(FAREWELL_RESTARTING);
    ck_assert_ptr_null(membership_find_renamed(&registry, web, 78, T));
    ck_assert_ptr_null(membership_find_renamed(&registry, web, 0, T));
    ck_assert_ptr_null(membership_find_renamed(&registry, db, 77, T));
    ck_assert_ptr_null(membership_find_renamed(&registry, web, 77, T + 60001));
    ck_assert_ptr_eq(membership_find_renamed(&registry, web, 77, T + 60000), node);

    struct node *renamed = registry_ensure_node(&registry, "c", 1000, T + 1000);
    renamed->group = web;
    const struct ring_row *rows = node->ring.rows;
    membership_rename(node, renamed, T + 1000);
    ck_assert_int_eq(liveness_at(1000), NODE_GONE);
    ck_assert_int_eq(node->presence, PRESENCE_ABSENT);
    ck_assert_int_eq(registry_liveness(renamed, T + 1000, GONE_MS), NODE_RETURNING);
    ck_assert_int_eq(renamed->presence, PRESENCE_PRESENT);
    ck_assert_int_eq(renamed->joined_ms, T - 5000);
    ck_assert_int_eq(renamed->first_s, T / 1000);
    ck_assert_ptr_eq(renamed->ring.rows, rows);
}
END_TEST

START_TEST(where_agents_share_a_machine_an_unknown_node_is_one_more)
{
    struct node *other = node_of("b", web, T);

    node->boot_id = other->boot_id = 77;
    say_goodbye(FAREWELL_RESTARTING);
    ck_assert_ptr_null(membership_find_renamed(&registry, web, 77, T));
    other->group = db;
    ck_assert_ptr_null(membership_find_renamed(&registry, web, 77, T));
    other->group = web;
    membership_on_goodbye(&registry, other, FAREWELL_RESTARTING, T);
    ck_assert_ptr_null(membership_find_renamed(&registry, web, 77, T));
    membership_on_goodbye(&registry, other, FAREWELL_LEAVING, T);
    ck_assert_ptr_eq(membership_find_renamed(&registry, web, 77, T), node);
}
END_TEST

START_TEST(a_node_given_up_long_ago_does_not_share_the_machine)
{
    struct node *other = node_of("b", web, T);

    node->boot_id = other->boot_id = 77;
    other->noticed = NODE_GONE;
    say_goodbye(FAREWELL_RESTARTING);
    ck_assert_ptr_eq(membership_find_renamed(&registry, web, 77, T), node);
}
END_TEST

/* ---- what persons and actuators say ---- */

START_TEST(what_reports_can_not_be_forgotten)
{
    ck_assert(!membership_forget(node, T, GONE_MS));
    ck_assert_int_eq(liveness_at(0), NODE_LIVE);
    ck_assert(membership_forget(node, T + 5000, GONE_MS));
    ck_assert_int_eq(liveness_at(5000), NODE_GONE);
    membership_on_reading(node, T + 6000);
    ck_assert_int_eq(liveness_at(6000), NODE_LIVE); /* a node that reports always exists */
}
END_TEST

START_TEST(all_missing_nodes_of_a_group_are_forgotten_and_no_others)
{
    struct node *live = node_of("live", web, T + 10000);
    struct node *of_db = node_of("of-db", db, T);

    web->loss.under_way = true;
    ck_assert_uint_eq(membership_forget_missing(&registry, web, T + 10000, GONE_MS), 1);
    ck_assert_int_eq(liveness_at(10000), NODE_GONE);
    ck_assert_int_eq(registry_liveness(live, T + 10000, GONE_MS), NODE_LIVE);
    ck_assert_int_eq(registry_liveness(of_db, T + 10000, GONE_MS), NODE_MISSING);
    ck_assert(!web->loss.under_way);
}
END_TEST

/* Five nodes, of which "a" and then "lost" went missing. */
static unsigned count_at(int64_t after_ms, unsigned exist, const char *const *names, unsigned name_count)
{
    const struct membership_answer answer = {.exist = exist, .names = names, .name_count = name_count};
    const char *const ids[] = {"x", "y", "z"};

    node_of("lost", web, T + 1000);
    for (unsigned i = 0; i < 3; i++)
        node_of(ids[i], web, T + after_ms);
    return membership_count(&registry, web, &answer, T + after_ms, GONE_MS);
}

START_TEST(the_second_count_that_says_so_is_believed)
{
    ck_assert_uint_eq(count_at(20000, 4, NULL, 0), 0);
    ck_assert_uint_eq(count_at(79999, 4, NULL, 0), 0);
    ck_assert_int_eq(liveness_at(79999), NODE_MISSING);
    ck_assert_uint_eq(count_at(80000, 4, NULL, 0), 1);
    ck_assert_int_eq(liveness_at(80000), NODE_GONE); /* the one that was missing for longest */
    ck_assert_int_eq(registry_liveness(registry_find_node(&registry, "lost"), T + 80000, GONE_MS), NODE_MISSING);
}
END_TEST

START_TEST(a_count_in_between_that_says_otherwise_begins_anew)
{
    ck_assert_uint_eq(count_at(20000, 3, NULL, 0), 0);
    ck_assert_uint_eq(count_at(50000, 5, NULL, 0), 0);
    ck_assert_uint_eq(count_at(85000, 3, NULL, 0), 0);
    ck_assert_uint_eq(count_at(110000, 4, NULL, 0), 0);
    ck_assert_uint_eq(count_at(145000, 3, NULL, 0), 1); /* what both have said */
}
END_TEST

START_TEST(a_count_below_what_reports_is_not_believed)
{
    ck_assert_uint_eq(count_at(20000, 2, NULL, 0), 0);
    ck_assert_uint_eq(count_at(90000, 2, NULL, 0), 0);
    ck_assert_uint_eq(count_at(160000, 2, NULL, 0), 0);
}
END_TEST

START_TEST(names_tell_which_nodes_are_gone)
{
    const char *const named[] = {"a", "x", "y", "z"};
    const char *const strangers[] = {"i-1", "i-2", "i-3", "i-4"};

    ck_assert_uint_eq(count_at(20000, 4, strangers, 4), 0);
    ck_assert_uint_eq(count_at(90000, 4, strangers, 4), 0); /* none of them is known */
    ck_assert_uint_eq(count_at(100000, 4, named, 4), 0);
    ck_assert_uint_eq(count_at(160000, 4, named, 4), 1);
    ck_assert_int_eq(liveness_at(160000), NODE_MISSING);
    ck_assert_int_eq(registry_liveness(registry_find_node(&registry, "lost"), T + 160000, GONE_MS), NODE_GONE);
}
END_TEST

/* ---- over a restart ---- */

static const char *line_with(int64_t after_ms, int64_t newest_ms)
{
    static char text[MEMBERSHIP_LINE_MAX + 1];
    struct writer writer = {.text = text, .size = sizeof text - 1};

    const struct membership_moment at = {
        .now_ms = T + after_ms, .wall_ms = WALL_MS + after_ms, .gone_ms = GONE_MS, .newest_ms = newest_ms};
    membership_save(node, &at, &writer);
    ck_assert(!writer.full);
    text[writer.len] = '\0';
    return text;
}

/* Another node reports. */
static const char *line_at(int64_t after_ms)
{
    return line_with(after_ms, T + after_ms);
}

/* The collector is restarted: the node is as it was read back from disk, by another clock. */
static void restart(void)
{
    node->farewell = FAREWELL_NONE;
    node->farewell_ms = 0;
    node->former = NULL;
    node->reported = false;
    node->recovered = true;
    node->known_ms = 5000;
}

START_TEST(each_farewell_is_known_after_a_restart)
{
    static const struct {
        enum farewell farewell;
        enum liveness liveness;
    } farewells[] = {{FAREWELL_RESTARTING, NODE_RETURNING},
                     {FAREWELL_REBOOTING, NODE_RETURNING},
                     {FAREWELL_LEAVING, NODE_LEAVING},
                     {FAREWELL_MOVED, NODE_MISSING},
                     {FAREWELL_GONE, NODE_GONE}};

    for (unsigned i = 0; i < sizeof farewells / sizeof *farewells; i++) {
        char line[MEMBERSHIP_LINE_MAX + 1];
        say_goodbye(farewells[i].farewell);
        snprintf(line, sizeof line, "%s", line_at(1000));
        restart();
        ck_assert_int_eq(membership_adopt(&registry, line, 5000, WALL_MS + 11000), 0);
        ck_assert_int_eq(node->farewell, farewells[i].farewell);
        ck_assert_int_eq(node->farewell_ms, 5000 - 11000);
        ck_assert_int_eq(registry_liveness(node, 5000, GONE_MS), farewells[i].liveness);
    }
}
END_TEST

START_TEST(what_the_samples_tell_needs_no_line)
{
    ck_assert_str_eq(line_at(0), "a present 1700000000000 - 0 0 1700000000000");
    ck_assert_str_eq(line_at(GONE_MS), "a present 1700000000000 - 0 0 1700000000000");
    ck_assert_str_eq(line_at(GONE_MS + 3001), ""); /* it is gone */
    say_goodbye(FAREWELL_LEAVING);
    ck_assert_str_eq(line_at(1000), "a leaving 1700000000000 - 0 0 1700000000000");
    ck_assert_str_eq(line_at(GONE_MS + 60001), ""); /* it was silent for long enough */
    say_goodbye(FAREWELL_MOVED);
    ck_assert_str_eq(line_at(2 * GONE_MS), "a moved 1700000000000 - 0 0 1700000000000");
}
END_TEST

/* They end with the newest sample of all nodes, or a little before, however long ago that was. */
START_TEST(a_node_that_left_has_a_line_until_the_samples_tell_it)
{
    say_goodbye(FAREWELL_LEAVING);
    ck_assert_str_eq(line_at(GONE_MS + 60000), "a leaving 1700000000000 - 0 0 1700000000000");
    ck_assert_str_eq(line_with(9 * GONE_MS, T + GONE_MS), "a leaving 1700000000000 - 0 0 1700000000000");
    ck_assert_str_eq(line_with(9 * GONE_MS, INT64_MIN), "a leaving 1700000000000 - 0 0 1700000000000");
    ck_assert_str_eq(line_with(9 * GONE_MS, T + GONE_MS + 60001), "");
}
END_TEST

START_TEST(a_node_that_is_held_is_awaited_after_a_restart)
{
    web->loss = (struct mass_loss){.under_way = true};
    ck_assert_str_eq(line_at(2 * GONE_MS), "a missing 1700000000000 - 0 0 1700000000000");
    restart();
    node->farewell = FAREWELL_GONE; /* by its samples */
    ck_assert_int_eq(membership_adopt(&registry, "a missing 1700000000000 -", 5000, WALL_MS), 0);
    ck_assert_int_eq(registry_liveness(node, 5000, GONE_MS), NODE_UNREPORTED);
}
END_TEST

START_TEST(the_former_group_is_known_after_a_restart)
{
    registry_assign(&registry, node, db);
    ck_assert_ptr_eq(node->former, web);
    ck_assert_str_eq(line_at(0), "a missing 1700000000000 web 0 0 1700000000000");
    restart();
    ck_assert_int_eq(membership_adopt(&registry, "a missing 1700000000000 web", 5000, WALL_MS), 0);
    ck_assert_ptr_eq(node->former, web);
}
END_TEST

START_TEST(the_weight_of_a_silent_node_is_known_after_a_restart)
{
    char line[MEMBERSHIP_LINE_MAX + 1];

    node->cpu_milli = 8;
    node->memory_bytes = UINT64_C(64) << 30;
    snprintf(line, sizeof line, "%s", line_at(1000));
    ck_assert_str_eq(line, "a present 1700000000000 - 8 68719476736 1700000000000");
    restart();
    node->farewell = FAREWELL_GONE; /* by its samples: the line does not change that */
    node->cpu_milli = 0;
    node->memory_bytes = 0;
    ck_assert_int_eq(membership_adopt(&registry, line, 5000, WALL_MS + 11000), 0);
    ck_assert_uint_eq(node->cpu_milli, 8);
    ck_assert_uint_eq(node->memory_bytes, UINT64_C(64) << 30);
    ck_assert_int_eq(node->farewell, FAREWELL_GONE);
    ck_assert_str_eq(line_at(GONE_MS + 60001), ""); /* a node that is gone weighs nothing */
}
END_TEST

START_TEST(a_visitor_is_none_after_a_restart_either)
{
    static const enum farewell farewells[] = {FAREWELL_NONE, FAREWELL_MOVED, FAREWELL_RESTARTING, FAREWELL_REBOOTING};
    char line[MEMBERSHIP_LINE_MAX + 1];

    for (unsigned i = 0; i < sizeof farewells / sizeof *farewells; i++) {
        node->recovered = false;
        node->reported = true;
        node->known_ms = T;
        node->farewell = (uint8_t)farewells[i];
        node->farewell_ms = T;
        snprintf(line, sizeof line, "%s", line_at(5000));
        ck_assert_msg(strncmp(line, "a gone ", 7) == 0, "%s", line);
        restart();
        ck_assert_int_eq(membership_adopt(&registry, line, 5000, WALL_MS + 11000), 0);
        ck_assert_int_eq(registry_liveness(node, 6000, GONE_MS), NODE_GONE);
    }
}
END_TEST

START_TEST(the_owner_of_a_node_that_is_gone_is_known_after_a_restart)
{
    const struct proof owner = {.words = {1, 2}};

    ck_assert_ptr_nonnull(registry_claim_instance(node, 1, &owner));
    ownership_take(&node->ownership, &owner, false, T);
    ck_assert_int_eq(liveness_at(OWNERSHIP_MS), NODE_GONE);
    ck_assert_str_eq(line_at(OWNERSHIP_MS),
                     "a present 1700000000000 - 0 0 1700000000000 00000000000000010000000000000002 0000000000000001");
    ck_assert_str_eq(line_at(OWNERSHIP_MS + 1000), "");
    node->reported = false; /* no sample: it is not there after a restart */
    ck_assert_str_eq(line_at(OWNERSHIP_MS), "");
}
END_TEST

START_TEST(the_owner_of_a_node_is_known_after_a_restart)
{
    const struct proof owner = {.words = {0x123456789abcdef0, 1}}, other = {.words = {2, 3}}, none = {0};
    char line[MEMBERSHIP_LINE_MAX + 1];

    ownership_take(&node->ownership, &owner, false, T);
    ck_assert_ptr_nonnull(registry_claim_instance(node, 1, &owner));
    snprintf(line, sizeof line, "%s", line_at(1000));
    ck_assert_str_eq(line, "a present 1700000000000 - 0 0 1700000000000 123456789abcdef00000000000000001 "
                           "0000000000000001");
    ck_assert_ptr_nonnull(registry_claim_instance(node, 2, &other));
    ck_assert_str_eq(line_at(1000), "a present 1700000000000 - 0 0 1700000000000"); /* another agent spoke last */
    restart();
    for (unsigned id = 1; id <= 2; id++) /* the second began after the state was saved */
        registry_claim_instance(node, id, &none)->proof = none;
    ck_assert_int_eq(membership_adopt(&registry, line, 5000, WALL_MS + 11000), 0);
    ck_assert(ownership_is_owner(&node->ownership, &owner));
    ck_assert(ownership_is_held(&node->ownership, false, 5000));
    ck_assert(ownership_is_same(&registry_find_instance(node, 1)->proof, &owner));
    ck_assert(ownership_is_none(&registry_find_instance(node, 2)->proof));
}
END_TEST

START_TEST(the_age_of_a_node_is_known_after_a_restart)
{
    char line[MEMBERSHIP_LINE_MAX + 1];

    membership_on_reading(node, T + 7200000);
    snprintf(line, sizeof line, "%s", line_at(7200000));
    restart();
    node->first_s = 5;
    ck_assert_int_eq(membership_adopt(&registry, line, 5000, WALL_MS + 7200000), 0);
    ck_assert_int_eq(node->first_s, 5 - 7200);
    ck_assert_int_eq(membership_adopt(&registry, "a present 5 - 0 0 0", 5000, WALL_MS), 0);
    ck_assert_int_eq(membership_adopt(&registry, "a present 5 - 0 0 9000000000000000000", 5000, WALL_MS), 0);
    ck_assert_int_eq(node->first_s, 5 - 7200); /* nothing better is known */
}
END_TEST

START_TEST(a_node_that_comes_back_as_a_new_one_is_the_newest)
{
    ck_assert_int_eq(node->first_s, T / 1000);
    say_goodbye(FAREWELL_RESTARTING);
    membership_on_hello(node, LIFE_MS, T + 20000);
    ck_assert_int_eq(node->first_s, T / 1000);
    say_goodbye(FAREWELL_LEAVING);
    membership_on_hello(node, LIFE_MS, T + 90000);
    ck_assert_int_eq(node->first_s, T / 1000 + 90);
}
END_TEST

START_TEST(the_largest_weight_can_be_read_back)
{
    char line[MEMBERSHIP_LINE_MAX + 1];

    node->cpu_milli = CPU_MILLI_MAX;
    node->memory_bytes = MEMORY_BYTES_MAX;
    snprintf(line, sizeof line, "%s", line_with(1000 - WALL_MS, INT64_MIN)); /* a wall clock near its beginning */
    ck_assert_int_eq(membership_adopt(&registry, line, 5000, 0), 0);
    ck_assert_uint_eq(node->cpu_milli, CPU_MILLI_MAX);
    ck_assert_uint_eq(node->memory_bytes, MEMORY_BYTES_MAX);
}
END_TEST

START_TEST(the_line_of_an_older_state_has_no_weight)
{
    ck_assert_int_eq(membership_adopt(&registry, "a leaving 5 db", T, WALL_MS), 0);
    ck_assert_int_eq(node->farewell, FAREWELL_LEAVING);
    ck_assert_ptr_eq(node->former, db);
    ck_assert_uint_eq(node->cpu_milli, 0);
}
END_TEST

static const char *const bad_lines[] = {
    "",
    "a",
    "a leaving",
    "a leaving 5",
    "a leaving 5 ",
    "a leaving x -",
    "a leaving -5 -",
    "a leaving 99999999999999999999 -",
    "a gone away -",
    "a leaving 5 - -",
    "a leaving 5 web x",
    "a  leaving 5 -",
    " leaving 5 -",
    "a leav 5 -",
    "a leaving 5 .x",
    "a leaving 5 - 8",
    "a leaving 5 - 8 ",
    "a leaving 5 - 8 x",
    "a leaving 5 - -8 1",
    "a leaving 5 - 4294967296 1",
    "a leaving 5 - 8 9223372036854775808",
    "a leaving 5 - 8 1",
    "a leaving 5 - 8 1 ",
    "a leaving 5 - 8 1 -1",
    "a leaving 5 - 8 1 1 1",
    "a leaving 5 - 8 1 1 123456789abcdef00000000000000001",
    "a leaving 5 - 8 1 1 123456789abcdef00000000000000001 1",
    "a leaving 5 - 8 1 1 123456789abcdef00000000000000001 0000000000000001 x",
    "a presents 5 -",
};

START_TEST(a_line_of_another_form_is_refused)
{
    ck_assert_int_eq(membership_adopt(&registry, bad_lines[_i], T, WALL_MS), -EBADMSG);
    ck_assert_int_eq(node->farewell, FAREWELL_NONE);
}
END_TEST

START_TEST(the_line_of_an_unknown_node_does_nothing)
{
    ck_assert_int_eq(membership_adopt(&registry, "unknown leaving 5 -", T, WALL_MS), 0);
    ck_assert_ptr_null(registry_find_node(&registry, "unknown"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("membership");
    TCase *tests = tcase_create("membership");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, an_agent_that_restarts_has_a_minute_then_its_node_is_missing_then_gone);
    tcase_add_test(tests, a_machine_that_reboots_has_the_lead_time_if_that_is_longer);
    tcase_add_test(tests, a_node_that_leaves_is_gone_after_its_grace);
    tcase_add_test(tests, a_node_that_leaves_as_it_was_ordered_to_is_gone_at_once);
    tcase_add_test(tests, a_node_whose_agent_moved_is_missing_until_it_is_forgotten_or_back);
    tcase_add_test(tests, a_farewell_ends_with_a_sample_that_was_taken_after_it);
    tcase_add_loop_test(tests, a_node_that_had_left_comes_back_as_a_new_one, 0, 2);
    tcase_add_test(tests, one_that_was_given_up_by_time_too);
    tcase_add_test(tests, a_node_that_sent_one_sample_is_a_visitor);
    tcase_add_test(tests, late_samples_with_signs_of_life_are_of_a_live_node);
    tcase_add_test(tests, nodes_of_a_mass_loss_are_not_forgotten_by_time);
    tcase_add_test(tests, an_unknown_node_with_the_boot_of_one_that_restarts_is_the_same);
    tcase_add_test(tests, where_agents_share_a_machine_an_unknown_node_is_one_more);
    tcase_add_test(tests, a_node_given_up_long_ago_does_not_share_the_machine);
    tcase_add_test(tests, what_reports_can_not_be_forgotten);
    tcase_add_test(tests, all_missing_nodes_of_a_group_are_forgotten_and_no_others);
    tcase_add_test(tests, the_second_count_that_says_so_is_believed);
    tcase_add_test(tests, a_count_in_between_that_says_otherwise_begins_anew);
    tcase_add_test(tests, a_count_below_what_reports_is_not_believed);
    tcase_add_test(tests, names_tell_which_nodes_are_gone);
    tcase_add_test(tests, each_farewell_is_known_after_a_restart);
    tcase_add_test(tests, what_the_samples_tell_needs_no_line);
    tcase_add_test(tests, a_node_that_left_has_a_line_until_the_samples_tell_it);
    tcase_add_test(tests, a_node_that_is_held_is_awaited_after_a_restart);
    tcase_add_test(tests, the_former_group_is_known_after_a_restart);
    tcase_add_test(tests, the_weight_of_a_silent_node_is_known_after_a_restart);
    tcase_add_test(tests, a_visitor_is_none_after_a_restart_either);
    tcase_add_test(tests, the_owner_of_a_node_that_is_gone_is_known_after_a_restart);
    tcase_add_test(tests, the_owner_of_a_node_is_known_after_a_restart);
    tcase_add_test(tests, the_age_of_a_node_is_known_after_a_restart);
    tcase_add_test(tests, a_node_that_comes_back_as_a_new_one_is_the_newest);
    tcase_add_test(tests, the_largest_weight_can_be_read_back);
    tcase_add_test(tests, the_line_of_an_older_state_has_no_weight);
    tcase_add_loop_test(tests, a_line_of_another_form_is_refused, 0, sizeof bad_lines / sizeof *bad_lines);
    tcase_add_test(tests, the_line_of_an_unknown_node_does_nothing);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
