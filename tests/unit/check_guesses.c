#include "collector/intake/guesses.h"

#include "common/limits.h"

#include "support/cases.h"
#include "support/suite.h"

static struct guesses guesses;
static uint64_t now_ms;

static void setup(void)
{
    guesses = (struct guesses){0};
    now_ms = 1000000;
}

/* How many wrong tokens one origin gets tested that tries all the time. */
static unsigned tries(uint64_t origin, uint64_t for_ms)
{
    unsigned count = 0;

    for (uint64_t end_ms = now_ms + for_ms; now_ms < end_ms; now_ms += 10)
        for (unsigned i = 0; i < 50 && guesses_allowed(&guesses, origin, now_ms); i++, count++)
            guesses_note(&guesses, origin, now_ms);
    return count;
}

START_TEST(a_burst_is_tested_and_then_one_at_a_time)
{
    ck_assert_uint_eq(tries(7, 10), GUESSES_BURST);
    unsigned later = tries(7, 100 * (uint64_t)GUESS_MS);
    ck_assert_uint_ge(later, 98);
    ck_assert_uint_le(later, 101);
    now_ms += (uint64_t)GUESSES_BURST * GUESS_MS;
    ck_assert_uint_eq(tries(7, 10), GUESSES_BURST);
}
END_TEST

START_TEST(origins_are_judged_alone)
{
    tries(7, 10);
    ck_assert(!guesses_allowed(&guesses, 7, now_ms));
    ck_assert(guesses_allowed(&guesses, 8, now_ms));
    ck_assert_uint_eq(tries(8, 10), GUESSES_BURST);
}
END_TEST

START_TEST(the_table_is_bounded_and_the_worst_stay_in_it)
{
    tries(7, 10);
    for (uint64_t origin = 100; origin < 100 + 3 * ORIGIN_BUDGET_MAX; origin++)
        guesses_note(&guesses, origin, now_ms);
    ck_assert_uint_eq(guesses.budget.count, ORIGIN_BUDGET_MAX);
    ck_assert(!guesses_allowed(&guesses, 7, now_ms));
    now_ms += 100 * (uint64_t)GUESS_MS;
    guesses_note(&guesses, 99999, now_ms); /* takes the place of one that is forgotten */
    ck_assert_uint_eq(guesses.budget.count, ORIGIN_BUDGET_MAX);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("guesses");

    CASES_ADD(suite, "guesses", setup, NULL, a_burst_is_tested_and_then_one_at_a_time, origins_are_judged_alone,
              the_table_is_bounded_and_the_worst_stay_in_it);
    return suite_run(suite);
}
