#include "offline/group_filter.h"

#include "support/suite.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static struct group_filter filter;
static char error[256];

static void begin(void)
{
    memset(&filter, 0, sizeof filter);
}

static void take(const char *value)
{
    ck_assert_int_eq(group_filter_take(&filter, value, error, sizeof error), 0);
}

START_TEST(without_a_choice_all_rows_count_for_their_groups)
{
    ck_assert_str_eq(group_filter_row(&filter, "a", "web"), "web");
    ck_assert_int_eq(group_filter_check(&filter, error, sizeof error), 0);
}
END_TEST

START_TEST(a_name_selects_its_group)
{
    take("web");
    ck_assert_int_eq(group_filter_check(&filter, error, sizeof error), -ENOENT);
    ck_assert_ptr_nonnull(strstr(error, "no row names group web"));
    ck_assert_str_eq(group_filter_row(&filter, "a", "web"), "web");
    ck_assert_ptr_null(group_filter_row(&filter, "a", "db"));
    ck_assert_int_eq(group_filter_check(&filter, error, sizeof error), 0);
}
END_TEST

START_TEST(a_pattern_selects_nodes_of_any_group)
{
    take("new=web-1*");
    take("web");
    ck_assert_str_eq(group_filter_row(&filter, "web-12", "web"), "new"); /* the first that matches */
    ck_assert_str_eq(group_filter_row(&filter, "web-2", "web"), "web");
    ck_assert_str_eq(group_filter_row(&filter, "web-1", "db"), "new");
}
END_TEST

START_TEST(a_node_stays_in_its_group)
{
    ck_assert_int_eq(group_filter_take_node(&filter, "web-1", error, sizeof error), 0);
    ck_assert_str_eq(group_filter_row(&filter, "web-1", "db"), "db");
    ck_assert_ptr_null(group_filter_row(&filter, "web-2", "db"));
}
END_TEST

START_TEST(wrong_choices_are_refused)
{
    char value[16];

    ck_assert_int_eq(group_filter_take(&filter, "web=", error, sizeof error), -EINVAL);
    ck_assert_int_eq(group_filter_take(&filter, "a b", error, sizeof error), -EINVAL);
    ck_assert_int_eq(group_filter_take(&filter, "=web", error, sizeof error), -EINVAL);
    ck_assert_uint_eq(filter.count, 0);
    for (unsigned i = 0; i < REPLAY_GROUPS_MAX; i++) {
        (void)snprintf(value, sizeof value, "g%u", i);
        take(value);
    }
    ck_assert_int_eq(group_filter_take(&filter, "more", error, sizeof error), -EINVAL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("group_filter");
    TCase *tests = tcase_create("group_filter");

    tcase_add_checked_fixture(tests, begin, NULL);
    tcase_add_test(tests, without_a_choice_all_rows_count_for_their_groups);
    tcase_add_test(tests, a_name_selects_its_group);
    tcase_add_test(tests, a_pattern_selects_nodes_of_any_group);
    tcase_add_test(tests, a_node_stays_in_its_group);
    tcase_add_test(tests, wrong_choices_are_refused);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
