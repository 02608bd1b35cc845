/* One program that reports signals: runs it, passes on its lines, and reports its signals as missing when it fails or
 * is silent.
 *
 * Happy path: it runs as feed_life decides, its lines are parsed and go to the caller. Failures: feed_life decides what
 * an end and silence mean; the last line of its standard error is the reason why its signals are missing. Lines that
 * can't be used are counted, and some of them logged. */
#ifndef COLLECTOR_FEEDS_FEED_H
#define COLLECTOR_FEEDS_FEED_H

#include "collector/autoscale/hook_output.h"
#include "collector/feeds/feed_life.h"
#include "collector/feeds/feed_run.h"
#include "collector/feeds/feed_specs.h"
#include "collector/spawn/spawner.h"
#include "common/log_limit.h"
#include "feed/feed_counts.h"
#include "feed/feed_line.h"
#include "feed/feed_split.h"

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

/* A line about a signal of the configuration. */
typedef void feed_line_cb(const struct feed_line *line, void *arg);

struct feed_options {
    struct spawner *spawner;
    const char *bridge; /* path of headroom-bridge */
    char *const *argv;  /* the collector's, which the bridge reads as well; ends with NULL */
    feed_line_cb *cb;
    void *arg;
};

/* What all programs share. */
struct feed_hub {
    uv_loop_t *loop;
    struct feed_options options;
    void (*on_ended)(void *arg); /* the life of a program has changed */
    void *arg;
    struct feed_counts lines;
    char buffer[FEED_RUN_BUFFER];
};

struct feed {
    struct feed_hub *hub;
    struct feed *next;
    struct feed_spec spec;
    struct feed_life life;
    struct feed_run *run; /* NULL: it does not run */
    struct feed_split split;
    uint64_t longer; /* lines that were too long, as far as they are counted */
    struct hook_output errors;
    char last_line[HOOK_LINE_MAX + sizeof "..."]; /* of this run's standard error */
    struct log_limit limit;
};

/* Takes over the names of the spec. It is due at once. NULL without memory. */
struct feed *feed_new(struct feed_hub *hub, struct feed_spec *spec, uint64_t tick_ms);

/* Kills the program. waits: for its end, which the kernel keeps a record of; otherwise it is not reaped. */
void feed_free(struct feed *feed, bool waits);

/* Whether it can go on under the spec, and does: takes over its names. */
bool feed_is(const struct feed *feed, const struct feed_spec *spec);
void feed_adopt(struct feed *feed, struct feed_spec *spec);

/* Does what is due. */
void feed_step(struct feed *feed);

#endif
