/* The metrics of a cgroup, and what they replace. */
#include "agent/metrics/cgroup_source.h"

#include "agent/config/config.h"
#include "agent/sampling/measure.h"
#include "node_fixture.h"
#include "support/suite.h"

#define TOP  "/sys/fs/cgroup"
#define NONE (-1.0)

static struct agent_config config;
static struct measure measure;
static struct sample sample;
static struct measure_changes changes;

static const char all_cpus[] = "cpu  100 0 100 700 100 0 0 0 0 0\ncpu0 1 1 1 1 1 1 1 1 1 1\ncpu1 1 1 1 1 1 1 1 1 1 1\n";

static void put_machine(void)
{
    node_put("/proc", "stat", all_cpus);
    node_put("/proc", "meminfo",
             "MemTotal: 16777216 kB\nMemAvailable: 15770583 kB\nSwapTotal: 100 kB\nSwapFree: 50 kB\n");
    node_put("/proc", "loadavg", "9.25 0 0 1/1 1\n");
    node_put("/proc", "diskstats", "8 0 sda 1 0 100 0 1 0 200 0 0 50 0\n");
    node_put("/proc/pressure", "cpu", "some avg10=7.00 avg60=0.00\n");
    node_put("/proc/pressure", "memory", "some avg10=7.00 avg60=0.00\n");
    node_put("/proc/pressure", "io", "some avg10=7.00 avg60=0.00\n");
    node_put("/proc/net", "dev", "head\nhead\neth0: 10 0 0 0 0 0 0 0 20 0\n");
    node_put("/sys/block/sda", "device", "");
    node_put("/sys/dev/block/8:0", "device", "");
}

/* A container at 89 % of its memory and with half a core, on a machine at 6 %. */
static void put_container(void)
{
    node_put("/proc/self", "cgroup", "0::/\n");
    node_put("/proc/self", "mountinfo", "30 23 0:26 / " TOP " rw - cgroup2 cgroup2 rw\n");
    node_put(TOP, "memory.max", "1000000000\n");
    node_put(TOP, "memory.current", "950000000\n");
    node_put(TOP, "memory.stat", "anon 890000000\nfile 60000000\ninactive_file 60000000\nactive_file 0\n");
    node_put(TOP, "memory.events", "low 0\nhigh 0\nmax 17\noom 2\noom_kill 2\n");
    node_put(TOP, "memory.swap.max", "max\n");
    node_put(TOP, "memory.swap.current", "0\n");
    node_put(TOP, "cpu.max", "50000 100000\n");
    node_put(TOP, "cpu.stat", "usage_usec 1000000\nnr_periods 100\nnr_throttled 10\nthrottled_usec 1\n");
    node_put(TOP, "io.stat",
             "8:0 rbytes=1000 wbytes=2000 rios=1 wios=1 dbytes=0 dios=0\n"
             "253:0 rbytes=900 wbytes=1900 rios=1 wios=1 dbytes=0 dios=0\n");
    node_put(TOP, "cpu.pressure", "some avg10=40.00 avg60=0.00 avg300=0.00 total=1\nfull avg10=30.00\n");
    node_put(TOP, "memory.pressure", "some avg10=3.00 avg60=0.00 avg300=0.00 total=1\n");
}

static void begin(const char *cgroup)
{
    snprintf(config.cgroup, sizeof config.cgroup, "%s", cgroup);
    memset(&measure, 0, sizeof measure);
    ck_assert_int_eq(measure_init(&measure, &config), 0);
}

static void setup(void)
{
    config = agent_config_defaults;
    node_clear();
    put_machine();
    put_container();
    begin("auto");
}

static void teardown(void)
{
    measure_deinit(&measure, &node);
}

static void begin_again(const char *cgroup)
{
    teardown();
    begin(cgroup);
}

static void read_at(uint64_t uptime_ms)
{
    struct measure_job job;

    node_read_ms = uptime_ms;
    measure_begin(&measure, uptime_ms);
    while (measure_next(&measure, false, &job)) {
        measure_run(&measure, &node, uptime_ms, &job);
        job.is_prompt = true;
        measure_finish(&measure, &job);
    }
    changes = measure_end(&measure, uptime_ms, &sample);
}

static bool is_prompt(void)
{
    unsigned i = 0;

    while (strcmp(measure_source_name(&measure, i), "cgroup") != 0)
        i++;
    return measure.entries[i].is_prompt;
}

/* As read_at() if it is time to look at the limits again: that is asked for, and done at the next reading. Without a
 * cgroup, the next reading is the next look. */
static void look_at(uint64_t uptime_ms)
{
    read_at(uptime_ms - 1);
    ck_assert(!is_prompt());
    read_at(uptime_ms);
    ck_assert(is_prompt() == (measure_facts(&measure).view[0] != '\0'));
}

static void expect(enum metric metric, double value)
{
    ck_assert_msg(sample_has(&sample, metric) == (value >= 0.0), "%s", metric_table[metric].name);
    if (value >= 0.0)
        ck_assert_msg(sample.value[metric].gauge > value - 1e-6 && sample.value[metric].gauge < value + 1e-6,
                      "%s: %g, not %g", metric_table[metric].name, sample.value[metric].gauge, value);
}

static void expect_count(enum metric metric, uint64_t value)
{
    ck_assert_msg(sample_has(&sample, metric), "%s", metric_table[metric].name);
    ck_assert_uint_eq(sample.value[metric].counter, value);
}

static void expect_machine(void)
{
    expect(METRIC_MEMORY, 6.0);
    expect(METRIC_LOAD1, 9.25);
    expect(METRIC_PSI_CPU, 7.0);
    expect_count(METRIC_DISK_READ, 100 * 512);
    ck_assert_str_eq(measure_facts(&measure).view, "");
    ck_assert_uint_eq(node_facts_cpu_milli(&(struct node_facts){.cores = measure_facts(&measure).cores}), 2000);
}

/* ---- version 2 ---- */

START_TEST(a_container_is_measured_against_its_own_limits)
{
    read_at(1000);
    expect(METRIC_CPU, NONE);
    expect(METRIC_THROTTLED, NONE);
    node_put(TOP, "cpu.stat", "usage_usec 1400000\nnr_periods 110\nnr_throttled 14\nthrottled_usec 2\n");
    node_put(TOP, "io.stat", "8:0 rbytes=1500 wbytes=2600 rios=1 wios=1\n253:0 rbytes=9 wbytes=9\n");
    node_put(TOP, "memory.events", "oom_kill 3\n");
    read_at(2000);
    expect(METRIC_CPU, 80.0);
    expect(METRIC_THROTTLED, 40.0);
    expect(METRIC_MEMORY, 89.0);
    expect(METRIC_PSI_CPU, 40.0);
    expect(METRIC_PSI_MEMORY, 3.0);
    expect_count(METRIC_DISK_READ, 1500);
    expect_count(METRIC_DISK_WRITE, 2600);
    expect_count(METRIC_OOM_KILLS, 3);
    expect_count(METRIC_NET_RX, 10);

    const struct node_facts facts = measure_facts(&measure);
    ck_assert_uint_eq(node_facts_cpu_milli(&facts), 500);
    ck_assert_uint_eq(facts.memory_bytes, 1000000000);
    ck_assert_str_eq(facts.view, "cgroup " TOP ": 0.5 cpus, 953 MiB");
}
END_TEST

/* They would be the machine's. */
START_TEST(what_a_cgroup_does_not_have_is_absent)
{
    node_put(TOP, "io.stat", NULL);
    node_put(TOP, "memory.current", NULL);
    read_at(1000);
    read_at(2000);
    expect(METRIC_MEMORY, NONE);
    expect(METRIC_SWAP, NONE);
    expect(METRIC_LOAD1, NONE);
    expect(METRIC_IOWAIT, NONE);
    expect(METRIC_STEAL, NONE);
    expect(METRIC_PSI_IO, NONE);
    expect(METRIC_DISK_READ, NONE);
    expect(METRIC_DISK_BUSY, NONE);
}
END_TEST

START_TEST(swap_is_measured_if_it_is_limited)
{
    node_put(TOP, "memory.swap.max", "1000\n");
    node_put(TOP, "memory.swap.current", "250\n");
    read_at(1000);
    expect(METRIC_SWAP, 25.0);
}
END_TEST

START_TEST(a_working_set_is_never_negative_or_above_all)
{
    node_put(TOP, "memory.stat", "inactive_file 990000000\n");
    read_at(1000);
    expect(METRIC_MEMORY, 0.0);
    node_put(TOP, "memory.stat", "garbage");
    node_put(TOP, "memory.current", "1200000000\n");
    read_at(2000);
    expect(METRIC_MEMORY, 100.0);
}
END_TEST

START_TEST(inactive_memory_is_looked_at_each_5_s)
{
    read_at(1000);
    expect(METRIC_MEMORY, 89.0);
    node_put(TOP, "memory.stat", "inactive_file 50000000\n");
    node_put(TOP, "memory.current", "951000000\n");
    for (uint64_t s = 2; s < 6; s++) {
        read_at(s * 1000);
        expect(METRIC_MEMORY, 89.1);
    }
    read_at(6000);
    expect(METRIC_MEMORY, 90.1);
}
END_TEST

START_TEST(inactive_memory_is_looked_at_when_a_hundredth_of_the_memory_has_moved)
{
    read_at(1000);
    node_put(TOP, "memory.stat", "inactive_file 70000000\n");
    node_put(TOP, "memory.current", "960000000\n");
    read_at(2000);
    expect(METRIC_MEMORY, 90.0);
    node_put(TOP, "memory.current", "960000001\n");
    read_at(3000);
    expect(METRIC_MEMORY, 89.0000001);
    node_put(TOP, "memory.stat", "inactive_file 0\n");
    node_put(TOP, "memory.current", "900000000\n");
    read_at(4000);
    expect(METRIC_MEMORY, 90.0);
}
END_TEST

START_TEST(without_a_limit_the_machine_is_measured)
{
    node_put(TOP, "memory.max", "max\n");
    node_put(TOP, "cpu.max", "max 100000\n");
    read_at(1000);
    read_at(2000);
    expect_machine();
    expect(METRIC_THROTTLED, NONE);
}
END_TEST

START_TEST(limits_that_change_are_noticed_within_10_s)
{
    read_at(1000);
    node_put(TOP, "memory.max", "2000000000\n");
    node_put(TOP, "cpu.max", "100000 100000\n");
    read_at(10999);
    ck_assert(is_prompt());
    expect(METRIC_MEMORY, 89.0);
    look_at(11001);
    expect(METRIC_MEMORY, 44.5);
    ck_assert_uint_eq(measure_facts(&measure).cpu_milli, 1000);
    node_put(TOP, "memory.max", "max\n");
    node_put(TOP, "cpu.max", "max 100000\n");
    look_at(22000);
    read_at(23000);
    expect_machine();
    node_put(TOP, "memory.max", "1000000000\n");
    read_at(81999);
    expect_machine();
    ck_assert(!is_prompt());
    read_at(82000);
    expect(METRIC_MEMORY, 89.0);
    expect(METRIC_LOAD1, NONE);
}
END_TEST

START_TEST(a_process_that_moves_to_another_cgroup_takes_the_view_along)
{
    read_at(1000);
    node_put(TOP "/a", "memory.max", "100\n");
    node_put(TOP "/a", "memory.current", "50\n");
    node_put("/proc/self", "cgroup", "0::/a\n");
    look_at(11001);
    expect(METRIC_MEMORY, 50.0);
    expect(METRIC_CPU, NONE);
}
END_TEST

/* lxcfs, which emulates them, may hang. */
START_TEST(files_of_the_machine_are_not_read_again)
{
    read_at(1000);
    node_put("/proc", "meminfo", "MemTotal: 1 kB\n");
    node_put("/proc", "stat", "");
    look_at(11001);
    expect(METRIC_MEMORY, 89.0);
    ck_assert_uint_eq(measure_facts(&measure).cpu_milli, 500);
}
END_TEST

/* A reading that fails or ends late does not make the machine's metrics the node's. */
START_TEST(what_is_replaced_stays_so_while_the_cgroup_can_not_be_read)
{
    struct measure_job job;

    read_at(1000);
    measure_begin(&measure, 2000);
    do
        ck_assert(measure_next(&measure, false, &job));
    while (strcmp(measure_source_name(&measure, job.source), "cgroup") != 0);
    (void)measure_end(&measure, 2000, &sample);
    expect(METRIC_MEMORY, NONE);
    expect(METRIC_LOAD1, NONE);
    job.was_read = false;
    measure_finish(&measure, &job);
    (void)measure_end(&measure, 3000, &sample);
    expect(METRIC_MEMORY, NONE);
    ck_assert_uint_eq(measure_facts(&measure).cpu_milli, 500);
}
END_TEST

/* In a container that is throttled, the first reading may take longer than the first sample can wait. */
START_TEST(before_the_first_reading_the_machine_is_not_taken_for_the_node)
{
    struct measure_job job;

    measure_begin(&measure, 1000);
    while (measure_next(&measure, false, &job)) {
        if (strcmp(measure_source_name(&measure, job.source), "cgroup") == 0)
            continue;
        measure_run(&measure, &node, 1000, &job);
        measure_finish(&measure, &job);
    }
    (void)measure_end(&measure, 1000, &sample);
    expect(METRIC_MEMORY, NONE);
    expect(METRIC_PSI_CPU, NONE);
    expect_count(METRIC_NET_RX, 10);
}
END_TEST

/* What is replaced is not read either. */
START_TEST(a_container_costs_no_more_than_a_machine)
{
    read_at(1000);
    node_put("/proc", "stat", "cpu  150 0 150 750 150 0 0 0 0 0\n");
    read_at(2000);
    read_at(3000);
    node_reads = 0;
    read_at(3500);
    ck_assert_uint_eq(node_reads, 5); /* cpu, 2 of memory, io, and the network */
}
END_TEST

START_TEST(a_source_that_is_needed_again_is_read_again)
{
    read_at(1000);
    read_at(2000);
    node_put(TOP, "memory.max", "max\n");
    node_put(TOP, "cpu.max", "max 100000\n");
    look_at(11001);
    node_put("/proc", "stat", "cpu  150 0 150 750 150 0 0 0 0 0\ncpu0 1 1 1 1 1 1 1 1 1 1\n");
    read_at(12000);
    expect(METRIC_MEMORY, 6.0);
    expect(METRIC_CPU, 50.0);
}
END_TEST

START_TEST(without_sys_only_known_virtual_disks_are_left_out)
{
    node_put("/sys/dev/block/8:0", "device", NULL);
    node_put(TOP, "io.stat",
             "8:0 rbytes=1 wbytes=2\n7:0 rbytes=10 wbytes=20\n9:127 rbytes=10 wbytes=20\n"
             "254:0 rbytes=100 wbytes=200\n");
    read_at(1000);
    expect_count(METRIC_DISK_READ, 101);
    expect_count(METRIC_DISK_WRITE, 202);
}
END_TEST

/* ---- the setting ---- */

START_TEST(off_measures_the_machine)
{
    begin_again("off");
    read_at(1000);
    expect_machine();
}
END_TEST

START_TEST(a_named_cgroup_is_measured)
{
    node_put(TOP "/web.slice", "memory.max", "1000\n");
    node_put(TOP "/web.slice", "memory.current", "500\n");
    node_put(TOP "/web.slice", "memory.stat", "inactive_file 100\n");
    begin_again("web.slice");
    read_at(1000);
    expect(METRIC_MEMORY, 40.0);
    ck_assert_str_eq(measure_facts(&measure).view, "cgroup " TOP "/web.slice: 0.5 cpus, 0 MiB");
}
END_TEST

START_TEST(a_named_cgroup_that_does_not_exist_has_no_metrics_until_it_does)
{
    begin_again("/web.slice");
    read_at(1000);
    expect(METRIC_MEMORY, NONE);
    expect(METRIC_LOAD1, NONE);
    expect_count(METRIC_NET_RX, 10);
    ck_assert_str_eq(measure_facts(&measure).view, "cgroup /web.slice, which does not exist");
    ck_assert_str_eq(changes.complaint, "the cgroup /web.slice does not exist; until it does, the node has no cpu, "
                                        "memory and disk metrics");
    node_put(TOP "/web.slice", "memory.max", "1000\n");
    node_put(TOP "/web.slice", "memory.current", "500\n");
    look_at(11001);
    expect(METRIC_MEMORY, 50.0);
}
END_TEST

/* /proc/self below a root would be the agent, which is in a container of its own. */
START_TEST(below_a_root_the_first_process_is_asked)
{
    node_put("/proc/1", "cgroup", "0::/init.scope\n");
    node_put("/proc/1", "mountinfo", "30 23 0:26 / " TOP " rw - cgroup2 cgroup2 rw\n");
    node_put("/proc/self", "cgroup", "0::/kubepods/agent\n");
    node_put(TOP, "memory.max", NULL);
    node_put(TOP, "cpu.max", NULL);
    node_put(TOP "/kubepods/agent", "memory.max", "32000000\n");
    snprintf(config.root, sizeof config.root, "/host");
    begin_again("auto");
    read_at(1000);
    expect_machine();
    node_put("/proc/1", "cgroup", NULL); /* a tree without it */
    begin_again("auto");
    read_at(1000);
    ck_assert_uint_eq(measure_facts(&measure).memory_bytes, 32000000);
}
END_TEST

START_TEST(cpu_time_that_can_not_be_is_absent_and_counted)
{
    static const char *const usages[] = {"usage_usec 1000\n", "usage_usec 90000000\n", "usage_usec 90250000\n"};

    read_at(1000);
    ck_assert_str_eq(changes.complaint, "");
    node_put(TOP, "cpu.stat", usages[0]);
    node_put("/proc", "stat", "cpu  150 0 150 750 150 0 0 0 0 0\n"); /* read once more before it is replaced */
    read_at(2000);
    expect(METRIC_CPU, NONE);
    ck_assert_str_eq(changes.complaint, "the cgroup's counts of cpu time can't be those of the time that has passed; "
                                        "such intervals have no cpu metrics (1 or more so far)");
    node_put(TOP, "cpu.stat", usages[1]);
    read_at(3000);
    expect(METRIC_CPU, NONE);
    node_put(TOP, "cpu.stat", usages[2]);
    read_at(4000);
    expect(METRIC_CPU, 50.0);
    expect(METRIC_MEMORY, 89.0);
}
END_TEST

/* ---- version 1 ---- */

static void put_memory_1(const char *memory_and_swap)
{
    node_clear();
    put_machine();
    node_put("/proc/self", "cgroup", "4:memory:/docker/x\n");
    node_put("/proc/self", "mountinfo", "1 1 0:1 /docker/x " TOP "/memory rw - cgroup cgroup rw,memory\n");
    node_put(TOP "/memory", "memory.limit_in_bytes", "1000000000\n");
    node_put(TOP "/memory", "memory.usage_in_bytes", "950000000\n");
    node_put(TOP "/memory", "memory.stat", "swap 1\ntotal_inactive_file 60000000\ntotal_swap 100000000\n");
    node_put(TOP "/memory", "memory.memsw.limit_in_bytes", memory_and_swap);
    begin_again("auto");
    read_at(1000);
}

/* The limit is that of memory and swap together. */
START_TEST(swap_of_version_1_is_measured_if_it_is_limited)
{
    put_memory_1("1400000000\n");
    expect(METRIC_SWAP, 25.0);
    expect(METRIC_MEMORY, 89.0);
    put_memory_1("1000000000\n"); /* it may not swap */
    expect(METRIC_SWAP, NONE);
    put_memory_1("9223372036854771712\n"); /* unlimited */
    expect(METRIC_SWAP, NONE);
    put_memory_1(NULL); /* swapaccount=0 */
    expect(METRIC_SWAP, NONE);
    expect(METRIC_MEMORY, 89.0);
}
END_TEST

START_TEST(a_container_of_version_1_is_measured)
{
    node_clear();
    put_machine();
    node_put("/proc/self", "cgroup", "4:memory:/docker/x\n3:cpu,cpuacct:/docker/x\n2:blkio:/docker/x\n");
    node_put("/proc/self", "mountinfo",
             "1 1 0:1 /docker/x " TOP "/memory rw - cgroup cgroup rw,memory\n"
             "1 1 0:2 /docker/x " TOP "/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
             "1 1 0:3 /docker/x " TOP "/blkio rw - cgroup cgroup rw,blkio\n");
    node_put(TOP "/memory", "memory.limit_in_bytes", "1000000000\n");
    node_put(TOP "/memory", "memory.usage_in_bytes", "950000000\n");
    node_put(TOP "/memory", "memory.stat", "inactive_file 1\ntotal_inactive_file 60000000\n");
    node_put(TOP "/memory", "memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n");
    node_put(TOP "/cpu,cpuacct", "cpu.cfs_quota_us", "25000\n");
    node_put(TOP "/cpu,cpuacct", "cpu.cfs_period_us", "50000\n");
    node_put(TOP "/cpu,cpuacct", "cpu.stat", "nr_periods 5\nnr_throttled 0\nthrottled_time 0\n");
    node_put(TOP "/cpu,cpuacct", "cpuacct.usage", "5000000000\n");
    node_put(TOP "/blkio", "blkio.throttle.io_service_bytes", "8:0 Read 5\n8:0 Write 6\n8:0 Total 11\nTotal 11\n");
    begin_again("auto");
    read_at(1000);
    node_put(TOP "/cpu,cpuacct", "cpuacct.usage", "5250000000\n");
    node_put(TOP "/cpu,cpuacct", "cpu.stat", "nr_periods 15\nnr_throttled 5\nthrottled_time 0\n");
    read_at(2000);
    expect(METRIC_MEMORY, 89.0);
    expect(METRIC_CPU, 50.0);
    expect(METRIC_THROTTLED, 50.0);
    expect(METRIC_PSI_CPU, NONE);
    expect_count(METRIC_OOM_KILLS, 1);
    expect_count(METRIC_DISK_READ, 5);
    expect_count(METRIC_DISK_WRITE, 6);
    ck_assert_str_eq(measure_facts(&measure).view, "cgroup " TOP "/memory: 0.5 cpus, 953 MiB");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cgroup_source");
    TCase *tests = tcase_create("cgroup_source");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_container_is_measured_against_its_own_limits);
    tcase_add_test(tests, what_a_cgroup_does_not_have_is_absent);
    tcase_add_test(tests, swap_is_measured_if_it_is_limited);
    tcase_add_test(tests, a_working_set_is_never_negative_or_above_all);
    tcase_add_test(tests, inactive_memory_is_looked_at_each_5_s);
    tcase_add_test(tests, inactive_memory_is_looked_at_when_a_hundredth_of_the_memory_has_moved);
    tcase_add_test(tests, without_a_limit_the_machine_is_measured);
    tcase_add_test(tests, limits_that_change_are_noticed_within_10_s);
    tcase_add_test(tests, a_process_that_moves_to_another_cgroup_takes_the_view_along);
    tcase_add_test(tests, files_of_the_machine_are_not_read_again);
    tcase_add_test(tests, what_is_replaced_stays_so_while_the_cgroup_can_not_be_read);
    tcase_add_test(tests, before_the_first_reading_the_machine_is_not_taken_for_the_node);
    tcase_add_test(tests, a_container_costs_no_more_than_a_machine);
    tcase_add_test(tests, a_source_that_is_needed_again_is_read_again);
    tcase_add_test(tests, without_sys_only_known_virtual_disks_are_left_out);
    tcase_add_test(tests, off_measures_the_machine);
    tcase_add_test(tests, a_named_cgroup_is_measured);
    tcase_add_test(tests, a_named_cgroup_that_does_not_exist_has_no_metrics_until_it_does);
    tcase_add_test(tests, below_a_root_the_first_process_is_asked);
    tcase_add_test(tests, cpu_time_that_can_not_be_is_absent_and_counted);
    tcase_add_test(tests, swap_of_version_1_is_measured_if_it_is_limited);
    tcase_add_test(tests, a_container_of_version_1_is_measured);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
