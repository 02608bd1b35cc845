/* Answers from real files. archive_span chooses them. */
#include "collector/archive/archive_scan.h"

#include "collector/archive/archive_span.h"
#include "collector/store/csv.h"
#include "common/disk_posix.h"
#include "common/line_reader.h"
#include "support/suite.h"
#include "support/temp_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FROM_MS INT64_C(1700000000000)
#define DAY_MS  INT64_C(86400000)
#define HEADER  "timestamp,group,action,current,raw,desired,rule,guard,cpu_demand,cpu_capacity,order,why\n"

static struct temp_dir dir;
static struct disk disk;
static struct disk_calls calls;
static struct disk_calls whole;
static const char *unreadable;
static uint64_t clock_step_us; /* how far the clock goes on at each look */
static uint64_t clock_us;
static atomic_bool cancelled;
static struct archive_query query;
static char text[65536];

static uint64_t test_mono_us(const struct disk *at)
{
    (void)at;
    clock_us += clock_step_us;
    return clock_us;
}

/* The first block of the file that is named so is damaged. */
static ssize_t test_read(const struct disk *at, int file, void *data, size_t size, uint64_t offset)
{
    struct disk_status opened;
    struct disk_status damaged;

    ck_assert_int_eq(disk_status(at, file, &opened), 0);
    if (offset == 0 && disk_look(at, unreadable, &damaged) == 0 && damaged.inode == opened.inode)
        return -EIO;
    return whole.read(at, file, data, size, offset);
}

static void begin(void)
{
    temp_dir_create(&dir);
    disk = disk_posix(dir.fd);
    calls = whole = *disk.calls;
    calls.mono_us = test_mono_us;
    disk.calls = &calls;
    clock_step_us = 0;
    atomic_store(&cancelled, false);
    query = (struct archive_query){.kind = ARCHIVE_NODE,
                                   .name = "n-1",
                                   .now_ms = FROM_MS + DAY_MS,
                                   .from_ms = FROM_MS,
                                   .to_ms = FROM_MS + 60000,
                                   .columns = {METRIC_CPU},
                                   .column_count = 1,
                                   .limit = 10};
}

static void end(void)
{
    temp_dir_remove(&dir);
}

static int scan(void)
{
    struct archive_answer answer;

    int rc = archive_scan(&query, &disk, &cancelled, &answer);
    if (rc < 0)
        return rc;
    ck_assert_uint_lt(answer.len, sizeof text);
    memcpy(text, answer.text, answer.len);
    text[answer.len] = '\0';
    free(answer.text);
    return 0;
}

/* A file of samples of a node, a second apart. */
static void write_metrics(const char *name, const char *node, int64_t begin_ms, unsigned count, double cpu)
{
    char line[CSV_LINE_MAX];

    temp_dir_write(&dir, name, line, csv_put_header(line));
    for (unsigned i = 0; i < count; i++) {
        struct sample sample = {.seq = i + 1, .time_ms = begin_ms + i * INT64_C(1000), .uptime_ms = i * UINT64_C(1000)};
        sample_set_gauge(&sample, METRIC_CPU, cpu);
        temp_dir_append(&dir, name, line, csv_put_row(node, "web", 7, &sample, line));
    }
}

START_TEST(an_answer_has_buckets)
{
    write_metrics("metrics.csv", "n-1", FROM_MS + 10000, 2, 40);
    ck_assert_int_eq(scan(), 0);
    ck_assert_str_eq(text,
                     "{\"now_ms\":1700086400000,\"node\":\"n-1\",\"source\":\"files\",\"from_ms\":1700000000000,"
                     "\"to_ms\":1700000060000,\"complete\":true,\"complete_from_ms\":1700000000000,"
                     "\"step_ms\":1000,\"columns\":[\"time_ms\",\"cpu_percent\",\"cpu_percent_min\","
                     "\"cpu_percent_max\"],\"rows\":[\n[1700000010000,40,40,40],\n[1700000011000,40,40,40]\n]}\n");
}
END_TEST

START_TEST(all_files_of_the_time_are_read)
{
    write_metrics("metrics-00000001.csv", "n-1", FROM_MS + 1000, 2, 1);
    write_metrics("metrics-00000002.csv", "n-1", FROM_MS + 20000, 2, 2);
    write_metrics("metrics.csv", "n-1", FROM_MS + 40000, 2, 3);
    ck_assert_int_eq(scan(), 0);
    ck_assert_ptr_nonnull(strstr(text, "[1700000001000,1,1,1]"));
    ck_assert_ptr_nonnull(strstr(text, "[1700000021000,2,2,2]"));
    ck_assert_ptr_nonnull(strstr(text, "[1700000041000,3,3,3]"));
}
END_TEST

START_TEST(there_may_be_no_file)
{
    ck_assert_int_eq(scan(), 0);
    ck_assert_ptr_nonnull(strstr(text, "\"complete\":true"));
    ck_assert_ptr_nonnull(strstr(text, "\"rows\":[\n]}"));
}
END_TEST

START_TEST(a_row_that_is_being_written_is_none)
{
    write_metrics("metrics.csv", "n-1", FROM_MS + 10000, 2, 40);
    size_t len = 0;
    (void)temp_dir_read(&dir, "metrics.csv", &len);
    temp_dir_truncate(&dir, "metrics.csv", len - 1);
    ck_assert_int_eq(scan(), 0);
    ck_assert_ptr_nonnull(strstr(text, "[1700000010000,"));
    ck_assert_ptr_null(strstr(text, "[1700000011000,"));
}
END_TEST

START_TEST(a_damaged_block_hides_no_rows_behind_it)
{
    static const char zeros[2 * LINE_READER_BUFFER];

    write_metrics("metrics-00000001.csv", "n-1", FROM_MS + 10000, 1, 40);
    temp_dir_append(&dir, "metrics-00000001.csv", zeros, sizeof zeros);
    temp_dir_append(&dir, "metrics-00000001.csv", "\n", 1);
    write_metrics("metrics.csv", "n-1", FROM_MS + 20000, 1, 50);
    size_t len = 0;
    const char *rows = temp_dir_read(&dir, "metrics.csv", &len);
    temp_dir_append(&dir, "metrics-00000001.csv", rows, len);
    ck_assert_int_eq(unlinkat(dir.fd, "metrics.csv", 0), 0);
    ck_assert_int_eq(scan(), 0);
    ck_assert_ptr_nonnull(strstr(text, "[1700000010000,40,"));
    ck_assert_ptr_nonnull(strstr(text, "[1700000020000,50,"));
}
END_TEST

START_TEST(what_is_no_file_of_rows_is_passed_over)
{
    write_metrics("metrics-00000001.csv", "n-1", FROM_MS + 10000, 1, 40);
    ck_assert_int_eq(mkfifoat(dir.fd, "metrics-00000002.csv", 0600), 0);
    ck_assert_int_eq(mkdirat(dir.fd, "metrics-00000003.csv", 0700), 0);
    ck_assert_int_eq(symlinkat("metrics-00000001.csv", dir.fd, "metrics-00000004.csv"), 0);
    write_metrics("metrics.csv", "n-1", FROM_MS + 20000, 1, 50);
    ck_assert_int_eq(scan(), 0);
    ck_assert_ptr_nonnull(strstr(text, "\"complete\":true"));
    ck_assert_ptr_nonnull(strstr(text, "[1700000010000,40,40,40],\n[1700000020000,50,50,50]\n]}"));
    ck_assert_int_eq(unlinkat(dir.fd, "metrics-00000003.csv", AT_REMOVEDIR), 0);
}
END_TEST

/* A damaged disk: everything behind the block is newer, and is answered. */
START_TEST(the_answer_ends_where_a_file_can_not_be_read)
{
    write_metrics("metrics-00000001.csv", "n-1", FROM_MS + 1000, 1, 1);
    write_metrics("metrics-00000002.csv", "n-1", FROM_MS - 800000, 1000, 40);
    write_metrics("metrics.csv", "n-1", FROM_MS + 400000, 1, 50);
    query.to_ms = FROM_MS + 600000;
    calls.read = test_read;
    unreadable = "metrics-00000002.csv";
    ck_assert_int_eq(scan(), 0);
    ck_assert_ptr_nonnull(strstr(text, "\"complete\":false,\"complete_from_ms\":1700000072000"));
    ck_assert_ptr_nonnull(strstr(text, "\"rows\":[\n[1700000400000,50,50,50]\n]}"));
    unreadable = "metrics.csv";
    ck_assert_int_eq(scan(), -EIO);
}
END_TEST

/* ---- which files ---- */

static unsigned visited;
static int64_t visited_after_ms[8];

static int on_file(const struct archive_file *file, void *arg)
{
    (void)arg;
    visited_after_ms[visited++] = file->after_ms;
    return 0;
}

static int64_t row_ms(const char *row, size_t len)
{
    struct csv_row parsed;

    return csv_parse_row(row, len, &parsed) == 0 ? parsed.sample.time_ms : -1;
}

static unsigned visit(int64_t from_ms, int64_t to_ms)
{
    const struct archive_series series = {&disk, "metrics", row_ms};

    visited = 0;
    ck_assert_int_eq(archive_span_each(&series, from_ms, to_ms, on_file, NULL), 0);
    return visited;
}

START_TEST(files_of_another_time_are_left_out)
{
    for (unsigned i = 0; i < 4; i++) {
        char name[64];
        snprintf(name, sizeof name, "metrics-0000000%u.csv", i + 1);
        write_metrics(name, "n-1", FROM_MS + i * DAY_MS, 2, 1);
    }
    write_metrics("metrics.csv", "n-1", FROM_MS + 4 * DAY_MS, 2, 1);
    ck_assert_uint_eq(visit(FROM_MS, FROM_MS + 5 * DAY_MS), 5);
    ck_assert_int_eq(visited_after_ms[0], FROM_MS + 3 * DAY_MS + 1000);
    ck_assert_int_eq(visited_after_ms[4], SEGMENT_TIME_UNKNOWN);
    ck_assert_uint_eq(visit(FROM_MS + 4 * DAY_MS, FROM_MS + 5 * DAY_MS), 1); /* the live one */
    ck_assert_uint_eq(visit(FROM_MS - DAY_MS, FROM_MS - DAY_MS / 2), 1);     /* the oldest may begin at any time */
    ck_assert_uint_eq(visit(FROM_MS + DAY_MS / 2, FROM_MS + DAY_MS / 2 + 1), 1);
    ck_assert_int_eq(visited_after_ms[0], FROM_MS + 1000);
    ck_assert_uint_eq(visit(INT64_C(4000000000000), INT64_C(4000000000001)), 0); /* newer than the files themselves */
}
END_TEST

START_TEST(late_rows_are_found)
{
    write_metrics("metrics-00000001.csv", "n-1", FROM_MS, 2, 1);
    write_metrics("metrics.csv", "n-1", FROM_MS + ARCHIVE_LATE_MS / 2, 2, 1);
    ck_assert_uint_eq(visit(FROM_MS, FROM_MS + 60000), 2);
    ck_assert_uint_eq(visit(FROM_MS - 2 * ARCHIVE_LATE_MS, FROM_MS - ARCHIVE_LATE_MS), 1);
}
END_TEST

START_TEST(a_file_that_was_just_rotated_is_read_once)
{
    write_metrics("metrics.csv", "n-1", FROM_MS, 2, 1);
    ck_assert_int_eq(linkat(dir.fd, "metrics.csv", dir.fd, "metrics-00000001.csv", 0), 0);
    ck_assert_uint_eq(visit(FROM_MS, FROM_MS + 60000), 1);
}
END_TEST

/* ---- limits ---- */

START_TEST(the_time_limit_ends_the_scan_and_the_answer_states_it)
{
    write_metrics("metrics-00000001.csv", "n-1", FROM_MS, 10, 1);
    write_metrics("metrics.csv", "n-1", FROM_MS + 30000, 10, 3);
    clock_step_us = ARCHIVE_SCAN_MS_MAX * 500; /* the live file is read, and then there is no time left: the other one
                                                * ends at 5 s, by the median of its rows */
    ck_assert_int_eq(scan(), 0);
    ck_assert_ptr_nonnull(strstr(text, "\"complete\":false,\"complete_from_ms\":1700000005000"));
    ck_assert_ptr_nonnull(strstr(text, "[1700000030000,3,3,3]"));
    ck_assert_ptr_null(strstr(text, "[1700000000000,"));
    clock_step_us = ARCHIVE_SCAN_MS_MAX * 2000;
    ck_assert_int_eq(scan(), 0);
    ck_assert_ptr_nonnull(strstr(text, "\"complete\":false,\"complete_from_ms\":1700000060000"));
    ck_assert_ptr_nonnull(strstr(text, "\"rows\":[\n]}"));
}
END_TEST

START_TEST(a_scan_without_times_is_not_complete_either)
{
    temp_dir_write(&dir, "metrics-00000001.csv", "?", 1);
    write_metrics("metrics.csv", "n-1", FROM_MS + 30000, 10, 3);
    clock_step_us = ARCHIVE_SCAN_MS_MAX * 500;
    ck_assert_int_eq(scan(), 0);
    ck_assert_ptr_nonnull(strstr(text, "\"complete\":false,\"complete_from_ms\":1700000060000"));
}
END_TEST

START_TEST(a_scan_can_be_cancelled)
{
    write_metrics("metrics.csv", "n-1", FROM_MS, 10, 1);
    atomic_store(&cancelled, true);
    ck_assert_int_eq(scan(), -ECANCELED);
}
END_TEST

/* ---- groups and decisions ---- */

static void write_decisions(void)
{
    static const char rows[] = HEADER "1700000001.000,web,hold,4,4,4,none,none,2.5000,8.0000,,\"web: holds 4\"\n"
                                      "1700000002.000,db,up,1,2,2,reactive,none,0.9000,1.0000,intent,\"db: up\"\n"
                                      "1700000031.000,web,up,4,6,6,forecast,none,7.5000,8.0000,intent,\"web: up\"\n";

    temp_dir_write(&dir, "decisions.csv", rows, sizeof rows - 1);
}

START_TEST(a_group_is_answered_from_its_decisions)
{
    write_decisions();
    query.kind = ARCHIVE_GROUP;
    strcpy(query.name, "web");
    ck_assert_int_eq(archive_query_take_columns(&query, "demand,desired"), 0);
    ck_assert_int_eq(scan(), 0);
    ck_assert_ptr_nonnull(strstr(text, "\"group\":\"web\""));
    ck_assert_ptr_nonnull(
        strstr(text, "\"columns\":[\"time_ms\",\"demand\",\"demand_min\",\"demand_max\",\"desired\","));
    ck_assert_ptr_nonnull(strstr(text, "[1700000001000,2.5,2.5,2.5,4,4,4],\n[1700000031000,7.5,7.5,7.5,6,6,6]\n]}"));
}
END_TEST

START_TEST(decisions_are_listed)
{
    write_decisions();
    query.kind = ARCHIVE_DECISIONS;
    query.name[0] = '\0';
    query.limit = 2;
    ck_assert_int_eq(scan(), 0);
    ck_assert_ptr_nonnull(strstr(text, "\"group\":null,"));
    ck_assert_ptr_nonnull(strstr(text, "\"more\":true,\"decisions\":[\n{\"time_ms\":1700000002000,\"group\":\"db\""));
    ck_assert_ptr_nonnull(strstr(text, "\n{\"time_ms\":1700000031000,\"group\":\"web\",\"action\":\"up\""));
    ck_assert_ptr_null(strstr(text, "holds"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("archive scan");
    TCase *tcase = tcase_create("archive scan");

    tcase_add_checked_fixture(tcase, begin, end);
    tcase_add_test(tcase, an_answer_has_buckets);
    tcase_add_test(tcase, all_files_of_the_time_are_read);
    tcase_add_test(tcase, there_may_be_no_file);
    tcase_add_test(tcase, a_row_that_is_being_written_is_none);
    tcase_add_test(tcase, a_damaged_block_hides_no_rows_behind_it);
    tcase_add_test(tcase, what_is_no_file_of_rows_is_passed_over);
    tcase_add_test(tcase, the_answer_ends_where_a_file_can_not_be_read);
    tcase_add_test(tcase, files_of_another_time_are_left_out);
    tcase_add_test(tcase, late_rows_are_found);
    tcase_add_test(tcase, a_file_that_was_just_rotated_is_read_once);
    tcase_add_test(tcase, the_time_limit_ends_the_scan_and_the_answer_states_it);
    tcase_add_test(tcase, a_scan_without_times_is_not_complete_either);
    tcase_add_test(tcase, a_scan_can_be_cancelled);
    tcase_add_test(tcase, a_group_is_answered_from_its_decisions);
    tcase_add_test(tcase, decisions_are_listed);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
