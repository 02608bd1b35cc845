/* Disks are read from files of their own, as from the list. */
#include "agent/metrics/disk_source.h"

#include "agent/config/config.h"
#include "support/fake_sys.h"
#include "support/suite.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const char *const disks[] = {"/sys/block/vda/device", NULL};
static void *state;
static const char *list, *stat; /* the texts of /proc/diskstats and /sys/block/vda/stat */
static unsigned lists_read;
static uint64_t now_ms;

static struct node_text on_read(struct node_file *file, bool whole, void *arg)
{
    bool is_list = strcmp(file->path, "/proc/diskstats") == 0;
    const char *found = is_list ? list : stat;

    (void)arg;
    ck_assert_int_eq(whole, is_list);
    ck_assert(is_list || strcmp(file->path, "/sys/block/vda/stat") == 0);
    file->is_prompt = true;
    lists_read += is_list;
    return (struct node_text){.at = found, .len = strlen(found), .read_ms = now_ms};
}

static void on_close(struct node_file *file, void *arg)
{
    (void)arg;
    ck_assert_int_eq(file->fd, -1);
}

static const struct node_source source = {.read = on_read, .close = on_close, FAKE_SYS_SOURCE};

static void begin(void)
{
    state = calloc(1, disk_source.state_size);
    ck_assert_ptr_nonnull(state);
    ck_assert_int_eq(disk_source.init(state, &agent_config_defaults), 0);
    fake_sys = disks;
    lists_read = 0;
}

static void end(void)
{
    disk_source.deinit(state, &source);
    free(state);
}

static struct sample read_at(uint64_t uptime_ms)
{
    struct source_part part = {0};

    now_ms = uptime_ms;
    ck_assert(disk_source.read(state, &source, uptime_ms, &part));
    return part.metrics;
}

START_TEST(disk_is_read_from_its_own_file)
{
    list = " 254 0 vda 100 0 2000 10 200 0 4000 20 0 30 30\n 254 1 vda1 100 0 2000 10 200 0 4000 20 0 30 30\n";
    stat = "     100        0     2000       10      200        0     4000       20        0       30       30\n";
    struct sample sample = read_at(1000);
    ck_assert_uint_eq(sample.value[METRIC_DISK_READ].counter, 2000 * 512);
    stat = "     101        0     2008       10      202        0     4016       20        0      280       30"
           "        0        0        0        0        0        0\n";
    sample = read_at(2000);
    ck_assert_uint_eq(lists_read, 1);
    ck_assert_uint_eq(sample.value[METRIC_DISK_READ].counter, 2008 * 512);
    ck_assert_uint_eq(sample.value[METRIC_DISK_WRITE].counter, 4016 * 512);
    ck_assert_double_eq_tol(sample.value[METRIC_DISK_BUSY].gauge, 25.0, 0.001);
}
END_TEST

START_TEST(list_is_read_where_a_disk_has_no_partitions)
{
    list = " 254 0 vda 100 0 2000 10 200 0 4000 20 0 30 30\n";
    stat = "100 0 2000 10 200 0 4000 20 0 30 30\n";
    for (uint64_t s = 1; s <= 5; s++)
        (void)read_at(s * 1000);
    ck_assert_uint_eq(lists_read, 5);
}
END_TEST

START_TEST(list_is_read_after_a_file_that_can_not_be_understood)
{
    list = " 254 0 vda 100 0 2000 10 200 0 4000 20 0 30 30\n 254 1 vda1 100 0 2000 10 200 0 4000 20 0 30 30\n";
    stat = "100 0 2000 10 200 0 4000 20 0 30 30\n";
    (void)read_at(1000);
    stat = "100 0 2000\n";
    struct sample sample = read_at(2000);
    ck_assert_uint_eq(lists_read, 2);
    ck_assert_uint_eq(sample.value[METRIC_DISK_READ].counter, 2000 * 512);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("disk_source");
    TCase *tests = tcase_create("disk_source");

    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_test(tests, disk_is_read_from_its_own_file);
    tcase_add_test(tests, list_is_read_where_a_disk_has_no_partitions);
    tcase_add_test(tests, list_is_read_after_a_file_that_can_not_be_understood);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
