#include "collector/autoscale/hook_queue.h"

#include "common/random.h"
#include "support/cases.h"
#include "support/suite.h"

#include <stdlib.h>
#include <string.h>

#define MIN_MS 1000U
#define MAX_MS 60000U

static const struct hook_queue_limits limits = {
    .fresh = 2, .all = 4, .timed_out = 2, .wait_min_ms = MIN_MS, .wait_max_ms = MAX_MS};
static struct hook_queue queue;

static void begin(void)
{
    ck_assert_int_eq(hook_queue_init(&queue, &limits, 1), 0);
}

static void end(void)
{
    hook_queue_deinit(&queue);
}

static void put(unsigned index, unsigned to, uint64_t now_ms)
{
    struct hook_order order = {.to = to, .record = strdup("{}"), .record_len = 2};

    hook_queue_put(&queue, index, "web", &order, now_ms);
}

/* The count that the group's order asks for, which begins now; the group must be the next one. */
static unsigned next(unsigned index, uint64_t now_ms)
{
    ck_assert_int_eq(hook_queue_next(&queue, now_ms), (int)index);
    ck_assert(queue.slots[index].is_running);
    return queue.slots[index].running.to;
}

START_TEST(nothing_is_next_without_an_order)
{
    ck_assert_int_eq(hook_queue_next(&queue, 5), -1);
    ck_assert_uint_eq(hook_queue_due_ms(&queue, 5), UINT64_MAX);
}
END_TEST

START_TEST(an_order_begins_at_once_and_ends_when_accepted)
{
    ck_assert(hook_queue_is_free(&queue, 3, 100));
    put(3, 6, 100);
    ck_assert(!hook_queue_is_free(&queue, 3, 100));
    ck_assert_uint_eq(hook_queue_due_ms(&queue, 100), 100);
    ck_assert_uint_eq(next(3, 100), 6);
    ck_assert(!hook_queue_is_free(&queue, 3, 100));
    ck_assert_str_eq(queue.slots[3].group, "web");
    ck_assert_mem_eq(queue.slots[3].running.record, "{}", 2);
    ck_assert_uint_eq(hook_queue_end(&queue, 3, HOOK_END_WELL, 200), 0);
    ck_assert_int_eq(hook_queue_next(&queue, 1000000), -1);
    ck_assert(hook_queue_is_free(&queue, 3, 200));
}
END_TEST

START_TEST(a_group_has_one_order_running_and_the_newest_waiting)
{
    put(0, 4, 100);
    ck_assert_uint_eq(next(0, 100), 4);
    put(0, 5, 110);
    put(0, 7, 120);
    ck_assert_int_eq(hook_queue_next(&queue, 130), -1);
    ck_assert_uint_eq(hook_queue_due_ms(&queue, 130), UINT64_MAX);
    ck_assert_uint_eq(hook_queue_end(&queue, 0, HOOK_END_WELL, 200), 0);
    ck_assert_uint_eq(next(0, 200), 7);
    ck_assert_uint_eq(hook_queue_end(&queue, 0, HOOK_END_WELL, 300), 0);
    ck_assert_int_eq(hook_queue_next(&queue, 400), -1);
}
END_TEST

START_TEST(a_failed_order_is_not_run_again_and_the_next_one_waits_longer_and_longer)
{
    uint64_t now_ms = 100;
    uint64_t ceiling_ms = MIN_MS;

    for (unsigned failures = 1; failures < 12; failures++) {
        put(0, failures, now_ms);
        ck_assert_uint_eq(next(0, now_ms), failures);
        uint32_t wait_ms = hook_queue_end(&queue, 0, HOOK_END_FAILED, now_ms);
        ck_assert_uint_ge(wait_ms, ceiling_ms / 2);
        ck_assert_uint_le(wait_ms, ceiling_ms);
        ck_assert_uint_eq(queue.slots[0].backoff.failures, failures);
        ck_assert_int_eq(hook_queue_next(&queue, now_ms + 10 * MAX_MS), -1);
        ck_assert(!hook_queue_is_free(&queue, 0, now_ms + wait_ms - 1));
        ck_assert(hook_queue_is_free(&queue, 0, now_ms + wait_ms));
        put(0, 99, now_ms);
        ck_assert_uint_eq(hook_queue_due_ms(&queue, now_ms), now_ms + wait_ms);
        ck_assert_int_eq(hook_queue_next(&queue, now_ms + wait_ms - 1), -1);
        hook_queue_withdraw(&queue, 0);
        now_ms += wait_ms;
        ceiling_ms = ceiling_ms * 2 < MAX_MS ? ceiling_ms * 2 : MAX_MS;
    }
    put(0, 4, now_ms);
    ck_assert_uint_eq(next(0, now_ms), 4);
    ck_assert_uint_eq(hook_queue_end(&queue, 0, HOOK_END_WELL, now_ms), 0);
    put(0, 5, now_ms);
    ck_assert_uint_eq(next(0, now_ms), 5);
    ck_assert_uint_le(hook_queue_end(&queue, 0, HOOK_END_FAILED, now_ms), MIN_MS);
}
END_TEST

START_TEST(an_order_that_waits_through_a_failure_waits_for_the_backoff)
{
    put(0, 4, 100);
    (void)next(0, 100);
    put(0, 5, 110); /* during the run */
    uint32_t wait_ms = hook_queue_end(&queue, 0, HOOK_END_FAILED, 200);
    ck_assert_uint_gt(wait_ms, 0);
    put(0, 6, 210); /* and during the wait */
    ck_assert_uint_eq(hook_queue_due_ms(&queue, 210), 200 + wait_ms);
    ck_assert_int_eq(hook_queue_next(&queue, 199 + wait_ms), -1);
    ck_assert_uint_eq(next(0, 200 + wait_ms), 6);
}
END_TEST

START_TEST(a_withdrawn_order_is_not_begun)
{
    put(0, 4, 100);
    hook_queue_withdraw(&queue, 0);
    ck_assert_int_eq(hook_queue_next(&queue, 100000), -1);
    put(0, 5, 200);
    ck_assert_uint_eq(next(0, 200), 5);
}
END_TEST

START_TEST(a_cancelled_order_leaves_its_place_and_no_failure)
{
    put(0, 4, 100);
    (void)next(0, 100);
    hook_queue_cancel(&queue, 0);
    ck_assert_uint_eq(queue.running, 0);
    ck_assert_uint_eq(queue.slots[0].backoff.failures, 0);
    ck_assert(hook_queue_is_free(&queue, 0, 100));
}
END_TEST

START_TEST(programs_are_not_started_all_at_once)
{
    put(7, 1, 100);
    put(2, 2, 101);
    put(5, 3, 102);
    put(1, 4, 103);
    ck_assert_uint_eq(next(7, 200), 1);
    ck_assert_uint_eq(next(2, 200), 2);
    ck_assert_int_eq(hook_queue_next(&queue, 200), -1);
    ck_assert_uint_eq(hook_queue_due_ms(&queue, 200), 200 + HOOK_FRESH_MS);
    put(5, 9, 300); /* keeps its place */
    (void)hook_queue_end(&queue, 2, HOOK_END_WELL, 300);
    ck_assert_uint_eq(next(5, 300), 9);
    (void)hook_queue_end(&queue, 7, HOOK_END_WELL, 300);
    ck_assert_uint_eq(next(1, 300), 4);
}
END_TEST

START_TEST(runs_that_hang_leave_room_for_others)
{
    for (unsigned i = 0; i < limits.all + 1; i++)
        put(i, 1, 100 + i);
    (void)next(0, 200);
    (void)next(1, 200);
    uint64_t later_ms = 200 + HOOK_FRESH_MS;
    ck_assert_int_eq(hook_queue_next(&queue, later_ms - 1), -1);
    (void)next(2, later_ms);
    (void)next(3, later_ms);
    ck_assert_int_eq(hook_queue_next(&queue, later_ms + HOOK_FRESH_MS), -1); /* as many as there may be */
    ck_assert_uint_eq(hook_queue_due_ms(&queue, later_ms), UINT64_MAX);
}
END_TEST

START_TEST(groups_that_timed_out_share_a_few_places)
{
    for (unsigned i = 0; i < 3; i++) {
        put(i, 1, 100);
        (void)next(i, 100);
        (void)hook_queue_end(&queue, i, HOOK_END_TIMED_OUT, 100);
    }
    uint64_t now_ms = 100 + 10 * MAX_MS;
    for (unsigned i = 0; i < 3; i++)
        put(i, 2, now_ms);
    ck_assert_int_ge(hook_queue_next(&queue, now_ms), 0);
    ck_assert_int_ge(hook_queue_next(&queue, now_ms), 0);
    now_ms += HOOK_FRESH_MS;
    ck_assert_int_eq(hook_queue_next(&queue, now_ms), -1);
    put(9, 7, now_ms + 1);
    ck_assert_uint_eq(next(9, now_ms + 1), 7);
    (void)hook_queue_end(&queue, 0, HOOK_END_WELL, now_ms + 1); /* it works again */
    ck_assert_int_eq(hook_queue_next(&queue, now_ms + 1), 2);
}
END_TEST

START_TEST(a_group_that_fails_holds_no_other_up)
{
    put(0, 4, 100);
    (void)next(0, 100);
    (void)hook_queue_end(&queue, 0, HOOK_END_FAILED, 100);
    put(1, 5, 101);
    ck_assert_uint_eq(next(1, 101), 5);
}
END_TEST

START_TEST(all_orders_can_be_withdrawn)
{
    for (unsigned i = 0; i < GROUPS_MAX; i++)
        put(i, 2, 100);
    (void)next(0, 100);
    hook_queue_withdraw_all(&queue);
    (void)hook_queue_end(&queue, 0, HOOK_END_FAILED, 100);
    ck_assert_int_eq(hook_queue_next(&queue, 1000000), -1);
}
END_TEST

/* Whatever happens: the limits hold, and what begins is the newest order of its group, which none before it follows. */
START_TEST(random_orders_never_begin_after_a_newer_one)
{
    enum { GROUPS = 9 };
    unsigned newest[GROUPS] = {0}; /* 0: nothing waits */
    unsigned begun[GROUPS] = {0};
    uint64_t random = 7;

    for (uint64_t now_ms = 1; now_ms < 400000; now_ms += 10) {
        unsigned index = (unsigned)random_below(&random, GROUPS);
        unsigned what = (unsigned)random_below(&random, 20);
        if (what >= 4 && what < 7) {
            newest[index] = (unsigned)now_ms;
            put(index, newest[index], now_ms);
        } else if (what == 7) {
            newest[index] = 0;
            hook_queue_withdraw(&queue, index);
        } else if (what < 4 && queue.slots[index].is_running) {
            (void)hook_queue_end(&queue, index, (enum hook_end)(what % 3), now_ms);
        }
        for (int at = 0; (at = hook_queue_next(&queue, now_ms)) >= 0; newest[at] = 0) {
            ck_assert_uint_eq(queue.slots[at].running.to, newest[at]);
            ck_assert_uint_gt(newest[at], begun[at]);
            begun[at] = newest[at];
        }
        ck_assert_uint_le(queue.running, limits.all);
    }
    for (unsigned i = 0; i < GROUPS; i++)
        ck_assert_uint_gt(begun[i], 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("hook_queue");

    CASES_ADD(suite, "hook_queue", begin, end, nothing_is_next_without_an_order,
              an_order_begins_at_once_and_ends_when_accepted, a_group_has_one_order_running_and_the_newest_waiting,
              a_failed_order_is_not_run_again_and_the_next_one_waits_longer_and_longer,
              an_order_that_waits_through_a_failure_waits_for_the_backoff, a_withdrawn_order_is_not_begun,
              a_cancelled_order_leaves_its_place_and_no_failure, programs_are_not_started_all_at_once,
              runs_that_hang_leave_room_for_others, groups_that_timed_out_share_a_few_places,
              a_group_that_fails_holds_no_other_up, all_orders_can_be_withdrawn,
              random_orders_never_begin_after_a_newer_one);
    return suite_run(suite);
}
