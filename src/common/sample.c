#include "common/sample.h"

#include <math.h>

static double gauge_max(enum metric_kind kind)
{
    return kind == METRIC_PERCENT ? 100.0 : METRIC_GAUGE_MAX;
}

unsigned sample_clean(struct sample *sample)
{
    unsigned removed = 0;

    for (unsigned m = 0; m < METRIC_COUNT; m++) {
        if (!sample_has(sample, m) || metric_table[m].kind == METRIC_COUNTER)
            continue;
        double gauge = sample->value[m].gauge;
        /* NaN fails both comparisons. */
        if (gauge >= 0.0 && gauge <= gauge_max(metric_table[m].kind)) {
            sample->value[m].gauge = round(gauge * 100.0) / 100.0;
        } else {
            sample->present &= ~(1U << m);
            removed++;
        }
    }
    return removed;
}
