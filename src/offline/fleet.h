/* Pure. A simulated fleet of identical nodes, one unit of demand each, that take a while to start. */
#ifndef OFFLINE_FLEET_H
#define OFFLINE_FLEET_H

#include <stdbool.h>
#include <stddef.h>

#define FLEET_DELAY_MAX 5760U /* steps until a node is ready: a day of 15 s */

struct fleet {
    unsigned ready;
    unsigned pending;                       /* ordered and not ready yet */
    unsigned joined;                        /* ready since the step before */
    unsigned left;                          /* removed when they were ready, by the last fleet_scale() */
    unsigned delay;                         /* steps from the order of a node until it is ready, 1 .. FLEET_DELAY_MAX */
    unsigned step;                          /* modulo delay + 1 */
    unsigned arriving[FLEET_DELAY_MAX + 1]; /* nodes by the step they are ready at, modulo delay + 1 */
};

void fleet_init(struct fleet *fleet, unsigned ready, unsigned delay);

/* Begins a step, the first or the next: the nodes that were ordered `delay` steps ago are ready. */
void fleet_begin_step(struct fleet *fleet);

/* What a policy wants in all, at least 1. More are ordered; of too many, those pending go first, the last ordered
 * before all others, then ready ones, at once. Returns whether that changed anything. */
bool fleet_scale(struct fleet *fleet, unsigned desired);

#endif
