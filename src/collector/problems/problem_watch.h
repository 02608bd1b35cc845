/* Looks for problems every PROBLEM_WATCH_MS, or as often as the scaler decides if that is shorter: it counts the fleet
 * in slices of the loop, and then has problem_look note what is wrong. */
#ifndef COLLECTOR_PROBLEMS_PROBLEM_WATCH_H
#define COLLECTOR_PROBLEMS_PROBLEM_WATCH_H

#include "collector/problems/problem_look.h"
#include "common/slices.h"
#include "common/ticker.h"

#include <uv.h>

#define PROBLEM_WATCH_MS 5000U

/* A look has ended. */
typedef void problem_watch_cb(const struct problems *problems, const struct moment *now, void *arg);

struct problem_watch_options {
    struct problem_sources sources;
    struct fleet_counts *counts; /* those of the sources */
    const struct collector_config *config;
    problem_watch_cb *cb;
    void *arg;
};

struct problem_watch {
    struct problem_watch_options options;
    struct problems problems;
    struct problem_look look;
    struct ticker ticker;
    struct slices slices;
    uint64_t ticked_ms;     /* the last tick, by the clock of the loop */
    bool is_counted;        /* in the look under way */
    int64_t wall_offset_ms; /* see moment_of() */
};

/* Cannot fail. */
void problem_watch_start(struct problem_watch *watch, uv_loop_t *loop, const struct problem_watch_options *options);

/* Idempotent; also for zeros. */
void problem_watch_close(struct problem_watch *watch);

/* After the loop has run empty; also for zeros. */
void problem_watch_deinit(struct problem_watch *watch);

#endif
