/* Pure. Learns how far past errors can be trusted: a factor on the share of outcomes above the bound that they promise.
 *
 * The bound is the cheapest one of many, of the cheapest strategy of many: the past errors that decided both are above
 * it more rarely than those to come. The doubt rises with each outcome above the bound and falls with the others, so
 * that in the long run as many are above it as were promised. */
#ifndef SCALER_DOUBT_H
#define SCALER_DOUBT_H

#include <stdbool.h>

#define DOUBT_NONE 1.0

/* The doubt after an outcome. promised: the share of outcomes above the bound that was published, doubt included. */
double doubt_learn(double doubt, double promised, bool is_above);

#endif
