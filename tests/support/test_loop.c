#include "support/test_loop.h"

#include <check.h>
#include <stdio.h>

#define PATIENCE_MS 10000U
#define BEAT_MS     2U

uv_loop_t test_loop;

static uv_timer_t beat;
static uv_timer_t limit;

static void on_beat(uv_timer_t *timer)
{
    (void)timer;
}

static void on_limit(uv_timer_t *timer)
{
    uv_print_all_handles(timer->loop, stderr);
    ck_abort_msg("the loop does not run empty");
}

void test_loop_start(void)
{
    ck_assert_int_eq(uv_loop_init(&test_loop), 0);
    uv_timer_init(&test_loop, &beat);
    uv_timer_init(&test_loop, &limit);
}

void test_loop_until(test_condition *holds, void *arg)
{
    uint64_t start_ms = uv_hrtime() / 1000000;

    uv_timer_start(&beat, on_beat, BEAT_MS, BEAT_MS);
    while (!holds(arg)) {
        ck_assert_msg(uv_hrtime() / 1000000 - start_ms < PATIENCE_MS, "waited for 10 s in vain");
        uv_run(&test_loop, UV_RUN_ONCE);
    }
    uv_timer_stop(&beat);
}

struct count {
    const unsigned *number;
    unsigned least;
};

static bool is_counted(void *arg)
{
    const struct count *count = arg;

    return *count->number >= count->least;
}

void test_loop_until_count(const unsigned *number, unsigned least)
{
    struct count count = {number, least};

    test_loop_until(is_counted, &count);
}

static bool is_over(void *arg)
{
    return uv_now(&test_loop) >= *(const uint64_t *)arg;
}

void test_loop_for_ms(uint64_t ms)
{
    uv_update_time(&test_loop);
    uint64_t end_ms = uv_now(&test_loop) + ms;

    test_loop_until(is_over, &end_ms);
}

void test_loop_end(void)
{
    uv_timer_start(&limit, on_limit, PATIENCE_MS, 0);
    uv_unref((uv_handle_t *)&limit);
    uv_run(&test_loop, UV_RUN_DEFAULT);
    uv_close((uv_handle_t *)&limit, NULL);
    uv_close((uv_handle_t *)&beat, NULL);
    uv_run(&test_loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(uv_loop_close(&test_loop), 0);
}
