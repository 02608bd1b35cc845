/* gaps.csv behind a real store, and after a start. */
#include "collector/store/gap_file.h"

#include "support/cases.h"
#include "support/collector_rig.h"
#include "support/log_capture.h"
#include "support/suite.h"
#include "support/test_loop.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define GAPS    "gaps.csv"
#define WALL_MS INT64_C(1700000000000)
#define NOW_MS  INT64_C(5000000)

static unsigned lines_of_file(const char *name)
{
    unsigned lines = 0;

    for (const char *at = temp_dir_read(&rig.dir, name, NULL); *at != '\0'; at++)
        lines += *at == '\n';
    return lines - 1;
}

/* The next write fails; then the file is opened anew, and works. */
static void break_once(struct segments *segments)
{
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_ge(dup3(fd, segments->file, O_CLOEXEC), 0);
    close(fd);
}

static bool is_held(void *arg)
{
    (void)arg;
    return rig.store.plan.held;
}

static bool is_stored(void *arg)
{
    return !rig.store.plan.held &&
           registry_latest(registry_find_node(&rig.registry, "n1"))->stored_seq == *(uint64_t *)arg;
}

static void await_stored(uint64_t seq)
{
    test_loop_until(is_stored, &seq);
}

/* ---- writing ---- */

START_TEST(a_gap_is_written_with_what_is_behind_it)
{
    struct peer *agent = &rig.agents[0];

    (void)rig_greet(agent, "n1", 7);
    rig_stream(agent, 1, 2);
    rig_stream(agent, 11, 3);
    ck_assert_uint_eq(rig_rows_in_file(), 5);
    const char *row = strchr(temp_dir_read(&rig.dir, GAPS, NULL), '\n') + 1;
    ck_assert_str_eq(strchr(row, ','), ",n1,web,i0000000000000007,3,10,elsewhere\n");
}
END_TEST

/* Between the two the collector may be killed. */
START_TEST(no_sample_is_there_before_the_gap_in_front_of_it)
{
    struct peer *agent = &rig.agents[0];

    (void)rig_greet(agent, "n1", 7);
    break_once(&rig.gaps);
    peer_send_batch(agent, 11, 3);
    test_loop_until(is_held, NULL);
    ck_assert_uint_eq(lines_of_file(GAPS), 0);
    ck_assert_uint_eq(rig_rows_in_file(), 0);
    await_stored(13);
    ck_assert_uint_eq(lines_of_file(GAPS), 1);
    ck_assert_uint_eq(rig_rows_in_file(), 3);
}
END_TEST

START_TEST(a_gap_is_written_once_though_the_samples_fail)
{
    struct peer *agent = &rig.agents[0];

    (void)rig_greet(agent, "n1", 7);
    break_once(&rig.segments);
    peer_send_batch(agent, 11, 3);
    test_loop_until(is_held, NULL);
    ck_assert_uint_eq(lines_of_file(GAPS), 1);
    await_stored(13);
    ck_assert_uint_eq(lines_of_file(GAPS), 1);
    ck_assert_uint_eq(rig_rows_in_file(), 3);
}
END_TEST

START_TEST(more_gaps_than_fit_into_one_write_of_text)
{
    struct peer *agent = &rig.agents[0];

    (void)rig_greet(agent, "n1", 7);
    for (uint64_t seq = 3; seq < 1000; seq += 3 * 20) {
        registry_find_node(&rig.registry, "n1")->budgets[0] =
            (struct sample_budget){0}; /* as if all was from an outage */
        for (uint64_t k = 0; k < 20; k++)
            peer_send_batch(agent, seq + 3 * k, 1);
        peer_await_stored(agent, seq + 3 * 19);
    }
    ck_assert_uint_eq(lines_of_file(GAPS), rig_rows_in_file());
}
END_TEST

/* ---- after a start ---- */

static unsigned progress;

static void on_progress(void *arg)
{
    ck_assert_ptr_eq(arg, &progress);
    progress++;
}

static void recover(int64_t indexed_ms)
{
    struct recovery_options options = {
        .now_ms = NOW_MS, .wall_ms = WALL_MS, .gone_ms = 60000, .progress = on_progress, .arg = &progress};

    ck_assert_int_eq(gap_file_recover(&rig.gaps, &rig.registry, &options, indexed_ms), 0);
}

static void put_gap_into(const char *name, const char *node_id, uint64_t instance, uint64_t last_seq, int64_t noted_ms)
{
    struct gap gap = {.group = "web", .instance = instance, .noted_ms = noted_ms};
    char line[CSV_LINE_MAX];

    snprintf(gap.node_id, sizeof gap.node_id, "%s", node_id);
    gap.range = (struct gap_range){1, last_seq, GAP_OUTBOX_FULL};
    temp_dir_append(&rig.dir, name, line, gap_put_row(&gap, line));
}

static void put_gap(const char *node_id, uint64_t instance, uint64_t last_seq, int64_t noted_ms)
{
    put_gap_into(GAPS, node_id, instance, last_seq, noted_ms);
}

START_TEST(what_was_noted_before_a_start_is_not_noted_again)
{
    struct node *node = registry_ensure_node(&rig.registry, "n1", 1000, NOW_MS);
    struct instance *instance = registry_ensure_instance(node, 7);

    put_gap("n1", 7, 10, WALL_MS - 1000000000);
    put_gap("n1", 7, 30, WALL_MS - 900000000);
    put_gap("n1", 8, 99, WALL_MS - 900000000); /* forgotten long ago */
    put_gap("n2", 9, 50, WALL_MS - 100);       /* heard of just before the end */
    put_gap("n3", 9, 50, WALL_MS - 100000000);
    temp_dir_append(&rig.dir, GAPS, "no row\n1700000000.000,n1,we", 27);
    recover(INT64_MIN);
    ck_assert_uint_eq(instance->missing_seq, 30);
    ck_assert_ptr_eq(registry_latest(node), instance);
    ck_assert_uint_eq(registry_latest(registry_find_node(&rig.registry, "n2"))->missing_seq, 50);
    ck_assert_int_eq(registry_liveness(registry_find_node(&rig.registry, "n2"), NOW_MS, 1000), NODE_NEW);
    ck_assert_ptr_null(registry_find_node(&rig.registry, "n3"));
}
END_TEST

/* It died between the gaps of a write and its rows: 11 to 20 may still come, or be dropped. */
START_TEST(what_lies_behind_samples_that_were_not_stored_is_found_again)
{
    struct instance *instance = registry_ensure_instance(registry_ensure_node(&rig.registry, "n1", 1000, NOW_MS), 7);
    struct gap gap = {.group = "web", .instance = 7, .node_id = "n1", .noted_ms = WALL_MS};
    char line[CSV_LINE_MAX];

    instance->stored_seq = instance->received_seq = 4;
    gap.range = (struct gap_range){5, 10, GAP_OUTBOX_FULL};
    temp_dir_append(&rig.dir, GAPS, line, gap_put_row(&gap, line));
    gap.range = (struct gap_range){21, 30, GAP_OUTBOX_FULL};
    temp_dir_append(&rig.dir, GAPS, line, gap_put_row(&gap, line));
    recover(INT64_MIN);
    ck_assert_uint_eq(instance->missing_seq, 10);
}
END_TEST

/* What is known of an instance keeps its samples from being stored twice; a gap noted twice is the lesser evil. */
START_TEST(instance_of_which_there_is_only_a_gap_takes_nobodys_place)
{
    struct node *node = registry_ensure_node(&rig.registry, "n1", 1000, NOW_MS);

    for (uint64_t i = 1; i < INSTANCES_PER_NODE_MAX; i++)
        registry_ensure_instance(node, i)->stored_seq = 10 * i;
    put_gap("n1", 98, 50, WALL_MS - 200);
    put_gap("n1", 99, 60, WALL_MS - 100);
    put_gap("n1", 2, 70, WALL_MS - 100);
    recover(INT64_MIN);
    for (uint64_t i = 1; i < INSTANCES_PER_NODE_MAX; i++)
        ck_assert_uint_eq(registry_ensure_instance(node, i)->stored_seq, 10 * i);
    ck_assert_uint_eq(registry_ensure_instance(node, 98)->missing_seq, 50); /* there was one place left */
    ck_assert_uint_eq(registry_ensure_instance(node, 2)->missing_seq, 70);
}
END_TEST

#define HOUR_MS INT64_C(3600000)

/* A closed segment with one gap of n1's instance 7, written so long ago. */
static void put_old_gap(unsigned number, uint64_t last_seq, int64_t age_ms)
{
    int64_t ms = WALL_MS - age_ms;
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}};
    char name[32];

    snprintf(name, sizeof name, "gaps-%08u.csv", number);
    put_gap_into(name, "n1", 7, last_seq, ms);
    ck_assert_int_eq(utimensat(rig.dir.fd, name, times, 0), 0);
}

START_TEST(segments_that_the_index_and_the_history_leave_behind_are_not_read)
{
    struct instance *instance = registry_ensure_instance(registry_ensure_node(&rig.registry, "n1", 1000, NOW_MS), 7);

    rig.registry.history_ms = HOUR_MS;
    put_old_gap(1, 90, 10 * HOUR_MS);
    put_old_gap(2, 80, 2 * HOUR_MS);
    put_old_gap(3, 70, HOUR_MS / 2);
    put_gap("n1", 7, 60, WALL_MS - 1);
    rig.gaps.number = 4;
    recover(WALL_MS); /* the history is the older one */
    ck_assert_uint_eq(instance->missing_seq, 70);
    instance->missing_seq = 0;
    recover(WALL_MS - 3 * HOUR_MS);
    ck_assert_uint_eq(instance->missing_seq, 80);
    ck_assert_uint_ge(progress, 8); /* each file */
    recover(INT64_MIN);
    ck_assert_uint_eq(instance->missing_seq, 90);
}
END_TEST

START_TEST(live_file_is_read_however_old_it_is)
{
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = 1000}};
    struct instance *instance = registry_ensure_instance(registry_ensure_node(&rig.registry, "n1", 1000, NOW_MS), 7);

    put_gap("n1", 7, 60, WALL_MS - 1);
    ck_assert_int_eq(utimensat(rig.dir.fd, GAPS, times, 0), 0);
    recover(WALL_MS);
    ck_assert_uint_eq(instance->missing_seq, 60);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("gap_file");

    CASES_ADD(suite, "writing", rig_begin_and_start, rig_end, a_gap_is_written_with_what_is_behind_it,
              no_sample_is_there_before_the_gap_in_front_of_it, a_gap_is_written_once_though_the_samples_fail,
              more_gaps_than_fit_into_one_write_of_text);
    CASES_ADD(suite, "start", rig_begin_and_start, rig_end, what_was_noted_before_a_start_is_not_noted_again,
              what_lies_behind_samples_that_were_not_stored_is_found_again,
              instance_of_which_there_is_only_a_gap_takes_nobodys_place,
              segments_that_the_index_and_the_history_leave_behind_are_not_read, live_file_is_read_however_old_it_is);
    return suite_run(suite);
}
