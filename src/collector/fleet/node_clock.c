#include "collector/fleet/node_clock.h"

#define WINDOW_MS 30000U

int64_t node_clock_lateness(struct node_clock *clock, uint64_t sent_uptime_ms, uint64_t now_ms, int64_t most_ms)
{
    int64_t apart = (int64_t)(now_ms - sent_uptime_ms); /* modulo 2^64: a peer may send any number */

    if (!clock->known) {
        *clock = (struct node_clock){.known = true, .since_ms = now_ms, .smallest = apart, .smallest_before = apart};
    } else if (now_ms - clock->since_ms >= WINDOW_MS) {
        clock->since_ms = now_ms;
        clock->smallest_before = clock->smallest;
        clock->smallest = apart;
    } else if (apart < clock->smallest) {
        clock->smallest = apart;
    }
    int64_t smallest = clock->smallest < clock->smallest_before ? clock->smallest : clock->smallest_before;
    uint64_t late = (uint64_t)apart - (uint64_t)smallest;
    return late < (uint64_t)most_ms ? (int64_t)late : most_ms;
}
