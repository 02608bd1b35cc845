/* What an answer of the collector's HTTP API means. */
#include "cli/api_answer.h"

#include "support/suite.h"

#include <errno.h>
#include <string.h>

static json_t *document;
static char error[256];

static int take(long status, const char *body)
{
    json_decref(document);
    document = NULL;
    error[0] = '\0';
    return api_answer_read(status, body, strlen(body), &document, error, sizeof error);
}

static void release(void)
{
    json_decref(document);
    document = NULL;
}

static const char *text(const char *name)
{
    return json_string_value(json_object_get(document, name));
}

START_TEST(a_document_is_returned)
{
    ck_assert_int_eq(take(200, "{\"now_ms\":5,\"name\":\"web\"}\n"), 0);
    ck_assert_str_eq(text("name"), "web");
    ck_assert_str_eq(error, "");
}
END_TEST

START_TEST(an_error_of_the_collector_is_a_sentence)
{
    static const struct {
        long status;
        const char *body;
        int rc;
        const char *error;
    } rows[] = {
        {404, "{\"error\":\"unknown group web\"}", -ENOENT, "unknown group web"},
        {401, "{\"error\":\"no token\"}", -EACCES, "the collector refuses the request: no token; see --token-file"},
        {503, "{\"error\":\"later\"}", -EAGAIN, "the collector answers with status 503: later"},
        {400, "{\"error\":\"no\\u001bpe\"}", -EPROTO, "the collector answers with status 400: no pe"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ck_assert_int_eq(take(rows[i].status, rows[i].body), rows[i].rc);
        ck_assert_str_eq(error, rows[i].error);
        ck_assert_ptr_null(document);
    }
}
END_TEST

START_TEST(what_headroom_collector_would_not_answer_is_refused)
{
    static const struct {
        long status;
        const char *body;
    } rows[] = {
        {200, ""},           {200, "<html>"},          {200, "[1]"},       {200, "{\"a\":"}, {200, "{\"a\":1} x"},
        {404, "<html>"},     {404, "{\"error\":1}"},   {302, "{\"a\":1}"}, {500, "{}"},      {200, "{\"a\\u0007\":1}"},
        {200, "\"string\""}, {200, "{\"a\":\"\xff\"}"}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ck_assert_int_eq(take(rows[i].status, rows[i].body), -EPROTO);
        ck_assert_ptr_nonnull(strstr(error, "would not answer; does --collector name its HTTP server?"));
        ck_assert_ptr_null(document);
    }
}
END_TEST

START_TEST(nested_too_deep_is_refused)
{
    char body[8192];

    memset(body, '[', sizeof body - 1);
    memcpy(body, "{\"a\":", 5);
    body[sizeof body - 1] = '\0';
    ck_assert_int_eq(take(200, body), -EPROTO);
}
END_TEST

START_TEST(no_string_can_do_anything_to_a_terminal)
{
    ck_assert_int_eq(take(200, "{\"a\":[{\"b\":\"x\\u001b[2Jy\\u007f\\u009b1m\"}],\"c\":\"\xc3\xbc \xc2\xa0\"}"), 0);
    const json_t *inner = json_array_get(json_object_get(document, "a"), 0);
    ck_assert_str_eq(json_string_value(json_object_get(inner, "b")), "x [2Jy   1m");
    ck_assert_str_eq(text("c"), "\xc3\xbc \xc2\xa0");
}
END_TEST

static int64_t integer(const char *name)
{
    return json_integer_value(json_object_get(document, name));
}

START_TEST(whole_numbers_leave_room_for_differences)
{
    ck_assert_int_eq(take(200, "{\"a\":9223372036854775807,\"b\":-9223372036854775808,\"c\":-9007199254740992,"
                               "\"d\":[9223372036854775807]}"),
                     0);
    ck_assert_int_eq(integer("a"), INT64_C(9007199254740992));
    ck_assert_int_eq(integer("b"), INT64_C(-9007199254740992));
    ck_assert_int_eq(integer("c"), INT64_C(-9007199254740992));
    ck_assert_int_eq(json_integer_value(json_array_get(json_object_get(document, "d"), 0)), INT64_C(9007199254740992));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("api_answer");
    TCase *tests = tcase_create("api_answer");

    tcase_add_checked_fixture(tests, NULL, release);
    tcase_add_test(tests, a_document_is_returned);
    tcase_add_test(tests, an_error_of_the_collector_is_a_sentence);
    tcase_add_test(tests, what_headroom_collector_would_not_answer_is_refused);
    tcase_add_test(tests, nested_too_deep_is_refused);
    tcase_add_test(tests, whole_numbers_leave_room_for_differences);
    tcase_add_test(tests, no_string_can_do_anything_to_a_terminal);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
