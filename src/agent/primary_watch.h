/* Watches whether the primary collector can be reached, while the agent talks to another one.
 *
 * Happy path: each PRIMARY_WATCH_INTERVAL_MS it opens a connection and closes it at once; once that has succeeded for
 * PRIMARY_WATCH_STEADY_MS, it reports that the way back is safe.
 * Failures: any failed attempt begins that time from scratch. */
#ifndef AGENT_PRIMARY_WATCH_H
#define AGENT_PRIMARY_WATCH_H

#include "agent/reachability.h"
#include "common/dial.h"
#include "common/parse.h"

#include <uv.h>

#define PRIMARY_WATCH_INTERVAL_MS 10000U
#define PRIMARY_WATCH_STEADY_MS   60000U

typedef void primary_watch_cb(void *arg);

struct primary_watch {
    struct reachability reachability;
    const struct address *address;
    struct dial dial;
    uv_timer_t timer;
    primary_watch_cb *cb;
    void *arg;
};

/* Rests at first. limit_ms: as of dial_init(). The address is the caller's. */
void primary_watch_init(struct primary_watch *watch, uv_loop_t *loop, const struct address *address, uint32_t limit_ms,
                        primary_watch_cb *cb, void *arg);

/* Watches from scratch; cb is called once, when the collector is steadily reachable. */
void primary_watch_begin(struct primary_watch *watch);
void primary_watch_rest(struct primary_watch *watch);

/* Also for a zeroed one, and more than once. */
void primary_watch_close(struct primary_watch *watch);

#endif
