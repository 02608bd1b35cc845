/* A sample from texts, and which of them are read when. */
#include "agent/measure.h"

#include "support/suite.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#define STAT     "cpu  100 0 100 700 100 0 0 0 0 0\ncpu0 1 1 1 1 1 1 1 1 1 1\ncpu1 1 1 1 1 1 1 1 1 1 1\n"
#define STAT_2   "cpu  150 0 150 750 150 0 0 0 0 0\n"
#define MEMINFO  "MemTotal: 1000 kB\nMemAvailable: 250 kB\nSwapTotal: 100 kB\nSwapFree: 50 kB\n"
#define DISKS    "8 0 sda 1 0 100 0 1 0 200 0 0 %u 0\n8 1 sda1 1 0 100 0 1 0 200 0 0 5 0\n"
#define NICS     "head\nhead\n  lo: 900 0 0 0 0 0 0 0 900 0\neth0: %u 0 0 0 0 0 0 0 20 0\nveth1: 5 0 0 0 0 0 0 0 5 0\n"
#define PRESSURE "some avg10=1.50 avg60=0.00\n"

static struct measure measure;
static const char *texts[NODE_FILE_COUNT]; /* NULL: can't be read */
static unsigned reads[NODE_FILE_COUNT];
static bool last_whole[NODE_FILE_COUNT];
static const char *devices; /* the paths that exist, each followed by a space */
static unsigned questions;  /* to /sys */

static size_t on_read(enum node_file file, bool whole, const char **text, void *arg)
{
    ck_assert_ptr_eq(arg, texts);
    reads[file]++;
    last_whole[file] = whole;
    if (texts[file] == NULL)
        return 0;
    *text = texts[file];
    return strlen(texts[file]);
}

static bool on_exists(const char *path, void *arg)
{
    char with_space[128];

    ck_assert_ptr_eq(arg, texts);
    questions++;
    snprintf(with_space, sizeof with_space, "%s ", path);
    return strstr(devices, with_space) != NULL;
}

static const struct node_source source = {.read = on_read, .exists = on_exists, .is_set = on_exists, .arg = texts};

static void begin(void)
{
    memset(&measure, 0, sizeof measure);
    memset(reads, 0, sizeof reads);
    questions = 0;
    ck_assert_int_eq(measure_init(&measure), 0);
    memset(texts, 0, sizeof texts);
    texts[NODE_STAT] = STAT;
    texts[NODE_MEMINFO] = MEMINFO;
    texts[NODE_LOADAVG] = "0.25 0 0 1/1 1\n";
    texts[NODE_PSI_CPU] = texts[NODE_PSI_MEMORY] = texts[NODE_PSI_IO] = PRESSURE;
    devices = "";
}

static void end(void)
{
    measure_deinit(&measure);
    measure_deinit(&measure);
}

static struct sample read_at(uint64_t uptime_ms)
{
    struct sample sample = {.present = UINT32_MAX};

    measure_read(&measure, &source, uptime_ms, &sample);
    ck_assert_uint_eq(sample.uptime_ms, uptime_ms);
    return sample;
}

/* ---- cpu and memory ---- */

START_TEST(cpu_shares_need_two_readings)
{
    struct sample sample = read_at(1000);
    ck_assert(!sample_has(&sample, METRIC_CPU));
    texts[NODE_STAT] = STAT_2;
    sample = read_at(2000);
    ck_assert_double_eq(sample.value[METRIC_CPU].gauge, 50.0);
    ck_assert_double_eq(sample.value[METRIC_IOWAIT].gauge, 25.0);
}
END_TEST

START_TEST(memory_is_what_is_not_available)
{
    struct sample sample = read_at(1000);

    ck_assert_double_eq(sample.value[METRIC_MEMORY].gauge, 75.0);
    ck_assert_double_eq(sample.value[METRIC_SWAP].gauge, 50.0);
    texts[NODE_MEMINFO] = "MemTotal: 1000 kB\nMemAvailable: 3000 kB\n"; /* of the host */
    sample = read_at(2000);
    ck_assert_double_eq(sample.value[METRIC_MEMORY].gauge, 0.0);
    ck_assert(!sample_has(&sample, METRIC_SWAP));
}
END_TEST

START_TEST(text_that_is_missing_costs_its_metrics_only)
{
    texts[NODE_MEMINFO] = NULL;
    texts[NODE_PSI_IO] = "garbled\n";
    struct sample sample = read_at(1000);
    ck_assert(!sample_has(&sample, METRIC_MEMORY));
    ck_assert(!sample_has(&sample, METRIC_PSI_IO));
    ck_assert(!sample_has(&sample, METRIC_DISK_READ));
    ck_assert(!sample_has(&sample, METRIC_NET_RX));
    ck_assert_double_eq(sample.value[METRIC_LOAD1].gauge, 0.25);
}
END_TEST

START_TEST(node_is_its_cores_and_its_memory)
{
    struct measure_node node = measure_node(&source);

    ck_assert_uint_eq(node.cores, 2);
    ck_assert(last_whole[NODE_STAT]);
    ck_assert_uint_eq(node.memory_bytes, 1000 * 1024);
    texts[NODE_STAT] = texts[NODE_MEMINFO] = NULL;
    node = measure_node(&source);
    ck_assert_uint_eq(node.cores, 0);
    ck_assert_uint_eq(node.memory_bytes, 0);
}
END_TEST

START_TEST(source_without_cpu_and_memory_is_no_node)
{
    ck_assert(measure_possible(&source));
    texts[NODE_STAT] = NULL;
    ck_assert(measure_possible(&source));
    texts[NODE_MEMINFO] = NULL;
    ck_assert(!measure_possible(&source));
}
END_TEST

/* ---- averages ---- */

START_TEST(averages_are_read_when_the_kernel_may_have_changed_them)
{
    for (uint64_t now_ms = 0; now_ms < 10000; now_ms += 100) {
        struct sample sample = read_at(1000 + now_ms);
        ck_assert_double_eq(sample.value[METRIC_PSI_CPU].gauge, 1.5);
    }
    ck_assert_uint_eq(reads[NODE_LOADAVG], 3); /* at 0, 4.9 and 9.8 s */
    ck_assert_uint_eq(reads[NODE_PSI_CPU], 6); /* each 1.9 s */
    ck_assert_uint_eq(reads[NODE_STAT], 100);
}
END_TEST

START_TEST(average_that_can_not_be_read_is_tried_each_time)
{
    texts[NODE_LOADAVG] = NULL;
    for (uint64_t now_ms = 1000; now_ms < 2000; now_ms += 100) {
        struct sample sample = read_at(now_ms);
        ck_assert(!sample_has(&sample, METRIC_LOAD1));
    }
    ck_assert_uint_eq(reads[NODE_LOADAVG], 10);
}
END_TEST

/* ---- devices ---- */

static char list[512];

static void set_disks(unsigned busy_ms)
{
    snprintf(list, sizeof list, DISKS, busy_ms);
    texts[NODE_DISKSTATS] = list;
}

static void set_nics(unsigned rx)
{
    snprintf(list, sizeof list, NICS, rx);
    texts[NODE_NET_DEV] = list;
}

START_TEST(physical_disks_alone_are_summed)
{
    devices = "/sys/block/sda/device ";
    set_disks(100);
    struct sample sample = read_at(1000);
    ck_assert_uint_eq(sample.value[METRIC_DISK_READ].counter, 100 * 512);
    ck_assert_uint_eq(sample.value[METRIC_DISK_WRITE].counter, 200 * 512);
    ck_assert(!sample_has(&sample, METRIC_DISK_BUSY));
    set_disks(350);
    sample = read_at(2000);
    ck_assert_double_eq(sample.value[METRIC_DISK_BUSY].gauge, 25.0);
}
END_TEST

START_TEST(failed_read_is_not_taken_for_disks_that_went)
{
    devices = "/sys/block/sda/device ";
    set_disks(100);
    (void)read_at(1000);
    texts[NODE_DISKSTATS] = NULL;
    struct sample sample = read_at(2000);
    ck_assert(!sample_has(&sample, METRIC_DISK_READ));
    unsigned before = questions;
    set_disks(200);
    sample = read_at(3000);
    ck_assert(sample_has(&sample, METRIC_DISK_BUSY)); /* over both seconds */
    ck_assert_double_eq(sample.value[METRIC_DISK_BUSY].gauge, 5.0);
    ck_assert_uint_eq(questions, before);
}
END_TEST

START_TEST(physical_interfaces_alone_are_summed)
{
    devices = "/sys/class/net/eth0/device ";
    set_nics(10);
    struct sample sample = read_at(1000);
    ck_assert_uint_eq(sample.value[METRIC_NET_RX].counter, 10);
    ck_assert_uint_eq(sample.value[METRIC_NET_TX].counter, 20);
    ck_assert(last_whole[NODE_NET_DEV]);
}
END_TEST

START_TEST(without_a_physical_interface_all_but_the_loopback_count)
{
    set_nics(10);
    struct sample sample = read_at(1000);
    ck_assert_uint_eq(sample.value[METRIC_NET_RX].counter, 15);
    ck_assert_uint_eq(sample.value[METRIC_NET_TX].counter, 25);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("measure");
    TCase *tests = tcase_create("measure");

    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_test(tests, cpu_shares_need_two_readings);
    tcase_add_test(tests, memory_is_what_is_not_available);
    tcase_add_test(tests, text_that_is_missing_costs_its_metrics_only);
    tcase_add_test(tests, node_is_its_cores_and_its_memory);
    tcase_add_test(tests, source_without_cpu_and_memory_is_no_node);
    tcase_add_test(tests, averages_are_read_when_the_kernel_may_have_changed_them);
    tcase_add_test(tests, average_that_can_not_be_read_is_tried_each_time);
    tcase_add_test(tests, physical_disks_alone_are_summed);
    tcase_add_test(tests, failed_read_is_not_taken_for_disks_that_went);
    tcase_add_test(tests, physical_interfaces_alone_are_summed);
    tcase_add_test(tests, without_a_physical_interface_all_but_the_loopback_count);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
