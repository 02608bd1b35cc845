/* The store with a real worker thread and real files. */
#include "collector/store.h"

#include "collector/csv.h"
#include "collector/index_file.h"
#include "collector/recovery.h"
#include "support/log_capture.h"
#include "support/suite.h"
#include "support/temp_dir.h"
#include "support/test_loop.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define LIVE     "metrics.csv"
#define CAPACITY 5000U
#define NEVER_MS 3600000U

static struct temp_dir dir;
static struct segments segments;
static struct registry registry;
static struct backlog backlog;
static struct store store;
static struct group *group;
static struct instance *instances[2];
static uint64_t next_seq[2];
static unsigned stored_calls;
static unsigned empty_calls;
static unsigned held_calls;
static bool held;

/* Goes on counting an instance's rows: seq 1, 2, 3, ... each once and in order. */
static void count_rows(const char *text, unsigned i, uint64_t *count)
{
    const char *line = strchr(text, '\n') + 1;

    for (const char *end = strchr(line, '\n'); end != NULL; line = end + 1, end = strchr(line, '\n')) {
        struct csv_row row;
        ck_assert_int_eq(csv_parse_row(line, (size_t)(end - line), &row), 0);
        if (row.instance != instances[i]->id)
            continue;
        ck_assert_uint_eq(row.sample.seq, ++*count);
        ck_assert_str_eq(row.node_id, instances[i]->node->id);
        ck_assert_str_eq(row.group, "web");
    }
    ck_assert_msg(*line == '\0', "the last row is torn");
}

/* How many rows of an instance the files hold. */
static uint64_t rows_in_file(unsigned i)
{
    uint64_t count = 0;

    for (unsigned number = 1; number < 20; number++) {
        char name[32];
        snprintf(name, sizeof name, "metrics-%08u.csv", number);
        const char *text = temp_dir_read(&dir, name, NULL);
        if (text != NULL)
            count_rows(text, i, &count);
    }
    count_rows(temp_dir_read(&dir, LIVE, NULL), i, &count);
    return count;
}

static void on_stored(struct instance *stored, unsigned half, void *arg)
{
    ck_assert_ptr_eq(arg, &stored_calls);
    ck_assert_ptr_nonnull(stored);
    for (struct instance *instance = stored; instance != NULL; instance = instance->half[half].next)
        ck_assert_uint_ge(rows_in_file(instance == instances[1]), instance->stored_seq);
    stored_calls++;
}

static void on_held(bool now_held, void *arg)
{
    ck_assert_ptr_eq(arg, &stored_calls);
    ck_assert(held != now_held);
    held = now_held;
    held_calls++;
}

static void on_empty(void *arg)
{
    ck_assert_ptr_eq(arg, &stored_calls);
    ck_assert_uint_eq(backlog_waiting(&backlog), 0);
    ck_assert(!backlog.writing);
    empty_calls++;
}

static void open_segments(void)
{
    struct segments_limits limits = {.rotate_bytes = 1 << 30, .rotate_ms = 86400000};
    char header[CSV_LINE_MAX];
    uint64_t cut = 0;

    header[csv_put_header(header)] = '\0';
    ck_assert_int_eq(segments_open(&segments, dir.fd, "metrics", header, &limits, recovery_row_ok, 0, &cut), 0);
}

static void begin(void)
{
    /* One worker, so that a test can hold it up. */
    setenv("UV_THREADPOOL_SIZE", "1", 1);
    log_capture_start();
    temp_dir_create(&dir);
    open_segments();
    test_loop_start();
    ck_assert_int_eq(registry_init(&registry, 60000), 0);
    ck_assert_int_eq(backlog_init(&backlog, CAPACITY), 0);
    group = registry_group(&registry, "web");
    for (unsigned i = 0; i < 2; i++) {
        struct node *node = registry_node(&registry, i == 0 ? "first" : "second", 1000, 0);
        node->group = group;
        instances[i] = registry_instance(node, 100 + i);
        next_seq[i] = 1;
    }
}

static void start(uint64_t flush_ms)
{
    ck_assert_int_eq(
        store_start(&store, &test_loop, &backlog, &segments, &registry, flush_ms, on_stored, on_held, &stored_calls),
        0);
}

static void end(void)
{
    store_close(&store);
    test_loop_end();
    store_deinit(&store);
    backlog_deinit(&backlog);
    registry_deinit(&registry);
    segments_close(&segments);
    temp_dir_remove(&dir);
}

static void add(unsigned i, unsigned count)
{
    while (count-- > 0) {
        struct sample sample = {.seq = next_seq[i]++, .time_ms = 1700000000000, .uptime_ms = 1000};
        sample_set_gauge(&sample, METRIC_CPU, 12.34);
        sample_set_counter(&sample, METRIC_DISK_READ, sample.seq);
        ck_assert(backlog_add(&backlog, instances[i], group, &sample));
    }
}

static void assert_all_stored(void)
{
    for (unsigned i = 0; i < 2; i++) {
        ck_assert_uint_eq(instances[i]->stored_seq, next_seq[i] - 1);
        ck_assert_uint_eq(instances[i]->pending, 0);
        ck_assert_uint_eq(rows_in_file(i), next_seq[i] - 1);
    }
}

/* ---- a worker that is busy ---- */

static uv_work_t busy;
static uv_sem_t may_go_on;

static void on_busy(uv_work_t *work)
{
    (void)work;
    uv_sem_wait(&may_go_on);
}

static void after_busy(uv_work_t *work, int status)
{
    (void)work;
    (void)status;
}

static void hold_up_worker(void)
{
    ck_assert_int_eq(uv_sem_init(&may_go_on, 0), 0);
    ck_assert_int_eq(uv_queue_work(&test_loop, &busy, on_busy, after_busy), 0);
}

static void release_worker(void)
{
    uv_sem_post(&may_go_on);
}

/* ---- a disk that works ---- */

START_TEST(rows_are_in_the_file_when_they_count_as_stored)
{
    start(10);
    add(0, 3);
    add(1, 2);
    store_poke(&store, false);
    test_loop_until_count(&stored_calls, 1);
    assert_all_stored();
    ck_assert_uint_eq(held_calls, 0);
}
END_TEST

START_TEST(flush_timer_gathers_rows)
{
    start(60);
    uint64_t start_ms = uv_now(&test_loop);
    add(0, 1);
    store_poke(&store, false);
    test_loop_for_ms(20);
    add(0, 1);
    store_poke(&store, false); /* must not start the timer anew */
    test_loop_for_ms(20);
    add(0, 1);
    store_poke(&store, false);
    test_loop_until_count(&stored_calls, 1);
    uint64_t took_ms = uv_now(&test_loop) - start_ms;
    ck_assert_uint_ge(took_ms, 60);
    ck_assert_uint_lt(took_ms, 60 + 200);
    assert_all_stored();
    ck_assert_uint_eq(stored_calls, 1);
}
END_TEST

START_TEST(hurry_does_not_wait_for_the_timer)
{
    start(NEVER_MS);
    add(0, 1);
    store_poke(&store, false);
    add(0, 1);
    store_poke(&store, true);
    test_loop_until_count(&stored_calls, 1);
    assert_all_stored();
}
END_TEST

START_TEST(hurry_during_a_write_is_remembered)
{
    start(NEVER_MS);
    hold_up_worker();
    add(0, 1);
    store_poke(&store, true);
    add(1, 1);
    store_poke(&store, true);
    release_worker();
    test_loop_until_count(&stored_calls, 2);
    assert_all_stored();
}
END_TEST

START_TEST(poke_without_rows_does_nothing)
{
    start(1);
    store_poke(&store, false);
    store_poke(&store, true);
    ck_assert_int_eq(uv_run(&test_loop, UV_RUN_DEFAULT), 0);
    ck_assert_uint_eq(stored_calls, 0);
}
END_TEST

START_TEST(one_half_fills_while_the_other_is_written)
{
    start(10);
    hold_up_worker();
    add(0, 2);
    store_poke(&store, true);
    add(0, 3);
    add(1, 1);
    store_poke(&store, true);
    add(1, 4);
    store_poke(&store, false);
    test_loop_for_ms(30);
    ck_assert_uint_eq(stored_calls, 0);
    ck_assert_uint_eq(rows_in_file(0), 0);

    release_worker();
    test_loop_until_count(&stored_calls, 1);
    ck_assert_uint_eq(instances[0]->stored_seq, 2);
    ck_assert_uint_eq(instances[1]->stored_seq, 0);
    ck_assert_uint_eq(instances[0]->pending, 3);
    test_loop_until_count(&stored_calls, 2);
    assert_all_stored();
}
END_TEST

START_TEST(full_half_is_written_in_pieces)
{
    start(NEVER_MS);
    add(0, CAPACITY - 10);
    add(1, 10);
    store_poke(&store, true);
    test_loop_until_count(&stored_calls, 1);
    assert_all_stored();
}
END_TEST

START_TEST(rows_of_many_rounds_keep_their_order)
{
    start(1);
    for (unsigned i = 0; i < 50; i++) {
        add(i % 2, 1 + i % 7);
        store_poke(&store, i % 3 == 0);
        uv_run(&test_loop, UV_RUN_NOWAIT);
    }
    store_drain(&store, on_empty);
    test_loop_until_count(&empty_calls, 1);
    assert_all_stored();
}
END_TEST

START_TEST(live_file_is_rotated_between_two_writes)
{
    start(NEVER_MS);
    hold_up_worker();
    add(0, 1);
    store_poke(&store, true);
    store.limits.rotate_bytes = 1; /* as a reload does; not for the write under way */
    release_worker();
    test_loop_until_count(&stored_calls, 1);
    ck_assert_uint_eq(temp_dir_count(&dir, "metrics-"), 0);
    add(1, 2);
    store_poke(&store, true);
    test_loop_until_count(&stored_calls, 2);
    assert_all_stored();
    const char *older = temp_dir_read(&dir, "metrics-00000001.csv", NULL);
    ck_assert_ptr_nonnull(older);
    ck_assert_ptr_nonnull(strstr(older, "\nfirst,12.34,"));
}
END_TEST

/* ---- the index ---- */

static void store_rows(unsigned i, unsigned count)
{
    unsigned before = stored_calls;

    add(i, count);
    store_poke(&store, true);
    test_loop_until_count(&stored_calls, before + 1);
}

struct found {
    unsigned count;
    uint64_t last_seq[2];
    uint64_t segment[2];
};

static int on_entry(const struct index_entry *entry, void *arg)
{
    struct found *found = arg;
    unsigned i = entry->instance == instances[1]->id;

    ck_assert_uint_eq(entry->instance, instances[i]->id);
    ck_assert_str_eq(entry->node_id, instances[i]->node->id);
    ck_assert_str_eq(entry->group, "web");
    ck_assert_int_eq(entry->time_ms, 1700000000000);
    found->last_seq[i] = entry->last_seq;
    found->segment[i] = entry->segment;
    found->count++;
    return 0;
}

static struct found read_index(uint64_t last_segment)
{
    struct index_file index;
    struct found found = {0};
    uint64_t last = 0;

    index_file_read(&index, dir.fd);
    ck_assert_int_eq(index.rc, 0);
    ck_assert_uint_eq(index.last_segment, last_segment);
    ck_assert_int_eq(index_parse(index.text, index.len, &last, on_entry, &found), 0);
    index_file_free(&index);
    ck_assert_uint_eq(temp_dir_count(&dir, "metrics.index"), 1);
    return found;
}

START_TEST(rotation_leaves_an_index_of_what_was_stored_before)
{
    start(NEVER_MS);
    store.limits.rotate_bytes = 1;
    store_rows(0, 3); /* nothing to rotate yet */
    ck_assert_uint_eq(temp_dir_count(&dir, "metrics.index"), 0);
    ck_assert_uint_eq(instances[0]->segment, 1);

    store_rows(1, 2);
    struct found found = read_index(1);
    ck_assert_uint_eq(found.count, 1); /* the second one's rows are behind the rotation */
    ck_assert_uint_eq(found.last_seq[0], 3);
    ck_assert_uint_eq(found.segment[0], 1);
    ck_assert_uint_eq(instances[1]->segment, 2);

    store_rows(1, 1);
    found = read_index(2);
    ck_assert_uint_eq(found.count, 2);
    ck_assert_uint_eq(found.last_seq[0], 3);
    ck_assert_uint_eq(found.segment[0], 1);
    ck_assert_uint_eq(found.last_seq[1], 2);
    ck_assert_uint_eq(found.segment[1], 2);
    ck_assert_uint_eq(instances[1]->segment, 3);
}
END_TEST

START_TEST(nobody_is_forgotten_while_the_index_is_written)
{
    start(NEVER_MS);
    store_rows(0, 1);
    store.limits.rotate_bytes = 1;
    hold_up_worker();
    add(0, 1);
    store_poke(&store, true);
    ck_assert(registry.kept);
    release_worker();
    test_loop_until_count(&stored_calls, 2);
    ck_assert(!registry.kept);
}
END_TEST

START_TEST(index_that_cant_be_written_holds_nothing_up)
{
    start(NEVER_MS);
    ck_assert_int_eq(mkdirat(dir.fd, "metrics.index.new", 0700), 0);
    store_rows(0, 1);
    store.limits.rotate_bytes = 1;
    store_rows(0, 1);
    store_rows(0, 1);
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_WARNING, "metrics.index can't be written"), 1);
    ck_assert_uint_eq(held_calls, 0);
    ck_assert_uint_eq(temp_dir_count(&dir, "metrics-"), 2);

    ck_assert_int_eq(unlinkat(dir.fd, "metrics.index.new", AT_REMOVEDIR), 0);
    store_rows(0, 1);
    ck_assert_uint_eq(read_index(3).last_seq[0], 3);
}
END_TEST

/* A crash before the new index was complete leaves the old one, and a file beside it that is written anew. */
START_TEST(left_over_of_an_index_is_overwritten)
{
    static char left_over[100000];

    start(NEVER_MS);
    temp_dir_write(&dir, "metrics.index.new", left_over, sizeof left_over);
    store.limits.rotate_bytes = 1;
    store_rows(0, 1);
    store_rows(0, 1);
    ck_assert_uint_eq(read_index(1).last_seq[0], 1);
}
END_TEST

/* The rename has failed: no segment, no index of it. */
START_TEST(rotation_that_fails_leaves_the_index_as_it_was)
{
    start(NEVER_MS);
    store.limits.rotate_bytes = 1;
    store_rows(0, 1);
    store_rows(0, 1);
    ck_assert_int_eq(mkdirat(dir.fd, "metrics-00000002.csv", 0700), 0);
    add(0, 1);
    store_poke(&store, true);
    test_loop_until_count(&held_calls, 1);
    ck_assert_uint_eq(read_index(1).last_seq[0], 1);
    ck_assert(!registry.kept);

    ck_assert_int_eq(unlinkat(dir.fd, "metrics-00000002.csv", AT_REMOVEDIR), 0);
    test_loop_until_count(&stored_calls, 3);
    ck_assert_uint_eq(read_index(2).last_seq[0], 2);
    ck_assert_uint_eq(instances[0]->segment, 3);
}
END_TEST

/* More than is written at once. */
START_TEST(index_of_a_large_fleet_is_whole)
{
    char id[NAME_LEN_MAX + 1] = "";

    memset(id, 'n', NAME_LEN_MAX);
    for (unsigned i = 0; i < 9999; i++) {
        snprintf(id, 8, "%07u", i);
        id[7] = 'n';
        struct node *node = registry_node(&registry, id, 1000, 0);
        node->group = group;
        registry_instance(node, 1)->stored_seq = 5;
    }
    start(NEVER_MS);
    store.limits.rotate_bytes = 1;
    store_rows(0, 1);
    store_rows(0, 1);
    struct index_file index;
    index_file_read(&index, dir.fd);
    ck_assert_int_eq(index.rc, 0);
    ck_assert_uint_gt(index.len, 1U << 20);
    index_file_free(&index);
}
END_TEST

/* ---- the end ---- */

START_TEST(drain_of_nothing_is_empty_at_once)
{
    start(10);
    store_drain(&store, on_empty);
    ck_assert_uint_eq(empty_calls, 1);
}
END_TEST

START_TEST(drain_writes_what_waits)
{
    start(NEVER_MS);
    add(0, 5);
    store_poke(&store, false);
    store_drain(&store, on_empty);
    ck_assert_uint_eq(empty_calls, 0);
    test_loop_until_count(&empty_calls, 1);
    assert_all_stored();
}
END_TEST

START_TEST(drain_writes_both_halves)
{
    start(NEVER_MS);
    hold_up_worker();
    add(0, 2);
    store_poke(&store, true);
    add(0, 3);
    store_drain(&store, on_empty);
    release_worker();
    test_loop_until_count(&empty_calls, 1);
    ck_assert_uint_eq(stored_calls, 2);
    assert_all_stored();
}
END_TEST

START_TEST(write_under_way_at_close_ends_first)
{
    start(NEVER_MS);
    hold_up_worker();
    add(0, 2);
    store_poke(&store, true);
    add(0, 1);
    store_close(&store);
    store_close(&store);
    release_worker();
    uv_run(&test_loop, UV_RUN_DEFAULT);
    ck_assert_uint_eq(stored_calls, 1);
    ck_assert_uint_eq(rows_in_file(0), 2);
}
END_TEST

/* ---- a disk that fails ---- */

/* Each write to the open file fails from now on: there is no space on that device. The file itself is well. */
static void break_descriptor(void)
{
    int full = open("/dev/full", O_WRONLY | O_CLOEXEC);

    ck_assert_int_ge(full, 0);
    ck_assert_int_ge(dup2(full, segments.fd), 0);
    close(full);
}

START_TEST(failed_write_is_held_and_made_up_for)
{
    start(5);
    add(0, 2);
    store_poke(&store, true);
    test_loop_until_count(&stored_calls, 1);

    break_descriptor();
    add(0, 3);
    add(1, 1);
    store_poke(&store, true);
    test_loop_until_count(&held_calls, 1);
    ck_assert(held);
    ck_assert_uint_eq(instances[0]->stored_seq, 2);
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_ERROR, "metrics.csv can't be written: No space left"), 1);

    add(0, 4); /* taken meanwhile, for later */
    store_poke(&store, true);
    test_loop_until_count(&stored_calls, 3);
    ck_assert(!held);
    ck_assert_uint_eq(held_calls, 2);
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_INFO, "can be written again"), 1);
    assert_all_stored();
}
END_TEST

static void limit_files(rlim_t bytes)
{
    struct rlimit limit;

    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = bytes;
    setrlimit(RLIMIT_FSIZE, &limit);
}

static bool is_held(void *arg)
{
    (void)arg;
    return held;
}

START_TEST(torn_write_leaves_each_row_once)
{
    start(NEVER_MS);
    add(0, CAPACITY);
    store_poke(&store, true);
    test_loop_until_count(&stored_calls, 1);

    size_t len = 0;
    size_t synced = segments.synced;
    hold_up_worker();
    add(0, 1000);
    store_poke(&store, true);
    /* Room for some rows and a part of one. Check's own files are far below. */
    limit_files((rlim_t)synced + 10123);
    release_worker();
    test_loop_until(is_held, NULL);
    limit_files(RLIM_INFINITY);
    temp_dir_read(&dir, LIVE, &len);
    ck_assert_uint_eq(len, synced);

    add(1, 10);
    store_drain(&store, on_empty);
    test_loop_until_count(&empty_calls, 1);
    ck_assert(!held);
    assert_all_stored();
}
END_TEST

START_TEST(full_disk_is_waited_for)
{
    segments_close(&segments);
    temp_dir_remove(&dir);
    if (!temp_dir_create_small(&dir, 128 * 1024)) {
        puts("skipped: no tmpfs can be mounted here");
        temp_dir_create(&dir);
        open_segments();
        return;
    }
    open_segments();
    start(NEVER_MS);
    temp_dir_fill(&dir, "other");
    add(0, 200);
    store_poke(&store, true);
    test_loop_until_count(&held_calls, 1);
    add(1, 200);
    store_poke(&store, true);
    store_drain(&store, on_empty);
    test_loop_for_ms(1200); /* over one retry */
    ck_assert(held);
    ck_assert_uint_eq(stored_calls, 0);
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_ERROR, "can't be written"), 1);

    ck_assert_int_eq(unlinkat(dir.fd, "other", 0), 0);
    test_loop_until_count(&empty_calls, 1);
    ck_assert(!held);
    assert_all_stored();
}
END_TEST

START_TEST(close_does_not_wait_for_a_disk_that_fails)
{
    start(NEVER_MS);
    break_descriptor();
    add(0, 2);
    store_poke(&store, true);
    test_loop_until_count(&held_calls, 1);
    uint64_t start_ms = uv_now(&test_loop);
    store_close(&store);
    uv_run(&test_loop, UV_RUN_DEFAULT);
    ck_assert_uint_lt(uv_now(&test_loop) - start_ms, 500);
    ck_assert_uint_eq(instances[0]->stored_seq, 0);
}
END_TEST

START_TEST(close_while_a_write_is_about_to_fail_is_the_end)
{
    start(NEVER_MS);
    hold_up_worker();
    break_descriptor();
    add(0, 2);
    store_poke(&store, true);
    store_close(&store);
    release_worker();
    uv_run(&test_loop, UV_RUN_DEFAULT);
    ck_assert_uint_eq(stored_calls, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store");
    TCase *tests = tcase_create("store");

    tcase_add_checked_fixture(tests, begin, end);
    tcase_set_timeout(tests, 20);
    tcase_add_test(tests, rows_are_in_the_file_when_they_count_as_stored);
    tcase_add_test(tests, flush_timer_gathers_rows);
    tcase_add_test(tests, hurry_does_not_wait_for_the_timer);
    tcase_add_test(tests, hurry_during_a_write_is_remembered);
    tcase_add_test(tests, poke_without_rows_does_nothing);
    tcase_add_test(tests, one_half_fills_while_the_other_is_written);
    tcase_add_test(tests, full_half_is_written_in_pieces);
    tcase_add_test(tests, rows_of_many_rounds_keep_their_order);
    tcase_add_test(tests, live_file_is_rotated_between_two_writes);
    tcase_add_test(tests, rotation_leaves_an_index_of_what_was_stored_before);
    tcase_add_test(tests, nobody_is_forgotten_while_the_index_is_written);
    tcase_add_test(tests, index_that_cant_be_written_holds_nothing_up);
    tcase_add_test(tests, left_over_of_an_index_is_overwritten);
    tcase_add_test(tests, rotation_that_fails_leaves_the_index_as_it_was);
    tcase_add_test(tests, index_of_a_large_fleet_is_whole);
    tcase_add_test(tests, drain_of_nothing_is_empty_at_once);
    tcase_add_test(tests, drain_writes_what_waits);
    tcase_add_test(tests, drain_writes_both_halves);
    tcase_add_test(tests, write_under_way_at_close_ends_first);
    tcase_add_test(tests, failed_write_is_held_and_made_up_for);
    tcase_add_test(tests, torn_write_leaves_each_row_once);
    tcase_add_test(tests, full_disk_is_waited_for);
    tcase_add_test(tests, close_does_not_wait_for_a_disk_that_fails);
    tcase_add_test(tests, close_while_a_write_is_about_to_fail_is_the_end);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
