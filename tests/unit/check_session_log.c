/* The log lines about agents' connections. */
#include "collector/intake/session_log.h"

#include "support/suite.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct session_log session_log;
static struct session_log_line lines[SESSION_LOG_LINES_MAX];
static struct node *node;
static struct intake intake;

static void setup(void)
{
    session_log_init(&session_log, (struct log_limit){.interval_ms = 1000, .burst = 1});
    node = calloc(1, sizeof *node + sizeof "n1");
    ck_assert_ptr_nonnull(node);
    memcpy(node->id, "n1", sizeof "n1");
    intake = (struct intake){.node = node};
}

static void teardown(void)
{
    free(node);
}

START_TEST(reject_names_the_peer_and_the_reason)
{
    char reason[] = "the token is wrong";

    intake.reject.text = reason;
    ck_assert_uint_eq(session_log_reject(&session_log, &intake, "10.0.0.1", 5, lines), 1);
    ck_assert_str_eq(lines[0].text, "rejected a connection from 10.0.0.1: the token is wrong");
    ck_assert(lines[0].warning);
}
END_TEST

START_TEST(a_node_that_was_welcome_is_named_and_not_called_rejected)
{
    char reason[] = "no data received for 15 s";
    char node_id[] = "n1";

    intake.reject.text = reason;
    intake.reject.node_id = node_id;
    ck_assert_uint_eq(session_log_reject(&session_log, &intake, "10.0.0.1", 5, lines), 1);
    ck_assert_str_eq(lines[0].text, "node n1: ended its connection from 10.0.0.1: no data received for 15 s");
    ck_assert(lines[0].warning);
    intake.reject.code = HEADROOM__REJECT_CODE__REJECT_CODE_TAKEN_OVER;
    ck_assert_uint_eq(session_log_reject(&session_log, &intake, "10.0.0.1", 5, lines), 1);
    ck_assert_str_eq(lines[0].text, "node n1: a newer connection replaces that from 10.0.0.1");
    ck_assert(!lines[0].warning);
}
END_TEST

START_TEST(a_node_under_another_name_is_told_as_such)
{
    intake.findings.renamed = node;
    ck_assert_uint_eq(session_log_findings(&session_log, &intake, 5, lines), 1);
    ck_assert_str_eq(lines[0].text, "node n1 is node n1 under another name: its machine has not been rebooted since");
}
END_TEST

START_TEST(suppressed_rejects_are_counted_by_reason)
{
    for (unsigned i = 0; i < 4; i++)
        ck_assert_uint_eq(session_log_reject(&session_log, &intake, "::1", 5, lines), i == 0);
    intake.reject.code = HEADROOM__REJECT_CODE__REJECT_CODE_FULL;
    ck_assert_uint_eq(session_log_reject(&session_log, &intake, "::1", 5, lines), 1);
    intake.reject.code = 0;
    ck_assert_uint_eq(session_log_reject(&session_log, &intake, "::1", 1005, lines), 2);
    ck_assert_str_eq(lines[0].text, "rejected 3 more connections for the same reason");
}
END_TEST

START_TEST(all_findings_at_once_have_a_line_each)
{
    intake.findings = (struct intake_findings){.dropped = 7, .ended_instance = 0xab, .ended_seq = 22};
    node->clock_off = -1;
    node->skew_ms = -9500;
    ck_assert_uint_eq(session_log_findings(&session_log, &intake, 5, lines), 3);
    ck_assert_ptr_nonnull(
        strstr(lines[0].text, "node n1: instance i00000000000000ab ended without Goodbye after seq 22"));
    ck_assert_ptr_nonnull(strstr(lines[1].text, "node n1: its agent has dropped 7 samples"));
    ck_assert_ptr_nonnull(strstr(lines[2].text, "node n1: its clock is 9 s behind the collector's"));
    ck_assert_uint_eq(session_log_findings(&session_log, &intake, 6, lines), 0);
    node->clock_off = 0;
    ck_assert_uint_eq(session_log_findings(&session_log, &intake, 1005, lines), 5);
    ck_assert_str_eq(lines[0].text, "suppressed the same message for 1 more nodes");
    ck_assert_str_eq(lines[4].text, "node n1: its clock agrees with the collector's again");
    ck_assert(!lines[4].warning);
}
END_TEST

START_TEST(without_a_node_there_is_nothing_to_log)
{
    intake.node = NULL;
    ck_assert_uint_eq(session_log_findings(&session_log, &intake, 5, lines), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("session_log");
    TCase *tests = tcase_create("session_log");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, reject_names_the_peer_and_the_reason);
    tcase_add_test(tests, a_node_that_was_welcome_is_named_and_not_called_rejected);
    tcase_add_test(tests, a_node_under_another_name_is_told_as_such);
    tcase_add_test(tests, suppressed_rejects_are_counted_by_reason);
    tcase_add_test(tests, all_findings_at_once_have_a_line_each);
    tcase_add_test(tests, without_a_node_there_is_nothing_to_log);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
