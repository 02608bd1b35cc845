/* Watches from afar whether a collector can be reached, while the agent speaks to another one.
 *
 * It opens a connection now and then and closes it at once. When that has gone well for PRIMARY_WATCH_STEADY_MS without
 * a failure between, the way back is taken to be safe. */
#ifndef AGENT_PRIMARY_WATCH_H
#define AGENT_PRIMARY_WATCH_H

#include "common/parse.h"

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#define PRIMARY_WATCH_INTERVAL_MS 10000U
#define PRIMARY_WATCH_STEADY_MS   60000U

typedef void primary_watch_cb(void *arg);

struct primary_watch {
    uv_loop_t *loop;
    const struct address *address;
    uv_timer_t timer;
    uv_tcp_t tcp;
    uv_connect_t connect;
    uv_getaddrinfo_t resolve;
    unsigned failures; /* in a row: each address of the name has its turn */
    bool watching;
    bool resolving;
    bool tcp_open; /* the handle is initialised and not yet closed */
    bool closing;
    uint64_t since_ms; /* reachable since then; 0: not */
    primary_watch_cb *cb;
    void *arg;
};

void primary_watch_init(struct primary_watch *scout, uv_loop_t *loop, const struct address *address,
                        primary_watch_cb *cb, void *arg);

/* Begins to watch anew; cb is called once, when the collector has been reachable for long enough. */
void primary_watch_watch(struct primary_watch *scout);
void primary_watch_rest(struct primary_watch *scout);

void primary_watch_close(struct primary_watch *scout);

#endif
