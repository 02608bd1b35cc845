/* Pure. Draws a series of values as a line of bars on the screen. */
#ifndef CLI_TOP_TOP_SPARK_H
#define CLI_TOP_TOP_SPARK_H

#include "cli/top/top_screen.h"

/* Values, oldest first; NaN where there is none. full: the value of the highest bar. */
struct top_series {
    const float *values;
    unsigned count;
    double full;
};

/* The newest values that fit into the width, the last one at its right end. No value is a space, and 0 the lowest bar,
 * so that the two are unlike. */
void top_spark_put(struct top_screen *screen, unsigned row, unsigned column, unsigned width, enum top_style style,
                   const struct top_series *series);

#endif
