/* Pure. How many nodes carry a demand, and when another number of them is worth an action. */
#ifndef SCALER_SIZING_H
#define SCALER_SIZING_H

#include <stdbool.h>

#define SIZING_NODES_MAX 1000000U /* no answer is larger */

/* The fewest nodes, at least one, that carry the demand at that utilisation, each of the weight (both > 0). */
unsigned sizing_nodes(double demand, double utilisation, double weight);

/* The smallest whole number of nodes that is not below the number, but for rounding. NaN and negative numbers are 0. */
unsigned sizing_whole(double nodes);

/* Whether so many nodes differ enough from the present ones to be worth an action: by 5 % for more, 12 % for fewer. */
bool sizing_worth(unsigned current, unsigned wanted);

#endif
