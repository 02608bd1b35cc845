/* Measures how long each turn of the loop takes, which is how long other events wait.
 *
 * A turn of the loop lasts from one wait for events to the next. libuv reports how long it waited
 * (uv_metrics_idle_time()); for the rest of the turn, callbacks held the loop. What counts is not how many turns are
 * long, but how long an event at any moment waits: see histogram_wait().
 *
 * The CPU time of each turn is what the program itself is the reason for: a turn also takes longer when other programs
 * use the processors. */
#ifndef COLLECTOR_LOOP_WATCH_H
#define COLLECTOR_LOOP_WATCH_H

#include "common/histogram.h"

#include <stdint.h>
#include <uv.h>

struct loop_watch {
    uv_prepare_t prepare;
    uint64_t start_ns;      /* when the loop was first about to wait; 0: it was not yet */
    uint64_t turn_ns;       /* when this turn began */
    uint64_t idle_ns;       /* how long the loop had waited by then, since its start */
    uint64_t busy_ns;       /* all complete turns */
    struct histogram turns; /* us */
    uint64_t cpu_us;        /* of the loop's thread, at the beginning of this turn */
    struct histogram cpus;  /* us of CPU time, of each turn */
};

/* Call it before the loop runs. 0, or a negative errno and nothing is started. */
int loop_watch_start(struct loop_watch *watch, uv_loop_t *loop);

void loop_watch_close(struct loop_watch *watch);

/* How long an event at a random moment since the start has waited at most, with probability `share`. */
uint64_t loop_watch_wait_us(const struct loop_watch *watch, double share);

/* The same if each turn took no longer than its CPU time. */
uint64_t loop_watch_cpu_us(const struct loop_watch *watch, double share);

/* The share of the time since the start that the loop was busy, 0 to 1. */
double loop_watch_busy(const struct loop_watch *watch);

#endif
