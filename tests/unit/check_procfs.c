#include "agent/metrics/procfs.h"

#include "support/suite.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#define NAME_32       "a-name-that-is-of-32-characters-"
#define NAME_TOO_LONG NAME_32 NAME_32 NAME_32 NAME_32
#define CPU_LINE      "cpu  10 20 30 400 50 6 7 8 9 1\n"

/* A copy that ends where the memory does, so that AddressSanitizer sees a read beyond it. */
static char *exact_copy(const char *text, size_t len)
{
    char *copy = calloc(len > 0 ? len : 1, 1);

    ck_assert_ptr_nonnull(copy);
    memcpy(copy, text, len);
    return copy;
}

static int parse_cpu(const char *text, size_t len, struct procfs_cpu *cpu)
{
    char *copy = exact_copy(text, len);
    int result = procfs_parse_cpu(copy, len, cpu);

    free(copy);
    return result;
}

static int parse_cores(const char *text, size_t len, unsigned *cores)
{
    char *copy = exact_copy(text, len);
    int result = procfs_parse_cores(copy, len, cores);

    free(copy);
    return result;
}

static int parse_memory(const char *text, size_t len, struct procfs_memory *memory)
{
    char *copy = exact_copy(text, len);
    int result = procfs_parse_memory(copy, len, memory);

    free(copy);
    return result;
}

typedef int parse_number_fn(const char *text, size_t len, double *value);

static int parse_number(parse_number_fn *parse, const char *text, size_t len, double *value)
{
    char *copy = exact_copy(text, len);
    int result = parse(copy, len, value);

    free(copy);
    return result;
}

START_TEST(cpu_line_gives_its_fields)
{
    static const struct {
        const char *text;
        struct procfs_cpu cpu;
    } must_parse[] = {
        {CPU_LINE, {{10, 20, 30, 400, 50, 6, 7, 8}, 8}},
        {CPU_LINE "cpu0 1 1 1 1 1 1 1 1 1 1\nintr 5 5", {{10, 20, 30, 400, 50, 6, 7, 8}, 8}},
        {"intr 3\n" CPU_LINE, {{10, 20, 30, 400, 50, 6, 7, 8}, 8}},
        {"cpu 10 20 30 400 50 6 7 8\n", {{10, 20, 30, 400, 50, 6, 7, 8}, 8}},
        {"cpu 10 20 30 400 50 6 7\n", {{10, 20, 30, 400, 50, 6, 7}, 7}},
        {"cpu 10 20 30 400 50 6 7\r\n", {{10, 20, 30, 400, 50, 6, 7}, 7}},
        {"cpu 10 20 30 400\n", {{10, 20, 30, 400}, 4}},
        {"cpu 10 20 30 400 -1 6 7 8\n", {{10, 20, 30, 400}, 4}},
        {"cpu  10 20 30 400 50 6 7 99999999999999999999999 0 0\n", {{10, 20, 30, 400, 50, 6, 7}, 7}},
        {"cpu  0 0 0 18446744073709551615 0 18446744073709551615 0 0 0 0\n", {{0, 0, 0, UINT64_MAX, 0, UINT64_MAX}, 8}},
        {"cpu  0 0 0 0 0 0 0 0 0 0\n", {{0}, 8}},
        /* A second line when the first has nothing. */
        {"cpu  0 0 0 0 0 0 0 0 0 0\n" CPU_LINE, {{10, 20, 30, 400, 50, 6, 7, 8}, 8}},
        {"cpu  2568500776029407000000\ncpu0 1 1 1 1\n" CPU_LINE, {{10, 20, 30, 400, 50, 6, 7, 8}, 8}},
        {"cpu  0 0 0 0\ncpu  garbled\n", {{0}, 4}},
        {CPU_LINE "cpu  1 2 3 4\n", {{10, 20, 30, 400, 50, 6, 7, 8}, 8}},
    };

    for (size_t i = 0; i < sizeof must_parse / sizeof must_parse[0]; i++) {
        struct procfs_cpu cpu;

        ck_assert_int_eq(parse_cpu(must_parse[i].text, strlen(must_parse[i].text), &cpu), 0);
        ck_assert_uint_eq(cpu.fields, must_parse[i].cpu.fields);
        for (unsigned f = 0; f < PROCFS_CPU_FIELDS; f++)
            ck_assert_uint_eq(cpu.ticks[f], must_parse[i].cpu.ticks[f]);
    }
}
END_TEST

START_TEST(cpu_line_that_cannot_be_read_is_refused)
{
    static const char *const must_not_parse[] = {
        "",
        "\n",
        "cpu",
        "cpu \n",
        "cpu0 10 20 30 400 50 6 7 8 9 1\n",
        "cpux 10 20 30 400 50 6 7 8 9 1\n",
        "cpu  10 20 30\n",
        "cpu  10 20 30 -400 50 6 7 8 9 1\n",
        "cpu  10 20 30 4x0 50 6 7 8 9 1\n",
        "cpu  10 20 30 18446744073709551616 50 6 7 8 9 1\n",
        "cpu  99999999999999999999999999 20 30 40 50 6 7 8 9 1\n",
        "cpu  2568500776029407000000\ncpu0 100 0 100 1000\n",
        "garbage\nmore garbage\n",
    };

    for (size_t i = 0; i < sizeof must_not_parse / sizeof must_not_parse[0]; i++) {
        struct procfs_cpu cpu = {{1, 2, 3, 4}, 4};

        ck_assert_int_eq(parse_cpu(must_not_parse[i], strlen(must_not_parse[i]), &cpu), -EBADMSG);
        ck_assert_uint_eq(cpu.ticks[0], 1);
        ck_assert_uint_eq(cpu.fields, 4);
    }
}
END_TEST

START_TEST(cpu_line_cut_anywhere_is_refused)
{
    for (size_t len = 0; len < strlen(CPU_LINE); len++) {
        struct procfs_cpu cpu;

        ck_assert_int_eq(parse_cpu(CPU_LINE, len, &cpu), -EBADMSG);
    }
}
END_TEST

START_TEST(cores_are_the_numbered_cpu_lines)
{
    static const char text[] = CPU_LINE "cpu0 1 1\ncpu1 1 1\ncpu17 1 1\nintr 1 2\ncpufreq 1\n";
    unsigned cores = 77;

    ck_assert_int_eq(parse_cores(text, strlen(text), &cores), 0);
    ck_assert_uint_eq(cores, 3);

    cores = 77;
    ck_assert_int_eq(parse_cores(CPU_LINE, strlen(CPU_LINE), &cores), -EBADMSG);
    ck_assert_int_eq(parse_cores("", 0, &cores), -EBADMSG);
    ck_assert_uint_eq(cores, 77);
}
END_TEST

START_TEST(cores_of_a_cut_text_are_those_of_its_finished_lines)
{
    static const char text[] = "cpu0 1 1\ncpu1 1 1\ncpu12 1 1\n";

    for (size_t len = 0; len <= strlen(text); len++) {
        unsigned expected = 0, cores = 0;

        for (size_t i = 0; i < len; i++)
            expected += text[i] == '\n';
        ck_assert_int_eq(parse_cores(text, len, &cores), expected > 0 ? 0 : -EBADMSG);
        ck_assert_uint_eq(cores, expected);
    }
}
END_TEST

#define MEMORY_HEAD    "MemTotal:        8000 kB\nMemFree:          900 kB\n"
#define MEMORY_REST    "Buffers:          200 kB\nCached:          4700 kB\nSwapCached:       5 kB\n"
#define MEMORY_SWAP    "SwapTotal:       2000 kB\nSwapFree:        1900 kB\n"
#define MEMORY_FULL    MEMORY_HEAD "MemAvailable:    6000 kB\n" MEMORY_REST MEMORY_SWAP
#define MEMORY_SPECIAL "HugePages_Total:       0\nHugepagesize:       2048 kB\n"

START_TEST(memory_is_read_in_bytes)
{
    static const struct {
        const char *text;
        struct procfs_memory kib;
    } must_parse[] = {
        {MEMORY_FULL MEMORY_SPECIAL, {8000, 6000, 2000, 1900}},
        {MEMORY_HEAD "MemAvailable: 6000 kB\n", {8000, 6000, 0, 0}},
        {MEMORY_HEAD "MemAvailable:6000 kB\r\n", {8000, 6000, 0, 0}},
        {"MemTotal:\t8000 kB\nMemAvailable:6000\n", {8000, 6000, 0, 0}},
        {"MemAvailable: 0 kB\nMemTotal: 1 kB\n", {1, 0, 0, 0}},
        {"MemTotal: 8000 kB\nMemAvailable: 8000 kB\n", {8000, 8000, 0, 0}},
        {"Mem:  260579328 136073216 124506112\nMemTotal: 8000 kB\nMemAvailable: 6000 kB\n", {8000, 6000, 0, 0}},
        {MEMORY_FULL "SwapFree: 2001 kB\n", {8000, 6000, 0, 0}},
    };

    for (size_t i = 0; i < sizeof must_parse / sizeof must_parse[0]; i++) {
        const struct procfs_memory *kib = &must_parse[i].kib;
        struct procfs_memory memory;

        ck_assert_int_eq(parse_memory(must_parse[i].text, strlen(must_parse[i].text), &memory), 0);
        ck_assert_uint_eq(memory.total, kib->total * 1024);
        ck_assert_uint_eq(memory.available, kib->available * 1024);
        ck_assert_uint_eq(memory.swap_total, kib->swap_total * 1024);
        if (kib->swap_total > 0)
            ck_assert_uint_eq(memory.swap_free, kib->swap_free * 1024);
    }
}
END_TEST

START_TEST(available_memory_is_estimated_where_it_cannot_be_right)
{
    static const struct {
        const char *text;
        uint64_t available;
    } cases[] = {
        {MEMORY_HEAD MEMORY_REST, 900 + 200 + 4700},
        {MEMORY_HEAD MEMORY_REST "Shmem: 1000 kB\nSReclaimable: 50 kB\n", 900 + 200 + 4700 - 1000 + 50},
        {MEMORY_HEAD MEMORY_REST "Shmem: 9000 kB\n", 900 + 200},
        {MEMORY_HEAD, 900},
        {MEMORY_HEAD "MemAvailable: -1 kB\nSReclaimable: 100 kB\n", 900 + 100},
        {MEMORY_HEAD "MemAvailable: x kB\n" MEMORY_REST, 900 + 200 + 4700},
        {MEMORY_HEAD "MemAvailable: 8001 kB\n" MEMORY_REST, 900 + 200 + 4700},
        {MEMORY_HEAD "MemAvailable: 0 kB\n" MEMORY_REST, 900 + 200 + 4700},
        /* The caches are the host's too. */
        {MEMORY_HEAD "MemAvailable: 99000 kB\nBuffers: 0 kB\nCached: 50000 kB\n", 900},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct procfs_memory memory;

        ck_assert_int_eq(parse_memory(cases[i].text, strlen(cases[i].text), &memory), 0);
        ck_assert_uint_eq(memory.total, 8000 * 1024);
        ck_assert_uint_eq(memory.available, cases[i].available * 1024);
    }
}
END_TEST

START_TEST(pools_of_huge_pages_are_no_part_of_the_memory)
{
#define MEMORY_HUGE "MemTotal: 80000 kB\nMemFree: 9000 kB\nMemAvailable: 20000 kB\n"
    static const struct {
        const char *text;
        uint64_t total;
    } cases[] = {
        {MEMORY_HUGE "HugePages_Total: 20\nHugePages_Free: 20\nHugepagesize: 2048 kB\n", 80000 - 20 * 2048},
        {MEMORY_HUGE "HugePages_Total: 20\nHugePages_Free: 3\nHugepagesize: 2048 kB\nHugetlb: 40960 kB\n",
         80000 - 20 * 2048},
        /* Other sizes are in Hugetlb only. */
        {MEMORY_HUGE "HugePages_Total: 0\nHugepagesize: 2048 kB\nHugetlb: 50000 kB\n", 80000 - 50000},
        /* Surplus pages are taken from the available memory when a program asks for them. */
        {MEMORY_HUGE "HugePages_Total: 20\nHugePages_Surp: 5\nHugepagesize: 2048 kB\n", 80000 - 15 * 2048},
        /* No part can be more than the whole. */
        {MEMORY_HUGE "HugePages_Total: 18446744073709551\nHugepagesize: 2048 kB\n", 80000},
        {MEMORY_HUGE "HugePages_Total: 9\nHugepagesize: 0 kB\nHugetlb: 90000 kB\n", 80000},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct procfs_memory memory;

        ck_assert_int_eq(parse_memory(cases[i].text, strlen(cases[i].text), &memory), 0);
        ck_assert_uint_eq(memory.total, cases[i].total * 1024);
        ck_assert_uint_eq(memory.available, 20000 * 1024);
    }
}
END_TEST

START_TEST(memory_without_total_or_available_is_refused)
{
    static const char *const must_not_parse[] = {
        "",
        "garbage\n",
        ("MemTotal: 8000 kB\n" MEMORY_REST),
        ("MemAvailable: 6000 kB\n" MEMORY_REST),
        "MemTotal: 8000 kB\nMemAvailable: 9000 kB\n",
        "MemTotal: 8000 kB\nMemAvailable: 9000 kB\nMemFree: 8001 kB\n",
        "MemTotal: 0 kB\nMemAvailable: 0 kB\n",
        "MemTotal: -1 kB\nMemAvailable: 0 kB\n",
        "MemTotal:\nMemAvailable: 0 kB\n",
        "MemTotal: 18446744073709551615 kB\nMemAvailable: 1 kB\n",
        "MemTotal: 99999999999999999999999 kB\nMemAvailable: 1 kB\n",
        " MemTotal: 8000 kB\nMemAvailable: 1 kB\n",
    };

    for (size_t i = 0; i < sizeof must_not_parse / sizeof must_not_parse[0]; i++) {
        struct procfs_memory memory = {.total = 42};

        ck_assert_int_eq(parse_memory(must_not_parse[i], strlen(must_not_parse[i]), &memory), -EBADMSG);
        ck_assert_uint_eq(memory.total, 42);
    }
}
END_TEST

START_TEST(memory_cut_anywhere_never_gives_a_shortened_number)
{
    for (size_t len = 0; len < strlen(MEMORY_FULL); len++) {
        struct procfs_memory memory;

        if (parse_memory(MEMORY_FULL, len, &memory) < 0)
            continue;
        ck_assert_uint_eq(memory.total, 8000 * 1024);
        ck_assert(memory.available == 6000 * 1024 || memory.available == 900 * 1024);
        /* SwapTotal without SwapFree would look like a full swap. */
        ck_assert_uint_eq(memory.swap_total, 0);
    }
}
END_TEST

START_TEST(load_is_the_first_number)
{
    static const struct {
        const char *text;
        double load1;
    } must_parse[] = {
        {"0.00 0.01 0.05 1/85 4073\n", 0.0},   {"1.37 0.92 0.55 3/412 44120\n", 1.37},
        {"1024.5 0 0 1/1 1\n", 1024.5},        {"7 0 0 1/1 1\n", 7.0},
        {"4194304.00 0 0 1/1 1\n", 4194304.0},
    };
    static const char *const must_not_parse[] = {
        "",
        "\n",
        " \n",
        "1.37 0.92",
        "x\n",
        "-1.0 0 0\n",
        "nan 0 0\n",
        "1.3.7 0 0\n",
        ".5 0 0\n",
        "1,37 0,92\n",
        "99999999999999999999999.0 0 0\n",
        "4194304.01 0 0 1/1 1\n",
    };

    for (size_t i = 0; i < sizeof must_parse / sizeof must_parse[0]; i++) {
        double load1;

        ck_assert_int_eq(parse_number(procfs_parse_load1, must_parse[i].text, strlen(must_parse[i].text), &load1), 0);
        ck_assert_double_eq(load1, must_parse[i].load1);
        for (size_t len = 0; len < strlen(must_parse[i].text); len++)
            ck_assert_int_eq(parse_number(procfs_parse_load1, must_parse[i].text, len, &load1), -EBADMSG);
    }
    for (size_t i = 0; i < sizeof must_not_parse / sizeof must_not_parse[0]; i++) {
        double load1 = 42.0;

        ck_assert_int_eq(parse_number(procfs_parse_load1, must_not_parse[i], strlen(must_not_parse[i]), &load1),
                         -EBADMSG);
        ck_assert_double_eq(load1, 42.0);
    }
}
END_TEST

START_TEST(pressure_is_the_some_line_of_ten_seconds)
{
    static const struct {
        const char *text;
        double percent;
    } must_parse[] = {
        {"some avg10=12.50 avg60=8.11 avg300=3.02 total=90211834\n", 12.5},
        {"some avg10=0.03 avg60=0.00 avg300=0.00 total=1\nfull avg10=9.00 avg60=0 avg300=0 total=0\n", 0.03},
        {"full avg10=9.00 avg60=0 avg300=0 total=0\nsome avg10=100.00 avg60=0 avg300=0 total=0\n", 100.0},
    };
    static const char *const must_not_parse[] = {
        "",
        "full avg10=9.00 avg60=0 avg300=0 total=0\n",
        "some avg60=9.00\n",
        "some avg10=\n",
        "some avg10=-1.00 avg60=0\n",
        "some avg10=1x avg60=0\n",
        "some avg10=18446744073709551616 avg60=0\n",
        "some avg10=12.50 avg60=8.11",
    };

    for (size_t i = 0; i < sizeof must_parse / sizeof must_parse[0]; i++) {
        double percent;

        ck_assert_int_eq(parse_number(procfs_parse_pressure, must_parse[i].text, strlen(must_parse[i].text), &percent),
                         0);
        ck_assert_double_eq(percent, must_parse[i].percent);
        for (size_t len = 0; len < strlen(must_parse[i].text); len++) {
            if (parse_number(procfs_parse_pressure, must_parse[i].text, len, &percent) == 0)
                ck_assert_double_eq(percent, must_parse[i].percent);
        }
    }
    for (size_t i = 0; i < sizeof must_not_parse / sizeof must_not_parse[0]; i++) {
        double percent = 42.0;

        ck_assert_int_eq(parse_number(procfs_parse_pressure, must_not_parse[i], strlen(must_not_parse[i]), &percent),
                         -EBADMSG);
        ck_assert_double_eq(percent, 42.0);
    }
}
END_TEST

#define DISKS_MAX_IN_TEST 8

struct disk {
    char name[PROCFS_DEVICE_NAME_MAX];
    struct procfs_disk_counters counters;
};

static unsigned parse_disks(const char *text, size_t len, struct disk disks[DISKS_MAX_IN_TEST])
{
    char *copy = exact_copy(text, len);
    const char *rest = copy;
    size_t left = len;
    unsigned count = 0;
    struct procfs_device disk;

    while (count < DISKS_MAX_IN_TEST && procfs_next_disk(&rest, &left, &disk)) {
        if (procfs_disk_counters(&disk, &disks[count].counters) < 0)
            continue;
        strcpy(disks[count++].name, disk.name);
    }
    ck_assert_ptr_eq(rest + left, copy + len);
    free(copy);
    return count;
}

START_TEST(disk_lines_of_old_and_new_kernels_are_read)
{
    static const char text[] =
        " 252       0 vda 20000 310 1000000 9100 15000 8000 400000 21000 0 30000 31000 12 0 5000 60 90 840\n"
        " 259       0 nvme0n1 700 0 20000 150 90 4 6000 80 -1 4000 230 0 0 0 0\n"
        " 104       0 cciss/c0d0 11 0 88 2 3 0 24 1 2 4294967295 3\n";
    static const struct disk expected[] = {
        {"vda", {1000000, 400000, 30000, 20000 + 15000 + 12 + 90, 0}},
        {"nvme0n1", {20000, 6000, 4000, 700 + 90, 0}},
        {"cciss/c0d0", {88, 24, 4294967295, 11 + 3, 2}},
    };
    struct disk disks[DISKS_MAX_IN_TEST];

    ck_assert_uint_eq(parse_disks(text, strlen(text), disks), 3);
    for (unsigned i = 0; i < 3; i++) {
        ck_assert_str_eq(disks[i].name, expected[i].name);
        ck_assert_uint_eq(disks[i].counters.sectors_read, expected[i].counters.sectors_read);
        ck_assert_uint_eq(disks[i].counters.sectors_written, expected[i].counters.sectors_written);
        ck_assert_uint_eq(disks[i].counters.completed, expected[i].counters.completed);
        ck_assert_uint_eq(disks[i].counters.in_flight, expected[i].counters.in_flight);
        ck_assert_uint_eq(disks[i].counters.busy_ms, expected[i].counters.busy_ms);
    }
}
END_TEST

START_TEST(disk_lines_that_cannot_be_read_are_skipped)
{
    static const char text[] = "\n"
                               "garbage\n"
                               "   8       1 sda1 5 6 7 8\n"
                               "   8       2 sda2 1 2 x 4 5 6 7 8 9 10 11\n"
                               "   8       3 sda3 1 2 18446744073709551616 4 5 6 7 8 9 10 11\n"
                               "   8       4 " NAME_TOO_LONG " 1 2 3 4 5 6 7 8 9 10 11\n"
                               "   8       0 sda 1 2 3 4 5 6 7 8 9 10 11\n"
                               "   8      32 sdc 1 2 30 4 5 6 70 8 9 100 11\n"
                               "   8      48 sdd 1 2 30 4 5 6 70 8 9 100 11";
    struct disk disks[DISKS_MAX_IN_TEST];

    ck_assert_uint_eq(parse_disks(text, strlen(text), disks), 2);
    ck_assert_str_eq(disks[0].name, "sda");
    ck_assert_uint_eq(disks[0].counters.sectors_read, 3);
    ck_assert_uint_eq(disks[0].counters.busy_ms, 10);
    ck_assert_str_eq(disks[1].name, "sdc");
    ck_assert_uint_eq(disks[1].counters.sectors_written, 70);
}
END_TEST

START_TEST(disk_text_cut_anywhere_gives_its_finished_lines)
{
    static const char text[] = "8 0 sda 1 2 30 4 5 6 70 8 9 100 11\n8 16 sdb 1 2 33 4 5 6 77 8 9 111 11 0 0 0 0 0 0\n";
    size_t first_len = strcspn(text, "\n") + 1;
    struct disk disks[DISKS_MAX_IN_TEST];

    for (size_t len = 0; len < strlen(text); len++)
        ck_assert_uint_eq(parse_disks(text, len, disks), len >= first_len ? 1 : 0);
    ck_assert_uint_eq(parse_disks(text, strlen(text), disks), 2);
}
END_TEST

#define NICS_MAX_IN_TEST 8

struct nic {
    char name[PROCFS_DEVICE_NAME_MAX];
    uint64_t rx, tx;
};

static unsigned parse_nics(const char *text, size_t len, struct nic nics[NICS_MAX_IN_TEST])
{
    char *copy = exact_copy(text, len);
    const char *rest = copy;
    size_t left = len;
    unsigned count = 0;
    struct procfs_device nic;

    while (count < NICS_MAX_IN_TEST && procfs_next_nic(&rest, &left, &nic)) {
        if (procfs_nic_bytes(&nic, &nics[count].rx, &nics[count].tx) < 0)
            continue;
        strcpy(nics[count++].name, nic.name);
    }
    ck_assert_ptr_eq(rest + left, copy + len);
    free(copy);
    return count;
}

#define NIC_HEAD                                                                                                       \
    "Inter-|   Receive                                                |  Transmit\n"                                   \
    " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls\n"
#define NIC_LO   "    lo:   88120     911    0    0    0     0          0         0    88121     911    0    0    0\n"
#define NIC_ETH0 "  eth0:730112044  611000    0   12    0     0          0         0 91200311  402000    0    0    0\n"

START_TEST(stat_of_a_disk_has_the_columns_of_its_line)
{
    static const char text[] = "  5 1 80 3 7 2 160 4 1 25 30 0 0 0 0 2 1\n";
    struct procfs_disk_counters counters;

    ck_assert_int_eq(procfs_parse_disk_stat(text, strlen(text), &counters), 0);
    ck_assert_uint_eq(counters.sectors_read, 80);
    ck_assert_uint_eq(counters.sectors_written, 160);
    ck_assert_uint_eq(counters.in_flight, 1);
    ck_assert_uint_eq(counters.busy_ms, 25);
    ck_assert_uint_eq(counters.completed, 5 + 7 + 0 + 2);
    ck_assert_int_eq(procfs_parse_disk_stat(text, strlen(text) - 1, &counters), -EBADMSG); /* it was cut */
    ck_assert_int_eq(procfs_parse_disk_stat("5 1\n", 4, &counters), -EBADMSG);
}
END_TEST

START_TEST(number_is_that_of_a_whole_line)
{
    uint64_t number = 1;

    ck_assert_int_eq(procfs_parse_number("18446744073709551615\n", 21, &number), 0);
    ck_assert_uint_eq(number, UINT64_MAX);
    ck_assert_int_eq(procfs_parse_number("12", 2, &number), -EBADMSG);
    ck_assert_int_eq(procfs_parse_number("x\n", 2, &number), -EBADMSG);
    ck_assert_int_eq(procfs_parse_number("", 0, &number), -EBADMSG);
    ck_assert_uint_eq(number, UINT64_MAX);
}
END_TEST

START_TEST(nic_lines_are_read_and_the_heading_is_not)
{
    static const char text[] = NIC_HEAD NIC_LO NIC_ETH0 "  eth1: 18446744073709551615 2 3 4 5 6 7 8 9 10\r\n"
                                                        "tun10001:1: 77 2 3 4 5 6 7 8 88 10\n"
                                                        " a:b:c:5 2 3 4 5 6 7 8 6 10\n";
    static const struct nic expected[] = {
        {"lo", 88120, 88121}, {"eth0", 730112044, 91200311}, {"eth1", UINT64_MAX, 9}, {"tun10001:1", 77, 88},
        {"a:b:c", 5, 6},
    };
    struct nic nics[NICS_MAX_IN_TEST];

    ck_assert_uint_eq(parse_nics(text, strlen(text), nics), 5);
    for (unsigned i = 0; i < 5; i++) {
        ck_assert_str_eq(nics[i].name, expected[i].name);
        ck_assert_uint_eq(nics[i].rx, expected[i].rx);
        ck_assert_uint_eq(nics[i].tx, expected[i].tx);
    }
}
END_TEST

START_TEST(nic_lines_that_cannot_be_read_are_skipped)
{
    static const char text[] = "\n"
                               ":\n"
                               ": 1 2 3 4 5 6 7 8 9\n"
                               "eth0 1 2 3 4 5 6 7 8 9\n"
                               "eth0:\n"
                               "eth0: 1 2 3 4 5 6 7 8\n"
                               "eth 0: 1 2 3 4 5 6 7 8 9\n"
                               "eth0: -1 2 3 4 5 6 7 8 9\n"
                               "eth0: 99999999999999999999 2 3 4 5 6 7 8 9\n" NAME_TOO_LONG ": 1 2 3 4 5 6 7 8 9\n"
                               "wlan0: 1 2 3 4 5 6 7 8 9\n";
    struct nic nics[NICS_MAX_IN_TEST];

    ck_assert_uint_eq(parse_nics(text, strlen(text), nics), 1);
    ck_assert_str_eq(nics[0].name, "wlan0");
    ck_assert_uint_eq(nics[0].tx, 9);
}
END_TEST

START_TEST(nic_text_cut_anywhere_gives_its_finished_lines)
{
    static const char text[] = NIC_HEAD NIC_LO NIC_ETH0;
    size_t first_len = strlen(NIC_HEAD NIC_LO);
    struct nic nics[NICS_MAX_IN_TEST];

    for (size_t len = 0; len < strlen(text); len++)
        ck_assert_uint_eq(parse_nics(text, len, nics), len >= first_len ? 1 : 0);
}
END_TEST

START_TEST(bytes_of_any_value_are_survived)
{
    for (unsigned byte = 0; byte < 256; byte++) {
        char text[64];
        struct procfs_cpu cpu;
        struct procfs_memory memory;
        struct disk disks[DISKS_MAX_IN_TEST];
        struct nic nics[NICS_MAX_IN_TEST];
        double value;
        unsigned cores;

        memset(text, (int)byte, sizeof text);
        ck_assert_int_eq(parse_cpu(text, sizeof text, &cpu), -EBADMSG);
        ck_assert_int_eq(parse_cores(text, sizeof text, &cores), -EBADMSG);
        ck_assert_int_eq(parse_memory(text, sizeof text, &memory), -EBADMSG);
        ck_assert_int_eq(parse_number(procfs_parse_load1, text, sizeof text, &value), -EBADMSG);
        ck_assert_int_eq(parse_number(procfs_parse_pressure, text, sizeof text, &value), -EBADMSG);
        ck_assert_uint_eq(parse_disks(text, sizeof text, disks), 0);
        ck_assert_uint_eq(parse_nics(text, sizeof text, nics), 0);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("procfs");
    TCase *tests = tcase_create("procfs");

    tcase_add_test(tests, cpu_line_gives_its_fields);
    tcase_add_test(tests, cpu_line_that_cannot_be_read_is_refused);
    tcase_add_test(tests, cpu_line_cut_anywhere_is_refused);
    tcase_add_test(tests, cores_are_the_numbered_cpu_lines);
    tcase_add_test(tests, cores_of_a_cut_text_are_those_of_its_finished_lines);
    tcase_add_test(tests, memory_is_read_in_bytes);
    tcase_add_test(tests, available_memory_is_estimated_where_it_cannot_be_right);
    tcase_add_test(tests, pools_of_huge_pages_are_no_part_of_the_memory);
    tcase_add_test(tests, memory_without_total_or_available_is_refused);
    tcase_add_test(tests, memory_cut_anywhere_never_gives_a_shortened_number);
    tcase_add_test(tests, load_is_the_first_number);
    tcase_add_test(tests, pressure_is_the_some_line_of_ten_seconds);
    tcase_add_test(tests, disk_lines_of_old_and_new_kernels_are_read);
    tcase_add_test(tests, disk_lines_that_cannot_be_read_are_skipped);
    tcase_add_test(tests, disk_text_cut_anywhere_gives_its_finished_lines);
    tcase_add_test(tests, stat_of_a_disk_has_the_columns_of_its_line);
    tcase_add_test(tests, number_is_that_of_a_whole_line);
    tcase_add_test(tests, nic_lines_are_read_and_the_heading_is_not);
    tcase_add_test(tests, nic_lines_that_cannot_be_read_are_skipped);
    tcase_add_test(tests, nic_text_cut_anywhere_gives_its_finished_lines);
    tcase_add_test(tests, bytes_of_any_value_are_survived);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
