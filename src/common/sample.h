/* Pure. One set of measurements of one node: the unit that is measured, sent and stored. Every lost sample is
 * counted. */
#ifndef COMMON_SAMPLE_H
#define COMMON_SAMPLE_H

#include "common/metric.h"

#include <stdbool.h>
#include <stdint.h>

union metric_value {
    double gauge;     /* METRIC_PERCENT, METRIC_GAUGE */
    uint64_t counter; /* METRIC_COUNTER, METRIC_EVENTS */
};

struct sample {
    uint64_t seq;       /* counts from 1 within an instance */
    int64_t time_ms;    /* the node's wall clock, Unix time */
    uint64_t uptime_ms; /* the node's CLOCK_BOOTTIME */
    uint32_t present;   /* bit m: value[m] was read; otherwise the value is undefined */
    union metric_value value[METRIC_COUNT];
};

static inline bool sample_has(const struct sample *sample, enum metric metric)
{
    return (sample->present >> metric) & 1U;
}

/* Whether it has a metric beyond the first METRIC_BASE_COUNT, which most samples have not: they need not be asked for
 * each. */
static inline bool sample_has_rare(const struct sample *sample)
{
    return sample->present >> METRIC_BASE_COUNT != 0;
}

static inline void sample_set_gauge(struct sample *sample, enum metric metric, double gauge)
{
    sample->value[metric].gauge = gauge;
    sample->present |= 1U << metric;
}

static inline void sample_set_counter(struct sample *sample, enum metric metric, uint64_t counter)
{
    sample->value[metric].counter = counter;
    sample->present |= 1U << metric;
}

/* Removes implausible gauges (NaN, infinite, negative, above the kind's maximum) and rounds the others to hundredths,
 * the precision of CSV and rings, so that a value is the same before and after a restart. Returns the number of metrics
 * removed. */
unsigned sample_clean(struct sample *sample);

#endif
