/* Which devices are read from files of their own, and when the list is read. */
#include "agent/metrics/device_files.h"

#include "support/suite.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#define DEVICES_MAX 40U

static struct device_files files;
static struct device_table table;
static struct device_rates rates;
static struct node_file list_file; /* of the list of all devices */
static unsigned devices;           /* in the list: d0, d1, ... */
static unsigned counted;           /* the first of them */
static uint64_t counters[DEVICES_MAX], file_counters[DEVICES_MAX];
static bool has_file[DEVICES_MAX];
static unsigned opened, closed, lists, reads;

static struct node_text on_read(struct node_file *file, bool whole, void *arg)
{
    static char text[32];
    unsigned i;
    char leaf[8];

    (void)arg;
    ck_assert(!whole);
    ck_assert_int_eq(sscanf(file->path, "/sys/d%u/%7s", &i, leaf), 2);
    ck_assert(i < DEVICES_MAX);
    reads++;
    if (!has_file[i])
        return (struct node_text){.at = ""};
    opened += file->fd < 0;
    file->fd = 7;
    uint64_t counter = strcmp(leaf, "in") == 0 ? file_counters[i] : 2 * file_counters[i];
    int len = snprintf(text, sizeof text, "%llu\n", (unsigned long long)counter);
    return (struct node_text){.at = text, .len = (size_t)len, .read_ms = 5};
}

static void on_close(struct node_file *file, void *arg)
{
    (void)arg;
    closed += file->fd >= 0;
    file->fd = -1;
}

static const struct node_source source = {.read = on_read, .close = on_close};

static bool parse(unsigned leaf, struct node_text text, struct device_reading *reading)
{
    return procfs_parse_number(text.at, text.len, leaf == 0 ? &reading->in : &reading->out) == 0;
}

static const struct device_files_kind kind = {.folder = "/sys/", .leaves = {"/in", "/out"}, .parse = parse};

static void begin(void)
{
    files = (struct device_files){.kind = &kind};
    table = (struct device_table){0};
    rates = (struct device_rates){0};
    list_file = (struct node_file){.is_prompt = true};
    ck_assert_int_eq(device_table_init(&table), 0);
    memset(counters, 0, sizeof counters);
    memset(file_counters, 0, sizeof file_counters);
    memset(has_file, true, sizeof has_file);
    opened = closed = lists = reads = 0;
    devices = 2;
    counted = 1;
}

static void end(void)
{
    device_files_close(&files, &source);
    ck_assert_uint_eq(opened, closed);
    device_table_deinit(&table);
}

static void read_list(uint64_t uptime_ms)
{
    char name[16];

    lists++;
    device_table_begin_pass(&table);
    rates_devices_begin(&rates, uptime_ms);
    device_files_begin(&files, uptime_ms);
    for (unsigned i = 0; i < devices; i++) {
        snprintf(name, sizeof name, "d%u", i);
        struct device *device = device_table_find(&table, name);
        const struct device_reading reading = {.in = counters[i], .out = 2 * counters[i]};
        if (i >= counted)
            continue;
        rates_devices_add(&rates, device, &reading);
        device_files_note(&files, &source, name, &reading);
    }
    device_table_end_pass(&table);
    device_files_end(&files, &source, &list_file, table.count);
}

/* As a source does. Returns the sum of the counters. */
static uint64_t read_at(uint64_t uptime_ms)
{
    if (!device_files_read(&files, &source, uptime_ms, &table, &rates))
        read_list(uptime_ms);
    ck_assert(rates.totals.any);
    ck_assert_uint_eq(rates.totals.out_total, 2 * rates.totals.in_total);
    return rates.totals.in_total;
}

static unsigned lists_of(unsigned readings)
{
    lists = 0;
    for (unsigned i = 0; i < readings; i++)
        (void)read_at(1000 * i + 1000);
    return lists;
}

START_TEST(list_is_read_each_15_s_and_files_in_between)
{
    counters[0] = file_counters[0] = 10;
    ck_assert_uint_eq(read_at(1000), 10);
    for (unsigned s = 2; s < 16; s++) {
        file_counters[0]++;
        ck_assert_uint_eq(read_at(1000ULL * s), 10 + s - 1);
    }
    ck_assert_uint_eq(lists, 1);
    counters[0] = file_counters[0];
    reads = 0;
    ck_assert_uint_eq(read_at(16000), 24);
    ck_assert_uint_eq(lists, 2);
    ck_assert_uint_eq(reads, 0);  /* they are known to agree with it */
    ck_assert_uint_eq(opened, 2); /* they stay open */
}
END_TEST

START_TEST(list_is_read_each_time_if_more_than_half_of_its_devices_count)
{
    counted = 2;
    ck_assert_uint_eq(lists_of(10), 10);
    ck_assert_uint_eq(opened, 0);
}
END_TEST

START_TEST(half_of_the_devices_are_read_from_files)
{
    devices = 2 * DEVICE_FILES_MAX;
    counted = DEVICE_FILES_MAX;
    ck_assert_uint_eq(lists_of(10), 1);
    ck_assert_uint_eq(opened, 2 * DEVICE_FILES_MAX);
}
END_TEST

START_TEST(list_is_read_each_time_if_many_devices_count)
{
    devices = DEVICES_MAX;
    counted = DEVICE_FILES_MAX + 1;
    ck_assert_uint_eq(lists_of(10), 10);
}
END_TEST

START_TEST(list_is_read_each_time_if_no_device_counts)
{
    counted = 0;
    for (unsigned s = 0; s < 3; s++) {
        ck_assert(!device_files_read(&files, &source, 1000 * s, &table, &rates));
        read_list(1000 * s);
    }
}
END_TEST

START_TEST(list_is_read_each_time_where_devices_have_no_files)
{
    has_file[0] = false;
    ck_assert_uint_eq(lists_of(10), 10);
}
END_TEST

/* lxcfs shows a container's share, and its files are not the kernel's. */
START_TEST(list_that_may_hang_is_read_each_time)
{
    list_file.is_prompt = false;
    ck_assert_uint_eq(lists_of(10), 10);
}
END_TEST

/* /sys can be that of another network namespace, which has an interface of the same name. */
START_TEST(list_is_read_each_time_if_files_hold_other_counters)
{
    counters[0] = 5;
    file_counters[0] = 4;
    ck_assert_uint_eq(lists_of(10), 10);
    file_counters[0] = 5000000000;
    ck_assert_uint_eq(lists_of(10), 10);
    ck_assert_uint_eq(rates.totals.in_total, 5);
}
END_TEST

START_TEST(files_of_a_device_that_comes_have_to_agree_with_the_list)
{
    devices = 4;
    ck_assert_uint_eq(lists_of(3), 1);
    counted = 2;
    counters[1] = 1000;
    ck_assert_uint_eq(read_at(16000), 0);
    counters[1]++;
    ck_assert_uint_eq(read_at(17000), 1);
    ck_assert_uint_eq(lists, 3);
}
END_TEST

START_TEST(list_is_read_at_once_when_a_device_is_gone)
{
    devices = 4;
    counted = 2;
    ck_assert_uint_eq(lists_of(3), 1);
    has_file[1] = false;
    counted = 1;
    file_counters[0] = 3;
    counters[0] = 3;
    ck_assert_uint_eq(read_at(4000), 3);
    ck_assert_uint_eq(lists, 2);
    file_counters[0] = 4;
    ck_assert_uint_eq(read_at(5000), 4);
    ck_assert_uint_eq(lists, 2);
}
END_TEST

START_TEST(device_that_comes_is_found_with_the_next_list)
{
    devices = 4;
    ck_assert_uint_eq(lists_of(3), 1);
    counted = 2;
    ck_assert_uint_eq(read_at(16000), 0);
    file_counters[1] = 9;
    ck_assert_uint_eq(read_at(17000), 9);
    ck_assert_uint_eq(lists, 2);
}
END_TEST

START_TEST(files_of_devices_that_no_longer_count_are_closed)
{
    devices = 4;
    counted = 2;
    (void)read_at(1000);
    ck_assert_uint_eq(opened, 4);
    counted = 1;
    (void)read_at(16000);
    ck_assert_uint_eq(opened, 4);
    ck_assert_uint_eq(closed, 2);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("device_files");
    TCase *tests = tcase_create("device_files");

    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_test(tests, list_is_read_each_15_s_and_files_in_between);
    tcase_add_test(tests, list_is_read_each_time_if_more_than_half_of_its_devices_count);
    tcase_add_test(tests, half_of_the_devices_are_read_from_files);
    tcase_add_test(tests, list_is_read_each_time_if_many_devices_count);
    tcase_add_test(tests, list_is_read_each_time_if_no_device_counts);
    tcase_add_test(tests, list_is_read_each_time_where_devices_have_no_files);
    tcase_add_test(tests, list_that_may_hang_is_read_each_time);
    tcase_add_test(tests, list_is_read_each_time_if_files_hold_other_counters);
    tcase_add_test(tests, files_of_a_device_that_comes_have_to_agree_with_the_list);
    tcase_add_test(tests, list_is_read_at_once_when_a_device_is_gone);
    tcase_add_test(tests, device_that_comes_is_found_with_the_next_list);
    tcase_add_test(tests, files_of_devices_that_no_longer_count_are_closed);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
