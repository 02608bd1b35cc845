#include "agent/rates.h"

#include "support/suite.h"

#include <stdint.h>
#include <stdio.h>

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

static bool step(struct cpu_rates *rates, struct procfs_cpu now, double shares[3])
{
    return rates_step_cpu(rates, &now, &shares[0], &shares[1], &shares[2]);
}

START_TEST(cpu_needs_two_readings)
{
    struct cpu_rates rates = {0};
    double shares[3] = {-1, -1, -1};

    ck_assert(!step(&rates, (struct procfs_cpu){100, 900, 0, 0}, shares));
    ck_assert_double_eq(shares[0], -1);
    ck_assert(step(&rates, (struct procfs_cpu){130, 960, 10, 5}, shares));
    ck_assert_double_eq_tol(shares[0], 30.0, TOLERANCE);
    ck_assert_double_eq_tol(shares[1], 10.0, TOLERANCE);
    ck_assert_double_eq_tol(shares[2], 5.0, TOLERANCE);
}
END_TEST

START_TEST(cpu_shares_are_those_of_the_ticks_between)
{
    static const struct {
        struct procfs_cpu before, now;
        double busy, iowait, steal;
    } rows[] = {
        {{0, 0, 0, 0}, {0, 100, 0, 0}, 0, 0, 0},
        {{0, 0, 0, 0}, {100, 0, 0, 0}, 100, 0, 0},
        {{0, 0, 0, 0}, {0, 0, 100, 0}, 0, 100, 0},
        {{50, 50, 50, 0}, {150, 50, 50, 100}, 100, 0, 100},
        {{100, 900, 50, 0}, {110, 899, 80, 0}, 25, 75, 0},  /* idle fell */
        {{100, 900, 50, 0}, {110, 990, 49, 0}, 10, 0, 0},   /* iowait fell */
        {{100, 900, 50, 20}, {110, 990, 50, 10}, 10, 0, 0}, /* steal fell */
        {{100, 900, 50, 0}, {110, 990, 50, 40}, 10, 0, 10}, /* steal ran ahead of the sum that it is in */
        {{0, 0, 0, 0}, {UINT64_MAX, UINT64_MAX, 0, 0}, 50, 0, 0},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct cpu_rates rates = {0};
        double shares[3];

        ck_assert(!step(&rates, rows[i].before, shares));
        ck_assert(step(&rates, rows[i].now, shares));
        ck_assert_double_eq_tol(shares[0], rows[i].busy, TOLERANCE);
        ck_assert_double_eq_tol(shares[1], rows[i].iowait, TOLERANCE);
        ck_assert_double_eq_tol(shares[2], rows[i].steal, TOLERANCE);
    }
}
END_TEST

START_TEST(cpu_says_nothing_when_no_time_has_passed)
{
    struct cpu_rates rates = {0};
    double shares[3] = {-1, -1, -1};

    step(&rates, (struct procfs_cpu){100, 900, 10, 5}, shares);
    ck_assert(!step(&rates, (struct procfs_cpu){100, 900, 10, 5}, shares));
    /* All counters back at the start, as after a restored checkpoint. */
    ck_assert(!step(&rates, (struct procfs_cpu){1, 9, 0, 0}, shares));
    ck_assert_double_eq(shares[0], -1);
    ck_assert(step(&rates, (struct procfs_cpu){2, 12, 0, 0}, shares));
    ck_assert_double_eq_tol(shares[0], 25.0, TOLERANCE);
}
END_TEST

static struct device_rates *rates;

static void create(void)
{
    rates = rates_devices_new(4);
    ck_assert_ptr_nonnull(rates);
}

static void destroy(void)
{
    rates_devices_free(rates);
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
    struct device_totals totals;

    rates_devices_begin(rates, uptime_ms);
    for (size_t i = 0; i < count; i++)
        rates_devices_add(rates, readings[i].name, readings[i].in, readings[i].out, readings[i].busy_ms);
    rates_devices_end(rates, &totals);
    return totals;
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

START_TEST(totals_grow_and_the_busiest_device_is_told)
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

START_TEST(devices_beyond_the_capacity_are_left_out)
{
    struct device_totals totals =
        PASS(1000, {"a", 1, 1, 0}, {"b", 1, 1, 0}, {"c", 1, 1, 0}, {"d", 1, 1, 0}, {"e", 1, 1, 0});

    assert_bytes(totals, 4, 4);
    /* A place that became free is taken in the pass after. */
    PASS(2000, {"b", 1, 1, 0}, {"c", 1, 1, 0}, {"d", 1, 1, 0});
    PASS(3000, {"b", 1, 1, 0}, {"c", 1, 1, 0}, {"d", 1, 1, 0}, {"e", 1, 1, 0});
    assert_bytes(PASS(4000, {"b", 1, 1, 0}, {"c", 1, 1, 0}, {"d", 1, 1, 0}, {"e", 9, 5, 0}), 12, 8);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rates");
    TCase *cpu = tcase_create("cpu");
    TCase *devices = tcase_create("devices");

    tcase_add_test(cpu, counter_advances_over_wraps_and_resets);
    tcase_add_test(cpu, cpu_needs_two_readings);
    tcase_add_test(cpu, cpu_shares_are_those_of_the_ticks_between);
    tcase_add_test(cpu, cpu_says_nothing_when_no_time_has_passed);
    suite_add_tcase(suite, cpu);

    tcase_add_checked_fixture(devices, create, destroy);
    tcase_add_test(devices, first_pass_gives_the_sums_and_no_busy_share);
    tcase_add_test(devices, totals_grow_and_the_busiest_device_is_told);
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
    tcase_add_test(devices, devices_beyond_the_capacity_are_left_out);
    suite_add_tcase(suite, devices);
    return suite_run(suite);
}
