#include "agent/renewal.h"

#include "common/u64.h"

#define JITTER_MS_MAX (UINT64_C(5) * 60 * 1000)

uint64_t renewal_delay_ms(int64_t not_before_s, int64_t not_after_s, int64_t now_s, uint64_t random)
{
    int64_t left_s = not_after_s - now_s;

    if (left_s >= (not_after_s - not_before_s) / 3)
        return UINT64_MAX;
    if (left_s <= 0)
        return 0;
    return random % (u64_min(JITTER_MS_MAX, (uint64_t)left_s * 1000 / 4) + 1);
}
