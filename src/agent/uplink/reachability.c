#include "agent/uplink/reachability.h"

void reachability_watch(struct reachability *reachability, uint64_t now_ms)
{
    reachability->state = REACHABILITY_LOST;
    reachability->due_ms = now_ms + reachability->interval_ms;
}

void reachability_rest(struct reachability *reachability)
{
    reachability->state = REACHABILITY_RESTING;
}

uint64_t reachability_due_ms(const struct reachability *reachability)
{
    return reachability->state == REACHABILITY_RESTING ? UINT64_MAX : reachability->due_ms;
}

void reachability_on_begin(struct reachability *reachability)
{
    reachability->due_ms = UINT64_MAX;
}

bool reachability_on_attempt(struct reachability *reachability, bool connected, uint64_t now_ms)
{
    if (reachability->state == REACHABILITY_RESTING)
        return false;
    reachability->due_ms = now_ms + reachability->interval_ms;
    if (!connected) {
        reachability->state = REACHABILITY_LOST;
        return false;
    }
    if (reachability->state == REACHABILITY_LOST) {
        reachability->state = REACHABILITY_SEEN;
        reachability->since_ms = now_ms;
    }
    if (now_ms - reachability->since_ms < reachability->steady_ms)
        return false;
    reachability_rest(reachability);
    return true;
}
