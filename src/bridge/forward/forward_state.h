/* Pure. The state of a forwarder as JSON, for the collector, and as a line for people. */
#ifndef BRIDGE_FORWARD_FORWARD_STATE_H
#define BRIDGE_FORWARD_FORWARD_STATE_H

#include "bridge/forward/forward_set.h"
#include "bridge/forward/transfer.h"

#include <stddef.h>

struct forward_state {
    const char *name; /* of the engine */
    struct transfer_account rows;
    uint64_t damaged; /* lines that are not rows */
    struct forward_set_lost lost;
    uint64_t bytes_behind; /* of metrics.csv, behind the cursor: what the collector must not delete yet */
    uint64_t rewinds;
    int64_t wall_ms;     /* now, Unix time */
    int64_t behind_ms;   /* age of the oldest row that the engine has not accepted; 0: there is none */
    const char *problem; /* a sentence; empty: the engine accepts rows */
};

/* Returns the length, at most size - 1. */
size_t forward_state_json(const struct forward_state *state, char *text, size_t size);
void forward_state_line(const struct forward_state *state, char *text, size_t size);

#endif
