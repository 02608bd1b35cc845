/* Renews the lock of the data directory every ten seconds on a worker, and notices that another collector has it. */
#ifndef COLLECTOR_STORE_LOCK_RENEWAL_H
#define COLLECTOR_STORE_LOCK_RENEWAL_H

#include "collector/store/dir_lock.h"
#include "common/lasting_reason.h"
#include "common/recheck.h"

#include <stdbool.h>
#include <uv.h>

/* On the loop, once: other has the directory, and nothing is to be written into it. */
typedef void lock_renewal_lost_cb(const struct lock_record *other, void *arg);

struct lock_renewal {
    uv_loop_t *loop;
    struct dir_lock *lock;
    struct recheck recheck;
    int rc; /* of the last renewal */
    bool lost;
    struct lasting_reason reason;
    lock_renewal_lost_cb *lost_cb;
    void *arg;
};

/* The lock is taken, and outlives the loop's run. Cannot fail. */
void lock_renewal_start(struct lock_renewal *renewal, uv_loop_t *loop, struct dir_lock *lock,
                        lock_renewal_lost_cb *lost_cb, void *arg);

/* Renews it at once: a file can't be written. Nothing for a zeroed one. */
void lock_renewal_now(struct lock_renewal *renewal);

void lock_renewal_close(struct lock_renewal *renewal);

#endif
