#include "common/sample.h"

/* Rounds through an integer: exact up to METRIC_GAUGE_MAX, and without a function call. */
static inline double to_hundredths(double gauge)
{
    return (double)(int64_t)(gauge * 100.0 + 0.5) / 100.0;
}

unsigned sample_clean(struct sample *sample)
{
    bool rare = sample_has_rare(sample);
    unsigned removed = 0;

#define CLEAN(symbol, field, column, kind, title)                                                                      \
    if (!METRIC_COUNTS(kind) && (METRIC_##symbol < METRIC_BASE_COUNT || rare) &&                                       \
        sample_has(sample, METRIC_##symbol)) {                                                                         \
        double *gauge = &sample->value[METRIC_##symbol].gauge;                                                         \
        bool ok = *gauge >= 0.0 && *gauge <= ((kind) == METRIC_PERCENT ? 100.0 : METRIC_GAUGE_MAX);                    \
        removed += !ok; /* NaN fails both comparisons */                                                               \
        sample->present &= ~((uint32_t)!ok << METRIC_##symbol);                                                        \
        if (ok)                                                                                                        \
            *gauge = to_hundredths(*gauge);                                                                            \
    }
    METRICS(CLEAN)
#undef CLEAN
    return removed;
}
