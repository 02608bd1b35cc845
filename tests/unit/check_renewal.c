/* When the connection of a renewed certificate is made anew. */
#include "agent/renewal.h"

#include "support/suite.h"

#define DAY_S 86400

START_TEST(the_connection_stays_while_a_third_of_the_life_is_left)
{
    ck_assert_uint_eq(renewal_delay_ms(0, 30 * DAY_S, 0, 7), UINT64_MAX);
    ck_assert_uint_eq(renewal_delay_ms(0, 30 * DAY_S, 20 * DAY_S, 7), UINT64_MAX);
    ck_assert_uint_eq(renewal_delay_ms(0, 30 * DAY_S, 20 * DAY_S + 1, 7), 7);
}
END_TEST

START_TEST(a_fleet_does_not_come_back_at_once)
{
    ck_assert_uint_eq(renewal_delay_ms(0, 30 * DAY_S, 25 * DAY_S, 300000), 300000);
    ck_assert_uint_eq(renewal_delay_ms(0, 30 * DAY_S, 25 * DAY_S, 300001), 0);
}
END_TEST

START_TEST(little_time_that_is_left_is_not_waited_for)
{
    ck_assert_uint_eq(renewal_delay_ms(0, 90, 70, 5000), 5000);
    ck_assert_uint_eq(renewal_delay_ms(0, 90, 70, 5001), 0);
    ck_assert_uint_eq(renewal_delay_ms(0, 90, 90, 5000), 0);
    ck_assert_uint_eq(renewal_delay_ms(0, 90, 900, 5000), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("renewal");
    TCase *tests = tcase_create("renewal");

    tcase_add_test(tests, the_connection_stays_while_a_third_of_the_life_is_left);
    tcase_add_test(tests, a_fleet_does_not_come_back_at_once);
    tcase_add_test(tests, little_time_that_is_left_is_not_waited_for);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
