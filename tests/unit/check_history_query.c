#include "bridge/history/history_query.h"

#include "support/suite.h"

#include <string.h>

static struct archive_query query;

static const char *put(const char *column, enum archive_statistic statistic)
{
    static char text[HISTORY_QUERY_MAX];

    ck_assert_int_eq(archive_query_take_columns(&query, column), 0);
    history_query_put(&query, 0, statistic, text);
    return text;
}

START_TEST(groups_are_asked_for_by_the_collectors_names)
{
    query = (struct archive_query){.kind = ARCHIVE_GROUP, .name = "web", .to_ms = 604800000};
    ck_assert_str_eq(put("demand", ARCHIVE_MEAN),
                     "avg(avg_over_time(headroom_group_demand{group=\"web\",resource=\"cpu\"}[600s]))");
    ck_assert_str_eq(put("desired", ARCHIVE_LOWEST),
                     "min(min_over_time(headroom_group_desired_nodes{group=\"web\"}[600s]))");
    ck_assert_str_eq(put("missing", ARCHIVE_HIGHEST),
                     "max(max_over_time(headroom_group_nodes{group=\"web\",state=\"missing\"}[600s]))");
    ck_assert_str_eq(put("forecast_low", ARCHIVE_MEAN),
                     "avg(avg_over_time(headroom_group_forecast_demand_cores{group=\"web\",value=\"low\"}[600s]))");
    ck_assert_str_eq(put("horizon_s", ARCHIVE_MEAN),
                     "avg(avg_over_time(headroom_group_lead_time_seconds{group=\"web\"}[600s]))");
    ck_assert_str_eq(put("signal:jobs", ARCHIVE_MEAN),
                     "avg(avg_over_time(headroom_signal_value{group=\"web\",signal=\"jobs\"}[600s]))");
    ck_assert_double_eq(history_query_factor(&query, 0), 1);
}
END_TEST

START_TEST(nodes_have_ratios_and_rates)
{
    query = (struct archive_query){.kind = ARCHIVE_NODE, .name = "web-1", .to_ms = 3600000};
    ck_assert_str_eq(put("cpu_percent", ARCHIVE_MEAN),
                     "avg(avg_over_time(headroom_node_cpu_ratio{node=\"web-1\"}[5s]))");
    ck_assert_double_eq(history_query_factor(&query, 0), 100);
    ck_assert_str_eq(put("net_rx_bytes_per_second", ARCHIVE_HIGHEST),
                     "avg(rate(headroom_node_net_rx_bytes_total{node=\"web-1\"}[120s]))");
    ck_assert_double_eq(history_query_factor(&query, 0), 1);
}
END_TEST

START_TEST(the_longest_names_fit)
{
    char text[HISTORY_QUERY_MAX];

    query = (struct archive_query){.kind = ARCHIVE_GROUP, .to_ms = INT64_C(253402300799999)};
    memset(query.name, 'a', NAME_LEN_MAX);
    for (unsigned kind = ARCHIVE_NODE; kind <= ARCHIVE_GROUP; kind++) {
        query.kind = kind;
        ck_assert_int_eq(archive_query_take_columns(&query, ""), 0);
        for (unsigned i = 0; i < query.column_count; i++) {
            history_query_put(&query, i, ARCHIVE_LOWEST, text);
            ck_assert_str_eq(text + strlen(text) - 4, "s]))");
        }
    }
    memset(query.signal, 's', SIGNAL_NAME_LEN_MAX);
    query.columns[0] = ARCHIVE_GROUP_SIGNAL;
    history_query_put(&query, 0, ARCHIVE_LOWEST, text);
    ck_assert_str_eq(text + strlen(text) - 4, "s]))");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("history query");
    TCase *tcase = tcase_create("history query");

    tcase_add_test(tcase, groups_are_asked_for_by_the_collectors_names);
    tcase_add_test(tcase, nodes_have_ratios_and_rates);
    tcase_add_test(tcase, the_longest_names_fit);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
