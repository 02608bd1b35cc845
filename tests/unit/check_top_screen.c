#include "cli/top/top_screen.h"

#include "support/screen_text.h"
#include "support/suite.h"

static struct top_screen screen;

static void begin(void)
{
    top_screen_clear(&screen, 10, 4);
}

START_TEST(a_text_is_cut_at_the_edges)
{
    ck_assert_uint_eq(top_screen_put(&screen, 0, 6, TOP_STYLE_STRONG, "abcdef"), 12);
    ck_assert_str_eq(screen_text_row(&screen, 0), "      abcd");
    ck_assert_uint_eq(screen.cells[0][6].style, TOP_STYLE_STRONG);
    (void)top_screen_put(&screen, 4, 0, TOP_STYLE_PLAIN, "below");
    (void)top_screen_put_cut(&screen, 1, 0, TOP_STYLE_PLAIN, "abcdef", 3);
    ck_assert_str_eq(screen_text_row(&screen, 1), "abc");
    (void)top_screen_putf(&screen, 2, 0, TOP_STYLE_PLAIN, "%s %d", "x", 7);
    ck_assert_str_eq(screen_text_row(&screen, 2), "x 7");
}
END_TEST

START_TEST(only_printable_ascii_gets_onto_the_screen)
{
    (void)top_screen_put(&screen, 0, 0, TOP_STYLE_PLAIN, "a\x1b[2J\xc3\xbc\x80\x7f\n");
    ck_assert_str_eq(screen_text_row(&screen, 0), "a?[2J?????");
}
END_TEST

START_TEST(a_larger_terminal_is_cut)
{
    top_screen_clear(&screen, TOP_SCREEN_COLUMNS_MAX + 9, TOP_SCREEN_ROWS_MAX + 9);
    ck_assert_uint_eq(screen.columns, TOP_SCREEN_COLUMNS_MAX);
    ck_assert_uint_eq(screen.rows, TOP_SCREEN_ROWS_MAX);
    (void)top_screen_put(&screen, TOP_SCREEN_ROWS_MAX - 1, TOP_SCREEN_COLUMNS_MAX - 1, TOP_STYLE_PLAIN, "xy");
    ck_assert_uint_eq(screen.cells[TOP_SCREEN_ROWS_MAX - 1][TOP_SCREEN_COLUMNS_MAX - 1].glyph, 'x');
}
END_TEST

START_TEST(a_long_text_is_wrapped_at_spaces)
{
    ck_assert_uint_eq(top_screen_put_wrapped(&screen, 0, 4, TOP_STYLE_PLAIN, "web: scale up to 1234567890123"), 4);
    ck_assert_str_eq(screen_text_row(&screen, 0), "web: scale");
    ck_assert_str_eq(screen_text_row(&screen, 1), "up to");
    ck_assert_str_eq(screen_text_row(&screen, 2), "1234567890");
    ck_assert_str_eq(screen_text_row(&screen, 3), "123");
    begin();
    ck_assert_uint_eq(top_screen_put_wrapped(&screen, 0, 2, TOP_STYLE_PLAIN, "one two three four"), 2);
    ck_assert_str_eq(screen_text_row(&screen, 1), "three four");
    ck_assert_uint_eq(top_screen_put_wrapped(&screen, 2, 4, TOP_STYLE_PLAIN, ""), 0);
    ck_assert_uint_eq(top_screen_put_wrapped(&screen, 2, 0, TOP_STYLE_PLAIN, "x"), 0);
    top_screen_clear(&screen, 0, 4);
    ck_assert_uint_eq(top_screen_put_wrapped(&screen, 0, 4, TOP_STYLE_PLAIN, "x"), 0);
}
END_TEST

START_TEST(a_row_has_one_style)
{
    (void)top_screen_put(&screen, 1, 0, TOP_STYLE_CRITICAL, "abc");
    top_screen_style(&screen, 1, TOP_STYLE_SELECTED);
    for (unsigned column = 0; column < 10; column++)
        ck_assert_uint_eq(screen.cells[1][column].style, TOP_STYLE_SELECTED);
    top_screen_style(&screen, 4, TOP_STYLE_SELECTED);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("top_screen");
    TCase *tests = tcase_create("top_screen");

    tcase_add_checked_fixture(tests, begin, NULL);
    tcase_add_test(tests, a_text_is_cut_at_the_edges);
    tcase_add_test(tests, only_printable_ascii_gets_onto_the_screen);
    tcase_add_test(tests, a_larger_terminal_is_cut);
    tcase_add_test(tests, a_long_text_is_wrapped_at_spaces);
    tcase_add_test(tests, a_row_has_one_style);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
