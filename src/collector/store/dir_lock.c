#include "collector/store/dir_lock.h"

#include "common/clock.h"
#include "common/disk_posix.h"
#include "common/error_text.h"
#include "common/file.h"
#include "common/parse.h"
#include "common/regular_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#define BOOT_ID_FILE "/proc/sys/kernel/random/boot_id"
#define BOOT_ID_MAX  64U
/* SMB: the lock itself refuses reads through another descriptor. The server enforces it, so no other machine has it. */
#define RC_OWN_LOCK (-EACCES)
#define WHO_MAX     256U
#define SETTLE_MS   1000U /* two collectors that find the same old record: the later one has written by then */

/* ---- who we are ---- */

/* The sandbox of the unit hides the file, and the unit has the id in the environment. 0: not known. */
static uint64_t own_machine(void)
{
    const char *given = getenv("HEADROOM_BOOT_ID");
    char text[BOOT_ID_MAX] = "";

    if (given != NULL)
        return lock_record_machine(given);
    int fd = open(BOOT_ID_FILE, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    ssize_t got = read(fd, text, sizeof text - 1);
    close(fd);
    return got > 0 ? lock_record_machine(text) : 0;
}

static void name_host(char *host)
{
    char name[HOST_NAME_MAX + 1] = "";

    if (gethostname(name, sizeof name - 1) < 0 || !parse_name_ok(name, strlen(name)))
        strcpy(name, "unknown");
    memcpy(host, name, strlen(name) + 1);
}

static void name_run(struct lock_record *record)
{
    *record = (struct lock_record){.machine = own_machine(), .process = (uint64_t)getpid(), .running = true};
    if (getrandom(&record->run, sizeof record->run, 0) != (ssize_t)sizeof record->run)
        record->run = clock_mono_us() ^ record->process << 48;
    name_host(record->host);
}

/* ---- the record ---- */

/* What can't be read as a record may be one that is written now, or of a later version. */
static int read_record(const struct disk *disk, struct lock_record *found)
{
    int rc = lock_record_read(disk, found);

    return rc == -EBADMSG ? 0 : rc;
}

/* For a sentence. */
static const char *name_other(const struct lock_record *found, char *text, size_t size)
{
    if (found->host[0] == '\0')
        return "another collector";
    snprintf(text, size, "the collector on host %s (process %" PRIu64 ")", found->host, found->process);
    return text;
}

static int fail_busy(const struct lock_record *found, char *error, size_t error_size)
{
    char other[WHO_MAX];

    return error_text_set(error, error_size, -EBUSY, "%s uses it; stop that one first, or give each its own",
                          name_other(found, other, sizeof other));
}

static int fail(int rc, char *error, size_t error_size)
{
    return error_text_set(error, error_size, rc,
                          "can't use " LOCK_RECORD_FILE
                          ": %s; it must be a file of its own, and the directory must be writable",
                          regular_file_error(rc));
}

/* It counts from when it began: another machine may have seen the record from then on, however long the call took. */
static int write_own(struct dir_lock *lock, uint64_t began_ms)
{
    int rc = lock_record_write(&lock->disk, lock->file, &lock->record);

    if (rc == 0)
        atomic_store(&lock->renewed_ms, began_ms);
    return rc;
}

/* ---- taking it ---- */

static void sleep_ms(uint64_t ms)
{
    const struct timespec wait = {.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000};

    nanosleep(&wait, NULL);
}

static int wait_for_end(struct dir_lock *lock, char *error, size_t error_size)
{
    struct lock_wait wait = {.seen = lock->other};
    enum lock_verdict verdict = LOCK_WAIT;

    while (verdict == LOCK_WAIT) {
        sleep_ms(LOCK_RECORD_LOOK_MS);
        uint64_t began_us = clock_mono_us();
        int rc = read_record(&lock->disk, &lock->other);
        if (rc < 0)
            return fail(rc, error, error_size);
        verdict = lock_wait_look(&wait, &lock->other, (clock_mono_us() - began_us) / 1000);
    }
    return verdict == LOCK_TAKEN ? fail_busy(&lock->other, error, error_size) : 0;
}

static void warn_wait(const struct lock_record *found, void (*warn_cb)(bool is_warning, const char *line))
{
    char line[2 * WHO_MAX], other[WHO_MAX];

    snprintf(
        line, sizeof line,
        "the data directory was last used by %s, which did not record that it ended; waiting %u s to see whether it "
        "still runs",
        name_other(found, other, sizeof other), LOCK_RECORD_LOOKS * LOCK_RECORD_LOOK_MS / 1000);
    warn_cb(true, line);
}

/* Another machine may do the same at this moment: the one that writes last has it. */
static int write_and_settle(struct dir_lock *lock, bool was_there, char *error, size_t error_size)
{
    bool from_other = was_there && !lock_record_is_of(&lock->other, lock->record.machine);

    int rc = write_own(lock, clock_uptime_ms());
    if (rc < 0 || !from_other)
        return rc == -ENOSPC || rc == -EDQUOT || rc == 0 ? 0 : fail(rc, error, error_size);
    sleep_ms(SETTLE_MS);
    rc = read_record(&lock->disk, &lock->other);
    if (rc < 0)
        return fail(rc, error, error_size);
    return lock->other.run != lock->record.run ? fail_busy(&lock->other, error, error_size) : 0;
}

static int take(struct dir_lock *lock, void (*warn_cb)(bool is_warning, const char *line), char *error,
                size_t error_size)
{
    int rc = read_record(&lock->disk, &lock->other);
    bool was_there = rc == 0;

    if (rc < 0 && rc != -ENOENT && rc != RC_OWN_LOCK)
        return fail(rc, error, error_size);
    if (was_there && lock->other.running && !lock_record_is_of(&lock->other, lock->record.machine)) {
        warn_wait(&lock->other, warn_cb);
        rc = wait_for_end(lock, error, error_size);
        if (rc < 0)
            return rc;
    }
    return write_and_settle(lock, was_there, error, error_size);
}

int dir_lock_take(struct dir_lock *lock, int dir_fd, void (*warn_cb)(bool is_warning, const char *line), char *error,
                  size_t error_size)
{
    *lock = (struct dir_lock){.disk = disk_posix(dir_fd)};
    name_run(&lock->record);
    lock->file = disk_open(&lock->disk, LOCK_RECORD_FILE, DISK_LOCKED);
    if (lock->file == -EBUSY) {
        (void)read_record(&lock->disk, &lock->other);
        return fail_busy(&lock->other, error, error_size);
    }
    if (lock->file == -ENOSPC || lock->file == -EDQUOT)
        return 0;
    return lock->file < 0 ? fail(lock->file, error, error_size) : take(lock, warn_cb, error, error_size);
}

/* ---- looking ---- */

int dir_lock_look(int dir_fd, char *error, size_t error_size)
{
    const struct disk disk = disk_posix(dir_fd);
    struct lock_record found = {0};

    int rc = read_record(&disk, &found);
    if (rc == -ENOENT)
        return 0;
    int file = regular_file_open(dir_fd, LOCK_RECORD_FILE, O_RDWR, 0);
    if (rc < 0 || file < 0)
        return fail(rc < 0 ? rc : file, error, error_size);
    bool is_locked = flock(file, LOCK_EX | LOCK_NB) < 0;
    close(file);
    return is_locked || (found.running && !lock_record_is_of(&found, own_machine()))
               ? fail_busy(&found, error, error_size)
               : 0;
}

/* ---- keeping it ---- */

/* The file was removed, or had no room at start. */
static int reopen(struct dir_lock *lock)
{
    int file = disk_open(&lock->disk, LOCK_RECORD_FILE, DISK_LOCKED);

    if (file < 0)
        return file;
    if (lock->file >= 0)
        (void)disk_close(&lock->disk, lock->file);
    lock->file = file;
    return 0;
}

static bool is_older_than(const struct dir_lock *lock, uint64_t age_ms)
{
    uint64_t renewed_ms = atomic_load(&lock->renewed_ms);

    return renewed_ms == 0 || clock_uptime_ms() - renewed_ms > age_ms;
}

int dir_lock_renew(struct dir_lock *lock)
{
    struct lock_record found;
    uint64_t began_ms = clock_uptime_ms();
    int rc = lock_record_read(&lock->disk, &found);

    if (rc == 0 && found.run != lock->record.run) {
        lock->other = found;
        atomic_store(&lock->renewed_ms, 0);
        return -EBUSY;
    }
    if (rc == -ENOENT || lock->file < 0)
        rc = reopen(lock);
    if (rc < 0 && rc != -EBADMSG && rc != RC_OWN_LOCK)
        return rc;
    /* This process or the disk has hung: what was read may not be so any more. */
    if (dir_lock_has_lapsed(lock) && clock_uptime_ms() - began_ms > LOCK_RECORD_LOOK_MS_MAX)
        return -ETIMEDOUT;
    lock->record.count++;
    return write_own(lock, began_ms);
}

bool dir_lock_is_due(const struct dir_lock *lock)
{
    return is_older_than(lock, LOCK_RECORD_RENEW_MS);
}

bool dir_lock_has_lapsed(const struct dir_lock *lock)
{
    return is_older_than(lock, LOCK_RECORD_LAPSE_MS);
}

static int dir_lock_on_open(const struct disk *disk, const char *name, enum disk_mode mode)
{
    const struct dir_lock *lock = disk->context;

    return mode != DISK_READ && dir_lock_has_lapsed(lock) ? -ENOLCK : disk_open(&lock->disk, name, mode);
}

struct disk dir_lock_guarded_disk(struct dir_lock *lock)
{
    struct disk disk = lock->disk;

    lock->guarded_calls = *disk.calls;
    lock->guarded_calls.open = dir_lock_on_open;
    disk.calls = &lock->guarded_calls;
    disk.context = lock;
    return disk;
}

void dir_lock_release(struct dir_lock *lock)
{
    struct lock_record found;

    if (lock->disk.calls == NULL || lock->file < 0)
        return;
    lock->record.running = false;
    if (lock_record_read(&lock->disk, &found) == 0 && found.run == lock->record.run)
        (void)write_own(lock, clock_uptime_ms());
    (void)disk_close(&lock->disk, lock->file);
    lock->file = -1;
}
