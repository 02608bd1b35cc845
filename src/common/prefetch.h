/* Pure. Reads memory into the CPU's cache before it is needed, so that many structs that are not cached cost one wait
 * instead of one each. */
#ifndef COMMON_PREFETCH_H
#define COMMON_PREFETCH_H

#include <stddef.h>

#define PREFETCH_LINE 64U /* bytes of a cache line */

/* All lines of it. Of NULL: nothing. */
static inline void prefetch(const void *data, size_t len)
{
    const char *first = data;

    if (data == NULL)
        return;
    for (size_t at = 0; at < len; at += PREFETCH_LINE)
        __builtin_prefetch(first + at);
    __builtin_prefetch(first + len - 1);
}

#endif
