#include "offline/calibration.h"

#include "support/suite.h"

#include <math.h>

#define STEP_MS 15000
#define PRICE   12.0

static struct calibration calibration;
static int64_t now_ms;

static void setup(void)
{
    calibration = (struct calibration){0};
    now_ms = STEP_MS;
}

/* Made for two steps ahead: 8 to 12, sized for 11, which costs 1.1 fleets and is exceeded in 5 % of all cases. */
static void step(double demand)
{
    const struct forecast forecast = {.valid = true,
                                      .horizon_ms = 2 * STEP_MS,
                                      .expected = 10.0,
                                      .low = 8.0,
                                      .high = 12.0,
                                      .bound = 11.0,
                                      .above = 0.05,
                                      .price = 1.1 + PRICE * 0.05};

    calibration_step(&calibration, now_ms, STEP_MS, demand, &forecast, PRICE);
    now_ms += STEP_MS;
}

START_TEST(nothing_is_judged_before_it_falls_due)
{
    step(100.0);
    step(100.0);
    ck_assert(isnan(calibration_coverage(&calibration)) && isnan(calibration_promised(&calibration)));
    ck_assert(isnan(calibration_paid(&calibration)));
}
END_TEST

START_TEST(outcomes_are_counted_and_paid_for)
{
    step(10.0);
    step(10.0);
    step(8.0);  /* within, from here on */
    step(11.5); /* beyond the bound: paid for */
    step(13.0); /* and beyond the interval */
    step(7.0);  /* below it */
    ck_assert_double_eq(calibration_coverage(&calibration), 0.5);
    ck_assert_double_eq_tol(calibration_promised(&calibration), 1.7, 1e-12);
    ck_assert_double_eq_tol(calibration_paid(&calibration), 1.1 + PRICE * 0.5, 1e-12);
}
END_TEST

START_TEST(what_falls_due_in_a_gap_is_not_judged)
{
    step(10.0);
    now_ms += 10 * STEP_MS;
    step(10.0);
    ck_assert(isnan(calibration_coverage(&calibration)));
}
END_TEST

START_TEST(without_a_forecast_nothing_is_promised)
{
    const struct forecast none = {.valid = false};

    for (unsigned i = 0; i < 5; i++, now_ms += STEP_MS)
        calibration_step(&calibration, now_ms, STEP_MS, 10.0, &none, PRICE);
    ck_assert_uint_eq(calibration.judged, 0);
}
END_TEST

START_TEST(more_than_there_is_room_for_are_left_out)
{
    const struct forecast far = {.valid = true, .horizon_ms = 1000 * STEP_MS, .high = 20.0};

    for (unsigned i = 0; i < 1500; i++, now_ms += STEP_MS)
        calibration_step(&calibration, now_ms, STEP_MS, 10.0, &far, PRICE);
    ck_assert_uint_eq(calibration.judged, CALIBRATION_MAX);
    ck_assert_double_eq(calibration_coverage(&calibration), 1.0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("calibration");
    TCase *tcase = tcase_create("calibration");

    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, nothing_is_judged_before_it_falls_due);
    tcase_add_test(tcase, outcomes_are_counted_and_paid_for);
    tcase_add_test(tcase, what_falls_due_in_a_gap_is_not_judged);
    tcase_add_test(tcase, without_a_forecast_nothing_is_promised);
    tcase_add_test(tcase, more_than_there_is_room_for_are_left_out);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
