#include "common/backoff.h"

#include "common/random.h"

void backoff_init(struct backoff *backoff, uint32_t min_ms, uint32_t max_ms, uint64_t seed)
{
    *backoff = (struct backoff){.min_ms = min_ms, .max_ms = max_ms, .random = seed};
}

uint32_t backoff_next_ms(struct backoff *backoff)
{
    uint64_t ceiling = backoff->max_ms;

    if (backoff->failures < 32 && (uint64_t)backoff->min_ms << backoff->failures < ceiling)
        ceiling = (uint64_t)backoff->min_ms << backoff->failures;
    backoff->failures++;

    uint64_t half = ceiling / 2;
    return (uint32_t)(half + random_below(&backoff->random, ceiling - half + 1));
}

void backoff_reset(struct backoff *backoff)
{
    backoff->failures = 0;
}
