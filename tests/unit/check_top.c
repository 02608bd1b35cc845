/* headroom top: what it asks for, what it does with the answers, and when they are old. */
#include "cli/top/top.h"

#include "support/suite.h"
#include "support/top_answers.h"

#include <errno.h>
#include <string.h>

#define URL "http://127.0.0.1:7421"

static struct top top;

static void begin(void)
{
    top_init(&top, URL, 2000, 100);
}

static void end(void)
{
    top_deinit(&top);
}

/* The documents of the next round, as letters. */
static const char *asked(void)
{
    static const char letters[] = "fgpsnmr";
    static char text[TOP_DOCUMENTS + 1];
    char path[TOP_PATH_MAX];
    unsigned count = 0;

    for (unsigned document = 0; document < TOP_DOCUMENTS; document++)
        if (top_path(&top, document, path))
            text[count++] = letters[document];
    text[count] = '\0';
    return text;
}

static const char *path_of(enum top_document document)
{
    static char path[TOP_PATH_MAX];

    ck_assert(top_path(&top, document, path));
    return path;
}

START_TEST(a_view_asks_for_what_it_shows)
{
    ck_assert_str_eq(asked(), "fgps");
    top_end_round(&top, "", 2000);
    ck_assert_str_eq(asked(), "fgp"); /* sparklines change once a minute */
    top_open_nodes(&top, "web");
    ck_assert_str_eq(asked(), "fgpn");
    top_open_node(&top, "web-1");
    ck_assert_str_eq(asked(), "fgpmr");
    for (unsigned i = 0; i < 4; i++)
        top_end_round(&top, "", 2000);
    ck_assert_str_eq(asked(), "fgpsmr");
}
END_TEST

START_TEST(another_view_is_asked_for_at_once)
{
    ck_assert(!top.hurry);
    top_open_nodes(&top, "");
    ck_assert(top.hurry);
}
END_TEST

START_TEST(paths_name_the_node_and_the_time)
{
    ck_assert_int_eq(top_documents_take(&top, TOP_DOCUMENT_FLEET, TOP_FLEET), 0);
    top_open_node(&top, "web-1");
    ck_assert_str_eq(path_of(TOP_DOCUMENT_NODE), "/api/v1/nodes/web-1");
    ck_assert_str_eq(path_of(TOP_DOCUMENT_SERIES), "/api/v1/nodes/web-1/series?since=400000");
    ck_assert_str_eq(path_of(TOP_DOCUMENT_PROBLEMS), "/api/v1/problems");
    ck_assert_str_eq(path_of(TOP_DOCUMENT_SPARKLINES), "/api/v1/sparklines?resource=cpu");
}
END_TEST

START_TEST(answers_fill_the_tables)
{
    top_documents_take_all(&top);
    ck_assert_uint_eq(top.tables[TOP_VIEW_GROUPS].count, 2);
    ck_assert_uint_eq(top.tables[TOP_VIEW_NODES].count, 4);
    ck_assert_uint_eq(top.tables[TOP_VIEW_PROBLEMS].count, 3);
    ck_assert_str_eq(((const struct top_group *)top_table_selected(&top.tables[TOP_VIEW_GROUPS]))->name, "web");
    top_open_nodes(&top, "db");
    ck_assert_uint_eq(top_current(&top)->count, 1);
    for (unsigned document = 0; document < TOP_DOCUMENTS; document++)
        if (document != TOP_DOCUMENT_SPARKLINES)
            ck_assert_int_eq(top_documents_take(&top, document, "{}"), -EPROTO);
}
END_TEST

START_TEST(a_collector_of_an_earlier_version_will_do)
{
    ck_assert(top_do_without(&top, TOP_DOCUMENT_PROBLEMS, -ENOENT));
    ck_assert(top_do_without(&top, TOP_DOCUMENT_SPARKLINES, -ENOENT));
    ck_assert_str_eq(asked(), "fg");
    ck_assert_ptr_nonnull(strstr(top.tables[TOP_VIEW_PROBLEMS].note, "does not report problems"));
    top_end_round(&top, "no answer", 2000); /* it may have been replaced */
    ck_assert_str_eq(asked(), "fgps");
    ck_assert(!top_do_without(&top, TOP_DOCUMENT_PROBLEMS, -EACCES));
    ck_assert(!top_do_without(&top, TOP_DOCUMENT_GROUPS, -ENOENT));
}
END_TEST

START_TEST(a_node_may_be_forgotten_while_it_is_shown)
{
    top_documents_take_all(&top);
    ck_assert(top.node.known);
    ck_assert(top_do_without(&top, TOP_DOCUMENT_NODE, -ENOENT));
    ck_assert(top_do_without(&top, TOP_DOCUMENT_SERIES, -ENOENT));
    ck_assert(!top.node.known);
}
END_TEST

START_TEST(values_are_old_after_a_failure_or_a_silence)
{
    ck_assert(!top_is_old(&top, 100));
    ck_assert(top_is_old(&top, 7000));
    ck_assert_int_eq(top_silence_ms(&top, 7100), 7000);
    top_end_round(&top, "", 7000);
    ck_assert(!top_is_old(&top, 13000));
    ck_assert(top_is_old(&top, 13001));
    top_end_round(&top, "no answer", 9000);
    ck_assert(top_is_old(&top, 9000));
    ck_assert_int_eq(top_silence_ms(&top, 9000), 2000);
    top_end_round(&top, "", 11000);
    ck_assert(!top_is_old(&top, 11000));
    top.paused = true;
    ck_assert(!top_is_old(&top, 99000));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("top");
    TCase *tests = tcase_create("top");

    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_test(tests, a_view_asks_for_what_it_shows);
    tcase_add_test(tests, another_view_is_asked_for_at_once);
    tcase_add_test(tests, paths_name_the_node_and_the_time);
    tcase_add_test(tests, answers_fill_the_tables);
    tcase_add_test(tests, a_collector_of_an_earlier_version_will_do);
    tcase_add_test(tests, a_node_may_be_forgotten_while_it_is_shown);
    tcase_add_test(tests, values_are_old_after_a_failure_or_a_silence);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
