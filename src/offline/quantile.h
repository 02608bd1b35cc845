/* Pure. Computes a quantile of unsorted values in linear time. */
#ifndef OFFLINE_QUANTILE_H
#define OFFLINE_QUANTILE_H

#include <stddef.h>

/* The quantile at share (0 to 1) of n > 0 values, interpolated between its two neighbours in order (type 7 of Hyndman &
 * Fan, The American Statistician 50, 1996). Reorders the values. */
double quantile_of(double *values, size_t n, double share);

#endif
