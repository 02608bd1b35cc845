/* Runs a program that reports signals, once: its standard output and standard error go to the owner.
 *
 * Happy path: the spawner starts it as the leader of a session of its own, its output is read as it comes, and when it
 * has ended and its pipes are read to their end, the owner learns how. Failures: a program that can't be started ends
 * with an error. Between two reads is a pause, so that a program that floods its output fills its pipe instead of the
 * loop. Processes that it leaves behind keep its pipes open: FEED_RUN_REST_MS after its end, they are closed. */
#ifndef COLLECTOR_FEEDS_FEED_RUN_H
#define COLLECTOR_FEEDS_FEED_RUN_H

#include "collector/spawn/spawner.h"

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#define FEED_RUN_PAUSE_MS 100U   /* between two reads */
#define FEED_RUN_REST_MS  1000U  /* for output that is left when the program has ended */
#define FEED_RUN_BUFFER   16384U /* bytes of one read */
#define FEED_RUN_FILES    2U     /* descriptors of a run */

struct feed_run_events {
    void (*on_output)(const char *data, size_t len, void *arg);
    void (*on_error_output)(const char *data, size_t len, void *arg);
    /* The last event. */
    void (*on_ended)(const struct spawner_end *end, void *arg);
};

struct feed_run {
    const struct feed_run_events *events; /* NULL: nobody is interested any more */
    void *arg;
    char *buffer; /* which all runs may share */
    struct spawner_child child;
    struct spawner_end end;
    uv_pipe_t out;
    uv_pipe_t err;
    uv_timer_t pause;
    uv_timer_t rest;
    unsigned open;    /* handles that are not closed yet */
    unsigned outputs; /* pipes that are not read to their end yet */
    bool has_ended;
    bool is_over;
};

/* Starts arguments[0]. buffer: of FEED_RUN_BUFFER bytes. Returns NULL without memory; a program that can't be started
 * ends, later. */
struct feed_run *feed_run_start(uv_loop_t *loop, struct spawner *spawner, char *const *arguments, char *buffer,
                                const struct feed_run_events *events, void *arg);

/* Kills it; on_ended follows. */
void feed_run_kill(struct feed_run *run);

/* Kills it. No event comes any more, and the run frees itself: when the program has ended, or, if it is not to wait for
 * that, when its handles are closed. */
void feed_run_abandon(struct feed_run *run, bool waits);

#endif
