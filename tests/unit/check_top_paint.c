/* The whole screen of headroom top, with its first lines and details. */
#include "cli/top/top_paint.h"

#include "cli/top/top_keys.h"
#include "support/screen_text.h"
#include "support/suite.h"
#include "support/top_answers.h"

#include <errno.h>

#define URL   "http://127.0.0.1:7421"
#define CLOCK "14:03:07 CET"

static struct top top;
static struct top_screen screen;

static void begin(void)
{
    top_init(&top, URL, 2000, 100);
}

static void end(void)
{
    top_deinit(&top);
}

static void paint(unsigned columns, unsigned rows)
{
    screen.columns = columns;
    screen.rows = rows;
    top_paint(&top, &screen, 1000, CLOCK);
}

static void assert_row(unsigned row, const char *text)
{
    ck_assert_str_eq(screen_text_row(&screen, row), text);
}

START_TEST(groups_at_80_by_24)
{
    top_documents_take_all(&top);
    paint(80, 24);
    assert_row(0, "Headroom 0.1.0  http://127.0.0.1:7421                               14:03:07 CET");
    assert_row(1, "Nodes 4: 3 live 1 missing                                            - samples/s");
    assert_row(2, "Problems: 1 critical 1 warning 1 info and 4 more  for 5m: web: 1 of 3 nodes is ~");
    assert_row(3, "[Groups 2] Nodes 4  Problems 7");
    assert_row(4, "GROUP        MODE      LIVE DESIRED  CPU  MEM DISK  APP PROBLEMS+        HISTORY");
    assert_row(5, "web          full         2       6  71%  40%   2%    - nodes-missing +1     1 8");
    assert_row(6, "db                        1       -  20%  90%    -    -");
    assert_row(23, "F1Help F3Search F4Filter F6Sort TabNodes EnterOpen SpacePause F10Quit");
    ck_assert_uint_eq(screen.cells[5][0].style, TOP_STYLE_SELECTED);
    ck_assert_uint_eq(screen.cells[6][43].style, TOP_STYLE_WARNING); /* memory is above its limit */
    ck_assert_uint_eq(screen.cells[1][18].style, TOP_STYLE_CRITICAL);
}
END_TEST

START_TEST(a_wide_screen_has_the_decision_of_each_group)
{
    top_documents_take_all(&top);
    paint(120, 24);
    ck_assert(screen_text_has(&screen, "EXISTING"));
    ck_assert(screen_text_has(&screen, " scale up 3 -> 6 (cpu 71% now)"));
    ck_assert(!screen_text_has(&screen, "web: scale"));
    (void)snprintf(top.tables[TOP_VIEW_GROUPS].filter, TOP_TABLE_FILTER_MAX, "scale up");
    ck_assert_int_eq(top_table_refresh(&top.tables[TOP_VIEW_GROUPS]), 0);
    ck_assert_uint_eq(top.tables[TOP_VIEW_GROUPS].count, 0); /* narrow screens do not show it */
}
END_TEST

START_TEST(nodes_of_a_group_have_its_decision_above_them)
{
    top_documents_take_all(&top);
    top_open_nodes(&top, "web");
    paint(80, 24);
    assert_row(4, "Group web: 2 live, 6 desired, 3 existing; min 1, max 100; mode full");
    assert_row(5, "web: scale up 3 -> 6 (cpu 71% now)");
    assert_row(6, "critical for 5m: web: 1 of 3 nodes is missing");
    assert_row(7, "warning for 2m: web: max keeps it at 6");
    assert_row(8, "NODE           GROUP    STATE       AGE CPU-  MEM DISK IN/S ABOVE   HISTORY");
    assert_row(9, "web-1          web      live       0.4s  91%  40%   2% 1.2M cpu,fs             8");
    assert_row(10, "web-10         web      live       0.5s  50%  45%   3%    1                    5");
    assert_row(11, "web-2          web      missing     90s    -    -    -    -");
    assert_row(12, "");
    top_open_nodes(&top, "db");
    paint(80, 24);
    assert_row(4, "Group db: 1 live, - desired, - existing; min 1, no max; mode -");
    top_open_nodes(&top, "gone");
    paint(80, 24);
    assert_row(4, "Group gone is not known to the collector");
}
END_TEST

START_TEST(a_collector_without_problems_has_conditions)
{
    ck_assert_int_eq(top_documents_take(&top, TOP_DOCUMENT_FLEET, TOP_FLEET), 0);
    ck_assert_int_eq(top_documents_take(&top, TOP_DOCUMENT_GROUPS, TOP_GROUPS), 0);
    (void)top_do_without(&top, TOP_DOCUMENT_PROBLEMS, -ENOENT);
    top_open_nodes(&top, "web");
    paint(80, 24);
    assert_row(2, " Groups 2 [Nodes 4] Problems");
    assert_row(5, "able-to-scale is false for 10m: the hook fails");
    assert_row(6, "limited is true for 5m: max is 6");
    top.view = TOP_VIEW_PROBLEMS;
    paint(80, 24);
    ck_assert(screen_text_has(&screen, "This collector does not report problems"));
}
END_TEST

START_TEST(no_problems_is_good_news)
{
    ck_assert_int_eq(top_documents_take(&top, TOP_DOCUMENT_FLEET, TOP_FLEET), 0);
    ck_assert_int_eq(top_documents_take(&top, TOP_DOCUMENT_PROBLEMS, "{\"now_ms\":1,\"problems\":[],\"more\":0}"), 0);
    paint(80, 24);
    assert_row(2, "No problems");
}
END_TEST

START_TEST(the_selected_problem_is_readable)
{
    top_documents_take_all(&top);
    top.view = TOP_VIEW_PROBLEMS;
    paint(80, 24);
    assert_row(3, " Groups 2  Nodes 4 [Problems 7]");
    assert_row(4, "web: 1 of 3 nodes is missing");
    assert_row(7, "SEVERITY+ SINCE ABOUT     WHAT IS WRONG");
    ck_assert(screen_text_has(&screen, "info        10s web-2     web-2: its clock is 9 s ahead"));
    paint(120, 24);
    ck_assert(screen_text_has(&screen, "critical     5m web       nodes-missing   web: 1 of 3 nodes is missing"));
}
END_TEST

START_TEST(all_metrics_of_a_node)
{
    top_documents_take_all(&top);
    top_open_node(&top, "web-1");
    ck_assert_int_eq(top_documents_take(&top, TOP_DOCUMENT_NODE, TOP_NODE), 0);
    ck_assert_int_eq(top_documents_take(&top, TOP_DOCUMENT_SERIES, TOP_SERIES), 0);
    paint(80, 24);
    assert_row(3, " Groups 2  Nodes 4  Problems 7 [Node web-1]");
    assert_row(4, "group web, live, newest sample 0.4s old; 2 cores, 8.0GB of memory");
    assert_row(5, "web-1: cpu 91% now, above 70%");
    assert_row(6, "web-1: full in about 14 min");
    assert_row(7, "METRIC                  NOW    LOW   HIGH HISTORY, 5 S EACH");
    assert_row(8, "CPU                     91%    20%    90%                                   2 58");
    assert_row(10, "Disk read              2.0K    500   2.0K                                   3 58");
    top_open_node(&top, "web-3");
    paint(80, 24);
    assert_row(4, "The collector has not answered about this node, or does not know it");
}
END_TEST

START_TEST(a_failure_is_shown_and_the_values_are_dim)
{
    top_documents_take_all(&top);
    top_end_round(&top, "no answer from " URL ": Connection refused; is headroom-collector running there?", 900);
    screen.columns = 80;
    screen.rows = 24;
    top_paint(&top, &screen, 8500, CLOCK);
    assert_row(1, "No answer for 7 s; the values are old: Connection refused; is headroom-collector");
    assert_row(2, "running there?");
    ck_assert_uint_eq(screen.cells[1][0].style, TOP_STYLE_CRITICAL);
    ck_assert_uint_eq(screen.cells[8][0].style, TOP_STYLE_DIM);
    top_paint(&top, &screen, 601000, CLOCK);
    ck_assert(screen_text_has(&screen, "No answer for 10 min"));
    top_end_round(&top, "the collector refuses the request: no token; see --token-file", 602000);
    top_paint(&top, &screen, 602000, CLOCK);
    ck_assert(screen_text_has(&screen, "the values are old: the collector refuses the request: no"));
    top_end_round(&top, "", 603000);
    top_paint(&top, &screen, 603000, CLOCK);
    ck_assert(!screen_text_has(&screen, "No answer"));
}
END_TEST

START_TEST(before_the_first_answer_nothing_is_claimed)
{
    paint(80, 24);
    assert_row(0, "Headroom  http://127.0.0.1:7421                                     14:03:07 CET");
    assert_row(1, "Waiting for the first answer");
    ck_assert(screen_text_has(&screen, "No answer yet"));
    ck_assert(!screen_text_has(&screen, "No problems"));
    top_paint(&top, &screen, 9100, CLOCK);
    assert_row(1, "No answer for 9 s");
}
END_TEST

START_TEST(pause_filter_and_typed_text_are_shown)
{
    top_documents_take_all(&top);
    top_keys_press(&top, ' ');
    top_keys_press(&top, TOP_KEY_F4);
    top_keys_press(&top, 'b');
    paint(80, 24);
    assert_row(0, "Headroom 0.1.0  http://127.0.0.1:7421                       PAUSED  14:03:07 CET");
    assert_row(3, "[Groups 2] Nodes 4  Problems 7                                filter: b, 2 lines");
    assert_row(23, "Filter: b_   (Enter done, Esc all lines)");
    top_keys_press(&top, TOP_KEY_ENTER);
    paint(80, 24);
    assert_row(23, "F1Help F3Search F4Filter F6Sort TabNodes EnterOpen EscBack SpaceGo on F10Quit");
    top_keys_press(&top, '/');
    top_keys_press(&top, 'x');
    paint(80, 24);
    assert_row(23, "Search: x_   (F3 next, Enter done)");
}
END_TEST

START_TEST(the_menu_and_the_help)
{
    top_documents_take_all(&top);
    top_keys_press(&top, TOP_KEY_F6);
    paint(80, 24);
    assert_row(5, " GROUP         |          2       6  71%  40%   2%    - nodes-missing +1     1 8");
    ck_assert(!screen_text_has(&screen, " HISTORY       |"));
    ck_assert_uint_eq(screen.cells[14][0].style, TOP_STYLE_SELECTED);
    assert_row(14, " PROBLEMS      |");
    top_keys_press(&top, TOP_KEY_ESCAPE);
    top_keys_press(&top, TOP_KEY_F1);
    paint(80, 24);
    for (unsigned i = 0; i < top_binding_count; i++)
        ck_assert_msg(screen_text_has(&screen, top_bindings[i].what), "%s", top_bindings[i].what);
    assert_row(23, "Any key closes the help");
}
END_TEST

START_TEST(no_size_is_too_small_or_too_large)
{
    top_documents_take_all(&top);
    for (unsigned view = 0; view < TOP_VIEWS; view++)
        for (unsigned input = 0; input <= TOP_INPUT_HELP; input++)
            for (unsigned size = 0; size < 700; size += size < 40 ? 1 : 50) {
                top.view = view;
                top.input = input;
                paint(size, size);
                paint(size, 24);
                paint(80, size);
                ck_assert_uint_le(screen.columns, TOP_SCREEN_COLUMNS_MAX);
            }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("top_paint");
    TCase *tests = tcase_create("top_paint");

    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_test(tests, groups_at_80_by_24);
    tcase_add_test(tests, a_wide_screen_has_the_decision_of_each_group);
    tcase_add_test(tests, nodes_of_a_group_have_its_decision_above_them);
    tcase_add_test(tests, a_collector_without_problems_has_conditions);
    tcase_add_test(tests, no_problems_is_good_news);
    tcase_add_test(tests, the_selected_problem_is_readable);
    tcase_add_test(tests, all_metrics_of_a_node);
    tcase_add_test(tests, a_failure_is_shown_and_the_values_are_dim);
    tcase_add_test(tests, before_the_first_answer_nothing_is_claimed);
    tcase_add_test(tests, pause_filter_and_typed_text_are_shown);
    tcase_add_test(tests, the_menu_and_the_help);
    tcase_add_test(tests, no_size_is_too_small_or_too_large);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
