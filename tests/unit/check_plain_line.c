#include "offline/plain_line.h"

#include "support/suite.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *header;
    char separator;
} headers[] = {
    {"a,b;c", ','}, {"a;b,c", ';'}, {"a\tb", '\t'}, {"\"a;b\",c", ','}, {"a", ','}, {"", ','},
};

START_TEST(the_header_shows_the_separator)
{
    ck_assert_int_eq(plain_line_separator(headers[_i].header, strlen(headers[_i].header)), headers[_i].separator);
}
END_TEST

/* The separator, the line, and its plain form; NULL: there is none. */
static const struct {
    char separator;
    const char *line;
    const char *plain;
} lines[] = {
    {',', "a,1.5,", "a,1.5,"},
    {',', "\"a\",\"1.5\",\"\"", "a,1.5,"},
    {',', "\"a,b\",1", "\"a,b\",1"},
    {',', "\"a \"\"b\"\"\",1", "\"a \"\"b\"\"\",1"},
    {',', "a\"b,1", "\"a\"\"b\",1"},
    {';', "a;1,5;-2,25;3", "a,1.5,-2.25,3"},
    {';', "web: hold, 2;1", "\"web: hold, 2\",1"},
    {';', "1,;,1;1,5,2;-,5", "\"1,\",\",1\",\"1,5,2\",\"-,5\""},
    {'\t', "a\t1,5", "a,1.5"},
    {';', "", ""},
    {';', ";;", ",,"},
    {',', "\"", NULL},
    {',', "a,\"b", NULL},
    {',', "\"a\"b,1", NULL},
};

START_TEST(lines_get_the_plain_form)
{
    size_t len = strlen(lines[_i].line);
    char *text = malloc(PLAIN_LINE_ROOM(len)); /* to its size, for the sanitizer */

    ck_assert_ptr_nonnull(text);
    ssize_t plain = plain_line(lines[_i].separator, lines[_i].line, len, text);
    if (lines[_i].plain == NULL) {
        ck_assert_int_eq(plain, -EINVAL);
    } else {
        ck_assert_str_eq(text, lines[_i].plain);
        ck_assert_int_eq(plain, (ssize_t)strlen(text));
    }
    free(text);
}
END_TEST

/* What is plain stays as it is, so that a file may be read twice. */
START_TEST(the_plain_form_is_its_own)
{
    const char *plain = lines[_i].plain;
    char text[256];

    if (plain == NULL)
        return;
    ck_assert_int_eq(plain_line(',', plain, strlen(plain), text), (ssize_t)strlen(plain));
    ck_assert_str_eq(text, plain);
    ck_assert_int_eq(plain_line_is(',', plain, strlen(plain)), strchr(plain, '"') == NULL);
    ck_assert(!plain_line_is(';', plain, strlen(plain)));
}
END_TEST

START_TEST(a_byte_order_mark_has_three_bytes)
{
    ck_assert_uint_eq(plain_line_mark("\xEF\xBB\xBF"
                                      "a",
                                      4),
                      3);
    ck_assert_uint_eq(plain_line_mark("\xEF\xBB", 2), 0);
    ck_assert_uint_eq(plain_line_mark("abc", 3), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("plain_line");
    TCase *tests = tcase_create("plain_line");

    tcase_add_loop_test(tests, the_header_shows_the_separator, 0, sizeof headers / sizeof *headers);
    tcase_add_loop_test(tests, lines_get_the_plain_form, 0, sizeof lines / sizeof *lines);
    tcase_add_loop_test(tests, the_plain_form_is_its_own, 0, sizeof lines / sizeof *lines);
    tcase_add_test(tests, a_byte_order_mark_has_three_bytes);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
