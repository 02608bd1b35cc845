#include "collector/spawn/spawn_message.h"

#include "support/suite.h"

#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define HEAD_LEN 16U

static char *const arguments[] = {(char *)"/hook", (char *)"scale-in", (char *)"", (char *)"4", NULL};
static char *const variables[] = {(char *)"HEADROOM_ORDER=7.9", NULL};
static char *const none[] = {NULL};

/* A copy of exactly its length, so that a read behind its end is detected. */
static int take(struct spawn_request *request, const char *data, size_t len, char **copy)
{
    *copy = malloc(len > 0 ? len : 1);
    ck_assert_ptr_nonnull(*copy);
    memcpy(*copy, data, len);
    return spawn_message_take_request(request, *copy, len);
}

static void assert_refused(const char *data, size_t len)
{
    struct spawn_request request;
    char *copy;

    ck_assert_int_eq(take(&request, data, len, &copy), -EBADMSG);
    free(copy);
}

static size_t put(char *data)
{
    int len = spawn_message_request_len(arguments, variables);

    ck_assert_int_gt(len, 0);
    spawn_message_put_request(data, UINT64_MAX, arguments, variables);
    return (size_t)len;
}

static void assert_same(char *const *got, char *const *want)
{
    for (; *want != NULL; want++, got++)
        ck_assert_str_eq(*got, *want);
    ck_assert_ptr_null(*got);
}

START_TEST(request_arrives_as_it_was_sent)
{
    struct spawn_request request;
    char data[256];
    char *copy;

    ck_assert_int_eq(take(&request, data, put(data), &copy), 0);
    ck_assert(request.id == UINT64_MAX);
    assert_same(request.arguments, arguments);
    assert_same(request.variables, variables);
    free(copy);
    spawn_message_put_request(data, 3, arguments, none);
    ck_assert_int_eq(take(&request, data, (size_t)spawn_message_request_len(arguments, none), &copy), 0);
    assert_same(request.variables, none);
    free(copy);
}
END_TEST

START_TEST(request_that_is_cut_or_too_long_is_refused)
{
    char data[256] = "";
    size_t len = put(data);

    for (size_t cut = 0; cut < len; cut++)
        assert_refused(data, cut);
    assert_refused(data, len + 1);
    data[len - 1] = 'x';
    assert_refused(data, len);
}
END_TEST

START_TEST(request_with_other_numbers_of_texts_is_refused)
{
    static const uint32_t counts[][2] = {{0, 0},
                                         {0, 5},
                                         {3, 1},
                                         {5, 1},
                                         {4, 0},
                                         {4, 2},
                                         {SPAWN_ARGUMENTS_MAX + 1, 0},
                                         {4, SPAWN_VARIABLES_MAX + 1},
                                         {UINT32_MAX, 1},
                                         {4, UINT32_MAX}};
    char data[256];
    size_t len = put(data);

    memcpy(data + 8, counts[_i], sizeof counts[_i]);
    assert_refused(data, len);
}
END_TEST

static char *filled(size_t len)
{
    char *text = malloc(len + 1);

    ck_assert_ptr_nonnull(text);
    memset(text, 'x', len);
    text[len] = '\0';
    return text;
}

START_TEST(largest_order_fits)
{
    static char data[SPAWN_REQUEST_MAX];
    static char *list[VICTIMS_MAX + 5];
    static struct spawn_request request;
    char *node = filled(NAME_LEN_MAX);

    list[0] = filled(PATH_MAX);
    for (unsigned i = 1; i < VICTIMS_MAX + 4; i++)
        list[i] = node;
    int len = spawn_message_request_len(list, variables);
    ck_assert_int_gt(len, 0);
    spawn_message_put_request(data, 1, list, variables);
    ck_assert_int_eq(spawn_message_take_request(&request, data, (size_t)len), 0);
    ck_assert_str_eq(request.arguments[VICTIMS_MAX + 3], node);
    free(list[0]);
    free(node);
}
END_TEST

START_TEST(request_over_a_limit_is_not_made)
{
    static char *list[SPAWN_ARGUMENTS_MAX + 2];
    char *many[SPAWN_VARIABLES_MAX + 2] = {NULL};
    char *text = filled(SPAWN_REQUEST_MAX - HEAD_LEN - 1);
    char *const one[] = {text, NULL};
    char *const two[] = {text, text, NULL};

    for (unsigned i = 0; i < SPAWN_ARGUMENTS_MAX; i++)
        list[i] = (char *)"a";
    ck_assert_int_gt(spawn_message_request_len(list, none), 0);
    list[SPAWN_ARGUMENTS_MAX] = (char *)"a";
    ck_assert_int_eq(spawn_message_request_len(list, none), -E2BIG);
    for (unsigned i = 0; i < SPAWN_VARIABLES_MAX + 1; i++)
        many[i] = (char *)"a=b";
    ck_assert_int_eq(spawn_message_request_len(arguments, many), -E2BIG);
    ck_assert_int_eq(spawn_message_request_len(one, none), SPAWN_REQUEST_MAX);
    ck_assert_int_eq(spawn_message_request_len(one, variables), -E2BIG);
    ck_assert_int_eq(spawn_message_request_len(two, none), -E2BIG);
    free(text);
}
END_TEST

START_TEST(request_of_more_bytes_is_refused)
{
    static char data[SPAWN_REQUEST_MAX + 1];
    const uint32_t counts[] = {1, 0};

    memset(data, 'x', sizeof data - 1);
    memcpy(data + 8, counts, sizeof counts);
    assert_refused(data, sizeof data);
}
END_TEST

/* ---- answers ---- */

static const struct {
    uint32_t kind;
    int32_t value;
    bool is_valid;
} answers[] = {
    {SPAWN_STARTED, 2, true},
    {SPAWN_STARTED, INT_MAX, true},
    {SPAWN_STARTED, 1, false},
    {SPAWN_STARTED, 0, false},
    {SPAWN_STARTED, -1, false},
    {SPAWN_NOT_STARTED, -EAGAIN, true},
    {SPAWN_NOT_STARTED, 0, false},
    {SPAWN_NOT_STARTED, 11, false},
    {SPAWN_NOT_RUN, -ENOENT, true},
    {SPAWN_NOT_RUN, INT_MIN, true},
    {SPAWN_NOT_RUN, 0, false},
    {SPAWN_NOT_RUN, 2, false},
    {0, -2, false},
    {4, -2, false},
    {UINT32_MAX, -2, false},
};

START_TEST(answer_is_taken_if_it_is_one)
{
    const struct spawn_answer sent = {UINT64_MAX - 1, (enum spawn_answer_kind)answers[_i].kind, answers[_i].value};
    struct spawn_answer got = {.id = 5};
    char data[SPAWN_ANSWER_LEN + 1] = "";

    spawn_message_put_answer(data, &sent);
    for (size_t len = 0; len <= sizeof data; len++)
        if (len != SPAWN_ANSWER_LEN)
            ck_assert_int_eq(spawn_message_take_answer(&got, data, len), -EBADMSG);
    ck_assert_int_eq(spawn_message_take_answer(&got, data, SPAWN_ANSWER_LEN), answers[_i].is_valid ? 0 : -EBADMSG);
    ck_assert(got.id == (answers[_i].is_valid ? sent.id : 5));
    if (answers[_i].is_valid) {
        ck_assert_uint_eq(got.kind, sent.kind);
        ck_assert_int_eq(got.value, sent.value);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("spawn_message");
    TCase *tests = tcase_create("spawn_message");

    tcase_add_test(tests, request_arrives_as_it_was_sent);
    tcase_add_test(tests, request_that_is_cut_or_too_long_is_refused);
    tcase_add_loop_test(tests, request_with_other_numbers_of_texts_is_refused, 0, 10);
    tcase_add_test(tests, largest_order_fits);
    tcase_add_test(tests, request_over_a_limit_is_not_made);
    tcase_add_test(tests, request_of_more_bytes_is_refused);
    tcase_add_loop_test(tests, answer_is_taken_if_it_is_one, 0, sizeof answers / sizeof *answers);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
