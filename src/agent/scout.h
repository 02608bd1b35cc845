/* Watches from afar whether a collector can be reached, while the agent speaks to another one.
 *
 * It opens a connection now and then and closes it at once. When that has gone well for SCOUT_STEADY_MS without a
 * failure between, the way back is taken to be safe. */
#ifndef AGENT_SCOUT_H
#define AGENT_SCOUT_H

#include "common/parse.h"

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#define SCOUT_INTERVAL_MS 10000U
#define SCOUT_STEADY_MS   60000U

typedef void scout_cb(void *arg);

struct scout {
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
    scout_cb *cb;
    void *arg;
};

void scout_init(struct scout *scout, uv_loop_t *loop, const struct address *address, scout_cb *cb, void *arg);

/* Begins to watch anew; cb is called once, when the collector has been reachable for long enough. */
void scout_watch(struct scout *scout);
void scout_rest(struct scout *scout);

void scout_close(struct scout *scout);

#endif
