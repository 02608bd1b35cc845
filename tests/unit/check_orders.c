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

START_TEST(test_the_newest_are_taken_back)
{
    orders_place(&orders, 1000, 4, 6);
    orders_place(&orders, 2000, 6, 9);
    expect(5, 0);
    orders_place(&orders, 3000, 9, 7); /* of the three */
    expect(3, 0);
    ck_assert_uint_eq(orders.arriving.order[0].nodes, 2);
    ck_assert_uint_eq(orders.arriving.order[1].nodes, 1);
    orders_place(&orders, 4000, 7, 3); /* all of them, and one that is there */
    expect(0, 1);
    orders_place(&orders, 5000, 3, 6); /* which stays after all */
    expect(2, 0);
    orders_place(&orders, 6000, 6, 6);
    expect(2, 0);
}
END_TEST

START_TEST(test_the_oldest_are_fulfilled_and_give_lead_times)
{
    orders_place(&orders, 1000, 4, 6);
    orders_place(&orders, 2000, 6, 7);
    orders_fulfil(&orders, 61000, 1, 0);
    expect(2, 0);
    orders_fulfil(&orders, 63000, 2, 0);
    expect(0, 0);
    ck_assert_uint_eq(orders.lead_count, 3);
    ck_assert_uint_eq(orders.lead_ms[0], 60000);
    ck_assert_uint_eq(orders.lead_ms[1], 62000);
    ck_assert_uint_eq(orders.lead_ms[2], 61000);
    orders_fulfil(&orders, 70000, 5, 5); /* not ordered */
    expect(0, 0);
    ck_assert_uint_eq(orders.lead_count, 3);
    orders_place(&orders, 80000, 7, 4);
    orders_fulfil(&orders, 90000, 0, 2);
    expect(0, 1);
    ck_assert_uint_eq(orders.lead_count, 3); /* to leave takes no lead time */
}
END_TEST

START_TEST(test_what_never_comes_is_given_up)
{
    orders_place(&orders, 1000, 4, 6);
    orders_place(&orders, 5000, 6, 9);
    ck_assert_uint_eq(orders_expire(&orders, 11000, 10000), 0);
    ck_assert_uint_eq(orders_expire(&orders, 11001, 10000), 2);
    expect(3, 0);
    ck_assert_uint_eq(orders_expire(&orders, 99000, 10000), 3);
    expect(0, 0);
    orders_place(&orders, 100000, 9, 5);
    ck_assert_uint_eq(orders_expire(&orders, 200000, 10000), 0); /* only counts nodes that did not join */
    expect(0, 0);
}
END_TEST

START_TEST(test_a_withdrawal_takes_what_was_ordered_since)
{
    orders_place(&orders, 1000, 4, 6);
    orders_place(&orders, 2000, 6, 7);
    orders_place(&orders, 3000, 7, 8);
    orders_withdraw(&orders, 2000);
    expect(2, 0);
    orders_place(&orders, 4000, 2, 0);
    orders_place(&orders, 4000, 6, 4);
    expect(0, 2);
    orders_withdraw(&orders, 4000);
    expect(2, 0); /* again */
}
END_TEST

START_TEST(test_what_a_withdrawn_order_took_back_stands_again)
{
    orders_place(&orders, 1000, 4, 6);
    orders_place(&orders, 2000, 6, 9);
    orders_place(&orders, 3000, 9, 5); /* all three, and one of the two */
    orders_place(&orders, 4000, 5, 3); /* the other, and one that is there */
    expect(0, 1);
    orders_withdraw(&orders, 3000);
    expect(5, 0);
    ck_assert_uint_eq(orders.arriving.count, 3); /* the older in its two parts */
    ck_assert_int_eq(orders.arriving.order[0].time_ms, 1000);
    ck_assert_int_eq(orders.arriving.order[1].time_ms, 1000);
    ck_assert_int_eq(orders.arriving.order[2].time_ms, 2000);
    ck_assert_uint_eq(orders.arriving.order[2].nodes, 3);
    orders_withdraw(&orders, 2000); /* the order itself is withdrawn, not only what took it back */
    expect(2, 0);
}
END_TEST

START_TEST(test_what_came_after_all_does_not_stand_again)
{
    orders_place(&orders, 1000, 4, 7);
    orders_place(&orders, 2000, 7, 4);
    expect(0, 0);
    orders_fulfil(&orders, 2500, 2, 0); /* they had been on their way */
    orders_withdraw(&orders, 2000);
    expect(1, 0);
}
END_TEST

START_TEST(test_an_order_withdrawn_with_the_one_that_took_it_back_does_not_stand_again)
{
    orders_place(&orders, 3000, 7, 3);
    orders_place(&orders, 4000, 3, 5);
    expect(0, 2);
    orders_withdraw(&orders, 3000);
    expect(0, 0);
}
END_TEST

START_TEST(test_many_that_are_taken_back_are_remembered_as_far_as_there_is_room)
{
    for (unsigned i = 0; i < 3 * ORDERS_MAX; i++) {
        orders_place(&orders, 2 * i, 4, 6);
        orders_place(&orders, 2 * i + 1, 6, 4);
    }
    expect(0, 0);
    orders_withdraw(&orders, 6 * ORDERS_MAX - 1);
    expect(2, 0);
}
END_TEST

START_TEST(test_too_many_orders_become_one)
{
    for (unsigned i = 0; i < 100; i++)
        orders_place(&orders, i, i, i + 1);
    ck_assert_uint_eq(orders.arriving.count, ORDERS_MAX);
    expect(100, 0);
    orders_fulfil(&orders, 1000, 100, 0);
    expect(0, 0);
}
END_TEST

START_TEST(test_the_newest_of_too_many_keeps_its_time)
{
    for (unsigned i = 0; i < 40; i++)
        orders_place(&orders, 1000 * (i + 1), i, i + 1);
    orders_withdraw(&orders, 40000);
    expect(39, 0);
    ck_assert_int_eq(orders.arriving.order[0].time_ms, 1000);
    ck_assert_uint_eq(orders.arriving.order[0].nodes, 9);
    ck_assert_int_eq(orders.arriving.order[1].time_ms, 10000);
    ck_assert_uint_eq(orders_expire(&orders, 11000, 1000), 9); /* no sooner than the oldest of them */
}
END_TEST

START_TEST(test_the_lead_time_is_the_90th_percentile)
{
    for (unsigned i = 1; i <= 20; i++) {
        orders_place(&orders, 0, 0, 1);
        orders_fulfil(&orders, (i * 7) % 20 * 1000 + 1000, 1, 0); /* 1 to 20 s in some order */
        if (i < LEAD_TIMES_MIN)
            ck_assert_int_eq(orders_lead_ms(&orders, 120000), 120000);
    }
    ck_assert_int_eq(orders_lead_ms(&orders, 120000), 18000);
    ck_assert_int_eq(orders_longest_lead_ms(&orders), 20000);
    for (unsigned i = 0; i < LEAD_TIMES_MAX; i++) { /* the newest count */
        orders_place(&orders, 0, 0, 1);
        orders_fulfil(&orders, 5000, 1, 0);
    }
    ck_assert_int_eq(orders_lead_ms(&orders, 120000), 5000);
    ck_assert_int_eq(orders_longest_lead_ms(&orders), 5000);
}
END_TEST

START_TEST(test_no_lead_time_is_seen_yet)
{
    ck_assert_int_eq(orders_lead_ms(&orders, 77), 77);
    ck_assert_int_eq(orders_longest_lead_ms(&orders), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("orders");
    TCase *tcase = tcase_create("orders");

    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, test_the_newest_are_taken_back);
    tcase_add_test(tcase, test_the_oldest_are_fulfilled_and_give_lead_times);
    tcase_add_test(tcase, test_what_never_comes_is_given_up);
    tcase_add_test(tcase, test_a_withdrawal_takes_what_was_ordered_since);
    tcase_add_test(tcase, test_what_a_withdrawn_order_took_back_stands_again);
    tcase_add_test(tcase, test_what_came_after_all_does_not_stand_again);
    tcase_add_test(tcase, test_an_order_withdrawn_with_the_one_that_took_it_back_does_not_stand_again);
    tcase_add_test(tcase, test_many_that_are_taken_back_are_remembered_as_far_as_there_is_room);
    tcase_add_test(tcase, test_too_many_orders_become_one);
    tcase_add_test(tcase, test_the_newest_of_too_many_keeps_its_time);
    tcase_add_test(tcase, test_the_lead_time_is_the_90th_percentile);
    tcase_add_test(tcase, test_no_lead_time_is_seen_yet);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
