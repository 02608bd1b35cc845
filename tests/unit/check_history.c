#include "scaler/history.h"

#include "support/suite.h"

enum { CAPACITY = 4 };

static struct history_point points[CAPACITY];
static struct history history;

static void setup(void)
{
    history_init(&history, points, CAPACITY);
}

static void push_times(int64_t first_ms, int64_t last_ms, int64_t step_ms)
{
    for (int64_t t = first_ms; t <= last_ms; t += step_ms)
        history_push(&history, t, (double)t / 10.0);
}

START_TEST(test_an_empty_history_has_no_window)
{
    ck_assert_uint_eq(history_window(&history, 1000, 1000), 0);
    ck_assert(!history_covers(&history, 1000, 0));
}
END_TEST

START_TEST(test_points_come_newest_first)
{
    push_times(10, 30, 10);
    ck_assert_uint_eq(history.count, 3);
    ck_assert_int_eq(history_at(&history, 0)->time_ms, 30);
    ck_assert_int_eq(history_at(&history, 2)->time_ms, 10);
    ck_assert_double_eq(history_at(&history, 2)->value, 1.0);
}
END_TEST

START_TEST(test_the_oldest_makes_room)
{
    push_times(10, 70, 10);
    ck_assert_uint_eq(history.count, CAPACITY);
    ck_assert_int_eq(history_at(&history, 0)->time_ms, 70);
    ck_assert_int_eq(history_at(&history, CAPACITY - 1)->time_ms, 40);
}
END_TEST

START_TEST(test_a_window_holds_both_of_its_ends)
{
    push_times(10, 40, 10);
    ck_assert_uint_eq(history_window(&history, 40, 20), 3);
    ck_assert_uint_eq(history_window(&history, 40, 19), 2);
    ck_assert_uint_eq(history_window(&history, 40, 0), 1);
    ck_assert_uint_eq(history_window(&history, 41, 0), 0);
    ck_assert_uint_eq(history_window(&history, 40, 1000), 4);
}
END_TEST

START_TEST(test_covers_from_the_first_point_on)
{
    push_times(10, 30, 10);
    ck_assert(history_covers(&history, 30, 20));
    ck_assert(!history_covers(&history, 30, 21));
}
END_TEST

START_TEST(test_does_not_cover_what_it_forgot)
{
    push_times(10, 50, 10);
    ck_assert(!history_covers(&history, 50, 40));
    ck_assert(history_covers(&history, 50, 39));
}
END_TEST

START_TEST(test_a_long_pause_empties_the_window)
{
    push_times(10, 40, 10);
    ck_assert_uint_eq(history_window(&history, INT64_C(1) << 40, 1000), 0);
    history_push(&history, INT64_C(1) << 40, 1.0);
    ck_assert_uint_eq(history_window(&history, INT64_C(1) << 40, 1000), 1);
}
END_TEST

START_TEST(test_what_is_forgotten_is_not_covered)
{
    push_times(10, 40, 10);
    history_forget(&history, 25);
    ck_assert_uint_eq(history.count, 2);
    ck_assert_int_eq(history_at(&history, 1)->time_ms, 30);
    ck_assert(history_covers(&history, 40, 15));
    ck_assert(!history_covers(&history, 40, 16));
    history_forget(&history, 1000);
    ck_assert_uint_eq(history.count, 0);
    push_times(1010, 1030, 10);
    ck_assert_uint_eq(history_window(&history, 1030, 2000), 3);
}
END_TEST

START_TEST(test_an_interruption_is_not_covered)
{
    push_times(10, 40, 10);
    history_interrupt(&history);
    ck_assert(!history_covers(&history, 40, 0));
    push_times(50, 70, 10);
    ck_assert(history_covers(&history, 70, 20));
    ck_assert(!history_covers(&history, 70, 21));
    ck_assert_uint_eq(history_window(&history, 70, 30), 4); /* what is known still counts */
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("history");
    TCase *tcase = tcase_create("history");

    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, test_an_empty_history_has_no_window);
    tcase_add_test(tcase, test_points_come_newest_first);
    tcase_add_test(tcase, test_the_oldest_makes_room);
    tcase_add_test(tcase, test_a_window_holds_both_of_its_ends);
    tcase_add_test(tcase, test_covers_from_the_first_point_on);
    tcase_add_test(tcase, test_does_not_cover_what_it_forgot);
    tcase_add_test(tcase, test_a_long_pause_empties_the_window);
    tcase_add_test(tcase, test_what_is_forgotten_is_not_covered);
    tcase_add_test(tcase, test_an_interruption_is_not_covered);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
