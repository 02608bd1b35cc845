#include "collector/fleet/node_clock.h"

#include "common/random.h"
#include "support/cases.h"
#include "support/suite.h"

#define MOST_MS  15000
#define APART_MS 1000000 /* between the two clocks */

static struct node_clock node_clock;
static uint64_t now_ms;

static void setup(void)
{
    node_clock = (struct node_clock){0};
    now_ms = 5000000;
}

/* A batch arrives now that was in transit for that long. */
static int64_t lateness(uint64_t delay_ms)
{
    return node_clock_lateness(&node_clock, now_ms - APART_MS - delay_ms, now_ms, MOST_MS);
}

START_TEST(the_first_batch_is_the_measure_until_a_quicker_one_comes)
{
    ck_assert_int_eq(lateness(40), 0);
    ck_assert_int_eq(lateness(100), 60);
    ck_assert_int_eq(lateness(10), 0);
    ck_assert_int_eq(lateness(40), 30);
}
END_TEST

START_TEST(a_hold_up_of_any_length_is_seen)
{
    for (unsigned second = 0; second < 100; second++, now_ms += 1000)
        ck_assert_int_eq(lateness(5), 0);
    now_ms += 3600000;
    for (unsigned late = 14; late > 0; late--)
        ck_assert_int_eq(lateness(5 + late * 1000), late * 1000);
    ck_assert_int_eq(lateness(5), 0);
}
END_TEST

/* The machine was frozen, and its clock with it: after two windows that no longer counts as lateness. */
START_TEST(a_clock_that_stood_still_is_believed_after_a_minute)
{
    (void)lateness(0);
    for (unsigned second = 0; second < 120; second++, now_ms += 1000)
        if (second > 62)
            ck_assert_int_eq(lateness(7200000), 0);
        else
            ck_assert_int_le(lateness(7200000), MOST_MS);
}
END_TEST

START_TEST(clocks_that_drift_apart_make_nothing_late)
{
    for (unsigned second = 0; second < 100000; second++, now_ms += 1000) {
        uint64_t drift_ms = second / 10; /* 100 ppm */
        ck_assert_int_le(node_clock_lateness(&node_clock, now_ms - APART_MS - drift_ms, now_ms, MOST_MS), 7);
    }
}
END_TEST

START_TEST(whatever_a_peer_says_the_answer_is_within_bounds)
{
    uint64_t random = (uint64_t)_i + 1;

    for (unsigned i = 0; i < 10000; i++) {
        uint64_t uptime_ms = random_next(&random) >> random_below(&random, 64);
        int64_t late = node_clock_lateness(&node_clock, uptime_ms, now_ms, MOST_MS);
        ck_assert_int_ge(late, 0);
        ck_assert_int_le(late, MOST_MS);
        now_ms += random_below(&random, 40000);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("node_clock");
    TCase *tcase = tcase_create("seeds");

    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_loop_test(tcase, whatever_a_peer_says_the_answer_is_within_bounds, 0, 20);
    suite_add_tcase(suite, tcase);
    CASES_ADD(suite, "node_clock", setup, NULL, the_first_batch_is_the_measure_until_a_quicker_one_comes,
              a_hold_up_of_any_length_is_seen, a_clock_that_stood_still_is_believed_after_a_minute,
              clocks_that_drift_apart_make_nothing_late);
    return suite_run(suite);
}
