/* Shares of a quota, of the periods, and counts that never fall. */
#include "agent/metrics/cgroup_rates.h"

#include "support/suite.h"

static const struct {
    uint64_t usage_us; /* one second after a reading of 5 s at 1 s */
    uint64_t cpu_milli;
    enum cgroup_verdict verdict;
    double percent; /* -1: none */
} shares[] = {
    {5250000, 500, CGROUP_SHARE, 50.0},       {5500000, 500, CGROUP_SHARE, 100.0},
    {5510000, 500, CGROUP_SHARE, 100.0}, /* clocks that are not read at the same moment, or a burst */
    {5000000, 500, CGROUP_SHARE, 0.0},        {7000000, 4000, CGROUP_SHARE, 50.0},
    {5001000, 2000, CGROUP_SHARE, 0.05},      {4999999, 500, CGROUP_IMPOSSIBLE, -1.0}, /* it fell */
    {10200000, 500, CGROUP_IMPOSSIBLE, -1.0}, /* more than the machine's 4 cores can do */
    {9500000, 4000, CGROUP_SHARE, 100.0},     /* a little more than they can */
    {5500000, 0, CGROUP_NOTHING, -1.0},       /* of what? */
};

START_TEST(cpu_is_a_share_of_what_may_be_used)
{
    struct cgroup_cpu cpu = {0};
    double percent = -1.0;

    ck_assert_int_eq(cgroup_cpu_step(&cpu, 5000000, 1000, shares[_i].cpu_milli, 4000, &percent), CGROUP_NOTHING);
    ck_assert_int_eq(cgroup_cpu_step(&cpu, shares[_i].usage_us, 2000, shares[_i].cpu_milli, 4000, &percent),
                     shares[_i].verdict);
    ck_assert_double_eq_tol(percent, shares[_i].percent, 1e-9);
}
END_TEST

START_TEST(cpu_needs_time_to_pass)
{
    struct cgroup_cpu cpu = {0};
    double percent;

    ck_assert_int_eq(cgroup_cpu_step(&cpu, 0, 1000, 1000, 0, &percent), CGROUP_NOTHING);
    ck_assert_int_eq(cgroup_cpu_step(&cpu, 0, 1000, 1000, 0, &percent), CGROUP_NOTHING);
    ck_assert_int_eq(cgroup_cpu_step(&cpu, 0, 999, 1000, 0, &percent), CGROUP_NOTHING);
    ck_assert_int_eq(cgroup_cpu_step(&cpu, 500, 1000, 1000, 0, &percent), CGROUP_SHARE);
    ck_assert_double_eq_tol(percent, 50.0, 1e-9);
}
END_TEST

START_TEST(throttling_is_a_share_of_the_periods)
{
    struct cgroup_throttling throttling = {0};
    double percent = -1.0;

    ck_assert(!cgroup_throttling_step(&throttling, 100, 10, &percent));
    ck_assert(cgroup_throttling_step(&throttling, 110, 14, &percent));
    ck_assert_double_eq(percent, 40.0);
    ck_assert(cgroup_throttling_step(&throttling, 110, 14, &percent)); /* idle: no period begins */
    ck_assert_double_eq(percent, 0.0);
    ck_assert(!cgroup_throttling_step(&throttling, 3, 1, &percent)); /* another cgroup of that name */
    ck_assert(cgroup_throttling_step(&throttling, 4, 2, &percent));
    ck_assert_double_eq(percent, 100.0);
}
END_TEST

START_TEST(a_count_never_falls)
{
    struct cgroup_count count = {0};

    ck_assert_uint_eq(cgroup_count_step(&count, 3), 3);
    ck_assert_uint_eq(cgroup_count_step(&count, 5), 5);
    ck_assert_uint_eq(cgroup_count_step(&count, 1), 6); /* begun anew */
    ck_assert_uint_eq(cgroup_count_step(&count, 1), 6);
    count.primed = false; /* another cgroup */
    ck_assert_uint_eq(cgroup_count_step(&count, 2), 8);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cgroup_rates");
    TCase *tests = tcase_create("cgroup_rates");

    tcase_add_loop_test(tests, cpu_is_a_share_of_what_may_be_used, 0, sizeof shares / sizeof shares[0]);
    tcase_add_test(tests, cpu_needs_time_to_pass);
    tcase_add_test(tests, throttling_is_a_share_of_the_periods);
    tcase_add_test(tests, a_count_never_falls);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
