#include "scaler/features.h"

#include "support/suite.h"

#define STEP_MS    15000
#define HORIZON_MS 135000
#define DAY_MS     86400000
#define POINTS     640

static struct history_point memory[POINTS];
static struct history points;
static struct season season;
static float f[RIDGE_FEATURES];

static void setup(void)
{
    history_init(&points, memory, POINTS);
    season_init(&season);
}

/* 1 more with each step. */
static int64_t climb(unsigned steps, double from)
{
    int64_t now_ms = 0;

    for (unsigned k = 0; k < steps; k++) {
        now_ms = (k + 1) * (int64_t)STEP_MS;
        history_push(&points, now_ms, from + k);
        season_add(&season, now_ms, from + k);
    }
    features_of(&points, &season, now_ms, STEP_MS, HORIZON_MS, f);
    return now_ms;
}

static void expect(const double *expected)
{
    for (unsigned i = 0; i < RIDGE_FEATURES; i++)
        ck_assert_msg(f[i] > (float)expected[i] - 0.01F && f[i] < (float)expected[i] + 0.01F, "%u: %g", i,
                      (double)f[i]);
}

START_TEST(test_of_a_climb)
{
    (void)climb(300, 10.0);
    expect((double[]){309, -1, -3, -7, -19, -1.5, -3.5, -9.5, -39.5, -119.5, 0, 0, 0, 0, 0, 0});
}
END_TEST

START_TEST(test_with_few_points)
{
    (void)climb(1, 10.0);
    expect((double[]){10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
    setup();
    (void)climb(3, 10.0); /* the oldest stands for the rest */
    expect((double[]){12, -1, -2, -2, -2, -1.25, -1.625, -1.85, -1.9625, -1.9875, 0, 0, 0, 0, 0, 0});
}
END_TEST

START_TEST(test_a_gap_is_not_crossed)
{
    int64_t now_ms = climb(100, 10.0) + 10 * (int64_t)STEP_MS;

    history_push(&points, now_ms, 50.0);
    history_push(&points, now_ms + STEP_MS, 40.0);
    features_of(&points, &season, now_ms + STEP_MS, STEP_MS, HORIZON_MS, f);
    expect((double[]){40, 10, 10, 10, 10, 7.5, 8.75, 9.5, 9.875, 239 / 24.0, 10, 10, 0, 0, 0, 0});
}
END_TEST

/* 4 more a minute; the horizon reaches two minutes further, and the highest minute one beyond. */
START_TEST(test_yesterday)
{
    int64_t now_ms = climb(5760 + 240, 0.0);

    ck_assert_int_eq(now_ms, DAY_MS + 3600000);
    expect((double[]){5999, -1, -3, -7, -19, -1.5, -3.5, -9.5, -39.5, -119.5, 0, 0, 8, 8, 14, -5760.5});
    features_of(&points, &season, now_ms, STEP_MS, SEASON_HORIZON_MS_MAX + 1, f);
    ck_assert(f[12] == 0.0F && f[15] == 0.0F);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("features");
    TCase *tcase = tcase_create("features");

    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, test_of_a_climb);
    tcase_add_test(tcase, test_with_few_points);
    tcase_add_test(tcase, test_a_gap_is_not_crossed);
    tcase_add_test(tcase, test_yesterday);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
