/* Pure. The minimum and the maximum of two unsigned 64-bit numbers. */
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

#endif
