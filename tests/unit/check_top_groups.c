/* Groups with the problems of /api/v1/problems. */
#include "cli/top/top_groups.h"

#include "support/suite.h"
#include "support/top_documents.h"

#include <errno.h>
#include <math.h>
#include <string.h>

static struct top_groups groups;
static struct top_problems problems;

static int take(const char *text)
{
    json_t *answer = top_documents_parse(text);
    int rc = top_groups_read(&groups, answer);

    json_decref(answer);
    return rc;
}

static int take_problems(const char *text)
{
    json_t *answer = top_documents_parse(text);
    int rc = top_problems_read(&problems, answer);

    json_decref(answer);
    return rc;
}

static void take_sparklines(const char *text)
{
    json_t *answer = top_documents_parse(text);

    top_groups_read_sparklines(&groups, answer);
    json_decref(answer);
}

static const struct top_group *group(const char *name)
{
    const struct top_group *found = top_groups_find(&groups, name);

    ck_assert_ptr_nonnull(found);
    return found;
}

static void begin(void)
{
    problems = (struct top_problems){0};
    ck_assert_int_eq(take(TOP_GROUPS), 0);
}

static void end(void)
{
    top_groups_free(&groups);
}

START_TEST(numbers_are_those_of_the_answer)
{
    ck_assert_uint_eq(groups.count, 2);
    ck_assert_str_eq(group("web")->mode, "full");
    ck_assert_double_eq(group("web")->live, 2);
    ck_assert_double_eq(group("web")->desired, 6);
    ck_assert_double_eq(group("web")->existing, 3);
    ck_assert_double_eq(group("web")->use[0], 0.71);
    ck_assert_double_nan(group("web")->use[3]);
    ck_assert_double_eq(group("web")->high[0], 0.7);
    ck_assert_ptr_null(top_groups_find(&groups, "we"));
}
END_TEST

START_TEST(a_group_without_a_decision_has_no_numbers_of_it)
{
    ck_assert_double_nan(group("db")->desired);
    ck_assert_double_nan(group("db")->existing);
    ck_assert_str_eq(group("db")->mode, "");
}
END_TEST

START_TEST(another_answer_changes_nothing)
{
    ck_assert_int_eq(take("{\"groups\":{}}"), -EPROTO);
    ck_assert_uint_eq(groups.count, 2);
    ck_assert_int_eq(take("{\"groups\":[]}"), 0);
    ck_assert_uint_eq(groups.count, 0);
}
END_TEST

START_TEST(the_worst_problem_is_the_condition)
{
    ck_assert_int_eq(take_problems(TOP_PROBLEMS), 0);
    top_groups_judge(&groups, &problems);
    ck_assert_str_eq(group("web")->condition, "nodes-missing +1");
    ck_assert_int_eq(group("web")->style, TOP_STYLE_CRITICAL);
    ck_assert_str_eq(group("db")->condition, "");
}
END_TEST

START_TEST(without_the_list_of_problems_it_is_what_is_not_as_usual)
{
    top_groups_judge(&groups, &problems);
    ck_assert_str_eq(group("web")->condition, "able-to-scale +1");
    ck_assert_int_eq(group("web")->style, TOP_STYLE_PLAIN);
    ck_assert_str_eq(group("db")->condition, "");
}
END_TEST

START_TEST(without_problems_all_is_well)
{
    ck_assert_int_eq(take_problems("{\"problems\":[],\"more\":0}"), 0);
    top_groups_judge(&groups, &problems);
    ck_assert_str_eq(group("web")->condition, "");
}
END_TEST

START_TEST(sparklines_stay_until_the_next_ones)
{
    take_sparklines(TOP_SPARKLINES);
    ck_assert_int_eq(take(TOP_GROUPS), 0);
    ck_assert_uint_eq(group("web")->point_count, 3);
    ck_assert_float_eq(group("web")->points[2], 0.9F);
    ck_assert_float_nan(group("web")->points[1]);
    ck_assert_uint_eq(group("db")->point_count, 0);
}
END_TEST

START_TEST(only_the_newest_points_are_taken)
{
    char text[2048] = "{\"groups\":{\"web\":[0";

    for (unsigned i = 1; i < 2 * TOP_GROUP_POINTS; i++)
        (void)snprintf(text + strlen(text), sizeof text - strlen(text), ",%u", i);
    (void)strcat(text, "]}}");
    take_sparklines(text);
    ck_assert_uint_eq(group("web")->point_count, TOP_GROUP_POINTS);
    ck_assert_float_eq(group("web")->points[0], TOP_GROUP_POINTS);
    ck_assert_float_eq(group("web")->points[TOP_GROUP_POINTS - 1], 2 * TOP_GROUP_POINTS - 1);
}
END_TEST

START_TEST(problems_have_ages_and_are_counted)
{
    ck_assert_int_eq(take_problems(TOP_PROBLEMS), 0);
    ck_assert_uint_eq(problems.count, 3);
    ck_assert_uint_eq(problems.more, 4);
    ck_assert_uint_eq(problems.of[TOP_CRITICAL] + problems.of[TOP_WARNING] + problems.of[TOP_INFO], 3);
    ck_assert_double_eq(problems.items[0].age_ms, 300000);
    ck_assert_str_eq(problems.items[2].node, "web-2");
    ck_assert_str_eq(problems.items[2].group, "");
    ck_assert_int_eq(take_problems("{\"problems\":null}"), -EPROTO);
    ck_assert_uint_eq(problems.count, 3);
    ck_assert_int_eq(take_problems("{\"now_ms\":1,\"problems\":[{\"severity\":\"odd\"}]}"), 0);
    ck_assert_int_eq(problems.items[0].severity, TOP_INFO);
    ck_assert_str_eq(problems.items[0].text, "");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("top_groups");
    TCase *tests = tcase_create("top_groups");

    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_test(tests, numbers_are_those_of_the_answer);
    tcase_add_test(tests, a_group_without_a_decision_has_no_numbers_of_it);
    tcase_add_test(tests, another_answer_changes_nothing);
    tcase_add_test(tests, the_worst_problem_is_the_condition);
    tcase_add_test(tests, without_problems_all_is_well);
    tcase_add_test(tests, without_the_list_of_problems_it_is_what_is_not_as_usual);
    tcase_add_test(tests, sparklines_stay_until_the_next_ones);
    tcase_add_test(tests, only_the_newest_points_are_taken);
    tcase_add_test(tests, problems_have_ages_and_are_counted);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
