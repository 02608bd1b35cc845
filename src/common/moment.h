/* Pure. One point in time, by the monotonic and the wall clock. */
#ifndef COMMON_MOMENT_H
#define COMMON_MOMENT_H

#include <stdint.h>
#include <stdlib.h>

#define MOMENT_JITTER_MS_MAX 20

struct moment {
    int64_t now_ms;  /* monotonic, the event loop's */
    int64_t wall_ms; /* wall clock, Unix time */
};

/* The moment of two readings of the clocks. *offset_ms is the wall clock minus the other one; it is set again only when
 * it is off by more than MOMENT_JITTER_MS_MAX, so that the same now_ms gets the same wall_ms each time. */
static inline struct moment moment_of(int64_t now_ms, int64_t wall_ms, int64_t *offset_ms)
{
    if (llabs((long long)(wall_ms - now_ms - *offset_ms)) > MOMENT_JITTER_MS_MAX)
        *offset_ms = wall_ms - now_ms;
    return (struct moment){.now_ms = now_ms, .wall_ms = now_ms + *offset_ms};
}

#endif
