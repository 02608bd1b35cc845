#include "scaler/inherit.h"

#include "scaler/scaler.h"
#include "scaler/scaler_memory.h"
#include "support/suite.h"

#include <math.h>

#define TICK_MS  15000
#define SHIFT_MS INT64_C(-7200000)

static struct scaler *past, *heir;
static struct scaler_settings settings;
static struct group_observation observed;

static void setup(void)
{
    past = scaler_new();
    heir = scaler_new();
    ck_assert(past != NULL && heir != NULL);
    settings = (struct scaler_settings)SCALER_SETTINGS_DEFAULT;
    settings.nodes_max = 1000;
}

static void teardown(void)
{
    scaler_free(past);
    scaler_free(heir);
}

static struct forecast step(struct scaler *scaler, int tick, int64_t shift_ms)
{
    observed = (struct group_observation){
        .live = 10, .resource[RESOURCE_CPU] = {.demand = 5.0 + sin(tick / 30.0), .capacity = 10.0, .nodes = 10}};
    return scaler_step(scaler, &settings, INT64_C(86400000) + tick * TICK_MS + shift_ms, &observed)
        .forecast[RESOURCE_CPU];
}

/* What comes next is forecast as it would have been: the hours after an import are those after what was imported. */
START_TEST(test_the_forecasts_go_on)
{
    for (int tick = 0; tick < 3000; tick++)
        (void)step(past, tick, 0);
    ck_assert_uint_eq(inherit_demand(heir, past, SHIFT_MS), 1);
    ck_assert(!heir->decided && heir->regrouped.is_emptied);
    ck_assert_int_eq(heir->ticked_ms, past->ticked_ms + SHIFT_MS);
    for (int tick = 3000; tick < 3240; tick++) {
        struct forecast expected = step(past, tick, 0);
        struct forecast found = step(heir, tick, SHIFT_MS);
        ck_assert_int_eq(found.forecaster, expected.forecaster);
        ck_assert_double_eq(found.bound, expected.bound);
        ck_assert_double_eq(found.low, expected.low);
        ck_assert_double_eq(found.coverage, expected.coverage);
    }
}
END_TEST

START_TEST(test_nothing_is_inherited_from_nothing)
{
    ck_assert_uint_eq(inherit_demand(heir, past, SHIFT_MS), 0);
    ck_assert_int_eq(heir->ticked_ms, 0);
}
END_TEST

/* What else the heir knows stays. */
START_TEST(test_the_rest_is_the_heirs_own)
{
    for (int tick = 0; tick < 100; tick++) {
        (void)step(past, tick, 0);
        (void)step(heir, tick, 0);
    }
    heir->desired = 17;
    (void)step(heir, 100, 0);
    int64_t ticked_ms = heir->ticked_ms;
    unsigned desired = heir->desired;
    ck_assert_uint_eq(inherit_demand(heir, past, 0), 1);
    ck_assert_int_eq(heir->ticked_ms, ticked_ms);
    ck_assert_uint_eq(heir->desired, desired);
    ck_assert(heir->decided && !heir->regrouped.is_emptied);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("inherit");
    TCase *tcase = tcase_create("inherit");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, test_the_forecasts_go_on);
    tcase_add_test(tcase, test_nothing_is_inherited_from_nothing);
    tcase_add_test(tcase, test_the_rest_is_the_heirs_own);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
