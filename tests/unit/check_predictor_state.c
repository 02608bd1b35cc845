#include "scaler/predictor_state.h"

#include "common/random.h"
#include "support/suite.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TICK_MS 15000
#define TICKS   795 /* enough for the regression to predict; the last ones are saturated */

static struct predictor *saved, *loaded;
static struct predictor_input in;
static struct state_text out;

static void setup(void)
{
    saved = calloc(1, sizeof *saved);
    loaded = calloc(1, sizeof *loaded);
    ck_assert(saved != NULL && loaded != NULL);
    out = (struct state_text){0};
    in = (struct predictor_input){.now_ms = 1000000,
                                  .weight = 4.0,
                                  .high = 0.8,
                                  .target = 0.7,
                                  .price = 12.0,
                                  .tick_ms = TICK_MS,
                                  .lead_ms = 120000,
                                  .stabilization_ms = 300000,
                                  .nodes_min = 1,
                                  .nodes_max = 1000};
}

static void teardown(void)
{
    free(saved);
    free(loaded);
    free(out.text);
}

static double demand_at(unsigned tick)
{
    uint64_t random = tick + 1;

    return 100.0 + 30.0 * sin(tick / 40.0) + (double)random_below(&random, 1000) / 100.0;
}

static void run(unsigned ticks)
{
    for (unsigned i = 0; i < ticks; i++) {
        in.now_ms += TICK_MS;
        in.demand = demand_at(i);
        in.saturated = i % 200 > 190;
        (void)predictor_tick(saved, &in);
    }
}

static bool load(void)
{
    struct state_cursor cursor = {.at = out.text, .end = out.text + out.len};

    return predictor_load(loaded, "cpu", in.now_ms, &cursor) && cursor.at == cursor.end;
}

START_TEST(test_it_goes_on_as_if_nothing_had_been)
{
    run(TICKS);
    predictor_save(saved, "cpu", &out);
    ck_assert(load());
    ck_assert(loaded->ridge.is_fitted && loaded->was_saturated);
    for (unsigned age = 0; age < PREDICTOR_POINTS; age++)
        ck_assert_int_eq(predictor_point_is_saturated(loaded, age), predictor_point_is_saturated(saved, age));
    for (unsigned i = 0; i < 300; i++) {
        in.now_ms += TICK_MS;
        in.demand = demand_at(TICKS + i);
        in.saturated = i < 5;
        struct forecast a = *predictor_tick(saved, &in);
        struct forecast b = *predictor_tick(loaded, &in);
        ck_assert_mem_eq(&a, &b, sizeof a);
        for (unsigned f = 0; f < FORECASTER_COUNT; f++)
            ck_assert_double_eq(saved->errors[f].sorted[0], loaded->errors[f].sorted[0]);
    }
}
END_TEST

/* What a predictor without a regression wrote: its line has no number of forecasters. The points and the season are
 * enough to learn the rest anew. */
static void make_former(void)
{
    char *count = strstr(out.text, "predictor cpu 7 ");
    char *regression = strstr(out.text, "regression ");

    ck_assert(count != NULL && regression != NULL);
    out.len = (size_t)(regression - out.text);
    char *rest = count + strlen("predictor cpu 7 ");
    memmove(rest - 2, rest, out.len - (size_t)(rest - out.text));
    out.len -= 2;
}

/* With yesterday's peak ahead. */
START_TEST(test_what_is_anticipated_is_anticipated_still)
{
    in.now_ms = TICK_MS;
    for (unsigned i = 0; i < 3 * 5760 + 470 || !saved->anticipates; i++) {
        ck_assert_uint_lt(i, 4 * 5760);
        in.now_ms += TICK_MS;
        in.demand = i % 5760 >= 480 && i % 5760 < 528 ? 240.0 : 80.0;
        (void)predictor_tick(saved, &in);
    }
    predictor_save(saved, "cpu", &out);
    ck_assert(load());
    ck_assert_int_eq(loaded->forecast.forecaster, FORECASTER_YESTERDAY_PEAK);
    ck_assert(saved->season.level > 0.0 && loaded->season.level == saved->season.level);
    for (unsigned i = 0; i < 100; i++) {
        in.now_ms += TICK_MS;
        in.demand = 80.0;
        struct forecast a = *predictor_tick(saved, &in);
        struct forecast b = *predictor_tick(loaded, &in);
        ck_assert_mem_eq(&a, &b, sizeof a);
    }
    ck_assert_uint_eq(saved->anticipation.steps, loaded->anticipation.steps);
}
END_TEST

START_TEST(test_the_text_of_before_the_regression)
{
    run(TICKS);
    predictor_save(saved, "cpu", &out);
    make_former();
    ck_assert(load());
    out.len = 0;
    predictor_save(loaded, "cpu", &out); /* without a tick in between */
    memset(loaded, 0, sizeof *loaded);
    ck_assert(load());
    in.now_ms += TICK_MS;
    in.demand = 100.0;
    ck_assert(predictor_tick(loaded, &in)->valid);
    ck_assert_uint_eq(loaded->points.count, PREDICTOR_POINTS);
    ck_assert_uint_gt(loaded->errors[FORECASTER_RIDGE].count, 400);
    ck_assert(loaded->ridge.is_fitted);
    ck_assert_mem_eq(loaded->season.mean, saved->season.mean, sizeof saved->season.mean);
}
END_TEST

START_TEST(test_what_is_cut_off_is_refused)
{
    run(30);
    predictor_save(saved, "cpu", &out);
    for (size_t len = out.len; len > 0; len -= len > 101 ? 101 : len) {
        out.len = len - 1;
        memset(loaded, 0, sizeof *loaded);
        ck_assert(!load());
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("predictor_state");
    TCase *tcase = tcase_create("predictor_state");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, test_it_goes_on_as_if_nothing_had_been);
    tcase_add_test(tcase, test_what_is_anticipated_is_anticipated_still);
    tcase_add_test(tcase, test_the_text_of_before_the_regression);
    tcase_add_test(tcase, test_what_is_cut_off_is_refused);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
