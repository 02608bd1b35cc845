/* The lesser and the greater of two seqs or positions. */
#ifndef AGENT_SEQ_H
#define AGENT_SEQ_H

#include <stdint.h>

static inline uint64_t seq_min(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static inline uint64_t seq_max(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

#endif
