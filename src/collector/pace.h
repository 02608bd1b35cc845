/* Pure. When a loop should rest, so that it serves many small events in few turns.
 *
 * With thousands of agents something always comes. Woken for each frame, a process spends more on waking than on the
 * frame; what came within two milliseconds is served in one turn at a fraction of that. So turns are counted: up to
 * PACE_BURST at once are free, and PACE_PER_SECOND for ever; beyond that the loop rests until the next one is due. A
 * loop that has few events, or whose turns are long because much came, never rests. */
#ifndef COLLECTOR_PACE_H
#define COLLECTOR_PACE_H

#include <stdint.h>

#define PACE_PER_SECOND 500U /* so no rest is longer than 2 ms */
#define PACE_BURST      50U

/* All zero is the start. */
struct pace {
    uint64_t due_us; /* until then turns are paid for */
};

/* A turn has ended: how long to rest before the next one. now_us: a clock that never steps. */
uint64_t pace_rest_us(struct pace *pace, uint64_t now_us);

#endif
