#include "collector/autoscale/group_orders.h"

#include "support/cases.h"
#include "support/suite.h"

#include <stdlib.h>
#include <string.h>

static struct group_orders orders;
static struct group_orders_log log_state;
static struct scaler *scaler;

static void begin(void)
{
    orders = (struct group_orders){0};
    log_state = (struct group_orders_log){0};
    scaler = scaler_new();
    ck_assert_ptr_nonnull(scaler);
}

static void end(void)
{
    group_orders_deinit(&orders);
    scaler_free(scaler);
}

static void place_counting(int64_t now_ms, unsigned current, unsigned to, uint64_t row, bool is_uncounted)
{
    const struct decision decision = {.now_ms = now_ms,
                                      .settings = SCALER_SETTINGS_DEFAULT,
                                      .current = current,
                                      .desired = to,
                                      .to = to,
                                      .lead_ms = 60000,
                                      .action = to > current ? ACTION_UP : ACTION_DOWN};
    const struct hook_order order = {.to = to, .record = strdup("{}"), .record_len = 2};
    const struct victim_list victims = {.victims = calloc(1, sizeof(struct victim)), .count = 1};

    group_orders_place(&orders, scaler, &decision, &order, &victims, row, is_uncounted);
}

static void place(int64_t now_ms, unsigned current, unsigned to, uint64_t row)
{
    place_counting(now_ms, current, to, row, false);
}

static void hand_over(void)
{
    struct hook_order order = group_orders_hand_over(&orders);

    ck_assert_uint_eq(order.record_len, 2);
    hook_order_deinit(&order);
    ck_assert_int_eq(orders.state, GROUP_ORDERS_QUEUED);
}

static void run(void)
{
    hand_over();
    group_orders_started(&orders);
    ck_assert(orders.is_running);
    ck_assert_int_eq(orders.state, GROUP_ORDERS_NONE);
}

static bool is_ready(void)
{
    return group_orders_is_ready(&orders, &log_state);
}

START_TEST(an_order_waits_until_its_row_is_durable)
{
    place(1000, 4, 6, 7);
    log_state.synced = 6;
    ck_assert(!is_ready());
    log_state.synced = 7;
    ck_assert(is_ready());
    run();
    ck_assert(!is_ready());
    ck_assert_int_eq(group_orders_ended(&orders, HOOK_ACCEPTED, 2000), ORDER_ACCEPTED);
    ck_assert_uint_eq(orders.run.to, 6);
    ck_assert_int_eq(orders.since_ms, 0);
}
END_TEST

START_TEST(a_scale_in_waits_until_its_group_is_counted)
{
    place_counting(1000, 6, 4, 7, true);
    log_state.synced = 7;
    ck_assert(!is_ready());
    ck_assert_ptr_null(group_orders_counted(&orders, NULL));
    ck_assert(is_ready());
}
END_TEST

/* Where a signal counts the nodes, the hook need not be able to. */
START_TEST(the_nodes_of_a_group_without_agents_need_no_other_count)
{
    place_counting(1000, 6, 4, 7, true);
    orders.next.settings.victims = VICTIMS_ANY;
    ck_assert_str_eq(group_orders_counted(&orders, NULL), "its nodes could not be counted");
    strcpy(orders.next.observed.signal[0].name, "jobs");
    orders.next.observed.signal[0].has_nodes = true;
    ck_assert_ptr_null(group_orders_counted(&orders, NULL));
    ck_assert(!orders.is_uncounted);
}
END_TEST

START_TEST(only_more_nodes_do_not_wait_for_a_disk_that_fails)
{
    place(1000, 6, 4, 1);
    log_state.is_failing = true;
    ck_assert(!is_ready());
    group_orders_withdraw(&orders);
    place(2000, 4, 6, 2);
    ck_assert(is_ready());
    log_state.is_failing = false;
    group_orders_withdraw(&orders);
    place(3000, 4, 7, 0); /* no room for a row */
    ck_assert(is_ready());
}
END_TEST

START_TEST(a_scale_in_is_placed_only_if_nothing_is_under_way)
{
    ck_assert(group_orders_may_scale_in(&orders, 1000));
    place(1000, 4, 6, 1);
    ck_assert(!group_orders_may_scale_in(&orders, 1000));
    run();
    ck_assert(!group_orders_may_scale_in(&orders, 1000));
    (void)group_orders_ended(&orders, HOOK_ACCEPTED, 2000);
    ck_assert(group_orders_may_scale_in(&orders, 2000));
}
END_TEST

START_TEST(a_scale_in_without_effect_is_not_repeated_within_a_lead_time)
{
    place(1000, 6, 4, 1);
    run();
    ck_assert_int_eq(group_orders_ended(&orders, HOOK_TOO_FEW, 2000), ORDER_WITHOUT_EFFECT);
    ck_assert(!group_orders_may_scale_in(&orders, 61999));
    ck_assert(group_orders_may_scale_in(&orders, 62000));
    place(3000, 4, 6, 2); /* more nodes do not wait for that */
}
END_TEST

START_TEST(an_order_that_failed_is_taken_back_with_what_came_after_it)
{
    place(1000, 4, 6, 1);
    run();
    place(2000, 6, 7, 2);
    ck_assert_int_eq(group_orders_ended(&orders, HOOK_REFUSED, 3000), ORDER_FAILED);
    ck_assert_int_eq(orders.since_ms, 0);
    ck_assert_int_eq(orders.state, GROUP_ORDERS_PLACED); /* the caller records its outcome, then */
    group_orders_withdraw(&orders);
    ck_assert_int_eq(orders.state, GROUP_ORDERS_NONE);
}
END_TEST

START_TEST(what_came_during_a_run_that_was_accepted_stays)
{
    place(1000, 4, 6, 1);
    run();
    place(2000, 6, 7, 2);
    ck_assert_int_eq(group_orders_ended(&orders, HOOK_ACCEPTED, 3000), ORDER_ACCEPTED);
    ck_assert_int_eq(orders.since_ms, 2000);
    ck_assert_uint_eq(orders.run.to, 6);
    ck_assert_uint_eq(orders.next.to, 7);
}
END_TEST

START_TEST(a_newer_order_for_more_builds_on_the_one_it_replaces)
{
    place(1000, 4, 6, 1);
    group_orders_replace(&orders);
    ck_assert_int_eq(orders.since_ms, 1000);
    place(2000, 6, 7, 2);
    ck_assert_int_eq(orders.since_ms, 1000); /* if it fails, both are taken back */
    run();
    (void)group_orders_ended(&orders, HOOK_DIED, 3000);
    ck_assert_int_eq(orders.since_ms, 0);
}
END_TEST

START_TEST(a_scale_in_that_is_replaced_is_taken_back)
{
    place(1000, 6, 4, 1);
    group_orders_replace(&orders);
    ck_assert_int_eq(orders.since_ms, 0);
    ck_assert_int_eq(orders.state, GROUP_ORDERS_NONE);
}
END_TEST

START_TEST(a_mode_may_forbid_it)
{
    ck_assert(group_orders_is_allowed(&orders, MODE_OFF)); /* there is none */
    place(1000, 6, 4, 1);
    ck_assert(group_orders_is_allowed(&orders, MODE_FULL));
    ck_assert(!group_orders_is_allowed(&orders, MODE_OUT_ONLY));
    group_orders_withdraw(&orders);
    place(2000, 4, 6, 2);
    ck_assert(group_orders_is_allowed(&orders, MODE_OUT_ONLY));
    ck_assert(!group_orders_is_allowed(&orders, MODE_OBSERVE));
}
END_TEST

START_TEST(the_outcome_of_a_run_that_the_stop_has_ended_is_unknown)
{
    place(1000, 4, 6, 1);
    run();
    ck_assert_int_eq(group_orders_ended(&orders, HOOK_STOPPED, 2000), ORDER_UNKNOWN);
    ck_assert_int_eq(orders.since_ms, 0); /* the next start decides again */
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("group_orders");

    CASES_ADD(suite, "group_orders", begin, end, an_order_waits_until_its_row_is_durable,
              a_scale_in_waits_until_its_group_is_counted, the_nodes_of_a_group_without_agents_need_no_other_count,
              only_more_nodes_do_not_wait_for_a_disk_that_fails, a_scale_in_is_placed_only_if_nothing_is_under_way,
              a_scale_in_without_effect_is_not_repeated_within_a_lead_time,
              an_order_that_failed_is_taken_back_with_what_came_after_it,
              what_came_during_a_run_that_was_accepted_stays, a_newer_order_for_more_builds_on_the_one_it_replaces,
              a_scale_in_that_is_replaced_is_taken_back, a_mode_may_forbid_it,
              the_outcome_of_a_run_that_the_stop_has_ended_is_unknown);
    return suite_run(suite);
}
