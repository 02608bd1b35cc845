/* What the agent writes for people. */
#include "agent/report.h"

#include "support/suite.h"

#include <check.h>
#include <string.h>

static char text[REPORT_TEXT_MAX];

/* ---- a sample ---- */

START_TEST(sample_is_one_json_object)
{
    struct sample sample = {.time_ms = 1700000000007};

    sample_set_gauge(&sample, METRIC_CPU, 12.345);
    sample_set_counter(&sample, METRIC_NET_RX, 18446744073709551615U);
    report_sample(text, "n-1", "web", "", &sample);
    ck_assert_ptr_eq(strstr(text, "{\"node_id\": \"n-1\", \"group\": \"web\", \"timestamp\": 1700000000.007, "), text);
    ck_assert_ptr_nonnull(strstr(text, ": 12.3"));
    ck_assert_ptr_nonnull(strstr(text, ": 18446744073709551615"));
    ck_assert_ptr_nonnull(strstr(text, ": null"));
    ck_assert_ptr_nonnull(strstr(text, ", \"view\": \"machine\"}"));
    report_sample(text, "n-1", "web", "cgroup /a\\x2d\"b\n", &sample);
    ck_assert_ptr_nonnull(strstr(text, ", \"view\": \"cgroup /a\\\\x2d\\\"b\\u000a\"}"));
}
END_TEST

START_TEST(longest_sample_fits)
{
    char name[NAME_LEN_MAX + 1], view[NODE_VIEW_MAX];
    struct sample sample = {.time_ms = INT64_MAX};

    memset(view, '\n', sizeof view);
    view[sizeof view - 1] = '\0';

    memset(name, 'n', NAME_LEN_MAX);
    name[NAME_LEN_MAX] = '\0';
    for (unsigned m = 0; m < METRIC_COUNT; m++) {
        if (METRIC_COUNTS(metric_table[m].kind))
            sample_set_counter(&sample, m, UINT64_MAX);
        else
            sample_set_gauge(&sample, m, -1234567.0);
    }
    report_sample(text, name, name, view, &sample);
    ck_assert_uint_lt(strlen(text), sizeof text - 1);
}
END_TEST

/* ---- the account ---- */

#define STOPPED "stopped: 10 samples produced, 9 sent, 4 acknowledged, 1 dropped because the outbox was full"

static struct outbox present_of(uint64_t rejected, uint64_t damaged, uint64_t waiting)
{
    return (struct outbox){
        .newest_seq = waiting,
        .account = {.produced = 10, .sent = 9, .acknowledged = 4, .dropped = {1, damaged, rejected}},
    };
}

static const struct {
    uint64_t rejected, damaged, waiting, earlier;
    bool lasting;
    const char *text;
} accounts[] = {
    {0, 0, 0, 0, false, STOPPED ", 0 not acknowledged"},
    {0, 0, 0, 0, true, STOPPED ", 0 not acknowledged"},
    {0, 0, 5, 0, false, STOPPED ", 5 not acknowledged"},
    {0, 0, 5, 0, true, STOPPED ", 5 left in the spool"},
    {0, 0, 5, 7, true, STOPPED ", 5 left in the spool, and 7 of earlier runs"},
    {2, 3, 0, 0, true,
     STOPPED ", 2 because collectors rejected them, 3 because the spool was damaged, 0 not acknowledged"},
};

START_TEST(a_node_that_has_changed_is_described)
{
    report_node(text, &(struct node_facts){.cores = 4, .memory_bytes = UINT64_C(8) << 30});
    ck_assert_str_eq(text, "the node now has 4 cores and 8192 MiB of memory");
    report_node(text, &(struct node_facts){.cores = 4, .cpu_milli = 1250, .memory_bytes = UINT64_C(8) << 30});
    ck_assert_str_eq(text, "the node now has 1.25 cores and 8192 MiB of memory");
    report_view(text, &(struct node_facts){.view = "cgroup /a: 0.5 cpus, 256 MiB"});
    ck_assert_str_eq(text, "measuring the cgroup /a: 0.5 cpus, 256 MiB");
    report_view(text, &(struct node_facts){0});
    ck_assert_str_eq(text, "measuring the machine");
}
END_TEST

START_TEST(account_names_what_is_not_zero)
{
    const struct outbox present = present_of(accounts[_i].rejected, accounts[_i].damaged, accounts[_i].waiting);

    report_account(text, &present, accounts[_i].earlier, accounts[_i].lasting);
    ck_assert_str_eq(text, accounts[_i].text);
}
END_TEST

/* ---- what was found ---- */

static const struct {
    struct restore_found found;
    unsigned count;
    const char *first; /* begins so */
    bool first_warns;
} findings[] = {
    {{0}, 0, NULL, false},
    {{.carried_on = true}, 1, "spool: continuing the last run, 0 samples waiting", false},
    {{.carried_on = true, .waiting = 5}, 1, "spool: continuing the last run, 5 samples waiting", false},
    {{.waiting = 5}, 1, "spool: 5 samples of an earlier run waiting", false},
    {{.damaged = 3}, 1, "spool: 3 records are damaged", true},
    {{.state_lost = true}, 1, "spool: the record of acknowledgements is lost", true},
    {{.too_many = 4}, 1, "spool: 4 samples of the oldest runs are dropped", true},
    {{.waiting = UINT64_MAX, .damaged = UINT64_MAX, .state_lost = true, .too_many = UINT64_MAX},
     REPORT_LINES_MAX,
     "spool: 18446744073709551615 samples of an earlier run waiting",
     false},
};

START_TEST(each_finding_is_a_line)
{
    struct report_line lines[REPORT_LINES_MAX];
    unsigned count = report_found(&findings[_i].found, lines);

    ck_assert_uint_eq(count, findings[_i].count);
    if (count > 0) {
        ck_assert_ptr_eq(strstr(lines[0].text, findings[_i].first), lines[0].text);
        ck_assert_int_eq(lines[0].warning, findings[_i].first_warns);
    }
    for (unsigned i = 1; i < count; i++)
        ck_assert(lines[i].warning);
    for (unsigned i = 0; i < count; i++)
        ck_assert_uint_lt(strlen(lines[i].text), sizeof lines[i].text - 1); /* nothing was cut */
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("report");
    TCase *tests = tcase_create("report");

    tcase_add_test(tests, sample_is_one_json_object);
    tcase_add_test(tests, longest_sample_fits);
    tcase_add_test(tests, a_node_that_has_changed_is_described);
    tcase_add_loop_test(tests, account_names_what_is_not_zero, 0, sizeof accounts / sizeof accounts[0]);
    tcase_add_loop_test(tests, each_finding_is_a_line, 0, sizeof findings / sizeof findings[0]);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
