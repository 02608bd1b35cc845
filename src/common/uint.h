/* Pure. The minimum and the maximum of two unsigned numbers. */
#ifndef COMMON_UINT_H
#define COMMON_UINT_H

static inline unsigned uint_min(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

static inline unsigned uint_max(unsigned a, unsigned b)
{
    return a > b ? a : b;
}

#endif
