/* scaler/victims.h: the nodes that a scale-in names. */
#include "scaler/victims.h"

#include "scaler/policy.h"
#include "support/suite.h"

#include <math.h>
#include <stdio.h>

#define NODES_MAX_HERE 16U

static struct victim_candidate nodes[NODES_MAX_HERE];
static char names[NODES_MAX_HERE][8];
static unsigned count;
static struct decision d;

static void setup(void)
{
    count = 0;
    d = (struct decision){.settings = SCALER_SETTINGS_DEFAULT, .rule = RULE_FORECAST};
    d.settings.actuator = ACTUATOR_HOOK;
}

/* Known in the order in which they are put: the last is the newest. */
static struct victim_candidate *put(double cores, double utilisation)
{
    struct victim_candidate *node = &nodes[count];
    struct resource_observation *cpu = &d.observed.resource[RESOURCE_CPU];

    snprintf(names[count], sizeof names[count], "n%u", count);
    *node = (struct victim_candidate){.node_id = names[count],
                                      .weight = {cores, 1.0, 1.0},
                                      .demand = {cores * utilisation, NAN, NAN},
                                      .first_s = count,
                                      .busiest = utilisation};
    cpu->demand += cores * utilisation;
    cpu->capacity += cores;
    cpu->nodes++;
    d.observed.live++;
    count++;
    return node;
}

static void choose(unsigned victims)
{
    policy_observe(&d);
    d.before = d.existing;
    d.action = ACTION_DOWN;
    d.victims = victims;
    victims_choose(&d, nodes, count);
}

static void expect(unsigned victims, const char *first, enum scale_guard guard)
{
    ck_assert_uint_eq(d.victims, victims);
    ck_assert_int_eq(d.action, victims > 0 ? ACTION_DOWN : ACTION_HOLD);
    ck_assert_uint_eq(d.to, victims > 0 ? d.existing - victims : 0);
    ck_assert_uint_eq(d.desired, victims > 0 ? d.to : d.before);
    ck_assert_int_eq(d.guard, guard);
    if (first != NULL)
        ck_assert_str_eq(nodes[0].node_id, first);
}

START_TEST(test_the_order_in_which_nodes_go)
{
    static const struct {
        enum scale_victims victims;
        const char *first;
    } cases[] = {{VICTIMS_LEAST_LOADED, "n2"}, {VICTIMS_NEWEST, "n4"}, {VICTIMS_OLDEST, "n0"}};

    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        setup();
        put(4, 0.30);
        put(4, 0.20);
        put(4, 0.10);
        put(4, 0.20);
        put(4, 0.40);
        d.settings.victims = cases[i].victims;
        choose(1);
        expect(1, cases[i].first, GUARD_NONE);
    }
}
END_TEST

/* 6 nodes of 4 cores at 20 %, and one that does not report: the heavier it is, the fewer may go. */
START_TEST(test_a_silent_node_is_busy_with_all_that_it_has)
{
    static const struct {
        double weight;
        unsigned victims;
    } cases[] = {{0.0, 3}, {4.0, 3}, {32.0, 2}, {128.0, 0}};

    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        setup();
        for (unsigned n = 0; n < 6; n++)
            put(4, 0.20);
        d.observed.missing = 1;
        d.observed.resource[RESOURCE_CPU].silent_weight = cases[i].weight;
        choose(3);
        ck_assert_msg(d.victims == cases[i].victims, "%g cores: %u", cases[i].weight, d.victims);
    }
}
END_TEST

START_TEST(test_of_equals_the_newest_goes)
{
    for (unsigned i = 0; i < 5; i++)
        put(4, 0.20);
    choose(2);
    expect(2, "n4", GUARD_NONE);
    ck_assert_str_eq(nodes[1].node_id, "n3");
}
END_TEST

START_TEST(test_a_node_that_the_last_scale_in_named_goes_first)
{
    static const enum scale_victims orders[] = {VICTIMS_LEAST_LOADED, VICTIMS_NEWEST, VICTIMS_OLDEST};

    for (unsigned i = 0; i < sizeof orders / sizeof *orders; i++) {
        setup();
        put(4, 0.20);
        put(4, 0.40)->named = true;
        put(4, 0.30);
        d.settings.victims = orders[i];
        choose(1);
        expect(1, "n1", GUARD_NONE);
        nodes[0].excluded = true; /* it protects itself now */
        choose(1);
        ck_assert_str_ne(nodes[0].node_id, "n1");
    }
}
END_TEST

START_TEST(test_a_node_of_unknown_load_goes_last)
{
    put(4, 0.20);
    put(4, 0.20)->busiest = NAN;
    put(4, 0.30);
    choose(1);
    expect(1, "n0", GUARD_NONE);
}
END_TEST

/* Nodes of 2 and of 64 cores at 11 %: the large one is the least loaded, and carries everything. */
START_TEST(test_exact_weights_keep_the_large_node)
{
    put(64, 0.10);
    for (unsigned i = 0; i < 5; i++)
        put(2, 0.20);
    choose(3);
    expect(0, "n0", GUARD_PROJECTION);
    setup();
    put(64, 0.30);
    for (unsigned i = 0; i < 5; i++)
        put(2, 0.20);
    choose(3);
    expect(3, "n5", GUARD_NONE); /* all of them small */
}
END_TEST

START_TEST(test_a_resource_shortens_it)
{
    for (unsigned i = 0; i < 10; i++)
        put(4, 0.56);
    choose(5);
    expect(3, NULL, GUARD_PROJECTION); /* 5.6 / 0.8 is 7 */
    ck_assert_int_eq(d.guard_resource, RESOURCE_CPU);
}
END_TEST

START_TEST(test_missing_nodes_count_as_busy)
{
    for (unsigned i = 0; i < 9; i++)
        put(4, 0.48);
    d.observed.missing = 1;
    choose(5);
    expect(3, NULL, GUARD_PROJECTION); /* (4.32 + 1) / 0.8 = 6.65, of ten */
}
END_TEST

/* Eight live nodes, of which four are cold: those that are warm carry all of it. */
START_TEST(test_so_many_warm_ones_stay_that_they_carry_the_load)
{
    for (unsigned i = 0; i < 4; i++)
        put(4, 0.55);
    for (unsigned i = 0; i < 4; i++) {
        put(4, 0.0)->warming = true;
        d.observed.warming++;
    }
    d.observed.resource[RESOURCE_CPU] = (struct resource_observation){.demand = 8.8, .capacity = 16.0, .nodes = 4};
    choose(3);
    expect(1, NULL, GUARD_PROJECTION); /* 8.8 of 12 cores; 8 cores would not do */
    ck_assert(!nodes[0].warming);
}
END_TEST

START_TEST(test_who_may_not_go_does_not)
{
    put(4, 0.10)->excluded = true;
    put(4, 0.10)->warming = true;
    put(4, 0.20);
    put(4, 0.30);
    choose(3);
    expect(2, "n2", GUARD_PROTECTED);
    setup();
    put(4, 0.10)->excluded = true;
    put(4, 0.10)->excluded = true;
    choose(1);
    expect(0, NULL, GUARD_PROTECTED);
}
END_TEST

START_TEST(test_a_pin_is_not_projected)
{
    for (unsigned i = 0; i < 10; i++)
        put(4, 0.75);
    d.rule = RULE_PIN;
    d.observed.pin = 7;
    choose(3);
    expect(3, NULL, GUARD_NONE);
    setup();
    for (unsigned i = 0; i < 10; i++)
        put(4, 0.75)->excluded = i < 9;
    d.rule = RULE_PIN;
    d.observed.pin = 7;
    choose(3);
    expect(1, "n9", GUARD_PROTECTED);
}
END_TEST

/* An actuator that chooses may take the heaviest nodes. */
START_TEST(test_any_victim_may_be_the_heaviest)
{
    put(64, 0.30);
    for (unsigned i = 0; i < 5; i++)
        put(2, 0.20);
    d.settings.victims = VICTIMS_ANY;
    choose(3);
    expect(0, NULL, GUARD_PROJECTION);
    setup();
    for (unsigned i = 0; i < 6; i++)
        put(2, 0.20);
    d.settings.victims = VICTIMS_ANY;
    choose(3);
    expect(3, NULL, GUARD_NONE);
    setup();
    for (unsigned i = 0; i < 6; i++)
        put(2, 0.20)->excluded = i == 5;
    d.settings.actuator = ACTUATOR_READER;
    choose(3);
    expect(0, NULL, GUARD_PROTECTED);
}
END_TEST

START_TEST(test_a_change_that_is_left_too_small_is_none)
{
    for (unsigned i = 0; i < 16; i++)
        put(4, 0.74);
    choose(4);
    expect(0, NULL, GUARD_PROJECTION); /* one of 16 is less than 12 % */
}
END_TEST

START_TEST(test_no_candidates)
{
    d.observed.live = 3;
    choose(1);
    expect(0, NULL, GUARD_PROTECTED);
}
END_TEST

/* What their last nodes use keeps none of them where no node is needed. */
START_TEST(all_nodes_go_where_none_is_needed)
{
    d.observed.signal[0] = (struct signal_observation){.name = "jobs", .per_node = 1, .high = 0.9, .target = 0.8};
    d.settings.nodes_min = 0;
    d.is_idle = true;
    (void)put(4, 0.02);
    choose(1);
    expect(1, "n0", GUARD_NONE);
    ck_assert_uint_eq(d.desired, 0);
    (void)put(4, 0.02);
    choose(1);
    expect(1, "n1", GUARD_NONE); /* the other one carries what is left */
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("victims");
    TCase *tcase = tcase_create("victims");

    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, all_nodes_go_where_none_is_needed);
    tcase_add_test(tcase, test_the_order_in_which_nodes_go);
    tcase_add_test(tcase, test_of_equals_the_newest_goes);
    tcase_add_test(tcase, test_a_silent_node_is_busy_with_all_that_it_has);
    tcase_add_test(tcase, test_a_node_that_the_last_scale_in_named_goes_first);
    tcase_add_test(tcase, test_a_node_of_unknown_load_goes_last);
    tcase_add_test(tcase, test_exact_weights_keep_the_large_node);
    tcase_add_test(tcase, test_a_resource_shortens_it);
    tcase_add_test(tcase, test_missing_nodes_count_as_busy);
    tcase_add_test(tcase, test_so_many_warm_ones_stay_that_they_carry_the_load);
    tcase_add_test(tcase, test_who_may_not_go_does_not);
    tcase_add_test(tcase, test_a_pin_is_not_projected);
    tcase_add_test(tcase, test_any_victim_may_be_the_heaviest);
    tcase_add_test(tcase, test_a_change_that_is_left_too_small_is_none);
    tcase_add_test(tcase, test_no_candidates);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
