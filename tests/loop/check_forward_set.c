#include "bridge/forward/forward_set.h"

#include "common/disk_posix.h"
#include "support/suite.h"
#include "support/temp_dir.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BATCH_MS 5000

static struct temp_dir dir;
static struct disk disk;
static struct forward_set set;
static struct write_request request;
static struct write_options options;

static void begin_at(const struct forward_place *place)
{
    ck_assert_int_eq(forward_set_init(&set, &disk, place, &options), 0);
}

static void setup(void)
{
    const struct forward_place oldest = {0};

    temp_dir_create(&dir);
    disk = disk_posix(dir.fd);
    options = (struct write_options){.metrics = 1U << METRIC_CPU};
    set = (struct forward_set){0};
    begin_at(&oldest);
}

static void teardown(void)
{
    forward_set_deinit(&set);
    write_request_deinit(&request);
    temp_dir_remove(&dir);
}

static void append(const char *name, const char *text)
{
    temp_dir_append(&dir, name, text, strlen(text));
}

static void append_row(const char *file_name, const char *node, int64_t time_ms, bool has_cpu)
{
    struct sample sample = {.seq = 1, .time_ms = time_ms};
    char line[CSV_LINE_MAX];

    if (has_cpu)
        sample_set_gauge(&sample, METRIC_CPU, 50);
    size_t len = csv_put_row(node, "web", 1, &sample, line);
    temp_dir_append(&dir, file_name, line, len);
}

static void read_all(void)
{
    ck_assert_int_eq(forward_set_read(&set, 0), 0);
}

static struct forward_place finish(void)
{
    struct forward_place end = {0};

    ck_assert_int_eq(forward_set_finish(&set, &end), 0);
    return end;
}

static size_t encoded_len(uint32_t from, uint32_t to)
{
    ck_assert_int_eq(forward_set_encode(&set, from, to, &request), 0);
    return request.len;
}

START_TEST(decisions_follow_the_rows)
{
    append_row("metrics.csv", "b", 2000, true);
    append_row("metrics.csv", "a", 3000, true);
    append("decisions.csv", "timestamp,group,desired,why\n1.500,web,4,\"x\"\n1.000,api,2,\"x\"\n");
    ck_assert(!forward_set_is_due(&set, BATCH_MS, 0));
    read_all();
    ck_assert(!forward_set_is_due(&set, BATCH_MS, BATCH_MS - 1));
    ck_assert(forward_set_is_due(&set, BATCH_MS, BATCH_MS));
    const struct forward_place end = finish();
    ck_assert_int_eq(end.time_ms, 3000);
    ck_assert_uint_eq(forward_set_count(&set), 4);
    ck_assert_str_eq(forward_set_name(&set, 0).node_id, "b");
    ck_assert_str_eq(forward_set_name(&set, 1).node_id, "a");
    ck_assert_str_eq(forward_set_name(&set, 2).node_id, "");
    ck_assert_str_eq(forward_set_name(&set, 2).group, "api");
    ck_assert_str_eq(forward_set_name(&set, 3).group, "web");
    ck_assert_int_eq(forward_set_name(&set, 3).time_ms, 1500);
    size_t parts = 0;
    for (uint32_t i = 0; i < 4; i++)
        parts += encoded_len(i, i + 1);
    ck_assert_uint_eq(encoded_len(0, 4), parts);
    ck_assert_uint_eq(encoded_len(1, 3), encoded_len(1, 2) + encoded_len(2, 3));
    ck_assert_uint_eq(encoded_len(2, 2), 0);
}
END_TEST

START_TEST(a_set_is_read_again_from_its_place)
{
    append_row("metrics.csv", "a", 1000, true);
    append("decisions.csv", "timestamp,group,desired,why\n1.000,web,4,\"x\"\n");
    read_all();
    const struct forward_place end = finish();
    forward_set_clear(&set);
    append_row("metrics.csv", "b", 2000, true);
    append("decisions.csv", "2.000,web,5,\"x\"\n");
    read_all();
    ck_assert_uint_eq(forward_set_count(&set), 2);
    forward_set_move(&set, &end);
    ck_assert_uint_eq(forward_set_count(&set), 0);
    ck_assert_int_eq(set.last_ms, 1000);
    read_all();
    finish();
    ck_assert_uint_eq(forward_set_count(&set), 2);
    ck_assert_str_eq(forward_set_name(&set, 0).node_id, "b");
    ck_assert_int_eq(forward_set_name(&set, 1).time_ms, 2000);
}
END_TEST

START_TEST(what_is_not_sent_is_counted)
{
    append_row("metrics.csv", "a", 1000, false);
    append("metrics.csv", "no row\n");
    append("decisions.csv",
           "timestamp,group,desired,order,why\n1.000,web,4,accepted,\"x\"\n2.000,web,,,\"x\"\nno row\n");
    read_all();
    ck_assert_uint_eq(forward_set_count(&set), 0);
    ck_assert_uint_eq(set.filtered, 3);
    ck_assert_uint_eq(set.damaged, 2);
    ck_assert(forward_set_is_due(&set, BATCH_MS, BATCH_MS));
}
END_TEST

/* A collector of another version has other columns. */
START_TEST(each_file_has_columns_of_its_own)
{
    append("decisions-00000001.csv", "timestamp,group,desired,why\n1.000,web,4,\"x\"\n");
    append("decisions.csv", "timestamp,live,group,desired,why\n2.000,3,web,5,\"x\"\n");
    read_all();
    finish();
    ck_assert_uint_eq(set.damaged, 0);
    ck_assert_uint_eq(set.decisions.count, 2);
    ck_assert_uint_eq(set.decisions.points[0].present, 1U << (DECISION_SERIES_COUNT - 1));
    ck_assert_uint_eq(set.decisions.points[1].present, 1U << (DECISION_SERIES_COUNT - 1) | 1U);
}
END_TEST

START_TEST(deleted_files_are_reported_once_with_their_times)
{
    append_row("metrics.csv", "a", 1000, true);
    read_all();
    const struct forward_place end = finish();
    ck_assert_int_eq(renameat(dir.fd, "metrics.csv", dir.fd, "metrics-00000001.csv"), 0);
    append_row("metrics-00000004.csv", "a", 4000, true);
    append_row("metrics.csv", "a", 5000, true);
    forward_set_deinit(&set); /* and another process continues */
    set = (struct forward_set){0};
    begin_at(&end);
    ck_assert_int_eq(unlinkat(dir.fd, "metrics-00000001.csv", 0), 0);
    read_all();
    ck_assert_uint_eq(set.lost.files, 3);
    ck_assert_int_eq(set.lost.from_ms, 1000);
    ck_assert_int_eq(set.lost.to_ms, 4000);
    forward_set_move(&set, &end);
    read_all();
    ck_assert_uint_eq(set.rows.count, 2);
    ck_assert_uint_eq(set.lost.files, 3);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("forward_set");
    TCase *tc = tcase_create("forward_set");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, decisions_follow_the_rows);
    tcase_add_test(tc, a_set_is_read_again_from_its_place);
    tcase_add_test(tc, what_is_not_sent_is_counted);
    tcase_add_test(tc, each_file_has_columns_of_its_own);
    tcase_add_test(tc, deleted_files_are_reported_once_with_their_times);
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
