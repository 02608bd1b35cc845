/* Which queries a configuration has, how they are sent, and when each of them is asked. */
#include "bridge/query/query_plan.h"

#include "support/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TICK_MS UINT64_C(15000)

static const struct query_defaults defaults = {
    .url = "http://vm:8428", .token_file = "/etc/token", .timeout_ms = 4000, .tick_ms = (int64_t)TICK_MS};

static struct signal_settings *signals;
static unsigned count;
static struct query_list list;
static struct query_plan plan;

static void begin(void)
{
    signals = calloc(SIGNAL_SECTIONS_MAX, sizeof *signals);
    ck_assert_ptr_nonnull(signals);
    count = 0;
    list = (struct query_list){.signals = NULL};
    plan = (struct query_plan){.turns = NULL};
}

static void end(void)
{
    query_plan_deinit(&plan);
    query_list_deinit(&list);
    free(signals);
}

static struct signal_settings *add(const char *query)
{
    struct signal_settings *signal = &signals[count++];

    *signal = signal_settings_initial;
    snprintf(signal->name, sizeof signal->name, "s%u", count - 1);
    snprintf(signal->query, sizeof signal->query, "%s", query);
    return signal;
}

static void make_list(void)
{
    ck_assert_int_eq(query_list_init(&list, signals, count, &defaults), 0);
}

static void make_plan(void)
{
    make_list();
    ck_assert_int_eq(query_plan_init(&plan, &list, TICK_MS, 0), 0);
}

/* ---- the list ---- */

START_TEST(the_same_question_is_asked_once)
{
    add("sum(a)");
    add("sum(b)");
    add("sum(a)");
    add("sum(a)")->timeout_ms = 1000;
    add("sum(a)")->missing_after_ms = 60000;
    strcpy(add("sum(a)")->token_file, "/etc/other");
    strcpy(add("sum(a)")->url, "http://vm2:8428");
    strcpy(add("sum(a)")->url, "http://vm:8428"); /* the common one */
    strcpy(add("")->program, "/bin/true");
    make_list();
    ck_assert_uint_eq(list.signal_count, 8);
    ck_assert_uint_eq(list.count, 6);
    ck_assert_uint_eq(list.engine_count, 2);
    unsigned threefold = 0;
    for (unsigned i = 0; i < list.count; i++)
        threefold += list.queries[i].count == 3;
    ck_assert_uint_eq(threefold, 1);
}
END_TEST

START_TEST(the_common_token_goes_to_the_common_engine_only)
{
    add("sum(a)");
    strcpy(add("sum(a)")->url, "http://elsewhere");
    struct signal_settings *own = add("sum(a)");
    strcpy(own->url, "http://third");
    strcpy(own->token_file, "/etc/third");
    make_list();
    for (unsigned i = 0; i < list.signal_count; i++) {
        const struct query_signal *signal = &list.signals[i];
        const char *expected = strcmp(signal->url, "http://vm:8428") == 0 ? "/etc/token"
                               : strcmp(signal->url, "http://third") == 0 ? "/etc/third"
                                                                          : "";
        ck_assert_str_eq(signal->token_file, expected);
        ck_assert_int_eq(signal->timeout_ms, 4000);
        ck_assert_int_eq(signal->lookback_ms, 45000);
    }
}
END_TEST

START_TEST(all_parameters_are_sent_encoded)
{
    char form[QUERY_FORM_MAX];

    add("sum(rate(x{a=\"b&c\"}[30s])) + 1%\xC3\xA4");
    make_list();
    size_t len = query_list_form(&list.signals[0], form);
    ck_assert_uint_eq(len, strlen(form));
    ck_assert_str_eq(form, "query=sum%28rate%28x%7Ba%3D%22b%26c%22%7D%5B30s%5D%29%29%20%2B%201%25%C3%A4&timeout=4000ms"
                           "&lookback_delta=45000ms&max_lookback=45000ms&step=45000ms&nocache=1"
                           "&deny_partial_response=1&partial_response=false");
    memset(signals[0].query, '+', SIGNAL_QUERY_MAX);
    signals[0].timeout_ms = INT64_MAX;
    signals[0].missing_after_ms = INT64_MAX;
    query_list_deinit(&list);
    make_list();
    ck_assert_uint_lt(query_list_form(&list.signals[0], form), QUERY_FORM_MAX);
    ck_assert_ptr_nonnull(strstr(form, "&partial_response=false"));
}
END_TEST

START_TEST(the_value_and_the_nodes_are_one_request)
{
    char form[QUERY_FORM_MAX];

    add("sum(x)");
    strcpy(signals[0].nodes_query, "count(x) # all");
    make_list();
    (void)query_list_form(&list.signals[0], form);
    *strstr(form, "&timeout") = '\0';
    ck_assert_str_eq(form,
                     "query=label_replace%28sum%28x%29%0A%2C%22headroom%22%2C%22value%22%2C%22%22%2C%22%22%29%20or"
                     "%20label_replace%28count%28x%29%20%23%20all%0A%2C%22headroom%22%2C%22nodes%22%2C%22%22%2C"
                     "%22%22%29");
    memset(signals[0].query, '+', SIGNAL_QUERY_MAX);
    memset(signals[0].nodes_query, '+', SIGNAL_QUERY_MAX);
    signals[0].timeout_ms = INT64_MAX;
    signals[0].missing_after_ms = INT64_MAX;
    query_list_deinit(&list);
    make_list();
    ck_assert_uint_lt(query_list_form(&list.signals[0], form), QUERY_FORM_MAX - 1);
    ck_assert_ptr_nonnull(strstr(form, "&partial_response=false"));
}
END_TEST

START_TEST(signals_that_count_other_nodes_are_other_queries)
{
    add("sum(x)");
    add("sum(x)");
    strcpy(signals[1].nodes_query, "count(x)");
    make_list();
    ck_assert_uint_eq(list.count, 2);
}
END_TEST

START_TEST(the_address_gets_the_path_of_the_api)
{
    static const char *const cases[][2] = {
        {"http://vm:8428", "http://vm:8428/api/v1/query"},
        {"http://vm:8428/", "http://vm:8428/api/v1/query"},
        {"https://mimir/prometheus//", "https://mimir/prometheus/api/v1/query"},
        {"https://mimir/prometheus/api/v1/query", "https://mimir/prometheus/api/v1/query"},
    };
    char url[QUERY_URL_MAX];

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        query_list_url(cases[i][0], url);
        ck_assert_str_eq(url, cases[i][1]);
    }
}
END_TEST

/* ---- the plan ---- */

static void add_many(unsigned number, const char *url)
{
    for (unsigned i = 0; i < number; i++) {
        char query[32];
        snprintf(query, sizeof query, "sum(a%u)", i);
        strcpy(add(query)->url, url);
    }
}

START_TEST(each_query_is_asked_shortly_before_each_tick)
{
    unsigned asked[500] = {0};

    add_many(500, "");
    make_plan();
    for (uint64_t now_ms = 0; now_ms < 4 * TICK_MS; now_ms++) {
        int index = -1;
        while ((index = query_plan_next(&plan, now_ms)) >= 0) {
            ck_assert_uint_ge(now_ms % TICK_MS, TICK_MS - 1500);
            ck_assert_uint_le(now_ms % TICK_MS, TICK_MS - 500);
            asked[index]++;
            query_plan_ended(&plan, (unsigned)index);
        }
        ck_assert_uint_gt(query_plan_due_ms(&plan), now_ms);
    }
    for (unsigned i = 0; i < 500; i++)
        ck_assert_uint_eq(asked[i], 4);
}
END_TEST

/* The first engine answers after 1 ms, and the second one after 4 s. */
START_TEST(a_slow_engine_delays_its_own_queries_only)
{
    static uint64_t end_ms[SIGNAL_SECTIONS_MAX];
    unsigned asked[2] = {0}, running[2] = {0}, overdue = 0;

    add_many(SIGNAL_SECTIONS_MAX / 2, "http://a");
    add_many(SIGNAL_SECTIONS_MAX / 2, "http://b");
    make_plan();
    for (uint64_t now_ms = 0; now_ms < 4 * TICK_MS; now_ms++) {
        int index = -1;
        for (unsigned i = 0; i < list.count; i++)
            if (plan.turns[i].is_running && end_ms[i] == now_ms) {
                query_plan_ended(&plan, i);
                running[list.queries[i].engine]--;
            }
        while ((index = query_plan_next(&plan, now_ms)) >= 0) {
            unsigned engine = list.queries[index].engine;
            ck_assert_uint_le(++running[engine], QUERY_PARALLEL);
            end_ms[index] = now_ms + (engine == 0 ? 1 : 4000);
            asked[engine]++;
            if (engine == 0)
                ck_assert_uint_ge(now_ms % TICK_MS, TICK_MS - 1500);
        }
        while ((index = query_plan_overdue(&plan, now_ms)) >= 0) {
            ck_assert_uint_eq(list.queries[index].engine, 1);
            overdue++;
        }
    }
    ck_assert_uint_eq(asked[0], 4 * SIGNAL_SECTIONS_MAX / 2);
    ck_assert_uint_gt(asked[1], 80);
    ck_assert_uint_lt(asked[1], 110);
    /* The rest is reported once for each tick that it has waited in vain. */
    ck_assert_uint_gt(overdue, 2 * SIGNAL_SECTIONS_MAX / 2);
    ck_assert_uint_le(overdue, 3 * SIGNAL_SECTIONS_MAX / 2);
}
END_TEST

START_TEST(the_longest_waiting_query_is_next)
{
    add_many(40, "");
    make_plan();
    int first[2 * QUERY_PARALLEL];
    uint64_t now_ms = 3 * TICK_MS;
    for (unsigned i = 0; i < QUERY_PARALLEL; i++)
        first[i] = query_plan_next(&plan, now_ms);
    ck_assert_int_eq(query_plan_next(&plan, now_ms), -1);
    ck_assert_uint_lt(query_plan_due_ms(&plan), now_ms); /* of those that are overdue */
    now_ms += 100 * TICK_MS;
    for (unsigned i = 0; i < QUERY_PARALLEL; i++)
        query_plan_ended(&plan, (unsigned)first[i]);
    for (unsigned i = 0; i < QUERY_PARALLEL; i++) {
        int next = query_plan_next(&plan, now_ms);
        for (unsigned k = 0; k < QUERY_PARALLEL; k++)
            ck_assert_int_ne(next, first[k]);
    }
}
END_TEST

START_TEST(without_queries_nothing_is_due)
{
    make_plan();
    ck_assert_int_eq(query_plan_next(&plan, 10 * TICK_MS), -1);
    ck_assert_int_eq(query_plan_overdue(&plan, 10 * TICK_MS), -1);
    ck_assert_uint_eq(query_plan_due_ms(&plan), UINT64_MAX);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("query_plan");
    TCase *tcase = tcase_create("queries");

    tcase_add_checked_fixture(tcase, begin, end);
    tcase_add_test(tcase, the_same_question_is_asked_once);
    tcase_add_test(tcase, the_common_token_goes_to_the_common_engine_only);
    tcase_add_test(tcase, all_parameters_are_sent_encoded);
    tcase_add_test(tcase, the_value_and_the_nodes_are_one_request);
    tcase_add_test(tcase, signals_that_count_other_nodes_are_other_queries);
    tcase_add_test(tcase, the_address_gets_the_path_of_the_api);
    tcase_add_test(tcase, each_query_is_asked_shortly_before_each_tick);
    tcase_add_test(tcase, a_slow_engine_delays_its_own_queries_only);
    tcase_add_test(tcase, the_longest_waiting_query_is_next);
    tcase_add_test(tcase, without_queries_nothing_is_due);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
