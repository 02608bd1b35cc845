/* Pure. A histogram of latencies, from 0 to 2^HISTOGRAM_BITS - 1, after HdrHistogram (Gil Tene): exact below 32, and
 * above within 1/16 of the value, in fixed memory and a few instructions a value. The unit is the caller's. */
#ifndef COMMON_HISTOGRAM_H
#define COMMON_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_BITS     40U /* microseconds: 12 days */
#define HISTOGRAM_SUB_BITS 4U  /* buckets in each power of two, as a power of two */
#define HISTOGRAM_BUCKETS  ((HISTOGRAM_BITS - HISTOGRAM_SUB_BITS + 1U) << HISTOGRAM_SUB_BITS)

/* All zero is an empty one. */
struct histogram {
    uint64_t count;
    uint64_t max;
    uint64_t sum;
    uint64_t buckets[HISTOGRAM_BUCKETS];
};

/* So many times this value; one that is too large is taken for the largest. */
void histogram_add(struct histogram *histogram, uint64_t value, uint64_t count);

/* How many values are not above this one, as exactly as buckets tell. */
uint64_t histogram_up_to(const struct histogram *histogram, uint64_t value);

/* The least value that no more than 1 - share of all values are above, rounded up within its bucket; 0 when there is
 * none. share: 0 to 1. */
uint64_t histogram_percentile(const struct histogram *histogram, double share);

/* Where the values are the lengths of times during which nothing is served, one after the other within total: how long
 * something that comes at a random moment has to wait, as its percentile. Long times count for more than their number,
 * because more comes while they last. */
uint64_t histogram_wait(const struct histogram *histogram, uint64_t total, double share);

#endif
