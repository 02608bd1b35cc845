#include "common/writer.h"

#include "support/suite.h"

#include <math.h>
#include <string.h>

static char text[256];
static struct writer writer;

static void begin(size_t size)
{
    memset(text, '#', sizeof text);
    writer = (struct writer){.text = text, .size = size};
}

static void assert_text(const char *expected)
{
    ck_assert(!writer.full);
    ck_assert_uint_eq(writer.len, strlen(expected));
    ck_assert_mem_eq(text, expected, writer.len);
}

START_TEST(numbers_are_json_in_their_shortest_form)
{
    static const struct {
        double number;
        unsigned decimals;
        const char *expected;
    } numbers[] = {
        {0, 2, "0"},        {-0.001, 2, "0"},      {1.5, 2, "1.5"},       {1.005e3, 0, "1005"},
        {99.999, 2, "100"}, {0.1 + 0.2, 6, "0.3"}, {-2.25, 1, "-2.3"},    {10, 2, "10"},
        {1e18, 2, "1e+18"}, {NAN, 2, "null"},      {INFINITY, 2, "null"}, {-INFINITY, 0, "null"},
    };

    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        begin(sizeof text);
        writer_put_number(&writer, numbers[i].number, numbers[i].decimals);
        assert_text(numbers[i].expected);
    }
    begin(sizeof text);
    writer_put_signed(&writer, INT64_MIN);
    assert_text("-9223372036854775808");
    begin(sizeof text);
    writer_put_unsigned(&writer, UINT64_MAX);
    assert_text("18446744073709551615");
}
END_TEST

START_TEST(strings_are_escaped)
{
    begin(sizeof text);
    writer_put_string(&writer, "a\"b\\c\n\x01\xc3\xa9");
    assert_text("\"a\\\"b\\\\c\\u000a\\u0001\xc3\xa9\"");
    begin(sizeof text);
    writer_put_string(&writer, "");
    assert_text("\"\"");
}
END_TEST

START_TEST(what_does_not_fit_is_left_out_and_nothing_is_written_behind_the_end)
{
    for (size_t size = 0; size < 60; size++) {
        begin(size);
        writer_put(&writer, "12345");
        writer_putf(&writer, "%s", "67");
        writer_put_string(&writer, "8\"9");
        writer_put_number(&writer, -1.25, 2);
        ck_assert_uint_le(writer.len, size);
        for (size_t i = size + 1; i < sizeof text; i++)
            ck_assert_int_eq(text[i], '#');
        if (writer.full) { /* for good, until it is cut */
            size_t len = writer.len;
            writer_put(&writer, "");
            writer_put_unsigned(&writer, 1);
            ck_assert_uint_eq(writer.len, len);
        }
    }
    begin(10);
    writer_put(&writer, "12345");
    writer_put(&writer, "123456");
    ck_assert(writer.full);
    writer_cut(&writer, 5);
    writer_put(&writer, "67890");
    assert_text("1234567890");
}
END_TEST

START_TEST(printed_text_is_cut_and_terminated)
{
    for (size_t size = 0; size <= 9; size++) {
        begin(size);
        writer_print(&writer, "%s", "cpu ");
        writer_print(&writer, "%u%%", 100U);
        writer_print(&writer, "%s", "");
        if (size > 0)
            ck_assert_uint_eq(strlen(text), size - 1 < 8 ? size - 1 : 8);
        ck_assert_mem_eq(text, "cpu 100%", size > 0 ? strlen(text) : 0);
        ck_assert_int_eq(writer.full, size > 0 && size < 9);
        ck_assert_mem_eq(text + size, "##########", 10);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("writer");
    TCase *tcase = tcase_create("writer");

    tcase_add_test(tcase, numbers_are_json_in_their_shortest_form);
    tcase_add_test(tcase, strings_are_escaped);
    tcase_add_test(tcase, what_does_not_fit_is_left_out_and_nothing_is_written_behind_the_end);
    tcase_add_test(tcase, printed_text_is_cut_and_terminated);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
