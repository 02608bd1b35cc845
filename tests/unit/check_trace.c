#include "offline/trace.h"

#include "offline/quantile.h"
#include "support/suite.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct trace trace;
static char error[256];

static void begin(void)
{
    trace = (struct trace){0};
    error[0] = '\0';
}

static void end(void)
{
    trace_deinit(&trace);
}

static void read_points(const struct trace_point *points, size_t count)
{
    char line[64];

    ck_assert_int_eq(trace_read_header(&trace, "timestamp_s,demand", error, sizeof error), 0);
    for (size_t i = 0; i < count; i++) {
        (void)snprintf(line, sizeof line, "%.17g,%.17g", points[i].time_s, points[i].demand);
        ck_assert_int_eq(trace_read_line(&trace, line, error, sizeof error), 0);
    }
}

/* ---- reading ---- */

static const struct {
    const char *header;
    const char *line;
    double time_s, demand;
} good[] = {
    {"timestamp_s,demand", "15,2.5", 15.0, 2.5},
    {"timestamp_s,demand", "0,0", 0.0, 0.0},
    {"demand,timestamp_s", "1e3,0.5", 0.5, 1000.0},
    {"name,timestamp_s,x,demand,y", "a b,1,,2,", 1.0, 2.0},
};

START_TEST(reads_a_line)
{
    ck_assert_int_eq(trace_read_header(&trace, good[_i].header, error, sizeof error), 0);
    ck_assert_int_eq(trace_read_line(&trace, good[_i].line, error, sizeof error), 0);
    ck_assert_uint_eq(trace.count, 1);
    ck_assert_double_eq(trace.points[0].time_s, good[_i].time_s);
    ck_assert_double_eq(trace.points[0].demand, good[_i].demand);
}
END_TEST

static const struct {
    const char *header;
    const char *message;
} bad_headers[] = {
    {"", "lacks the column timestamp_s"},
    {"0,1", "lacks the column timestamp_s"},
    {"timestamp_s", "lacks the column demand"},
    {"timestamp_s,demands", "lacks the column demand"},
    {"timestamp_s;demand", "lacks the column timestamp_s"},
    {"demand,timestamp_s,demand", "column demand twice"},
    {"timestamp_s,demand,timestamp_s", "column timestamp_s twice"},
};

START_TEST(refuses_a_header)
{
    ck_assert_int_eq(trace_read_header(&trace, bad_headers[_i].header, error, sizeof error), -EINVAL);
    ck_assert_msg(strstr(error, bad_headers[_i].message) != NULL, "%s", error);
    ck_assert_uint_eq(trace.columns, 0);
}
END_TEST

static const struct {
    const char *line;
    const char *message;
} bad_lines[] = {
    {"", "timestamp_s \"\""},
    {"30", "1 columns where the header has 2"},
    {"30,", "demand \"\""},
    {"30,1,", "3 columns where the header has 2"},
    {"30,nan", "demand \"nan\""},
    {"30,inf", "demand \"inf\""},
    {"30,1e999", "demand \"1e999\""},
    {"30,-1", "demand \"-1\""},
    {"30,0x10", "demand \"0x10\""},
    {"30, 1", "demand \" 1\""},
    {"30,1.2.3", "demand \"1.2.3\""},
    {"30,1%", "demand \"1%\""},
    {"-1,1", "timestamp_s \"-1\""},
    {"x,1", "timestamp_s \"x\""},
    {"2026-01-01T00:00:00Z,1", "timestamp_s \"2026"},
    {"14.9,1", "timestamp_s decreases from 15 to 14.9"},
};

START_TEST(refuses_a_line_and_is_as_it_was)
{
    read_points((const struct trace_point[]){{15.0, 1.0}}, 1);
    ck_assert_int_eq(trace_read_line(&trace, bad_lines[_i].line, error, sizeof error), -EINVAL);
    ck_assert_msg(strstr(error, bad_lines[_i].message) != NULL, "%s", error);
    ck_assert_uint_eq(trace.count, 1);
    ck_assert_int_eq(trace_read_line(&trace, "15,7", error, sizeof error), 0);
}
END_TEST

/* ---- the replay ---- */

static double *demand;
static size_t steps;

static int replay(struct replay how)
{
    return trace_replay(&trace, &how, &demand, &steps, error, sizeof error);
}

/* Ten nodes at 70 % carry the quantile: demand of 1 in a trace that is flat is 7. */
START_TEST(interpolates_or_holds)
{
    static const struct trace_point points[] = {{0.0, 1.0}, {30.0, 3.0}, {40.0, 1.0}, {40.0, 5.0}, {61.0, 5.0}};
    static const double linear[] = {1.0, 2.0, 3.0, 5.0, 5.0}, held[] = {1.0, 1.0, 3.0, 5.0, 5.0};

    read_points(points, 5);
    ck_assert_int_eq(replay((struct replay){.speed = 1.0, .nodes = 10.0, .hold = _i == 1}), 0);
    ck_assert_uint_eq(steps, 5);
    for (size_t k = 0; k < steps; k++)
        ck_assert_double_eq_tol(demand[k], (_i == 1 ? held : linear)[k] * 7.0 / 5.0, 1e-12);
    free(demand);
}
END_TEST

START_TEST(plays_faster)
{
    read_points((const struct trace_point[]){{0.0, 1.0}, {600.0, 11.0}}, 2);
    ck_assert_int_eq(replay((struct replay){.speed = 10.0, .nodes = 40.0}), 0);
    ck_assert_uint_eq(steps, 5);
    ck_assert_double_eq_tol(demand[4] / demand[0], 11.0, 1e-12);
    ck_assert_double_eq_tol(demand[2] / demand[0], 6.0, 1e-12);
    free(demand);
}
END_TEST

START_TEST(before_its_first_sample_it_holds)
{
    read_points((const struct trace_point[]){{40.0, 2.0}, {60.0, 4.0}}, 2);
    ck_assert_int_eq(replay((struct replay){.speed = 1.0, .nodes = 40.0, .hold = _i == 1}), 0);
    ck_assert_uint_eq(steps, 5);
    ck_assert_double_eq_tol(demand[0] / demand[4], 0.5, 1e-12);
    ck_assert_double_eq_tol(demand[2] / demand[4], 0.5, 1e-12);
    free(demand);
}
END_TEST

START_TEST(one_sample_is_one_step)
{
    read_points((const struct trace_point[]){{0.0, 123.0}}, 1);
    ck_assert_int_eq(replay((struct replay)REPLAY_DEFAULT), 0);
    ck_assert_uint_eq(steps, 1);
    ck_assert_double_eq_tol(demand[0], 28.0, 1e-12);
    free(demand);
}
END_TEST

START_TEST(the_99_percent_quantile_fills_the_nodes)
{
    read_points((const struct trace_point[]){{0.0, 5.0}, {15.0 * 9999.0, 10004.0}}, 2);
    ck_assert_int_eq(replay((struct replay){.speed = 1.0, .nodes = 2000.0}), 0);
    ck_assert_double_eq_tol(quantile_of(demand, steps, 0.99), 1400.0, 1e-9);
    free(demand);
}
END_TEST

/* The first of the noise for seed 1, from an independent implementation. */
START_TEST(noise_is_the_reference_noise)
{
    static const double z[] = {1.4243480905156511, -0.6189042598785681, -0.5907667571367323, 1.4329694955301964};

    read_points((const struct trace_point[]){{0.0, 1.0}, {15.0 * 199999.0, 1.0}}, 2);
    ck_assert_int_eq(replay((struct replay){.speed = 1.0, .nodes = 10.0, .noise = 0.1, .seed = 1}), 0);
    double unit = demand[0] / (1.0 + 0.1 * z[0]), mean = 0.0, square = 0.0;
    for (size_t k = 0; k < sizeof z / sizeof *z; k++)
        ck_assert_double_eq_tol(demand[k] / unit, 1.0 + 0.1 * z[k], 1e-12);
    for (size_t k = 0; k < steps; k++) {
        double deviation = demand[k] / unit - 1.0;
        mean += deviation / (double)steps;
        square += deviation * deviation / (double)steps;
    }
    ck_assert_double_eq_tol(mean, 0.0, 0.001);
    ck_assert_double_eq_tol(sqrt(square), 0.1, 0.001);
    free(demand);
}
END_TEST

START_TEST(demand_never_falls_below_nothing)
{
    read_points((const struct trace_point[]){{0.0, 1.0}, {15.0 * 999.0, 1.0}}, 2);
    ck_assert_int_eq(replay((struct replay){.speed = 1.0, .nodes = 10.0, .noise = 5.0, .seed = 3}), 0);
    for (size_t k = 0; k < steps; k++)
        ck_assert(demand[k] >= 0.0);
    free(demand);
}
END_TEST

static const struct {
    struct trace_point points[2];
    size_t count;
    const char *message;
} no_replay[] = {
    {{{0.0, 0.0}}, 0, "no line contains a sample"},
    {{{0.0, 0.0}, {1e4, 0.0}}, 2, "demand is 0"},
    {{{0.0, 1e-300}, {15.0, 1e300}}, 2, NULL}, /* wide, but the quantile carries it */
    {{{0.0, 1.0}, {1.7e12, 1.0}}, 2, "seconds from the start"},
    {{{0.0, 1.0}, {1e300, 1.0}}, 2, "seconds from the start"},
};

START_TEST(says_why_it_can_not_be_replayed)
{
    read_points(no_replay[_i].points, no_replay[_i].count);
    demand = NULL;
    int rc = replay((struct replay)REPLAY_DEFAULT);
    ck_assert_int_eq(rc, no_replay[_i].message ? -EINVAL : 0);
    if (no_replay[_i].message)
        ck_assert_msg(strstr(error, no_replay[_i].message) != NULL, "%s", error);
    ck_assert((demand == NULL) == (rc != 0));
    free(demand);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("trace");
    TCase *tests = tcase_create("trace");

    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_loop_test(tests, reads_a_line, 0, sizeof good / sizeof *good);
    tcase_add_loop_test(tests, refuses_a_header, 0, sizeof bad_headers / sizeof *bad_headers);
    tcase_add_loop_test(tests, refuses_a_line_and_is_as_it_was, 0, sizeof bad_lines / sizeof *bad_lines);
    tcase_add_loop_test(tests, interpolates_or_holds, 0, 2);
    tcase_add_test(tests, plays_faster);
    tcase_add_loop_test(tests, before_its_first_sample_it_holds, 0, 2);
    tcase_add_test(tests, one_sample_is_one_step);
    tcase_add_test(tests, the_99_percent_quantile_fills_the_nodes);
    tcase_add_test(tests, noise_is_the_reference_noise);
    tcase_add_test(tests, demand_never_falls_below_nothing);
    tcase_add_loop_test(tests, says_why_it_can_not_be_replayed, 0, sizeof no_replay / sizeof *no_replay);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
