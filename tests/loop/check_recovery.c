#include "collector/store/recovery.h"

#include "collector/store/csv.h"
#include "collector/store/index.h"
#include "collector/store/metrics_file.h"
#include "collector/store/segment_pack.h"
#include "common/disk_posix.h"
#include "support/suite.h"
#include "support/temp_dir.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define WALL_MS    INT64_C(1700000000000)
#define NOW_MS     INT64_C(5000000)
#define HISTORY_MS 60000
#define GONE_MS    600000
#define HOUR_MS    INT64_C(3600000)
#define LIVE       "metrics.csv"
#define OLDER      "metrics-00000001.csv"

static struct temp_dir dir;
static struct disk disk;
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

static unsigned progress;

static void on_progress(void *arg)
{
    ck_assert_ptr_eq(arg, &progress);
    progress++;
}

static void recover(void)
{
    struct segments_limits limits = {.rotate_bytes = 1 << 30, .rotate_ms = 86400000};
    struct recovery_options options = {
        .now_ms = NOW_MS, .wall_ms = WALL_MS, .gone_ms = GONE_MS, .progress = on_progress, .arg = &progress};
    struct index_file index;
    uint64_t cut = 0;

    disk = disk_posix(dir.fd);
    index_file_read(&index, &disk);
    ck_assert_int_eq(metrics_file_open(&segments, &disk, &limits, index.last_segment, &cut), 0);
    ck_assert_int_eq(recovery_run(&segments, &index, &registry, &options, &report), 0);
    index_file_free(&index);
}

static struct node *node(const char *id)
{
    struct node *found = registry_find_node(&registry, id);

    ck_assert_msg(found != NULL, "no node %s", id);
    return found;
}

static const struct instance *find_instance(const char *id, uint64_t instance)
{
    return registry_find_instance(node(id), instance);
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

/* Taken a second apart, the last one a second ago; the wall clock is off by so much from the tenth on. */
static void put_stepped_rows(const char *node_id, int64_t off_before_ms, int64_t off_after_ms)
{
    char line[CSV_LINE_MAX];

    for (uint64_t seq = 1; seq <= 20; seq++) {
        struct sample sample = {.seq = seq, .uptime_ms = 1000 * seq};
        sample.time_ms = WALL_MS - (21 - (int64_t)seq) * 1000 + (seq < 10 ? off_before_ms : off_after_ms);
        sample_set_gauge(&sample, METRIC_CPU, (double)seq);
        temp_dir_append(&dir, LIVE, line, csv_put_row(node_id, "web", 7, &sample, line));
    }
}

static void assert_evenly_spaced(const char *node_id, int64_t end_ms)
{
    const struct ring *ring = &node(node_id)->ring;

    ck_assert_uint_eq(ring->count, 20);
    for (unsigned i = 0; i < 20; i++)
        ck_assert_int_eq(ring_time_ms(ring, i), end_ms - (19 - (int64_t)i) * 1000);
}

START_TEST(rings_do_not_mind_clocks_that_step)
{
    put_stepped_rows("right", 0, 0);
    put_stepped_rows("forward", 0, HOUR_MS);
    put_stepped_rows("back", 0, -HOUR_MS);
    put_stepped_rows("corrected", HOUR_MS, 0);
    put_stepped_rows("ahead", HOUR_MS, HOUR_MS);
    recover();
    assert_evenly_spaced("right", NOW_MS - 1000);
    assert_evenly_spaced("forward", NOW_MS - 1000);
    assert_evenly_spaced("back", NOW_MS - 1000);
    assert_evenly_spaced("corrected", NOW_MS); /* no later than the end */
    assert_evenly_spaced("ahead", NOW_MS);
}
END_TEST

/* Older than the rings: 40 % four hours ago, and 1 point more each six minutes, up to an hour before the start. */
START_TEST(file_systems_have_their_history_back)
{
    char line[CSV_LINE_MAX];

    for (unsigned i = 0; i < 30; i++) {
        struct sample sample = {.seq = i + 1, .time_ms = WALL_MS - 4 * HOUR_MS + (int64_t)i * 360000};
        sample.uptime_ms = (uint64_t)sample.time_ms;
        sample_set_gauge(&sample, METRIC_FS, 40.0 + i);
        temp_dir_append(&dir, LIVE, line, csv_put_row("n1", "web", 7, &sample, line));
    }
    put_row(LIVE, "n2", 7, 1, 1000);
    recover();
    ck_assert_uint_eq(node("n1")->ring.count, 0);
    ck_assert_ptr_null(node("n2")->fs_history);
    struct fs_history *history = node("n1")->fs_history;
    ck_assert_ptr_nonnull(history);
    fs_history_add(history, NOW_MS, 80.0);
    ck_assert(isnan(fs_history_mean(history, 4)));
    ck_assert_double_eq_tol(fs_history_mean(history, 7), 0.67, 0.02); /* 80 minutes before the start */
    ck_assert_double_eq_tol(fs_history_mean(history, 7) - fs_history_mean(history, 17), 10 / 60.0, 0.01);
}
END_TEST

/* The clock of the node runs ahead: its history must not be blind until then. */
START_TEST(file_systems_of_the_future_are_now)
{
    struct sample sample = {.seq = 1, .time_ms = WALL_MS + 5 * HOUR_MS, .uptime_ms = 1};
    char line[CSV_LINE_MAX];

    sample_set_gauge(&sample, METRIC_FS, 40.0);
    temp_dir_append(&dir, LIVE, line, csv_put_row("n1", "web", 7, &sample, line));
    recover();
    fs_history_add(node("n1")->fs_history, NOW_MS + FS_HISTORY_PERIOD_MS, 50.0);
    ck_assert_double_eq_tol(fs_history_mean(node("n1")->fs_history, 0), 0.4, 1e-9);
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

/* When a file was written last, of the same clock as the samples. */
static void set_age(const char *name, int64_t age_ms)
{
    int64_t ms = WALL_MS - age_ms;
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}};

    ck_assert_int_eq(utimensat(dir.fd, name, times, 0), 0);
}

START_TEST(clock_that_runs_ahead_makes_nobody_gone)
{
    int64_t hour_ms = 3600000;

    put_row(LIVE, "ahead", 7, 1, hour_ms);
    put_row(LIVE, "n1", 7, 1, 2 * hour_ms);
    put_row(LIVE, "old", 7, 1, 2 * hour_ms + 2 * GONE_MS);
    set_age(LIVE, 2 * hour_ms);
    recover();
    ck_assert_int_eq(registry_liveness(node("ahead"), NOW_MS, GONE_MS), NODE_UNREPORTED);
    ck_assert_int_eq(registry_liveness(node("n1"), NOW_MS, GONE_MS), NODE_UNREPORTED);
    ck_assert_int_eq(registry_liveness(node("old"), NOW_MS, GONE_MS), NODE_GONE);
}
END_TEST

/* As after a crash in the middle of a rotation. */
START_TEST(without_a_live_file_the_last_segment_tells_when_the_store_ended)
{
    int64_t hour_ms = 3600000;

    ck_assert_int_eq(unlinkat(dir.fd, LIVE, 0), 0);
    put_header(OLDER);
    put_row(OLDER, "ahead", 7, 1, hour_ms);
    put_row(OLDER, "n1", 7, 1, 2 * hour_ms);
    set_age(OLDER, 2 * hour_ms);
    recover();
    ck_assert_int_eq(registry_liveness(node("n1"), NOW_MS, GONE_MS), NODE_UNREPORTED);
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

/* Of one group a node each, all of the same age. */
static void put_groups(unsigned count)
{
    struct sample sample = {.seq = 5, .time_ms = WALL_MS - 1000, .uptime_ms = 1000};
    char line[CSV_LINE_MAX];

    for (unsigned i = 0; i < count; i++) {
        char node_id[16];
        char group[16];
        snprintf(node_id, sizeof node_id, "n%u", i);
        snprintf(group, sizeof group, "g%u", i);
        temp_dir_append(&dir, LIVE, line, csv_put_row(node_id, group, 7, &sample, line));
    }
}

START_TEST(rows_of_too_many_groups_are_passed_over)
{
    put_groups(GROUPS_MAX + 176);
    recover();
    ck_assert_uint_eq(report.rows, GROUPS_MAX + 176);
    ck_assert_uint_eq(report.unplaced, 176);
    ck_assert_uint_eq(registry.group_count, GROUPS_MAX);
    ck_assert_uint_eq(registry.node_count, GROUPS_MAX);
    assert_seq("n0", 7, 5);
    assert_seq("n1023", 7, 5);
    ck_assert_ptr_null(registry_find_node(&registry, "n1024"));
}
END_TEST

START_TEST(node_that_has_changed_to_one_group_too_many_is_still_known)
{
    struct sample sample = {.seq = 9, .time_ms = WALL_MS - 500, .uptime_ms = 1500};
    char line[CSV_LINE_MAX];

    put_groups(GROUPS_MAX);
    temp_dir_append(&dir, LIVE, line, csv_put_row("n3", "one-more", 7, &sample, line));
    recover();
    ck_assert_uint_eq(report.unplaced, 0);
    assert_seq("n3", 7, 9);
    ck_assert_str_eq(node("n3")->group->name, "g3");
}
END_TEST

/* All places are those of one node here; 100,000 would be long in the making. */
START_TEST(rows_of_too_many_nodes_are_passed_over)
{
    struct node *known = registry_ensure_node(&registry, "n1", 1000, NOW_MS);

    for (unsigned i = 0; i < NODES_MAX; i++)
        registry.nodes[i] = known;
    registry.node_count = NODES_MAX;
    put_row(LIVE, "n1", 7, 1, 3000);
    put_row(LIVE, "n2", 7, 1, 2000);
    put_row(LIVE, "n1", 7, 2, 2000);
    put_row(LIVE, "n2", 7, 2, 1000);
    recover();
    ck_assert_uint_eq(report.rows, 4);
    ck_assert_uint_eq(report.unplaced, 2);
    assert_seq("n1", 7, 2);
    ck_assert_ptr_null(registry_find_node(&registry, "n2"));
    registry.node_count = 1;
}
END_TEST

/* What was used before the start is older than what is used now. */
START_TEST(new_instances_take_the_places_of_recovered_ones)
{
    for (uint64_t i = 1; i <= INSTANCES_PER_NODE_MAX; i++)
        put_row(LIVE, "n1", i, 10, (int64_t)(10 - i) * 1000);
    recover();
    for (uint64_t i = 1; i <= INSTANCES_PER_NODE_MAX; i++)
        ck_assert_ptr_nonnull(registry_ensure_instance(node("n1"), 100 + i));
    for (uint64_t i = 1; i <= INSTANCES_PER_NODE_MAX; i++)
        ck_assert_msg(find_instance("n1", 100 + i) != NULL, "instance %u was forgotten for a later one", (unsigned)i);
}
END_TEST

START_TEST(row_of_ours_is_told)
{
    static const char row[] = "n1,1.00,,,,1700000000.000,web,i0000000000000007,1,5.000,,,,,,,,,,,,,,,";
    size_t len = sizeof row - 1;

    ck_assert(metrics_file_row_ok(row, len));
    ck_assert(!metrics_file_row_ok(row, len - 1));
    ck_assert(!metrics_file_row_ok(row, len + 1));
    ck_assert(!metrics_file_row_ok(row, 0));
    ck_assert(!metrics_file_row_ok(row, len - 5)); /* as version 0.1 wrote it: not in a file of this one */
}
END_TEST

/* Its live file has fewer columns: it becomes a segment, and its rows count as before. */
START_TEST(files_of_the_first_version_are_read)
{
    static const char text[] =
        "node_id,cpu,memory,disk_read,disk_write,timestamp,group,instance,seq,uptime,disk_busy,load1,iowait,steal,swap,"
        "net_rx,net_tx,psi_cpu,psi_memory,psi_io\n"
        "n1,41.00,,1000,,1699999998.000,web,i0000000000000007,1,5.000,,,,,,,,,,\n"
        "n1,42.50,,3000,,1699999999.000,web,i0000000000000007,2,6.000,,,,,,,,,,0.75\n";

    temp_dir_write(&dir, LIVE, text, sizeof text - 1);
    recover();
    ck_assert_uint_eq(report.rows, 2);
    ck_assert_uint_eq(report.bad_rows, 0);
    assert_seq("n1", 7, 2);
    ck_assert_str_eq(temp_dir_read(&dir, OLDER, NULL), text);
    const struct ring *ring = &node("n1")->ring;
    ck_assert_double_eq(ring_value(ring, 1, METRIC_CPU), 42.5);
    ck_assert_double_eq(ring_value(ring, 1, METRIC_PSI_IO), 0.75);
    ck_assert_double_eq(ring_value(ring, 1, METRIC_DISK_READ), 2000);
    ck_assert(isnan(ring_value(ring, 1, METRIC_THROTTLED)));
    segments_close(&segments);
}
END_TEST

/* ---- the index ---- */

#define DAY_MS INT64_C(86400000)

struct known {
    const char *node_id;
    uint64_t instance, last_seq, missing_seq, segment;
};

static size_t format_index(char *text, uint64_t last_segment, const struct known *known, size_t count)
{
    struct index_writer writer;
    size_t len = index_put_head(&writer, last_segment, text);

    for (size_t i = 0; i < count; i++) {
        struct index_entry entry = {
            known[i].node_id, "web",           known[i].instance, known[i].last_seq, known[i].missing_seq,
            known[i].segment, WALL_MS - DAY_MS};
        len += index_put_entry(&writer, &entry, text + len);
    }
    return len + index_put_end(&writer, text + len);
}

#define PUT_INDEX(last_segment, ...)                                                                                   \
    do {                                                                                                               \
        const struct known known[] = {__VA_ARGS__};                                                                    \
        char text[(sizeof known / sizeof *known + 2) * INDEX_LINE_MAX];                                                \
        temp_dir_write(&dir, INDEX_FILE_NAME, text,                                                                    \
                       format_index(text, last_segment, known, sizeof known / sizeof *known));                         \
    } while (0)

static const char *segment_of(uint64_t number)
{
    static char name[32];

    snprintf(name, sizeof name, "metrics-%08u.csv", (unsigned)number);
    return name;
}

/* A closed segment of n1's instance 7, with rows from..to, written so long ago. */
static void put_segment(uint64_t number, uint64_t from, uint64_t to, int64_t age_ms)
{
    const char *name = segment_of(number);

    put_header(name);
    for (uint64_t seq = from; seq <= to; seq++)
        put_row(name, "n1", 7, seq, age_ms + (int64_t)(to - seq) * 1000);
    set_age(name, age_ms);
}

/* Ten segments, of which two are within the history. */
static void put_store(void)
{
    for (uint64_t i = 1; i <= 10; i++)
        put_segment(i, 10 * i - 9, 10 * i, i <= 8 ? DAY_MS : (int64_t)(11 - i) * 20000);
    put_row(LIVE, "n1", 7, 101, 500);
}

static void compress(uint64_t number)
{
    const struct disk real = disk_posix(dir.fd);
    struct segment_pack *pack = NULL;

    ck_assert_int_eq(segment_pack_new(&pack, &real, "metrics", number), 0);
    while (segment_pack_step(pack) > 0)
        continue;
    ck_assert_int_eq(segment_pack_end(pack), 0);
    segment_pack_free(pack);
}

START_TEST(compressed_segments_are_read_like_others)
{
    put_store();
    for (uint64_t i = 1; i <= 10; i += 3)
        compress(i);
    recover();
    ck_assert_uint_eq(report.files_read, 11);
    ck_assert_uint_eq(report.rows, 101);
    assert_seq("n1", 7, 101);
    ck_assert_uint_eq(node("n1")->ring.count, 21);
}
END_TEST

/* By their times, which are those of the segments that they replace. */
START_TEST(compressed_segments_within_the_history_are_read)
{
    put_store();
    compress(3);
    compress(9);
    PUT_INDEX(10, {"n1", 7, 100, 0, 10});
    recover();
    ck_assert_int_eq(report.index, RECOVERY_INDEX_USED);
    ck_assert_uint_eq(report.files_read, 3);
    ck_assert_uint_eq(report.files_skipped, 8);
    ck_assert_uint_eq(report.rows, 21);
}
END_TEST

START_TEST(only_the_history_is_read)
{
    put_store();
    PUT_INDEX(10, {"n0", 5, 40, 0, 3}, {"n1", 7, 100, 0, 10});
    recover();
    ck_assert_int_eq(report.index, RECOVERY_INDEX_USED);
    ck_assert_int_eq(report.indexed_ms, WALL_MS - 20000); /* segment 10 was written then */
    ck_assert_uint_eq(report.files_read, 3);
    ck_assert_uint_eq(report.files_skipped, 8);
    ck_assert_uint_eq(report.rows, 21);
    ck_assert_uint_gt(progress, 0);
    assert_seq("n1", 7, 101);
    assert_seq("n0", 5, 40);
    ck_assert_uint_eq(node("n1")->ring.count, 21);
    ck_assert_int_eq(registry_liveness(node("n0"), NOW_MS, GONE_MS), NODE_GONE);
    ck_assert_uint_eq(find_instance("n1", 7)->segment, 11);
    ck_assert_uint_eq(find_instance("n0", 5)->segment, 3);
    ck_assert_int_eq(find_instance("n0", 5)->stored_time_ms, WALL_MS - DAY_MS);
}
END_TEST

START_TEST(without_an_index_all_is_read)
{
    put_store();
    recover();
    ck_assert_int_eq(report.index, RECOVERY_INDEX_MISSING);
    ck_assert_int_eq(report.indexed_ms, INT64_MIN);
    ck_assert_uint_eq(report.files_read, 11);
    ck_assert_uint_eq(report.files_skipped, 0);
    assert_seq("n1", 7, 101);
}
END_TEST

/* A rotation whose index was not written any more, or could not be. */
START_TEST(segments_later_than_the_index_are_read)
{
    put_store();
    PUT_INDEX(4, {"n0", 5, 40, 0, 3}, {"n1", 7, 40, 0, 4});
    temp_dir_write(&dir, INDEX_FILE_NAME ".new", "headroom-index 1,10\nn1,we", 25);
    recover();
    ck_assert_int_eq(report.index, RECOVERY_INDEX_USED);
    ck_assert_uint_eq(report.files_read, 7);
    ck_assert_uint_eq(report.files_skipped, 4);
    assert_seq("n1", 7, 101);
    assert_seq("n0", 5, 40);
}
END_TEST

START_TEST(what_is_missing_is_known_again)
{
    put_store();
    PUT_INDEX(10, {"n0", 5, 0, 40, 3}, {"n1", 7, 100, 0, 10}, {"n2", 7, 50, 60, 9});
    recover();
    assert_seq("n0", 5, 0);
    ck_assert_uint_eq(find_instance("n0", 5)->missing_seq, 40);
    ck_assert_uint_eq(find_instance("n1", 7)->missing_seq, 0);
    assert_seq("n2", 7, 50);
    ck_assert_uint_eq(find_instance("n2", 7)->missing_seq, 60);
}
END_TEST

/* A damaged index must never be believed: each bit of the short one, and each length. */
START_TEST(damaged_index_is_not_used)
{
    char text[4 * INDEX_LINE_MAX];
    static const struct known known[] = {{"n1", 7, 999, 0, 1}, {"n2", 7, 50, 60, 1}};
    size_t len = format_index(text, 1, known, 2);

    put_segment(1, 1, 10, DAY_MS);
    for (size_t i = 0; i < 2 * len; i++) {
        char was = text[i / 2];
        if (i % 2 == 1)
            text[i / 2] ^= (char)(1 << i / 2 % 8);
        temp_dir_write(&dir, INDEX_FILE_NAME, text, i % 2 == 1 ? len : i / 2);
        recover();
        text[i / 2] = was;
        ck_assert_int_eq(report.index, RECOVERY_INDEX_DAMAGED);
        ck_assert_uint_eq(report.files_read, 2);
        assert_seq("n1", 7, 10);
        ck_assert_uint_eq(registry.node_count, 1);
        segments_close(&segments);
        registry_deinit(&registry);
        ck_assert_int_eq(registry_init(&registry, HISTORY_MS), 0);
    }
}
END_TEST

START_TEST(index_of_another_version_is_not_used)
{
    put_segment(1, 1, 10, DAY_MS);
    temp_dir_write(&dir, INDEX_FILE_NAME, "headroom-index 2,1\n", 19);
    recover();
    ck_assert_int_eq(report.index, RECOVERY_INDEX_DAMAGED);
    assert_seq("n1", 7, 10);
}
END_TEST

START_TEST(entry_dies_with_the_segment_of_its_last_row)
{
    for (uint64_t i = 3; i <= 4; i++)
        put_segment(i, 10 * i - 9, 10 * i, DAY_MS);
    PUT_INDEX(4, {"n0", 5, 40, 0, 2}, {"n1", 6, 5, 0, 1}, {"n1", 7, 40, 0, 4});
    recover();
    ck_assert_int_eq(report.index, RECOVERY_INDEX_USED);
    ck_assert_ptr_null(registry_find_node(&registry, "n0"));
    ck_assert_ptr_null(find_instance("n1", 6));
    assert_seq("n1", 7, 40);
    ck_assert_uint_eq(report.files_read, 1);
}
END_TEST

/* The node comes back after its last segment is gone: nothing of it is stored, so all that it has is taken. */
START_TEST(segments_that_are_all_removed_leave_nobody_and_their_numbers)
{
    PUT_INDEX(4, {"n0", 5, 40, 0, 2}, {"n1", 7, 40, 0, 4});
    put_row(LIVE, "n2", 7, 3, 500);
    recover();
    ck_assert_int_eq(report.index, RECOVERY_INDEX_USED);
    ck_assert_uint_eq(registry.node_count, 1);
    assert_seq("n2", 7, 3);
    ck_assert_uint_eq(segments.number, 5);
}
END_TEST

/* A file with another header becomes a segment before anything is read; an old entry must not take it for its own. */
START_TEST(number_of_a_removed_segment_is_not_used_again)
{
    PUT_INDEX(4, {"n0", 5, 40, 0, 1});
    temp_dir_write(&dir, LIVE, "other\n", 6);
    recover();
    ck_assert_ptr_null(registry_find_node(&registry, "n0"));
    ck_assert_ptr_nonnull(temp_dir_find(&dir, "metrics-00000005.csv"));
    ck_assert_uint_eq(segments.number, 6);
}
END_TEST

/* Somebody has removed a segment while older ones are still there: 25 is not stored, but 20 is. */
START_TEST(segment_missing_between_others_is_found_out_by_reading)
{
    for (uint64_t i = 1; i <= 4; i++)
        put_segment(i, 10 * i - 9, 10 * i, DAY_MS);
    ck_assert_int_eq(unlinkat(dir.fd, segment_of(3), 0), 0);
    ck_assert_int_eq(unlinkat(dir.fd, segment_of(4), 0), 0);
    PUT_INDEX(4, {"n1", 7, 40, 0, 4});
    recover();
    ck_assert_int_eq(report.index, RECOVERY_INDEX_UNFIT);
    assert_seq("n1", 7, 20);

    segments_close(&segments);
    registry_deinit(&registry);
    ck_assert_int_eq(registry_init(&registry, HISTORY_MS), 0);
    put_segment(4, 31, 40, DAY_MS);
    put_row(segment_of(4), "n2", 7, 1, DAY_MS);
    PUT_INDEX(4, {"n1", 7, 30, 0, 3}, {"n2", 7, 1, 0, 4});
    recover();
    ck_assert_int_eq(report.index, RECOVERY_INDEX_UNFIT);
    assert_seq("n1", 7, 40);
}
END_TEST

/* The order of use: segments within the history, then the index, then what is later. */
START_TEST(instances_of_a_node_keep_their_order)
{
    put_segment(1, 1, 10, DAY_MS);
    put_header(segment_of(2));
    for (uint64_t i = 1; i <= 6; i++)
        put_row(segment_of(2), "n1", i, i, 20000);
    set_age(segment_of(2), 20000);
    PUT_INDEX(2, {"n1", 3, 3, 0, 2}, {"n1", 6, 6, 0, 2}, {"n1", 4, 4, 0, 2}, {"n1", 5, 5, 0, 2});
    put_row(LIVE, "n1", 8, 1, 500);
    put_row(LIVE, "n1", 9, 1, 500);
    recover();
    ck_assert_uint_eq(report.files_read, 2);
    ck_assert_ptr_null(find_instance("n1", 3)); /* the two used longest ago */
    ck_assert_ptr_null(find_instance("n1", 6));
    assert_seq("n1", 4, 4);
    assert_seq("n1", 5, 5);
    assert_seq("n1", 8, 1);
    assert_seq("n1", 9, 1);
    ck_assert_uint_eq(find_instance("n1", 5)->segment, 2);
    ck_assert_uint_eq(find_instance("n1", 9)->segment, 3);
    ck_assert_ptr_nonnull(registry_ensure_instance(node("n1"), 10));
    ck_assert_ptr_null(find_instance("n1", 4));
}
END_TEST

/* Somebody emptied the file under the collector's hands: what was written then has no header before it. */
START_TEST(row_in_the_headers_place_is_read)
{
    put_row(OLDER, "n1", 7, 1, 9000);
    put_row(OLDER, "n1", 7, 2, 8000);
    recover();
    ck_assert_uint_eq(report.rows, 2);
    ck_assert_uint_eq(report.bad_rows, 0);
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
    tcase_add_test(tests, rings_do_not_mind_clocks_that_step);
    tcase_add_test(tests, file_systems_have_their_history_back);
    tcase_add_test(tests, file_systems_of_the_future_are_now);
    tcase_add_test(tests, known_nodes_are_awaited_until_they_report);
    tcase_add_test(tests, nodes_silent_long_before_the_end_are_gone);
    tcase_add_test(tests, collector_that_was_down_for_long_gives_nobody_up);
    tcase_add_test(tests, times_in_the_future_are_now);
    tcase_add_test(tests, bad_rows_of_older_segments_are_counted_and_passed_over);
    tcase_add_test(tests, bad_end_of_the_live_file_is_cut_before);
    tcase_add_test(tests, empty_segment_and_one_without_header_do_no_harm);
    tcase_add_test(tests, newest_instances_of_a_node_are_kept);
    tcase_add_test(tests, rows_of_too_many_groups_are_passed_over);
    tcase_add_test(tests, node_that_has_changed_to_one_group_too_many_is_still_known);
    tcase_add_test(tests, rows_of_too_many_nodes_are_passed_over);
    tcase_add_test(tests, new_instances_take_the_places_of_recovered_ones);
    tcase_add_test(tests, row_of_ours_is_told);
    tcase_add_test(tests, files_of_the_first_version_are_read);
    tcase_add_test(tests, clock_that_runs_ahead_makes_nobody_gone);
    tcase_add_test(tests, without_a_live_file_the_last_segment_tells_when_the_store_ended);
    tcase_add_test(tests, only_the_history_is_read);
    tcase_add_test(tests, compressed_segments_are_read_like_others);
    tcase_add_test(tests, compressed_segments_within_the_history_are_read);
    tcase_add_test(tests, without_an_index_all_is_read);
    tcase_add_test(tests, segments_later_than_the_index_are_read);
    tcase_add_test(tests, what_is_missing_is_known_again);
    tcase_add_test(tests, damaged_index_is_not_used);
    tcase_add_test(tests, index_of_another_version_is_not_used);
    tcase_add_test(tests, entry_dies_with_the_segment_of_its_last_row);
    tcase_add_test(tests, segments_that_are_all_removed_leave_nobody_and_their_numbers);
    tcase_add_test(tests, number_of_a_removed_segment_is_not_used_again);
    tcase_add_test(tests, segment_missing_between_others_is_found_out_by_reading);
    tcase_add_test(tests, instances_of_a_node_keep_their_order);
    tcase_add_test(tests, row_in_the_headers_place_is_read);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
