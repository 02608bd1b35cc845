/* Pure. Remembers scale-ins that had to be undone, so that the next one waits longer.
 *
 * At a load just below a boundary a group would shrink and grow again, each time a window later: fewer nodes are enough
 * by a little, and too few by a little. A scale-in was wrong if nodes are ordered again within an hour although demand
 * has hardly risen. Each such one doubles the window that the next one waits, up to an hour. It is forgotten after an
 * hour without another one, and does not matter while demand is clearly lower than it was then. */
#ifndef SCALER_UNDONE_H
#define SCALER_UNDONE_H

#include "scaler/decision.h"

#include <stdint.h>

/* All zeros: there was none. */
struct undone {
    int64_t in_ms;                 /* the last scale-in; 0: none, or it has been judged */
    unsigned from;                 /* the nodes before it, */
    double demand[RESOURCE_COUNT]; /* and the demand */
    unsigned times;                /* how many had to be undone in a row */
    int64_t last_ms;               /* the last time; 0: never */
    unsigned nodes;                /* how many were wanted then, */
    enum resource resource;        /* by which resource, */
    double limit;                  /* and its demand at the scale-in that was undone */
};

/* The decision's order was placed. */
void undone_note(struct undone *undone, const struct decision *d);

/* A scale-in since that time was withdrawn. */
void undone_withdraw(struct undone *undone, int64_t since_ms);

/* How long a scale-in to fewer than undone->nodes waits after the last one was undone; 0: it does not. */
int64_t undone_wait_ms(const struct undone *undone, const struct decision *d);

#endif
