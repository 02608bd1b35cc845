#include "cli/top/top_keys.h"

#include "support/suite.h"
#include "support/top_answers.h"

#include <string.h>

static struct top top;

static void begin(void)
{
    top_init(&top, "http://127.0.0.1:7421", 2000, 100);
    top_documents_take_all(&top);
}

static void end(void)
{
    top_deinit(&top);
}

static void press(int key)
{
    top_keys_press(&top, key);
}

static void write_text(const char *text)
{
    for (; *text != '\0'; text++)
        press(*text);
}

static const char *selected_node(void)
{
    return ((const struct top_node *)top_table_selected(&top.tables[TOP_VIEW_NODES]))->id;
}

START_TEST(tab_goes_round)
{
    press('\t');
    ck_assert_int_eq(top.view, TOP_VIEW_NODES);
    ck_assert(top.hurry);
    press('t');
    ck_assert_int_eq(top.view, TOP_VIEW_PROBLEMS);
    press('\t');
    ck_assert_int_eq(top.view, TOP_VIEW_GROUPS);
    press(TOP_KEY_BACK_TAB);
    ck_assert_int_eq(top.view, TOP_VIEW_PROBLEMS);
    press(TOP_KEY_BACK_TAB);
    ck_assert_int_eq(top.view, TOP_VIEW_NODES);
}
END_TEST

START_TEST(enter_opens_and_escape_leads_back)
{
    press(TOP_KEY_ENTER);
    ck_assert_int_eq(top.view, TOP_VIEW_NODES);
    ck_assert_str_eq(top_current(&top)->scope, "web");
    ck_assert_uint_eq(top_current(&top)->count, 3);
    press(TOP_KEY_ENTER);
    ck_assert_int_eq(top.view, TOP_VIEW_NODE);
    ck_assert_str_eq(top.node_id, "web-1");
    press(TOP_KEY_ENTER); /* a metric opens nothing */
    press(TOP_KEY_ESCAPE);
    ck_assert_int_eq(top.view, TOP_VIEW_NODES);
    ck_assert_str_eq(selected_node(), "web-1");
    press(TOP_KEY_ESCAPE);
    ck_assert_int_eq(top.view, TOP_VIEW_GROUPS);
    press(TOP_KEY_ESCAPE);
    ck_assert_int_eq(top.view, TOP_VIEW_GROUPS);
    press('\t');
    ck_assert_uint_eq(top_current(&top)->count, 4);
}
END_TEST

START_TEST(a_problem_opens_what_it_is_about)
{
    press(TOP_KEY_BACK_TAB);
    press(TOP_KEY_ENTER);
    ck_assert_str_eq(top.tables[TOP_VIEW_NODES].scope, "web");
    press(TOP_KEY_ESCAPE);
    ck_assert_int_eq(top.view, TOP_VIEW_PROBLEMS);
    press(TOP_KEY_END);
    press(TOP_KEY_ENTER);
    ck_assert_int_eq(top.view, TOP_VIEW_NODE);
    ck_assert_str_eq(top.node_id, "web-2");
    press(TOP_KEY_ESCAPE);
    ck_assert_int_eq(top.view, TOP_VIEW_PROBLEMS);
}
END_TEST

START_TEST(arrows_and_pages_select)
{
    press('\t');
    top_current(&top)->visible = 2;
    ck_assert_str_eq(selected_node(), "web-1");
    press(TOP_KEY_DOWN);
    ck_assert_str_eq(selected_node(), "web-10");
    press(TOP_KEY_PAGE_DOWN);
    ck_assert_str_eq(selected_node(), "web-2");
    press(TOP_KEY_UP);
    ck_assert_str_eq(selected_node(), "db-1");
    press(TOP_KEY_PAGE_UP);
    ck_assert_str_eq(selected_node(), "web-1");
    press(TOP_KEY_END);
    press(TOP_KEY_DOWN);
    ck_assert_str_eq(selected_node(), "web-2");
    press(TOP_KEY_HOME);
    press(TOP_KEY_UP);
    ck_assert_str_eq(selected_node(), "web-1");
}
END_TEST

START_TEST(sorting_has_keys_and_a_menu)
{
    press('\t');
    press('M');
    ck_assert_str_eq(selected_node(), "db-1");
    press('I');
    ck_assert_str_eq(selected_node(), "web-1");
    press('P');
    ck_assert(!top_current(&top)->inverted);
    press(TOP_KEY_F6);
    ck_assert_int_eq(top.input, TOP_INPUT_SORT);
    ck_assert_int_eq(top_keys_menu_column(top_current(&top)->kind, top.menu), TOP_NODES_CPU);
    for (unsigned i = 0; i < 9; i++)
        press(TOP_KEY_UP);
    ck_assert_uint_eq(top.menu, 0);
    press(TOP_KEY_ENTER);
    ck_assert_int_eq(top.input, TOP_INPUT_NONE);
    ck_assert_str_eq(selected_node(), "db-1"); /* by name */
    press('>');
    for (unsigned i = 0; i < 99; i++)
        press(TOP_KEY_DOWN);
    press(TOP_KEY_ESCAPE);
    ck_assert_str_eq(selected_node(), "db-1");
}
END_TEST

START_TEST(metrics_of_a_node_are_not_sorted)
{
    top_open_node(&top, "web-1");
    press(TOP_KEY_F6);
    press('P');
    press('I');
    ck_assert_int_eq(top.input, TOP_INPUT_NONE);
    ck_assert_uint_eq(top_current(&top)->order[0], 0);
}
END_TEST

START_TEST(a_search_selects_as_it_is_typed)
{
    press('\t');
    press('/');
    write_text("web-1");
    press(TOP_KEY_F3);
    ck_assert_str_eq(selected_node(), "web-10");
    press(TOP_KEY_F3);
    ck_assert_str_eq(selected_node(), "web-1");
    write_text("0q");
    press(TOP_KEY_BACKSPACE);
    ck_assert_str_eq(selected_node(), "web-10");
    press(TOP_KEY_ENTER);
    ck_assert_int_eq(top.input, TOP_INPUT_NONE);
    press(TOP_KEY_HOME);
    press('n');
    ck_assert_str_eq(selected_node(), "web-10");
    press('/');
    write_text("DB");
    press(TOP_KEY_ESCAPE);
    ck_assert_str_eq(selected_node(), "db-1");
    ck_assert(!top.quit); /* q was a letter */
}
END_TEST

START_TEST(a_filter_shows_some_rows_until_escape)
{
    press('\t');
    press(TOP_KEY_F4);
    write_text("missinx");
    ck_assert_uint_eq(top_current(&top)->count, 0);
    press(TOP_KEY_BACKSPACE);
    write_text("g");
    ck_assert_uint_eq(top_current(&top)->count, 1);
    ck_assert_str_eq(selected_node(), "web-2");
    press(TOP_KEY_ENTER);
    press('\\');
    write_text("x");
    ck_assert_uint_eq(top_current(&top)->count, 0);
    press(TOP_KEY_ESCAPE);
    ck_assert_uint_eq(top_current(&top)->count, 4);
    press(TOP_KEY_F4);
    write_text("web");
    press(TOP_KEY_ENTER);
    press(TOP_KEY_ESCAPE);
    ck_assert_uint_eq(top_current(&top)->count, 4);
    ck_assert_int_eq(top.view, TOP_VIEW_NODES);
}
END_TEST

START_TEST(a_filter_is_bounded)
{
    press(TOP_KEY_F4);
    for (unsigned i = 0; i < 2 * TOP_TABLE_FILTER_MAX; i++)
        press('x');
    press(0xe9); /* not ASCII */
    ck_assert_uint_eq(strlen(top_current(&top)->filter), TOP_TABLE_FILTER_MAX - 1);
    for (unsigned i = 0; i < 2 * TOP_TABLE_FILTER_MAX; i++)
        press(TOP_KEY_BACKSPACE);
    ck_assert_uint_eq(top_current(&top)->count, 2);
}
END_TEST

START_TEST(pause_help_and_quit)
{
    press(' ');
    ck_assert(top.paused);
    press('Z');
    ck_assert(!top.paused);
    ck_assert(top.hurry);
    press('?');
    ck_assert_int_eq(top.input, TOP_INPUT_HELP);
    press('q');
    ck_assert_int_eq(top.input, TOP_INPUT_NONE);
    ck_assert(!top.quit);
    press(TOP_KEY_F10);
    ck_assert(top.quit);
}
END_TEST

START_TEST(without_rows_keys_do_nothing)
{
    struct top empty;

    top_init(&empty, "", 2000, 0);
    for (int key = 1; key < TOP_KEY_F10; key++) {
        top_keys_press(&empty, key);
        empty.input = TOP_INPUT_NONE;
    }
    top_deinit(&empty);
}
END_TEST

START_TEST(no_two_bindings_have_the_same_key)
{
    for (unsigned i = 0; i < top_binding_count; i++)
        for (unsigned k = 0; k < TOP_BINDING_KEYS && top_bindings[i].keys[k] != 0; k++)
            for (unsigned j = 0; j < i; j++)
                for (unsigned l = 0; l < TOP_BINDING_KEYS; l++)
                    ck_assert_int_ne(top_bindings[i].keys[k], top_bindings[j].keys[l]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("top_keys");
    TCase *tests = tcase_create("top_keys");

    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_test(tests, tab_goes_round);
    tcase_add_test(tests, enter_opens_and_escape_leads_back);
    tcase_add_test(tests, a_problem_opens_what_it_is_about);
    tcase_add_test(tests, arrows_and_pages_select);
    tcase_add_test(tests, sorting_has_keys_and_a_menu);
    tcase_add_test(tests, metrics_of_a_node_are_not_sorted);
    tcase_add_test(tests, a_search_selects_as_it_is_typed);
    tcase_add_test(tests, a_filter_shows_some_rows_until_escape);
    tcase_add_test(tests, a_filter_is_bounded);
    tcase_add_test(tests, pause_help_and_quit);
    tcase_add_test(tests, without_rows_keys_do_nothing);
    tcase_add_test(tests, no_two_bindings_have_the_same_key);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
