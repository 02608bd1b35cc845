/* Runs the programs that carry decisions out: `PROGRAM scale GROUP CURRENT DESIRED`, the decision's record as JSON on
 * standard input, what it writes line by line in the log. Exit status 0 accepts the order.
 *
 * Which order is next, and when, is hook_queue's. A run that is not done within timeout_ms gets SIGTERM, and SIGKILL
 * HOOK_TERM_MS later: its whole process group does, which is also a session of its own. A run has ended when the
 * program has, not when its output has: what it leaves running in the background may hold that open, and is left alone
 * unless the time was up. Nothing of this concerns other groups: a hook that hangs or floods its output costs only its
 * own. */
#ifndef COLLECTOR_HOOK_H
#define COLLECTOR_HOOK_H

#include "collector/hook_output.h"
#include "collector/hook_queue.h"
#include "collector/hook_result.h"
#include "common/log.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#define HOOK_BUFFER 16384U

#define HOOK_TERM_MS      5000U /* from SIGTERM to SIGKILL */
#define HOOK_GRACE_MS     5000U /* at the end, until SIGTERM */
#define HOOK_LAST_TERM_MS 2000U /* and from there to SIGKILL */

struct hook_events {
    /* The program to run for a group, asked before each run, since a reload may change it. NULL: none any more, so the
     * order is dropped. */
    const char *(*program)(const char *group, void *arg);
    /* A run has begun. May be NULL. */
    void (*on_started)(unsigned index, const char *group, unsigned current, unsigned desired, void *arg);
    /* A run has ended, or could not begin; it is logged already. New orders may be given in it. May be NULL. */
    void (*on_ended)(unsigned index, const char *group, const struct hook_result *result, void *arg);
};

typedef void hook_drained_cb(void *arg);

enum hook_phase {
    HOOK_FREE,
    HOOK_RUNNING,
    HOOK_TERMINATING, /* has got SIGTERM */
    HOOK_KILLED,      /* has got SIGKILL */
    HOOK_EXITED,      /* what is left in the pipe is read */
    HOOK_CLOSING
};

struct hook_run {
    struct hook *hook;
    unsigned index; /* of the group */
    enum hook_phase phase;
    uv_process_t process;
    uv_pipe_t in;  /* our end of its standard input */
    uv_pipe_t out; /* likewise of its standard output and error */
    uv_timer_t timer;
    uv_timer_t pause; /* of reading */
    uv_write_t write;
    unsigned open; /* handles that are not closed yet */
    uint64_t started_ms;
    struct hook_result result;
    struct hook_output output;
    struct log_limit limit;
};

struct hook {
    uv_loop_t *loop;
    uint64_t timeout_ms; /* may be changed at any time, for the runs that begin then */
    uint64_t term_ms;    /* HOOK_TERM_MS and so on, but in tests */
    uint64_t grace_ms;
    uint64_t last_term_ms;
    const struct hook_events *events;
    void *arg;
    struct hook_queue queue;
    struct hook_run runs[HOOK_RUNS_MAX];
    uv_timer_t timer; /* for the next order; at the end, of the grace time */
    char **environment;
    bool draining;
    bool closed;
    hook_drained_cb *drained_cb;
    void *drained_arg;
    char buffer[HOOK_BUFFER];
};

/* events and arg are the caller's. seed: for jitter. The signals of the program are as after signals_start(). 0 or
 * -ENOMEM. */
int hook_start(struct hook *hook, uv_loop_t *loop, uint64_t timeout_ms, uint64_t seed, const struct hook_events *events,
               void *arg);

/* Orders so many nodes for the group; see hook_queue.h for index, group and order, whose record is taken over. Each
 * order is run unless a newer one comes first or it is withdrawn: one that says nothing new is better not given. After
 * hook_drain() or hook_close() it is dropped. */
void hook_put(struct hook *hook, unsigned index, const char *group, const struct hook_order *order);

/* The group's order is not wanted any more: neither what waits nor a retry. What runs goes on. */
void hook_withdraw(struct hook *hook, unsigned index);

/* What the group has running, waiting and failed, to be shown. Valid until the next call of this module. */
const struct hook_slot *hook_slot(const struct hook *hook, unsigned index);

/* No more runs begin, and waiting orders are dropped. Calls drained_cb when the last run has ended, maybe before this
 * returns; that is at the latest after HOOK_GRACE_MS, when all get SIGTERM, and HOOK_LAST_TERM_MS, when they get
 * SIGKILL.
 */
void hook_drain(struct hook *hook, hook_drained_cb *drained_cb, void *arg);

/* Kills what runs, without grace. No callback comes after this. The loop has to run empty. */
void hook_close(struct hook *hook);

/* After the loop has run empty; also what was never started, if it is all zeros. */
void hook_deinit(struct hook *hook);

#endif
