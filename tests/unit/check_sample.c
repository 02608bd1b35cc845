#include "common/sample.h"

#include "collector/store/csv.h"
#include "common/wire.h"
#include "support/suite.h"

#include <float.h>
#include <math.h>

static const struct {
    const char *what;
    enum metric metric;
    double gauge;
    bool kept;
    double cleaned;
} gauges[] = {
    {"zero", METRIC_CPU, 0.0, true, 0.0},
    {"minus zero", METRIC_CPU, -0.0, true, 0.0},
    {"a hundred", METRIC_CPU, 100.0, true, 100.0},
    {"a hundred and a bit", METRIC_CPU, 100.0001, false, 0},
    {"the next float above a hundred", METRIC_CPU, 100.00000762939453, false, 0},
    {"below zero", METRIC_CPU, -0.0001, false, 0},
    {"NaN", METRIC_CPU, (double)NAN, false, 0},
    {"minus NaN", METRIC_CPU, -(double)NAN, false, 0},
    {"infinite", METRIC_CPU, (double)INFINITY, false, 0},
    {"minus infinite", METRIC_CPU, -(double)INFINITY, false, 0},
    {"enormous", METRIC_CPU, DBL_MAX, false, 0},
    {"denormal", METRIC_CPU, DBL_TRUE_MIN, true, 0.0},
    {"rounds down", METRIC_MEMORY, 12.344, true, 12.34},
    {"rounds up", METRIC_MEMORY, 12.346, true, 12.35},
    {"rounds up to a hundred", METRIC_MEMORY, 99.996, true, 100.0},
    {"a float", METRIC_MEMORY, (double)37.13F, true, 37.13},
    {"load above a hundred", METRIC_LOAD1, 250.5, true, 250.5},
    {"highest load", METRIC_LOAD1, METRIC_GAUGE_MAX, true, METRIC_GAUGE_MAX},
    {"load too high", METRIC_LOAD1, METRIC_GAUGE_MAX + 0.1, false, 0},
    {"negative load", METRIC_LOAD1, -1.0, false, 0},
    {"load NaN", METRIC_LOAD1, (double)NAN, false, 0},
    {"last metric", METRIC_FS, (double)NAN, false, 0},
};

START_TEST(only_what_can_be_true_is_kept)
{
    struct sample sample = {.seq = 1};

    sample_set_gauge(&sample, gauges[_i].metric, gauges[_i].gauge);
    ck_assert_msg(sample_clean(&sample) == (gauges[_i].kept ? 0 : 1), "%s", gauges[_i].what);
    ck_assert_msg(sample_has(&sample, gauges[_i].metric) == gauges[_i].kept, "%s", gauges[_i].what);
    if (gauges[_i].kept)
        ck_assert_double_eq(sample.value[gauges[_i].metric].gauge, gauges[_i].cleaned);
}
END_TEST

START_TEST(bad_values_cost_themselves_only)
{
    struct sample sample = {.seq = 1};

    for (unsigned m = 0; m < METRIC_COUNT; m++)
        if (METRIC_COUNTS(metric_table[m].kind))
            sample_set_counter(&sample, m, UINT64_MAX - m);
        else
            sample_set_gauge(&sample, m, m % 2 == 0 ? (double)NAN : m + 0.5);
    unsigned removed = sample_clean(&sample);

    for (unsigned m = 0; m < METRIC_COUNT; m++) {
        if (METRIC_COUNTS(metric_table[m].kind)) {
            ck_assert_uint_eq(sample.value[m].counter, UINT64_MAX - m);
        } else if (m % 2 == 0) {
            removed--;
            ck_assert(!sample_has(&sample, m));
        } else {
            ck_assert_double_eq(sample.value[m].gauge, m + 0.5);
        }
    }
    ck_assert_uint_eq(removed, 0);
    ck_assert_uint_eq(sample_clean(&sample), 0);
}
END_TEST

START_TEST(what_is_absent_is_not_looked_at)
{
    struct sample sample = {.seq = 1};

    for (unsigned m = 0; m < METRIC_COUNT; m++)
        sample.value[m].gauge = (double)NAN;
    ck_assert_uint_eq(sample_clean(&sample), 0);
    ck_assert_uint_eq(sample.present, 0);
}
END_TEST

static double through_csv(double gauge)
{
    char line[CSV_LINE_MAX];
    struct sample sample = {.seq = 1};
    struct csv_row row;

    sample_set_gauge(&sample, METRIC_CPU, gauge);
    size_t len = csv_put_row("n", "g", 1, &sample, line);
    ck_assert_int_eq(csv_parse_row(line, len - 1, &row), 0);
    return row.sample.value[METRIC_CPU].gauge;
}

static double through_wire(double gauge)
{
    struct sample sample = {.seq = 1};
    Headroom__Sample message;

    sample_set_gauge(&sample, METRIC_CPU, gauge);
    wire_put_sample(&sample, &message);
    wire_get_sample(&message, &sample);
    ck_assert_uint_eq(sample_clean(&sample), 0);
    return sample.value[METRIC_CPU].gauge;
}

START_TEST(every_hundredth_is_the_same_after_wire_csv_and_cleaning)
{
    for (unsigned hundredths = 0; hundredths <= 10000; hundredths++) {
        double gauge = hundredths / 100.0;
        struct sample sample = {.seq = 1};

        sample_set_gauge(&sample, METRIC_CPU, gauge);
        ck_assert_uint_eq(sample_clean(&sample), 0);
        ck_assert_double_eq(sample.value[METRIC_CPU].gauge, gauge);
        ck_assert_double_eq(through_csv(gauge), gauge);
        ck_assert_double_eq(through_wire(gauge), gauge);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sample");
    TCase *tcase = tcase_create("sample");

    tcase_add_loop_test(tcase, only_what_can_be_true_is_kept, 0, sizeof gauges / sizeof gauges[0]);
    tcase_add_test(tcase, bad_values_cost_themselves_only);
    tcase_add_test(tcase, what_is_absent_is_not_looked_at);
    tcase_add_test(tcase, every_hundredth_is_the_same_after_wire_csv_and_cleaning);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
