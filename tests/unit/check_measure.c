/* A sample from texts, and which of them are read when. */
#include "agent/sampling/measure.h"

#include "agent/config/config.h"
#include "support/fake_sys.h"
#include "support/suite.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define STAT     "cpu  100 0 100 700 100 0 0 0 0 0\ncpu0 1 1 1 1 1 1 1 1 1 1\ncpu1 1 1 1 1 1 1 1 1 1 1\n"
#define STAT_2   "cpu  150 0 150 750 150 0 0 0 0 0\n" /* 200 ticks of two processors in a second */
#define STAT_3   "cpu  550 0 150 750 150 0 0 0 0 0\n" /* 400 more, all busy */
#define MEMINFO  "MemTotal: 1000 kB\nMemAvailable: 250 kB\nSwapTotal: 100 kB\nSwapFree: 50 kB\n"
#define DISKS    "8 0 sda %u 0 100 0 1 0 200 0 0 %u 0\n8 1 sda1 1 0 100 0 1 0 200 0 0 5 0\n"
#define NICS     "head\nhead\n  lo: 900 0 0 0 0 0 0 0 900 0\neth0: %u 0 0 0 0 0 0 0 20 0\nveth1: 5 0 0 0 0 0 0 0 5 0\n"
#define PRESSURE "some avg10=1.50 avg60=0.00\n"

enum {
    STAT_FILE,
    MEMINFO_FILE,
    LOADAVG,
    DISKSTATS,
    NET_DEV,
    NET_ROUTE,
    NET_ROUTE_6,
    PSI_CPU,
    PSI_MEMORY,
    PSI_IO,
    MOUNTINFO,
    FILES
};

static const char *const paths[FILES] = {
    "/proc/stat",           "/proc/meminfo",        "/proc/loadavg",      "/proc/diskstats",       "/proc/net/dev",
    "/proc/net/route",      "/proc/net/ipv6_route", "/proc/pressure/cpu", "/proc/pressure/memory", "/proc/pressure/io",
    "/proc/self/mountinfo",
};
static struct agent_config config;
static struct measure measure;
static int64_t record_ms;
static const char *texts[FILES]; /* NULL: can't be read */
static unsigned reads[FILES];
static bool last_whole[FILES];
static uint64_t read_ms; /* when each reading ends */

static struct node_text on_read(struct node_file *file, bool whole, void *arg)
{
    unsigned i = 0;

    ck_assert_ptr_eq(arg, texts);
    while (strcmp(paths[i], file->path) != 0)
        ck_assert_uint_lt(++i, FILES);
    reads[i]++;
    last_whole[i] = whole;
    return texts[i] == NULL ? (struct node_text){.at = ""}
                            : (struct node_text){.at = texts[i], .len = strlen(texts[i]), .read_ms = read_ms};
}

static void on_close(struct node_file *file, void *arg)
{
    ck_assert_ptr_eq(arg, texts);
    ck_assert_int_eq(file->fd, -1);
}

static const char *app_text; /* in the file of --app-file */

static struct node_record on_read_record(struct node_record_file *file, void *arg)
{
    ck_assert_str_eq(file->path, "/run/app");
    ck_assert_ptr_eq(arg, texts);
    return (struct node_record){.text = {.at = app_text, .len = strlen(app_text)}, .mtime_ms = ++record_ms};
}

static struct node_space spaces[3]; /* of the file systems on the devices 8:0 to 8:2 */
static unsigned space_reads;
static int protect_rc; /* of the look for the file of --protect-file */

static int on_look_for(const char *path, void *arg)
{
    ck_assert_str_eq(path, "/run/job");
    ck_assert_ptr_eq(arg, texts);
    return protect_rc;
}

static int on_read_space(const struct mount *mount, struct node_space *space, void *arg)
{
    ck_assert_ptr_eq(arg, texts);
    ck_assert_uint_eq(mount->major, 8);
    space_reads++;
    *space = spaces[mount->minor];
    return space->used == UINT64_MAX ? -EXDEV : 0;
}

static const struct node_source node = {.read = on_read,
                                        .close = on_close,
                                        .read_record = on_read_record,
                                        .read_space = on_read_space,
                                        .look_for = on_look_for,
                                        FAKE_SYS_SOURCE,
                                        .arg = texts};

static void begin(void)
{
    config = agent_config_defaults;
    strcpy(config.cgroup, "off");
    strcpy(config.app_file, "/run/app");
    app_text = "1 2";
    memset(&measure, 0, sizeof measure);
    memset(reads, 0, sizeof reads);
    space_reads = 0;
    fake_sys = NULL;
    fake_sys_questions = 0;
    ck_assert_int_eq(measure_init(&measure, &config), 0);
    memset(texts, 0, sizeof texts);
    texts[STAT_FILE] = STAT;
    texts[MEMINFO_FILE] = MEMINFO;
    texts[LOADAVG] = "0.25 0 0 1/1 1\n";
    texts[PSI_CPU] = texts[PSI_MEMORY] = texts[PSI_IO] = PRESSURE;
}

static void end(void)
{
    measure_deinit(&measure, &node);
    measure_deinit(&measure, &node);
}

/* With the config as it is. */
static void begin_again(void)
{
    end();
    ck_assert_int_eq(measure_init(&measure, &config), 0);
}

static void run_queued(uint64_t uptime_ms)
{
    struct measure_job job;

    read_ms = uptime_ms;
    while (measure_next(&measure, false, &job)) {
        measure_run(&measure, &node, uptime_ms, &job);
        measure_finish(&measure, &job);
    }
    ck_assert(!measure_any_queued(&measure));
}

static char complaint[SOURCE_COMPLAINT_MAX]; /* of the last reading */

static struct sample read_at(uint64_t uptime_ms)
{
    struct sample sample = {.present = UINT32_MAX};

    measure_begin(&measure, uptime_ms);
    run_queued(uptime_ms);
    ck_assert(measure_is_complete(&measure));
    struct measure_changes changes = measure_end(&measure, uptime_ms, &sample);
    ck_assert_uint_eq(changes.late, 0);
    ck_assert_uint_eq(changes.on_time, 0);
    memcpy(complaint, changes.complaint, sizeof complaint);
    return sample;
}

/* ---- cpu and memory ---- */

START_TEST(cpu_shares_need_two_readings)
{
    struct sample sample = read_at(1000);
    ck_assert(!sample_has(&sample, METRIC_CPU));
    texts[STAT_FILE] = STAT_2;
    sample = read_at(2000);
    ck_assert_double_eq(sample.value[METRIC_CPU].gauge, 50.0);
    ck_assert_double_eq(sample.value[METRIC_IOWAIT].gauge, 25.0);
}
END_TEST

START_TEST(impossible_ticks_cost_the_cpu_metrics)
{
    (void)read_at(1000);
    ck_assert_str_eq(complaint, "");
    texts[STAT_FILE] = "cpu  101 0 100 701 100 0 0 0 0 0\n";
    struct sample sample = read_at(2000);
    ck_assert(!sample_has(&sample, METRIC_CPU) && !sample_has(&sample, METRIC_IOWAIT) &&
              !sample_has(&sample, METRIC_STEAL));
    ck_assert(sample_has(&sample, METRIC_MEMORY));
    ck_assert_ptr_nonnull(strstr(complaint, "/proc/stat"));
    ck_assert_ptr_nonnull(strstr(complaint, "(1 or more so far)"));
    for (uint64_t s = 3; s < 100; s++)
        (void)read_at(s * 1000); /* nothing advances */
    ck_assert_str_eq(complaint, "");
    sample = read_at(4000000); /* another hour */
    ck_assert_ptr_nonnull(strstr(complaint, "(10 or more so far)"));
}
END_TEST

START_TEST(columns_that_the_kernel_does_not_have_are_absent)
{
    texts[STAT_FILE] = "cpu  100 0 100 700\ncpu0 100 0 100 700\n";
    (void)read_at(1000);
    texts[STAT_FILE] = "cpu  120 0 110 770\n";
    struct sample sample = read_at(2000);
    ck_assert_double_eq(sample.value[METRIC_CPU].gauge, 30.0);
    ck_assert(!sample_has(&sample, METRIC_IOWAIT) && !sample_has(&sample, METRIC_STEAL));
}
END_TEST

START_TEST(memory_is_what_is_not_available)
{
    struct sample sample = read_at(1000);

    ck_assert_double_eq(sample.value[METRIC_MEMORY].gauge, 75.0);
    ck_assert_double_eq(sample.value[METRIC_SWAP].gauge, 50.0);
    texts[MEMINFO_FILE] = "MemTotal: 1000 kB\nMemFree: 100 kB\nMemAvailable: 3000 kB\n"; /* of the host */
    sample = read_at(2000);
    ck_assert_double_eq(sample.value[METRIC_MEMORY].gauge, 90.0);
    ck_assert(!sample_has(&sample, METRIC_SWAP));
}
END_TEST

START_TEST(text_that_is_missing_costs_its_metrics_only)
{
    texts[MEMINFO_FILE] = NULL;
    texts[PSI_IO] = "garbled\n";
    struct sample sample = read_at(1000);
    ck_assert(!sample_has(&sample, METRIC_MEMORY));
    ck_assert(!sample_has(&sample, METRIC_PSI_IO));
    ck_assert(!sample_has(&sample, METRIC_DISK_READ));
    ck_assert(!sample_has(&sample, METRIC_NET_RX));
    ck_assert_double_eq(sample.value[METRIC_LOAD1].gauge, 0.25);
}
END_TEST

/* ---- the node ---- */

START_TEST(node_has_cores_and_memory)
{
    (void)read_at(1000);
    struct node_facts facts = measure_facts(&measure);
    ck_assert_uint_eq(facts.cores, 2);
    ck_assert(last_whole[STAT_FILE]);
    ck_assert_uint_eq(facts.memory_bytes, 1000 * 1024);
}
END_TEST

START_TEST(cores_are_counted_each_10_s_and_memory_at_each_reading)
{
    (void)read_at(1000);
    texts[STAT_FILE] = STAT "cpu2 1 1 1 1 1 1 1 1 1 1\n";
    texts[MEMINFO_FILE] = "MemTotal: 2000 kB\nMemAvailable: 250 kB\n";
    (void)read_at(10999);
    ck_assert(!last_whole[STAT_FILE]);
    ck_assert_uint_eq(measure_facts(&measure).cores, 2);
    ck_assert_uint_eq(measure_facts(&measure).memory_bytes, 2000 * 1024);
    (void)read_at(11000);
    ck_assert_uint_eq(measure_facts(&measure).cores, 3);
}
END_TEST

START_TEST(facts_that_can_not_be_read_stay_as_they_were)
{
    texts[STAT_FILE] = NULL;
    (void)read_at(1000);
    ck_assert_uint_eq(measure_facts(&measure).cores, 0);
    texts[STAT_FILE] = STAT;
    texts[MEMINFO_FILE] = NULL;
    (void)read_at(2000);
    ck_assert_uint_eq(measure_facts(&measure).cores, 2);
    ck_assert_uint_eq(measure_facts(&measure).memory_bytes, 1000 * 1024);
}
END_TEST

START_TEST(facts_are_new_when_they_have_changed)
{
    struct node_facts facts;

    ck_assert(!measure_new_facts(&measure, &facts));
    (void)read_at(1000);
    ck_assert(measure_new_facts(&measure, &facts));
    ck_assert_uint_eq(facts.memory_bytes, 1000 * 1024);
    (void)read_at(2000);
    ck_assert(!measure_new_facts(&measure, &facts));
    texts[MEMINFO_FILE] = NULL;
    (void)read_at(3000);
    ck_assert(!measure_new_facts(&measure, &facts));
    texts[MEMINFO_FILE] = "MemTotal: 2000 kB\nMemAvailable: 250 kB\n";
    (void)read_at(4000);
    (void)read_at(5000);
    ck_assert(measure_new_facts(&measure, &facts));
    ck_assert_uint_eq(facts.memory_bytes, 2000 * 1024);
}
END_TEST

START_TEST(source_without_cpu_and_memory_is_no_node)
{
    ck_assert(!measure_possible(&measure));
    (void)read_at(1000);
    ck_assert(measure_possible(&measure));
    texts[STAT_FILE] = NULL;
    (void)read_at(2000);
    ck_assert(measure_possible(&measure));
    texts[MEMINFO_FILE] = NULL;
    (void)read_at(3000);
    ck_assert(!measure_possible(&measure));
}
END_TEST

/* ---- averages ---- */

START_TEST(averages_are_read_when_the_kernel_may_have_changed_them)
{
    for (uint64_t now_ms = 0; now_ms < 10000; now_ms += 100) {
        struct sample sample = read_at(1000 + now_ms);
        ck_assert_double_eq(sample.value[METRIC_PSI_CPU].gauge, 1.5);
    }
    ck_assert_uint_eq(reads[LOADAVG], 3); /* at 0, 4.9 and 9.8 s */
    ck_assert_uint_eq(reads[PSI_CPU], 3); /* at 0, 3.9 and 7.8 s */
    ck_assert_uint_eq(reads[STAT_FILE], 100);
}
END_TEST

START_TEST(average_that_can_not_be_read_is_tried_each_time)
{
    texts[LOADAVG] = NULL;
    for (uint64_t now_ms = 1000; now_ms < 2000; now_ms += 100) {
        struct sample sample = read_at(now_ms);
        ck_assert(!sample_has(&sample, METRIC_LOAD1));
    }
    ck_assert_uint_eq(reads[LOADAVG], 10);
}
END_TEST

/* ---- devices ---- */

static char list[512];

static void set_disks(unsigned busy_ms)
{
    snprintf(list, sizeof list, DISKS, busy_ms, busy_ms); /* as many requests */
    texts[DISKSTATS] = list;
}

static void set_nics(unsigned rx)
{
    snprintf(list, sizeof list, NICS, rx);
    texts[NET_DEV] = list;
}

START_TEST(physical_disks_alone_are_summed)
{
    fake_sys = (const char *const[]){"/sys/block/sda/device", NULL};
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
    fake_sys = (const char *const[]){"/sys/block/sda/device", NULL};
    set_disks(100);
    (void)read_at(1000);
    texts[DISKSTATS] = NULL;
    struct sample sample = read_at(2000);
    ck_assert(!sample_has(&sample, METRIC_DISK_READ));
    unsigned before = fake_sys_questions;
    set_disks(200);
    sample = read_at(3000);
    ck_assert(sample_has(&sample, METRIC_DISK_BUSY)); /* over both seconds */
    ck_assert_double_eq(sample.value[METRIC_DISK_BUSY].gauge, 5.0);
    ck_assert_uint_eq(fake_sys_questions, before);
}
END_TEST

START_TEST(physical_interfaces_alone_are_summed)
{
    fake_sys = (const char *const[]){"/sys/class/net/eth0/device", NULL};
    set_nics(10);
    struct sample sample = read_at(1000);
    ck_assert_uint_eq(sample.value[METRIC_NET_RX].counter, 10);
    ck_assert_uint_eq(sample.value[METRIC_NET_TX].counter, 20);
    ck_assert(last_whole[NET_DEV]);
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

/* ---- sources that are late ---- */

/* Takes the first source, the cpu, and leaves the others queued. */
static struct measure_job take_cpu(void)
{
    struct measure_job job;

    ck_assert(measure_next(&measure, false, &job));
    ck_assert_str_eq(measure_source_name(&measure, job.source), "cpu");
    return job;
}

START_TEST(late_source_costs_its_metrics_until_it_ends)
{
    struct sample sample;

    (void)read_at(1000);
    measure_begin(&measure, 2000);
    struct measure_job stuck = take_cpu();
    run_queued(2000);
    ck_assert(!measure_is_complete(&measure));
    struct measure_changes changes = measure_end(&measure, 2000, &sample);
    ck_assert_uint_eq(changes.late, 1U << stuck.source);
    ck_assert(!sample_has(&sample, METRIC_CPU));

    measure_begin(&measure, 3000);
    run_queued(3000);
    ck_assert(measure_is_complete(&measure)); /* the cpu is not read a second time, nor waited for */
    changes = measure_end(&measure, 3000, &sample);
    ck_assert_uint_eq(changes.late, 0); /* it was reported */
    ck_assert(!sample_has(&sample, METRIC_CPU));
    ck_assert(sample_has(&sample, METRIC_MEMORY));

    texts[STAT_FILE] = STAT_2;
    measure_run(&measure, &node, 2000, &stuck);
    measure_finish(&measure, &stuck);
    texts[STAT_FILE] = STAT_3;
    sample = read_at(4000);
    ck_assert_double_eq(sample.value[METRIC_CPU].gauge, 100.0);
}
END_TEST

/* The counters are those of the moment at which it ends. */
START_TEST(reading_that_hung_counts_until_its_end)
{
    struct measure_job job;
    struct sample sample;

    (void)read_at(1000);
    texts[STAT_FILE] = "cpu  600 0 100 1200 100 0 0 0 0 0\n"; /* of the 5 s since then, half is load */
    measure_begin(&measure, 2000);
    ck_assert(measure_next(&measure, false, &job));
    ck_assert_str_eq(measure_source_name(&measure, job.source), "cpu");
    run_queued(2000);
    (void)measure_end(&measure, 2000, &sample);
    ck_assert(!sample_has(&sample, METRIC_CPU));
    read_ms = 6000;
    measure_run(&measure, &node, 2000, &job);
    measure_finish(&measure, &job);
    (void)measure_end(&measure, 6000, &sample);
    ck_assert_double_eq(sample.value[METRIC_CPU].gauge, 50.0);
    texts[STAT_FILE] = "cpu  750 0 100 1250 100 0 0 0 0 0\n"; /* and of the second that follows, three quarters */
    sample = read_at(7000);
    ck_assert_double_eq(sample.value[METRIC_CPU].gauge, 75.0);
    ck_assert_str_eq(complaint, "");
}
END_TEST

START_TEST(what_was_read_before_does_not_stand_for_what_is_late)
{
    struct measure_job job;
    struct sample sample;

    (void)read_at(1000);
    measure_begin(&measure, 6000); /* all averages are due */
    while (measure_next(&measure, false, &job) && strcmp(measure_source_name(&measure, job.source), "load") != 0) {
        measure_run(&measure, &node, 6000, &job);
        measure_finish(&measure, &job);
    }
    (void)measure_end(&measure, 6000, &sample);
    ck_assert(sample_has(&sample, METRIC_MEMORY));
    ck_assert(!sample_has(&sample, METRIC_LOAD1));
    ck_assert(!sample_has(&sample, METRIC_PSI_IO)); /* nobody came to it */
    ck_assert_uint_eq(measure_facts(&measure).cores, 2);
}
END_TEST

START_TEST(source_is_on_time_again_after_a_minute)
{
    struct measure_changes changes;
    struct sample sample;

    measure_begin(&measure, 1000);
    struct measure_job stuck = take_cpu();
    changes = measure_end(&measure, 1000, &sample);
    ck_assert_uint_eq(changes.late, 1U << stuck.source);
    measure_begin(&measure, 2000);
    run_queued(2000);
    (void)measure_end(&measure, 2000, &sample); /* still late */
    measure_finish(&measure, &stuck);
    for (uint64_t now_ms = 3000; now_ms < 2000 + MEASURE_CALM_MS; now_ms += 1000)
        (void)read_at(now_ms); /* no changes */
    measure_begin(&measure, 2000 + MEASURE_CALM_MS);
    run_queued(2000 + MEASURE_CALM_MS);
    changes = measure_end(&measure, 2000 + MEASURE_CALM_MS, &sample);
    ck_assert_uint_eq(changes.on_time, 1U << stuck.source);
}
END_TEST

START_TEST(node_whose_sources_are_late_is_possible)
{
    struct measure_job job;
    struct sample sample;

    texts[MEMINFO_FILE] = NULL;
    measure_begin(&measure, 1000);
    job = take_cpu();
    run_queued(1000);
    (void)measure_end(&measure, 1000, &sample);
    ck_assert(measure_possible(&measure));
    texts[STAT_FILE] = NULL;
    measure_run(&measure, &node, 1000, &job);
    measure_finish(&measure, &job);
    ck_assert(!measure_possible(&measure));
}
END_TEST

/* Without a cpu, whose counters stand still. */
static struct measure_changes changes_at(uint64_t uptime_ms)
{
    struct sample sample;

    texts[STAT_FILE] = NULL;
    measure_begin(&measure, uptime_ms);
    run_queued(uptime_ms);
    return measure_end(&measure, uptime_ms, &sample);
}

#define ROOT_MOUNT "27 1 8:0 / / rw - ext4 /dev/sda1 rw\n"
#define VAR_MOUNT  "28 27 8:1 / /var rw - ext4 /dev/sdb1 rw\n"
#define BIND_MOUNT "29 27 8:1 /x /srv rw - ext4 /dev/sdb1 rw\n"

static double fs_at(uint64_t uptime_ms)
{
    struct sample sample = read_at(uptime_ms);

    return sample_has(&sample, METRIC_FS) ? sample.value[METRIC_FS].gauge : -1.0;
}

/* ---- protection ---- */

START_TEST(node_is_protected_while_the_file_exists)
{
    (void)read_at(1000);
    ck_assert_int_eq(measure_facts(&measure).protection, NODE_PROTECTION_UNKNOWN); /* without the flag */
    strcpy(config.protect_file, "/run/job");
    begin_again();
    protect_rc = 0;
    (void)read_at(2000);
    ck_assert_int_eq(measure_facts(&measure).protection, NODE_PROTECTED);
    protect_rc = -EACCES; /* the last answer stands */
    (void)read_at(3000);
    ck_assert_int_eq(measure_facts(&measure).protection, NODE_PROTECTED);
    protect_rc = -ENOENT;
    (void)read_at(4000);
    ck_assert_int_eq(measure_facts(&measure).protection, NODE_UNPROTECTED);
}
END_TEST

/* ---- file systems ---- */

static double fs_while_one_is_late(uint64_t uptime_ms)
{
    struct sample sample;

    measure_begin(&measure, uptime_ms);
    run_queued(uptime_ms);
    (void)measure_end(&measure, uptime_ms, &sample);
    return sample_has(&sample, METRIC_FS) ? sample.value[METRIC_FS].gauge : -1.0;
}

/* What is reserved for root is neither used nor available. */
START_TEST(fullest_file_system_counts_as_df_shows_it)
{
    texts[MOUNTINFO] = ROOT_MOUNT VAR_MOUNT BIND_MOUNT;
    spaces[0] = (struct node_space){.used = 100, .available = 300};
    spaces[1] = (struct node_space){.used = 60, .available = 20};
    ck_assert_double_eq(fs_at(1000), -1.0); /* which there are is known from now on */
    ck_assert_double_eq(fs_at(2000), 75.0);
    spaces[0] = (struct node_space){.used = 360, .available = 40};
    ck_assert_double_eq(fs_at(16999), 75.0);
    ck_assert_double_eq(fs_at(17000), 90.0);
    ck_assert_uint_eq(space_reads, 4);
}
END_TEST

START_TEST(file_system_that_can_not_be_asked_does_not_count)
{
    texts[MOUNTINFO] = ROOT_MOUNT VAR_MOUNT;
    spaces[0] = (struct node_space){.used = 100, .available = 300};
    spaces[1] = (struct node_space){.used = UINT64_MAX};
    (void)fs_at(1000);
    ck_assert_double_eq(fs_at(2000), 25.0);
    (void)fs_at(3000);
    ck_assert_uint_eq(space_reads, 2); /* it is not asked again at once */
    spaces[0] = (struct node_space){0};
    ck_assert_double_eq(fs_at(17000), -1.0);
}
END_TEST

START_TEST(file_systems_come_and_go)
{
    texts[MOUNTINFO] = ROOT_MOUNT;
    spaces[0] = (struct node_space){.used = 100, .available = 300};
    spaces[1] = (struct node_space){.used = 60, .available = 20};
    unsigned before = measure_count(&measure);
    (void)fs_at(1000);
    ck_assert_uint_eq(measure_count(&measure), before + 1);
    ck_assert_double_eq(fs_at(2000), 25.0);
    texts[MOUNTINFO] = ROOT_MOUNT VAR_MOUNT;
    ck_assert_double_eq(fs_at(60999), 25.0);
    (void)fs_at(61000);
    ck_assert_double_eq(fs_at(62000), 75.0);
    texts[MOUNTINFO] = ROOT_MOUNT;
    ck_assert_double_eq(fs_at(121000), 25.0);
    ck_assert_uint_eq(measure_count(&measure), before + 1);
}
END_TEST

START_TEST(file_system_that_hangs_does_not_hide_the_others)
{
    struct measure_job job, stuck = {0};
    struct sample sample;

    texts[MOUNTINFO] = ROOT_MOUNT VAR_MOUNT;
    spaces[0] = (struct node_space){.used = 100, .available = 300};
    spaces[1] = (struct node_space){.used = 60, .available = 20};
    (void)fs_at(1000);
    measure_begin(&measure, 2000);
    while (measure_next(&measure, false, &job))
        if (strcmp(measure_source_name(&measure, job.source), "file system /var") == 0) {
            stuck = job;
        } else {
            measure_run(&measure, &node, 2000, &job);
            measure_finish(&measure, &job);
        }
    struct measure_changes changes = measure_end(&measure, 2000, &sample);
    ck_assert_uint_eq(changes.late, 1U << stuck.source);
    ck_assert_double_eq(sample.value[METRIC_FS].gauge, 25.0);

    texts[MOUNTINFO] = ROOT_MOUNT; /* it is gone; its entry stays until the reading ends */
    ck_assert_double_eq(fs_while_one_is_late(61000), 25.0);
    ck_assert_str_eq(measure_source_name(&measure, stuck.source), "file system /var");
    measure_run(&measure, &node, 2000, &stuck);
    measure_finish(&measure, &stuck);
    ck_assert_double_eq(fs_while_one_is_late(121000), 25.0);
}
END_TEST

START_TEST(more_file_systems_than_are_measured_are_complained_about)
{
    char text[4096] = "";

    for (unsigned i = 0; i < MOUNT_SOURCE_MAX + 1; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%u 1 9:%u / /%u rw - ext4 /dev/sda rw\n", i, i, i);
    texts[MOUNTINFO] = text;
    ck_assert_str_eq(changes_at(1000).complaint,
                     "the node has more than 16 file systems; how full the others are is not measured");
    ck_assert_uint_eq(measure_count(&measure), MEASURE_ENTRIES);
}
END_TEST

/* ---- complaints ---- */

START_TEST(complaint_is_logged_once_an_hour)
{
    app_text = "many";
    ck_assert_str_eq(changes_at(1000).complaint, "--app-file /run/app: has something else than numbers");
    for (uint64_t now_ms = 2000; now_ms < 1000 + MEASURE_AGAIN_MS; now_ms += 1000)
        ck_assert_str_eq(changes_at(now_ms).complaint, "");
    ck_assert_str_ne(changes_at(1000 + MEASURE_AGAIN_MS).complaint, "");
}
END_TEST

START_TEST(other_complaint_is_logged_after_a_minute)
{
    app_text = "many";
    (void)changes_at(1000);
    app_text = "";
    ck_assert_str_eq(changes_at(2000).complaint, "");
    ck_assert_str_eq(changes_at(999 + MEASURE_CALM_MS).complaint, "");
    ck_assert_str_eq(changes_at(1000 + MEASURE_CALM_MS).complaint,
                     "--app-file /run/app: is empty; write another file and rename it");
}
END_TEST

START_TEST(source_is_content_a_minute_after_its_last_complaint)
{
    app_text = "many";
    (void)changes_at(1000);
    app_text = "1 2";
    (void)changes_at(2000);
    app_text = "many"; /* not logged */
    (void)changes_at(3000);
    app_text = "1 2";
    ck_assert_uint_eq(changes_at(2999 + MEASURE_CALM_MS).content, 0);
    uint32_t content = changes_at(3000 + MEASURE_CALM_MS).content;
    ck_assert_uint_ne(content, 0);
    ck_assert_str_eq(measure_source_name(&measure, (unsigned)__builtin_ctz(content)), "the application's file");
    ck_assert_uint_eq(changes_at(4000 + MEASURE_CALM_MS).content, 0);
    app_text = "many";
    ck_assert_str_ne(changes_at(5000 + MEASURE_CALM_MS).complaint, "");
}
END_TEST

/* ---- prompt sources ---- */

/* A reading of all sources, of which the cpu's is as given. */
static void read_with_cpu(uint64_t uptime_ms, bool is_prompt, uint64_t took_ms)
{
    struct measure_job job;
    struct sample sample;

    measure_begin(&measure, uptime_ms);
    job = take_cpu();
    measure_run(&measure, &node, uptime_ms, &job);
    job.is_prompt = is_prompt;
    job.took_ms = took_ms;
    measure_finish(&measure, &job);
    run_queued(uptime_ms);
    (void)measure_end(&measure, uptime_ms, &sample);
}

static bool cpu_is_prompt(uint64_t uptime_ms)
{
    struct measure_job job;

    measure_begin(&measure, uptime_ms);
    bool is_prompt = measure_next(&measure, true, &job);
    if (is_prompt)
        measure_finish(&measure, &job);
    return is_prompt;
}

START_TEST(source_is_prompt_as_its_last_reading_shows)
{
    ck_assert(!cpu_is_prompt(500));
    read_with_cpu(1000, true, 1);
    ck_assert(cpu_is_prompt(1500));
    read_with_cpu(2000, false, 1);
    ck_assert(!cpu_is_prompt(2500));
    read_with_cpu(3000, true, MEASURE_SLOW_MS - 1);
    ck_assert(cpu_is_prompt(3500));
}
END_TEST

START_TEST(source_that_was_slow_is_not_prompt_for_a_minute)
{
    read_with_cpu(1000, true, MEASURE_SLOW_MS);
    ck_assert(!cpu_is_prompt(1500));
    read_with_cpu(MEASURE_CALM_MS + 999, true, 1);
    ck_assert(!cpu_is_prompt(MEASURE_CALM_MS + 999));
    read_with_cpu(MEASURE_CALM_MS + 1000, true, 1);
    ck_assert(cpu_is_prompt(MEASURE_CALM_MS + 1500));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("measure");
    TCase *tests = tcase_create("measure");

    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_test(tests, cpu_shares_need_two_readings);
    tcase_add_test(tests, impossible_ticks_cost_the_cpu_metrics);
    tcase_add_test(tests, columns_that_the_kernel_does_not_have_are_absent);
    tcase_add_test(tests, memory_is_what_is_not_available);
    tcase_add_test(tests, text_that_is_missing_costs_its_metrics_only);
    tcase_add_test(tests, node_has_cores_and_memory);
    tcase_add_test(tests, cores_are_counted_each_10_s_and_memory_at_each_reading);
    tcase_add_test(tests, facts_that_can_not_be_read_stay_as_they_were);
    tcase_add_test(tests, facts_are_new_when_they_have_changed);
    tcase_add_test(tests, source_without_cpu_and_memory_is_no_node);
    tcase_add_test(tests, averages_are_read_when_the_kernel_may_have_changed_them);
    tcase_add_test(tests, average_that_can_not_be_read_is_tried_each_time);
    tcase_add_test(tests, physical_disks_alone_are_summed);
    tcase_add_test(tests, failed_read_is_not_taken_for_disks_that_went);
    tcase_add_test(tests, physical_interfaces_alone_are_summed);
    tcase_add_test(tests, without_a_physical_interface_all_but_the_loopback_count);
    tcase_add_test(tests, late_source_costs_its_metrics_until_it_ends);
    tcase_add_test(tests, reading_that_hung_counts_until_its_end);
    tcase_add_test(tests, what_was_read_before_does_not_stand_for_what_is_late);
    tcase_add_test(tests, source_is_on_time_again_after_a_minute);
    tcase_add_test(tests, node_whose_sources_are_late_is_possible);
    tcase_add_test(tests, node_is_protected_while_the_file_exists);
    tcase_add_test(tests, fullest_file_system_counts_as_df_shows_it);
    tcase_add_test(tests, file_system_that_can_not_be_asked_does_not_count);
    tcase_add_test(tests, file_systems_come_and_go);
    tcase_add_test(tests, file_system_that_hangs_does_not_hide_the_others);
    tcase_add_test(tests, more_file_systems_than_are_measured_are_complained_about);
    tcase_add_test(tests, complaint_is_logged_once_an_hour);
    tcase_add_test(tests, other_complaint_is_logged_after_a_minute);
    tcase_add_test(tests, source_is_content_a_minute_after_its_last_complaint);
    tcase_add_test(tests, source_is_prompt_as_its_last_reading_shows);
    tcase_add_test(tests, source_that_was_slow_is_not_prompt_for_a_minute);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
