/* The probe on copies of fixture roots that change between two readings, and on the real /proc. The clock since boot is
 * the test's. */
#include "agent/sampling/probe.h"

#include "agent/config/config.h"
#include "common/clock.h"
#include "support/suite.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TOLERANCE 1e-9
#define TICKS_MAX 130 /* within this many ticks every file is tried again */

static const char *fixture; /* what copy_entry() copies */
static char root[PATH_MAX];
static struct probe *probe;
static struct agent_config config; /* its root is what the tests set */
static uint64_t uptime_ms;

int __real_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now);

int __wrap_clock_gettime(clockid_t clock, struct timespec *now)
{
    if (clock != CLOCK_BOOTTIME)
        return __real_clock_gettime(clock, now);
    *now = (struct timespec){.tv_sec = (time_t)(uptime_ms / 1000), .tv_nsec = (long)(uptime_ms % 1000) * 1000000};
    return 0;
}

static const char *in_root(const char *name)
{
    static char path[2 * PATH_MAX];

    ck_assert_int_lt(snprintf(path, sizeof path, "%s/%s", root, name), (int)sizeof path);
    return path;
}

/* Writes over the file that is there, so that who has it open sees it, as in /proc. */
static void write_file(const char *name, const char *text)
{
    FILE *file = fopen(in_root(name), "w");

    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(text, file), 0);
    ck_assert_int_eq(fclose(file), 0);
}

static void replace_in_file(const char *name, const char *old, const char *new)
{
    char text[16384], changed[16384];
    FILE *file = fopen(in_root(name), "r");

    ck_assert_ptr_nonnull(file);
    size_t len = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[len] = '\0';

    char *at = strstr(text, old);
    ck_assert_ptr_nonnull(at);
    ck_assert_int_lt(snprintf(changed, sizeof changed, "%.*s%s%s", (int)(at - text), text, new, at + strlen(old)),
                     (int)sizeof changed);
    write_file(name, changed);
}

static int copy_entry(const char *path, const struct stat *status, int type, struct FTW *place)
{
    const char *name = path + strlen(fixture);
    char text[16384];

    (void)status;
    (void)place;
    if (*name == '\0')
        return 0;
    if (type == FTW_D)
        return mkdir(in_root(name), 0777);

    FILE *file = fopen(path, "r");
    if (file == NULL)
        return -1;
    size_t len = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[len] = '\0';
    write_file(name, text);
    return 0;
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *place)
{
    (void)status;
    (void)type;
    (void)place;
    return remove(path);
}

static void remove_tree(const char *name)
{
    ck_assert_int_eq(nftw(in_root(name), remove_entry, 16, FTW_DEPTH | FTW_PHYS), 0);
}

static void create_root(const char *from)
{
    strcpy(root, "/tmp/check_probe.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(root));
    fixture = from;
    ck_assert_int_eq(nftw(from, copy_entry, 16, FTW_PHYS), 0);
    uptime_ms = 1000000;
    probe = NULL;
}

static void create_vm(void)
{
    create_root(TEST_DATA "/proc-vm");
}

static void create_container(void)
{
    create_root(TEST_DATA "/proc-container");
}

static void destroy(void)
{
    probe_free(probe);
    remove_tree("");
}

static int try_start(const char *at)
{
    config.interval_ms = 1000;
    snprintf(config.root, sizeof config.root, "%s", at);
    return probe_new(&config, &probe);
}

/* Takes the first reading. */
static void start(void)
{
    ck_assert_int_eq(try_start(root), 0);
}

/* The reading one second after the one before. */
static struct sample tick(void)
{
    struct sample sample = {.seq = 7, .present = ~0U};

    uptime_ms += 1000;
    probe_read(probe, probe_deadline_ms(probe), &sample);
    ck_assert_uint_eq(sample.uptime_ms, uptime_ms);
    ck_assert_uint_eq(sample.seq, 7);
    return sample;
}

static bool tick_has(enum metric metric)
{
    struct sample sample = tick();

    return sample_has(&sample, metric);
}

/* Ticks until the metric is there; returns how many it took. */
static unsigned ticks_until(enum metric metric)
{
    unsigned ticks = 1;

    while (!tick_has(metric)) {
        ticks++;
        ck_assert_uint_le(ticks, TICKS_MAX);
    }
    return ticks;
}

static void assert_gauge(const struct sample *sample, enum metric metric, double value)
{
    ck_assert_msg(sample_has(sample, metric), "%s is absent", metric_table[metric].name);
    ck_assert_double_eq_tol(sample->value[metric].gauge, value, TOLERANCE);
}

static void assert_counter(const struct sample *sample, enum metric metric, uint64_t value)
{
    ck_assert_msg(sample_has(sample, metric), "%s is absent", metric_table[metric].name);
    ck_assert_uint_eq(sample->value[metric].counter, value);
}

static void assert_absent(const struct sample *sample, enum metric metric)
{
    ck_assert_msg(!sample_has(sample, metric), "%s is present", metric_table[metric].name);
}

#define VM_READ_BYTES    ((1000000 + 20000 + 88) * UINT64_C(512))
#define VM_WRITTEN_BYTES ((400000 + 6000 + 24) * UINT64_C(512))

START_TEST(reading_in_which_no_cpu_time_passed_has_no_shares)
{
    start();
    struct sample sample = tick();

    assert_absent(&sample, METRIC_CPU);
    assert_absent(&sample, METRIC_IOWAIT);
    assert_absent(&sample, METRIC_STEAL);
    assert_gauge(&sample, METRIC_DISK_BUSY, 0.0);
    assert_gauge(&sample, METRIC_MEMORY, 25.0);
    assert_gauge(&sample, METRIC_SWAP, 5.0);
    assert_gauge(&sample, METRIC_LOAD1, 1.37);
    assert_gauge(&sample, METRIC_PSI_CPU, 12.5);
    assert_gauge(&sample, METRIC_PSI_MEMORY, 0.25);
    assert_gauge(&sample, METRIC_PSI_IO, 3.75);
    assert_counter(&sample, METRIC_DISK_READ, VM_READ_BYTES);
    assert_counter(&sample, METRIC_DISK_WRITE, VM_WRITTEN_BYTES);
    assert_counter(&sample, METRIC_NET_RX, 730112044);
    assert_counter(&sample, METRIC_NET_TX, 91200311);
}
END_TEST

START_TEST(reading_has_every_metric)
{
    start();
    tick();
    replace_in_file("proc/stat", "cpu  41200 310 15400 902000 2600 0 880 1210",
                    "cpu  41230 310 15400 902060 2606 0 880 1214");
    replace_in_file("proc/diskstats", "vda 20000 310 1000000 9100 15000 8000 400000 21000 0 30000",
                    "vda 20010 310 1000100 9100 15001 8000 400008 21000 0 30250");
    replace_in_file("proc/diskstats", "dm-0 20100 0 999000", "dm-0 20110 0 999100");
    replace_in_file("proc/net/dev", "eth0: 730112044", "eth0: 730113044");
    replace_in_file("proc/net/dev", "docker0: 5100233", "docker0: 5101233");
    replace_in_file("proc/meminfo", "MemAvailable:    6000000", "MemAvailable:    2000000");
    struct sample sample = tick();

    ck_assert_uint_eq(sample.present, (1U << METRIC_BASE_COUNT) - 1);
    assert_gauge(&sample, METRIC_CPU, 34.0);
    assert_gauge(&sample, METRIC_IOWAIT, 6.0);
    assert_gauge(&sample, METRIC_STEAL, 4.0);
    assert_gauge(&sample, METRIC_DISK_BUSY, 25.0);
    assert_gauge(&sample, METRIC_MEMORY, 75.0);
    assert_gauge(&sample, METRIC_LOAD1, 1.37);
    assert_gauge(&sample, METRIC_PSI_IO, 3.75);
    assert_counter(&sample, METRIC_DISK_READ, VM_READ_BYTES + 100 * 512);
    assert_counter(&sample, METRIC_DISK_WRITE, VM_WRITTEN_BYTES + 8 * 512);
    assert_counter(&sample, METRIC_NET_RX, 730113044);
    assert_counter(&sample, METRIC_NET_TX, 91200311);
}
END_TEST

START_TEST(node_has_cores_and_memory)
{
    struct node_facts facts;

    start();
    facts = probe_facts(probe);
    ck_assert_uint_eq(facts.cores, 2);
    ck_assert_uint_eq(facts.memory_bytes, 8000000 * UINT64_C(1024));
}
END_TEST

START_TEST(cores_of_a_large_machine_are_all_counted)
{
    struct node_facts facts;
    FILE *file = fopen(in_root("proc/stat"), "w");

    fprintf(file, "cpu  900000000 1 900000000 900000000 1 1 1 1 1 1\n");
    for (unsigned i = 0; i < 8192; i++)
        fprintf(file, "cpu%u 1234567890 1 1234567890 12345678901 1 1 1 1 1 1\n", i);
    fclose(file);
    start();
    facts = probe_facts(probe);
    ck_assert_uint_eq(facts.cores, 8192);
    ck_assert(tick_has(METRIC_MEMORY));
}
END_TEST

START_TEST(what_cannot_be_read_of_the_node_is_0)
{
    struct node_facts facts;

    remove_tree("proc/stat");
    start();
    facts = probe_facts(probe);
    ck_assert_uint_eq(facts.cores, 0);
    ck_assert_uint_eq(facts.memory_bytes, 8000000 * UINT64_C(1024));
}
END_TEST

START_TEST(root_without_cpu_and_memory_is_refused)
{
    remove_tree("proc/stat");
    remove_tree("proc/meminfo");
    ck_assert_int_eq(try_start(root), -ENOENT);
    ck_assert_ptr_null(probe);
    ck_assert_int_eq(try_start("/nonexistent"), -ENOENT);
}
END_TEST

START_TEST(root_that_is_too_long_is_refused)
{
    char deep[PATH_MAX];

    memset(deep, '/', sizeof deep - 1);
    deep[sizeof deep - 1] = '\0';
    ck_assert_int_eq(try_start(deep), -ENOENT);
}
END_TEST

START_TEST(probe_starts_with_cpu_alone_and_with_memory_alone)
{
    remove_tree("proc/meminfo");
    start();
    tick();
    replace_in_file("proc/stat", "cpu  41200", "cpu  41300");
    struct sample sample = tick();
    assert_gauge(&sample, METRIC_CPU, 100.0);
    assert_absent(&sample, METRIC_MEMORY);
    assert_absent(&sample, METRIC_SWAP);
    probe_free(probe);
    probe = NULL;

    write_file("proc/meminfo", "MemTotal: 4 kB\nMemAvailable: 1 kB\n");
    remove_tree("proc/stat");
    start();
    tick();
    sample = tick();
    assert_absent(&sample, METRIC_CPU);
    assert_gauge(&sample, METRIC_MEMORY, 75.0);
}
END_TEST

START_TEST(each_missing_file_costs_its_metrics_only)
{
    static const struct {
        const char *name;
        uint32_t metrics;
    } rows[] = {
        {"proc/stat", 1U << METRIC_CPU | 1U << METRIC_IOWAIT | 1U << METRIC_STEAL},
        {"proc/meminfo", 1U << METRIC_MEMORY | 1U << METRIC_SWAP},
        {"proc/loadavg", 1U << METRIC_LOAD1},
        {"proc/diskstats", 1U << METRIC_DISK_READ | 1U << METRIC_DISK_WRITE | 1U << METRIC_DISK_BUSY},
        {"proc/net/dev", 1U << METRIC_NET_RX | 1U << METRIC_NET_TX},
        {"proc/pressure/cpu", 1U << METRIC_PSI_CPU},
        {"proc/pressure/memory", 1U << METRIC_PSI_MEMORY},
        {"proc/pressure/io", 1U << METRIC_PSI_IO},
    };
    const uint32_t all = (1U << METRIC_BASE_COUNT) - 1;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char away[PATH_MAX];

        snprintf(away, sizeof away, "%s", in_root("away"));
        ck_assert_int_eq(rename(in_root(rows[i].name), away), 0);
        start();
        tick();
        if (strcmp(rows[i].name, "proc/stat") != 0)
            replace_in_file("proc/stat", "cpu  412", "cpu  414");
        ck_assert_uint_eq(tick().present, all & ~rows[i].metrics);
        probe_free(probe);
        probe = NULL;
        if (strcmp(rows[i].name, "proc/stat") != 0)
            replace_in_file("proc/stat", "cpu  414", "cpu  412");
        ck_assert_int_eq(rename(away, in_root(rows[i].name)), 0);
    }
}
END_TEST

/* The kernel updates the one every 2 s, and the other every 5 s. */
START_TEST(pressure_is_read_each_4_s_and_load_each_5_s)
{
    start();
    write_file("proc/loadavg", "2.5 0 0 1/1 1\n");
    replace_in_file("proc/pressure/io", "3.75", "0.5");
    for (unsigned i = 1; i <= 5; i++) {
        struct sample sample = tick();
        assert_gauge(&sample, METRIC_PSI_IO, i < 4 ? 3.75 : 0.5);
        assert_gauge(&sample, METRIC_LOAD1, i < 5 ? 1.37 : 2.5);
    }
}
END_TEST

START_TEST(garbled_file_costs_its_metric_until_it_is_well)
{
    start();
    tick();
    write_file("proc/loadavg", "");
    uptime_ms += 5000;
    struct sample sample = tick();
    assert_absent(&sample, METRIC_LOAD1);
    write_file("proc/loadavg", "a hundred\n");
    sample = tick();
    assert_absent(&sample, METRIC_LOAD1);
    write_file("proc/loadavg", "0.5 0 0 1/1 1\n");
    sample = tick();
    assert_gauge(&sample, METRIC_LOAD1, 0.5);
}
END_TEST

START_TEST(file_that_appears_later_is_found)
{
    remove_tree("proc/loadavg");
    start();
    for (unsigned i = 0; i < 600; i++)
        ck_assert(!tick_has(METRIC_LOAD1));
    write_file("proc/loadavg", "0.5 0 0 1/1 1\n");
    ck_assert_uint_le(ticks_until(METRIC_LOAD1), 60);
}
END_TEST

START_TEST(file_whose_read_fails_is_opened_again)
{
    remove_tree("proc/loadavg");
    /* A folder can be opened, but reading it is an error. */
    ck_assert_int_eq(mkdir(in_root("proc/loadavg"), 0777), 0);
    start();
    for (unsigned i = 0; i < 5; i++)
        ck_assert(!tick_has(METRIC_LOAD1));
    remove_tree("proc/loadavg");
    write_file("proc/loadavg", "0.5 0 0 1/1 1\n");
    ck_assert_uint_le(ticks_until(METRIC_LOAD1), 8);
}
END_TEST

START_TEST(failing_files_leak_no_descriptors)
{
    remove_tree("proc/loadavg");
    ck_assert_int_eq(mkdir(in_root("proc/loadavg"), 0777), 0);
    start();
    tick();
    int before = dup(0);
    close(before);
    for (unsigned i = 0; i < 1000; i++)
        tick();
    int after = dup(0);
    close(after);
    ck_assert_int_eq(after, before);
}
END_TEST

#define VDA "   8 0 vda 1 0 5 1 1 0 5 1 0 0 1\n"
#define VDB "   8 16 vdb 1 0 1000 1 1 0 100 1 0 0 1\n"

static void add_disk_device(const char *name)
{
    char device[64];

    snprintf(device, sizeof device, "sys/block/%s", name);
    ck_assert_int_eq(mkdir(in_root(device), 0777), 0);
    snprintf(device, sizeof device, "sys/block/%s/device", name);
    ck_assert_int_eq(mkdir(in_root(device), 0777), 0);
}

START_TEST(new_disk_is_looked_up_and_counted_from_there)
{
    start();
    tick();
    add_disk_device("vdb");
    replace_in_file("proc/diskstats", "   7       0 loop0", VDB "   7       0 loop0");
    struct sample sample = tick();
    assert_counter(&sample, METRIC_DISK_READ, VM_READ_BYTES);
    replace_in_file("proc/diskstats", "vdb 1 0 1000", "vdb 1 0 1001");
    sample = tick();
    assert_counter(&sample, METRIC_DISK_READ, VM_READ_BYTES + 512);
}
END_TEST

START_TEST(name_that_was_away_is_looked_up_again)
{
    write_file("proc/diskstats", VDA VDB);
    start();
    struct sample sample = tick();
    assert_counter(&sample, METRIC_DISK_READ, 5 * 512); /* vdb has no device: it is virtual */

    write_file("proc/diskstats", VDA);
    for (unsigned i = 0; i < 10; i++)
        tick();
    add_disk_device("vdb");
    write_file("proc/diskstats", VDA VDB);
    tick();
    replace_in_file("proc/diskstats", "vdb 1 0 1000", "vdb 1 0 1002");
    sample = tick();
    assert_counter(&sample, METRIC_DISK_READ, (5 + 2) * 512);
}
END_TEST

START_TEST(unreadable_diskstats_do_not_disturb_the_totals)
{
    char text[] = "   8 0 vda 1 0 1000 1 1 0 100 1 0 500 1\n";

    write_file("proc/diskstats", text);
    start();
    tick();
    write_file("proc/diskstats", "");
    struct sample sample = tick();
    assert_absent(&sample, METRIC_DISK_READ);
    assert_absent(&sample, METRIC_DISK_BUSY);
    write_file("proc/diskstats", "   8 0 vda 1 0 1010 1 1 0 100 1 0 1500 1\n");
    sample = tick();
    assert_counter(&sample, METRIC_DISK_READ, 1010 * 512);
    assert_gauge(&sample, METRIC_DISK_BUSY, 50.0); /* one second in two */
}
END_TEST

/* Calls of read and pread by all threads. 0: this kernel does not count them. */
static unsigned long count_reads(void)
{
    FILE *file = fopen("/proc/self/io", "r");
    unsigned long reads = 0;
    char line[64];

    while (file != NULL && reads == 0 && fgets(line, sizeof line, file) != NULL)
        (void)sscanf(line, "syscr: %lu", &reads);
    if (file != NULL)
        fclose(file);
    return reads;
}

START_TEST(each_file_costs_one_read_a_tick)
{
    ck_assert_int_eq(try_start(root), 0);
    (void)tick_has(METRIC_CPU);
    (void)count_reads();
    unsigned long before = count_reads();
    unsigned long own = count_reads() - before; /* what counting costs */
    before = count_reads();
    for (unsigned i = 0; i < 10; i++)
        ck_assert(tick_has(METRIC_NET_RX));
    ck_assert_uint_le(count_reads() - before, 10 * 8 + own);
}
END_TEST

START_TEST(thousands_of_disks_are_read)
{
    FILE *file = fopen(in_root("proc/diskstats"), "w");

    for (unsigned i = 0; i < 3000; i++)
        fprintf(file, "   7 %u a-rather-long-name-%u 1 0 12345678 1 1 0 12345678 1 0 12345678 1 0 0 0 0\n", i, i);
    fputs("   8 0 vda 1 0 1000 1 1 0 100 1 0 500 1\n", file);
    fclose(file);
    start();
    tick();
    struct sample sample = tick();
    assert_counter(&sample, METRIC_DISK_READ, 1000 * 512);
}
END_TEST

START_TEST(thousands_of_interfaces_are_read)
{
    FILE *file = fopen(in_root("proc/net/dev"), "w");

    /* More than a mebibyte of text. */
    for (unsigned i = 0; i < 12000; i++)
        fprintf(file, "veth%u: 1234567890 1234567890 0 0 0 0 0 0 1234567890 1234567890 0 0 0 0 0 0 0 0 0 0 0\n", i);
    fputs("eth0: 1000 1 0 0 0 0 0 0 2000 1 0 0 0 0 0 0\n", file);
    ck_assert_int_gt(ftell(file), 1 << 20);
    fclose(file);
    start();
    struct sample sample = tick();
    assert_counter(&sample, METRIC_NET_RX, 1000);
    assert_counter(&sample, METRIC_NET_TX, 2000);
}
END_TEST

START_TEST(root_shows_the_network_of_its_process_1)
{
    ck_assert_int_eq(mkdir(in_root("proc/1"), 0777), 0);
    ck_assert_int_eq(mkdir(in_root("proc/1/net"), 0777), 0);
    write_file("proc/1/net/dev", "eth0: 1000 1 0 0 0 0 0 0 2000 1 0 0 0 0 0 0\n");
    start();
    struct sample sample = tick();
    assert_counter(&sample, METRIC_NET_RX, 1000);
}
END_TEST

START_TEST(card_under_another_physical_one_is_not_counted_twice)
{
    ck_assert_int_eq(mkdir(in_root("sys/class/net/enP1"), 0777), 0);
    ck_assert_int_eq(mkdir(in_root("sys/class/net/enP1/device"), 0777), 0);
    ck_assert_int_eq(symlink("../eth0", in_root("sys/class/net/enP1/master")), 0);
    replace_in_file("proc/net/dev", "docker0:", "enP1: 5 0 0 0 0 0 0 0 5 0\ndocker0:");
    start();
    struct sample sample = tick();
    assert_counter(&sample, METRIC_NET_RX, 730112044);
}
END_TEST

START_TEST(card_under_a_bond_is_counted)
{
    ck_assert_int_eq(symlink("../docker0", in_root("sys/class/net/eth0/master")), 0);
    start();
    struct sample sample = tick();
    assert_counter(&sample, METRIC_NET_RX, 730112044);
}
END_TEST

START_TEST(net_totals_do_not_fall_when_the_choice_changes)
{
    start();
    tick();
    replace_in_file("proc/net/dev", "  eth0:", "  eth 0:"); /* gone: docker0 and the veth are what is left */
    struct sample sample = tick();
    assert_counter(&sample, METRIC_NET_RX, 730112044);
    replace_in_file("proc/net/dev", "docker0: 5100233", "docker0: 5100333");
    sample = tick();
    assert_counter(&sample, METRIC_NET_RX, 730112144);
    replace_in_file("proc/net/dev", "  eth 0:", "  eth0:");
    replace_in_file("proc/net/dev", "docker0: 5100333", "docker0: 5200333");
    sample = tick();
    assert_counter(&sample, METRIC_NET_RX, 730112144);
}
END_TEST

START_TEST(container_has_no_disks_no_swap_and_no_pressure)
{
    start();
    tick();
    replace_in_file("proc/stat", "cpu  5000 0 2000 90000 100", "cpu  5025 0 2000 90065 110");
    struct sample sample = tick();

    assert_gauge(&sample, METRIC_CPU, 25.0);
    assert_gauge(&sample, METRIC_IOWAIT, 10.0);
    assert_gauge(&sample, METRIC_STEAL, 0.0);
    assert_gauge(&sample, METRIC_MEMORY, 25.0);
    assert_gauge(&sample, METRIC_LOAD1, 0.08);
    assert_absent(&sample, METRIC_SWAP);
    assert_absent(&sample, METRIC_DISK_READ);
    assert_absent(&sample, METRIC_DISK_WRITE);
    assert_absent(&sample, METRIC_DISK_BUSY);
    assert_absent(&sample, METRIC_PSI_CPU);
    assert_absent(&sample, METRIC_PSI_MEMORY);
    assert_absent(&sample, METRIC_PSI_IO);
}
END_TEST

START_TEST(container_counts_all_interfaces_but_lo)
{
    start();
    struct sample sample = tick();

    assert_counter(&sample, METRIC_NET_RX, 75000);
    assert_counter(&sample, METRIC_NET_TX, 32000);
}
END_TEST

/* What probe_read() should find, by other means: the sum over /proc/diskstats of those with /sys/block/NAME/device. */
static bool real_disk_sums(uint64_t *read_bytes, uint64_t *written_bytes)
{
    FILE *file = fopen("/proc/diskstats", "r");
    char line[512], name[128];
    bool any = false;

    *read_bytes = *written_bytes = 0;
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        unsigned long long sectors_read, sectors_written;
        char path[256];

        ck_assert_int_eq(
            sscanf(line, "%*u %*u %127s %*u %*u %llu %*u %*u %*u %llu", name, &sectors_read, &sectors_written), 3);
        for (char *c = name; *c != '\0'; c++)
            *c = *c == '/' ? '!' : *c;
        snprintf(path, sizeof path, "/sys/block/%s/device", name);
        if (access(path, F_OK) != 0)
            continue;
        *read_bytes += 512 * sectors_read;
        *written_bytes += 512 * sectors_written;
        any = true;
    }
    if (file != NULL)
        fclose(file);
    return any;
}

START_TEST(real_node_is_read)
{
    struct sample sample;
    struct node_facts facts;

    ck_assert_int_eq(try_start(""), 0);
    facts = probe_facts(probe);
    ck_assert_uint_ge(facts.cores, 1);
    ck_assert_uint_ge(facts.memory_bytes, 1 << 20);

    /* Ticks of 10 ms must pass for a share. */
    usleep(300000);
    int64_t before_ms = clock_wall_ms();
    probe_read(probe, probe_deadline_ms(probe), &sample);
    ck_assert_int_ge(sample.time_ms, before_ms);
    ck_assert_int_le(sample.time_ms, clock_wall_ms());
    ck_assert(sample_has(&sample, METRIC_CPU));
    ck_assert(sample_has(&sample, METRIC_MEMORY));
    ck_assert(sample_has(&sample, METRIC_LOAD1));
    ck_assert(sample.value[METRIC_MEMORY].gauge > 0.0);
    for (unsigned m = 0; m < METRIC_COUNT; m++) {
        if (!sample_has(&sample, m) || METRIC_COUNTS(metric_table[m].kind))
            continue;
        ck_assert_double_ge(sample.value[m].gauge, 0.0);
        ck_assert_double_le(sample.value[m].gauge, metric_table[m].kind == METRIC_PERCENT ? 100.0 : METRIC_GAUGE_MAX);
    }
    probe_free(probe);
}
END_TEST

START_TEST(real_disk_bytes_are_the_sum_of_diskstats)
{
    bool exact = false;

    /* A disk may be at work between the readings: then the sum lies between, and a quieter moment is tried. */
    for (unsigned i = 0; i < 200 && !exact; i++) {
        uint64_t read_before, read_after, written_before, written_after;
        struct sample sample;

        ck_assert_int_eq(try_start(""), 0);
        bool any = real_disk_sums(&read_before, &written_before);
        probe_read(probe, probe_deadline_ms(probe), &sample);
        real_disk_sums(&read_after, &written_after);
        probe_free(probe);

        ck_assert(sample_has(&sample, METRIC_DISK_READ) == any);
        if (!any)
            return;
        ck_assert_uint_ge(sample.value[METRIC_DISK_READ].counter, read_before);
        ck_assert_uint_le(sample.value[METRIC_DISK_READ].counter, read_after);
        ck_assert_uint_ge(sample.value[METRIC_DISK_WRITE].counter, written_before);
        ck_assert_uint_le(sample.value[METRIC_DISK_WRITE].counter, written_after);
        exact = read_before == read_after && written_before == written_after;
    }
}
END_TEST

static void add_vm_tests(TCase *tests)
{
    tcase_add_checked_fixture(tests, create_vm, destroy);
    tcase_add_test(tests, reading_in_which_no_cpu_time_passed_has_no_shares);
    tcase_add_test(tests, reading_has_every_metric);
    tcase_add_test(tests, node_has_cores_and_memory);
    tcase_add_test(tests, cores_of_a_large_machine_are_all_counted);
    tcase_add_test(tests, what_cannot_be_read_of_the_node_is_0);
    tcase_add_test(tests, root_without_cpu_and_memory_is_refused);
    tcase_add_test(tests, root_that_is_too_long_is_refused);
    tcase_add_test(tests, probe_starts_with_cpu_alone_and_with_memory_alone);
    tcase_add_test(tests, each_missing_file_costs_its_metrics_only);
    tcase_add_test(tests, pressure_is_read_each_4_s_and_load_each_5_s);
    tcase_add_test(tests, garbled_file_costs_its_metric_until_it_is_well);
    tcase_add_test(tests, file_that_appears_later_is_found);
    tcase_add_test(tests, file_whose_read_fails_is_opened_again);
    tcase_add_test(tests, failing_files_leak_no_descriptors);
    tcase_add_test(tests, new_disk_is_looked_up_and_counted_from_there);
    tcase_add_test(tests, name_that_was_away_is_looked_up_again);
    tcase_add_test(tests, unreadable_diskstats_do_not_disturb_the_totals);
    tcase_add_test(tests, each_file_costs_one_read_a_tick);
    tcase_add_test(tests, thousands_of_disks_are_read);
    tcase_add_test(tests, thousands_of_interfaces_are_read);
    tcase_add_test(tests, root_shows_the_network_of_its_process_1);
    tcase_add_test(tests, card_under_another_physical_one_is_not_counted_twice);
    tcase_add_test(tests, card_under_a_bond_is_counted);
    tcase_add_test(tests, net_totals_do_not_fall_when_the_choice_changes);
}

int main(void)
{
    Suite *suite = suite_create("probe");
    TCase *vm = tcase_create("vm");
    TCase *container = tcase_create("container");
    TCase *real = tcase_create("real");

    add_vm_tests(vm);
    suite_add_tcase(suite, vm);

    tcase_add_checked_fixture(container, create_container, destroy);
    tcase_add_test(container, container_has_no_disks_no_swap_and_no_pressure);
    tcase_add_test(container, container_counts_all_interfaces_but_lo);
    suite_add_tcase(suite, container);

    tcase_add_test(real, real_node_is_read);
    tcase_add_test(real, real_disk_bytes_are_the_sum_of_diskstats);
    suite_add_tcase(suite, real);
    return suite_run(suite);
}
