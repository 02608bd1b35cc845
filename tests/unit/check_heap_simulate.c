/* Traces, recordings, scores and players when memory is out. */
#include "offline/live_policy.h"
#include "offline/metrics_player.h"
#include "offline/recorded_demand.h"
#include "offline/score.h"
#include "offline/trace.h"

#include "collector/store/csv.h"

#include "support/heap.h"
#include "support/suite.h"

#include <errno.h>
#include <stdlib.h>

static void try_trace(unsigned nth)
{
    struct trace trace = {0};
    struct replay replay = REPLAY_DEFAULT;
    double *demand = NULL;
    size_t steps = 0;
    char error[256], line[32];

    heap_fail(nth);
    int rc = trace_read_header(&trace, "timestamp_s,demand", error, sizeof error);
    for (unsigned i = 0; i < 3000 && rc == 0; i++) { /* more than one growth */
        (void)snprintf(line, sizeof line, "%u,%u", i * 15, i % 7);
        rc = trace_read_line(&trace, line, error, sizeof error);
    }
    if (rc == 0)
        rc = trace_replay(&trace, &replay, &demand, &steps, error, sizeof error);
    bool failed = heap_mend();
    ck_assert_int_eq(rc, failed ? -ENOMEM : 0);
    ck_assert((demand == NULL) == failed);
    ck_assert_uint_eq(steps, failed ? 0 : 3000);
    free(demand);
    trace_deinit(&trace);
}

START_TEST(a_trace_is_read_and_replayed_or_not)
{
    ck_assert_uint_ge(heap_each(try_trace), 5);
}
END_TEST

static void try_score(unsigned nth)
{
    const double demand[] = {7.0};
    double sum = -1.0;

    heap_fail(nth);
    int rc = score_optimum(demand, 1, 3, 1, 200, &sum);
    bool failed = heap_mend();
    ck_assert_int_eq(rc, failed ? -ENOMEM : 0);
    ck_assert_double_eq(sum, failed ? -1.0 : 10.0);
}

START_TEST(the_optimum_is_told_or_not)
{
    heap_each(try_score);
}
END_TEST

static void try_player(unsigned nth)
{
    struct scaler_settings settings = SCALER_SETTINGS_DEFAULT;
    struct live_policy live;

    heap_fail(nth);
    int rc = live_policy_init(&live, &settings, 0);
    ck_assert_int_eq(rc, heap_mend() ? -ENOMEM : 0);
    live_policy_deinit(&live);
}

START_TEST(a_player_is_made_or_not)
{
    heap_each(try_player);
}
END_TEST

/* More than one growth of rows and of nodes, and runs of their own. */
static void try_recording(unsigned nth)
{
    struct metrics_player recording = {0};
    char node[16], line[CSV_LINE_MAX], error[256];

    heap_fail(nth);
    int rc = metrics_player_init(&recording, 60000, NULL, NULL);
    for (unsigned i = 0; i < 70 * 60 && rc == 0; i++) {
        struct sample sample = {.seq = i / 70 + 1, .time_ms = i * 100, .uptime_ms = i * 100};
        sample_set_gauge(&sample, METRIC_CPU, 50.0);
        (void)snprintf(node, sizeof node, "n%u", i % 70);
        size_t len = csv_put_row(node, "web", i % 70 + 1, &sample, line);
        rc = metrics_player_add(&recording, line, len - 1, error, sizeof error);
    }
    if (rc == 0) {
        metrics_player_begin(&recording);
        rc = metrics_player_play(&recording, metrics_player_last_ms(&recording));
    }
    bool failed = heap_mend();
    ck_assert_int_eq(rc, failed ? -ENOMEM : 0);
    metrics_player_deinit(&recording);
}

START_TEST(a_recording_is_read_and_played_or_not)
{
    ck_assert_uint_ge(heap_each(try_recording), 70);
}
END_TEST

/* More than one growth of nodes and of steps, behind the others and in front of them. */
static void try_demand(unsigned nth)
{
    struct recorded_demand recorded = {0};
    struct trace trace = {0};
    char error[256];

    heap_fail(nth);
    int rc = recorded_demand_init(&recorded);
    for (unsigned i = 0; i < 6000 && rc == 0; i++) {
        struct csv_row row = {.instance = 1, .sample = {.seq = i / 70 + 1, .time_ms = INT64_C(900000000)}};
        row.sample.time_ms += (i % 2 != 0 ? -(int64_t)i : (int64_t)i) * REPLAY_STEP_MS;
        sample_set_gauge(&row.sample, METRIC_CPU, 50.0);
        (void)snprintf(row.node_id, sizeof row.node_id, "n%u", i % 70);
        rc = recorded_demand_add(&recorded, &row, "web", error, sizeof error);
    }
    if (rc == 0)
        rc = recorded_demand_end(&recorded);
    if (rc == 0)
        rc = recorded_demand_trace(&recorded, 0, &trace);
    bool failed = heap_mend();
    ck_assert_int_eq(rc, failed ? -ENOMEM : 0);
    ck_assert((trace.count == 0) == failed);
    recorded_demand_deinit(&recorded);
    trace_deinit(&trace);
}

START_TEST(demand_is_summed_up_or_not)
{
    ck_assert_uint_ge(heap_each(try_demand), 70);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("heap_simulate");
    TCase *tests = tcase_create("heap_simulate");

    tcase_add_test(tests, a_trace_is_read_and_replayed_or_not);
    tcase_add_test(tests, the_optimum_is_told_or_not);
    tcase_add_test(tests, a_player_is_made_or_not);
    tcase_add_test(tests, a_recording_is_read_and_played_or_not);
    tcase_add_test(tests, demand_is_summed_up_or_not);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
