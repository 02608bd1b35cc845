/* What the application's file says, and when it counts. */
#include "agent/metrics/app_source.h"

#include "agent/config/config.h"
#include "support/suite.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct agent_config config;
static struct node_record record;
static void *state;
static struct source_part part;

static struct node_record on_read_record(struct node_record_file *file, void *arg)
{
    ck_assert_str_eq(file->path, "/run/app");
    ck_assert_ptr_eq(arg, &record);
    return record;
}

static const struct node_source node = {.read_record = on_read_record, .arg = &record};

static void begin(void)
{
    config = agent_config_defaults;
    strcpy(config.app_file, "/run/app");
    state = calloc(1, app_source.state_size);
    ck_assert_int_eq(app_source.init(state, &config), 0);
    record = (struct node_record){.inode = 1, .mtime_ms = 1000};
}

static void end(void)
{
    free(state);
}

static bool read_at(uint64_t uptime_ms)
{
    memset(&part, 0, sizeof part);
    return app_source.read(state, &node, uptime_ms, &part);
}

static void write_text(const char *text)
{
    record.text = (struct node_text){.at = text, .len = strlen(text)};
}

static void replace(uint64_t inode, int64_t age_ms)
{
    record.inode = inode;
    record.age_ms = age_ms;
}

/* ---- the text ---- */

static const struct {
    const char *text;
    double load;
    double capacity;
} good[] = {
    {"1 2", 1, 2},
    {"0 10\n", 0, 10},
    {"37.5 25\n", 37.5, 25}, /* more than it can carry */
    {"  1e3\t2000.25 \r\n\n", 1000, 2000.25},
    {"999999999999 1000000000000", 999999999999, 1e12},
    {"0 0.01", 0, 0.01},
};

START_TEST(text_is_load_and_capacity)
{
    write_text(good[_i].text);
    ck_assert(read_at(5000));
    ck_assert_uint_eq(part.metrics.present, 1U << METRIC_APP_LOAD | 1U << METRIC_APP_CAPACITY);
    ck_assert_double_eq(part.metrics.value[METRIC_APP_LOAD].gauge, good[_i].load);
    ck_assert_double_eq(part.metrics.value[METRIC_APP_CAPACITY].gauge, good[_i].capacity);
    ck_assert_str_eq(part.complaint, "");
}
END_TEST

static const struct {
    const char *text;
    const char *fault;
} bad[] = {
    {"", "is empty; write another file and rename it"},
    {"\n", "has less than two numbers"},
    {"12", "has less than two numbers"},
    {"12 \n", "has less than two numbers"},
    {"1 2 3", "has more than two numbers"},
    {"1 2 # busy", "has more than two numbers"},
    {"busy 5", "has something else than numbers"},
    {"5 of 10", "has something else than numbers"},
    {"0x10 0x20", "has something else than numbers"},
    {"nan 5", "has something else than numbers"},
    {"5 inf", "has something else than numbers"},
    {"5,5 10", "has something else than numbers"},
    {"-1 5", "has a number that is negative or too large"},
    {"1 1e13", "has a number that is negative or too large"},
    {"1 0", "has a capacity below 0.01"},
    {"1 0.001", "has a capacity below 0.01"},
};

START_TEST(other_text_is_no_metric_and_the_reason_is_named)
{
    char sentence[256];

    write_text(bad[_i].text);
    ck_assert(!read_at(5000));
    ck_assert_uint_eq(part.metrics.present, 0);
    snprintf(sentence, sizeof sentence, "--app-file /run/app: %s", bad[_i].fault);
    ck_assert_str_eq(part.complaint, sentence);
}
END_TEST

START_TEST(bytes_of_zero_are_no_numbers)
{
    record.text = (struct node_text){.at = "1 2\0 3", .len = 6};
    ck_assert(!read_at(5000));
}
END_TEST

START_TEST(file_that_can_not_be_read_is_named)
{
    record.rc = -ENOENT;
    ck_assert(!read_at(5000));
    ck_assert_str_eq(part.complaint, "--app-file /run/app: No such file or directory");
    record.rc = -EINVAL;
    ck_assert(!read_at(6000));
    ck_assert_str_eq(part.complaint, "--app-file /run/app: is no regular file");
    record.rc = -EOPNOTSUPP;
    ck_assert(!read_at(6500));
    ck_assert_str_eq(part.complaint, "--app-file /run/app: is on FUSE; use a file system in memory");
    record.rc = -EFBIG;
    ck_assert(!read_at(7000));
    ck_assert_str_eq(part.complaint, "--app-file /run/app: is too large");
}
END_TEST

START_TEST(without_the_flag_nothing_is_read)
{
    ck_assert(app_source.is_used(&config));
    config.app_file[0] = '\0';
    ck_assert(!app_source.is_used(&config));
}
END_TEST

/* ---- its age ---- */

START_TEST(file_counts_for_three_intervals)
{
    write_text("1 2");
    config.interval_ms = 2000;
    ck_assert(read_at(100000));
    ck_assert(read_at(106000));
    ck_assert(!read_at(106001));
    ck_assert_str_eq(part.complaint, "--app-file /run/app: is too old: nothing has replaced it");
    replace(2, 0);
    ck_assert(read_at(106002));
    record.mtime_ms++; /* written to, not replaced */
    ck_assert(read_at(112003));
}
END_TEST

START_TEST(it_counts_for_three_seconds_at_least)
{
    write_text("1 2");
    config.interval_ms = 50;
    ck_assert(read_at(100000));
    ck_assert(read_at(103000));
    ck_assert(!read_at(103001));
}
END_TEST

START_TEST(file_that_is_old_when_it_is_first_seen_does_not_count)
{
    write_text("1 2");
    replace(2, 3001);
    ck_assert(!read_at(100000));
    replace(3, 3000);
    ck_assert(read_at(100001));
    ck_assert(!read_at(100002));
    replace(4, INT64_C(86400000));
    ck_assert(!read_at(1000)); /* older than the uptime */
}
END_TEST

/* The age by the wall clock is that of a file that comes from the future, and then of one that is a year old. */
START_TEST(step_of_the_clock_changes_nothing)
{
    write_text("1 2");
    replace(2, -3600000);
    ck_assert(read_at(100000));
    record.age_ms = INT64_C(31536000000);
    ck_assert(read_at(103000));
    record.age_ms = -3600000;
    ck_assert(!read_at(103001));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("app_source");
    TCase *tests = tcase_create("app_source");

    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_loop_test(tests, text_is_load_and_capacity, 0, sizeof good / sizeof *good);
    tcase_add_loop_test(tests, other_text_is_no_metric_and_the_reason_is_named, 0, sizeof bad / sizeof *bad);
    tcase_add_test(tests, bytes_of_zero_are_no_numbers);
    tcase_add_test(tests, file_that_can_not_be_read_is_named);
    tcase_add_test(tests, without_the_flag_nothing_is_read);
    tcase_add_test(tests, file_counts_for_three_intervals);
    tcase_add_test(tests, it_counts_for_three_seconds_at_least);
    tcase_add_test(tests, file_that_is_old_when_it_is_first_seen_does_not_count);
    tcase_add_test(tests, step_of_the_clock_changes_nothing);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
