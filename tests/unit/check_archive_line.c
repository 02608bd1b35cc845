#include "collector/archive/archive_line.h"

#include "support/suite.h"

#include <errno.h>
#include <string.h>

START_TEST(a_line_is_read_back)
{
    struct archive_query query = {
        .kind = ARCHIVE_NODE, .name = "web-1.example", .from_ms = 1763400000000, .to_ms = 1764004800000, .now_ms = 7};
    struct archive_query read;
    char line[ARCHIVE_LINE_MAX];

    ck_assert_int_eq(archive_query_take_columns(&query, "cpu_percent,net_rx_bytes_per_second"), 0);
    size_t len = archive_line_put(&query, line);
    ck_assert_uint_eq(len, strlen("node web-1.example 1763400000000 1764004800000 7 "
                                  "cpu_percent,net_rx_bytes_per_second\n"));
    line[len - 1] = '\0';
    ck_assert_str_eq(line, "node web-1.example 1763400000000 1764004800000 7 cpu_percent,net_rx_bytes_per_second");
    ck_assert_int_eq(archive_line_parse(line, &read), 0);
    ck_assert_int_eq(read.kind, ARCHIVE_NODE);
    ck_assert_str_eq(read.name, query.name);
    ck_assert_int_eq(read.from_ms, query.from_ms);
    ck_assert_int_eq(read.to_ms, query.to_ms);
    ck_assert_int_eq(read.now_ms, 7);
    ck_assert_uint_eq(read.column_count, 2);
    ck_assert_uint_eq(read.columns[1], METRIC_NET_RX);
}
END_TEST

START_TEST(the_longest_line_fits)
{
    struct archive_query query = {.kind = ARCHIVE_NODE, .from_ms = INT64_MIN, .to_ms = INT64_MIN, .now_ms = INT64_MIN};
    char line[ARCHIVE_LINE_MAX];

    memset(query.name, 'a', NAME_LEN_MAX);
    ck_assert_int_eq(archive_query_take_columns(&query, ""), 0);
    size_t len = archive_line_put(&query, line);
    ck_assert_uint_lt(len, ARCHIVE_LINE_MAX);
    ck_assert_int_eq(line[len - 1], '\n');
}
END_TEST

START_TEST(other_lines_are_refused)
{
    static const char *const lines[] = {
        "",
        "group web 1 2 3",
        "groups web 1 2 3 demand",
        "group ../web 1 2 3 demand",
        "group web\" 1 2 3 demand",
        "group web 2 2 3 demand",
        "group web -1 2 3 demand",
        "group web 1 253402300800000 3 demand",
        "group web 1 2 3 cpu_percent",
        "node web 1 2 3 demand",
        "node web x 2 3 cpu_percent",
    };
    char name[NAME_LEN_MAX + 32] = "group ";
    struct archive_query query = {.limit = 7};

    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        ck_assert_msg(archive_line_parse(lines[i], &query) == -EINVAL, "%s", lines[i]);
    memset(name + 6, 'a', NAME_LEN_MAX + 1);
    strcpy(name + 6 + NAME_LEN_MAX + 1, " 1 2 3 demand");
    ck_assert_int_eq(archive_line_parse(name, &query), -EINVAL);
    ck_assert_uint_eq(query.limit, 7);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("archive line");
    TCase *tcase = tcase_create("archive line");

    tcase_add_test(tcase, a_line_is_read_back);
    tcase_add_test(tcase, the_longest_line_fits);
    tcase_add_test(tcase, other_lines_are_refused);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
