#include "cli/top/top_spark.h"

#include <math.h>

static uint8_t glyph_of(double value, double full)
{
    if (!isfinite(value))
        return ' ';
    double level = full > 0 ? floor(value / full * TOP_BARS) : 0;
    return (uint8_t)(TOP_GLYPH_BAR + (unsigned)fmax(0, fmin(level, TOP_BARS - 1)));
}

void top_spark_put(struct top_screen *screen, unsigned row, unsigned column, unsigned width, enum top_style style,
                   const struct top_series *series)
{
    unsigned shown = series->count < width ? series->count : width;

    for (unsigned i = 0; i < shown; i++)
        top_screen_glyph(screen, row, column + width - shown + i, style,
                         glyph_of((double)series->values[series->count - shown + i], series->full));
}
