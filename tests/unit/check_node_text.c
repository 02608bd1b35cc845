/* What headroom nodes prints, and what it asks for. */
#include "cli/node_text.h"

#include "support/suite.h"

#include <string.h>

static char *text;

static void release(void)
{
    free(text);
    text = NULL;
}

static const char *print(const char *nodes, unsigned by, unsigned width)
{
    json_error_t error;
    size_t len = 0;
    char document[4096];

    release();
    (void)snprintf(document, sizeof document, "{\"nodes\":[%s]}", nodes);
    json_t *root = json_loads(document, 0, &error);
    ck_assert_msg(root != NULL, "%s in %s", error.text, document);
    const struct view view = {.out = open_memstream(&text, &len), .width = width, .to_local = gmtime_r};
    ck_assert_int_eq(node_text_print(root, by, &view), 0);
    (void)fclose(view.out);
    json_decref(root);
    return text;
}

/* id, group, state, age, above, cpu, memory, disk, fs, load, in, out, and the metric that sorts */
static const char nodes[] = "[\"b-2\",\"web\",\"live\",412,[\"cpu\",\"fs\"],91.4,40,2,61,1.25,1250000,999.6,7],"
                            "[\"a-10\",\"web\",\"missing\",125000,[],null,null,null,null,null,null,null,null],"
                            "[\"a-1\",\"db\",\"live\",1200,[],12,70,null,20,0.5,12,1e12,30]";

START_TEST(nodes_are_sorted_by_group_and_name)
{
    ck_assert_str_eq(print(nodes, NODE_TEXT_BY_GROUP, 0),
                     "NODE  GROUP  STATE      AGE  CPU  MEM  DISK   FS  LOAD  NET IN  NET OUT  ABOVE HIGH\n"
                     "a-1   db     live       1 s  12%  70%     -  20%   0.5      12       1T  -\n"
                     "a-10  web    missing  2 min    -    -     -    -     -       -        -  -\n"
                     "b-2   web    live       0 s  91%  40%    2%  61%  1.25   1.25M       1k  cpu, fs\n");
}
END_TEST

START_TEST(an_age_beyond_all_limits_is_a_long_one)
{
    print("[\"a\",\"web\",\"live\",1e308,[],1,1,1,1,1,1,1,1]", NODE_TEXT_BY_GROUP, 0);
    ck_assert_msg(strstr(text, "11574074 d") != NULL, "%s", text);
}
END_TEST

/* The first node after sorting. */
static void assert_first(const char *by_text, const char *id)
{
    unsigned by = 0;
    char error[512];

    ck_assert_int_eq(node_text_parse_by(by_text, &by, error, sizeof error), 0);
    const char *line = strchr(print(nodes, by, 0), '\n') + 1;
    ck_assert_msg(strncmp(line, id, strlen(id)) == 0 && line[strlen(id)] == ' ', "by %s: %s", by_text, line);
}

START_TEST(numbers_begin_with_the_largest_and_unknown_ones_come_last)
{
    assert_first("cpu", "b-2");
    assert_first("memory", "a-1");
    assert_first("age", "a-10");
    assert_first("id", "a-1");
    assert_first("state", "a-1");
    assert_first("net_tx", "a-1");
    assert_first("swap", "a-1");
    ck_assert_ptr_nonnull(strstr(text, "  SWAP  ABOVE HIGH\n"));
    ck_assert_ptr_nonnull(strstr(text, "   30%  -\n"));
    ck_assert(strstr(text, "\na-10") > strstr(text, "\nb-2"));
}
END_TEST

START_TEST(what_is_no_metric_is_refused_with_all_of_them)
{
    unsigned by = 77;
    char error[512];

    ck_assert_int_eq(node_text_parse_by("load", &by, error, sizeof error), -22);
    ck_assert_ptr_nonnull(strstr(error, "got \"load\"; the metrics are cpu, memory, disk_read,"));
    ck_assert_uint_eq(by, 77);
}
END_TEST

START_TEST(the_columns_are_asked_for_by_the_names_of_the_api)
{
    char columns[NODE_TEXT_COLUMNS_MAX];

    node_text_columns(NODE_TEXT_BY_ID, columns);
    ck_assert_str_eq(columns,
                     "id,group,state,age_ms,above,cpu_percent,memory_percent,disk_busy_percent,fs_percent,load1,"
                     "net_rx_bytes_per_second,net_tx_bytes_per_second");
    node_text_columns(NODE_TEXT_BY_METRIC + METRIC_OOM_KILLS, columns);
    ck_assert_ptr_nonnull(strstr(columns, ",net_tx_bytes_per_second,oom_kills_per_second"));
}
END_TEST

START_TEST(a_narrow_terminal_has_the_most_important_columns)
{
    ck_assert_ptr_nonnull(strstr(print(nodes, NODE_TEXT_BY_GROUP, 40), "\nb-2   web    live       0 s  91%  40%\n"));
}
END_TEST

START_TEST(what_is_no_node_is_no_danger)
{
    print("7,{},[],[1,2,3,4,5,6]", NODE_TEXT_BY_METRIC + METRIC_CPU, 80);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("node_text");
    TCase *tests = tcase_create("node_text");

    tcase_add_checked_fixture(tests, NULL, release);
    tcase_add_test(tests, nodes_are_sorted_by_group_and_name);
    tcase_add_test(tests, an_age_beyond_all_limits_is_a_long_one);
    tcase_add_test(tests, numbers_begin_with_the_largest_and_unknown_ones_come_last);
    tcase_add_test(tests, what_is_no_metric_is_refused_with_all_of_them);
    tcase_add_test(tests, the_columns_are_asked_for_by_the_names_of_the_api);
    tcase_add_test(tests, a_narrow_terminal_has_the_most_important_columns);
    tcase_add_test(tests, what_is_no_node_is_no_danger);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
