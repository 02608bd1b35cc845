/* What engines answer to a query: one number, nothing, or a reason. */
#include "bridge/query/query_answer.h"

#include "support/suite.h"

#include <stdio.h>
#include <string.h>

static struct query_answer answer;

static void read_answer(long status, const char *body)
{
    memset(&answer, 0x55, sizeof answer);
    query_answer_read(&answer, status, "", body, strlen(body));
}

#define VECTOR(result) "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[" result "]}}"
#define SERIES(value)  "{\"metric\":{\"app\":\"web\"},\"value\":[1795876884.495,\"" value "\"]}"

static const struct {
    const char *body;
    double value;
} values[] = {
    {VECTOR(SERIES("1410.5")), 1410.5},
    {VECTOR(SERIES("0")), 0},
    {VECTOR(SERIES("1e-7")), 1e-7},
    {"{\"status\":\"success\",\"data\":{\"resultType\":\"scalar\",\"result\":[1795876884.495,\"3\"]}}", 3},
    {"{\"status\":\"success\",\"isPartial\":false,\"data\":{\"resultType\":\"vector\",\"result\":[" SERIES(
         "7") "]},\"warnings\":[\"x\"],\"stats\":{}}",
     7},
};

START_TEST(one_number_is_a_value)
{
    read_answer(200, values[_i].body);
    ck_assert_int_eq(answer.kind, QUERY_VALUE);
    ck_assert_double_eq(answer.value, values[_i].value);
    ck_assert_int_eq(answer.time_ms, 1795876884495);
}
END_TEST

#define PART(part, value) "{\"metric\":{\"headroom\":\"" part "\"},\"value\":[1795876884.495,\"" value "\"]}"

START_TEST(a_number_of_nodes_comes_beside_the_value)
{
    read_answer(200, VECTOR(PART("nodes", "8") "," PART("value", "5.5")));
    ck_assert_int_eq(answer.kind, QUERY_VALUE);
    ck_assert_double_eq(answer.value, 5.5);
    ck_assert(answer.has_nodes);
    ck_assert_uint_eq(answer.nodes, 8);
    read_answer(200, VECTOR(PART("nodes", "0")));
    ck_assert_int_eq(answer.kind, QUERY_EMPTY);
    ck_assert(answer.has_nodes);
    ck_assert_uint_eq(answer.nodes, 0);
    read_answer(200, VECTOR(PART("value", "5.5")));
    ck_assert_int_eq(answer.kind, QUERY_VALUE);
    ck_assert(!answer.has_nodes);
}
END_TEST

START_TEST(no_series_is_empty)
{
    read_answer(200, VECTOR(""));
    ck_assert_int_eq(answer.kind, QUERY_EMPTY);
}
END_TEST

static const struct {
    long status;
    const char *body;
    const char *sentence;
} unusable[] = {
    {200, VECTOR(SERIES("NaN")), "the query returned NaN; a signal is a number from 0"},
    {200, VECTOR(SERIES("+Inf")), "the query returned +Inf; a signal is a number from 0"},
    {200, VECTOR(SERIES("-3.5")), "the query returned -3.5; a signal is a number from 0"},
    {200, VECTOR(SERIES("")), "the query returned ; a signal is a number from 0"},
    {200, VECTOR(SERIES("1") "," SERIES("2") "," SERIES("3")), "the query returned 3 series; wrap it in sum()"},
    {200, VECTOR(PART("value", "1") "," PART("nodes", "2") "," PART("nodes", "3")),
     "the query of nodes returned 2 series; wrap it in sum()"},
    {200, VECTOR(PART("value", "1") "," PART("nodes", "2.5")),
     "the query of nodes returned 2.5; it must return a whole number"},
    {200, VECTOR(PART("value", "1") "," PART("nodes", "NaN")),
     "the query of nodes returned NaN; it must return a whole number"},
    {200, VECTOR(PART("value", "1") ",{\"metric\":{\"headroom\":\"nodes\"},\"histogram\":[1,{}]}"),
     "the query of nodes returned no value; it must return a whole number"},
    {200, VECTOR("{\"metric\":{},\"histogram\":[1,{}]}"),
     "the query returned a histogram; wrap it in histogram_quantile() or histogram_count()"},
    {200, VECTOR("{\"metric\":{},\"value\":[1]}"), "the engine's answer has no time and value"},
    {200, VECTOR("{\"metric\":{},\"value\":[1,2]}"), "the engine's answer has no time and value"},
    {200, VECTOR("{\"metric\":{},\"value\":[1e300,\"2\"]}"), "the engine's answer has no time and value"},
    {200, VECTOR("7"), "the engine's answer has no time and value"},
    {200, "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[]}}",
     "the query returned a matrix; it must return one number, for example by rate() or last_over_time()"},
    {200, "{\"status\":\"success\",\"data\":{\"resultType\":\"string\",\"result\":[1,\"x\"]}}",
     "the query returned a string; it must return one number"},
    {200, "{\"status\":\"success\",\"data\":{}}", "the engine's answer has no result"},
    {200, "{\"status\":\"success\"}", "the engine's answer has no result"},
    {200,
     "{\"status\":\"success\",\"isPartial\":true,\"data\":{\"resultType\":\"vector\",\"result\":[" SERIES("7") "]}}",
     "the engine's answer is partial: some of its storage nodes did not answer"},
    {400, "{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\"1:5: parse error:\\nunexpected \\\"x\\\"\"}",
     "the engine answers with status 400: 1:5: parse error: unexpected \"x\""},
    {503, "{\"status\":\"error\",\"errorType\":\"timeout\",\"error\":\"query timed out\"}",
     "the engine answers with status 503: query timed out"},
    {500, "oops\r\n", "the engine answers with status 500: oops  "},
    {401, "", "the engine answers with status 401: "},
    {500, VECTOR(SERIES("1")), "the engine answers with status 500: " VECTOR(SERIES("1"))},
    {302, "moved", "the engine answers with status 302, a redirect to nowhere; set url to where the engine is"},
    {200, "<html>login</html>", "the engine's answer is not that of Prometheus's API: <html>login</html>"},
    {200, "", "the engine's answer is not that of Prometheus's API: "},
    {200, "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[", NULL}, /* half a body */
    {200, "[]", NULL},
    {200, "\xFF\xFE\x01", NULL},
};

START_TEST(anything_else_has_a_sentence)
{
    read_answer(unusable[_i].status, unusable[_i].body);
    ck_assert_int_eq(answer.kind, QUERY_UNUSABLE);
    if (unusable[_i].sentence != NULL)
        ck_assert_str_eq(answer.sentence, unusable[_i].sentence);
    else
        ck_assert_ptr_nonnull(strstr(answer.sentence, "not that of Prometheus's API"));
    for (const char *at = answer.sentence; *at != '\0'; at++)
        ck_assert(*at >= ' ' && *at <= '~');
}
END_TEST

START_TEST(a_redirect_names_its_target)
{
    query_answer_read(&answer, 307, "https://prometheus.example/", "", 0);
    ck_assert_str_eq(answer.sentence, "the engine answers with status 307, a redirect to https://prometheus.example/; "
                                      "set url to where the engine is");
}
END_TEST

START_TEST(long_errors_are_cut)
{
    static char body[60000];

    memset(body, 'x', sizeof body - 1);
    read_answer(502, body);
    ck_assert_uint_lt(strlen(answer.sentence), 300);
    memcpy(body, "{\"error\":\"", 10);
    memcpy(body + sizeof body - 3, "\"}", 3);
    read_answer(502, body);
    ck_assert_uint_gt(strlen(answer.sentence), 300);
    ck_assert_uint_lt(strlen(answer.sentence), 400);
    ck_assert_int_eq(answer.kind, QUERY_UNUSABLE);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("query_answer");
    TCase *tcase = tcase_create("answers");

    tcase_add_loop_test(tcase, one_number_is_a_value, 0, sizeof values / sizeof *values);
    tcase_add_test(tcase, a_number_of_nodes_comes_beside_the_value);
    tcase_add_test(tcase, no_series_is_empty);
    tcase_add_loop_test(tcase, anything_else_has_a_sentence, 0, sizeof unusable / sizeof *unusable);
    tcase_add_test(tcase, a_redirect_names_its_target);
    tcase_add_test(tcase, long_errors_are_cut);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
