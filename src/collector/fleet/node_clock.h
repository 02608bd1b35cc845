/* Pure. When a sample was taken, by the collector's monotonic clock, from the node's own clock that never steps
 * (CLOCK_BOOTTIME).
 *
 * The age of a sample when its batch was made is known: sent_uptime_ms - uptime_ms. The time the batch was under way is
 * not, but the quickest batch of late shows how far both clocks are apart at most; what another took longer is its
 * lateness. So samples whose batches were held up, and came all at once, keep the times at which they were taken.
 *
 * "Of late" is this window and the one before, of WINDOW_MS each in which something came: clocks drift, and the clock
 * of a virtual machine may have stood still. */
#ifndef COLLECTOR_FLEET_NODE_CLOCK_H
#define COLLECTOR_FLEET_NODE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

struct node_clock {
    bool known;
    uint64_t since_ms; /* this window began */
    int64_t smallest;  /* now - sent_uptime_ms of the quickest batch: in this window */
    int64_t smallest_before;
};

/* A batch has come: how much later than the quickest one, 0 to most_ms. */
int64_t node_clock_lateness(struct node_clock *clock, uint64_t sent_uptime_ms, uint64_t now_ms, int64_t most_ms);

#endif
