/* How long the loop is busy at a time, which is how long everybody else waits.
 *
 * A turn of the loop is from one wait for events to the next. libuv tells how much of the time it waited
 * (uv_metrics_idle_time()); the rest of a turn the loop was held, by callbacks of any kind. What counts is not how many
 * turns are long, but how long an event that comes at any moment waits: see histogram_wait().
 *
 * It also lets the loop rest when its turns are many and short, see pace.h. Who comes meanwhile waits, so a rest is
 * part of its turn; but the loop is not busy then. */
#ifndef COLLECTOR_LOOP_WATCH_H
#define COLLECTOR_LOOP_WATCH_H

#include "collector/pace.h"
#include "common/histogram.h"

#include <stdint.h>
#include <uv.h>

struct loop_watch {
    uv_prepare_t prepare;
    uint64_t start_ns;
    uint64_t turn_ns; /* when this turn began */
    uint64_t idle_ns; /* until then */
    uint64_t rest_ns; /* at the begin of this turn */
    uint64_t busy_ns; /* all turns that have ended, without their rests */
    struct pace pace;
    struct histogram turns; /* us */
};

/* To be called before the loop runs. 0 or a negative errno; then nothing is started. */
int loop_watch_start(struct loop_watch *watch, uv_loop_t *loop);

void loop_watch_close(struct loop_watch *watch);

/* Since the start: the wait, in us, that no more than 1 - share of all moments are longer than; and how much of the
 * time the loop was busy, 0 to 1. */
uint64_t loop_watch_wait_us(const struct loop_watch *watch, double share);
double loop_watch_busy(const struct loop_watch *watch);

#endif
