/* When signals are asked for. */
#include "feed/feed_time.h"

#include "support/suite.h"

#include <stdbool.h>

#define TICK_MS UINT64_C(15000)

START_TEST(half_a_second_to_one_and_a_half_before_each_tick)
{
    bool has_first = false, has_last = false;

    for (uint64_t hash = 0; hash < 2002; hash++) {
        uint64_t due_ms = feed_time_next_ms(0, TICK_MS, hash);
        ck_assert_uint_ge(due_ms, TICK_MS - 1500);
        ck_assert_uint_le(due_ms, TICK_MS - 500);
        has_first = has_first || due_ms == TICK_MS - 1500;
        has_last = has_last || due_ms == TICK_MS - 500;
        ck_assert_uint_eq(feed_time_next_ms(due_ms - 1, TICK_MS, hash), due_ms);
        ck_assert_uint_eq(feed_time_next_ms(due_ms, TICK_MS, hash), due_ms + TICK_MS);
        ck_assert_uint_eq(feed_time_next_ms(TICK_MS, TICK_MS, hash), due_ms + TICK_MS);
        ck_assert_uint_eq(feed_time_next_ms(1000 * TICK_MS + 7, TICK_MS, hash), due_ms + 1000 * TICK_MS);
    }
    ck_assert(has_first && has_last);
}
END_TEST

START_TEST(short_ticks_have_their_middle_third)
{
    for (uint64_t tick_ms = 100; tick_ms <= 1000; tick_ms += 100)
        for (uint64_t hash = 0; hash < 1000; hash++) {
            uint64_t before_ms = tick_ms - feed_time_next_ms(0, tick_ms, hash);
            ck_assert_uint_ge(before_ms, tick_ms / 3);
            ck_assert_uint_le(before_ms, 2 * (tick_ms / 3));
        }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("feed_time");
    TCase *tcase = tcase_create("times");

    tcase_add_test(tcase, half_a_second_to_one_and_a_half_before_each_tick);
    tcase_add_test(tcase, short_ticks_have_their_middle_third);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
