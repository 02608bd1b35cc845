/* Pure. The minimum, the maximum and the saturating sum of two unsigned 64-bit numbers. */
#ifndef COMMON_U64_H
#define COMMON_U64_H

#include <stdint.h>

static inline uint64_t u64_min(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static inline uint64_t u64_max(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* UINT64_MAX instead of a larger sum. */
static inline uint64_t u64_add(uint64_t a, uint64_t b)
{
    return a <= UINT64_MAX - b ? a + b : UINT64_MAX;
}

#endif
