/* Locks a data directory against collectors on this and on other machines; see lock_record.h.
 *
 * Happy path: dir_lock_take() at start, dir_lock_renew() every LOCK_RECORD_RENEW_MS on a worker, dir_lock_release() at
 * the end. Failures: after a start behind a kill on this machine, flock() has shown that the other process is gone, and
 * nothing waits. The record of a collector on another machine that did not say that it ended is watched for 25 s: a
 * change of it refuses the start. A collector that could not renew its record for 20 s writes nothing until it can, and
 * one that finds the record to be another's has lost the directory. A write that already hangs in the kernel can't be
 * called back: only fencing of the machine makes sure of that (docs/availability.md). */
#ifndef COLLECTOR_STORE_DIR_LOCK_H
#define COLLECTOR_STORE_DIR_LOCK_H

#include "collector/store/lock_record.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

/* All zeros: nothing is locked. */
struct dir_lock {
    struct disk disk; /* NULL calls: not locked */
    int file;         /* -1: the disk has no room for it yet */
    struct lock_record record;
    struct lock_record other;         /* of the collector that has the directory, after -EBUSY */
    atomic_uint_least64_t renewed_ms; /* since boot; 0: not yet */
    struct disk_calls guarded_calls;
};

/* Locks the directory, which outlives the lock. warn_cb gets a line if it has to wait, which it does by sleeping.
 * Returns 0, -EBUSY: error is a sentence that says who has it, or another negative errno with its sentence. */
int dir_lock_take(struct dir_lock *lock, int dir_fd, void (*warn_cb)(bool is_warning, const char *line), char *error,
                  size_t error_size);

/* Whether a collector uses the directory, as far as can be seen without waiting, for a program that must not run beside
 * one. Changes nothing. Returns as dir_lock_take(). */
int dir_lock_look(int dir_fd, char *error, size_t error_size);

/* For a worker. Returns 0, -EBUSY: another collector has the directory, or another negative errno: try again. */
int dir_lock_renew(struct dir_lock *lock);

/* Whether it is time to renew it. */
bool dir_lock_is_due(const struct dir_lock *lock);

/* Whether the record is so old that another machine may take the directory: nothing is to be written. Any thread. */
bool dir_lock_has_lapsed(const struct dir_lock *lock);

/* The directory, where no file can be opened for writing while the lock has lapsed: -ENOLCK. After a take that has not
 * failed; the lock outlives it. */
struct disk dir_lock_guarded_disk(struct dir_lock *lock);

/* Says that the collector has ended, if the directory is still its own, and unlocks it. Also after a take that failed.
 */
void dir_lock_release(struct dir_lock *lock);

#endif
