#include "collector/intake/wake_budget.h"

#define WAKE_US  ((uint64_t)WAKE_MS * 1000)
#define AHEAD_US (WAKE_BURST * WAKE_US)

bool wake_budget_take(struct wake_budget *budget, uint64_t now_us)
{
    if (budget->due_us < now_us)
        budget->due_us = now_us;
    if (budget->due_us + WAKE_US > now_us + AHEAD_US)
        return false;
    budget->due_us += WAKE_US;
    return true;
}
