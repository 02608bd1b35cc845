#include "cli/top/top_fleet.h"

#include "support/suite.h"
#include "support/top_documents.h"

#include <errno.h>
#include <math.h>

static struct top_fleet fleet;

static int take(const char *text)
{
    json_t *answer = top_documents_parse(text);
    int rc = top_fleet_read(&fleet, answer);

    json_decref(answer);
    return rc;
}

static int take_count(int64_t now_ms, int64_t received)
{
    char text[128];

    (void)snprintf(text, sizeof text, "{\"now_ms\":%lld,\"nodes\":{},\"collector\":{\"received\":%lld}}",
                   (long long)now_ms, (long long)received);
    return take(text);
}

START_TEST(nodes_are_counted_by_state)
{
    ck_assert_int_eq(take(TOP_FLEET), 0);
    ck_assert_double_eq(fleet.nodes[top_fleet_state("live")], 3);
    ck_assert_double_eq(fleet.nodes[top_fleet_state("missing")], 1);
    ck_assert_double_eq(top_fleet_nodes(&fleet), 4);
    ck_assert_str_eq(fleet.version, "0.1.0");
    ck_assert_uint_eq(top_fleet_state("lost"), TOP_STATES);
}
END_TEST

START_TEST(the_rate_of_samples_is_that_of_some_seconds)
{
    ck_assert_int_eq(take_count(10000, 500), 0);
    ck_assert_double_nan(fleet.samples_per_s);
    ck_assert_int_eq(take_count(11000, 600), 0); /* too short a time */
    ck_assert_double_nan(fleet.samples_per_s);
    ck_assert_int_eq(take_count(12000, 700), 0);
    ck_assert_double_eq(fleet.samples_per_s, 100);
    ck_assert_int_eq(take_count(14000, 900), 0); /* from here on it is measured anew */
    ck_assert_double_eq(fleet.samples_per_s, 100);
    ck_assert_int_eq(take_count(15000, 900), 0);
    ck_assert_double_eq(fleet.samples_per_s, 100);
    ck_assert_int_eq(take_count(16000, 900), 0);
    ck_assert_double_eq(fleet.samples_per_s, 0);
}
END_TEST

START_TEST(a_collector_that_was_started_anew_counts_from_0)
{
    ck_assert_int_eq(take_count(10000, 500), 0);
    ck_assert_int_eq(take_count(12000, 700), 0);
    ck_assert_int_eq(take_count(14000, 20), 0);
    ck_assert_double_nan(fleet.samples_per_s);
    ck_assert_int_eq(take_count(16000, 220), 0);
    ck_assert_double_eq(fleet.samples_per_s, 100);
}
END_TEST

START_TEST(another_answer_changes_nothing)
{
    ck_assert_int_eq(take(TOP_FLEET), 0);
    ck_assert_int_eq(take("{}"), -EPROTO);
    ck_assert_int_eq(take("{\"nodes\":[],\"collector\":{}}"), -EPROTO);
    ck_assert_double_eq(top_fleet_nodes(&fleet), 4);
}
END_TEST

static void begin(void)
{
    fleet = (struct top_fleet){0};
}

int main(void)
{
    Suite *suite = suite_create("top_fleet");
    TCase *tests = tcase_create("top_fleet");

    tcase_add_checked_fixture(tests, begin, NULL);
    tcase_add_test(tests, nodes_are_counted_by_state);
    tcase_add_test(tests, the_rate_of_samples_is_that_of_some_seconds);
    tcase_add_test(tests, a_collector_that_was_started_anew_counts_from_0);
    tcase_add_test(tests, another_answer_changes_nothing);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
