/* Looks at what others may change, such as files, every ten seconds and when asked to. The look is taken on a worker,
 * since a file on a network may hang; there is one at a time, so that what hangs holds one worker and no more. */
#ifndef COMMON_RECHECK_H
#define COMMON_RECHECK_H

#include "common/ticker.h"

#include <stdbool.h>
#include <uv.h>

struct recheck_calls {
    bool (*begin)(void *arg);            /* on the loop: prepares what look() reads. Returns whether to look at all */
    void (*look)(void *arg);             /* on a worker */
    void (*done)(void *arg, bool valid); /* on the loop. valid: else what was found is old, and only to be freed */
};

struct recheck {
    const struct recheck_calls *calls; /* NULL: it does not run */
    void *arg;
    struct ticker ticker;
    uv_work_t work;
    bool works; /* a look is under way */
    bool again; /* since it began, recheck_now() was called */
};

/* The first look is taken by recheck_now(), or at the first tick. Cannot fail. */
void recheck_start(struct recheck *recheck, uv_loop_t *loop, const struct recheck_calls *calls, void *arg);

/* Looks at once. A look that is under way is not valid, and is followed by another. Nothing for a zeroed one. */
void recheck_now(struct recheck *recheck);

/* A look that is under way ends, and is not valid. Also for a zeroed one, and more than once. */
void recheck_close(struct recheck *recheck);

#endif
