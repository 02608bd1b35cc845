#include "scaler/state_text.h"

#include "common/limits.h"
#include "support/suite.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static struct state_text out;

static void teardown(void)
{
    free(out.text);
    out = (struct state_text){0};
}

static struct state_cursor written(void)
{
    return (struct state_cursor){.at = out.text, .end = out.text + out.len};
}

START_TEST(test_words_and_arrays_come_back)
{
    const double doubles[] = {0.1, -0.0, 1e308, NAN, 5e-324};
    const float floats[] = {0.1F, -INFINITY};
    const uint32_t numbers[] = {0, UINT32_MAX};
    const int64_t times[] = {-1, INT64_MAX};
    double got[8];
    float got_floats[2];
    uint32_t got_numbers[2];
    int64_t got_times[2];
    struct state_line line;
    unsigned count = 99;
    unsigned number = 0;

    state_put(&out, "group %s %d\n", "web", 7);
    state_put_array(&out, "doubles", doubles, 5, sizeof *doubles);
    state_put_array(&out, "floats", floats, 2, sizeof *floats);
    state_put_array(&out, "numbers", numbers, 2, sizeof *numbers);
    state_put_array(&out, "times", times, 2, sizeof *times);
    state_put_array(&out, "none", NULL, 0, sizeof *times);
    ck_assert_int_eq(out.rc, 0);
    ck_assert_ptr_nonnull(memmem(out.text, out.len, "\nnumbers 2 00000000ffffffff\n", 28));

    struct state_cursor cursor = written();
    ck_assert(state_get_words(&cursor, &line, "group", 3));
    ck_assert_str_eq(line.words[1], "web");
    ck_assert(state_get_unsigned(line.words[2], 7, &number) && number == 7);
    ck_assert(!state_get_unsigned(line.words[2], 6, &number));
    ck_assert(state_get_array(&cursor, "doubles", got, 8, sizeof *got, &count));
    ck_assert_uint_eq(count, 5);
    ck_assert_mem_eq(got, doubles, sizeof doubles);
    ck_assert(state_get_array(&cursor, "floats", got_floats, 2, sizeof *got_floats, &count));
    ck_assert_mem_eq(got_floats, floats, sizeof floats);
    ck_assert(state_get_array(&cursor, "numbers", got_numbers, 2, sizeof *got_numbers, &count));
    ck_assert_mem_eq(got_numbers, numbers, sizeof numbers);
    ck_assert(state_get_array(&cursor, "times", got_times, 2, sizeof *got_times, &count));
    ck_assert_mem_eq(got_times, times, sizeof times);
    ck_assert(state_get_array(&cursor, "none", got_times, 2, sizeof *got_times, &count));
    ck_assert_uint_eq(count, 0);
    ck_assert_ptr_eq(cursor.at, cursor.end);
    ck_assert(!state_get_line(&cursor, &line));
}
END_TEST

static const char *const broken_arrays[] = {
    "",
    "a",
    "a ",
    "a 1",
    "a 1 ",
    "a 1\n",
    "a 1 0000000\n",
    "a 1 00000000",
    "a 1 000000000\n",
    "a 1 0000000g\n",
    "a 1 0000000A\n",
    "a 01 00000000\n",
    "a -1 00000000\n",
    "a 3 000000000000000000000000\n", /* more than there is room for */
    "a 99999999999999999999 00000000\n",
    "b 1 00000000\n",
    "aa 1 00000000\n",
};

START_TEST(test_broken_arrays_are_refused)
{
    const char *text = broken_arrays[_i];
    char exact[64]; /* without a 0 behind it */
    uint32_t values[2];
    unsigned count = 0;

    memcpy(exact, text, strlen(text));
    memset(exact + strlen(text), '0', sizeof exact - strlen(text));
    struct state_cursor cursor = {.at = exact, .end = exact + strlen(text)};
    ck_assert(!state_get_array(&cursor, "a", values, 2, sizeof *values, &count));
}
END_TEST

static const char *const numbers[] = {"",  "+1", " 1", "1 ", "01", "-0", "0x1", "1.0", "1e3", "99999999999999999999",
                                      "11"};

START_TEST(test_there_is_one_way_to_write_a_number)
{
    int64_t number = 0;

    ck_assert(!state_get_number(numbers[_i], -10, 10, &number));
    ck_assert(state_get_number("-10", -10, 10, &number) && number == -10);
}
END_TEST

START_TEST(test_lines_have_limits)
{
    char text[STATE_LINE_MAX + 2];
    struct state_line line;
    struct state_cursor cursor;

    memset(text, 'x', sizeof text);
    text[STATE_LINE_MAX - 1] = '\n';
    cursor = (struct state_cursor){.at = text, .end = text + sizeof text};
    ck_assert(state_get_line(&cursor, &line));
    text[STATE_LINE_MAX - 1] = 'x';
    text[STATE_LINE_MAX] = '\n';
    cursor.at = text;
    ck_assert(!state_get_line(&cursor, &line));
    cursor = (struct state_cursor){.at = "1 2 3 4 5 6 7 8 9 10 11 12 13\n", .end = NULL};
    cursor.end = cursor.at + strlen(cursor.at);
    ck_assert(!state_get_line(&cursor, &line));
    cursor = (struct state_cursor){.at = "a\0b\n", .end = NULL};
    cursor.end = cursor.at + 4;
    ck_assert(!state_get_line(&cursor, &line));
}
END_TEST

START_TEST(test_names)
{
    static const char *const names[] = {"none", "some"};
    unsigned index = 0;

    ck_assert(state_get_name("some", names, 2, &index) && index == 1);
    ck_assert(!state_get_name("som", names, 2, &index));
    ck_assert(!state_get_name("some", names, 1, &index));
}
END_TEST

START_TEST(test_a_text_has_a_limit)
{
    static const double values[1U << 16];

    for (size_t i = 0; i <= STATE_LEN_MAX >> 20; i++)
        state_put_array(&out, "a", values, 1U << 16, sizeof *values);
    ck_assert_int_eq(out.rc, -EFBIG);
    ck_assert_uint_le(out.size, STATE_LEN_MAX);
    size_t len = out.len;
    state_put(&out, "more\n");
    ck_assert_uint_eq(out.len, len);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("state_text");
    TCase *tcase = tcase_create("state_text");

    tcase_add_checked_fixture(tcase, NULL, teardown);
    tcase_add_test(tcase, test_words_and_arrays_come_back);
    tcase_add_loop_test(tcase, test_broken_arrays_are_refused, 0, sizeof broken_arrays / sizeof broken_arrays[0]);
    tcase_add_loop_test(tcase, test_there_is_one_way_to_write_a_number, 0, sizeof numbers / sizeof numbers[0]);
    tcase_add_test(tcase, test_lines_have_limits);
    tcase_add_test(tcase, test_names);
    tcase_add_test(tcase, test_a_text_has_a_limit);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
