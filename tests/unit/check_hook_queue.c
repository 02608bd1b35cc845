#include "collector/autoscale/hook_queue.h"

#include "common/random.h"
#include "support/cases.h"
#include "support/suite.h"

#include <stdio.h>
#include <string.h>

#define MIN_MS 1000U
#define MAX_MS 60000U

static struct hook_queue queue;

static void begin(void)
{
    ck_assert_int_eq(hook_queue_init(&queue, 2, MIN_MS, MAX_MS, 1), 0);
}

static void end(void)
{
    hook_queue_deinit(&queue);
}

static void put(unsigned index, unsigned desired, uint64_t now_ms)
{
    struct hook_order order = {.current = 1, .desired = desired, .record = strdup("{}"), .record_len = 2};

    hook_queue_put(&queue, index, "web", &order, now_ms);
}

/* The count that the group's order asks for, which begins now; the group must be the next one. */
static unsigned next(unsigned index, uint64_t now_ms)
{
    ck_assert_int_eq(hook_queue_next(&queue, now_ms), (int)index);
    ck_assert(queue.slots[index].is_running);
    return queue.slots[index].running.desired;
}

START_TEST(nothing_is_next_without_an_order)
{
    ck_assert_int_eq(hook_queue_next(&queue, 5), -1);
    ck_assert_uint_eq(hook_queue_due_ms(&queue), UINT64_MAX);
}
END_TEST

START_TEST(an_order_begins_at_once_and_ends_when_accepted)
{
    put(3, 6, 100);
    ck_assert_uint_eq(hook_queue_due_ms(&queue), 100);
    ck_assert_uint_eq(next(3, 100), 6);
    ck_assert_str_eq(queue.slots[3].group, "web");
    ck_assert_mem_eq(queue.slots[3].running.record, "{}", 2);
    ck_assert_uint_eq(hook_queue_end(&queue, 3, true, 200), 0);
    ck_assert_int_eq(hook_queue_next(&queue, 1000000), -1);
}
END_TEST

START_TEST(a_group_has_one_order_running_and_the_newest_waiting)
{
    put(0, 4, 100);
    ck_assert_uint_eq(next(0, 100), 4);
    put(0, 5, 110);
    put(0, 7, 120);
    ck_assert_int_eq(hook_queue_next(&queue, 130), -1);
    ck_assert_uint_eq(hook_queue_due_ms(&queue), UINT64_MAX);
    ck_assert_uint_eq(hook_queue_end(&queue, 0, true, 200), 0);
    ck_assert_uint_eq(next(0, 200), 7);
    ck_assert_uint_eq(hook_queue_end(&queue, 0, true, 300), 0);
    ck_assert_int_eq(hook_queue_next(&queue, 400), -1);
}
END_TEST

START_TEST(a_failed_order_is_tried_again_later_and_later)
{
    uint64_t now_ms = 100;
    uint64_t ceiling_ms = MIN_MS;

    put(0, 4, now_ms);
    for (unsigned failures = 1; failures < 12; failures++) {
        ck_assert_uint_eq(next(0, now_ms), 4);
        uint32_t wait_ms = hook_queue_end(&queue, 0, false, now_ms);
        ck_assert_uint_ge(wait_ms, ceiling_ms / 2);
        ck_assert_uint_le(wait_ms, ceiling_ms);
        ck_assert_uint_eq(queue.slots[0].backoff.failures, failures);
        ck_assert_uint_eq(hook_queue_due_ms(&queue), now_ms + wait_ms);
        ck_assert_int_eq(hook_queue_next(&queue, now_ms + wait_ms - 1), -1);
        now_ms += wait_ms;
        ceiling_ms = ceiling_ms * 2 < MAX_MS ? ceiling_ms * 2 : MAX_MS;
    }
    ck_assert_uint_eq(next(0, now_ms), 4);
    ck_assert_uint_eq(hook_queue_end(&queue, 0, true, now_ms), 0);
    put(0, 5, now_ms);
    ck_assert_uint_eq(next(0, now_ms), 5);
    ck_assert_uint_le(hook_queue_end(&queue, 0, false, now_ms), MIN_MS);
}
END_TEST

START_TEST(what_is_tried_again_is_the_newest_order_at_the_same_time)
{
    put(0, 4, 100);
    (void)next(0, 100);
    put(0, 5, 110); /* during the run */
    uint32_t wait_ms = hook_queue_end(&queue, 0, false, 200);
    ck_assert_uint_gt(wait_ms, 0);
    put(0, 6, 210); /* and during the wait */
    ck_assert_uint_eq(hook_queue_due_ms(&queue), 200 + wait_ms);
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

START_TEST(a_running_order_that_is_withdrawn_is_not_tried_again)
{
    put(0, 4, 100);
    (void)next(0, 100);
    put(0, 5, 110);
    hook_queue_withdraw(&queue, 0);
    ck_assert(queue.slots[0].is_running);
    ck_assert_uint_eq(hook_queue_end(&queue, 0, false, 200), 0);
    ck_assert_int_eq(hook_queue_next(&queue, 1000000), -1);
}
END_TEST

START_TEST(an_order_after_a_withdrawn_one_waits_for_the_same_backoff)
{
    put(0, 4, 100);
    (void)next(0, 100);
    uint32_t wait_ms = hook_queue_end(&queue, 0, false, 200);
    hook_queue_withdraw(&queue, 0);
    put(0, 5, 210);
    ck_assert_uint_eq(hook_queue_due_ms(&queue), 200 + wait_ms);
}
END_TEST

START_TEST(an_order_that_comes_after_the_withdrawal_of_a_running_one_is_tried_again)
{
    put(0, 4, 100);
    (void)next(0, 100);
    hook_queue_withdraw(&queue, 0);
    put(0, 5, 110);
    ck_assert_uint_gt(hook_queue_end(&queue, 0, false, 200), 0);
    ck_assert_uint_eq(next(0, 10000), 5);
    ck_assert_uint_gt(hook_queue_end(&queue, 0, false, 10000), 0);
    ck_assert_uint_eq(next(0, 100000), 5);
}
END_TEST

START_TEST(no_more_than_so_many_run_and_the_first_to_come_is_next)
{
    put(7, 1, 100);
    put(2, 2, 101);
    put(5, 3, 102);
    put(1, 4, 103);
    ck_assert_uint_eq(next(7, 200), 1);
    ck_assert_uint_eq(next(2, 200), 2);
    ck_assert_int_eq(hook_queue_next(&queue, 200), -1);
    ck_assert_uint_eq(hook_queue_due_ms(&queue), UINT64_MAX);
    put(5, 9, 300); /* keeps its place */
    ck_assert_uint_eq(hook_queue_end(&queue, 2, true, 300), 0);
    ck_assert_uint_eq(next(5, 300), 9);
    ck_assert_uint_eq(hook_queue_end(&queue, 7, true, 300), 0);
    ck_assert_uint_eq(next(1, 300), 4);
}
END_TEST

START_TEST(a_group_that_fails_holds_no_other_up)
{
    put(0, 4, 100);
    (void)next(0, 100);
    (void)hook_queue_end(&queue, 0, false, 100);
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
    ck_assert_uint_eq(hook_queue_end(&queue, 0, false, 100), 0);
    ck_assert_int_eq(hook_queue_next(&queue, 1000000), -1);
}
END_TEST

/* Whatever happens: the bound holds, what runs is the newest order of its time, and in the end the newest of all was
 * accepted or withdrawn. */
START_TEST(random_orders_end_with_the_newest)
{
    enum { GROUPS = 5 };
    unsigned wanted[GROUPS] = {0}; /* 0: nothing */
    uint64_t random = 7;

    for (uint64_t now_ms = 1; now_ms < 200000; now_ms += 10) {
        unsigned index = (unsigned)random_below(&random, GROUPS);
        unsigned what = (unsigned)random_below(&random, now_ms < 100000 ? 20 : 4);
        if (what >= 4 && what < 7) {
            wanted[index] = (unsigned)now_ms;
            put(index, wanted[index], now_ms);
        } else if (what == 7) {
            wanted[index] = 0;
            hook_queue_withdraw(&queue, index);
        } else if (queue.slots[index].is_running) {
            bool accepted = what != 0;
            unsigned desired = queue.slots[index].running.desired;
            (void)hook_queue_end(&queue, index, accepted, now_ms);
            if (accepted && wanted[index] == desired)
                wanted[index] = 0;
        }
        for (int next = 0; (next = hook_queue_next(&queue, now_ms)) >= 0;)
            ck_assert_uint_eq(queue.slots[next].running.desired, wanted[next]);
        ck_assert_uint_le(queue.running, queue.running_max);
    }
    for (unsigned i = 0; i < GROUPS; i++)
        ck_assert_uint_eq(wanted[i], 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("hook_queue");

    CASES_ADD(suite, "hook_queue", begin, end, nothing_is_next_without_an_order,
              an_order_begins_at_once_and_ends_when_accepted, a_group_has_one_order_running_and_the_newest_waiting,
              a_failed_order_is_tried_again_later_and_later, what_is_tried_again_is_the_newest_order_at_the_same_time,
              a_withdrawn_order_is_not_begun, a_running_order_that_is_withdrawn_is_not_tried_again,
              an_order_after_a_withdrawn_one_waits_for_the_same_backoff,
              an_order_that_comes_after_the_withdrawal_of_a_running_one_is_tried_again,
              no_more_than_so_many_run_and_the_first_to_come_is_next, a_group_that_fails_holds_no_other_up,
              all_orders_can_be_withdrawn, random_orders_end_with_the_newest);
    return suite_run(suite);
}
