/* Why not more nodes, and why not fewer. */
#include "cli/why_reasons.h"

#include "support/suite.h"

#include <stdio.h>
#include <string.h>

static char more[WHY_REASONS_MAX], fewer[WHY_REASONS_MAX];

/* Members of the decision and of its row, beside these: a group that holds 4 nodes. */
static void explain(const char *members, const char *row)
{
    char line[1024];
    json_error_t error;

    (void)snprintf(line, sizeof line,
                   "{\"action\":\"hold\",\"desired\":4,\"raw\":4,\"guard\":\"none\"%s,\"row\":{\"mode\":\"full\","
                   "\"nodes_min\":2,\"nodes_max\":10,\"carrying\":4,\"cpu\":71,\"high\":80,\"cpu_capacity\":8,"
                   "\"cpu_forecast_bound\":6,\"stabilization_s\":300%s}}",
                   members, row);
    json_t *decision = json_loads(line, 0, &error);
    ck_assert_msg(decision != NULL, "%s in %s", error.text, line);
    why_reasons_not_more(decision, more, sizeof more);
    why_reasons_not_fewer(decision, fewer, sizeof fewer);
    json_decref(decision);
}

START_TEST(a_group_that_fits_its_load_is_explained_by_numbers)
{
    explain("", "");
    ck_assert_str_eq(more,
                     "The largest vote is for 4 nodes. cpu is at 71%, and at 75% with the forecast; its high is 80%.");
    ck_assert_str_eq(fewer,
                     "The largest vote is for 4 nodes. With one node less, cpu would be at about 95%, and at about "
                     "100% with the forecast.");
    explain(",\"raw\":1", ",\"resource\":\"memory\",\"memory\":60,\"cpu_forecast_bound\":null");
    ck_assert_str_eq(more, "The largest vote is for 1 node. memory is at 60%; its high is 80%.");
    explain(",\"raw\":0", ",\"cpu\":null");
    ck_assert_str_eq(more, "No vote asks for nodes.");
}
END_TEST

START_TEST(a_group_that_grows_is_held_by_the_maximum_or_in_steps)
{
    explain(",\"action\":\"up\",\"raw\":6,\"desired\":6", "");
    ck_assert_str_eq(more, "The largest vote is for 6 nodes.");
    ck_assert_str_eq(fewer, "The largest vote is for 6 nodes.");
    explain(",\"action\":\"up\",\"raw\":12,\"desired\":10,\"guard\":\"maximum\"", "");
    ck_assert_str_eq(more, "The load needs 12 nodes, and the maximum is 10.");
    explain(",\"action\":\"up\",\"raw\":12,\"desired\":8,\"guard\":\"step\"", "");
    ck_assert_str_eq(more, "One order at most doubles the group; the votes are for 12 nodes.");
}
END_TEST

START_TEST(a_group_that_shrinks_is_held_by_the_minimum_or_in_steps)
{
    explain(",\"action\":\"down\",\"raw\":1,\"desired\":2,\"guard\":\"step\"", "");
    ck_assert_str_eq(fewer, "One order removes at most half of the group.");
    explain(",\"raw\":1,\"desired\":2,\"guard\":\"minimum\"", "");
    ck_assert_str_eq(fewer, "The minimum is 2.");
    explain(",\"raw\":2,\"desired\":2", "");
    ck_assert_str_eq(fewer, "The minimum is 2.");
}
END_TEST

START_TEST(what_a_person_has_ordered_comes_first)
{
    explain(",\"guard\":\"projection\"", ",\"pin\":4");
    ck_assert_str_eq(more, "A person has pinned the group to 4 nodes.");
    ck_assert_str_eq(fewer, "A person has pinned the group to 4 nodes.");
    explain(",\"guard\":\"paused\"", ",\"paused\":1");
    ck_assert_str_eq(more, "A person has paused all orders.");
    ck_assert_str_eq(fewer, "A person has paused all orders.");
    explain(",\"guard\":\"paused\"", ",\"paused_in\":1");
    ck_assert_ptr_nonnull(strstr(more, "The largest vote is for 4 nodes."));
    ck_assert_str_eq(fewer, "A person has paused scale-in.");
}
END_TEST

START_TEST(a_mode_may_allow_only_more)
{
    explain(",\"guard\":\"mode\"", ",\"mode\":\"out-only\"");
    ck_assert_ptr_nonnull(strstr(more, "The largest vote"));
    ck_assert_str_eq(fewer, "The mode out-only does not allow it.");
    explain(",\"guard\":\"mode\"", ",\"mode\":\"off\"");
    ck_assert_str_eq(more, "The mode off does not allow it.");
}
END_TEST

START_TEST(each_guard_is_a_sentence)
{
    static const char *const of_fewer[] = {
        "roll-call", "missing-nodes", "unread",    "signal-missing", "low",   "projection",    "protected",
        "uncounted", "ordered",       "dead-band", "unrecorded",     "churn", "stabilization", "undone"};
    static const char *const of_both[] = {"no-data", "elsewhere"};
    char members[64];

    for (size_t i = 0; i < sizeof of_fewer / sizeof *of_fewer; i++) {
        (void)snprintf(members, sizeof members, ",\"guard\":\"%s\"", of_fewer[i]);
        explain(members, "");
        ck_assert_ptr_nonnull(strstr(more, "The largest vote"));
        ck_assert_msg(strstr(fewer, "The largest vote") == NULL && strlen(fewer) > 20, "%s", of_fewer[i]);
    }
    for (size_t i = 0; i < sizeof of_both / sizeof *of_both; i++) {
        (void)snprintf(members, sizeof members, ",\"guard\":\"%s\"", of_both[i]);
        explain(members, "");
        ck_assert_str_eq(more, fewer);
    }
    explain(",\"guard\":\"stabilization\"", "");
    ck_assert_str_eq(fewer, "Fewer nodes must have been enough for the whole stabilization window, 300 s.");
    explain(",\"guard\":\"futile\"", "");
    ck_assert_ptr_nonnull(strstr(more, "more nodes do not help"));
    ck_assert_ptr_nonnull(strstr(fewer, "The largest vote"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("why_reasons");
    TCase *tests = tcase_create("why_reasons");

    tcase_add_test(tests, a_group_that_fits_its_load_is_explained_by_numbers);
    tcase_add_test(tests, a_group_that_grows_is_held_by_the_maximum_or_in_steps);
    tcase_add_test(tests, a_group_that_shrinks_is_held_by_the_minimum_or_in_steps);
    tcase_add_test(tests, what_a_person_has_ordered_comes_first);
    tcase_add_test(tests, a_mode_may_allow_only_more);
    tcase_add_test(tests, each_guard_is_a_sentence);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
