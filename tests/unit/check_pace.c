#include "collector/pace.h"

#include "support/cases.h"
#include "support/suite.h"

static struct pace pace;
static uint64_t now_us;

static void setup(void)
{
    pace = (struct pace){0};
    now_us = 77000000;
}

/* Runs turns of that length, with that long between them, for a second, resting as pace_rest_us() asks; returns how
 * many. */
static unsigned turns_in_a_second(uint64_t length_us, uint64_t between_us, uint64_t *rested_us)
{
    uint64_t end_us = now_us + 1000000;
    unsigned turns = 0;

    for (*rested_us = 0; now_us < end_us; turns++) {
        now_us += length_us;
        uint64_t rest_us = pace_rest_us(&pace, now_us);
        ck_assert_uint_le(rest_us, 1000000 / PACE_PER_SECOND);
        *rested_us += rest_us;
        now_us += rest_us > between_us ? rest_us : between_us;
    }
    return turns;
}

START_TEST(many_short_turns_become_few)
{
    uint64_t rested_us = 0;

    (void)turns_in_a_second(20, 30, &rested_us);
    ck_assert_uint_gt(rested_us, 800000);
    ck_assert_uint_le(turns_in_a_second(20, 30, &rested_us), PACE_PER_SECOND + 2);
    ck_assert_uint_ge(turns_in_a_second(20, 30, &rested_us), PACE_PER_SECOND - 2);
}
END_TEST

START_TEST(few_turns_or_long_ones_never_rest)
{
    uint64_t rested_us = 0;

    (void)turns_in_a_second(20, 2500, &rested_us);
    ck_assert_uint_eq(rested_us, 0);
    (void)turns_in_a_second(2100, 0, &rested_us);
    ck_assert_uint_eq(rested_us, 0);
    (void)turns_in_a_second(50000, 0, &rested_us);
    ck_assert_uint_eq(rested_us, 0);
}
END_TEST

START_TEST(a_burst_is_served_at_once)
{
    for (unsigned i = 0; i < PACE_BURST; i++, now_us += 10)
        ck_assert_uint_eq(pace_rest_us(&pace, now_us), 0);
    for (unsigned i = 0; i < 3; i++, now_us += 10)
        (void)pace_rest_us(&pace, now_us);
    ck_assert_uint_gt(pace_rest_us(&pace, now_us), 0);
    now_us += 1000000; /* after a quiet time again */
    for (unsigned i = 0; i < PACE_BURST; i++, now_us += 10)
        ck_assert_uint_eq(pace_rest_us(&pace, now_us), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("pace");

    CASES_ADD(suite, "pace", setup, NULL, many_short_turns_become_few, few_turns_or_long_ones_never_rest,
              a_burst_is_served_at_once);
    return suite_run(suite);
}
