/* Tables that fit the terminal. */
#include "cli/table.h"

#include "support/suite.h"

#include <string.h>

static const struct table_column columns[] = {
    {.title = "GROUP", .cut = 8},
    {.title = "LIVE", .is_right = true},
    {.title = "DISK", .is_right = true, .rank = 1},
    {.title = "APP", .is_right = true, .rank = 2, .is_optional = true},
    {.title = "WHY", .cut = 6, .rank = 3},
};

static char *text;
static size_t len;
static struct view view;
static struct table table;

static void begin(void)
{
    view = (struct view){.out = open_memstream(&text, &len), .to_local = gmtime_r};
    table_init(&table, columns, sizeof columns / sizeof *columns);
}

static void end(void)
{
    table_deinit(&table);
    (void)fclose(view.out);
    free(text);
}

static void add(const char *group, unsigned live, const char *app, const char *why)
{
    table_add(&table, VIEW_PLAIN, "%s", group);
    table_add(&table, VIEW_RED, "%u", live);
    table_add(&table, VIEW_PLAIN, "%u%%", live);
    table_add(&table, VIEW_PLAIN, "%s", app);
    table_add(&table, VIEW_PLAIN, "%s", why);
}

static const char *print(unsigned width, size_t rows_max)
{
    rewind(view.out);
    view.width = width;
    ck_assert_int_eq(table_print(&table, &view, rows_max), 0);
    (void)fputc('\0', view.out);
    (void)fflush(view.out);
    return text;
}

START_TEST(columns_are_aligned_and_lines_end_without_spaces)
{
    add("web", 12, "-", "hold");
    add("database", 3, "7", "");
    ck_assert_uint_eq(table_rows(&table), 2);
    ck_assert_str_eq(print(0, 10), "GROUP     LIVE  DISK  APP  WHY\n"
                                   "web         12   12%    -  hold\n"
                                   "database     3    3%    7  \n");
}
END_TEST

START_TEST(a_column_in_which_nothing_stands_is_left_out)
{
    add("web", 12, "-", "hold");
    ck_assert_str_eq(print(0, 10), "GROUP  LIVE  DISK  WHY\nweb      12   12%  hold\n");
}
END_TEST

START_TEST(long_text_is_cut_before_the_line_is_too_long)
{
    add("web", 12, "-", "hold because of the wide window");
    ck_assert_str_eq(print(36, 10), "GROUP  LIVE  DISK  WHY\nweb      12   12%  hold because o...\n");
}
END_TEST

START_TEST(columns_of_the_highest_rank_are_left_out_first)
{
    add("a-long-name-of-a-group", 12, "5", "hold because of the wide window");
    ck_assert_str_eq(print(30, 10), "GROUP          LIVE  DISK  APP\na-long-nam...    12   12%    5\n");
    ck_assert_str_eq(print(22, 10), "GROUP       LIVE  DISK\na-long-...    12   12%\n");
    ck_assert_str_eq(print(4, 10), "GROUP     LIVE\na-lon...    12\n"); /* what must stand stands */
}
END_TEST

START_TEST(only_so_many_rows_are_printed)
{
    add("a", 1, "-", "x");
    add("b", 2, "-", "x");
    ck_assert_str_eq(print(0, 1), "GROUP  LIVE  DISK  WHY\na         1    1%  x\n");
}
END_TEST

START_TEST(a_cell_has_its_colour)
{
    view.has_colours = true;
    add("a", 1, "-", "x");
    ck_assert_ptr_nonnull(strstr(print(0, 1), "\na      \033[1;31m   1\033[0m    1%  x\n"));
}
END_TEST

START_TEST(characters_of_several_bytes_take_one_column)
{
    add("\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc", 1, "-", "x");
    ck_assert_ptr_nonnull(strstr(print(0, 1), "GROUP      LIVE"));
    ck_assert_ptr_nonnull(strstr(print(14, 1), "\n\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc...     1"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("table");
    TCase *tests = tcase_create("table");

    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_test(tests, columns_are_aligned_and_lines_end_without_spaces);
    tcase_add_test(tests, a_column_in_which_nothing_stands_is_left_out);
    tcase_add_test(tests, long_text_is_cut_before_the_line_is_too_long);
    tcase_add_test(tests, columns_of_the_highest_rank_are_left_out_first);
    tcase_add_test(tests, only_so_many_rows_are_printed);
    tcase_add_test(tests, a_cell_has_its_colour);
    tcase_add_test(tests, characters_of_several_bytes_take_one_column);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
