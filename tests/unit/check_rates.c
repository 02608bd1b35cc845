#include "agent/metrics/rates.h"

#include "support/suite.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define TOLERANCE 1e-9
#define WRAP_32   (UINT64_C(1) << 32)

START_TEST(counter_advances_over_wraps_and_resets)
{
    static const struct {
        uint64_t before, now, advance;
    } rows[] = {
        {0, 0, 0},
        {100, 100, 0},
        {100, 130, 30},
        {0, UINT64_MAX, UINT64_MAX},
        {WRAP_32 - 1, WRAP_32, 1},               /* no wrap: a 64-bit counter that passes 2^32 */
        {WRAP_32 - 1, 0, 1},                     /* a wrap at 2^32 */
        {WRAP_32 - 600, 400, 1000},              /* likewise */
        {WRAP_32 - 1000000, 2600000, 3600000},   /* an hour of a busy disk */
        {WRAP_32, 5, 5},                         /* too high for a 32-bit counter: a reset */
        {3000000000, 100, 100},                  /* far from 2^32: a reset */
        {WRAP_32 - 600, 2000000000, 2000000000}, /* too far behind 0: a reset */
        {WRAP_32 - 600, WRAP_32 - 700, WRAP_32 - 700},
        {UINT64_MAX, 0, 1}, /* a wrap at 2^64 */
        {UINT64_MAX - 99, 400, 500},
        {UINT64_MAX / 2, 400, 400},
        {1000, 999, 999},
        {1000, 0, 0},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        ck_assert_uint_eq(rates_advance_counter(rows[i].before, rows[i].now), rows[i].advance);
}
END_TEST

#define FIELDS(count, ...)                                                                                             \
    {                                                                                                                  \
        .ticks = {__VA_ARGS__}, .fields = (count)                                                                      \
    }
#define TICKS(...) FIELDS(PROCFS_CPU_FIELDS, __VA_ARGS__)

/* Times are those of one processor, if not said otherwise: 100 ticks in a second. */
static struct cpu_shares step(struct cpu_rates *rates, struct procfs_cpu now, uint64_t uptime_ms)
{
    return rates_step_cpu(rates, &now, uptime_ms, 1);
}

static struct cpu_shares shares_between(struct procfs_cpu before, struct procfs_cpu now)
{
    struct cpu_rates rates = {0};

    ck_assert_int_eq(step(&rates, before, 1000).verdict, CPU_NOTHING);
    return step(&rates, now, 2000);
}

START_TEST(cpu_shares_are_those_of_the_ticks_between)
{
    /* user, nice, system, idle, iowait, irq, softirq, steal */
    static const struct {
        struct procfs_cpu before, now;
        double busy, iowait, steal;
    } rows[] = {
        {TICKS(0), TICKS(0, 0, 0, 100), 0, 0, 0},
        {TICKS(0), TICKS(100), 100, 0, 0},
        {TICKS(0), TICKS(0, 0, 0, 0, 100), 0, 100, 0},
        {TICKS(0), TICKS(0, 0, 0, 0, 0, 0, 0, 100), 100, 0, 100},
        {TICKS(7, 7, 7, 7, 7, 7, 7, 7), TICKS(17, 12, 11, 68, 17, 10, 9, 12), 29, 10, 5},
        /* A field that falls counts as 0, and hides no other. */
        {TICKS(100, 0, 0, 900, 50), TICKS(110, 0, 0, 899, 80), 25, 75, 0},
        {TICKS(100, 0, 0, 900, 50), TICKS(110, 0, 0, 990, 49), 10, 0, 0},
        {TICKS(100, 0, 0, 900, 0, 0, 0, 20), TICKS(110, 0, 0, 990, 0, 0, 0, 10), 10, 0, 0},
        {TICKS(5653582, 827, 3220601, 1281558689, 85144, 0, 90281, 1504706785701),
         TICKS(5653643, 827, 3220611, 1281558718, 85144, 0, 90281, 1481358336740), 71, 0, 0},
        {TICKS(5, 0, 1000000), TICKS(75, 0, 0, 30), 70, 0, 0},
        /* No sum overflows. */
        {TICKS(UINT64_MAX - 30, 0, 0, UINT64_MAX - 70), TICKS(UINT64_MAX, 0, 0, UINT64_MAX), 30, 0, 0},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct cpu_shares shares = shares_between(rows[i].before, rows[i].now);

        ck_assert_int_eq(shares.verdict, CPU_SHARES);
        ck_assert(shares.has_iowait && shares.has_steal);
        ck_assert_double_eq_tol(shares.busy_percent, rows[i].busy, TOLERANCE);
        ck_assert_double_eq_tol(shares.iowait_percent, rows[i].iowait, TOLERANCE);
        ck_assert_double_eq_tol(shares.steal_percent, rows[i].steal, TOLERANCE);
    }
}
END_TEST

START_TEST(cpu_fields_that_are_not_counted_are_no_zeros)
{
    struct cpu_shares shares =
        shares_between((struct procfs_cpu)FIELDS(4, 1, 1, 1, 1), (struct procfs_cpu)FIELDS(4, 51, 1, 1, 51));
    ck_assert_double_eq_tol(shares.busy_percent, 50, TOLERANCE);
    ck_assert(!shares.has_iowait && !shares.has_steal);
    shares = shares_between((struct procfs_cpu)FIELDS(7, 0), (struct procfs_cpu)FIELDS(7, 10, 0, 0, 50, 40));
    ck_assert_double_eq_tol(shares.iowait_percent, 40, TOLERANCE);
    ck_assert(shares.has_iowait && !shares.has_steal);
}
END_TEST

START_TEST(cpu_ticks_are_held_against_the_time)
{
    static const struct {
        uint64_t elapsed_ms;
        unsigned processors;
        struct procfs_cpu since;
        enum cpu_verdict verdict;
    } rows[] = {
        {1000, 1, TICKS(10, 0, 0, 90), CPU_SHARES},
        {1000, 64, TICKS(640, 0, 0, 5760), CPU_SHARES},
        /* A late reading, and lost ticks. */
        {100, 1, TICKS(10, 0, 0, 290), CPU_SHARES},
        {1000, 1, TICKS(10, 0, 0, 10), CPU_SHARES},
        {50, 1, TICKS(1), CPU_SHARES},
        /* Jumps. */
        {1000, 1, TICKS(10, 0, 0, 5000), CPU_IMPOSSIBLE},
        {1000, 64, TICKS(640, 0, 0, 320000), CPU_IMPOSSIBLE},
        {500, 2, TICKS(10, 0, 0, 90, 0, 0, 0, 800000000), CPU_IMPOSSIBLE},
        {500, 2, TICKS(10, 0, 0, 90, 0, 0, 0, 5000), CPU_IMPOSSIBLE},
        {500, 2, TICKS(10, 0, 0, 90, 1000000), CPU_IMPOSSIBLE},
        {1000, 1, TICKS(UINT64_MAX, 0, 0, 90), CPU_IMPOSSIBLE},
        {1000, 1, TICKS(UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX), CPU_IMPOSSIBLE},
        /* Counters that stand still. */
        {500, 1, TICKS(3), CPU_IMPOSSIBLE},
        {500, 1, TICKS(24), CPU_IMPOSSIBLE},
        {500, 1, TICKS(25), CPU_SHARES},
        {1000, 1, TICKS(5, 0, 0, 4), CPU_IMPOSSIBLE},
        {1000, 1, TICKS(5, 0, 0, 5), CPU_SHARES},
        {1000, 1, TICKS(0), CPU_IMPOSSIBLE},
        /* Too short to tell. */
        {50, 1, TICKS(0), CPU_NOTHING},
        {0, 1, TICKS(0), CPU_NOTHING},
        {1, 8, TICKS(40), CPU_SHARES},
        /* Nothing to hold them against. */
        {1000, 0, TICKS(1, 0, 0, 1), CPU_SHARES},
        {1000, 0, TICKS(100000000), CPU_SHARES},
        /* Microseconds. */
        {1000, 1, TICKS(100000, 0, 0, 900000), CPU_SHARES},
        {500, 4, TICKS(100000, 0, 0, 1900000), CPU_SHARES},
        {1000, 1, TICKS(100000, 0, 0, 90000000), CPU_IMPOSSIBLE},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct cpu_rates rates = {0};
        struct procfs_cpu start = TICKS(0), now = rows[i].since;

        rates_step_cpu(&rates, &start, 7000, rows[i].processors);
        struct cpu_shares shares = rates_step_cpu(&rates, &now, 7000 + rows[i].elapsed_ms, rows[i].processors);
        ck_assert_msg(shares.verdict == rows[i].verdict, "row %zu: verdict %d", i, (int)shares.verdict);
    }
}
END_TEST

START_TEST(cpu_goes_on_after_an_impossible_interval)
{
    struct cpu_rates rates = {0};

    step(&rates, (struct procfs_cpu)TICKS(1000, 0, 0, 90000), 1000);
    /* All counters back at the start, as after a change of a container's cpus. */
    ck_assert_int_eq(step(&rates, (struct procfs_cpu)TICKS(5, 0, 0, 45), 2000).verdict, CPU_IMPOSSIBLE);
    struct cpu_shares shares = step(&rates, (struct procfs_cpu)TICKS(30, 0, 0, 120), 3000);
    ck_assert_int_eq(shares.verdict, CPU_SHARES);
    ck_assert_double_eq_tol(shares.busy_percent, 25.0, TOLERANCE);
}
END_TEST

START_TEST(cpu_says_nothing_when_the_clock_goes_back)
{
    struct cpu_rates rates = {0};

    step(&rates, (struct procfs_cpu)TICKS(10), 5000);
    ck_assert_int_eq(step(&rates, (struct procfs_cpu)TICKS(110), 4000).verdict, CPU_NOTHING);
    ck_assert_int_eq(step(&rates, (struct procfs_cpu)TICKS(210), 5000).verdict, CPU_SHARES);
}
END_TEST

static struct device_rates rates;
static struct device_table table;

static void create(void)
{
    memset(&rates, 0, sizeof rates);
    ck_assert_int_eq(device_table_init(&table), 0);
}

static void destroy(void)
{
    device_table_deinit(&table);
}

struct reading {
    const char *name;
    uint64_t in, out, busy_ms;
};

#define PASS(uptime_ms, ...)                                                                                           \
    pass(uptime_ms, (const struct reading[]){__VA_ARGS__},                                                             \
         sizeof((const struct reading[]){__VA_ARGS__}) / sizeof(struct reading))

static struct device_totals pass(uint64_t uptime_ms, const struct reading *readings, size_t count)
{
    device_table_begin_pass(&table);
    rates_devices_begin(&rates, uptime_ms);
    for (size_t i = 0; i < count; i++) {
        const struct reading *r = &readings[i];
        const struct device_reading reading = {
            .in = r->in, .out = r->out, .busy_ms = r->busy_ms, .events = r->in + r->out + r->busy_ms};

        rates_devices_add(&rates, device_table_find(&table, r->name), &reading);
    }
    device_table_end_pass(&table);
    return rates.totals;
}

static void assert_bytes(struct device_totals totals, uint64_t in, uint64_t out)
{
    ck_assert(totals.any);
    ck_assert_uint_eq(totals.in_total, in);
    ck_assert_uint_eq(totals.out_total, out);
}

static void assert_busy(struct device_totals totals, double percent)
{
    ck_assert(totals.has_busy);
    ck_assert_double_eq_tol(totals.busy_percent, percent, TOLERANCE);
}

START_TEST(first_pass_gives_the_sums_and_no_busy_share)
{
    struct device_totals totals = PASS(5000, {"sda", 100, 10, 700}, {"sdb", 200, 20, 900});

    assert_bytes(totals, 300, 30);
    ck_assert(!totals.has_busy);
}
END_TEST

START_TEST(totals_grow_and_the_busiest_device_counts)
{
    PASS(5000, {"sda", 100, 10, 700}, {"sdb", 200, 20, 900});
    struct device_totals totals = PASS(7000, {"sda", 150, 11, 1200}, {"sdb", 200, 27, 1000});

    assert_bytes(totals, 350, 38);
    assert_busy(totals, 25.0);
}
END_TEST

START_TEST(order_of_the_devices_does_not_matter)
{
    PASS(5000, {"sda", 100, 10, 0}, {"sdb", 200, 20, 0}, {"sdc", 300, 30, 0});
    assert_bytes(PASS(6000, {"sdc", 301, 31, 0}, {"sda", 102, 12, 0}, {"sdb", 204, 24, 0}), 607, 67);
    assert_bytes(PASS(7000, {"sda", 102, 12, 0}, {"sdb", 204, 24, 0}, {"sdc", 401, 31, 0}), 707, 67);
}
END_TEST

START_TEST(busy_share_is_at_most_100)
{
    PASS(5000, {"sda", 0, 0, 700});
    assert_busy(PASS(6000, {"sda", 0, 0, 1704}), 100.0);
}
END_TEST

START_TEST(busy_time_wraps_at_32_bits)
{
    PASS(5000, {"sda", 0, 0, WRAP_32 - 100});
    assert_busy(PASS(6000, {"sda", 0, 0, 400}), 50.0);
}
END_TEST

START_TEST(idle_device_has_a_busy_share_of_0)
{
    PASS(5000, {"sda", 1, 1, 700});
    assert_busy(PASS(6000, {"sda", 1, 1, 700}), 0.0);
}
END_TEST

START_TEST(totals_go_on_over_wraps_and_resets)
{
    PASS(1000, {"sda", WRAP_32 - 10, 5000, 0});
    assert_bytes(PASS(2000, {"sda", 20, 5000, 0}), WRAP_32 + 20, 5000); /* a wrap */
    assert_bytes(PASS(3000, {"sda", 20, 300, 0}), WRAP_32 + 20, 5300);  /* a reset */
    assert_bytes(PASS(4000, {"sda", 25, 301, 0}), WRAP_32 + 25, 5301);
}
END_TEST

START_TEST(unplugged_device_keeps_its_share_of_the_totals)
{
    PASS(1000, {"sda", 100, 10, 0}, {"sdb", 500, 50, 0});
    assert_bytes(PASS(2000, {"sda", 101, 10, 0}), 601, 60);
    /* Back with counters of its own, lower or higher: it counts from here. */
    assert_bytes(PASS(3000, {"sda", 101, 10, 0}, {"sdb", 7, 3, 0}), 601, 60);
    assert_bytes(PASS(4000, {"sda", 101, 10, 0}, {"sdb", 9, 4, 0}), 603, 61);
}
END_TEST

START_TEST(new_device_counts_from_the_pass_that_sees_it)
{
    PASS(1000, {"sda", 100, 10, 0});
    struct device_totals totals = PASS(2000, {"sda", 100, 10, 100}, {"sdb", 1000000, 1000000, 99999});

    assert_bytes(totals, 100, 10);
    assert_busy(totals, 10.0);
    assert_bytes(PASS(3000, {"sda", 100, 10, 0}, {"sdb", 1000001, 1000002, 0}), 101, 12);
}
END_TEST

START_TEST(totals_outlive_a_pass_without_devices)
{
    PASS(1000, {"sda", 100, 10, 0});
    ck_assert(!pass(2000, NULL, 0).any);
    ck_assert(!pass(2000, NULL, 0).has_busy);
    struct device_totals totals = PASS(3000, {"sda", 40, 4, 0});

    assert_bytes(totals, 100, 10);
    ck_assert(!totals.has_busy);
}
END_TEST

START_TEST(totals_start_with_the_first_pass_that_sees_a_device)
{
    ck_assert(!pass(1000, NULL, 0).any);
    assert_bytes(PASS(2000, {"sda", 100, 10, 0}), 100, 10);
}
END_TEST

START_TEST(no_busy_share_when_no_time_has_passed)
{
    PASS(5000, {"sda", 100, 10, 700});
    struct device_totals totals = PASS(5000, {"sda", 150, 11, 800});

    assert_bytes(totals, 150, 11);
    ck_assert(!totals.has_busy);
}
END_TEST

START_TEST(uptime_going_backwards_costs_one_busy_share)
{
    PASS(5000, {"sda", 100, 10, 700});
    struct device_totals totals = PASS(4000, {"sda", 150, 11, 800});

    assert_bytes(totals, 150, 11);
    ck_assert(!totals.has_busy);
    assert_busy(PASS(5000, {"sda", 150, 11, 900}), 10.0);
}
END_TEST

START_TEST(device_that_is_not_counted_for_a_pass_is_new)
{
    PASS(1000, {"eth0", 100, 10, 0}, {"eth1", 7, 7, 0});
    device_table_begin_pass(&table);
    rates_devices_begin(&rates, 2000);
    device_table_find(&table, "eth0"); /* there, but another one counts */
    rates_devices_add(&rates, device_table_find(&table, "eth1"), &(struct device_reading){.in = 8, .out = 8});
    device_table_end_pass(&table);
    assert_bytes(rates.totals, 108, 18);
    assert_bytes(PASS(3000, {"eth0", 900, 90, 0}, {"eth1", 8, 8, 0}), 108, 18);
    assert_bytes(PASS(4000, {"eth0", 901, 91, 0}, {"eth1", 8, 8, 0}), 109, 19);
}
END_TEST

/* A pass over one disk. */
static struct device_totals disk(uint64_t uptime_ms, uint64_t busy_ms, uint64_t events, uint64_t in_flight)
{
    const struct device_reading reading = {.busy_ms = busy_ms, .events = events, .in_flight = in_flight};

    device_table_begin_pass(&table);
    rates_devices_begin(&rates, uptime_ms);
    rates_devices_add(&rates, device_table_find(&table, "sda"), &reading);
    device_table_end_pass(&table);
    return rates.totals;
}

START_TEST(disk_that_is_busy_without_a_request_is_not)
{
    disk(1000, 700, 40, 0);
    assert_busy(disk(2000, 1700, 40, 0), 0.0);
    assert_busy(disk(3000, 2700, 41, 1), 100.0);
}
END_TEST

START_TEST(request_that_is_always_in_flight_does_not_exist)
{
    disk(1000, 700, 41, 1);
    assert_busy(disk(2000, 1700, 41, 1), 0.0);
    assert_busy(disk(3000, 2700, 41, 1), 0.0);
}
END_TEST

START_TEST(slow_request_keeps_a_disk_busy_for_10_s)
{
    disk(1000, 0, 40, 0);
    for (uint64_t s = 2; s <= 12; s++)
        assert_busy(disk(s * 1000, s * 1000, 41, 1), 100.0);
    assert_busy(disk(13000, 13000, 41, 1), 0.0);
    assert_busy(disk(14000, 14000, 42, 0), 100.0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rates");
    TCase *cpu = tcase_create("cpu");
    TCase *devices = tcase_create("devices");

    tcase_add_test(cpu, counter_advances_over_wraps_and_resets);
    tcase_add_test(cpu, cpu_shares_are_those_of_the_ticks_between);
    tcase_add_test(cpu, cpu_fields_that_are_not_counted_are_no_zeros);
    tcase_add_test(cpu, cpu_ticks_are_held_against_the_time);
    tcase_add_test(cpu, cpu_goes_on_after_an_impossible_interval);
    tcase_add_test(cpu, cpu_says_nothing_when_the_clock_goes_back);
    suite_add_tcase(suite, cpu);

    tcase_add_checked_fixture(devices, create, destroy);
    tcase_add_test(devices, first_pass_gives_the_sums_and_no_busy_share);
    tcase_add_test(devices, totals_grow_and_the_busiest_device_counts);
    tcase_add_test(devices, order_of_the_devices_does_not_matter);
    tcase_add_test(devices, busy_share_is_at_most_100);
    tcase_add_test(devices, busy_time_wraps_at_32_bits);
    tcase_add_test(devices, idle_device_has_a_busy_share_of_0);
    tcase_add_test(devices, totals_go_on_over_wraps_and_resets);
    tcase_add_test(devices, unplugged_device_keeps_its_share_of_the_totals);
    tcase_add_test(devices, new_device_counts_from_the_pass_that_sees_it);
    tcase_add_test(devices, totals_outlive_a_pass_without_devices);
    tcase_add_test(devices, totals_start_with_the_first_pass_that_sees_a_device);
    tcase_add_test(devices, no_busy_share_when_no_time_has_passed);
    tcase_add_test(devices, uptime_going_backwards_costs_one_busy_share);
    tcase_add_test(devices, device_that_is_not_counted_for_a_pass_is_new);
    tcase_add_test(devices, disk_that_is_busy_without_a_request_is_not);
    tcase_add_test(devices, request_that_is_always_in_flight_does_not_exist);
    tcase_add_test(devices, slow_request_keeps_a_disk_busy_for_10_s);
    suite_add_tcase(suite, devices);
    return suite_run(suite);
}
