/* Pure. Computes how many nodes carry a demand, and how large a change of their number is at least. */
#ifndef SCALER_SIZING_H
#define SCALER_SIZING_H

#include <stdbool.h>

/* The fewest nodes of that weight, at least one, that carry the demand at that utilisation; both > 0. */
unsigned sizing_nodes(double demand, double utilisation, double weight);

/* The number rounded up to whole nodes, apart from rounding errors. NaN and negative numbers give 0. */
unsigned sizing_whole(double nodes);

/* How many nodes to have when more are wanted than there are: at least 5 % more than now. So a slow rise needs few
 * actions, and none of its nodes comes too late because it was too few to be ordered. */
unsigned sizing_out(unsigned current, unsigned wanted);

/* The most nodes that a scale-in leaves: at least 12 % fewer than now. */
unsigned sizing_in(unsigned current);

/* Whether a scale-in from current to wanted nodes is outside the dead band of 12 %. */
bool sizing_worth(unsigned current, unsigned wanted);

#endif
