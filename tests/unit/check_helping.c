#include "scaler/helping.h"

#include "scaler/policy.h"
#include "support/suite.h"

#define START_MS INT64_C(10000000)

static struct helping helping;
static struct decision d;
static int64_t now_ms;
static double price;
static unsigned votes[RESOURCE_COUNT];

static void setup(void)
{
    helping = (struct helping){0};
    now_ms = START_MS;
    price = 12.0;
}

/* A tick later: `live` nodes of one core, of which some are warming up, and the others have that load. */
static unsigned tick(unsigned live, unsigned warming, double cpu, double memory)
{
    unsigned n = live - warming;

    now_ms += 15000;
    d = (struct decision){.now_ms = now_ms,
                          .settings = SCALER_SETTINGS_DEFAULT,
                          .lead_ms = 120000,
                          .pending = d.pending,
                          .observed = {.live = live, .warming = warming}};
    d.settings.price = price;
    d.observed.resource[RESOURCE_CPU] = (struct resource_observation){.demand = cpu * n, .capacity = n, .nodes = n};
    d.observed.resource[RESOURCE_MEMORY] =
        (struct resource_observation){.demand = memory * n, .capacity = n, .nodes = n};
    policy_observe(&d);
    helping_step(&helping, &d, votes);
    return votes[RESOURCE_CPU];
}

START_TEST(test_saturation_grows_by_half_of_what_carries)
{
    ck_assert_uint_eq(tick(10, 0, 0.98, 0.2), 0);
    ck_assert_uint_eq(tick(10, 0, 1.0, 0.2), 15);
    d.pending = 5;
    ck_assert_uint_eq(tick(10, 0, 1.0, 0.2), 15); /* on order */
    d.pending = 0;
    ck_assert_uint_eq(tick(15, 5, 1.0, 0.2), 15); /* have come, and are warming up */
    ck_assert_uint_eq(tick(15, 0, 1.0, 0.2), 23); /* carry as much as the others, and it is not enough */
    ck_assert_uint_eq(tick(15, 0, 0.9, 0.2), 0);  /* it is over */
    ck_assert_uint_eq(tick(15, 0, 1.0, 0.2), 23);
    ck_assert_uint_eq(tick(8, 0, 1.0, 0.2), 12);
    ck_assert(!d.unhelped[RESOURCE_CPU]);
}
END_TEST

/* The nodes cost as much whatever an hour of saturation is worth. */
START_TEST(test_saturation_grows_by_less_at_a_low_price)
{
    static const struct {
        double price;
        unsigned vote;
    } prices[] = {{1000.0, 150}, {12.0, 150}, {10.0, 150}, {4.0, 140}, {2.0, 132}, {1.0, 125}, {0.1, 100}, {0.0, 100}};

    for (unsigned i = 0; i < sizeof prices / sizeof *prices; i++) {
        setup();
        price = prices[i].price;
        ck_assert_uint_eq(tick(100, 0, 1.0, 0.2), prices[i].vote);
    }
}
END_TEST

/* A load balancer starts new nodes slowly, and warm-up covers it: three busy nodes never ask for more than five. */
START_TEST(test_a_slow_start_is_no_reason_to_grow_again)
{
    ck_assert_uint_eq(tick(3, 0, 1.0, 0.2), 5);
    for (unsigned i = 0; i < 40; i++)
        ck_assert_uint_eq(tick(5, 2, 1.0, 0.2), 5);
}
END_TEST

/* Sessions stick to their nodes: the others wait, so the mean shows no saturation but for the pressure. */
static unsigned tick_sticky(unsigned live)
{
    now_ms += 15000;
    d = (struct decision){
        .now_ms = now_ms, .settings = SCALER_SETTINGS_DEFAULT, .lead_ms = 120000, .observed = {.live = live}};
    d.observed.resource[RESOURCE_CPU] =
        (struct resource_observation){.demand = 10.0, .capacity = live, .nodes = live, .pressure = 0.9};
    d.settings.thresholds[RESOURCE_CPU].high = 0.2;
    policy_observe(&d);
    helping_step(&helping, &d, votes);
    return votes[RESOURCE_CPU];
}

START_TEST(test_after_two_repeats_that_did_not_help_growth_ends)
{
    ck_assert_uint_eq(tick_sticky(10), 15);
    ck_assert_uint_eq(tick_sticky(15), 15); /* lead time and warm-up are not over */
    now_ms += 150000;
    ck_assert_uint_eq(tick_sticky(15), 23);
    ck_assert(!d.unhelped[RESOURCE_CPU]);
    now_ms += 150000;
    ck_assert_uint_eq(tick_sticky(23), 35);
    ck_assert(d.unhelped[RESOURCE_CPU]);
    now_ms += 150000;
    ck_assert_uint_eq(tick_sticky(35), 35); /* and no more */
    ck_assert(d.unhelped[RESOURCE_CPU]);
}
END_TEST

/* Orders are always on their way, and what comes carries as much as the others: that is growth that helps. */
START_TEST(test_additions_that_carry_help_however_late)
{
    ck_assert_uint_eq(tick(10, 0, 1.0, 0.2), 15);
    for (unsigned live = 11; live < 20; live++) {
        d.pending = 4;
        now_ms += 150000;
        ck_assert_uint_eq(tick(live, 0, 1.0, 0.2), (3 * live + 1) / 2);
        ck_assert(!d.unhelped[RESOURCE_CPU]);
    }
    ck_assert_uint_eq(tick(5, 0, 1.0, 0.2), 8); /* nodes were lost */
}
END_TEST

/* A tick after the additions are late: nodes at 100 %, so many of them light ones, and so many without a reading. */
static unsigned tick_mixed(unsigned live, unsigned light, unsigned unread)
{
    double capacity = (4.0 * (live - light) + light) * (live - unread) / live;

    now_ms += 165000;
    d = (struct decision){
        .now_ms = now_ms, .settings = SCALER_SETTINGS_DEFAULT, .lead_ms = 120000, .observed = {.live = live}};
    d.observed.resource[RESOURCE_CPU] = (struct resource_observation){
        .demand = capacity, .capacity = capacity, .nodes = live - unread, .unread = unread};
    policy_observe(&d);
    helping_step(&helping, &d, votes);
    return votes[RESOURCE_CPU];
}

START_TEST(test_light_additions_that_are_full_help)
{
    unsigned live = 6;

    ck_assert_uint_eq(tick_mixed(live, 0, 0), 9);
    for (unsigned light = 3; light < 20; light += 3) {
        ck_assert_uint_eq(tick_mixed(live + light, light, 0), (3 * (live + light) + 1) / 2);
        ck_assert_uint_eq(helping.saturation[RESOURCE_CPU].unhelped, 0);
    }
}
END_TEST

START_TEST(test_nodes_without_a_reading_are_no_sign_that_additions_are_idle)
{
    ck_assert_uint_eq(tick_mixed(6, 0, 0), 9);
    ck_assert_uint_eq(tick_mixed(9, 0, 3), 14);
    ck_assert_uint_eq(helping.saturation[RESOURCE_CPU].unhelped, 0);
}
END_TEST

static bool memory_is_unhelped(unsigned live, double cpu, double memory)
{
    tick(live, 0, cpu, memory);
    return d.unhelped[RESOURCE_MEMORY];
}

/* Caches, or a heap that is given back to nobody. */
START_TEST(test_memory_that_does_not_spread_asks_for_no_more)
{
    ck_assert(!memory_is_unhelped(10, 0.02, 0.85));
    ck_assert(!memory_is_unhelped(10, 0.02, 0.85));
    ck_assert(memory_is_unhelped(13, 0.02, 0.85));
    ck_assert(memory_is_unhelped(13, 0.02, 0.83));
    ck_assert(!memory_is_unhelped(13, 0.02, 0.79)); /* below high: it may be asked for again */
    ck_assert(!memory_is_unhelped(13, 0.02, 0.85));
}
END_TEST

/* It is a load, whatever cpu shows of it. */
START_TEST(test_the_applications_load_always_asks)
{
    static const unsigned live[] = {10, 13, 17, 23};

    for (unsigned i = 0; i < 4; i++) {
        tick(live[i], 0, 1.0, 0.2);
        d.observed.resource[RESOURCE_APP] =
            (struct resource_observation){.demand = 150.0 * live[i], .capacity = 100.0 * live[i], .nodes = live[i]};
        policy_observe(&d);
        helping_step(&helping, &d, votes);
        ck_assert(!d.unhelped[RESOURCE_APP]);
        ck_assert_uint_eq(votes[RESOURCE_APP], 0);
    }
}
END_TEST

START_TEST(test_memory_that_spreads_goes_on)
{
    ck_assert(!memory_is_unhelped(10, 0.30, 0.95));
    ck_assert(!memory_is_unhelped(11, 0.30, 0.87)); /* to 0.86 by spreading */
    ck_assert(!memory_is_unhelped(12, 0.30, 0.81));
}
END_TEST

START_TEST(test_memory_of_a_load_that_has_risen_goes_on)
{
    ck_assert(!memory_is_unhelped(10, 0.30, 0.85));
    ck_assert(!memory_is_unhelped(13, 0.40, 0.85));
}
END_TEST

/* New nodes are empty at first, and fill up: what they were compared with is kept. */
START_TEST(test_nodes_that_fill_up_later_do_not_help_either)
{
    ck_assert(!memory_is_unhelped(10, 0.02, 0.85));
    ck_assert(!memory_is_unhelped(13, 0.02, 0.70));
    ck_assert(!memory_is_unhelped(13, 0.02, 0.78));
    ck_assert(memory_is_unhelped(13, 0.02, 0.85));
}
END_TEST

START_TEST(test_it_is_tried_again_after_an_hour)
{
    ck_assert(!memory_is_unhelped(10, 0.02, 0.85));
    ck_assert(memory_is_unhelped(13, 0.02, 0.85));
    now_ms += 3500000;
    ck_assert(memory_is_unhelped(13, 0.02, 0.85));
    now_ms += 100000;
    ck_assert(!memory_is_unhelped(13, 0.02, 0.85));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("helping");
    TCase *tcase = tcase_create("helping");

    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, test_saturation_grows_by_half_of_what_carries);
    tcase_add_test(tcase, test_saturation_grows_by_less_at_a_low_price);
    tcase_add_test(tcase, test_a_slow_start_is_no_reason_to_grow_again);
    tcase_add_test(tcase, test_after_two_repeats_that_did_not_help_growth_ends);
    tcase_add_test(tcase, test_additions_that_carry_help_however_late);
    tcase_add_test(tcase, test_light_additions_that_are_full_help);
    tcase_add_test(tcase, test_nodes_without_a_reading_are_no_sign_that_additions_are_idle);
    tcase_add_test(tcase, test_memory_that_does_not_spread_asks_for_no_more);
    tcase_add_test(tcase, test_the_applications_load_always_asks);
    tcase_add_test(tcase, test_memory_that_spreads_goes_on);
    tcase_add_test(tcase, test_memory_of_a_load_that_has_risen_goes_on);
    tcase_add_test(tcase, test_nodes_that_fill_up_later_do_not_help_either);
    tcase_add_test(tcase, test_it_is_tried_again_after_an_hour);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
