#include "common/backoff.h"

#include "support/suite.h"

#define RUNS 2000U

static const struct {
    uint32_t min_ms;
    uint32_t max_ms;
} ranges[] = {{1, 1}, {1, 10000}, {200, 10000}, {200, 300}, {1000, 60000}, {1, UINT32_MAX}, {UINT32_MAX, UINT32_MAX}};

START_TEST(each_wait_is_between_half_and_all_of_a_doubling_ceiling)
{
    struct backoff backoff;

    backoff_init(&backoff, ranges[_i].min_ms, ranges[_i].max_ms, 42);
    for (unsigned run = 0; run < RUNS; run++) {
        uint64_t ceiling = ranges[_i].min_ms;
        for (unsigned failure = 0; failure < 70; failure++) {
            uint32_t wait_ms = backoff_next_ms(&backoff);
            if (wait_ms < ceiling / 2 || wait_ms > ceiling)
                ck_abort_msg("%u ms after %u failures, of at most %llu", wait_ms, failure, (unsigned long long)ceiling);
            ceiling = ceiling * 2 < ranges[_i].max_ms ? ceiling * 2 : ranges[_i].max_ms;
        }
        backoff_reset(&backoff);
    }
}
END_TEST

START_TEST(waits_reach_both_ends_evenly)
{
    struct backoff backoff;
    unsigned seen[1001] = {0};

    backoff_init(&backoff, 1000, 1000, 7);
    for (unsigned i = 0; i < 501 * 200; i++)
        seen[backoff_next_ms(&backoff)]++;
    for (unsigned ms = 500; ms <= 1000; ms++) {
        ck_assert_uint_gt(seen[ms], 100); /* 200 expected, standard deviation 14 */
        ck_assert_uint_lt(seen[ms], 300);
    }
}
END_TEST

START_TEST(a_seed_gives_the_same_waits_again_and_another_seed_others)
{
    struct backoff a, b, c;
    unsigned different = 0;

    backoff_init(&a, 200, 10000, 1);
    backoff_init(&b, 200, 10000, 1);
    backoff_init(&c, 200, 10000, 2);
    for (unsigned i = 0; i < 100; i++) {
        uint32_t wait_ms = backoff_next_ms(&a);
        ck_assert_uint_eq(wait_ms, backoff_next_ms(&b));
        different += wait_ms != backoff_next_ms(&c);
    }
    ck_assert_uint_gt(different, 90);
}
END_TEST

START_TEST(a_reset_begins_again_at_the_shortest_wait)
{
    struct backoff backoff;

    backoff_init(&backoff, 200, 10000, 3);
    for (unsigned i = 0; i < 20; i++)
        (void)backoff_next_ms(&backoff);
    ck_assert_uint_ge(backoff_next_ms(&backoff), 5000);
    backoff_reset(&backoff);
    ck_assert_uint_le(backoff_next_ms(&backoff), 200);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("backoff");
    TCase *tcase = tcase_create("backoff");

    tcase_add_loop_test(tcase, each_wait_is_between_half_and_all_of_a_doubling_ceiling, 0,
                        sizeof ranges / sizeof ranges[0]);
    tcase_add_test(tcase, waits_reach_both_ends_evenly);
    tcase_add_test(tcase, a_seed_gives_the_same_waits_again_and_another_seed_others);
    tcase_add_test(tcase, a_reset_begins_again_at_the_shortest_wait);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
