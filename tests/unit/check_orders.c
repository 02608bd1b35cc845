#include "scaler/orders.h"

#include "support/suite.h"

static struct orders orders;

static void setup(void)
{
    orders = (struct orders){0};
}

static void expect(unsigned arriving, unsigned leaving)
{
    ck_assert_uint_eq(orders_nodes(&orders.arriving), arriving);
    ck_assert_uint_eq(orders_nodes(&orders.leaving), leaving);
}

static void add(int64_t now_ms, unsigned nodes)
{
    orders_add(&orders, now_ms, nodes, INT64_MIN); /* nothing is overdue */
}

START_TEST(test_orders_of_both_kinds_stand_side_by_side)
{
    add(1000, 2);
    add(2000, 3);
    orders_remove(&orders, 3000, 2);
    expect(5, 2);
    orders_remove(&orders, 4000, 1); /* the nodes of the one before are named anew, or are not wanted gone any more */
    expect(5, 1);
    add(5000, 0);
    expect(5, 1);
}
END_TEST

START_TEST(test_the_oldest_are_fulfilled_and_give_lead_times)
{
    add(1000, 2);
    add(2000, 1);
    ck_assert_uint_eq(orders_fulfil(&orders, 61000, 1, 0), 0);
    expect(2, 0);
    ck_assert_uint_eq(orders_fulfil(&orders, 63000, 2, 0), 0);
    expect(0, 0);
    ck_assert_uint_eq(orders.lead_count, 3);
    ck_assert_uint_eq(orders.lead_ms[0], 60000);
    ck_assert_uint_eq(orders.lead_ms[1], 62000);
    ck_assert_uint_eq(orders.lead_ms[2], 61000);
    ck_assert_uint_eq(orders_fulfil(&orders, 70000, 5, 5), 5); /* not ordered */
    expect(0, 0);
    ck_assert_uint_eq(orders.lead_count, 3);
    orders_remove(&orders, 80000, 3);
    orders_fulfil(&orders, 90000, 0, 2);
    expect(0, 1);
    ck_assert_uint_eq(orders.lead_count, 3); /* to leave takes no lead time */
}
END_TEST

START_TEST(test_what_never_comes_is_given_up)
{
    add(1000, 2);
    add(5000, 3);
    ck_assert_uint_eq(orders_expire(&orders, 11000, 10000, 10000), 0);
    ck_assert_uint_eq(orders_expire(&orders, 11001, 10000, 10000), 2);
    expect(3, 0);
    ck_assert_uint_eq(orders_expire(&orders, 99000, 10000, 10000), 3);
    expect(0, 0);
    orders_remove(&orders, 100000, 4);
    ck_assert_uint_eq(orders_expire(&orders, 105000, 10000, 5000), 0);
    expect(0, 4);
    ck_assert_uint_eq(orders_expire(&orders, 105001, 10000, 5000), 0); /* only counts nodes that did not join */
    expect(0, 0);
}
END_TEST

START_TEST(test_a_withdrawal_takes_what_was_ordered_since)
{
    add(1000, 2);
    add(2000, 1);
    add(3000, 1);
    orders_withdraw(&orders, 2000);
    expect(2, 0);
    orders_remove(&orders, 4000, 2);
    orders_withdraw(&orders, 4000);
    expect(2, 0);
}
END_TEST

/* An order that has brought nothing is stated again: no node is on order twice. */
START_TEST(test_no_more_than_what_is_lacking_is_awaited)
{
    orders_add(&orders, 1000, 2, 0);
    orders_add(&orders, 2000, 3, 0);
    orders_remove(&orders, 3000, 4);
    orders_limit(&orders, 6);
    ck_assert_uint_eq(orders_nodes(&orders.arriving), 5);
    orders_limit(&orders, 2);
    ck_assert_uint_eq(orders_nodes(&orders.arriving), 2);
    ck_assert_int_eq(orders.arriving.order[0].time_ms, 2000);
    orders_limit(&orders, 0);
    ck_assert_uint_eq(orders.arriving.count, 0);
    ck_assert_uint_eq(orders_nodes(&orders.leaving), 4);
    ck_assert_uint_eq(orders.lead_count, 0); /* nothing is learned of it */
}
END_TEST

START_TEST(test_what_is_overdue_is_stated_again)
{
    add(1000, 4);
    add(50000, 1);
    ck_assert_uint_eq(orders_overdue(&orders, 1000), 0);
    ck_assert_uint_eq(orders_overdue(&orders, 1001), 4);
    orders_add(&orders, 61000, 6, 2000);
    expect(7, 0); /* the four, the one, and two more */
    ck_assert_uint_eq(orders_overdue(&orders, 50000), 0);
    ck_assert_int_eq(orders.arriving.order[0].time_ms, 1000); /* of the lead time */
    ck_assert_int_eq(orders.arriving.order[0].stated_ms, 61000);
    orders_withdraw(&orders, 61000);
    expect(5, 0);
    ck_assert_uint_eq(orders_overdue(&orders, 2000), 4); /* as before */
}
END_TEST

START_TEST(test_what_is_stated_again_for_fewer_is_for_fewer)
{
    add(1000, 4);
    orders_add(&orders, 61000, 3, 2000);
    expect(3, 0);
    ck_assert_uint_eq(orders_overdue(&orders, 61000), 0);
}
END_TEST

START_TEST(test_too_many_orders_become_one)
{
    for (unsigned i = 0; i < 100; i++)
        add(i, 1);
    ck_assert_uint_eq(orders.arriving.count, ORDERS_MAX);
    expect(100, 0);
    orders_fulfil(&orders, 1000, 100, 0);
    expect(0, 0);
}
END_TEST

START_TEST(test_the_newest_of_too_many_keeps_its_time)
{
    for (unsigned i = 0; i < 40; i++)
        add(1000 * (i + 1), 1);
    orders_withdraw(&orders, 40000);
    expect(39, 0);
    ck_assert_int_eq(orders.arriving.order[0].time_ms, 1000);
    ck_assert_uint_eq(orders.arriving.order[0].nodes, 9);
    ck_assert_int_eq(orders.arriving.order[1].time_ms, 10000);
    ck_assert_uint_eq(orders_expire(&orders, 11000, 1000, 1000), 9); /* no sooner than the oldest of them */
}
END_TEST

static void learn(unsigned seconds)
{
    add(0, 1);
    orders_fulfil(&orders, seconds * 1000, 1, 0);
}

START_TEST(test_the_lead_time_is_the_median)
{
    for (unsigned i = 1; i <= 20; i++) {
        learn((i * 7) % 20 + 1); /* 1 to 20 s in some order */
        if (i < LEAD_TIMES_MIN)
            ck_assert_int_eq(orders_lead_ms(&orders, 12000, 0), 12000);
    }
    ck_assert_int_eq(orders_lead_ms(&orders, 12000, 0), 10000);
    ck_assert_int_eq(orders_slow_lead_ms(&orders, 12000), 18000);
    ck_assert_int_eq(orders_longest_lead_ms(&orders), 20000);
    for (unsigned i = 0; i < LEAD_TIMES_MAX; i++) /* the newest count */
        learn(5);
    ck_assert_int_eq(orders_lead_ms(&orders, 12000, 0), 5000);
    ck_assert_int_eq(orders_longest_lead_ms(&orders), 5000);
}
END_TEST

/* An order that was lost and came about by chance teaches nothing. */
START_TEST(test_a_lead_time_is_learned_within_a_quarter_and_four_times_of_the_setting)
{
    for (unsigned i = 0; i < LEAD_TIMES_MAX; i++)
        learn(586);
    ck_assert_int_eq(orders_lead_ms(&orders, 60000, 15000), 240000);
    ck_assert_int_eq(orders_lead_ms(&orders, 600000, 15000), 586000);
    ck_assert_int_eq(orders_lead_ms(&orders, 0, 15000), 15000);
    for (unsigned i = 0; i < LEAD_TIMES_MAX; i++)
        learn(1);
    ck_assert_int_eq(orders_lead_ms(&orders, 60000, 15000), 15000);
}
END_TEST

START_TEST(test_no_lead_time_is_seen_yet)
{
    ck_assert_int_eq(orders_lead_ms(&orders, 77, 0), 77);
    ck_assert_int_eq(orders_slow_lead_ms(&orders, 77), 77);
    ck_assert_int_eq(orders_longest_lead_ms(&orders), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("orders");
    TCase *tcase = tcase_create("orders");

    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, test_orders_of_both_kinds_stand_side_by_side);
    tcase_add_test(tcase, test_the_oldest_are_fulfilled_and_give_lead_times);
    tcase_add_test(tcase, test_what_never_comes_is_given_up);
    tcase_add_test(tcase, test_a_withdrawal_takes_what_was_ordered_since);
    tcase_add_test(tcase, test_no_more_than_what_is_lacking_is_awaited);
    tcase_add_test(tcase, test_what_is_overdue_is_stated_again);
    tcase_add_test(tcase, test_what_is_stated_again_for_fewer_is_for_fewer);
    tcase_add_test(tcase, test_too_many_orders_become_one);
    tcase_add_test(tcase, test_the_newest_of_too_many_keeps_its_time);
    tcase_add_test(tcase, test_the_lead_time_is_the_median);
    tcase_add_test(tcase, test_a_lead_time_is_learned_within_a_quarter_and_four_times_of_the_setting);
    tcase_add_test(tcase, test_no_lead_time_is_seen_yet);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
