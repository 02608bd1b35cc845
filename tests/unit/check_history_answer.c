#include "bridge/history/history_answer.h"

#include "support/suite.h"

#include <errno.h>
#include <string.h>

static unsigned count;
static int64_t times_ms[8];
static double values[8];
static char error[256];

static void on_value(int64_t time_ms, double value, void *arg)
{
    ck_assert_ptr_eq(arg, &count);
    ck_assert_uint_lt(count, 8);
    times_ms[count] = time_ms;
    values[count++] = value;
}

static int read_answer(const char *text)
{
    count = 0;
    error[0] = '\0';
    return history_answer_read(text, strlen(text), on_value, &count, error, sizeof error);
}

START_TEST(values_are_read)
{
    ck_assert_int_eq(
        read_answer("{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[{\"metric\":{},"
                    "\"values\":[[1764000000,\"1.5\"],[1764000000.25,\"NaN\"],[1764000005.25,\"-2e3\"],"
                    "[1764000010,\"+Inf\"]]}]}}"),
        0);
    ck_assert_uint_eq(count, 2);
    ck_assert_int_eq(times_ms[0], INT64_C(1764000000000));
    ck_assert_double_eq(values[0], 1.5);
    ck_assert_int_eq(times_ms[1], INT64_C(1764000005250));
    ck_assert_double_eq(values[1], -2000);
}
END_TEST

START_TEST(there_may_be_none)
{
    ck_assert_int_eq(read_answer("{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[]}}"), 0);
    ck_assert_uint_eq(count, 0);
}
END_TEST

START_TEST(the_reason_of_an_error_is_passed_on)
{
    ck_assert_int_eq(read_answer("{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\"too many points\"}"),
                     -EBADMSG);
    ck_assert_str_eq(error, "the engine reports: too many points");
}
END_TEST

START_TEST(other_answers_are_refused)
{
    static const char *const answers[] = {
        "",
        "[]",
        "<html>",
        "{\"status\":\"success\"}",
        "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[]}}",
        "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":{}}}",
        "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[{}]}}",
        "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[{\"values\":[]},{\"values\":[]}]}}",
        "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[{\"values\":[1]}]}}",
        "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[{\"values\":[[1,2]]}]}}",
        "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[{\"values\":[[-1,\"2\"]]}]}}",
        "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[{\"values\":[[1,\"2\"]",
    };

    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        ck_assert_msg(read_answer(answers[i]) == -EBADMSG, "%s", answers[i]);
        ck_assert_str_eq(error, "the answer is not that of Prometheus' API to a range query");
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("history answer");
    TCase *tcase = tcase_create("history answer");

    tcase_add_test(tcase, values_are_read);
    tcase_add_test(tcase, there_may_be_none);
    tcase_add_test(tcase, the_reason_of_an_error_is_passed_on);
    tcase_add_test(tcase, other_answers_are_refused);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
