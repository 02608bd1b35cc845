/* Samples of a node whose files hang: they are in a file system that never answers. */
#include "agent/sampling/sampler.h"

#include "agent/config/config.h"
#include "common/clock.h"
#include "support/hung_mount.h"
#include "support/log_capture.h"
#include "support/suite.h"
#include "support/temp_dir.h"
#include "support/test_loop.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define INTERVAL_MS 1000U
#define PSI         (1U << METRIC_PSI_CPU | 1U << METRIC_PSI_MEMORY | 1U << METRIC_PSI_IO)
#define OTHERS      (1U << METRIC_MEMORY | 1U << METRIC_LOAD1 | 1U << METRIC_DISK_READ | 1U << METRIC_NET_RX)

static struct agent_config config = {.interval_ms = INTERVAL_MS};
static struct hung_mount hung = {.fd = -1};
static struct temp_dir dir;
static struct probe *probe;
static struct sampler sampler;
static struct sample last;
static unsigned samples;

static void write_file(const char *name, const char *text)
{
    temp_dir_write(&dir, name, text, strlen(text));
}

static void write_files(void)
{
    static const char pressure[] = "some avg10=1.50 avg60=0.00\n";

    write_file("proc/stat", "cpu 1 1 1 1 1\ncpu0 1 1 1 1 1\n");
    write_file("proc/meminfo", "MemTotal: 1000 kB\nMemAvailable: 250 kB\n");
    write_file("proc/loadavg", "0.25 0 0 1/1 1\n");
    write_file("proc/diskstats", "8 0 sda 1 0 100 0 1 0 200 0 0 50 0\n");
    write_file("proc/net/dev", "head\nhead\neth0: 10 0 0 0 0 0 0 0 20 0\n");
    write_file("proc/pressure/cpu", pressure);
    write_file("proc/pressure/memory", pressure);
    write_file("proc/pressure/io", pressure);
}

static void begin(void)
{
    static const char *const folders[] = {"proc",      "proc/net",      "proc/pressure",       "sys",
                                          "sys/block", "sys/block/sda", "sys/block/sda/device"};

    temp_dir_create(&dir);
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        ck_assert_int_eq(mkdir(temp_dir_path(&dir, folders[i]), 0777), 0);
    write_files();
    snprintf(config.root, sizeof config.root, "%s", dir.path);
    test_loop_start();
    log_capture_start();
    samples = 0;
}

static void on_sample(struct sample *sample, void *arg)
{
    ck_assert_ptr_eq(arg, &samples);
    last = *sample;
    samples++;
}

/* Once the folder of pressures hangs, if it is to. */
static void start(void)
{
    ck_assert_int_eq(probe_new(&config, &probe), 0);
    ck_assert_int_eq(sampler_start(&sampler, &test_loop, probe, on_sample, &samples), 0);
}

static void end(void)
{
    sampler_close(&sampler);
    hung_mount_end(&hung);
    test_loop_end();
    probe_free(probe);
    temp_dir_remove(&dir);
}

static void tick(void)
{
    unsigned before = samples;

    uv_update_time(&test_loop);
    sampler_tick(&sampler);
    test_loop_until_count(&samples, before + 1);
    ck_assert_uint_eq(samples, before + 1);
}

/* Those of the probe. */
static unsigned count_threads(void)
{
    DIR *tasks = opendir("/proc/self/task");
    struct dirent *task;
    unsigned count = 0;

    while ((task = readdir(tasks)) != NULL) {
        char path[300], name[32] = "";
        snprintf(path, sizeof path, "/proc/self/task/%s/comm", task->d_name);
        FILE *file = fopen(path, "r"); /* NULL: it has just ended */
        if (file == NULL)
            continue;
        count += fgets(name, sizeof name, file) != NULL && strcmp(name, PROBE_THREAD_NAME "\n") == 0;
        fclose(file);
    }
    closedir(tasks);
    return count;
}

static bool is_one_thread(void *arg)
{
    (void)arg;
    return count_threads() == 1;
}

/* Ticks until the sample has the metrics; a file that could not be opened is tried after 1, 2, 4 ... ticks. */
static void tick_until(uint32_t metrics)
{
    uint64_t begin_ms = clock_uptime_ms();

    while ((last.present & metrics) != metrics) {
        ck_assert_uint_lt(clock_uptime_ms() - begin_ms, 20000);
        tick();
        test_loop_for_ms(1);
    }
}

START_TEST(sample_has_what_can_be_read)
{
    start();
    tick();
    ck_assert_uint_eq(last.present & (OTHERS | PSI), OTHERS | PSI);
    ck_assert_uint_eq(count_threads(), 1);
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_INFO, "reading"), 0);
}
END_TEST

START_TEST(time_is_that_of_the_reading)
{
    start();
    int64_t before_ms = clock_wall_ms();
    uint64_t before_uptime_ms = clock_uptime_ms();
    tick();
    ck_assert_int_ge(last.time_ms, before_ms);
    ck_assert_int_le(last.time_ms, clock_wall_ms());
    ck_assert_uint_ge(last.uptime_ms, before_uptime_ms);
    ck_assert_uint_le(last.uptime_ms, clock_uptime_ms());
}
END_TEST

/* They can't hang, and need no thread. A file that is missing is looked for by the thread, but less and less often. */
START_TEST(files_that_the_kernel_answers_are_read_at_once)
{
    bool at_once = false;

    config.root[0] = '\0';
    start();
    for (unsigned i = 0; i < 50 && !at_once; i++) {
        unsigned before = samples;
        tick();
        sampler_tick(&sampler);
        at_once = samples == before + 2;
        test_loop_until_count(&samples, before + 2);
    }
    ck_assert(at_once);
    ck_assert(sample_has(&last, METRIC_MEMORY));
}
END_TEST

START_TEST(files_that_hang_cost_their_metrics_only)
{
    hung_mount_start(&hung, temp_dir_path(&dir, "proc/pressure"));
    uint64_t begin_ms = clock_uptime_ms();
    start();
    ck_assert_uint_ge(clock_uptime_ms() - begin_ms + 1, PROBE_DEADLINE_MS_MAX);
    for (unsigned i = 0; i < 10; i++) {
        begin_ms = clock_uptime_ms();
        tick();
        ck_assert_uint_eq(last.present & (OTHERS | PSI), OTHERS);
        ck_assert_uint_ge(last.uptime_ms, begin_ms);
        ck_assert_uint_ge(count_threads(), 3);
        ck_assert_uint_le(count_threads(), MEASURE_ENTRIES);
    }
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_WARNING, "reading cpu pressure takes longer than 500 ms"), 1);
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_WARNING, "reading"), 3);
    hung_mount_end(&hung);
    tick_until(OTHERS | PSI);
    test_loop_until(is_one_thread, NULL);
}
END_TEST

/* Even in the sample in which they begin to hang: those that are behind them are still read before the deadline. */
START_TEST(files_that_begin_to_hang_cost_their_metrics_only)
{
    static const char *const files[] = {"proc/pressure/cpu", "proc/pressure/memory", "proc/pressure/io"};

    /* Folders, whose reading fails: so they are opened again and again. */
    for (unsigned i = 0; i < 3; i++) {
        ck_assert_int_eq(unlink(temp_dir_path(&dir, files[i])), 0);
        ck_assert_int_eq(mkdir(temp_dir_path(&dir, files[i]), 0777), 0);
    }
    start();
    tick();
    hung_mount_start(&hung, temp_dir_path(&dir, "proc/pressure"));
    for (unsigned i = 0; log_capture_count(LOG_LEVEL_WARNING, "reading") < 3; i++) {
        ck_assert_uint_lt(i, 64);
        tick();
        ck_assert_uint_eq(last.present & (OTHERS | PSI), OTHERS);
    }
}
END_TEST

START_TEST(end_does_not_wait_for_files_that_hang)
{
    hung_mount_start(&hung, temp_dir_path(&dir, "proc/pressure"));
    snprintf(config.protect_file, sizeof config.protect_file, "%s", temp_dir_path(&dir, "proc/pressure/job"));
    start();
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_WARNING, "the file that protects the node"), 1);
    sampler_tick(&sampler);
    sampler_close(&sampler);
    test_loop_end();
    test_loop_start();
    uint64_t begin_ms = clock_uptime_ms();
    probe_free(probe);
    probe = NULL;
    ck_assert_uint_le(clock_uptime_ms() - begin_ms, 2000);
    ck_assert_uint_eq(samples, 0);
}
END_TEST

START_TEST(file_system_that_hangs_does_not_hide_the_others)
{
    struct stat ok;
    char text[128];

    ck_assert_int_eq(mkdir(temp_dir_path(&dir, "ok"), 0777), 0);
    ck_assert_int_eq(stat(temp_dir_path(&dir, "ok"), &ok), 0);
    snprintf(text, sizeof text, "27 1 %u:%u / /ok rw - btrfs none rw\n28 27 0:98 / /hung rw - btrfs none rw\n",
             major(ok.st_dev), minor(ok.st_dev));
    ck_assert_int_eq(mkdir(temp_dir_path(&dir, "hung"), 0777), 0);
    ck_assert_int_eq(mkdir(temp_dir_path(&dir, "proc/1"), 0777), 0);
    write_file("proc/1/mountinfo", text);
    hung_mount_start(&hung, temp_dir_path(&dir, "hung"));
    start();
    for (unsigned i = 0; i < 5; i++) {
        tick();
        ck_assert_uint_eq(last.present & (OTHERS | PSI), OTHERS | PSI);
        ck_assert(sample_has(&last, METRIC_FS));
    }
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_WARNING, "reading file system /hung takes longer than 500 ms"), 1);
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_WARNING, "reading"), 1);
}
END_TEST

START_TEST(node_of_which_everything_hangs_is_sampled)
{
    hung_mount_start(&hung, temp_dir_path(&dir, "proc"));
    start(); /* it may be a node */
    tick();
    ck_assert_uint_eq(last.present, 0);
    ck_assert_uint_ge(log_capture_count(LOG_LEVEL_WARNING, "reading"), 8);
    hung_mount_end(&hung);
    tick_until(OTHERS | PSI);
    ck_assert_uint_eq(probe_facts(probe).memory_bytes, 1000 * 1024);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sampler");
    TCase *tests = tcase_create("sampler");
    TCase *hanging = tcase_create("hanging");

    tcase_add_checked_fixture(tests, begin, end);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, sample_has_what_can_be_read);
    tcase_add_test(tests, time_is_that_of_the_reading);
    tcase_add_test(tests, files_that_the_kernel_answers_are_read_at_once);
    suite_add_tcase(suite, tests);

    tcase_add_checked_fixture(hanging, begin, end);
    tcase_set_timeout(hanging, 60);
    if (hung_mount_prepare()) {
        tcase_add_test(hanging, files_that_hang_cost_their_metrics_only);
        tcase_add_test(hanging, files_that_begin_to_hang_cost_their_metrics_only);
        tcase_add_test(hanging, end_does_not_wait_for_files_that_hang);
        tcase_add_test(hanging, file_system_that_hangs_does_not_hide_the_others);
        tcase_add_test(hanging, node_of_which_everything_hangs_is_sampled);
    }
    suite_add_tcase(suite, hanging);
    return suite_run(suite);
}
