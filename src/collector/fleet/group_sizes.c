#include "collector/fleet/group_sizes.h"

#include <math.h>

#define BUCKETS     ((int)GROUP_SIZES_BUCKETS)
#define BUCKET_OF_1 12 /* smaller weights are thousandths of a core, larger ones up to petabytes */

/* ---- the judgement ---- */

double group_sizes_weight(const struct group_sizes *sizes, enum resource resource, double weight)
{
    return group_sizes_believes(sizes, resource, weight) ? weight : sizes->median[resource];
}

/* ---- the median ---- */

static unsigned bucket_of(double weight)
{
    int exponent = ilogb(weight);

    if (exponent < -BUCKET_OF_1)
        return 0;
    return exponent < BUCKETS - BUCKET_OF_1 ? (unsigned)(exponent + BUCKET_OF_1) : BUCKETS - 1;
}

void group_sizes_add_other(struct group_sizes_count *count, struct group_sizes_table *table, double weight)
{
    unsigned bucket = bucket_of(weight);

    if (count->others == 0) {
        *table = (struct group_sizes_table){0};
        count->least = count->most = weight;
    }
    table->nodes[bucket]++;
    table->weight[bucket] += weight;
    count->least = fmin(count->least, weight);
    count->most = fmax(count->most, weight);
    count->others++;
}

static double median_of_table(const struct group_sizes_table *table, uint64_t all)
{
    uint64_t below = 0;

    for (unsigned i = 0; i < GROUP_SIZES_BUCKETS; i++) {
        below += table->nodes[i];
        if (table->nodes[i] > 0 && 2 * below >= all)
            return table->weight[i] / table->nodes[i];
    }
    return 0.0;
}

double group_sizes_median(const struct group_sizes_count *count, const struct group_sizes_table *table)
{
    if (count->others == 0)
        return count->usuals > 0 ? count->usual : 0.0;
    if (count->usuals == 0 && count->least == count->most)
        return count->least;
    struct group_sizes_table whole = *table;
    unsigned usual = bucket_of(count->usual);
    whole.nodes[usual] += count->usuals;
    whole.weight[usual] += count->usuals * count->usual;
    return median_of_table(&whole, (uint64_t)count->usuals + count->others);
}

bool group_sizes_alike(const struct group_sizes_count *count)
{
    if (count->others == 0)
        return true;
    double least = count->usuals > 0 ? fmin(count->least, count->usual) : count->least;
    double most = count->usuals > 0 ? fmax(count->most, count->usual) : count->most;
    return most <= GROUP_SIZES_FACTOR * least;
}
