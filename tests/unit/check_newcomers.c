#include "collector/intake/newcomers.h"

#include "support/cases.h"
#include "support/suite.h"

#define AGENTS  20000U
#define HOUR_MS UINT64_C(3600000)

static struct newcomers newcomers;
static struct newcomer newcomer;

static void setup(void)
{
    newcomers = (struct newcomers){0};
    newcomer = (struct newcomer){.origin = 7, .agents_max = AGENTS, .now_ms = 1000000};
}

/* How many of `most` new nodes get in now. */
static unsigned come(unsigned most)
{
    unsigned count = 0;

    for (; count < most && newcomers_allowed(&newcomers, &newcomer); count++)
        newcomers_note(&newcomers, &newcomer);
    return count;
}

START_TEST(a_fleet_behind_one_address_gets_in_at_once)
{
    ck_assert_uint_eq(come(2 * AGENTS), AGENTS);
    newcomer.now_ms += HOUR_MS;
    ck_assert_uint_eq(come(2 * AGENTS), AGENTS / 4);
    ck_assert_uint_eq(newcomers_per_hour(AGENTS), AGENTS / 4);
}
END_TEST

START_TEST(a_small_fleet_may_be_replaced_often)
{
    newcomer.agents_max = 2;
    ck_assert_uint_eq(come(2 * NEWCOMERS_BURST_MIN), NEWCOMERS_BURST_MIN);
    ck_assert_uint_eq(newcomers_per_hour(2), NEWCOMERS_BURST_MIN / 4);
}
END_TEST

START_TEST(other_addresses_are_judged_alone)
{
    come(2 * AGENTS);
    newcomer.origin = 8;
    ck_assert_uint_eq(come(2 * AGENTS), AGENTS);
}
END_TEST

START_TEST(the_key_of_a_group_is_judged_wherever_it_comes_from)
{
    const struct key_identity web = {.epoch = "0123abcd", .group = "web", .node = KEY_ANY};
    const struct key_identity db = {.epoch = "0123abcd", .group = "db", .node = KEY_ANY};

    newcomer.identity = &web;
    come(2 * AGENTS);
    newcomer.origin = 8;
    ck_assert_uint_eq(come(1), 0);
    newcomer.identity = &db;
    ck_assert_uint_eq(come(1), 1);
}
END_TEST

START_TEST(the_key_of_the_fleet_is_everybodys)
{
    const struct key_identity fleet = {.epoch = "0123abcd", .group = KEY_ANY, .node = KEY_ANY};

    newcomer.identity = &fleet;
    come(2 * AGENTS);
    newcomer.origin = 8;
    ck_assert_uint_eq(come(1), 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("newcomers");

    CASES_ADD(suite, "newcomers", setup, NULL, a_fleet_behind_one_address_gets_in_at_once,
              a_small_fleet_may_be_replaced_often, other_addresses_are_judged_alone,
              the_key_of_a_group_is_judged_wherever_it_comes_from, the_key_of_the_fleet_is_everybodys);
    return suite_run(suite);
}
