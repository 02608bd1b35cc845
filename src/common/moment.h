/* Pure. One point in time by both clocks. */
#ifndef COMMON_MOMENT_H
#define COMMON_MOMENT_H

#include <stdint.h>

struct moment {
    int64_t now_ms;  /* monotonic, the event loop's */
    int64_t wall_ms; /* wall clock, Unix time */
};

#endif
