#include "collector/fleet/group_sizes.h"

#include <math.h>

#define BUCKET_OF_1 12 /* smaller weights are thousandths of a core, larger ones up to petabytes */

/* ---- the judgement ---- */

bool group_sizes_believes(const struct group_sizes *sizes, enum resource resource, double weight)
{
    double median = sizes->median[resource];

    if (sizes->any || median <= 0.0)
        return true;
    return weight <= GROUP_SIZES_FACTOR * median && GROUP_SIZES_FACTOR * weight >= median;
}

double group_sizes_weight(const struct group_sizes *sizes, enum resource resource, double weight)
{
    return group_sizes_believes(sizes, resource, weight) ? weight : sizes->median[resource];
}

/* ---- the median ---- */

static unsigned bucket_of(double weight)
{
    int exponent = ilogb(weight) + BUCKET_OF_1;

    if (exponent < 0)
        return 0;
    return exponent < (int)GROUP_SIZES_BUCKETS ? (unsigned)exponent : GROUP_SIZES_BUCKETS - 1;
}

void group_sizes_add(struct group_sizes_count *count, double weight)
{
    unsigned bucket = bucket_of(weight);

    count->nodes[bucket]++;
    count->weight[bucket] += weight;
    count->least = count->all > 0 ? fmin(count->least, weight) : weight;
    count->most = count->all > 0 ? fmax(count->most, weight) : weight;
    count->all++;
}

double group_sizes_median(const struct group_sizes_count *count)
{
    uint32_t below = 0;

    for (unsigned i = 0; i < GROUP_SIZES_BUCKETS; i++) {
        below += count->nodes[i];
        if (count->nodes[i] > 0 && 2 * (uint64_t)below >= count->all)
            return count->weight[i] / count->nodes[i];
    }
    return 0.0;
}

bool group_sizes_alike(const struct group_sizes_count *count)
{
    return count->all == 0 || count->most <= GROUP_SIZES_FACTOR * count->least;
}
