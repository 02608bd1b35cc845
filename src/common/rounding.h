/* Pure. Rounds numbers without libm, whose round() would be the only reason for an agent to load this library: a
 * quarter of a MiB of resident memory. */
#ifndef COMMON_ROUNDING_H
#define COMMON_ROUNDING_H

#include <stdint.h>

/* As round() rounds a number that is not negative: a half up. Infinity and NaN stay as they are. */
static inline double rounding_nearest(double number)
{
    if (!(number < 0x1p53)) /* has no fraction */
        return number;
    double whole = (double)(uint64_t)number;
    return number - whole >= 0.5 ? whole + 1.0 : whole;
}

#endif
