#include "cli/top/top_table.h"

#include "support/screen_text.h"
#include "support/suite.h"

#include <math.h>
#include <stdio.h>

/* ---- a table of fruits ---- */

struct fruit {
    const char *name;
    const char *colour;
    double weight;
};

static const char *name(const void *row)
{
    return ((const struct fruit *)row)->name;
}

static const char *colour(const void *row)
{
    return ((const struct fruit *)row)->colour;
}

static double weight(const void *row)
{
    return ((const struct fruit *)row)->weight;
}

static enum top_style weight_style(const void *row)
{
    return weight(row) > 100 ? TOP_STYLE_WARNING : TOP_STYLE_PLAIN;
}

static void past(const void *row, struct top_series *series)
{
    static const float values[] = {0, 1};

    (void)row;
    *series = (struct top_series){.values = values, .count = 2, .full = 1};
}

static bool is_of(const void *row, const char *scope)
{
    return strcmp(colour(row), scope) == 0;
}

static void identify(const void *row, char *text, size_t size)
{
    (void)snprintf(text, size, "%s", name(row));
}

enum { NAME, COLOUR, WEIGHT, PAST };

static const struct top_column columns[] = {
    {.title = "NAME", .width_min = 6, .width_max = 10, .text = name, .ascending = true},
    {.title = "COLOUR", .width_min = 6, .rank = 1, .text = colour, .ascending = true},
    {.title = "G", .width_min = 4, .number = weight, .format = top_format_count, .style = weight_style},
    {.title = "PAST", .width_min = 4, .width_max = 8, .rank = 2, .series = past},
};

static const struct top_table_kind kind = {
    .columns = columns,
    .count = 4,
    .row_size = sizeof(struct fruit),
    .identify = identify,
    .is_of = is_of,
    .tie = name,
    .empty = "No fruit",
};

static const struct fruit fruits[] = {{"plum", "blue", 40},
                                      {"fig-10", "green", 50},
                                      {"apple", "red", 150},
                                      {"fig-9", "green", 50},
                                      {"nut", "brown", NAN}};
static struct top_table table;
static struct top_screen screen;

static void begin(void)
{
    top_table_init(&table, &kind, WEIGHT);
    top_screen_clear(&screen, 40, 8);
    ck_assert_int_eq(top_table_take(&table, fruits, 5), 0);
}

static void end(void)
{
    top_table_deinit(&table);
}

/* The names in their order, with spaces. */
static const char *order(void)
{
    static char text[256];
    size_t len = 0;

    text[0] = '\0';
    for (unsigned i = 0; i < table.count; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "%s%s", i > 0 ? " " : "", fruits[table.order[i]].name);
    return text;
}

static const char *selected(void)
{
    const struct fruit *fruit = top_table_selected(&table);

    return fruit != NULL ? fruit->name : "";
}

static void sort_by(unsigned column, bool inverted)
{
    table.sort = column;
    table.inverted = inverted;
    ck_assert_int_eq(top_table_refresh(&table), 0);
}

/* ---- order ---- */

START_TEST(numbers_are_sorted_largest_first_and_unknown_ones_last)
{
    ck_assert_str_eq(order(), "apple fig-9 fig-10 plum nut");
    sort_by(WEIGHT, true);
    ck_assert_str_eq(order(), "plum fig-9 fig-10 apple nut");
}
END_TEST

START_TEST(texts_are_sorted_as_people_do)
{
    sort_by(NAME, false);
    ck_assert_str_eq(order(), "apple fig-9 fig-10 nut plum");
    sort_by(NAME, true);
    ck_assert_str_eq(order(), "plum nut fig-10 fig-9 apple");
    sort_by(COLOUR, false);
    ck_assert_str_eq(order(), "plum nut fig-9 fig-10 apple");
}
END_TEST

START_TEST(a_filter_looks_at_all_texts_without_case)
{
    (void)snprintf(table.filter, sizeof table.filter, "GREEN");
    ck_assert_int_eq(top_table_refresh(&table), 0);
    ck_assert_str_eq(order(), "fig-9 fig-10");
    (void)snprintf(table.filter, sizeof table.filter, "pl");
    ck_assert_int_eq(top_table_refresh(&table), 0);
    ck_assert_str_eq(order(), "apple plum");
    (void)snprintf(table.scope, sizeof table.scope, "red");
    ck_assert_int_eq(top_table_refresh(&table), 0);
    ck_assert_str_eq(order(), "apple");
}
END_TEST

/* ---- selection ---- */

START_TEST(the_selection_stays_with_its_row)
{
    top_table_select(&table, 3);
    ck_assert_str_eq(selected(), "plum");
    sort_by(WEIGHT, true);
    ck_assert_str_eq(selected(), "plum");
    ck_assert_uint_eq(table.selected, 0);
}
END_TEST

START_TEST(the_first_line_stays_the_first)
{
    ck_assert_str_eq(selected(), "apple");
    sort_by(WEIGHT, true);
    ck_assert_str_eq(selected(), "plum");
}
END_TEST

START_TEST(the_place_of_a_row_that_is_gone_remains_selected)
{
    top_table_select(&table, 4);
    ck_assert_int_eq(top_table_take(&table, fruits, 4), 0);
    ck_assert_str_eq(selected(), "plum");
    ck_assert_int_eq(top_table_take(&table, fruits, 0), 0);
    ck_assert_ptr_null(top_table_selected(&table));
    ck_assert_int_eq(top_table_take(&table, fruits, 5), 0);
    ck_assert_str_eq(selected(), "apple");
}
END_TEST

START_TEST(a_selection_outside_is_the_nearest_row)
{
    top_table_select(&table, 99);
    ck_assert_str_eq(selected(), "nut");
    top_table_select(&table, -3);
    ck_assert_str_eq(selected(), "apple");
}
END_TEST

START_TEST(a_search_goes_on_at_the_first_row)
{
    ck_assert(top_table_find(&table, "fig", 1));
    ck_assert_str_eq(selected(), "fig-9");
    ck_assert(top_table_find(&table, "fig", table.selected + 1));
    ck_assert_str_eq(selected(), "fig-10");
    ck_assert(top_table_find(&table, "fig", table.selected + 1));
    ck_assert_str_eq(selected(), "fig-9");
    ck_assert(!top_table_find(&table, "pear", 0));
    ck_assert_str_eq(selected(), "fig-9");
}
END_TEST

/* ---- drawing ---- */

START_TEST(columns_are_aligned_and_grow)
{
    top_table_draw(&table, &screen, 0, 8, false);
    ck_assert_str_eq(screen_text_row(&screen, 0), "NAME   COLOUR   G- PAST");
    ck_assert_str_eq(screen_text_row(&screen, 1), "apple  red     150       18");
    ck_assert_str_eq(screen_text_row(&screen, 3), "fig-10 green    50       18");
    ck_assert_str_eq(screen_text_row(&screen, 5), "nut    brown     -       18");
    ck_assert_str_eq(screen_text_row(&screen, 6), "");
    ck_assert_uint_eq(screen.cells[0][39].style, TOP_STYLE_HEADING);
    ck_assert_uint_eq(screen.cells[1][39].style, TOP_STYLE_SELECTED);
    ck_assert_uint_eq(screen.cells[2][17].style, TOP_STYLE_PLAIN);
}
END_TEST

START_TEST(a_narrow_screen_leaves_columns_out)
{
    top_screen_clear(&screen, 19, 8);
    top_table_draw(&table, &screen, 0, 8, false);
    ck_assert_str_eq(screen_text_row(&screen, 1), "apple  red     150");
    top_screen_clear(&screen, 12, 8);
    top_table_draw(&table, &screen, 0, 8, false);
    ck_assert_str_eq(screen_text_row(&screen, 1), "apple   150");
    top_screen_clear(&screen, 5, 8);
    top_table_draw(&table, &screen, 0, 8, false);
    ck_assert_str_eq(screen_text_row(&screen, 1), "apple");
    top_screen_clear(&screen, 0, 0);
    top_table_draw(&table, &screen, 0, 0, false);
}
END_TEST

START_TEST(a_text_that_does_not_fit_is_marked)
{
    static const struct fruit long_one[] = {{"watermelon-of-june", "green", 9}};

    ck_assert_int_eq(top_table_take(&table, long_one, 1), 0);
    top_table_draw(&table, &screen, 0, 8, false);
    ck_assert_str_eq(screen_text_row(&screen, 1), "watermelo~ green     9       18");
}
END_TEST

START_TEST(old_values_are_dim_and_styles_mark_the_others)
{
    top_table_select(&table, 4);
    top_table_draw(&table, &screen, 0, 8, false);
    ck_assert_uint_eq(screen.cells[1][15].style, TOP_STYLE_WARNING);
    top_table_draw(&table, &screen, 0, 8, true);
    ck_assert_uint_eq(screen.cells[1][15].style, TOP_STYLE_DIM);
}
END_TEST

START_TEST(the_selected_row_is_in_sight)
{
    top_table_draw(&table, &screen, 0, 3, false);
    ck_assert_uint_eq(table.visible, 2);
    top_table_select(&table, 4);
    top_table_draw(&table, &screen, 0, 3, false);
    ck_assert_uint_eq(screen_text_find(&screen, "nut"), 2);
    ck_assert_uint_eq(table.scroll, 3);
    top_table_select(&table, 3);
    top_table_draw(&table, &screen, 0, 3, false);
    ck_assert_uint_eq(table.scroll, 3);
    top_table_select(&table, 0);
    top_table_draw(&table, &screen, 0, 3, false);
    ck_assert_uint_eq(screen_text_find(&screen, "apple"), 1);
    top_table_select(&table, 4);
    top_table_draw(&table, &screen, 0, 3, false);
    ck_assert_int_eq(top_table_take(&table, fruits, 2), 0);
    top_table_draw(&table, &screen, 0, 3, false);
    ck_assert_uint_eq(table.scroll, 0);
}
END_TEST

START_TEST(a_note_stands_in_place_of_rows)
{
    struct top_table other;

    top_table_init(&other, &kind, NAME);
    top_table_draw(&other, &screen, 0, 8, false);
    ck_assert_str_eq(screen_text_row(&screen, 1), "No answer yet");
    ck_assert_int_eq(top_table_take(&table, fruits, 0), 0);
    top_table_draw(&table, &screen, 2, 6, false);
    ck_assert_str_eq(screen_text_row(&screen, 3), "No fruit");
    (void)snprintf(table.filter, sizeof table.filter, "pear");
    ck_assert_int_eq(top_table_take(&table, fruits, 5), 0);
    top_table_draw(&table, &screen, 4, 4, false);
    ck_assert_str_eq(screen_text_row(&screen, 5), "Nothing matches the filter");
    top_screen_clear(&screen, 40, 8);
    top_table_draw(&table, &screen, 0, 1, false);
    ck_assert_str_eq(screen_text_row(&screen, 1), "");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("top_table");
    TCase *tests = tcase_create("top_table");

    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_test(tests, numbers_are_sorted_largest_first_and_unknown_ones_last);
    tcase_add_test(tests, texts_are_sorted_as_people_do);
    tcase_add_test(tests, a_filter_looks_at_all_texts_without_case);
    tcase_add_test(tests, the_selection_stays_with_its_row);
    tcase_add_test(tests, the_first_line_stays_the_first);
    tcase_add_test(tests, the_place_of_a_row_that_is_gone_remains_selected);
    tcase_add_test(tests, a_selection_outside_is_the_nearest_row);
    tcase_add_test(tests, a_search_goes_on_at_the_first_row);
    tcase_add_test(tests, columns_are_aligned_and_grow);
    tcase_add_test(tests, a_narrow_screen_leaves_columns_out);
    tcase_add_test(tests, a_text_that_does_not_fit_is_marked);
    tcase_add_test(tests, old_values_are_dim_and_styles_mark_the_others);
    tcase_add_test(tests, the_selected_row_is_in_sight);
    tcase_add_test(tests, a_note_stands_in_place_of_rows);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
