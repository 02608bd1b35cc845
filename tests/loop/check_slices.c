#include "common/slices.h"

#include "support/suite.h"
#include "support/test_loop.h"

#include <unistd.h>

#define FOR_EVER_NS UINT64_C(3600000000000)

static struct slices slices;
static unsigned steps;
static unsigned work;        /* steps of a run */
static useconds_t step_us;   /* how long one takes */
static unsigned others;      /* how often somebody else has had the loop */
static uv_prepare_t prepare; /* somebody else */

static bool on_step(void *arg)
{
    ck_assert_ptr_eq(arg, &steps);
    if (step_us > 0)
        usleep(step_us);
    return ++steps % work != 0;
}

static void on_prepare(uv_prepare_t *handle)
{
    (void)handle;
    others++;
}

static void begin(void)
{
    test_loop_start();
    steps = others = 0;
    work = 10;
    step_us = 0;
    slices_start(&slices, &test_loop, on_step, &steps);
    uv_prepare_init(&test_loop, &prepare);
    uv_prepare_start(&prepare, on_prepare);
}

static void end(void)
{
    slices_close(&slices);
    uv_close((uv_handle_t *)&prepare, NULL);
    test_loop_end();
}

START_TEST(short_work_is_done_at_once)
{
    slices.slice_ns = FOR_EVER_NS;
    slices_run(&slices);
    ck_assert_uint_eq(steps, 10);
    ck_assert(!slices_running(&slices));
    slices_run(&slices);
    ck_assert_uint_eq(steps, 20);
}
END_TEST

START_TEST(each_turn_takes_a_slice_and_the_others_have_theirs)
{
    slices.slice_ns = 0;
    slices_run(&slices);
    for (unsigned i = 1; i < 10; i++) {
        ck_assert_uint_eq(steps, i);
        ck_assert_uint_eq(others, i - 1);
        ck_assert(slices_running(&slices));
        uv_run(&test_loop, UV_RUN_NOWAIT);
    }
    ck_assert_uint_eq(steps, 10);
    ck_assert(!slices_running(&slices));
    uv_run(&test_loop, UV_RUN_NOWAIT);
    ck_assert_uint_eq(steps, 10);
}
END_TEST

START_TEST(a_slice_ends_with_the_step_that_uses_it_up)
{
    step_us = 600;
    slices_run(&slices); /* one at least; two where a sleep is exact */
    ck_assert_uint_le(steps, 2);
    while (slices_running(&slices)) {
        unsigned before = steps;
        uv_run(&test_loop, UV_RUN_NOWAIT);
        ck_assert_uint_ge(steps, before + 1);
        ck_assert_uint_le(steps, before + 2);
    }
    ck_assert_uint_eq(steps, 10);
}
END_TEST

START_TEST(in_a_turn_that_is_long_already_a_slice_is_short)
{
    work = 1000;
    step_us = 1000;
    slices.slice_ns = 40000000;
    uv_update_time(&test_loop); /* as at the beginning of a turn */
    usleep(SLICES_TURN_NS / 1000 + 1000);
    slices_run(&slices);
    ck_assert_uint_le(steps, 11); /* in 10 ms */
    ck_assert(slices_running(&slices));
}
END_TEST

START_TEST(finish_does_the_rest_at_once)
{
    slices_finish(&slices);
    ck_assert_uint_eq(steps, 0); /* there was nothing to do */
    slices.slice_ns = 0;
    slices_run(&slices);
    slices_finish(&slices);
    ck_assert_uint_eq(steps, 10);
    ck_assert(!slices_running(&slices));
}
END_TEST

START_TEST(work_may_begin_in_the_next_turn)
{
    slices.slice_ns = FOR_EVER_NS;
    slices_run_later(&slices);
    slices_run_later(&slices);
    ck_assert_uint_eq(steps, 0);
    ck_assert(slices_running(&slices));
    uv_run(&test_loop, UV_RUN_NOWAIT);
    ck_assert_uint_eq(steps, 10);
    ck_assert(!slices_running(&slices));
}
END_TEST

START_TEST(after_close_there_are_no_steps)
{
    slices.slice_ns = 0;
    slices_run(&slices);
    slices_close(&slices);
    ck_assert(!slices_running(&slices));
    uv_run(&test_loop, UV_RUN_NOWAIT);
    slices_finish(&slices);
    ck_assert_uint_eq(steps, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("slices");
    TCase *tests = tcase_create("slices");

    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_test(tests, short_work_is_done_at_once);
    tcase_add_test(tests, each_turn_takes_a_slice_and_the_others_have_theirs);
    tcase_add_test(tests, a_slice_ends_with_the_step_that_uses_it_up);
    tcase_add_test(tests, in_a_turn_that_is_long_already_a_slice_is_short);
    tcase_add_test(tests, finish_does_the_rest_at_once);
    tcase_add_test(tests, work_may_begin_in_the_next_turn);
    tcase_add_test(tests, after_close_there_are_no_steps);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
