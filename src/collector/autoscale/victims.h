/* Pure. Which nodes an order to scale in suggests to take away. */
#ifndef COLLECTOR_AUTOSCALE_VICTIMS_H
#define COLLECTOR_AUTOSCALE_VICTIMS_H

#include <stdbool.h>
#include <stdint.h>

struct victim_candidate {
    const char *node_id;
    int64_t known_ms; /* since when the node is known: the largest is the newest */
    double load;      /* any measure, the same for all; NaN: unknown */
    bool is_warming;  /* never a victim: nobody knows yet what it is good for */
};

/* Puts the candidates into the order in which they would go: those that warm up last, and among the others newest
 * first, then least loaded, unknown load after known, then by node_id. Returns how many there are to take, at most
 * wanted: they are the first ones. */
unsigned victims_choose(struct victim_candidate *candidates, unsigned count, unsigned wanted);

#endif
