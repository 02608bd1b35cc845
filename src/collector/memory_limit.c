#include "collector/memory_limit.h"

#include <uv.h>

uint64_t memory_limit_default(void)
{
    uint64_t limit = uv_get_constrained_memory(); /* of the control group; 0: unknown */
    uint64_t total = uv_get_total_memory();

    return (limit > 0 && limit < total ? limit : total) / 2;
}
