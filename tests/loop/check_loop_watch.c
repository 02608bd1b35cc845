#include "collector/loop_watch.h"

#include "collector/signal_thread.h"

#include "support/suite.h"
#include "support/test_loop.h"

#include <signal.h>
#include <unistd.h>

static uv_loop_t loop;
static struct loop_watch watch;
static uv_timer_t timer;
static unsigned rounds;

/* Holds the loop for 30 ms in each 100. */
static void on_timer(uv_timer_t *handle)
{
    uint64_t until_ns = uv_hrtime() + 30000000;

    while (uv_hrtime() < until_ns)
        ;
    if (++rounds == 10)
        uv_close((uv_handle_t *)handle, NULL);
}

START_TEST(what_holds_the_loop_is_seen_and_its_waiting_is_not)
{
    ck_assert_int_eq(uv_loop_init(&loop), 0);
    ck_assert_int_eq(loop_watch_start(&watch, &loop), 0);
    uv_timer_init(&loop, &timer);
    uv_timer_start(&timer, on_timer, 100, 100);
    uv_run(&loop, UV_RUN_DEFAULT); /* the watch does not keep it running */
    loop_watch_close(&watch);
    uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(uv_loop_close(&loop), 0);

    ck_assert_uint_ge(watch.turns.max, 30000);
    ck_assert_uint_ge(histogram_percentile(&watch.turns, 0.999), 30000);
    /* Three of ten moments wait, evenly up to 30 ms; on a busy machine more. */
    ck_assert_uint_ge(loop_watch_wait_us(&watch, 0.99), 25000);
    ck_assert(loop_watch_busy(&watch) > 0.2);
    ck_assert(loop_watch_busy(&watch) < 0.9);
    ck_assert_uint_gt(loop_watch_wait_us(&watch, 0.99), loop_watch_wait_us(&watch, 0.5));
    ck_assert_uint_ge(watch.cpus.max, 3000); /* on a machine that is ten times too busy */
    ck_assert_uint_ge(loop_watch_cpu_us(&watch, 0.99), 2500);
}
END_TEST

static void on_sleepy_timer(uv_timer_t *handle)
{
    usleep(100000);
    uv_close((uv_handle_t *)handle, NULL);
}

START_TEST(a_turn_that_does_not_run_takes_no_cpu_time)
{
    ck_assert_int_eq(uv_loop_init(&loop), 0);
    ck_assert_int_eq(loop_watch_start(&watch, &loop), 0);
    usleep(500000); /* the program still starts: that is no turn */
    uv_update_time(&loop);
    uv_timer_init(&loop, &timer);
    uv_timer_start(&timer, on_sleepy_timer, 10, 0);
    uv_run(&loop, UV_RUN_DEFAULT);
    loop_watch_close(&watch);
    uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(uv_loop_close(&loop), 0);

    ck_assert_uint_ge(watch.turns.max, 100000);
    ck_assert_uint_lt(watch.turns.max, 500000);
    ck_assert_uint_eq(watch.cpus.count, watch.turns.count);
    ck_assert_uint_lt(watch.cpus.max, 50000);
}
END_TEST

static void send_signal(void *arg)
{
    (void)arg;
    usleep(300000);
    kill(getpid(), SIGUSR1);
}

static void on_end(uv_timer_t *handle)
{
    uv_close((uv_handle_t *)handle, NULL);
}

static void on_signal(uv_signal_t *handle, int signum)
{
    (void)signum;
    uv_close((uv_handle_t *)handle, NULL);
}

/* libuv takes the wait before a signal that interrupts it for a callback that held the loop. */
START_TEST(a_signal_does_not_make_a_wait_a_turn)
{
    struct signal_thread thread = {0};
    uv_thread_t sender;
    uv_signal_t handle;
    sigset_t mask;

    ck_assert_int_eq(uv_loop_init(&loop), 0);
    uv_signal_init(&loop, &handle);
    ck_assert_int_eq(uv_signal_start(&handle, on_signal, SIGUSR1), 0);
    ck_assert_int_eq(signal_thread_start(&thread), 0);
    ck_assert_int_eq(loop_watch_start(&watch, &loop), 0);
    uv_timer_init(&loop, &timer);
    uv_timer_start(&timer, on_end, 500, 0);
    uv_thread_create(&sender, send_signal, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_thread_join(&sender);
    loop_watch_close(&watch);
    uv_run(&loop, UV_RUN_DEFAULT);
    signal_thread_close(&thread);
    signal_thread_close(&thread);
    ck_assert_int_eq(uv_loop_close(&loop), 0);

    ck_assert_uint_lt(watch.turns.max, 150000);
    ck_assert_int_eq(pthread_sigmask(SIG_BLOCK, NULL, &mask), 0);
    ck_assert_int_eq(sigismember(&mask, SIGUSR1), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("loop_watch");
    TCase *tcase = tcase_create("loop_watch");

    tcase_add_test(tcase, what_holds_the_loop_is_seen_and_its_waiting_is_not);
    tcase_add_test(tcase, a_turn_that_does_not_run_takes_no_cpu_time);
    tcase_add_test(tcase, a_signal_does_not_make_a_wait_a_turn);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
