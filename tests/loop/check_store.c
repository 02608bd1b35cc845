/* The store with a real worker thread and real files. */
#include "collector/store/dir_lock.h"
#include "collector/store/index_file.h"
#include "common/clock.h"
#include "support/log_capture.h"
#include "support/store_rig.h"
#include "support/suite.h"
#include "support/test_loop.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define NEVER_MS 3600000U

/* ---- a disk that works ---- */

START_TEST(rows_are_in_the_file_when_they_count_as_stored)
{
    rig_start(10);
    rig_add(0, 3);
    rig_add(1, 2);
    store_poke(&rig.store, false);
    test_loop_until_count(&rig.stored_calls, 1);
    rig_assert_all_stored();
    ck_assert_uint_eq(rig.held_calls, 0);
    ck_assert_uint_eq(rig.store.syncs_us.count, 1);
}
END_TEST

START_TEST(nothing_is_written_while_the_lock_of_the_directory_has_lapsed)
{
    struct dir_lock lock = {0};

    rig_start(10);
    rig.store.options.parts.lock = &lock;
    rig_add(0, 3);
    store_poke(&rig.store, false);
    test_loop_until(rig_is_held, NULL);
    ck_assert_uint_eq(rig_rows(0), 0);
    atomic_store(&lock.renewed_ms, clock_uptime_ms());
    test_loop_until_count(&rig.stored_calls, 1);
    ck_assert(!rig.held);
    rig_assert_all_stored();
}
END_TEST

START_TEST(flush_timer_gathers_rows)
{
    rig_start(400);
    uint64_t start_ms = uv_now(&test_loop);
    rig_add(0, 1);
    store_poke(&rig.store, false);
    test_loop_for_ms(20);
    rig_add(0, 1);
    store_poke(&rig.store, false); /* must not start the timer anew */
    test_loop_for_ms(20);
    rig_add(0, 1);
    store_poke(&rig.store, false);
    test_loop_until_count(&rig.stored_calls, 1);
    uint64_t took_ms = uv_now(&test_loop) - start_ms;
    ck_assert_uint_ge(took_ms, 400);
    ck_assert_uint_lt(took_ms, 400 + 200);
    ck_assert_uint_eq(rig.store.latencies.count, 3);
    ck_assert_uint_ge(rig.store.latencies.max, 400); /* from the first of them */
    ck_assert_uint_le(rig.store.latencies.max, took_ms);
    rig_assert_all_stored();
    ck_assert_uint_eq(rig.stored_calls, 1);
}
END_TEST

START_TEST(hurry_does_not_wait_for_the_timer)
{
    rig_start(NEVER_MS);
    rig_add(0, 1);
    store_poke(&rig.store, false);
    rig_add(0, 1);
    store_poke(&rig.store, true);
    test_loop_until_count(&rig.stored_calls, 1);
    rig_assert_all_stored();
}
END_TEST

START_TEST(hurry_during_a_write_is_remembered)
{
    rig_start(NEVER_MS);
    rig_hold_up_worker();
    rig_add(0, 1);
    store_poke(&rig.store, true);
    rig_add(1, 1);
    store_poke(&rig.store, true);
    rig_release_worker();
    test_loop_until_count(&rig.stored_calls, 2);
    rig_assert_all_stored();
}
END_TEST

START_TEST(poke_without_rows_does_nothing)
{
    rig_start(1);
    store_poke(&rig.store, false);
    store_poke(&rig.store, true);
    ck_assert_int_eq(uv_run(&test_loop, UV_RUN_DEFAULT), 0);
    ck_assert_uint_eq(rig.stored_calls, 0);
}
END_TEST

START_TEST(one_half_fills_while_the_other_is_written)
{
    rig_start(10);
    rig_hold_up_worker();
    rig_add(0, 2);
    store_poke(&rig.store, true);
    rig_add(0, 3);
    rig_add(1, 1);
    store_poke(&rig.store, true);
    rig_add(1, 4);
    store_poke(&rig.store, false);
    test_loop_for_ms(30);
    ck_assert_uint_eq(rig.stored_calls, 0);
    ck_assert_uint_eq(rig_rows(0), 0);

    rig_release_worker();
    test_loop_until_count(&rig.stored_calls, 1);
    ck_assert_uint_eq(rig.instances[0]->stored_seq, 2);
    ck_assert_uint_eq(rig.instances[1]->stored_seq, 0);
    ck_assert_uint_eq(rig.instances[0]->pending, 3);
    test_loop_until_count(&rig.stored_calls, 2);
    rig_assert_all_stored();
}
END_TEST

START_TEST(full_half_is_written_in_pieces)
{
    rig_start(NEVER_MS);
    rig_add(0, RIG_CAPACITY - 10);
    rig_add(1, 10);
    store_poke(&rig.store, true);
    test_loop_until_count(&rig.stored_calls, 1);
    rig_assert_all_stored();
}
END_TEST

START_TEST(rows_of_many_rounds_keep_their_order)
{
    rig_start(1);
    for (unsigned i = 0; i < 50; i++) {
        rig_add(i % 2, 1 + i % 7);
        store_poke(&rig.store, i % 3 == 0);
        uv_run(&test_loop, UV_RUN_NOWAIT);
    }
    store_drain(&rig.store, rig_on_empty);
    test_loop_until_count(&rig.empty_calls, 1);
    rig_assert_all_stored();
}
END_TEST

START_TEST(live_file_is_rotated_between_two_writes)
{
    rig_start(NEVER_MS);
    rig_hold_up_worker();
    rig_add(0, 1);
    store_poke(&rig.store, true);
    rig.store.limits.rotate_bytes = 1; /* as a reload does; not for the write under way */
    rig_release_worker();
    test_loop_until_count(&rig.stored_calls, 1);
    ck_assert_uint_eq(temp_dir_count(&rig.dir, "metrics-"), 0);
    rig_add(1, 2);
    store_poke(&rig.store, true);
    test_loop_until_count(&rig.stored_calls, 2);
    rig_assert_all_stored();
    const char *older = temp_dir_read(&rig.dir, "metrics-00000001.csv", NULL);
    ck_assert_ptr_nonnull(older);
    ck_assert_ptr_nonnull(strstr(older, "\nfirst,12.34,"));
}
END_TEST

/* ---- the index ---- */

struct found {
    unsigned count;
    uint64_t last_seq[2];
    uint64_t segment[2];
};

static int on_entry(const struct index_entry *entry, void *arg)
{
    struct found *found = arg;
    unsigned i = entry->instance == rig.instances[1]->id;

    ck_assert_uint_eq(entry->instance, rig.instances[i]->id);
    ck_assert_str_eq(entry->node_id, rig.instances[i]->node->id);
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

    index_file_read(&index, &rig.disk);
    ck_assert_int_eq(index.rc, 0);
    ck_assert_uint_eq(index.last_segment, last_segment);
    ck_assert_int_eq(index_parse(index.text, index.len, &last, on_entry, &found), 0);
    index_file_free(&index);
    ck_assert_uint_eq(temp_dir_count(&rig.dir, "metrics.index"), 1);
    return found;
}

START_TEST(rotation_leaves_an_index_of_what_was_stored_before)
{
    rig_start(NEVER_MS);
    rig.store.limits.rotate_bytes = 1;
    rig_store_rows(0, 3); /* nothing to rotate yet */
    ck_assert_uint_eq(temp_dir_count(&rig.dir, "metrics.index"), 0);
    ck_assert_uint_eq(rig.instances[0]->segment, 1);

    rig_store_rows(1, 2);
    struct found found = read_index(1);
    ck_assert_uint_eq(found.count, 1); /* the second one's rows are behind the rotation */
    ck_assert_uint_eq(found.last_seq[0], 3);
    ck_assert_uint_eq(found.segment[0], 1);
    ck_assert_uint_eq(rig.instances[1]->segment, 2);

    rig_store_rows(1, 1);
    found = read_index(2);
    ck_assert_uint_eq(found.count, 2);
    ck_assert_uint_eq(found.last_seq[0], 3);
    ck_assert_uint_eq(found.segment[0], 1);
    ck_assert_uint_eq(found.last_seq[1], 2);
    ck_assert_uint_eq(found.segment[1], 2);
    ck_assert_uint_eq(rig.instances[1]->segment, 3);
}
END_TEST

START_TEST(nobody_is_forgotten_while_the_index_is_written)
{
    rig_start(NEVER_MS);
    rig_store_rows(0, 1);
    rig.store.limits.rotate_bytes = 1;
    rig_hold_up_worker();
    rig_add(0, 1);
    store_poke(&rig.store, true);
    ck_assert(rig.registry.pinned);
    rig_release_worker();
    test_loop_until_count(&rig.stored_calls, 2);
    ck_assert(!rig.registry.pinned);
}
END_TEST

START_TEST(index_that_cant_be_written_holds_nothing_up)
{
    rig_start(NEVER_MS);
    ck_assert_int_eq(mkdirat(rig.dir.fd, "metrics.index.new", 0700), 0);
    rig_store_rows(0, 1);
    rig.store.limits.rotate_bytes = 1;
    rig_store_rows(0, 1);
    rig_store_rows(0, 1);
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_WARNING, "metrics.index can't be written"), 1);
    ck_assert_uint_eq(rig.held_calls, 0);
    ck_assert_uint_eq(temp_dir_count(&rig.dir, "metrics-"), 2);

    ck_assert_int_eq(unlinkat(rig.dir.fd, "metrics.index.new", AT_REMOVEDIR), 0);
    rig_store_rows(0, 1);
    ck_assert_uint_eq(read_index(3).last_seq[0], 3);
}
END_TEST

/* A crash before the new index was complete leaves the old one, and a file beside it that is written anew. */
START_TEST(left_over_of_an_index_is_overwritten)
{
    static char left_over[100000];

    rig_start(NEVER_MS);
    temp_dir_write(&rig.dir, "metrics.index.new", left_over, sizeof left_over);
    rig.store.limits.rotate_bytes = 1;
    rig_store_rows(0, 1);
    rig_store_rows(0, 1);
    ck_assert_uint_eq(read_index(1).last_seq[0], 1);
}
END_TEST

/* The rename has failed: no segment, no index of it. */
START_TEST(rotation_that_fails_leaves_the_index_as_it_was)
{
    rig_start(NEVER_MS);
    rig.store.limits.rotate_bytes = 1;
    rig_store_rows(0, 1);
    rig_store_rows(0, 1);
    ck_assert_int_eq(mkdirat(rig.dir.fd, "metrics-00000002.csv", 0700), 0);
    rig_add(0, 1);
    store_poke(&rig.store, true);
    test_loop_until_count(&rig.held_calls, 1);
    ck_assert_uint_eq(read_index(1).last_seq[0], 1);
    ck_assert(!rig.registry.pinned);

    ck_assert_int_eq(unlinkat(rig.dir.fd, "metrics-00000002.csv", AT_REMOVEDIR), 0);
    test_loop_until_count(&rig.stored_calls, 3);
    ck_assert_uint_eq(read_index(2).last_seq[0], 2);
    ck_assert_uint_eq(rig.instances[0]->segment, 3);
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
        struct node *node = registry_ensure_node(&rig.registry, id, 1000, 0);
        node->group = rig.group;
        registry_ensure_instance(node, 1)->stored_seq = 5;
    }
    rig_start(NEVER_MS);
    rig.store.limits.rotate_bytes = 1;
    rig_store_rows(0, 1);
    rig_store_rows(0, 1);
    struct index_file index;
    index_file_read(&index, &rig.disk);
    ck_assert_int_eq(index.rc, 0);
    ck_assert_uint_gt(index.len, 1U << 20);
    index_file_free(&index);
}
END_TEST

/* ---- the end ---- */

START_TEST(drain_of_nothing_is_empty_at_once)
{
    rig_start(10);
    store_drain(&rig.store, rig_on_empty);
    ck_assert_uint_eq(rig.empty_calls, 1);
}
END_TEST

START_TEST(drain_writes_what_waits)
{
    rig_start(NEVER_MS);
    rig_add(0, 5);
    store_poke(&rig.store, false);
    store_drain(&rig.store, rig_on_empty);
    ck_assert_uint_eq(rig.empty_calls, 0);
    test_loop_until_count(&rig.empty_calls, 1);
    rig_assert_all_stored();
}
END_TEST

START_TEST(drain_writes_both_halves)
{
    rig_start(NEVER_MS);
    rig_hold_up_worker();
    rig_add(0, 2);
    store_poke(&rig.store, true);
    rig_add(0, 3);
    store_drain(&rig.store, rig_on_empty);
    rig_release_worker();
    test_loop_until_count(&rig.empty_calls, 1);
    ck_assert_uint_eq(rig.stored_calls, 2);
    rig_assert_all_stored();
}
END_TEST

START_TEST(write_under_way_at_close_ends_first)
{
    rig_start(NEVER_MS);
    rig_hold_up_worker();
    rig_add(0, 2);
    store_poke(&rig.store, true);
    rig_add(0, 1);
    store_close(&rig.store);
    store_close(&rig.store);
    rig_release_worker();
    uv_run(&test_loop, UV_RUN_DEFAULT);
    ck_assert_uint_eq(rig.stored_calls, 1);
    ck_assert_uint_eq(rig_rows(0), 2);
}
END_TEST

/* ---- a disk that fails ---- */

/* Each write to the open file fails from now on: there is no space on that device. The file itself is well. */
static void break_descriptor(void)
{
    int full = open("/dev/full", O_WRONLY | O_CLOEXEC);

    ck_assert_int_ge(full, 0);
    ck_assert_int_ge(dup2(full, rig.segments.file), 0);
    close(full);
}

START_TEST(failed_write_is_held_and_made_up_for)
{
    rig_start(5);
    rig_add(0, 2);
    store_poke(&rig.store, true);
    test_loop_until_count(&rig.stored_calls, 1);

    break_descriptor();
    rig_add(0, 3);
    rig_add(1, 1);
    store_poke(&rig.store, true);
    test_loop_until_count(&rig.held_calls, 1);
    ck_assert(rig.held);
    ck_assert_uint_eq(rig.instances[0]->stored_seq, 2);
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_ERROR, "metrics.csv can't be written: No space left"), 1);

    rig_add(0, 4); /* taken meanwhile, for later */
    store_poke(&rig.store, true);
    test_loop_until_count(&rig.stored_calls, 3);
    ck_assert(!rig.held);
    ck_assert_uint_eq(rig.held_calls, 2);
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_INFO, "can be written again"), 1);
    rig_assert_all_stored();
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

START_TEST(torn_write_leaves_each_row_once)
{
    rig_start(NEVER_MS);
    rig_add(0, RIG_CAPACITY);
    store_poke(&rig.store, true);
    test_loop_until_count(&rig.stored_calls, 1);

    size_t len = 0;
    size_t synced = rig.segments.synced;
    rig_hold_up_worker();
    rig_add(0, 1000);
    store_poke(&rig.store, true);
    /* Room for some rows and a part of one. Check's own files are far below. */
    limit_files((rlim_t)synced + 10123);
    rig_release_worker();
    test_loop_until(rig_is_held, NULL);
    limit_files(RLIM_INFINITY);
    temp_dir_read(&rig.dir, RIG_LIVE, &len);
    ck_assert_uint_eq(len, synced);

    rig_add(1, 10);
    store_drain(&rig.store, rig_on_empty);
    test_loop_until_count(&rig.empty_calls, 1);
    ck_assert(!rig.held);
    rig_assert_all_stored();
}
END_TEST

START_TEST(full_disk_is_waited_for)
{
    segments_close(&rig.segments);
    temp_dir_remove(&rig.dir);
    if (!temp_dir_create_small(&rig.dir, 128 * 1024)) {
        puts("skipped: no tmpfs can be mounted here");
        temp_dir_create(&rig.dir);
        rig_open_segments();
        return;
    }
    rig_open_segments();
    rig_start(NEVER_MS);
    temp_dir_fill(&rig.dir, "other");
    rig_add(0, 200);
    store_poke(&rig.store, true);
    test_loop_until_count(&rig.held_calls, 1);
    rig_add(1, 200);
    store_poke(&rig.store, true);
    store_drain(&rig.store, rig_on_empty);
    test_loop_for_ms(1200); /* over one retry */
    ck_assert(rig.held);
    ck_assert_uint_eq(rig.stored_calls, 0);
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_ERROR, "can't be written"), 1);

    ck_assert_int_eq(unlinkat(rig.dir.fd, "other", 0), 0);
    test_loop_until_count(&rig.empty_calls, 1);
    ck_assert(!rig.held);
    rig_assert_all_stored();
}
END_TEST

START_TEST(close_does_not_wait_for_a_disk_that_fails)
{
    rig_start(NEVER_MS);
    break_descriptor();
    rig_add(0, 2);
    store_poke(&rig.store, true);
    test_loop_until_count(&rig.held_calls, 1);
    uint64_t start_ms = uv_now(&test_loop);
    store_close(&rig.store);
    uv_run(&test_loop, UV_RUN_DEFAULT);
    ck_assert_uint_lt(uv_now(&test_loop) - start_ms, 500);
    ck_assert_uint_eq(rig.instances[0]->stored_seq, 0);
}
END_TEST

START_TEST(close_while_a_write_is_about_to_fail_is_the_end)
{
    rig_start(NEVER_MS);
    rig_hold_up_worker();
    break_descriptor();
    rig_add(0, 2);
    store_poke(&rig.store, true);
    store_close(&rig.store);
    rig_release_worker();
    uv_run(&test_loop, UV_RUN_DEFAULT);
    ck_assert_uint_eq(rig.stored_calls, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store");
    TCase *tests = tcase_create("store");

    tcase_add_checked_fixture(tests, rig_begin, rig_end);
    tcase_set_timeout(tests, 20);
    tcase_add_test(tests, rows_are_in_the_file_when_they_count_as_stored);
    tcase_add_test(tests, nothing_is_written_while_the_lock_of_the_directory_has_lapsed);
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
