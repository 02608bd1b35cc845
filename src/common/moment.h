/* Pure. One point in time, by the monotonic and the wall clock. */
#ifndef COMMON_MOMENT_H
#define COMMON_MOMENT_H

#include <stdint.h>

struct moment {
    int64_t now_ms;  /* monotonic, the event loop's */
    int64_t wall_ms; /* wall clock, Unix time */
};

#endif
