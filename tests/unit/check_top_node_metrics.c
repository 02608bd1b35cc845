#include "cli/top/top_node_metrics.h"

#include "support/suite.h"
#include "support/top_documents.h"

#include <errno.h>
#include <math.h>

static struct top_node_metrics node;

static int take(const char *text, int read(struct top_node_metrics *node, const json_t *answer))
{
    json_t *answer = top_documents_parse(text);
    int rc = read(&node, answer);

    json_decref(answer);
    return rc;
}

static void begin(void)
{
    top_node_metrics_init(&node);
}

START_TEST(values_and_sentences_are_those_of_the_answer)
{
    ck_assert_int_eq(take(TOP_NODE, top_node_metrics_read), 0);
    ck_assert_str_eq(node.group, "web");
    ck_assert_str_eq(node.items[METRIC_CPU].title, "CPU");
    ck_assert_str_eq(node.items[METRIC_CPU].now, "91%");
    ck_assert_str_eq(node.items[METRIC_DISK_READ].now, "2.0K");
    ck_assert_str_eq(node.items[METRIC_APP_LOAD].now, "-");
    ck_assert_str_eq(node.items[METRIC_MEMORY].now, "-");
    ck_assert_uint_eq(node.outlook_count, 2);
    ck_assert_str_eq(node.outlooks[1], "web-1: full in about 14 min");
    ck_assert_int_eq(take("{\"metrics\":3}", top_node_metrics_read), -EPROTO);
    ck_assert_str_eq(node.items[METRIC_CPU].now, "91%");
}
END_TEST

START_TEST(the_series_becomes_points_with_their_means)
{
    const struct top_metric *cpu = &node.items[METRIC_CPU];

    ck_assert_int_eq(take(TOP_SERIES, top_node_metrics_read_series), 0);
    ck_assert_float_eq(cpu->points[TOP_METRIC_POINTS - 1], 90);
    ck_assert_float_eq(cpu->points[TOP_METRIC_POINTS - 2], 50);
    ck_assert_float_nan(cpu->points[TOP_METRIC_POINTS - 3]);
    ck_assert_float_eq(cpu->points[TOP_METRIC_POINTS - 4], 20);
    ck_assert_float_nan(cpu->points[0]); /* what is older is left out */
    ck_assert_str_eq(cpu->low, "20%");
    ck_assert_str_eq(cpu->high, "90%");
    ck_assert_double_eq(cpu->full, 100);
}
END_TEST

START_TEST(a_metric_without_a_maximum_is_drawn_to_its_highest_point)
{
    ck_assert_int_eq(take(TOP_SERIES, top_node_metrics_read_series), 0);
    ck_assert_double_eq(node.items[METRIC_DISK_READ].full, 2000);
    ck_assert_str_eq(node.items[METRIC_DISK_READ].low, "500");
    ck_assert_float_nan(node.items[METRIC_MEMORY].points[TOP_METRIC_POINTS - 1]);
}
END_TEST

START_TEST(another_answer_changes_nothing)
{
    ck_assert_int_eq(take(TOP_SERIES, top_node_metrics_read_series), 0);
    ck_assert_int_eq(take("{\"columns\":[]}", top_node_metrics_read_series), -EPROTO);
    ck_assert_int_eq(take("{\"columns\":[\"cpu_percent\"],\"rows\":[[5]]}", top_node_metrics_read_series), 0);
    ck_assert_float_eq(node.items[METRIC_CPU].points[TOP_METRIC_POINTS - 1], 90);
    ck_assert_int_eq(
        take("{\"now_ms\":5,\"columns\":[\"time_ms\",\"cpu_percent\"],\"rows\":[7,[],[null,5],[\"x\",5],[9,5]]}",
             top_node_metrics_read_series),
        0);
    ck_assert_float_nan(node.items[METRIC_CPU].points[TOP_METRIC_POINTS - 1]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("top_node_metrics");
    TCase *tests = tcase_create("top_node_metrics");

    tcase_add_checked_fixture(tests, begin, NULL);
    tcase_add_test(tests, values_and_sentences_are_those_of_the_answer);
    tcase_add_test(tests, the_series_becomes_points_with_their_means);
    tcase_add_test(tests, a_metric_without_a_maximum_is_drawn_to_its_highest_point);
    tcase_add_test(tests, another_answer_changes_nothing);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
