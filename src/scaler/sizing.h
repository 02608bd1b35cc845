/* Pure. Computes how many nodes carry a demand, and whether a change of their number is worth an action. */
#ifndef SCALER_SIZING_H
#define SCALER_SIZING_H

#include <stdbool.h>

/* The fewest nodes of that weight, at least one, that carry the demand at that utilisation; both > 0. */
unsigned sizing_nodes(double demand, double utilisation, double weight);

/* The number rounded up to whole nodes, apart from rounding errors. NaN and negative numbers give 0. */
unsigned sizing_whole(double nodes);

/* Whether the change from current to wanted nodes is outside the dead band: 5 % up, 12 % down. */
bool sizing_worth(unsigned current, unsigned wanted);

#endif
