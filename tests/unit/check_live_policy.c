/* What is asked here holds of any scaler that is worth its name; how good ours is, the benchmarks tell. */
#include "offline/live_policy.h"

#include "offline/simulate.h"
#include "offline/trace.h"

#include "support/suite.h"

#include <math.h>
#include <string.h>

#define STEPS 960U /* four hours */

static double demand[STEPS];
static struct sim_setup setup = {.demand = demand, .steps = STEPS, .delay = 8, .nodes_min = 2, .nodes_max = 50};
static struct scaler_settings settings = SCALER_SETTINGS_DEFAULT;
static struct live_policy live;

static void begin(void)
{
    settings.nodes_min = setup.nodes_min;
    settings.nodes_max = setup.nodes_max;
    settings.lead_time_ms = setup.delay * REPLAY_STEP_MS;
    ck_assert_int_eq(live_policy_init(&live, &settings, 0), 0);
}

static void end(void)
{
    live_policy_deinit(&live);
}

/* From 7 to 21 nodes' worth of work at 70 %, and back, over two hours. */
static void fill(void)
{
    for (size_t k = 0; k < STEPS; k++)
        demand[k] = 9.8 - 4.9 * cos((double)k / 480.0 * 2.0 * 3.14159265358979);
}

struct seen {
    unsigned least, most;
};

static void on_step(const struct simulate_step *step, void *arg)
{
    struct seen *seen = arg;

    if (step->ready < seen->least)
        seen->least = step->ready;
    if (step->ready > seen->most)
        seen->most = step->ready;
    ck_assert_uint_ge(step->desired, setup.nodes_min);
    ck_assert_uint_le(step->desired, setup.nodes_max);
    ck_assert_ptr_nonnull(step->move.reason);
}

START_TEST(headroom_follows_the_load)
{
    struct sim_policy policy = live_policy_headroom(&live);
    struct seen seen = {.least = 1000};

    fill();
    struct score score = simulate_run(&setup, 1.0, &policy, on_step, &seen);
    ck_assert_str_eq(policy.name, "headroom");
    ck_assert_uint_le(score.violations, STEPS / 100);
    ck_assert_uint_le(seen.least, 9);
    ck_assert_uint_ge(seen.most, 17);
    ck_assert_uint_le(seen.most, 30);
}
END_TEST

START_TEST(reactive_waits_for_high)
{
    struct sim_policy policy = live_policy_reactive(&live);
    struct seen seen = {.least = 1000};

    fill();
    struct score score = simulate_run(&setup, 1.0, &policy, on_step, &seen);
    ck_assert_uint_ge(score.actions, 2);
    ck_assert_uint_ge(seen.most, 17);
}
END_TEST

/* The load triples at once: cpu shows no more than the nodes can do, the application all that waits. */
START_TEST(an_application_sees_a_surge_that_cpu_does_not)
{
    struct live_policy other;
    struct sim_policy headroom = live_policy_headroom(&live), app;

    for (size_t k = 0; k < STEPS; k++)
        demand[k] = k < STEPS / 2 ? 7.0 : 21.0;
    ck_assert_int_eq(live_policy_init(&other, &settings, 0), 0);
    app = live_policy_app(&other);
    struct score without = simulate_run(&setup, 1.0, &headroom, NULL, NULL);
    struct score with = simulate_run(&setup, 1.0, &app, NULL, NULL);
    ck_assert_str_eq(app.name, "app");
    ck_assert_double_gt(with.unserved, 0.0); /* until the nodes have come */
    ck_assert_double_lt(with.unserved, 0.75 * without.unserved);
    live_policy_deinit(&other);
}
END_TEST

static double unserved_with_signal(int64_t age_ms)
{
    struct live_policy other;

    ck_assert_int_eq(live_policy_init(&other, &settings, age_ms), 0);
    struct sim_policy policy = live_policy_signal(&other);
    ck_assert_str_eq(policy.name, "signal");
    double unserved = simulate_run(&setup, 1.0, &policy, NULL, NULL).unserved;
    live_policy_deinit(&other);
    return unserved;
}

/* So does a signal, the later the older it is; an old one does no harm. */
START_TEST(a_signal_sees_a_surge_that_cpu_does_not)
{
    struct sim_policy headroom = live_policy_headroom(&live);

    for (size_t k = 0; k < STEPS; k++)
        demand[k] = k < STEPS / 2 ? 7.0 : 21.0;
    double without = simulate_run(&setup, 1.0, &headroom, NULL, NULL).unserved;
    double fresh = unserved_with_signal(0);
    double old = unserved_with_signal(60000);
    ck_assert_double_gt(fresh, 0.0);
    ck_assert_double_lt(fresh, 0.75 * without);
    ck_assert_double_lt(fresh, old);
    ck_assert_double_lt(old, without);
}
END_TEST

START_TEST(the_same_again_is_the_same)
{
    struct live_policy again;
    struct sim_policy one = live_policy_headroom(&live), other;

    fill();
    ck_assert_int_eq(live_policy_init(&again, &settings, 0), 0);
    other = live_policy_headroom(&again);
    struct score a = simulate_run(&setup, 1.0, &one, NULL, NULL);
    struct score b = simulate_run(&setup, 1.0, &other, NULL, NULL);
    ck_assert_int_eq(memcmp(&a, &b, sizeof a), 0);
    live_policy_deinit(&again);
}
END_TEST

START_TEST(no_demand_at_all_is_the_minimum)
{
    struct sim_policy policy = live_policy_headroom(&live);
    struct seen seen = {.least = 1000};

    memset(demand, 0, sizeof demand);
    (void)simulate_run(&setup, 1.0, &policy, on_step, &seen);
    ck_assert_uint_eq(seen.least, setup.nodes_min);
}
END_TEST

static struct score score_with_age(int64_t age_ms)
{
    struct live_policy other;

    ck_assert_int_eq(live_policy_init(&other, &settings, 0), 0);
    other.age_ms = age_ms;
    struct sim_policy policy = live_policy_reactive(&other);
    struct score score = simulate_run(&setup, 1.0, &policy, NULL, NULL);
    live_policy_deinit(&other);
    return score;
}

/* By a whole step, the surge is seen a step later. */
START_TEST(old_samples_show_a_surge_later)
{
    for (size_t k = 0; k < STEPS; k++)
        demand[k] = k < STEPS / 2 ? 7.0 : 21.0;
    double fresh = score_with_age(0).unserved;
    double old = score_with_age(REPLAY_STEP_MS).unserved;
    ck_assert_double_gt(old, fresh);
    ck_assert_double_lt(old, 2.0 * fresh);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("live_policy");
    TCase *tests = tcase_create("live_player");

    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_test(tests, headroom_follows_the_load);
    tcase_add_test(tests, reactive_waits_for_high);
    tcase_add_test(tests, an_application_sees_a_surge_that_cpu_does_not);
    tcase_add_test(tests, a_signal_sees_a_surge_that_cpu_does_not);
    tcase_add_test(tests, old_samples_show_a_surge_later);
    tcase_add_test(tests, the_same_again_is_the_same);
    tcase_add_test(tests, no_demand_at_all_is_the_minimum);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
