#include "scaler/predictor.h"

#include "common/random.h"
#include "scaler/sizing.h"
#include "support/suite.h"

#include <math.h>
#include <string.h>

#define TICK_MS 15000
#define LEAD_MS 120000
#define HOUR_MS INT64_C(3600000)
#define DAY_MS  INT64_C(86400000)
#define AHEAD   9 /* ticks of the horizon: the lead time and one step */

static struct predictor *predictor;
static struct predictor_input in;

static void setup(void)
{
    predictor = calloc(1, sizeof *predictor);
    ck_assert_ptr_nonnull(predictor);
    in = (struct predictor_input){.now_ms = 1000000,
                                  .weight = 4.0,
                                  .high = 0.8,
                                  .target = 0.7,
                                  .price = 12.0,
                                  .tick_ms = TICK_MS,
                                  .lead_ms = LEAD_MS,
                                  .stabilization_ms = 300000,
                                  .nodes_min = 1,
                                  .nodes_max = 1000};
}

static void teardown(void)
{
    free(predictor);
}

static const struct forecast *tick(double demand)
{
    in.now_ms += in.tick_ms;
    in.demand = demand;
    return predictor_tick(predictor, &in);
}

static double noise(uint64_t *random)
{
    return (double)random_below(random, 20001) / 10000.0 - 1.0;
}

START_TEST(test_a_constant_load)
{
    const struct forecast *f = tick(40.0);

    ck_assert(f->valid);
    ck_assert_double_eq_tol(f->expected, 40.0, 0.1);
    ck_assert_double_gt(f->bound, 44.0); /* of what nothing is known yet, there is a margin */
    ck_assert_double_lt(f->bound, 64.0);
    ck_assert(isnan(f->coverage));
    for (int i = 0; i < 200; i++)
        f = tick(40.0);
    ck_assert_double_eq_tol(f->expected, 40.0, 1e-9);
    ck_assert_double_eq_tol(f->bound, 40.0, 1e-5);
    ck_assert_double_eq_tol(f->low, 40.0, 1e-5);
    ck_assert_double_eq_tol(f->high, 40.0, 1e-5);
    ck_assert_double_eq_tol(f->slope, 0.0, 1e-9);
    ck_assert_double_gt(f->coverage, 0.99);
    ck_assert_int_eq(f->horizon_ms, LEAD_MS + TICK_MS);
    ck_assert_uint_eq(f->scored, 201 - AHEAD);
}
END_TEST

/* Of a group whose nodes take long to start, no less is known. */
START_TEST(test_an_unknown_load_gets_half_as_much_again_at_most)
{
    in.lead_ms = 1200000;
    ck_assert_double_gt(tick(40.0)->bound, 52.0);
    for (int i = 0; i < 100; i++)
        ck_assert_double_lt(tick(40.0)->bound, 60.0);
}
END_TEST

/* Half an hour up and half an hour down, over and over: what comes is known before it is there. */
static double ramps(int i)
{
    int of_period = i % 240;

    return 40.0 + 0.5 * (of_period < 120 ? of_period : 240 - of_period);
}

START_TEST(test_a_ramp_is_seen_before_it_arrives)
{
    unsigned seen = 0;
    unsigned enough = 0;
    const struct forecast *f = NULL;

    for (int i = 0; i < 2400; i++) {
        f = tick(ramps(i));
        if (i < 1200 || i % 240 < 20 || i % 240 > 105)
            continue; /* on the way up */
        seen++;
        enough += f->bound >= ramps(i + AHEAD) - 0.01;
        ck_assert_double_gt(f->slope, 0.02);
    }
    ck_assert_uint_gt(seen, 400);
    ck_assert_uint_ge(enough, seen * 95 / 100);
    ck_assert_double_gt(f->coverage, 0.85);
}
END_TEST

static unsigned forecaster_of(unsigned way)
{
    return way / (PREDICTOR_PRICES * PREDICTOR_WINDOWS);
}

static double cheapest_of(enum forecaster forecaster)
{
    double least = INFINITY;

    for (unsigned way = 0; way < PREDICTOR_STRATEGIES; way++)
        if (forecaster_of(way) == forecaster)
            least = fmin(least, predictor->rehearsals[way].price);
    return least;
}

/* A line through four points of noise, followed for nine, is worse than the last value, and pays for it. */
START_TEST(test_a_worse_forecaster_loses)
{
    uint64_t random = 11;
    const struct forecast *f = NULL;

    for (int i = 0; i < 2000; i++) {
        f = tick(100.0 + 20.0 * noise(&random));
        double least = INFINITY;
        for (unsigned way = 0; way < PREDICTOR_STRATEGIES; way++)
            least = fmin(least, predictor->rehearsals[way].price);
        ck_assert_double_eq(predictor->rehearsals[predictor->leader].price, least);
        if (i > 400)
            ck_assert_int_ne(f->forecaster, FORECASTER_LINE_60);
    }
    ck_assert_double_gt(cheapest_of(FORECASTER_LINE_60), 1.02 * cheapest_of(f->forecaster));
}
END_TEST

/* Noise around a level, one that comes back to its mean, and a random walk. */
static double next_of(int kind, double last, uint64_t *random)
{
    switch (kind) {
    case 0:
        return 100.0 + 20.0 * noise(random);
    case 1:
        return 100.0 + 0.9 * (last - 100.0) + 8.0 * noise(random);
    default:
        return fmin(fmax(last + 2.0 * noise(random), 30.0), 400.0);
    }
}

START_TEST(test_the_interval_covers_what_it_says)
{
    uint64_t random = 17;
    double demand = 100.0;
    const struct forecast *f = NULL;

    for (int i = 0; i < 6000; i++) {
        demand = next_of(_i, demand, &random);
        f = tick(demand);
    }
    ck_assert_double_ge(f->coverage, 0.87);
    ck_assert_double_le(f->coverage, 0.93);
    ck_assert_double_eq_tol(f->promised, f->paid, 0.2 * f->paid);
}
END_TEST

/* Calm and noisy hours take turns: the errors of the last two hours are those of another time. */
START_TEST(test_the_price_is_what_was_promised_though_errors_change)
{
    uint64_t random = 5;
    const struct forecast *f = NULL;

    for (int i = 0; i < 23040; i++)
        f = tick(100.0 + (i / 720 % 2 == 0 ? 4.0 : 16.0) * noise(&random));
    ck_assert_double_gt(predictor->doubt, 1.0);
    ck_assert_double_eq_tol(f->promised, f->paid, 0.02 * f->paid);
}
END_TEST

/* No noise: the errors of two hours never contain the next one, or are nil. */
START_TEST(test_the_interval_covers_smooth_curves)
{
    static const double period[] = {5760.0, 240.0, INFINITY};
    const struct forecast *f = NULL;

    for (int i = 0; i < 4 * 5760; i++)
        f = tick(100.1 + 40.0 * sin(6.283185307 * i / period[_i]));
    ck_assert_double_ge(f->coverage, 0.88);
    if (isfinite(period[_i]))
        ck_assert_double_le(f->coverage, 0.92);
}
END_TEST

static double mean_error(enum forecaster forecaster)
{
    const struct errors *errors = &predictor->errors[forecaster];
    double sum = 0.0;

    for (unsigned i = 0; i < errors->count; i++)
        sum += fabs((double)errors->sorted[i]);
    return sum / errors->count;
}

/* What comes back to its mean: the regression sees that, no line does. */
START_TEST(test_the_regression_learns)
{
    uint64_t random = 23;
    double demand = 100.0;

    for (int i = 0; i < 460; i++)
        tick(demand = next_of(1, demand, &random));
    ck_assert_double_eq(mean_error(FORECASTER_RIDGE), mean_error(FORECASTER_LAST)); /* too early */
    for (int i = 0; i < 2000; i++)
        tick(demand = next_of(1, demand, &random));
    ck_assert_double_lt(mean_error(FORECASTER_RIDGE), 0.85 * mean_error(FORECASTER_LAST));
}
END_TEST

/* A group that is full: what is seen is what its nodes can do, and jumps when the ordered ones arrive. */
START_TEST(test_what_arriving_nodes_show_is_no_trend)
{
    const struct forecast *f = NULL;

    for (int i = 0; i < 600; i++)
        f = tick(40.0);
    in.saturated = true;
    for (int i = 0; i < 3 * AHEAD; i++) {
        f = tick(40.0 * (1 << i / AHEAD)); /* 40, 80, 160 */
        ck_assert_double_le(f->bound, PREDICTOR_GROWTH * in.demand + 1e-6);
    }
    in.saturated = false;
    for (int i = 0; i < 600; i++) {
        f = tick(200.0);
        ck_assert_double_lt(f->slope, 1e-9); /* the lines begin anew */
        ck_assert_double_le(f->bound, PREDICTOR_GROWTH * 200.0);
    }
    ck_assert_double_lt(f->bound, 210.0);
}
END_TEST

/* Ten times the load at once: a line would go on rising for two minutes. */
START_TEST(test_a_jump_orders_no_more_than_twice_what_it_is)
{
    double most = 0.0;

    for (int i = 0; i < 600; i++)
        tick(20.0);
    for (int i = 0; i < 600; i++)
        most = fmax(most, tick(200.0)->bound);
    ck_assert_double_le(most, PREDICTOR_GROWTH * 200.0);
}
END_TEST

/* With another lead time the errors are what they would be had it always been that. */
START_TEST(test_another_lead_time_refills_the_errors)
{
    struct predictor *other = predictor;
    uint64_t random = 3;
    double demands[400];

    for (int i = 0; i < 400; i++)
        demands[i] = next_of(1, i > 0 ? demands[i - 1] : 100.0, &random);
    in.lead_ms = 300000;
    for (int i = 0; i < 400; i++)
        tick(demands[i]);
    setup();
    for (int i = 0; i < 399; i++)
        tick(demands[i]);
    in.lead_ms = 300000;
    ck_assert_uint_gt(tick(demands[399])->scored, 300);
    ck_assert_int_eq(predictor->forecast.horizon_ms, 300000 + TICK_MS);
    for (unsigned f = 0; f < FORECASTER_COUNT; f++) {
        ck_assert_uint_eq(predictor->errors[f].count, other->errors[f].count);
        ck_assert_mem_eq(predictor->errors[f].sorted, other->errors[f].sorted,
                         other->errors[f].count * sizeof other->errors[f].sorted[0]);
    }
    free(other);
}
END_TEST

/* From steps of a second to steps of fifteen: a second of the past is no step of them. */
START_TEST(test_longer_steps_are_refilled_as_such)
{
    in.tick_ms = 1000;
    in.lead_ms = 8000;
    for (int i = 0; i < 700; i++)
        tick(40.0);
    ck_assert_int_eq(predictor->step_ms, 1000);
    ck_assert_uint_eq(predictor->points.count, PREDICTOR_POINTS);
    in.lead_ms = LEAD_MS;
    tick(40.0);
    ck_assert_int_eq(predictor->step_ms, 15000);
    ck_assert_uint_le(predictor->points.count, PREDICTOR_POINTS / 15 + 2);
    ck_assert_uint_ge(predictor->points.count, PREDICTOR_POINTS / 15);
    ck_assert_int_eq(history_at(&predictor->points, 0)->time_ms - history_at(&predictor->points, 1)->time_ms, 15000);
    ck_assert_uint_eq(predictor->due_count, AHEAD);
    ck_assert_uint_ge(predictor->errors[FORECASTER_LAST].count, 30);
}
END_TEST

START_TEST(test_between_two_steps_the_forecast_stands)
{
    struct forecast last = {0};
    unsigned changes = 0;

    in.tick_ms = 1000;
    for (int i = 0; i < 1500; i++) {
        struct forecast f = *tick(40.0 + i % 7);
        changes += memcmp(&f, &last, sizeof f) != 0;
        last = f;
    }
    ck_assert_int_eq(predictor->step_ms, 15000);
    ck_assert_uint_le(changes, 1500 / 15 + 1);
    ck_assert_uint_ge(changes, 1500 / 15 - 1);
    ck_assert_double_eq_tol(last.expected, 43.0, 0.5); /* the mean of a step's ticks */
}
END_TEST

static const double hard[][4] = {
    {0.0, 0.0, 0.0, 0.0},
    {1e21, 1e21, 1e21, 1e21},
    {0.0, 1e21, 0.0, 0.0},
    {1e-12, 1e21, 0.0, 5e-324},
};

static void assert_finite(const struct forecast *f)
{
    const double values[] = {f->expected, f->low,      f->high, f->bound, f->above,
                             f->price,    f->promised, f->paid, f->slope};

    for (unsigned i = 0; i < sizeof values / sizeof values[0]; i++)
        ck_assert_msg(isfinite(values[i]), "%u: %g", i, values[i]);
    ck_assert_double_ge(f->low, 0.0);
    ck_assert_double_ge(f->bound, 0.0);
}

START_TEST(test_no_demand_makes_it_nonsense)
{
    for (int i = 0; i < 2000; i++)
        assert_finite(tick(hard[_i][i / 3 % 4]));
    for (unsigned f = 0; f < FORECASTER_COUNT; f++)
        for (unsigned i = 0; i < predictor->errors[f].count; i++)
            ck_assert(isfinite(predictor->errors[f].sorted[i]));
    ck_assert(isfinite(predictor->mean_fleet));
}
END_TEST

START_TEST(test_a_gap_is_not_scored_and_no_line_crosses_it)
{
    const struct forecast *f = NULL;

    for (int i = 0; i < 200; i++)
        f = tick(40.0);
    unsigned scored = f->scored;
    in.now_ms += 3600000;
    f = tick(90.0);
    ck_assert_uint_eq(f->scored, scored);
    ck_assert_double_eq(f->slope, 0.0);
    ck_assert_double_eq_tol(f->expected, 90.0, 1e-4);
    for (int i = 0; i < AHEAD; i++)
        f = tick(90.0);
    ck_assert_uint_eq(f->scored, scored + 1);
    ck_assert_double_eq_tol(f->bound, 90.0, 1e-4); /* that it was another level before the gap is no error */
}
END_TEST

/* Where nodes start within seconds, actions are cheap: a strategy that never acts does not lead for long. */
START_TEST(test_a_short_lead_time_follows_a_fall_at_once)
{
    const struct forecast *f = NULL;

    in.tick_ms = 500;
    in.lead_ms = 3000;
    in.stabilization_ms = 3000;
    in.weight = 1.0;
    in.nodes_max = 20;
    for (int i = 0; i < 10; i++)
        f = tick(2.4);
    for (int i = 0; i < 6; i++)
        f = tick(2.4 + 0.2 * i);
    ck_assert_double_gt(f->bound, 3.4);
    for (int i = 0; i < 20; i++)
        f = tick(0.6);
    ck_assert_double_lt(f->bound, 1.6);
}
END_TEST

START_TEST(test_no_lead_time)
{
    const struct forecast *f = NULL;

    in.lead_ms = 0;
    for (int i = 0; i < 200; i++)
        f = tick(40.0 + i);
    ck_assert_int_eq(f->horizon_ms, TICK_MS);
    ck_assert_uint_eq(f->scored, 199);
    ck_assert_double_ge(f->bound, 239.9);
}
END_TEST

static const struct {
    int64_t tick_ms, lead_ms, step_ms;
} layouts[] = {
    {15000, 120000, 15000}, {15000, 60000, 15000},
    {1000, 60000, 8000},    {1000, 120000, 15000},
    {1000, 300000, 15000},  {100, 0, 100},
    {100, 4000, 500},       {100, 86400000, 1350000},
    {3600000, 0, 3600000},  {3600000, 86400000, 3600000},
    {7000, 120000, 21000},  {15000, 3600000, 60000},
};

/* A job of 12 minutes at 2 o'clock, over a load that is noisy. */
static double nightly(int64_t now_ms, uint64_t *random, bool has_job)
{
    int64_t of_day = now_ms % DAY_MS;
    bool is_job = has_job && of_day >= 2 * HOUR_MS && of_day < 2 * HOUR_MS + 720000;

    return (is_job ? 160.0 : 40.0) * (1.0 + 0.03 * noise(random));
}

static unsigned most_before_two(uint64_t *random, int days, bool has_job)
{
    double highest = 0.0;

    for (int64_t end_ms = in.now_ms + days * DAY_MS; in.now_ms < end_ms;) {
        const struct forecast *f = tick(nightly(in.now_ms + TICK_MS, random, has_job));
        int64_t until_ms = 2 * HOUR_MS - in.now_ms % DAY_MS;
        if (until_ms >= LEAD_MS && until_ms < 2 * LEAD_MS && end_ms - in.now_ms < DAY_MS)
            highest = fmax(highest, f->forecaster == FORECASTER_YESTERDAY_PEAK ? f->bound : 0.0);
    }
    return (unsigned)highest;
}

START_TEST(test_a_nightly_job_is_anticipated_until_it_comes_no_more)
{
    uint64_t random = 5;

    in.now_ms = 0;
    ck_assert_uint_lt(most_before_two(&random, 2, true), 150);
    ck_assert_uint_ge(most_before_two(&random, 1, true), 150);
    ck_assert_uint_ge(most_before_two(&random, 2, true), 150);
    ck_assert_uint_eq(most_before_two(&random, 2, false), 0);
}
END_TEST

/* Never more steps than there is room for. */
START_TEST(test_steps)
{
    in.tick_ms = layouts[_i].tick_ms;
    in.lead_ms = layouts[_i].lead_ms;
    tick(1.0);
    ck_assert_int_eq(predictor->step_ms, layouts[_i].step_ms);
    ck_assert_int_eq(predictor->step_ms % in.tick_ms, 0);
    ck_assert_uint_le(predictor->delay_steps, REHEARSAL_DELAY_MAX);
    ck_assert_int_ge((int64_t)predictor->delay_steps * predictor->step_ms, in.lead_ms);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("predictor");
    TCase *tcase = tcase_create("predictor");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, test_a_constant_load);
    tcase_add_test(tcase, test_an_unknown_load_gets_half_as_much_again_at_most);
    tcase_add_test(tcase, test_a_ramp_is_seen_before_it_arrives);
    tcase_add_test(tcase, test_a_worse_forecaster_loses);
    tcase_add_loop_test(tcase, test_the_interval_covers_what_it_says, 0, 3);
    tcase_add_test(tcase, test_the_price_is_what_was_promised_though_errors_change);
    tcase_add_loop_test(tcase, test_the_interval_covers_smooth_curves, 0, 3);
    tcase_add_test(tcase, test_the_regression_learns);
    tcase_add_test(tcase, test_what_arriving_nodes_show_is_no_trend);
    tcase_add_test(tcase, test_a_jump_orders_no_more_than_twice_what_it_is);
    tcase_add_test(tcase, test_a_nightly_job_is_anticipated_until_it_comes_no_more);
    tcase_add_test(tcase, test_another_lead_time_refills_the_errors);
    tcase_add_test(tcase, test_longer_steps_are_refilled_as_such);
    tcase_add_test(tcase, test_between_two_steps_the_forecast_stands);
    tcase_add_loop_test(tcase, test_no_demand_makes_it_nonsense, 0, sizeof hard / sizeof hard[0]);
    tcase_add_test(tcase, test_a_gap_is_not_scored_and_no_line_crosses_it);
    tcase_add_test(tcase, test_a_short_lead_time_follows_a_fall_at_once);
    tcase_add_test(tcase, test_no_lead_time);
    tcase_add_loop_test(tcase, test_steps, 0, sizeof layouts / sizeof layouts[0]);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
