/* Pure. The phases of a hook's run: each event results in the next action of the shell.
 *
 *     FREE -> RUNNING -> exit ----------------------------------------> EXITED -> CLOSING -> FREE
 *                     -> time limit, stop: TERMINATING -> KILLED -> exit -^
 *
 * A run that is not finished within its time limit gets SIGTERM, and SIGKILL term_ms later. It has ended when the
 * program has, not when its output has: a process that it leaves in the background may hold that open. */
#ifndef COLLECTOR_AUTOSCALE_HOOK_LIFE_H
#define COLLECTOR_AUTOSCALE_HOOK_LIFE_H

#include "collector/autoscale/hook_result.h"

#include <stdbool.h>
#include <stdint.h>

enum hook_phase {
    HOOK_FREE,
    HOOK_RUNNING,
    HOOK_TERMINATING, /* has got SIGTERM */
    HOOK_KILLED,      /* has got SIGKILL */
    HOOK_EXITED,      /* the rest of the output is read */
    HOOK_CLOSING
};

/* All zero: free. */
struct hook_life {
    enum hook_phase phase;
    struct hook_result result; /* but for wait_ms and failures, which the queue knows */
    bool is_abandoned;         /* the rest of the output is not waited for */
    bool output_ended;
    uint64_t term_ms;
};

/* What the shell does, in this order. All zero: nothing. */
struct hook_step {
    int signum;        /* sends it to the whole process group; 0: none */
    uint64_t timer_ms; /* calls hook_life_timer() then, instead of at the time before; 0: leaves the timer */
    bool close;        /* closes everything, then calls hook_life_closed() */
};

/* The program starts for that call; its time limit is timeout_ms. */
struct hook_step hook_life_begin(struct hook_life *life, const struct hook_call *call, uint64_t timeout_ms,
                                 uint64_t term_ms);

/* It could not be started; rc: a negative errno. */
struct hook_step hook_life_not_started(struct hook_life *life, int rc);

struct hook_step hook_life_timer(struct hook_life *life);
struct hook_step hook_life_exited(struct hook_life *life, int64_t exit_status, int signum);
struct hook_step hook_life_output_ended(struct hook_life *life);

/* Ends it before its time: SIGTERM, and SIGKILL term_ms later. A run that has got SIGTERM already keeps its verdict. */
struct hook_step hook_life_stop(struct hook_life *life, uint64_t term_ms);

/* Kills it at once, and does not wait long for its end. */
struct hook_step hook_life_kill(struct hook_life *life);

void hook_life_closed(struct hook_life *life, uint64_t duration_ms);

#endif
