/* Pure. The units in which people write durations and sizes. */
#ifndef COMMON_UNITS_H
#define COMMON_UNITS_H

#include <stdint.h>

/* Descending. */
static const struct duration_unit {
    int64_t ms;
    const char *suffix; /* in flags and files */
    const char *word;   /* in messages */
} duration_units[] = {
    {86400000, "d", "d"}, {3600000, "h", "h"}, {60000, "m", "min"}, {1000, "s", "s"}, {1, "ms", "ms"},
};

#define DURATION_UNIT_COUNT (sizeof duration_units / sizeof *duration_units)

#define SIZE_LETTERS "KMG" /* each is 1024 times the one before */

#endif
