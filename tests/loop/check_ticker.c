#include "common/ticker.h"

#include "support/suite.h"
#include "support/test_loop.h"

#include <unistd.h>

#define TICKS_MAX 64U

static struct ticker ticker;
static unsigned ticks;
static uint64_t tick_ms[TICKS_MAX];
static uint64_t due_ms[TICKS_MAX]; /* of the next tick, as planned at this one */
static uint64_t waste_ms[TICKS_MAX];

static void on_tick(uint64_t now_ms, void *arg)
{
    ck_assert_ptr_eq(arg, &ticks);
    ck_assert_uint_eq(now_ms, uv_now(&test_loop));
    if (ticks == TICKS_MAX)
        return;
    tick_ms[ticks] = now_ms;
    due_ms[ticks] = ticker.due_ms;
    if (waste_ms[ticks] > 0)
        usleep((useconds_t)waste_ms[ticks] * 1000);
    ticks++;
}

static void start(uint64_t interval_ms, uint64_t phase_ms)
{
    ticker_start(&ticker, &test_loop, interval_ms, phase_ms, on_tick, &ticks);
}

static void end(void)
{
    ticker_close(&ticker);
    test_loop_end();
}

START_TEST(ticks_come_at_the_phase_without_drift)
{
    start(20, 7);
    uint64_t first_ms = ticker.due_ms;
    for (unsigned i = 0; i < TICKS_MAX; i++)
        waste_ms[i] = 3; /* work that would add up if the timer started anew from its end */
    test_loop_until_count(&ticks, 12);

    ck_assert_uint_eq(first_ms % 20, 7);
    ck_assert_uint_ge(tick_ms[0], first_ms);
    for (unsigned i = 0; i < 12; i++) {
        ck_assert_uint_eq(due_ms[i] % 20, 7);
        ck_assert_uint_gt(due_ms[i], tick_ms[i]);
        ck_assert_uint_le(due_ms[i], tick_ms[i] + 20);
        if (i > 0)
            ck_assert_uint_ge(tick_ms[i], due_ms[i - 1]);
    }
}
END_TEST

START_TEST(missed_ticks_are_skipped)
{
    start(20, 0);
    waste_ms[0] = 90; /* over four deadlines */
    test_loop_until_count(&ticks, 3);

    ck_assert_uint_ge(tick_ms[1], tick_ms[0] + 80);
    ck_assert_uint_ge(tick_ms[2], due_ms[1]);
    ck_assert_uint_eq(due_ms[1] % 20, 0);
}
END_TEST

START_TEST(phase_is_taken_within_the_interval)
{
    start(10, 12345678901234567);
    ck_assert_uint_eq(ticker.due_ms % 10, 7);
    test_loop_until_count(&ticks, 2);
    ck_assert_uint_eq(due_ms[0] % 10, 7);
}
END_TEST

START_TEST(first_deadline_may_be_the_phase_itself)
{
    uint64_t phase_ms = uv_now(&test_loop) + 20;

    start(1000 * phase_ms, phase_ms);
    ck_assert_uint_eq(ticker.due_ms, phase_ms);
    test_loop_until_count(&ticks, 1);
    ck_assert_uint_ge(tick_ms[0], phase_ms);
    ck_assert_uint_eq(due_ms[0], 1001 * phase_ms);
}
END_TEST

START_TEST(deadline_that_is_now_is_for_the_next_interval)
{
    start(uv_now(&test_loop), 0);
    ck_assert_uint_eq(ticker.due_ms, 2 * uv_now(&test_loop));
}
END_TEST

START_TEST(new_interval_counts_from_now)
{
    start(3600000, 0);
    ticker_set_interval(&ticker, 10);
    ck_assert_uint_le(ticker.due_ms, uv_now(&test_loop) + 10);
    test_loop_until_count(&ticks, 3);
    ck_assert_uint_eq(due_ms[2] % 10, 0);
    ticker_set_interval(&ticker, 3600000);
    test_loop_for_ms(30);
    ck_assert_uint_eq(ticks, 3);
}
END_TEST

static void on_tick_faster(uint64_t now_ms, void *arg)
{
    on_tick(now_ms, arg);
    ticker_set_interval(&ticker, 5);
}

START_TEST(interval_may_change_in_the_callback)
{
    ticker_start(&ticker, &test_loop, 50, 0, on_tick_faster, &ticks);
    test_loop_until_count(&ticks, 4);
    ck_assert_uint_eq(ticker.due_ms % 5, 0);
}
END_TEST

static void on_tick_close(uint64_t now_ms, void *arg)
{
    on_tick(now_ms, arg);
    ticker_close(&ticker);
}

START_TEST(close_in_the_callback_is_the_end)
{
    ticker_start(&ticker, &test_loop, 5, 0, on_tick_close, &ticks);
    uv_run(&test_loop, UV_RUN_DEFAULT);
    ck_assert_uint_eq(ticks, 1);
    ticker_set_interval(&ticker, 1);
    uv_run(&test_loop, UV_RUN_DEFAULT);
    ck_assert_uint_eq(ticks, 1);
}
END_TEST

START_TEST(close_of_one_never_started_does_nothing)
{
    ticker_close(&ticker);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ticker");
    TCase *tests = tcase_create("ticker");

    tcase_add_checked_fixture(tests, test_loop_start, end);
    tcase_add_test(tests, ticks_come_at_the_phase_without_drift);
    tcase_add_test(tests, missed_ticks_are_skipped);
    tcase_add_test(tests, phase_is_taken_within_the_interval);
    tcase_add_test(tests, first_deadline_may_be_the_phase_itself);
    tcase_add_test(tests, deadline_that_is_now_is_for_the_next_interval);
    tcase_add_test(tests, new_interval_counts_from_now);
    tcase_add_test(tests, interval_may_change_in_the_callback);
    tcase_add_test(tests, close_in_the_callback_is_the_end);
    tcase_add_test(tests, close_of_one_never_started_does_nothing);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
