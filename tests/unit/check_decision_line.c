#include "bridge/forward/decision_line.h"

#include "collector/autoscale/decision_fields.h"
#include "support/suite.h"

#include <errno.h>
#include <string.h>

static struct decision_columns columns;
static struct decision_point point;

static void must_have_columns(const char *header)
{
    ck_assert_int_eq(decision_line_columns(header, strlen(header), &columns), 0);
}

static int parse(const char *line)
{
    return decision_line_parse(line, strlen(line), &columns, &point);
}

static unsigned series_of(const char *column)
{
    unsigned i = 0;

    while (strcmp(decision_series[i].column, column) != 0)
        ck_assert_uint_lt(++i, DECISION_SERIES_COUNT);
    return i;
}

static void must_be(const char *column, double value)
{
    unsigned series = series_of(column);

    ck_assert_uint_ne(point.present & 1U << series, 0);
    ck_assert_double_eq_tol(point.value[series], value, 1e-12);
}

/* A row as the collector writes it, with its header. */
START_TEST(a_row_of_the_collector)
{
    char header[DECISION_ROW_MAX];
    char row[DECISION_ROW_MAX];
    const struct decision decision = {
        .desired = 7,
        .observed = {.live = 5, .resource[RESOURCE_CPU] = {.nodes = 5, .demand = 2.5, .capacity = 10}},
        .utilisation = {[RESOURCE_CPU] = 0.25}};
    const struct decision_record record = {
        .wall_ms = 1795876884495, .group = "web", .decision = &decision, .why = "so, \"it\" is"};

    size_t len = decision_fields_put_header(header);
    ck_assert_int_eq(decision_line_columns(header, len - 1, &columns), 0);
    len = decision_fields_put_row(row, &record);
    ck_assert_int_eq(decision_line_parse(row, len - 1, &columns, &point), 1);
    ck_assert_int_eq(point.time_ms, 1795876884495);
    ck_assert_str_eq(point.group, "web");
    must_be("desired", 7);
    must_be("live", 5);
    must_be("cpu_demand", 2.5);
    must_be("cpu_capacity", 10);
    must_be("cpu", 0.25);
    ck_assert_uint_eq(point.present & 1U << series_of("app_demand"), 0);
    for (unsigned i = 0; i < DECISION_SERIES_COUNT; i++)
        ck_assert_ptr_nonnull(strstr(header, decision_series[i].column));
}
END_TEST

START_TEST(columns_are_found_by_their_names)
{
    must_have_columns("timestamp,new,desired,group,order,why");
    ck_assert_int_eq(parse("1.500,?,4,web,,\"a, b\""), 1);
    ck_assert_int_eq(point.time_ms, 1500);
    ck_assert_str_eq(point.group, "web");
    must_be("desired", 4);
}
END_TEST

START_TEST(outcomes_have_the_numbers_of_an_earlier_time)
{
    must_have_columns("timestamp,group,desired,order,why");
    ck_assert_int_eq(parse("1.500,web,4,intent,\"a\""), 1);
    ck_assert_int_eq(parse("1.500,web,4,published,\"a\""), 1);
    ck_assert_int_eq(parse("1.500,web,4,accepted,\"a\""), 0);
    ck_assert_int_eq(parse("1.500,web,4,given-up,\"a\""), 0);
}
END_TEST

START_TEST(what_is_no_row)
{
    static const char *const lines[] = {"",
                                        "timestamp,group,desired,why",
                                        "1.500",
                                        "1.500,web",
                                        "1.500,web,4",
                                        "1.500,web,four,\"a\"",
                                        "1.500,we b,4,\"a\"",
                                        "1.500,,4,\"a\"",
                                        "-1.500,web,4,\"a\""};

    must_have_columns("timestamp,group,desired,why");
    ck_assert_int_eq(parse("1.500,web,,\"a\""), 1);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        ck_assert_int_eq(parse(lines[i]), -EBADMSG);
}
END_TEST

START_TEST(what_is_no_header)
{
    static const char *const headers[] = {"", "group,timestamp", "timestamp,desired", "1.500,web"};

    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
        ck_assert_int_eq(decision_line_columns(headers[i], strlen(headers[i]), &columns), -EBADMSG);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("decision_line");
    TCase *tc = tcase_create("decision_line");

    tcase_add_test(tc, a_row_of_the_collector);
    tcase_add_test(tc, columns_are_found_by_their_names);
    tcase_add_test(tc, outcomes_have_the_numbers_of_an_earlier_time);
    tcase_add_test(tc, what_is_no_row);
    tcase_add_test(tc, what_is_no_header);
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
