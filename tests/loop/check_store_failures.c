/* The store when the disk fails, when somebody else changes its files, and when it syncs late. */
#include "support/log_capture.h"
#include "support/store_rig.h"
#include "support/suite.h"
#include "support/test_loop.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NEVER_MS 3600000U

/* ---- system calls that fail ---- */

enum call { PWRITE, FDATASYNC, FSYNC, FTRUNCATE, RENAMEAT, CALL_COUNT };

static struct {
    _Atomic int skip;  /* so many calls go well */
    _Atomic int times; /* and so many fail then */
    _Atomic int error; /* with this errno; 0: pwrite writes a part, and that only once */
    _Atomic unsigned calls;
} faults[CALL_COUNT];

/* The errno that this call is to fail with; 0: none. */
static int fault(enum call call)
{
    faults[call].calls++;
    if (faults[call].times == 0)
        return 0;
    if (faults[call].skip > 0) {
        faults[call].skip--;
        return 0;
    }
    faults[call].times--;
    return faults[call].error;
}

static void break_call(enum call call, int skip, int times, int error)
{
    faults[call].error = error;
    faults[call].skip = skip;
    faults[call].times = times;
}

static _Atomic size_t short_write; /* the next write stops after so many bytes */
static _Atomic bool rows_unsynced; /* no file with rows can be synced; one with nothing but a header can */

ssize_t __real_pwrite(int fd, const void *data, size_t len, off_t offset);
ssize_t __wrap_pwrite(int fd, const void *data, size_t len, off_t offset);
int __real_fdatasync(int fd);
int __wrap_fdatasync(int fd);
int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __real_ftruncate(int fd, off_t len);
int __wrap_ftruncate(int fd, off_t len);
int __real_renameat(int from_dir, const char *from, int to_dir, const char *to);
int __wrap_renameat(int from_dir, const char *from, int to_dir, const char *to);

ssize_t __wrap_pwrite(int fd, const void *data, size_t len, off_t offset)
{
    size_t part = atomic_exchange(&short_write, 0);

    if (part > 0 && part < len)
        return __real_pwrite(fd, data, part, offset);
    errno = fault(PWRITE);
    return errno != 0 ? -1 : __real_pwrite(fd, data, len, offset);
}

static bool has_rows(int fd)
{
    struct stat status;

    return fstat(fd, &status) == 0 && (size_t)status.st_size > strlen(rig.segments.header);
}

int __wrap_fdatasync(int fd)
{
    errno = fault(FDATASYNC);
    if (errno == 0 && rows_unsynced && has_rows(fd))
        errno = EIO;
    return errno != 0 ? -1 : __real_fdatasync(fd);
}

int __wrap_fsync(int fd)
{
    errno = fault(FSYNC);
    return errno != 0 ? -1 : __real_fsync(fd);
}

int __wrap_ftruncate(int fd, off_t len)
{
    errno = fault(FTRUNCATE);
    return errno != 0 ? -1 : __real_ftruncate(fd, len);
}

int __wrap_renameat(int from_dir, const char *from, int to_dir, const char *to)
{
    errno = fault(RENAMEAT);
    return errno != 0 ? -1 : __real_renameat(from_dir, from, to_dir, to);
}

static void start(void)
{
    rig_start(NEVER_MS);
    rig.store.plan.retry_ms = 20;
}

static const int errors[] = {EIO, ENOSPC, EDQUOT, EROFS};

#define ERROR_COUNT ((int)(sizeof errors / sizeof *errors))

/* ---- a disk that fails ---- */

/* Stores rows while one call fails with errors[i]; they are held up, and then each there once. */
static void store_through(enum call call, int skip, int i)
{
    unsigned stored = rig.stored_calls;
    unsigned held = rig.held_calls;
    size_t len = 0;

    rig_store_rows(0, 3);
    break_call(call, skip, 1, errors[i]);
    rig_add(0, 500);
    rig_add(1, 500);
    store_poke(&rig.store, true);
    test_loop_until_count(&rig.held_calls, held + 1);
    ck_assert(rig.held);
    ck_assert_uint_eq(rig.instances[1]->stored_seq, rig.next_seq[1] - 501);
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_ERROR, strerror(errors[i])), 1);
    temp_dir_read(&rig.dir, RIG_LIVE, &len);
    ck_assert_uint_eq(len, rig.segments.written); /* not a byte of what failed */

    test_loop_until_count(&rig.stored_calls, stored + 2);
    ck_assert(!rig.held);
    rig_assert_all_stored();
}

START_TEST(append_that_fails_is_made_up_for)
{
    start();
    store_through(PWRITE, 0, _i);
}
END_TEST

START_TEST(append_that_fails_behind_a_part_is_made_up_for)
{
    start();
    rig_store_rows(0, 1);
    break_call(PWRITE, 0, 1, errors[_i]);
    short_write = 777; /* then the rest fails */
    rig_add(1, 100);
    store_poke(&rig.store, true);
    test_loop_until_count(&rig.held_calls, 1);
    ck_assert_uint_eq(rig_rows(1), 0); /* and no half row */
    test_loop_until_count(&rig.stored_calls, 2);
    rig_assert_all_stored();
}
END_TEST

START_TEST(short_write_goes_on)
{
    start();
    short_write = 1;
    rig_store_rows(0, 10);
    short_write = 1234;
    rig_store_rows(1, 100);
    ck_assert_uint_eq(rig.held_calls, 0);
    rig_assert_all_stored();
}
END_TEST

START_TEST(sync_that_fails_is_made_up_for)
{
    start();
    store_through(FDATASYNC, 0, _i);
}
END_TEST

START_TEST(cut_that_fails_is_tried_again)
{
    start();
    rig_store_rows(0, 2);
    break_call(FDATASYNC, 0, 1, EIO);
    break_call(FTRUNCATE, 0, 2, errors[_i]);
    rig_add(0, 3);
    store_poke(&rig.store, true);
    test_loop_until_count(&rig.stored_calls, 2);
    ck_assert_uint_ge(faults[FTRUNCATE].calls, 3);
    rig_assert_all_stored();
}
END_TEST

START_TEST(rename_that_fails_is_made_up_for)
{
    start();
    rig_store_rows(0, 1);
    rig.store.limits.rotate_bytes = 1;
    break_call(RENAMEAT, 0, 1, errors[_i]);
    rig_add(1, 5);
    store_poke(&rig.store, true);
    test_loop_until_count(&rig.held_calls, 1);
    ck_assert_uint_eq(rig_rows(0), 1);
    test_loop_until_count(&rig.stored_calls, 2);
    ck_assert_uint_eq(temp_dir_count(&rig.dir, "metrics-"), 1);
    rig_assert_all_stored();
}
END_TEST

static const enum call header_calls[] = {PWRITE, FDATASYNC, FSYNC};

#define HEADER_CALL_COUNT 3

/* The old file is a segment already, and the new one can't be begun. */
START_TEST(header_that_fails_is_made_up_for)
{
    start();
    rig_store_rows(0, 4);
    rig.store.limits.rotate_bytes = 1;
    break_call(header_calls[_i % HEADER_CALL_COUNT], 0, 2, errors[_i / HEADER_CALL_COUNT]);
    rig_add(1, 5);
    store_poke(&rig.store, true);
    test_loop_until_count(&rig.held_calls, 1);
    test_loop_until_count(&rig.stored_calls, 2);
    ck_assert_uint_eq(temp_dir_count(&rig.dir, "metrics-"), 1);
    ck_assert_uint_eq(rig.instances[0]->segment, 1);
    ck_assert_uint_eq(rig.instances[1]->segment, 2);
    rig_assert_all_stored();
}
END_TEST

/* The file without rows gets its header again, and that fails as well: nobody else has touched it. */
START_TEST(header_that_fails_again_is_not_taken_for_meddling)
{
    start();
    rig_store_rows(0, 4);
    rig.store.limits.rotate_bytes = 1;
    break_call(PWRITE, 2, 2, errors[_i]); /* behind the header and the index */
    rig_add(1, 5);
    store_poke(&rig.store, true);
    test_loop_until_count(&rig.held_calls, 1);
    test_loop_until_count(&rig.stored_calls, 2);
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_WARNING, "another program has"), 0);
    ck_assert_uint_eq(rig.instances[1]->segment, 2);
    rig_assert_all_stored();
}
END_TEST

/* The index is a cache: whatever fails, samples go on. */
START_TEST(index_that_fails_is_done_without)
{
    start();
    rig_store_rows(0, 1);
    rig.store.limits.rotate_bytes = 1;
    break_call(RENAMEAT, 1, 1, errors[_i]);
    rig_store_rows(0, 1);
    ck_assert_uint_eq(rig.held_calls, 0);
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_WARNING, "metrics.index can't be written"), 1);
    ck_assert_uint_eq(temp_dir_count(&rig.dir, "metrics.index"), 0);
    rig_assert_all_stored();
}
END_TEST

/* ---- a live file that somebody else changes ---- */

static void assert_no_nuls(const char *name)
{
    size_t len = 0;
    const char *text = temp_dir_read(&rig.dir, name, &len);

    ck_assert_ptr_nonnull(text);
    ck_assert_msg(memchr(text, '\0', len) == NULL, "a hole in %s", name);
}

static void begin_meddling(void)
{
    start();
    rig_store_rows(0, 10);
    rig.meddled = true;
}

/* Rows are stored, in a new file: one warning, nothing held up. */
static void assert_new_file(const char *said)
{
    rig_store_rows(1, 5);
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_WARNING, said), 1);
    rig_store_rows(1, 5);
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_WARNING, "another program has"), 1);
    ck_assert_uint_eq(rig.held_calls, 0);
    assert_no_nuls(RIG_LIVE);
    ck_assert_uint_eq(rig.instances[1]->segment, 2);
}

START_TEST(removed_file_is_begun_anew)
{
    begin_meddling();
    ck_assert_int_eq(unlinkat(rig.dir.fd, RIG_LIVE, 0), 0);
    assert_new_file("removed or renamed metrics.csv");
    ck_assert_uint_eq(temp_dir_count(&rig.dir, "metrics-"), 0);
    ck_assert_uint_eq(rig_rows(1), 10);
}
END_TEST

START_TEST(renamed_file_is_begun_anew)
{
    begin_meddling();
    ck_assert_int_eq(renameat(rig.dir.fd, RIG_LIVE, rig.dir.fd, "metrics.csv.1"), 0);
    assert_new_file("removed or renamed metrics.csv");
    ck_assert_uint_eq(rig_rows(1), 10);
}
END_TEST

START_TEST(replaced_file_is_put_aside)
{
    size_t len = 0;

    begin_meddling();
    const char *text = temp_dir_read(&rig.dir, RIG_LIVE, &len);
    temp_dir_write(&rig.dir, "copy", text, len);
    ck_assert_int_eq(renameat(rig.dir.fd, "copy", rig.dir.fd, RIG_LIVE), 0);
    assert_new_file("removed or renamed metrics.csv");
    ck_assert_uint_eq(temp_dir_count(&rig.dir, "metrics-00000001.csv"), 1);
    rig_assert_all_stored();
}
END_TEST

START_TEST(emptied_file_is_begun_anew)
{
    begin_meddling();
    temp_dir_truncate(&rig.dir, RIG_LIVE, 0);
    assert_new_file("truncated metrics.csv");
    ck_assert_uint_eq(temp_dir_count(&rig.dir, "metrics-"), 0);
    ck_assert_uint_eq(rig_rows(1), 10);
}
END_TEST

START_TEST(truncated_file_is_put_aside)
{
    begin_meddling();
    temp_dir_truncate(&rig.dir, RIG_LIVE, rig.segments.length - 7);
    assert_new_file("truncated metrics.csv");
    assert_no_nuls("metrics-00000001.csv");
}
END_TEST

START_TEST(lengthened_file_is_put_aside)
{
    begin_meddling();
    temp_dir_append(&rig.dir, RIG_LIVE, "x", 1);
    assert_new_file("written to metrics.csv");
    assert_no_nuls("metrics-00000001.csv");
}
END_TEST

/* Between the look and the write: rows go to the end, wherever that is by now. */
START_TEST(file_emptied_during_a_write_gets_no_hole)
{
    begin_meddling();
    break_call(PWRITE, 0, 1, EIO);
    short_write = 300;
    rig_add(1, 100);
    store_poke(&rig.store, true);
    test_loop_until_count(&rig.held_calls, 1);
    temp_dir_truncate(&rig.dir, RIG_LIVE, 20);
    test_loop_until_count(&rig.stored_calls, 2);
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_WARNING, "truncated metrics.csv"), 1);
    assert_no_nuls(RIG_LIVE);
    assert_no_nuls("metrics-00000001.csv");

    ck_assert_int_eq(ftruncate(rig.segments.file, 0), 0);
    ck_assert_int_eq(segments_append(&rig.segments, "n1", 2), 0);
    assert_no_nuls(RIG_LIVE);
}
END_TEST

/* ---- syncing late ---- */

static void start_lazily(int64_t sync_ms)
{
    start();
    store_set_sync(&rig.store, sync_ms);
    faults[FDATASYNC].calls = 0;
}

static bool is_synced(void *arg)
{
    (void)arg;
    return faults[FDATASYNC].calls > 0 && rig.store.plan.state != STORE_SYNCING;
}

START_TEST(always_syncs_each_write)
{
    start_lazily(SYNC_ALWAYS);
    for (unsigned i = 1; i <= 3; i++) {
        rig_store_rows(0, 1);
        ck_assert_uint_eq(faults[FDATASYNC].calls, i);
    }
}
END_TEST

START_TEST(rows_count_before_their_sync_which_a_timer_makes)
{
    start_lazily(300);
    uint64_t start_ms = uv_now(&test_loop);
    rig_store_rows(0, 1);
    rig_store_rows(0, 2);
    rig_assert_all_stored();
    ck_assert_uint_eq(faults[FDATASYNC].calls, 0);
    ck_assert_uint_eq(rig.store.plan.unsynced_rows, 3);

    test_loop_until(is_synced, NULL);
    ck_assert_uint_ge(uv_now(&test_loop) - start_ms, 300);
    ck_assert_uint_lt(uv_now(&test_loop) - start_ms, 600);
    ck_assert_uint_eq(rig.store.plan.unsynced_rows, 0);
    ck_assert_uint_eq(rig.segments.synced, rig.segments.length);
    test_loop_for_ms(400);
    ck_assert_uint_eq(faults[FDATASYNC].calls, 1);
}
END_TEST

START_TEST(timer_during_a_write_is_made_up_for)
{
    start_lazily(1000);
    rig_store_rows(0, 1);
    rig_hold_up_worker();
    rig_add(0, 1);
    store_poke(&rig.store, true);
    test_loop_for_ms(1100);
    ck_assert_uint_eq(faults[FDATASYNC].calls, 0);
    rig_release_worker();
    test_loop_for_ms(500); /* not another 1000 */
    ck_assert_uint_eq(faults[FDATASYNC].calls, 1);
    ck_assert_uint_eq(rig.segments.synced, rig.segments.length);
    ck_assert_uint_eq(rig.store.plan.unsynced_rows, 0);
    rig_assert_all_stored();
}
END_TEST

static bool is_syncing(void *arg)
{
    (void)arg;
    return rig.store.plan.state == STORE_SYNCING;
}

START_TEST(rows_that_come_during_a_sync_are_written_after_it)
{
    start_lazily(500); /* longer than a busy machine needs to store a row */
    rig_store_rows(0, 1);
    rig_hold_up_worker();
    test_loop_until(is_syncing, NULL);
    rig_add(1, 3);
    store_poke(&rig.store, true);
    rig_release_worker();
    test_loop_until_count(&rig.stored_calls, 2);
    rig_assert_all_stored();
}
END_TEST

START_TEST(never_leaves_it_to_the_kernel_but_for_rotation_and_end)
{
    start_lazily(SYNC_NEVER);
    rig_store_rows(0, 1);
    rig_store_rows(0, 1);
    test_loop_for_ms(100);
    ck_assert_uint_eq(faults[FDATASYNC].calls, 0);

    rig.store.limits.rotate_bytes = 1;
    rig_store_rows(1, 1);
    ck_assert_uint_eq(faults[FDATASYNC].calls, 2); /* the old file, and the new one's header */
    ck_assert_uint_eq(rig.store.plan.unsynced_rows, 1);
    rig.store.limits.rotate_bytes = 1 << 30;

    store_drain(&rig.store, rig_on_empty);
    test_loop_until_count(&rig.empty_calls, 1);
    ck_assert_uint_eq(faults[FDATASYNC].calls, 3);
    ck_assert_uint_eq(rig.segments.synced, rig.segments.length);
    rig_assert_all_stored();
}
END_TEST

START_TEST(close_without_a_drain_syncs)
{
    start_lazily(SYNC_NEVER);
    rig_store_rows(0, 1);
    ck_assert_int_eq(segments_close(&rig.segments), 0);
    ck_assert_uint_eq(faults[FDATASYNC].calls, 1);
}
END_TEST

START_TEST(change_to_always_syncs_what_waits)
{
    start_lazily(SYNC_NEVER);
    rig_store_rows(0, 1);
    store_set_sync(&rig.store, SYNC_ALWAYS);
    test_loop_until(is_synced, NULL);
    ck_assert_uint_eq(rig.store.plan.unsynced_rows, 0);
}
END_TEST

START_TEST(change_to_a_time_syncs_what_waits)
{
    start_lazily(SYNC_NEVER);
    rig_store_rows(0, 1);
    store_set_sync(&rig.store, 10);
    test_loop_until(is_synced, NULL);
    ck_assert_uint_eq(rig.store.plan.unsynced_rows, 0);
}
END_TEST

/* What was acknowledged is not cut off with the rows that failed. */
START_TEST(failed_write_leaves_rows_that_are_not_synced)
{
    start_lazily(SYNC_NEVER);
    rig_store_rows(0, 7);
    break_call(PWRITE, 0, 1, errors[_i]);
    short_write = 500;
    rig_add(1, 100);
    store_poke(&rig.store, true);
    test_loop_until_count(&rig.held_calls, 1);
    ck_assert_uint_eq(rig_rows(0), 7);
    ck_assert_uint_eq(rig_rows(1), 0);
    test_loop_until_count(&rig.stored_calls, 2);
    rig_assert_all_stored();
    ck_assert_uint_eq(temp_dir_count(&rig.dir, "metrics-"), 0);
}
END_TEST

static bool is_said(void *arg)
{
    return log_capture_count(LOG_LEVEL_ERROR, arg) > 0;
}

START_TEST(late_sync_that_fails_is_said_and_a_new_file_begun)
{
    static char said[] = "the last 9 acknowledged samples may not be on the disk";

    start_lazily(20);
    break_call(FDATASYNC, 0, 1, EIO);
    rig_store_rows(0, 4);
    rig_store_rows(1, 5);
    test_loop_until(is_said, said);
    ck_assert_uint_eq(rig.held_calls, 0);
    ck_assert_uint_eq(temp_dir_count(&rig.dir, "metrics-"), 0);

    rig_store_rows(0, 2);
    ck_assert_uint_eq(temp_dir_count(&rig.dir, "metrics-"), 1);
    ck_assert_uint_eq(rig.instances[0]->segment, 2);
    ck_assert_uint_eq(rig.instances[1]->segment, 1);
    test_loop_for_ms(60);
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_ERROR, "may not be on the disk"), 1);
    ck_assert_uint_eq(rig.segments.synced, rig.segments.length);
    rig_assert_all_stored();
}
END_TEST

START_TEST(late_sync_that_goes_on_failing_holds_what_comes_then)
{
    static char said[] = "the last 4 acknowledged samples may not be on the disk";

    start_lazily(20);
    rows_unsynced = true;
    rig_store_rows(0, 4);
    test_loop_until(is_said, said);
    rig_add(1, 5);
    store_poke(&rig.store, true);
    test_loop_until_count(&rig.held_calls, 1);
    test_loop_for_ms(100); /* some retries */
    ck_assert_uint_eq(rig.stored_calls, 1);
    ck_assert_uint_eq(rig.instances[1]->stored_seq, 0);
    ck_assert_uint_eq(temp_dir_count(&rig.dir, "metrics-"), 1);
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_ERROR, "may not be on the disk"), 1);
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_ERROR, "can't be written"), 1);

    rows_unsynced = false;
    test_loop_until_count(&rig.stored_calls, 2);
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_INFO, "can be synced again"), 1);
    ck_assert_uint_eq(rig.store.plan.unsynced_rows, 0);
    ck_assert_uint_eq(temp_dir_count(&rig.dir, "metrics-"), 1);
    rig_assert_all_stored();

    rig_store_rows(0, 1); /* late again */
    ck_assert_uint_eq(rig.store.plan.unsynced_rows, 1);
}
END_TEST

/* The rows of that write are in memory still: they are written again, to the new file only. */
START_TEST(sync_of_a_write_that_fails_puts_only_older_rows_at_risk)
{
    start_lazily(SYNC_NEVER);
    rig_store_rows(0, 4);
    rig_hold_up_worker();
    rig_add(1, 5);
    rig.store.plan.sync_due = true;
    store_poke(&rig.store, true);
    break_call(FDATASYNC, 0, 2, EIO);
    rig_release_worker();
    test_loop_until_count(&rig.held_calls, 1);
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_ERROR, "the last 4 acknowledged samples"), 1);
    test_loop_until_count(&rig.stored_calls, 2);
    rig_assert_all_stored();
    ck_assert_uint_eq(rig.instances[1]->segment, 2);
}
END_TEST

START_TEST(rotation_whose_sync_fails_is_said_and_goes_on)
{
    start_lazily(SYNC_NEVER);
    rig_store_rows(0, 4);
    rig.store.limits.rotate_bytes = 1;
    break_call(FDATASYNC, 0, 1, EIO);
    rig_store_rows(1, 5);
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_ERROR, "the last 4 acknowledged samples"), 1);
    ck_assert_uint_eq(rig.held_calls, 0);
    ck_assert_uint_eq(temp_dir_count(&rig.dir, "metrics-"), 1);
    ck_assert_uint_eq(rig.store.plan.unsynced_rows, 0); /* the new ones did not count before their sync */
    rig_assert_all_stored();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store_failures");
    TCase *tests = tcase_create("store_failures");

    tcase_add_checked_fixture(tests, rig_begin, rig_end);
    tcase_set_timeout(tests, 20);
    tcase_add_loop_test(tests, append_that_fails_is_made_up_for, 0, ERROR_COUNT);
    tcase_add_loop_test(tests, append_that_fails_behind_a_part_is_made_up_for, 0, ERROR_COUNT);
    tcase_add_test(tests, short_write_goes_on);
    tcase_add_loop_test(tests, sync_that_fails_is_made_up_for, 0, ERROR_COUNT);
    tcase_add_loop_test(tests, cut_that_fails_is_tried_again, 0, ERROR_COUNT);
    tcase_add_loop_test(tests, rename_that_fails_is_made_up_for, 0, ERROR_COUNT);
    tcase_add_loop_test(tests, header_that_fails_is_made_up_for, 0, HEADER_CALL_COUNT * ERROR_COUNT);
    tcase_add_loop_test(tests, header_that_fails_again_is_not_taken_for_meddling, 0, ERROR_COUNT);
    tcase_add_loop_test(tests, index_that_fails_is_done_without, 0, ERROR_COUNT);
    tcase_add_test(tests, removed_file_is_begun_anew);
    tcase_add_test(tests, renamed_file_is_begun_anew);
    tcase_add_test(tests, replaced_file_is_put_aside);
    tcase_add_test(tests, emptied_file_is_begun_anew);
    tcase_add_test(tests, truncated_file_is_put_aside);
    tcase_add_test(tests, lengthened_file_is_put_aside);
    tcase_add_test(tests, file_emptied_during_a_write_gets_no_hole);
    tcase_add_test(tests, always_syncs_each_write);
    tcase_add_test(tests, rows_count_before_their_sync_which_a_timer_makes);
    tcase_add_test(tests, timer_during_a_write_is_made_up_for);
    tcase_add_test(tests, rows_that_come_during_a_sync_are_written_after_it);
    tcase_add_test(tests, never_leaves_it_to_the_kernel_but_for_rotation_and_end);
    tcase_add_test(tests, close_without_a_drain_syncs);
    tcase_add_test(tests, change_to_always_syncs_what_waits);
    tcase_add_test(tests, change_to_a_time_syncs_what_waits);
    tcase_add_loop_test(tests, failed_write_leaves_rows_that_are_not_synced, 0, ERROR_COUNT);
    tcase_add_test(tests, late_sync_that_fails_is_said_and_a_new_file_begun);
    tcase_add_test(tests, late_sync_that_goes_on_failing_holds_what_comes_then);
    tcase_add_test(tests, sync_of_a_write_that_fails_puts_only_older_rows_at_risk);
    tcase_add_test(tests, rotation_whose_sync_fails_is_said_and_goes_on);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
