/* Pure. A histogram of latencies from 0 to 2^HISTOGRAM_BITS - 1, based on HdrHistogram (Gil Tene): exact below 32,
 * accurate to 1/16 of the value above, in fixed memory and with a few instructions per value. The unit is the
 * caller's. */
#ifndef COMMON_HISTOGRAM_H
#define COMMON_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_BITS     40U /* microseconds: 12 days */
#define HISTOGRAM_SUB_BITS 4U  /* buckets in each power of two, as a power of two */
#define HISTOGRAM_BUCKETS  ((HISTOGRAM_BITS - HISTOGRAM_SUB_BITS + 1U) << HISTOGRAM_SUB_BITS)

/* All zeros: empty. */
struct histogram {
    uint64_t count;
    uint64_t max;
    uint64_t sum;
    uint64_t buckets[HISTOGRAM_BUCKETS];
};

/* Adds `count` times this value; a value that is too large counts as the largest. */
void histogram_add(struct histogram *histogram, uint64_t value, uint64_t count);

/* How many values are not above this one, to the precision of the buckets. */
uint64_t histogram_up_to(const struct histogram *histogram, uint64_t value);

/* The smallest value that at most 1 - share of all values exceed, rounded up within its bucket; 0 if empty. share: 0
 * to 1. */
uint64_t histogram_percentile(const struct histogram *histogram, double share);

/* For values that are the lengths of successive periods, within `total`, during which nothing is served: the percentile
 * of how long a request that arrives at a random moment has to wait. Long periods weigh more than their number, because
 * more requests arrive during them. */
uint64_t histogram_wait(const struct histogram *histogram, uint64_t total, double share);

#endif
