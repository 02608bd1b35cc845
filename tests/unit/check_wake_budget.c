#include "collector/intake/wake_budget.h"

#include "support/cases.h"
#include "support/suite.h"

#define WAKES_A_SECOND (1000 / WAKE_MS)

static struct wake_budget budget;
static uint64_t now_us;

static void setup(void)
{
    budget = (struct wake_budget){0};
    now_us = 77000000;
}

/* Input comes that often for a second. Returns how many wake-ups were within the budget. */
static unsigned wakes_in_a_second(uint64_t apart_us)
{
    unsigned wakes = 0;

    for (uint64_t end_us = now_us + 1000000; now_us < end_us; now_us += apart_us)
        wakes += wake_budget_take(&budget, now_us);
    return wakes;
}

START_TEST(much_input_wakes_seldom)
{
    ck_assert_uint_le(wakes_in_a_second(50), WAKES_A_SECOND + WAKE_BURST + 1);
    ck_assert_uint_le(wakes_in_a_second(50), WAKES_A_SECOND + 1);
    ck_assert_uint_ge(wakes_in_a_second(50), WAKES_A_SECOND - 1);
}
END_TEST

START_TEST(little_input_wakes_each_time)
{
    for (unsigned second = 0; second < 5; second++)
        ck_assert_uint_eq(wakes_in_a_second((uint64_t)WAKE_MS * 1000), WAKES_A_SECOND);
}
END_TEST

START_TEST(a_burst_wakes_each_time)
{
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i < WAKE_BURST; i++)
            ck_assert(wake_budget_take(&budget, now_us));
        ck_assert(!wake_budget_take(&budget, now_us));
        now_us += (uint64_t)WAKE_BURST * WAKE_MS * 1000; /* after a quiet time again */
    }
}
END_TEST

START_TEST(what_was_refused_costs_nothing)
{
    for (unsigned i = 0; i < WAKE_BURST; i++)
        ck_assert(wake_budget_take(&budget, now_us));
    for (unsigned i = 0; i < 1000; i++)
        ck_assert(!wake_budget_take(&budget, now_us));
    ck_assert(wake_budget_take(&budget, now_us + (uint64_t)WAKE_MS * 1000));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("wake_budget");

    CASES_ADD(suite, "wake_budget", setup, NULL, much_input_wakes_seldom, little_input_wakes_each_time,
              a_burst_wakes_each_time, what_was_refused_costs_nothing);
    return suite_run(suite);
}
