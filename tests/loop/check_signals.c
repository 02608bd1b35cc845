#include "common/signals.h"

#include "support/suite.h"
#include "support/test_loop.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

static struct signals signals;
static unsigned seen;
static int last;

static void on_signal(int signum, void *arg)
{
    ck_assert_ptr_eq(arg, &seen);
    last = signum;
    seen++;
}

static void end(void)
{
    signals_close(&signals);
    test_loop_end();
}

START_TEST(each_signal_is_told_apart)
{
    static const int numbers[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1, 0};

    ck_assert_int_eq(signals_start(&signals, &test_loop, numbers, on_signal, &seen), 0);
    for (unsigned i = 0; numbers[i] != 0; i++) {
        raise(numbers[i]);
        test_loop_until_count(&seen, i + 1);
        ck_assert_int_eq(last, numbers[i]);
    }
}
END_TEST

START_TEST(write_to_a_closed_pipe_is_an_error_only)
{
    static const int numbers[] = {SIGTERM, 0};
    int ends[2];

    ck_assert_int_eq(signals_start(&signals, &test_loop, numbers, on_signal, &seen), 0);
    ck_assert_int_eq(pipe(ends), 0);
    close(ends[0]);
    ck_assert_int_eq(write(ends[1], "x", 1), -1);
    ck_assert_int_eq(errno, EPIPE);
    close(ends[1]);
}
END_TEST

START_TEST(signal_that_cannot_be_caught_is_refused_and_nothing_is_left)
{
    static const int numbers[] = {SIGUSR1, SIGKILL, 0};

    ck_assert_int_eq(signals_start(&signals, &test_loop, numbers, on_signal, &seen), -EINVAL);
    ck_assert_int_eq(uv_run(&test_loop, UV_RUN_DEFAULT), 0);
}
END_TEST

START_TEST(none_at_all_is_fine)
{
    static const int numbers[] = {0};

    ck_assert_int_eq(signals_start(&signals, &test_loop, numbers, on_signal, &seen), 0);
    ck_assert_uint_eq(signals.count, 0);
}
END_TEST

START_TEST(close_twice_or_of_one_never_started_does_nothing)
{
    static const int numbers[] = {SIGUSR1, 0};

    signals_close(&signals);
    ck_assert_int_eq(signals_start(&signals, &test_loop, numbers, on_signal, &seen), 0);
    signals_close(&signals);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("signals");
    TCase *tests = tcase_create("signals");

    tcase_add_checked_fixture(tests, test_loop_start, end);
    tcase_add_test(tests, each_signal_is_told_apart);
    tcase_add_test(tests, write_to_a_closed_pipe_is_an_error_only);
    tcase_add_test(tests, signal_that_cannot_be_caught_is_refused_and_nothing_is_left);
    tcase_add_test(tests, none_at_all_is_fine);
    tcase_add_test(tests, close_twice_or_of_one_never_started_does_nothing);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
