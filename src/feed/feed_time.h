/* Pure. When signals are asked for: shortly before each tick of the scaler, which are the multiples of --tick on the
 * monotonic clock (common/ticker.h), and not all at once. */
#ifndef FEED_FEED_TIME_H
#define FEED_FEED_TIME_H

#include <stdint.h>

/* The first time after now_ms at which what has this hash is asked for: 0.5 to 1.5 s before a tick, by the hash; for
 * ticks of less than 3 s, one to two thirds of the interval. */
uint64_t feed_time_next_ms(uint64_t now_ms, uint64_t tick_ms, uint64_t hash);

#endif
