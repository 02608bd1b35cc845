#include "collector/autoscale/group_orders.h"

#include "support/cases.h"
#include "support/suite.h"

#include <stdlib.h>
#include <string.h>

static struct group_orders orders;
static struct group_orders_log log_state;
static struct scaler *scaler;
static enum group_orders_action action;

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

static enum group_orders_action place(int64_t now_ms, unsigned current, unsigned desired, uint64_t row)
{
    const struct decision decision = {
        .now_ms = now_ms, .settings = SCALER_SETTINGS_DEFAULT, .current = current, .desired = desired};

    return group_orders_place(&orders, scaler, &decision, strdup("{}"), 2, row, &log_state);
}

static void hand_over(void)
{
    struct hook_order order = group_orders_hand_over(&orders);

    ck_assert_uint_eq(order.record_len, 2);
    free(order.record);
}

START_TEST(an_order_waits_until_its_row_is_durable)
{
    ck_assert_int_eq(place(1000, 4, 6, 7), GROUP_ORDERS_NOTHING);
    log_state.synced = 6;
    ck_assert_int_eq(group_orders_synced(&orders, &log_state), GROUP_ORDERS_NOTHING);
    log_state.synced = 7;
    ck_assert_int_eq(group_orders_synced(&orders, &log_state), GROUP_ORDERS_HAND_OVER);
    hand_over();
    ck_assert_int_eq(group_orders_synced(&orders, &log_state), GROUP_ORDERS_NOTHING);
    group_orders_started(&orders);
    ck_assert_int_eq(group_orders_ended(&orders, HOOK_ACCEPTED, &action), ORDER_ACCEPTED);
    ck_assert_int_eq(action, GROUP_ORDERS_NOTHING);
    ck_assert_uint_eq(orders.run.desired, 6);
}
END_TEST

START_TEST(only_more_nodes_do_not_wait_for_a_disk_that_fails)
{
    ck_assert_int_eq(place(1000, 6, 4, 1), GROUP_ORDERS_NOTHING);
    log_state.failing = true;
    ck_assert_int_eq(group_orders_tick(&orders, MODE_FULL, &log_state), GROUP_ORDERS_NOTHING);
    ck_assert_int_eq(place(2000, 4, 6, 2), GROUP_ORDERS_HAND_OVER);
    ck_assert_int_eq(group_orders_tick(&orders, MODE_FULL, &log_state), GROUP_ORDERS_HAND_OVER);
    hand_over();
    ck_assert_int_eq(place(3000, 4, 7, 0), GROUP_ORDERS_HAND_OVER);
}
END_TEST

START_TEST(an_order_that_failed_is_withdrawn)
{
    place(1000, 4, 6, 1);
    hand_over();
    group_orders_started(&orders);
    ck_assert_int_eq(group_orders_ended(&orders, HOOK_REFUSED, &action), ORDER_FAILED);
    ck_assert_int_eq(action, GROUP_ORDERS_WITHDRAW);
    ck_assert_int_eq(group_orders_cancel(&orders), GROUP_ORDERS_NOTHING); /* nothing is left to take back */
}
END_TEST

START_TEST(a_mode_that_forbids_it_takes_it_back)
{
    place(1000, 6, 4, 1);
    ck_assert_int_eq(group_orders_tick(&orders, MODE_OUT_ONLY, &log_state), GROUP_ORDERS_WITHDRAW);
    log_state.synced = 1;
    ck_assert_int_eq(group_orders_synced(&orders, &log_state), GROUP_ORDERS_NOTHING);
    place(2000, 4, 6, 2);
    ck_assert_int_eq(group_orders_tick(&orders, MODE_OUT_ONLY, &log_state), GROUP_ORDERS_NOTHING);
    ck_assert_int_eq(group_orders_tick(&orders, MODE_OBSERVE, &log_state), GROUP_ORDERS_WITHDRAW);
}
END_TEST

START_TEST(a_run_that_the_stop_has_ended_is_not_recorded)
{
    place(1000, 4, 6, 1);
    hand_over();
    group_orders_started(&orders);
    ck_assert_int_eq(group_orders_cancel(&orders), GROUP_ORDERS_NOTHING); /* it runs */
    ck_assert_int_eq(group_orders_ended(&orders, HOOK_STOPPED, &action), ORDER_NONE);
    ck_assert_int_eq(action, GROUP_ORDERS_NOTHING);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("group_orders");

    CASES_ADD(suite, "group_orders", begin, end, an_order_waits_until_its_row_is_durable,
              only_more_nodes_do_not_wait_for_a_disk_that_fails, an_order_that_failed_is_withdrawn,
              a_mode_that_forbids_it_takes_it_back, a_run_that_the_stop_has_ended_is_not_recorded);
    return suite_run(suite);
}
