#include "collector/store/lock_renewal.h"

#include "common/log.h"

#include <errno.h>
#include <string.h>

static bool lock_renewal_begin(void *arg)
{
    const struct lock_renewal *renewal = arg;

    return !renewal->lost;
}

static void lock_renewal_on_work(void *arg)
{
    struct lock_renewal *renewal = arg;

    renewal->rc = dir_lock_renew(renewal->lock);
}

static void note(struct lock_renewal *renewal)
{
    const char *text = strerror(-renewal->rc);

    if (renewal->rc == 0)
        lasting_reason_end(&renewal->reason);
    else if (lasting_reason_is_news(&renewal->reason, text, uv_now(renewal->loop)))
        log_warning(LOCK_RECORD_FILE
                    " can't be renewed: %s; it is tried again, and 20 s after the last success nothing more is written",
                    text);
}

static void lock_renewal_on_done(void *arg, bool valid)
{
    struct lock_renewal *renewal = arg;

    if (renewal->rc != -EBUSY) {
        note(renewal);
        return;
    }
    if (!valid)
        return;
    renewal->lost = true;
    renewal->lost_cb(&renewal->lock->other, renewal->arg);
}

void lock_renewal_start(struct lock_renewal *renewal, uv_loop_t *loop, struct dir_lock *lock,
                        lock_renewal_lost_cb *lost_cb, void *arg)
{
    static const struct recheck_calls calls = {lock_renewal_begin, lock_renewal_on_work, lock_renewal_on_done};

    *renewal = (struct lock_renewal){.loop = loop, .lock = lock, .lost_cb = lost_cb, .arg = arg};
    recheck_start(&renewal->recheck, loop, &calls, renewal);
    recheck_now(&renewal->recheck);
}

void lock_renewal_now(struct lock_renewal *renewal)
{
    recheck_now(&renewal->recheck);
}

void lock_renewal_close(struct lock_renewal *renewal)
{
    recheck_close(&renewal->recheck);
}
