/* Pure. Judges what a node says of its own size: its weight for cpu, memory or app. One that differs from the median of
 * its group by more than a factor of GROUP_SIZES_FACTOR is not believed, and counts as the median, so that the
 * weight of a single node is bounded. The group's setting node-sizes lifts the rule. */
#ifndef COLLECTOR_FLEET_GROUP_SIZES_H
#define COLLECTOR_FLEET_GROUP_SIZES_H

#include "scaler/settings.h"

#include <stdbool.h>
#include <stdint.h>

#define GROUP_SIZES_FACTOR 64.0

/* All zero: nothing is known yet, and everything is believed. */
struct group_sizes {
    double median[RESOURCE_NODE_COUNT]; /* of the live nodes at the last tick; 0: unknown */
    bool any;                           /* every size is believed */
};

/* Whether a weight above 0 is believed, and the weight that counts. */
static inline bool group_sizes_believes(const struct group_sizes *sizes, enum resource resource, double weight)
{
    double median = sizes->median[resource];

    if (sizes->any || median <= 0.0)
        return true;
    return weight <= GROUP_SIZES_FACTOR * median && GROUP_SIZES_FACTOR * weight >= median;
}

double group_sizes_weight(const struct group_sizes *sizes, enum resource resource, double weight);

/* ---- the median ---- */

#define GROUP_SIZES_BUCKETS 64U

/* The weights of one resource. Most are usual, as the nodes of a group are mostly alike: these are only counted. */
struct group_sizes_count {
    double usual;    /* the weight that is expected: the median of the last tick */
    uint32_t usuals; /* the weights that are equal to it, */
    uint32_t others; /* and those that are not */
    double least;    /* of the others, valid if there are any */
    double most;
};

/* Weights by powers of two; valid if the count has others. */
struct group_sizes_table {
    uint32_t nodes[GROUP_SIZES_BUCKETS];
    double weight[GROUP_SIZES_BUCKETS]; /* their sum */
};

/* Counts a weight above 0 that is not the usual one. */
void group_sizes_add_other(struct group_sizes_count *count, struct group_sizes_table *table, double weight);

/* Counts a weight above 0. Returns whether it is the usual one, which is always believed. */
static inline bool group_sizes_add(struct group_sizes_count *count, struct group_sizes_table *table, double weight)
{
    if (weight == count->usual) {
        count->usuals++;
        return true;
    }
    group_sizes_add_other(count, table, weight);
    return false;
}

/* The mean of the weights in the bucket with the median: equal weights have exactly that median. 0: there are none. */
double group_sizes_median(const struct group_sizes_count *count, const struct group_sizes_table *table);

/* Whether no weight is more than GROUP_SIZES_FACTOR times another one. */
bool group_sizes_alike(const struct group_sizes_count *count);

#endif
