/* scaler/undone.h: a scale-in that had to be undone makes the next one wait longer. */
#include "scaler/undone.h"

#include "common/random.h"
#include "scaler/scaler.h"
#include "support/suite.h"

#define MINUTE_MS INT64_C(60000)
#define HOUR_MS   INT64_C(3600000)
#define TICK_MS   15000
#define BOOT_MS   60000

static struct undone undone;
static struct decision d;

static void setup(void)
{
    undone = (struct undone){0};
    d = (struct decision){.now_ms = 10 * HOUR_MS, .settings = SCALER_SETTINGS_DEFAULT, .lead_ms = 120000};
}

static void shrink(unsigned from, unsigned to, double demand)
{
    d.action = ACTION_DOWN;
    d.rule = RULE_FORECAST;
    d.existing = from;
    d.to = to;
    d.total[RESOURCE_CPU] = demand;
    undone_note(&undone, &d);
}

static void grow(int64_t later_ms, unsigned to, double demand)
{
    d.now_ms += later_ms;
    d.action = ACTION_UP;
    d.rule = RULE_FORECAST;
    d.resource = RESOURCE_CPU;
    d.to = to;
    d.total[RESOURCE_CPU] = demand;
    undone_note(&undone, &d);
}

static int64_t wait_ms(void)
{
    return undone_wait_ms(&undone, &d);
}

START_TEST(test_each_time_the_window_doubles)
{
    static const int64_t minutes[] = {10, 20, 40, 60, 60};

    ck_assert_int_eq(wait_ms(), 0);
    for (unsigned i = 0; i < sizeof minutes / sizeof *minutes; i++) {
        shrink(6, 5, 3.4);
        ck_assert_int_eq(wait_ms(), 0);
        grow(3 * MINUTE_MS, 6, 3.45);
        ck_assert_int_eq(wait_ms(), minutes[i] * MINUTE_MS);
        ck_assert_uint_eq(undone.nodes, 6);
        d.now_ms += minutes[i] * MINUTE_MS - 1;
        ck_assert_int_eq(wait_ms(), minutes[i] * MINUTE_MS);
        d.now_ms += 1;
        ck_assert_int_eq(wait_ms(), 0);
    }
}
END_TEST

START_TEST(test_growth_that_has_another_reason_undoes_nothing)
{
    grow(0, 6, 3.4); /* after no scale-in */
    shrink(6, 5, 3.4);
    grow(3 * MINUTE_MS, 6, 3.6); /* more load */
    ck_assert_int_eq(wait_ms(), 0);
    shrink(6, 5, 3.4);
    grow(HOUR_MS, 6, 3.4); /* it has stood for long */
    ck_assert_int_eq(wait_ms(), 0);
    shrink(6, 5, 3.4);
    undone_withdraw(&undone, d.now_ms); /* it was not carried out */
    grow(3 * MINUTE_MS, 6, 3.4);
    ck_assert_int_eq(wait_ms(), 0);
}
END_TEST

START_TEST(test_a_load_that_has_fallen_does_not_wait)
{
    shrink(6, 5, 3.4);
    grow(3 * MINUTE_MS, 6, 3.45);
    d.total[RESOURCE_CPU] = 3.3;
    ck_assert_int_gt(wait_ms(), 0);
    d.total[RESOURCE_CPU] = 3.2;
    ck_assert_int_eq(wait_ms(), 0);
}
END_TEST

START_TEST(test_it_is_forgotten_after_a_quiet_hour)
{
    for (unsigned i = 0; i < 2; i++) {
        shrink(6, 5, 3.4);
        grow(3 * MINUTE_MS, 6, 3.45);
    }
    ck_assert_int_eq(wait_ms(), 20 * MINUTE_MS);
    d.now_ms += 77 * MINUTE_MS;
    shrink(6, 5, 3.4);
    grow(3 * MINUTE_MS, 6, 3.45);
    ck_assert_int_eq(wait_ms(), 10 * MINUTE_MS);
}
END_TEST

/* ---- with a fleet ---- */

/* A load of 3.73 nodes fluctuates a little: for 5 nodes it is forecast now and then to exceed `high`, for 6 it is not.
 * Returns how many actions there are in two hours; waited: at how many ticks a scale-in waited for that.
 */
static unsigned actions_at_the_boundary(struct scaler *scaler, unsigned *waited)
{
    struct scaler_settings settings = SCALER_SETTINGS_DEFAULT;
    uint64_t random = 7;
    int64_t ready_ms = 0;
    unsigned live = 6;
    unsigned coming = 0;
    unsigned actions = 0;

    settings.actuator = ACTUATOR_HOOK;
    settings.lead_time_ms = 90000;
    settings.stabilization_ms = 2 * MINUTE_MS;
    for (int64_t now_ms = HOUR_MS; now_ms < 4 * HOUR_MS; now_ms += TICK_MS) {
        unsigned joined = now_ms >= ready_ms ? coming : 0;
        live += joined;
        coming -= joined;
        double demand = 3.73 + 0.0014 * ((double)random_below(&random, 201) - 100.0);
        struct group_observation observed = {.live = live, .joined = joined};
        observed.resource[RESOURCE_CPU] =
            (struct resource_observation){.demand = demand, .capacity = live, .nodes = live};
        struct decision now = scaler_step(scaler, &settings, now_ms, &observed);
        *waited += now.guard == GUARD_UNDONE;
        if (now.action == ACTION_HOLD)
            continue;
        actions += now_ms >= 2 * HOUR_MS;
        scaler_ordered(scaler, &now);
        live -= now.action == ACTION_DOWN ? now.victims : 0;
        coming += now.action == ACTION_UP ? now.adding : 0;
        ready_ms = now_ms + BOOT_MS;
    }
    return actions;
}

START_TEST(test_a_group_does_not_flap_at_a_boundary)
{
    struct scaler *scaler = scaler_new();
    unsigned waited = 0;

    ck_assert_ptr_nonnull(scaler);
    unsigned actions = actions_at_the_boundary(scaler, &waited);
    scaler_free(scaler);
    ck_assert_msg(actions <= 12 && waited > 0, "%u actions, waited %u", actions, waited);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("undone");
    TCase *tcase = tcase_create("undone");

    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, test_each_time_the_window_doubles);
    tcase_add_test(tcase, test_growth_that_has_another_reason_undoes_nothing);
    tcase_add_test(tcase, test_a_load_that_has_fallen_does_not_wait);
    tcase_add_test(tcase, test_it_is_forgotten_after_a_quiet_hour);
    tcase_add_test(tcase, test_a_group_does_not_flap_at_a_boundary);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
