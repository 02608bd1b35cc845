#include "offline/metrics_player.h"

#include "collector/fleet/observe.h"
#include "collector/store/csv.h"

#include "support/suite.h"

#include <errno.h>
#include <string.h>

#define HISTORY_MS 60000
#define TICK_MS    15000
#define GONE_MS    600000
#define WALL_MS    INT64_C(1767225600000) /* where the tests begin */

static struct metrics_player player;
static struct group_observation observed[4];
static const struct collector_config config = {.settings = {.tick_ms = TICK_MS}, .gone_ms = GONE_MS};
static char error[256];

static void begin(void)
{
    ck_assert_int_eq(metrics_player_init(&player, HISTORY_MS, NULL, NULL), 0);
    error[0] = '\0';
}

static void end(void)
{
    metrics_player_deinit(&player);
}

/* A sample of a node that was booted when the tests begin. */
static int add(const char *node, const char *group, uint64_t instance, uint64_t seq, int64_t at_ms, double cpu)
{
    struct sample sample = {.seq = seq, .time_ms = WALL_MS + at_ms, .uptime_ms = (uint64_t)at_ms};
    char line[CSV_LINE_MAX];

    sample_set_gauge(&sample, METRIC_CPU, cpu);
    size_t len = csv_put_row(node, group, instance, &sample, line);
    return metrics_player_add(&player, line, len - 1, error, sizeof error);
}

static void see(int64_t at_ms)
{
    ck_assert_int_eq(metrics_player_play(&player, WALL_MS + at_ms), 0);
    observe_groups(&player.registry, &config, WALL_MS + at_ms, observed);
}

START_TEST(plays_in_the_order_of_time)
{
    /* as a store may have written them: one node's backlog came late */
    ck_assert_int_eq(add("a", "web", 1, 1, 1000, 10.0), 0);
    ck_assert_int_eq(add("a", "web", 1, 2, 6000, 20.0), 0);
    ck_assert_int_eq(add("a", "web", 1, 3, 11000, 30.0), 0);
    ck_assert_int_eq(add("b", "web", 2, 1, 1000, 50.0), 0);
    ck_assert_int_eq(add("b", "web", 2, 2, 6000, 60.0), 0);
    metrics_player_begin(&player);
    ck_assert_int_eq(metrics_player_first_ms(&player), WALL_MS + 1000);
    ck_assert_int_eq(metrics_player_last_ms(&player), WALL_MS + 11000);

    see(6000);
    ck_assert_uint_eq(observed[0].live, 2);
    ck_assert_double_eq_tol(observed[0].resource[RESOURCE_CPU].demand, 0.15 + 0.55, 1e-12);
    ck_assert_double_eq(observed[0].resource[RESOURCE_CPU].capacity, 2.0);
    ck_assert_uint_eq(observed[0].resource[RESOURCE_MEMORY].nodes, 0);
    see(11000);
    ck_assert_double_eq_tol(observed[0].resource[RESOURCE_CPU].demand, 0.20 + 0.55, 1e-12);
    see(11000); /* nothing is played twice */
    ck_assert_double_eq_tol(observed[0].resource[RESOURCE_CPU].demand, 0.20 + 0.55, 1e-12);
}
END_TEST

START_TEST(the_applications_number_is_played)
{
    struct sample sample = {.seq = 1, .time_ms = WALL_MS, .uptime_ms = 0};
    char line[CSV_LINE_MAX];

    sample_set_gauge(&sample, METRIC_CPU, 99.0);
    sample_set_gauge(&sample, METRIC_APP_LOAD, 256.0);
    sample_set_gauge(&sample, METRIC_APP_CAPACITY, 128.0);
    size_t len = csv_put_row("a", "web", 1, &sample, line);
    ck_assert_int_eq(metrics_player_add(&player, line, len - 1, error, sizeof error), 0);
    metrics_player_begin(&player);
    see(0);
    ck_assert_double_eq(observed[0].resource[RESOURCE_APP].demand, 256.0);
    ck_assert_double_eq(observed[0].resource[RESOURCE_APP].capacity, 128.0);
}
END_TEST

START_TEST(a_node_is_live_by_its_own_interval)
{
    for (unsigned i = 0; i < 5; i++)
        ck_assert_int_eq(add("slow", "web", 1, i + 1, i * 60000, 10.0), 0);
    for (unsigned i = 0; i < 241; i++)
        ck_assert_int_eq(add("quick", "web", 2, i + 1, i * 1000, 10.0), 0);
    metrics_player_begin(&player);
    see(240000);
    ck_assert_uint_eq(observed[0].live, 2);
    see(240000 + 4000);
    ck_assert_uint_eq(observed[0].live, 1);
    ck_assert_uint_eq(observed[0].missing, 1);
    see(240000 + 181000);
    ck_assert_uint_eq(observed[0].live, 0);
    see(240000 + 184000 + GONE_MS);
    ck_assert_uint_eq(observed[0].missing, 2); /* all at once: they are not forgotten by time */
}
END_TEST

START_TEST(one_long_gap_does_not_make_a_node_slow)
{
    static const int64_t times[] = {0, 1000, 2000, 90000, 91000, 92000};

    for (unsigned i = 0; i < 6; i++)
        ck_assert_int_eq(add("a", "web", 1, i + 1, times[i], 10.0), 0);
    metrics_player_begin(&player);
    ck_assert_uint_eq(player.registry.nodes[0]->interval_ms, 1000);
}
END_TEST

START_TEST(the_fleet_of_the_beginning_is_waited_for)
{
    ck_assert_int_eq(add("a", "web", 1, 1, 0, 10.0), 0);
    ck_assert_int_eq(add("b", "web", 2, 1, 900, 10.0), 0);
    ck_assert_int_eq(add("late", "web", 3, 1, 20000, 10.0), 0);
    metrics_player_begin(&player);
    see(0);
    ck_assert_uint_eq(observed[0].live, 1);
    ck_assert_uint_eq(observed[0].unreported, 1);
    see(900);
    ck_assert_uint_eq(observed[0].live, 2);
    ck_assert_uint_eq(observed[0].unreported, 0); /* of the late one nothing is known yet */
}
END_TEST

/* The wall clock of the node steps an hour back; its uptime goes on. */
START_TEST(a_step_of_the_wall_clock_is_none_of_the_recording)
{
    char line[CSV_LINE_MAX];
    struct sample sample = {.seq = 2, .time_ms = WALL_MS + 1000 - 3600000, .uptime_ms = 1000};

    ck_assert_int_eq(add("a", "web", 1, 1, 0, 10.0), 0);
    size_t len = csv_put_row("a", "web", 1, &sample, line);
    ck_assert_int_eq(metrics_player_add(&player, line, len - 1, error, sizeof error), 0);
    metrics_player_begin(&player);
    ck_assert_int_eq(metrics_player_last_ms(&player), WALL_MS + 1000);
    ck_assert_int_eq(metrics_player_first_ms(&player), WALL_MS);
}
END_TEST

START_TEST(seq_must_rise_within_an_instance)
{
    ck_assert_int_eq(add("a", "web", 1, 5, 0, 10.0), 0);
    ck_assert_int_eq(add("a", "web", 1, 5, 1000, 10.0), -EINVAL);
    ck_assert_msg(strstr(error, "seq decreases from 5 to 5") != NULL, "%s", error);
    ck_assert_int_eq(add("a", "web", 1, 4, 1000, 10.0), -EINVAL);
    ck_assert_int_eq(add("a", "web", 2, 1, 1000, 10.0), 0); /* another run */
    ck_assert_int_eq(add("b", "web", 1, 1, 1000, 10.0), 0); /* another node */
    ck_assert_int_eq(add("a", "web", 1, 6, 2000, 10.0), 0);
    ck_assert_uint_eq(player.count, 4);
}
END_TEST

START_TEST(uptime_must_not_fall_within_an_instance)
{
    ck_assert_int_eq(add("a", "web", 1, 1, 5000, 10.0), 0);
    ck_assert_int_eq(add("a", "web", 1, 2, 4000, 10.0), -EINVAL);
    ck_assert_msg(strstr(error, "uptime decreases") != NULL, "%s", error);
}
END_TEST

START_TEST(a_bad_row_changes_nothing)
{
    ck_assert_int_eq(metrics_player_add(&player, "a,101.00", 8, error, sizeof error), -EINVAL);
    ck_assert_msg(strstr(error, "cpu \"101.00\"") != NULL, "%s", error);
    ck_assert_uint_eq(player.count, 0);
    ck_assert_uint_eq(player.registry.node_count, 0);
}
END_TEST

static const char *choose(const char *node_id, const char *group, void *arg)
{
    ck_assert_ptr_eq(arg, &player);
    ck_assert_str_eq(group, "web");
    return node_id[0] == 'x' ? NULL : "chosen";
}

START_TEST(rows_count_for_the_group_that_is_chosen)
{
    player.on_row = choose;
    player.arg = &player;
    ck_assert_int_eq(add("a", "web", 1, 1, 0, 10.0), 0);
    ck_assert_int_eq(add("x", "web", 2, 1, 0, 10.0), 0);
    metrics_player_begin(&player);
    ck_assert_uint_eq(player.count, 1);
    ck_assert_uint_eq(player.registry.group_count, 1);
    ck_assert_str_eq(player.registry.groups[0]->name, "chosen");
}
END_TEST

START_TEST(an_empty_one_plays_nothing)
{
    metrics_player_begin(&player);
    see(1000);
    ck_assert_uint_eq(player.count, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("metrics_player");
    TCase *tests = tcase_create("player");

    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_test(tests, plays_in_the_order_of_time);
    tcase_add_test(tests, the_applications_number_is_played);
    tcase_add_test(tests, a_node_is_live_by_its_own_interval);
    tcase_add_test(tests, one_long_gap_does_not_make_a_node_slow);
    tcase_add_test(tests, the_fleet_of_the_beginning_is_waited_for);
    tcase_add_test(tests, a_step_of_the_wall_clock_is_none_of_the_recording);
    tcase_add_test(tests, seq_must_rise_within_an_instance);
    tcase_add_test(tests, uptime_must_not_fall_within_an_instance);
    tcase_add_test(tests, a_bad_row_changes_nothing);
    tcase_add_test(tests, rows_count_for_the_group_that_is_chosen);
    tcase_add_test(tests, an_empty_one_plays_nothing);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
