/* Runs the hook for the orders of hook_queue, and reports the result of each run.
 *
 * Exit status 0 accepts the order. hook_queue decides which order is next, and when; hook_run is one run. A hook
 * that hangs, fails or floods its output affects only its own group. */
#ifndef COLLECTOR_AUTOSCALE_HOOK_H
#define COLLECTOR_AUTOSCALE_HOOK_H

#include "collector/autoscale/hook_queue.h"
#include "collector/autoscale/hook_run.h"
#include "scaler/decision.h"

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#define HOOK_BUFFER 16384U

#define HOOK_TERM_MS      5000U /* from SIGTERM, at the time limit, to SIGKILL */
#define HOOK_GRACE_MS     5000U /* at the end, until SIGTERM */
#define HOOK_LAST_TERM_MS 2000U /* and from there to SIGKILL */

struct hook_events {
    /* A run is about to begin. Returns the program; NULL: the order is not to be run any more, and is dropped. */
    const char *(*begin)(unsigned index, void *arg);
    /* A run has ended, or could not begin; it is logged already. The callback may put an order into the queue. May be
     * NULL. */
    void (*on_ended)(unsigned index, const struct hook_result *result, void *arg);
};

typedef void hook_drained_cb(void *arg);

struct hook;

struct hook_place {
    struct hook *hook;
    struct hook_place *next;
    unsigned index; /* of the group whose run it is */
    struct hook_run run;
};

struct hook {
    uv_loop_t *loop;
    struct spawner *spawner;
    uint64_t timeout_ms;
    uint64_t term_ms; /* HOOK_TERM_MS and so on, but in tests */
    uint64_t grace_ms;
    uint64_t last_term_ms;
    const struct hook_events *events;
    void *arg;
    struct hook_queue queue;
    struct hook_place *places; /* one for each run, linked */
    uv_timer_t timer;          /* for the next order; at the end, of the grace time */
    bool draining;
    bool closed;
    hook_drained_cb *drained_cb;
    void *drained_arg;
    char buffer[HOOK_BUFFER];
};

/* spawner, events and arg belong to the caller. seed: for jitter. SIGPIPE is ignored, as after signals_start(). 0 or
 * -ENOMEM. */
int hook_start(struct hook *hook, struct spawner *spawner, uv_loop_t *loop, uint64_t timeout_ms, uint64_t seed,
               const struct hook_events *events, void *arg);

/* An order was put into hook->queue: begins the runs that may begin now. Each order is run unless a newer one comes
 * first or it is withdrawn. Nothing begins after hook_drain() or hook_close(). */
void hook_poke(struct hook *hook);

/* The time limit of the runs that begin from now on. */
void hook_set_timeout(struct hook *hook, uint64_t timeout_ms);

/* Begins no more runs, and drops waiting orders. Calls drained_cb when the last run has ended, possibly before this
 * returns. Runs that take longer get SIGTERM after HOOK_GRACE_MS, and SIGKILL HOOK_LAST_TERM_MS later. */
void hook_drain(struct hook *hook, hook_drained_cb *drained_cb, void *arg);

/* Kills all runs at once. No callback is called after this. The loop has to run empty. */
void hook_close(struct hook *hook);

/* After the loop has run empty; also for a hook that was never started, if it is all zeros. */
void hook_deinit(struct hook *hook);

#endif
