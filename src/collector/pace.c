#include "collector/pace.h"

#define TURN_US  (1000000U / PACE_PER_SECOND)
#define AHEAD_US ((uint64_t)PACE_BURST * TURN_US)

uint64_t pace_rest_us(struct pace *pace, uint64_t now_us)
{
    if (pace->due_us < now_us)
        pace->due_us = now_us;
    pace->due_us += TURN_US;
    if (pace->due_us <= now_us + AHEAD_US)
        return 0;
    uint64_t rest_us = pace->due_us - (now_us + AHEAD_US);
    return rest_us < TURN_US ? rest_us : TURN_US;
}
