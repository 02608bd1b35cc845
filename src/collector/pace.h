/* Pure. Decides how long an event loop should rest, so that it serves many small events in few turns.
 *
 * With thousands of agents there is always an event. A process that is woken for each frame spends more on waking than
 * on the frame; serving all frames of two milliseconds in one turn costs a fraction of that. So turns are rationed, by
 * a token bucket: up to PACE_BURST at once, and PACE_PER_SECOND in the long run; beyond that the loop rests until the
 * next turn is due. A loop that has few events, or whose turns are long because many events came, never rests. */
#ifndef COLLECTOR_PACE_H
#define COLLECTOR_PACE_H

#include <stdint.h>

#define PACE_PER_SECOND 500U /* so that no rest is longer than 2 ms */
#define PACE_BURST      50U

/* All zero to begin with. */
struct pace {
    uint64_t due_us; /* when the next turn is due at PACE_PER_SECOND */
};

/* A turn has ended: how long to rest before the next one. now_us: monotonic. */
uint64_t pace_rest_us(struct pace *pace, uint64_t now_us);

#endif
