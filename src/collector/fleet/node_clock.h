/* Pure. Computes when a sample was taken, on the collector's monotonic clock, from the node's own clock that never
 * steps (CLOCK_BOOTTIME).
 *
 * The age of a sample when its batch was made is known: sent_uptime_ms - uptime_ms. How long the batch was in transit
 * is not; but the quickest recent batch bounds the offset between both clocks, and how much longer another one took is
 * its lateness. So samples whose batches were delayed, and arrived all at once, keep the times at which they were
 * taken.
 *
 * "Recent" means this window of WINDOW_MS and the one before it, as clocks drift, and the clock of a virtual machine
 * may have stood still. A window begins with a batch. */
#ifndef COLLECTOR_FLEET_NODE_CLOCK_H
#define COLLECTOR_FLEET_NODE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

struct node_clock {
    bool known;
    uint64_t since_ms;       /* when this window began */
    int64_t smallest;        /* now - sent_uptime_ms of the quickest batch in this window, */
    int64_t smallest_before; /* and in the one before */
};

/* A batch has arrived: how much later than the quickest one, from 0 to most_ms. */
int64_t node_clock_lateness(struct node_clock *clock, uint64_t sent_uptime_ms, uint64_t now_ms, int64_t most_ms);

#endif
