/* Each policy by hand, from its description. Whole simulations are compared with a reference in e2e/peers. */
#include "offline/peers.h"

#include "support/suite.h"

static struct peer peer;

static void setup(void)
{
    peer = (struct peer){.hpa = {.hpa = HPA_SETTINGS_DEFAULT}};
}

static unsigned desired(struct sim_policy policy, size_t step, unsigned ready, unsigned pending, double utilisation)
{
    struct sim_view view = {.step = step,
                            .ready = ready,
                            .pending = pending,
                            .utilisation = utilisation,
                            .demand = utilisation * ready,
                            .nodes_min = 1,
                            .nodes_max = 200};

    return policy.step(policy.state, &view).desired;
}

START_TEST(aws_acts_after_3_minutes_above_the_target)
{
    struct sim_policy policy = peers_aws_tracking(&peer);

    for (size_t k = 0; k < 11; k++)
        ck_assert_uint_eq(desired(policy, k, 10, 0, 0.8), 10);
    ck_assert_uint_eq(desired(policy, 11, 10, 0, 0.8), 12); /* ceil(8 / 0.7) */
    for (size_t k = 12; k < 15; k++)
        ck_assert_uint_eq(desired(policy, k, 10, 5, 0.8), 15);
    ck_assert_uint_eq(desired(policy, 15, 10, 5, 0.8), 15); /* enough are pending */
}
END_TEST

START_TEST(aws_waits_15_minutes_before_a_scale_in)
{
    struct sim_policy policy = peers_aws_tracking(&peer);

    for (size_t k = 0; k < 59; k++)
        ck_assert_uint_eq(desired(policy, k, 10, 0, 0.6), 10);
    ck_assert_uint_eq(desired(policy, 59, 10, 0, 0.6), 9); /* ceil(6 / 0.7) */
    for (size_t k = 60; k < 64; k++)
        ck_assert_uint_eq(desired(policy, k, 9, 1, 0.6), 10); /* not while one starts */
    for (size_t k = 64; k < 68; k++)
        ck_assert_uint_eq(desired(policy, k, 10, 0, 0.65), 10); /* within 10 % below the target */
}
END_TEST

/* An hour with a load of 21 nodes, and 23 with 7. */
static unsigned run_day(struct sim_policy policy, size_t day)
{
    unsigned last = 0;

    for (size_t k = 0; k < 5760; k++)
        last = desired(policy, day * 5760 + k, 100, 0, k < 240 ? 0.21 : 0.07);
    return last;
}

START_TEST(yesterdays_hour_is_expected)
{
    struct sim_policy policy = peers_aws_predictive(&peer);

    ck_assert_uint_eq(run_day(policy, 0), 30); /* 5 minutes before it comes again */
    ck_assert_uint_eq(desired(policy, 5760, 12, 0, 0.7), 30);
    ck_assert_uint_eq(desired(policy, 5760 + 240, 12, 0, 0.7), 12); /* at least 10 */
}
END_TEST

START_TEST(a_cron_trigger_knows_yesterdays_hour)
{
    struct sim_policy policy = peers_keda_cron(&peer);

    (void)run_day(policy, 0);
    ck_assert_uint_eq(desired(policy, 5760, 20, 0, 0.7), 30);
    ck_assert_uint_eq(desired(policy, 5760 + 240, 20, 0, 0.7), 20);
}
END_TEST

START_TEST(a_percentile_moves_slowly)
{
    struct sim_policy policy = peers_autopilot(&peer);

    ck_assert_uint_eq(desired(policy, 0, 10, 0, 0.7), 11); /* 7.0 is up to 7.1 */
    for (size_t k = 1; k < 2000; k++)
        (void)desired(policy, k, 10, 0, 0.7);
    for (size_t k = 2000; k < 2080; k++)
        ck_assert_uint_eq(desired(policy, k, 30, 0, 0.7), 11);
    for (size_t k = 2080; k < 2200; k++)
        (void)desired(policy, k, 30, 0, 0.7);
    ck_assert_uint_eq(desired(policy, 2200, 30, 0, 0.7), 31);
    ck_assert_uint_eq(desired(policy, 2201, 30, 0, 0.0), 31);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("peers");
    TCase *tests = tcase_create("peers");

    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, aws_acts_after_3_minutes_above_the_target);
    tcase_add_test(tests, aws_waits_15_minutes_before_a_scale_in);
    tcase_add_test(tests, yesterdays_hour_is_expected);
    tcase_add_test(tests, a_cron_trigger_knows_yesterdays_hour);
    tcase_add_test(tests, a_percentile_moves_slowly);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
