/* Pure. Judges what a node says of its own size: its weight for cpu, memory or app. One that differs from the median of
 * its group by more than a factor of GROUP_SIZES_FACTOR is not believed, and counts as the median, so that a single
 * node can't outweigh the others. The group's setting node-sizes lifts the rule. */
#ifndef COLLECTOR_FLEET_GROUP_SIZES_H
#define COLLECTOR_FLEET_GROUP_SIZES_H

#include "scaler/settings.h"

#include <stdbool.h>
#include <stdint.h>

#define GROUP_SIZES_FACTOR 64.0

/* All zero: nothing is known yet, and everything is believed. */
struct group_sizes {
    double median[RESOURCE_COUNT]; /* of the live nodes at the last tick; 0: unknown */
    bool any;                      /* every size is believed */
};

/* Whether a weight above 0 is believed, and the weight that counts. */
bool group_sizes_believes(const struct group_sizes *sizes, enum resource resource, double weight);
double group_sizes_weight(const struct group_sizes *sizes, enum resource resource, double weight);

/* ---- the median ---- */

#define GROUP_SIZES_BUCKETS 64U

/* The weights of one resource by powers of two. */
struct group_sizes_count {
    uint32_t nodes[GROUP_SIZES_BUCKETS];
    double weight[GROUP_SIZES_BUCKETS]; /* their sum */
    uint32_t all;
    double least; /* valid if there are any */
    double most;
};

/* Counts a weight above 0. */
void group_sizes_add(struct group_sizes_count *count, double weight);

/* The mean of the weights in the bucket with the median: equal weights have exactly that median. 0: there are none. */
double group_sizes_median(const struct group_sizes_count *count);

/* Whether no weight is more than GROUP_SIZES_FACTOR times another one. */
bool group_sizes_alike(const struct group_sizes_count *count);

#endif
