#include "scaler/anticipation.h"

#include "support/suite.h"

#define STEP_MS   15000
#define MINUTE_MS INT64_C(60000)
#define DAY       1440
#define HORIZON   INT64_C(135000)
#define WINDOW    20U /* steps */

static struct anticipation anticipation;
static struct season season;
static struct rehearsal_step step;

static void setup(void)
{
    anticipation = (struct anticipation){0};
    anticipation_lay_out(&anticipation, WINDOW);
    season_init(&season);
    step = (struct rehearsal_step){.high = 0.9,
                                   .weight = 1.0,
                                   .mean_fleet = 10.0,
                                   .price = 60.0,
                                   .delay_steps = 8,
                                   .nodes_min = 1,
                                   .nodes_max = 1000};
}

/* A night's job of 12 minutes, at 2 o'clock. */
static double demand_at(int64_t minute)
{
    int64_t of_day = minute % DAY;

    return of_day >= 120 && of_day < 132 ? 40.0 : 8.0;
}

START_TEST(test_yesterdays_peak_is_seen_some_minutes_early)
{
    for (int64_t minute = 0; minute < DAY + 100; minute++)
        season_add(&season, minute * MINUTE_MS, demand_at(minute));
    for (int64_t minute = DAY + 100; minute < DAY + 140; minute++) {
        season_add(&season, minute * MINUTE_MS, 4.0); /* half of yesterday's level */
        double peak = anticipation_peak(&season, minute * MINUTE_MS, HORIZON);
        bool is_near = minute >= DAY + 120 - 6 && minute < DAY + 132; /* 5 minutes and 15 s, and one begun */
        ck_assert_double_le(peak, is_near ? 40.0 : 8.0);
        ck_assert_double_ge(peak, is_near ? 19.0 : 3.9);
    }
}
END_TEST

START_TEST(test_nothing_is_known_on_the_first_day)
{
    for (int64_t minute = 0; minute < DAY; minute++)
        season_add(&season, minute * MINUTE_MS, demand_at(minute));
    ck_assert_double_eq(anticipation_peak(&season, (DAY - 1) * MINUTE_MS, HORIZON), 0.0);
}
END_TEST

/* A day on which the leader sees nothing come; the job comes, or only yesterday had it. */
static void run_day(bool job_comes)
{
    for (int64_t k = 0; k < DAY * 4; k++) {
        bool is_job = k >= 480 && k < 528;
        bool is_ready = k >= 480 - 28 && k < 528;
        step.demand = is_job && job_comes ? 40.0 : 8.0;
        unsigned raw = step.demand > 9.0 ? 45 : 9;
        anticipation_run(&anticipation, &step, STEP_MS, WINDOW, raw, is_ready ? 45 : raw, true);
    }
}

START_TEST(test_it_leads_while_what_came_comes_back)
{
    ck_assert(!anticipation_leads(&anticipation));
    run_day(true);
    ck_assert(anticipation_leads(&anticipation));
    run_day(true);
    run_day(false); /* a night without the job */
    ck_assert(anticipation_leads(&anticipation));
    for (unsigned day = 0; day < 6; day++)
        run_day(false);
    ck_assert(!anticipation_leads(&anticipation));
    run_day(true);
    run_day(true);
    ck_assert(anticipation_leads(&anticipation));
}
END_TEST

/* Fleets whose recommendations are the same cost the same, and another layout forgets no prices. */
START_TEST(test_the_rest_of_the_day_decides_nothing)
{
    run_day(true);
    ck_assert_uint_eq(anticipation.fleets[ANTICIPATION_WITH].fleet.ready,
                      anticipation.fleets[ANTICIPATION_WITHOUT].fleet.ready);
    double with = anticipation.fleets[ANTICIPATION_WITH].price;
    anticipation_lay_out(&anticipation, 2 * WINDOW);
    ck_assert_double_eq(anticipation.fleets[ANTICIPATION_WITH].price, with);
    anticipation_run(&anticipation, &step, STEP_MS, WINDOW, 9, 45, false);
    ck_assert_double_eq(anticipation.fleets[ANTICIPATION_WITH].price, with);
    ck_assert(anticipation_leads(&anticipation));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("anticipation");
    TCase *tcase = tcase_create("anticipation");

    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, test_yesterdays_peak_is_seen_some_minutes_early);
    tcase_add_test(tcase, test_nothing_is_known_on_the_first_day);
    tcase_add_test(tcase, test_it_leads_while_what_came_comes_back);
    tcase_add_test(tcase, test_the_rest_of_the_day_decides_nothing);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
