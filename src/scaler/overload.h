/* Pure. Finds out whether more nodes end an overload of cpu. */
#ifndef SCALER_OVERLOAD_H
#define SCALER_OVERLOAD_H

#include <stdbool.h>

struct decision;

/* An overload since it began. All zeros: there is none. */
struct overload {
    bool lasts;
    unsigned live; /* when it began */
    double utilisation;
    unsigned joined; /* ticks since then at which nodes joined */
};

/* Sets d->futile: the nodes have doubled, in at least three steps, and are as loaded as before. */
void overload_step(struct overload *overload, struct decision *d);

#endif
