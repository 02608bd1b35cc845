/* The lock of a directory that collectors on two machines share. flock() can be made to see only one machine, as on
 * some network file systems, and sleeping lasts no time: what the other machine does meanwhile is a callback of the
 * test. */
#include "collector/store/dir_lock.h"

#include "common/disk_posix.h"
#include "support/log_capture.h"
#include "support/suite.h"
#include "support/temp_dir.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define HERE  "5eed0001-aaaa-4bbb-8ccc-990385173eaf"
#define THERE "0badcafe00000000a30e990385173eaf"

static struct temp_dir dir;
static struct disk disk;
static struct dir_lock lock;
static char error[512];

static bool is_blind; /* flock() sees no lock of others */
static unsigned sleeps;
static void (*on_sleep)(void);
static uint64_t later_ms; /* that CLOCK_BOOTTIME is ahead */

static bool is_mandatory; /* a lock refuses reads */
static void (*on_read)(void);
static uint64_t sync_ms; /* how long a sync takes */

ssize_t __real_pread(int fd, void *data, size_t size, off_t offset);
ssize_t __wrap_pread(int fd, void *data, size_t size, off_t offset);
int __real_fdatasync(int fd);
int __wrap_fdatasync(int fd);
int __real_flock(int fd, int operation);
int __wrap_flock(int fd, int operation);
int __wrap_nanosleep(const struct timespec *wait, struct timespec *rest);
int __real_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now);

int __wrap_flock(int fd, int operation)
{
    return is_blind ? 0 : __real_flock(fd, operation);
}

ssize_t __wrap_pread(int fd, void *data, size_t size, off_t offset)
{
    void (*after)(void) = on_read;

    errno = EACCES;
    ssize_t got = is_mandatory ? -1 : __real_pread(fd, data, size, offset);
    on_read = NULL;
    if (after != NULL)
        after();
    return got;
}

int __wrap_fdatasync(int fd)
{
    later_ms += sync_ms;
    return __real_fdatasync(fd);
}

int __wrap_nanosleep(const struct timespec *wait, struct timespec *rest)
{
    (void)wait;
    (void)rest;
    sleeps++;
    if (on_sleep != NULL)
        on_sleep();
    return 0;
}

int __wrap_clock_gettime(clockid_t clock, struct timespec *now)
{
    int rc = __real_clock_gettime(clock, now);

    if (clock == CLOCK_BOOTTIME)
        now->tv_sec += (time_t)(later_ms / 1000);
    return rc;
}

/* ---- the other machine ---- */

static struct lock_record other;
static int other_file;

static void other_writes(void)
{
    ck_assert_int_eq(lock_record_write(&disk, other_file, &other), 0);
}

static void other_renews(void)
{
    if (sleeps != 10)
        return;
    other.count++;
    other_writes();
}

static void other_ends(void)
{
    if (sleeps != 5)
        return;
    other.running = false;
    other_writes();
}

static void other_starts(void)
{
    if (sleeps != LOCK_RECORD_LOOKS + 1)
        return;
    other.run++;
    other.running = true;
    other_writes();
}

static void other_takes_it_while_we_hang(void)
{
    later_ms += LOCK_RECORD_LOOKS * LOCK_RECORD_LOOK_MS + 1000;
    other_writes();
}

static void later_version_renews(void)
{
    if (sleeps == 10)
        temp_dir_write(&dir, LOCK_RECORD_FILE, "headroom-lock 2,8,", 18);
}

static void damage_is_mended_by_another(void)
{
    if (sleeps == LOCK_RECORD_LOOKS + 1)
        other_writes();
}

static void begin(void)
{
    temp_dir_create(&dir);
    disk = disk_posix(dir.fd);
    log_capture_start();
    setenv("HEADROOM_BOOT_ID", HERE, 1);
    other = (struct lock_record){.machine = lock_record_machine(THERE),
                                 .run = 5,
                                 .count = 99,
                                 .process = 1234,
                                 .running = true,
                                 .host = "there"};
    other_file = disk_open(&disk, LOCK_RECORD_FILE, DISK_APPEND);
    ck_assert_int_ge(other_file, 0);
    ck_assert_int_eq(disk_close(&disk, other_file), 0);
    other_file = disk_open(&disk, LOCK_RECORD_FILE, DISK_OVERWRITE);
    is_blind = true;
    is_mandatory = false;
    sleeps = 0;
    on_sleep = NULL;
    on_read = NULL;
    sync_ms = 0;
    later_ms = 0;
    error[0] = '\0';
}

static void end(void)
{
    dir_lock_release(&lock);
    (void)disk_close(&disk, other_file);
    temp_dir_remove(&dir);
}

static int take(void)
{
    return dir_lock_take(&lock, dir.fd, log_line, error, sizeof error);
}

static struct lock_record found(void)
{
    struct lock_record record;

    ck_assert_int_eq(lock_record_read(&disk, &record), 0);
    return record;
}

static void assert_refused(int rc)
{
    ck_assert_int_eq(rc, -EBUSY);
    ck_assert_str_eq(error,
                     "the collector on host there (process 1234) uses it; stop that one first, or give each its own");
}

/* ---- taking it ---- */

START_TEST(empty_directory_is_taken_at_once_and_left_in_the_end)
{
    ck_assert_int_eq(take(), 0);
    ck_assert_uint_eq(sleeps, 0);
    ck_assert(!dir_lock_has_lapsed(&lock));
    struct lock_record record = found();
    ck_assert(record.running);
    ck_assert_uint_eq(record.process, (uint64_t)getpid());
    ck_assert_uint_eq(record.machine, lock_record_machine(HERE));
    ck_assert_uint_ne(record.run, 0);
    dir_lock_release(&lock);
    ck_assert(!found().running);
}
END_TEST

START_TEST(second_one_on_this_machine_is_refused_by_flock)
{
    struct dir_lock second;
    char wanted[512];

    is_blind = false;
    ck_assert_int_eq(take(), 0);
    ck_assert_int_eq(dir_lock_take(&second, dir.fd, log_line, error, sizeof error), -EBUSY);
    snprintf(wanted, sizeof wanted,
             "the collector on host %s (process %d) uses it; stop that one first, or give each its own",
             lock.record.host, getpid());
    ck_assert_str_eq(error, wanted);
    dir_lock_release(&second);
    ck_assert(found().running);
    ck_assert_uint_eq(sleeps, 0);
}
END_TEST

START_TEST(after_a_kill_on_this_machine_nothing_waits)
{
    other.machine = lock_record_machine(HERE);
    other_writes();
    ck_assert_int_eq(take(), 0);
    ck_assert_uint_eq(sleeps, 0);
    ck_assert_uint_ne(found().run, other.run);
}
END_TEST

START_TEST(collector_that_runs_on_another_machine_keeps_it)
{
    other_writes();
    on_sleep = other_renews;
    assert_refused(take());
    ck_assert_uint_eq(sleeps, 10);
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_WARNING,
                                        "the data directory was last used by the collector on host there (process "
                                        "1234), which did not record that it ended; waiting 25 s to see whether it "
                                        "still runs"),
                      1);
    dir_lock_release(&lock);
    ck_assert_uint_eq(found().run, other.run);
    ck_assert(found().running);
}
END_TEST

START_TEST(collector_that_was_killed_on_another_machine_gives_it_up)
{
    other_writes();
    ck_assert_int_eq(take(), 0);
    ck_assert_uint_eq(sleeps, LOCK_RECORD_LOOKS + 1);
    ck_assert_uint_eq(found().run, lock.record.run);
}
END_TEST

START_TEST(collector_that_ends_meanwhile_gives_it_up_at_once)
{
    other_writes();
    on_sleep = other_ends;
    ck_assert_int_eq(take(), 0);
    ck_assert_uint_eq(sleeps, 5 + 1);
}
END_TEST

START_TEST(collector_that_has_ended_on_another_machine_is_not_waited_for)
{
    other.running = false;
    other_writes();
    ck_assert_int_eq(take(), 0);
    ck_assert_uint_eq(sleeps, 1); /* a third machine may have found the same */
}
END_TEST

START_TEST(of_two_that_wait_the_later_writer_has_it)
{
    other_writes();
    on_sleep = other_starts;
    assert_refused(take());
    dir_lock_release(&lock);
    ck_assert(found().running);
}
END_TEST

START_TEST(machine_without_a_boot_id_waits)
{
    setenv("HEADROOM_BOOT_ID", "", 1);
    other.machine = 0;
    other_writes();
    ck_assert_int_eq(take(), 0);
    ck_assert_uint_eq(sleeps, LOCK_RECORD_LOOKS + 1);
}
END_TEST

START_TEST(boot_id_is_the_kernels_where_none_is_given)
{
    unsetenv("HEADROOM_BOOT_ID");
    ck_assert_int_eq(take(), 0);
    ck_assert_uint_ne(found().machine, lock_record_machine(HERE));
    ck_assert_int_eq(found().machine != 0, access("/proc/sys/kernel/random/boot_id", R_OK) == 0);
}
END_TEST

START_TEST(damaged_record_is_waited_for_and_replaced)
{
    temp_dir_write(&dir, LOCK_RECORD_FILE, "?", 1);
    ck_assert_int_eq(take(), 0);
    ck_assert_uint_eq(sleeps, LOCK_RECORD_LOOKS + 1);
    ck_assert_ptr_nonnull(log_capture_find("last used by another collector, which"));
    ck_assert_uint_eq(found().run, lock.record.run);
}
END_TEST

START_TEST(record_of_a_later_version_that_changes_is_of_one_that_runs)
{
    temp_dir_write(&dir, LOCK_RECORD_FILE, "headroom-lock 2,7,", 18);
    on_sleep = later_version_renews;
    ck_assert_int_eq(take(), -EBUSY);
    ck_assert_uint_eq(sleeps, 10);
    ck_assert_str_eq(error, "another collector uses it; stop that one first, or give each its own");
}
END_TEST

START_TEST(of_two_that_replace_a_damaged_record_the_later_writer_has_it)
{
    temp_dir_write(&dir, LOCK_RECORD_FILE, "?", 1);
    on_sleep = damage_is_mended_by_another;
    assert_refused(take());
}
END_TEST

START_TEST(what_is_not_a_file_is_refused)
{
    ck_assert_int_eq(disk_remove(&disk, LOCK_RECORD_FILE), 0);
    ck_assert_int_eq(symlink("elsewhere", temp_dir_path(&dir, LOCK_RECORD_FILE)), 0);
    ck_assert_int_eq(take(), -ELOOP);
    ck_assert_str_eq(error, "can't use collector.lock: it is a symbolic link; it must be a file of its own, and the "
                            "directory must be writable");
}
END_TEST

/* ---- looking ---- */

START_TEST(look_sees_who_runs_and_changes_nothing)
{
    struct dir_lock second = {0};

    ck_assert_int_eq(dir_lock_look(dir.fd, error, sizeof error), 0); /* an empty file */
    is_blind = false;
    ck_assert_int_eq(dir_lock_take(&second, dir.fd, log_line, error, sizeof error), 0);
    ck_assert_int_eq(dir_lock_look(dir.fd, error, sizeof error), -EBUSY);
    dir_lock_release(&second);
    ck_assert_int_eq(dir_lock_look(dir.fd, error, sizeof error), 0);
    other_writes();
    assert_refused(dir_lock_look(dir.fd, error, sizeof error));
    ck_assert_uint_eq(found().run, other.run);
    other.machine = lock_record_machine(HERE); /* it was killed */
    other_writes();
    ck_assert_int_eq(dir_lock_look(dir.fd, error, sizeof error), 0);
    ck_assert_int_eq(disk_remove(&disk, LOCK_RECORD_FILE), 0);
    ck_assert_int_eq(dir_lock_look(dir.fd, error, sizeof error), 0);
    ck_assert_uint_eq(temp_dir_count(&dir, LOCK_RECORD_FILE), 0);
    ck_assert_uint_eq(sleeps, 0);
}
END_TEST

/* ---- keeping it ---- */

START_TEST(renewal_changes_the_record)
{
    ck_assert_int_eq(take(), 0);
    struct lock_record before = found();
    ck_assert(!dir_lock_is_due(&lock));
    later_ms = LOCK_RECORD_RENEW_MS + 1000;
    ck_assert(dir_lock_is_due(&lock));
    ck_assert_int_eq(dir_lock_renew(&lock), 0);
    ck_assert(!dir_lock_is_due(&lock));
    ck_assert_uint_eq(found().run, before.run);
    ck_assert_uint_eq(found().count, before.count + 1);
}
END_TEST

START_TEST(lock_lapses_until_it_is_renewed)
{
    ck_assert_int_eq(take(), 0);
    later_ms = LOCK_RECORD_LAPSE_MS - 1000;
    ck_assert(!dir_lock_has_lapsed(&lock));
    later_ms = LOCK_RECORD_LAPSE_MS + 1000;
    ck_assert(dir_lock_has_lapsed(&lock));
    ck_assert_int_eq(dir_lock_renew(&lock), 0);
    ck_assert(!dir_lock_has_lapsed(&lock));
}
END_TEST

START_TEST(guarded_disk_can_be_written_unless_the_lock_has_lapsed)
{
    ck_assert_int_eq(take(), 0);
    const struct disk guarded = dir_lock_guarded_disk(&lock);
    int file = disk_open(&guarded, "state", DISK_OVERWRITE);
    ck_assert_int_ge(file, 0);
    ck_assert_int_eq(disk_write(&guarded, file, "x", 1, 0), 0);
    ck_assert_int_eq(disk_close(&guarded, file), 0);
    later_ms = LOCK_RECORD_LAPSE_MS + 1000;
    ck_assert_int_eq(disk_open(&guarded, "state", DISK_OVERWRITE), -ENOLCK);
    file = disk_open(&guarded, "state", DISK_READ);
    ck_assert_int_ge(file, 0);
    ck_assert_int_eq(disk_close(&guarded, file), 0);
}
END_TEST

START_TEST(renewal_counts_from_when_it_began)
{
    ck_assert_int_eq(take(), 0);
    sync_ms = LOCK_RECORD_LAPSE_MS - 5000;
    ck_assert_int_eq(dir_lock_renew(&lock), 0);
    ck_assert(!dir_lock_has_lapsed(&lock));
    later_ms += 6000;
    ck_assert(dir_lock_has_lapsed(&lock));
}
END_TEST

START_TEST(renewal_that_hangs_does_not_take_the_directory_back)
{
    ck_assert_int_eq(take(), 0);
    on_read = other_takes_it_while_we_hang;
    ck_assert_int_eq(dir_lock_renew(&lock), -ETIMEDOUT);
    ck_assert(dir_lock_has_lapsed(&lock));
    ck_assert_uint_eq(found().run, other.run);
    ck_assert_int_eq(dir_lock_renew(&lock), -EBUSY);
}
END_TEST

START_TEST(record_of_another_says_that_the_directory_is_lost)
{
    ck_assert_int_eq(take(), 0);
    other_writes();
    ck_assert_int_eq(dir_lock_renew(&lock), -EBUSY);
    ck_assert_str_eq(lock.other.host, "there");
    ck_assert(dir_lock_has_lapsed(&lock));
    dir_lock_release(&lock);
    ck_assert_uint_eq(found().run, other.run);
    ck_assert(found().running);
}
END_TEST

START_TEST(file_that_was_removed_or_damaged_is_written_again)
{
    is_blind = false;
    ck_assert_int_eq(take(), 0);
    ck_assert_int_eq(disk_remove(&disk, LOCK_RECORD_FILE), 0);
    ck_assert_int_eq(dir_lock_renew(&lock), 0);
    ck_assert_uint_eq(found().run, lock.record.run);
    ck_assert_int_eq(disk_open(&disk, LOCK_RECORD_FILE, DISK_LOCKED), -EBUSY);
    temp_dir_write(&dir, LOCK_RECORD_FILE, "?", 1);
    ck_assert_int_eq(dir_lock_renew(&lock), 0);
    ck_assert_uint_eq(found().run, lock.record.run);
}
END_TEST

START_TEST(lock_that_refuses_reads_is_proof_enough)
{
    other_writes();
    is_mandatory = true;
    ck_assert_int_eq(take(), 0);
    ck_assert_uint_eq(sleeps, 0);
    ck_assert_int_eq(dir_lock_renew(&lock), 0);
    is_mandatory = false;
    ck_assert_uint_eq(found().run, lock.record.run);
    ck_assert_uint_eq(found().count, 1);
}
END_TEST

START_TEST(full_disk_does_not_prevent_the_start)
{
    struct temp_dir small;

    if (!temp_dir_create_small(&small, 65536))
        return;
    temp_dir_fill(&small, "full");
    ck_assert_int_eq(dir_lock_take(&lock, small.fd, log_line, error, sizeof error), 0);
    ck_assert(dir_lock_has_lapsed(&lock));
    ck_assert_int_lt(dir_lock_renew(&lock), 0);
    temp_dir_truncate(&small, "full", 0);
    ck_assert_int_eq(dir_lock_renew(&lock), 0);
    ck_assert(!dir_lock_has_lapsed(&lock));
    dir_lock_release(&lock);
    temp_dir_remove(&small);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("dir_lock");
    TCase *tests = tcase_create("dir_lock");

    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_test(tests, empty_directory_is_taken_at_once_and_left_in_the_end);
    tcase_add_test(tests, second_one_on_this_machine_is_refused_by_flock);
    tcase_add_test(tests, after_a_kill_on_this_machine_nothing_waits);
    tcase_add_test(tests, collector_that_runs_on_another_machine_keeps_it);
    tcase_add_test(tests, collector_that_was_killed_on_another_machine_gives_it_up);
    tcase_add_test(tests, collector_that_ends_meanwhile_gives_it_up_at_once);
    tcase_add_test(tests, collector_that_has_ended_on_another_machine_is_not_waited_for);
    tcase_add_test(tests, of_two_that_wait_the_later_writer_has_it);
    tcase_add_test(tests, machine_without_a_boot_id_waits);
    tcase_add_test(tests, boot_id_is_the_kernels_where_none_is_given);
    tcase_add_test(tests, damaged_record_is_waited_for_and_replaced);
    tcase_add_test(tests, record_of_a_later_version_that_changes_is_of_one_that_runs);
    tcase_add_test(tests, of_two_that_replace_a_damaged_record_the_later_writer_has_it);
    tcase_add_test(tests, what_is_not_a_file_is_refused);
    tcase_add_test(tests, look_sees_who_runs_and_changes_nothing);
    tcase_add_test(tests, renewal_changes_the_record);
    tcase_add_test(tests, lock_lapses_until_it_is_renewed);
    tcase_add_test(tests, guarded_disk_can_be_written_unless_the_lock_has_lapsed);
    tcase_add_test(tests, renewal_counts_from_when_it_began);
    tcase_add_test(tests, renewal_that_hangs_does_not_take_the_directory_back);
    tcase_add_test(tests, record_of_another_says_that_the_directory_is_lost);
    tcase_add_test(tests, file_that_was_removed_or_damaged_is_written_again);
    tcase_add_test(tests, lock_that_refuses_reads_is_proof_enough);
    tcase_add_test(tests, full_disk_does_not_prevent_the_start);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
