/* Pure. SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014): for jitter, and for
 * simulations that a seed must reproduce. Not for secrets. */
#ifndef COMMON_RANDOM_H
#define COMMON_RANDOM_H

#include <stdint.h>

static inline uint64_t random_next(uint64_t *state)
{
    uint64_t x = (*state += 0x9E3779B97F4A7C15U);
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9U;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBU;
    return x ^ (x >> 31);
}

/* Uniform in 0 .. bound - 1, nearly, if the bound is far below 2^64. bound > 0. */
static inline uint64_t random_below(uint64_t *state, uint64_t bound)
{
    return random_next(state) % bound;
}

#endif
