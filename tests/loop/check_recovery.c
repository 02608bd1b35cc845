#include "collector/recovery.h"

#include "collector/csv.h"
#include "support/suite.h"
#include "support/temp_dir.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define WALL_MS    INT64_C(1700000000000)
#define NOW_MS     INT64_C(5000000)
#define HISTORY_MS 60000
#define GONE_MS    600000
#define LIVE       "metrics.csv"
#define OLDER      "metrics-00000001.csv"

static struct temp_dir dir;
static struct segments segments;
static struct registry registry;
static struct recovery_report report;

static void put_header(const char *name)
{
    char line[CSV_LINE_MAX];

    temp_dir_write(&dir, name, line, csv_put_header(line));
}

static void begin(void)
{
    temp_dir_create(&dir);
    segments.fd = -1;
    ck_assert_int_eq(registry_init(&registry, HISTORY_MS), 0);
    put_header(LIVE);
}

static void end(void)
{
    segments_close(&segments);
    registry_deinit(&registry);
    temp_dir_remove(&dir);
}

/* A row taken so long ago, with cpu = seq % 100 and disk_read = 1000 x seq. */
static void put_row(const char *name, const char *node_id, uint64_t instance, uint64_t seq, int64_t age_ms)
{
    struct sample sample = {.seq = seq, .time_ms = WALL_MS - age_ms, .uptime_ms = (uint64_t)(WALL_MS - age_ms)};
    char line[CSV_LINE_MAX];

    sample_set_gauge(&sample, METRIC_CPU, (double)(seq % 100));
    sample_set_counter(&sample, METRIC_DISK_READ, 1000 * seq);
    temp_dir_append(&dir, name, line, csv_put_row(node_id, "web", instance, &sample, line));
}

static void put_text(const char *name, const char *text)
{
    temp_dir_append(&dir, name, text, strlen(text));
}

static void recover(void)
{
    struct segments_limits limits = {.rotate_bytes = 1 << 30, .rotate_ms = 86400000};
    char header[CSV_LINE_MAX];
    uint64_t cut = 0;

    header[csv_put_header(header)] = '\0';
    ck_assert_int_eq(segments_open(&segments, dir.fd, "metrics", header, &limits, recovery_row_ok, &cut), 0);
    ck_assert_int_eq(recovery_run(&segments, &registry, NOW_MS, WALL_MS, GONE_MS, &report), 0);
}

static struct node *node(const char *id)
{
    struct node *found = registry_find_node(&registry, id);

    ck_assert_msg(found != NULL, "no node %s", id);
    return found;
}

static const struct instance *find_instance(const char *id, uint64_t instance)
{
    const struct node *found = node(id);

    for (unsigned i = 0; i < INSTANCES_PER_NODE_MAX; i++)
        if (found->instances[i].id == instance)
            return &found->instances[i];
    return NULL;
}

static void assert_seq(const char *id, uint64_t instance, uint64_t seq)
{
    const struct instance *found = find_instance(id, instance);

    ck_assert_msg(found != NULL, "no instance %llu of %s", (unsigned long long)instance, id);
    ck_assert_uint_eq(found->stored_seq, seq);
    ck_assert_uint_eq(found->received_seq, seq);
    ck_assert_uint_eq(found->pending, 0);
    ck_assert_ptr_eq(found->node, node(id));
}

START_TEST(nothing_stored_is_nobody_known)
{
    recover();
    ck_assert_uint_eq(registry.node_count, 0);
    ck_assert_uint_eq(report.rows, 0);
    ck_assert_uint_eq(report.bad_rows, 0);
}
END_TEST

START_TEST(each_instance_has_its_last_seq)
{
    put_header(OLDER);
    put_row(OLDER, "n1", 7, 1, 9000);
    put_row(OLDER, "n1", 7, 2, 8000);
    put_row(OLDER, "n2", 7, 41, 8000);
    put_row(LIVE, "n1", 7, 3, 7000);
    put_row(LIVE, "n1", 8, 1, 6000);
    put_row(LIVE, "n1", 7, 9, 7000); /* a backlog that comes late, with a gap */
    put_row(LIVE, "n1", 8, 2, 5000);
    recover();
    ck_assert_uint_eq(report.rows, 7);
    ck_assert_uint_eq(report.bad_rows, 0);
    ck_assert_uint_eq(registry.node_count, 2);
    ck_assert_uint_eq(registry.group_count, 1);
    assert_seq("n1", 7, 9);
    assert_seq("n1", 8, 2);
    assert_seq("n2", 7, 41);
    ck_assert_str_eq(node("n1")->group->name, "web");
}
END_TEST

START_TEST(segment_out_of_its_time_does_not_take_a_seq_back)
{
    put_header(OLDER);
    put_row(OLDER, "n1", 7, 100, 1000);
    put_row(LIVE, "n1", 7, 50, 9000);
    recover();
    assert_seq("n1", 7, 100);
}
END_TEST

START_TEST(rings_have_the_history_back)
{
    for (uint64_t seq = 1; seq <= 100; seq++)
        put_row(LIVE, "n1", 7, seq, (int64_t)(100 - seq) * 1000);
    recover();
    const struct ring *ring = &node("n1")->ring;
    ck_assert_uint_ge(ring->count, 59);
    ck_assert_uint_le(ring->count, 61);
    ck_assert_int_eq(ring_time_ms(ring, ring->count - 1), NOW_MS);
    ck_assert_int_eq(ring_time_ms(ring, 0), NOW_MS - ((int64_t)ring->count - 1) * 1000);
    ck_assert_double_eq_tol(ring_value(ring, ring->count - 2, METRIC_CPU), 99.0, 0.001);
    ck_assert_double_eq_tol(ring_value(ring, ring->count - 1, METRIC_DISK_READ), 1000.0, 1.0);
    ck_assert(isnan(ring_value(ring, ring->count - 1, METRIC_MEMORY)));
    ck_assert_int_eq(node("n1")->seen_ms, NOW_MS);
    ck_assert(!node("n1")->reported);
}
END_TEST

START_TEST(known_nodes_are_awaited_until_they_report)
{
    put_row(LIVE, "n1", 7, 1, 1000);
    recover();
    ck_assert_int_eq(registry_liveness(node("n1"), NOW_MS, GONE_MS), NODE_UNREPORTED);
}
END_TEST

START_TEST(nodes_silent_long_before_the_end_are_gone)
{
    put_row(LIVE, "old", 7, 1, 2 * GONE_MS);
    put_row(LIVE, "late", 7, 1, GONE_MS / 2);
    put_row(LIVE, "last", 7, 1, 0);
    recover();
    ck_assert_int_eq(registry_liveness(node("old"), NOW_MS, GONE_MS), NODE_GONE);
    ck_assert_int_eq(registry_liveness(node("late"), NOW_MS, GONE_MS), NODE_UNREPORTED);
    ck_assert_int_eq(registry_liveness(node("last"), NOW_MS, GONE_MS), NODE_UNREPORTED);
    assert_seq("old", 7, 1);
}
END_TEST

START_TEST(collector_that_was_down_for_long_gives_nobody_up)
{
    put_row(LIVE, "n1", 7, 1, 100 * GONE_MS);
    put_row(LIVE, "n2", 7, 1, 100 * GONE_MS + GONE_MS / 2);
    put_row(LIVE, "n3", 7, 1, 102 * GONE_MS);
    recover();
    ck_assert_int_eq(registry_liveness(node("n1"), NOW_MS, GONE_MS), NODE_UNREPORTED);
    ck_assert_int_eq(registry_liveness(node("n2"), NOW_MS, GONE_MS), NODE_UNREPORTED);
    ck_assert_int_eq(registry_liveness(node("n3"), NOW_MS, GONE_MS), NODE_GONE);
    ck_assert_uint_eq(node("n1")->ring.count, 0);
}
END_TEST

START_TEST(times_in_the_future_are_now)
{
    put_row(LIVE, "ahead", 7, 1, -1000000);
    put_row(LIVE, "n1", 7, 1, 2000);
    recover();
    ck_assert_int_eq(node("ahead")->seen_ms, NOW_MS);
    ck_assert_int_eq(ring_time_ms(&node("ahead")->ring, 0), NOW_MS);
    ck_assert_int_eq(registry_liveness(node("n1"), NOW_MS, GONE_MS), NODE_UNREPORTED);
}
END_TEST

START_TEST(bad_rows_of_older_segments_are_counted_and_passed_over)
{
    put_header(OLDER);
    put_row(OLDER, "n1", 7, 1, 9000);
    put_text(OLDER, "garbage\n\nn1,1.00\n");
    temp_dir_append(&dir, OLDER, "\0\0\0\0\n", 5);
    put_row(OLDER, "n1", 7, 2, 8000);
    put_text(OLDER, "n1,1.00,,,,1699"); /* torn */
    recover();
    ck_assert_uint_eq(report.bad_rows, 5);
    ck_assert_uint_eq(report.rows, 2);
    assert_seq("n1", 7, 2);
}
END_TEST

START_TEST(bad_end_of_the_live_file_is_cut_before)
{
    put_row(LIVE, "n1", 7, 1, 9000);
    put_text(LIVE, "n1,1.00,,,,1699");
    recover();
    ck_assert_uint_eq(report.bad_rows, 0);
    assert_seq("n1", 7, 1);
}
END_TEST

START_TEST(empty_segment_and_one_without_header_do_no_harm)
{
    temp_dir_write(&dir, OLDER, "", 0);
    temp_dir_write(&dir, "metrics-00000002.csv", "node", 4);
    put_row(LIVE, "n1", 7, 1, 9000);
    recover();
    ck_assert_uint_eq(report.rows, 1);
    assert_seq("n1", 7, 1);
}
END_TEST

START_TEST(newest_instances_of_a_node_are_kept)
{
    for (uint64_t i = 1; i <= 6; i++)
        put_row(LIVE, "n1", i, 10 * i, (int64_t)(7 - i) * 1000);
    recover();
    ck_assert_ptr_null(find_instance("n1", 1));
    ck_assert_ptr_null(find_instance("n1", 2));
    for (uint64_t i = 3; i <= 6; i++)
        assert_seq("n1", i, 10 * i);
}
END_TEST

/* What was used before the start is older than what is used now. */
START_TEST(new_instances_take_the_places_of_recovered_ones)
{
    for (uint64_t i = 1; i <= INSTANCES_PER_NODE_MAX; i++)
        put_row(LIVE, "n1", i, 10, (int64_t)(10 - i) * 1000);
    recover();
    for (uint64_t i = 1; i <= INSTANCES_PER_NODE_MAX; i++)
        ck_assert_ptr_nonnull(registry_instance(node("n1"), 100 + i));
    for (uint64_t i = 1; i <= INSTANCES_PER_NODE_MAX; i++)
        ck_assert_msg(find_instance("n1", 100 + i) != NULL, "instance %u was forgotten for a later one", (unsigned)i);
}
END_TEST

START_TEST(row_of_ours_is_told)
{
    static const char row[] = "n1,1.00,,,,1700000000.000,web,i0000000000000007,1,5.000,,,,,,,,,,";
    size_t len = sizeof row - 1;

    ck_assert(recovery_row_ok(row, len));
    ck_assert(!recovery_row_ok(row, len - 1));
    ck_assert(!recovery_row_ok(row, len + 1));
    ck_assert(!recovery_row_ok(row, 0));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("recovery");
    TCase *tests = tcase_create("recovery");

    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_test(tests, nothing_stored_is_nobody_known);
    tcase_add_test(tests, each_instance_has_its_last_seq);
    tcase_add_test(tests, segment_out_of_its_time_does_not_take_a_seq_back);
    tcase_add_test(tests, rings_have_the_history_back);
    tcase_add_test(tests, known_nodes_are_awaited_until_they_report);
    tcase_add_test(tests, nodes_silent_long_before_the_end_are_gone);
    tcase_add_test(tests, collector_that_was_down_for_long_gives_nobody_up);
    tcase_add_test(tests, times_in_the_future_are_now);
    tcase_add_test(tests, bad_rows_of_older_segments_are_counted_and_passed_over);
    tcase_add_test(tests, bad_end_of_the_live_file_is_cut_before);
    tcase_add_test(tests, empty_segment_and_one_without_header_do_no_harm);
    tcase_add_test(tests, newest_instances_of_a_node_are_kept);
    tcase_add_test(tests, new_instances_take_the_places_of_recovered_ones);
    tcase_add_test(tests, row_of_ours_is_told);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
