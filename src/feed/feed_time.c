#include "feed/feed_time.h"

#include "common/u64.h"

#define LEAST_MS  UINT64_C(500) /* before the tick, so that the answer is there */
#define SPREAD_MS UINT64_C(1000)

uint64_t feed_time_next_ms(uint64_t now_ms, uint64_t tick_ms, uint64_t hash)
{
    uint64_t third_ms = tick_ms / 3;
    uint64_t least_ms = u64_min(LEAST_MS, third_ms);
    uint64_t before_ms = least_ms + hash % (u64_min(SPREAD_MS, third_ms) + 1);
    uint64_t tick_at_ms = now_ms - now_ms % tick_ms + tick_ms;

    return now_ms < tick_at_ms - before_ms ? tick_at_ms - before_ms : tick_at_ms - before_ms + tick_ms;
}
