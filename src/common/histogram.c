#include "common/histogram.h"

#define SUB_COUNT (1U << HISTOGRAM_SUB_BITS)
#define VALUE_MAX ((UINT64_C(1) << HISTOGRAM_BITS) - 1)

/* The leading bits of the value and their shift, as in a floating-point number. */
static unsigned bucket_of(uint64_t value)
{
    if (value < SUB_COUNT)
        return (unsigned)value;
    unsigned shift = 63U - (unsigned)__builtin_clzll(value) - HISTOGRAM_SUB_BITS;
    return (shift << HISTOGRAM_SUB_BITS) + (unsigned)(value >> shift);
}

/* The largest value of a bucket. */
static uint64_t top_of(unsigned bucket)
{
    if (bucket < 2 * SUB_COUNT)
        return bucket;
    unsigned shift = (bucket >> HISTOGRAM_SUB_BITS) - 1;
    uint64_t first = (uint64_t)(SUB_COUNT + (bucket & (SUB_COUNT - 1))) << shift;
    return first + (UINT64_C(1) << shift) - 1;
}

static uint64_t value_of(const struct histogram *histogram, unsigned bucket)
{
    uint64_t top = top_of(bucket);

    return top < histogram->max ? top : histogram->max;
}

void histogram_add(struct histogram *histogram, uint64_t value, uint64_t count)
{
    if (value > VALUE_MAX)
        value = VALUE_MAX;
    if (value > histogram->max)
        histogram->max = value;
    histogram->buckets[bucket_of(value)] += count;
    histogram->count += count;
    histogram->sum += value * count;
}

uint64_t histogram_up_to(const struct histogram *histogram, uint64_t value)
{
    uint64_t count = 0;

    for (unsigned i = 0; i < HISTOGRAM_BUCKETS && top_of(i) <= value; i++)
        count += histogram->buckets[i];
    return count;
}

uint64_t histogram_percentile(const struct histogram *histogram, double share)
{
    double above_max = (double)histogram->count * (1.0 - share);
    uint64_t above = 0;

    for (unsigned i = HISTOGRAM_BUCKETS; i-- > 0;) {
        above += histogram->buckets[i];
        if ((double)above > above_max)
            return value_of(histogram, i);
    }
    return 0;
}

/* In a period of length b, the moments with a wait longer than w make up b - w. */
uint64_t histogram_wait(const struct histogram *histogram, uint64_t total, double share)
{
    double above_max = (double)total * (1.0 - share);
    double count = 0.0;
    double sum = 0.0;

    for (unsigned i = HISTOGRAM_BUCKETS; i-- > 0;) {
        double value = (double)value_of(histogram, i);
        if (sum - count * value > above_max) /* the answer lies above this bucket */
            return (uint64_t)((sum - above_max) / count + 0.5);
        count += (double)histogram->buckets[i];
        sum += value * (double)histogram->buckets[i];
    }
    return 0;
}
