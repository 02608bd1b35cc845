#include "collector/autoscale/snapshot_plan.h"

#define PAUSE_MS   1000U
#define LOOP_SHARE 50U /* texts take at most one part in LOOP_SHARE of the loop's time */
#define NS_PER_MS  1000000U

enum snapshot_action snapshot_plan_next(struct snapshot_plan *plan, uint64_t now_ms, uint64_t *wait_ms)
{
    if (plan->state != SNAPSHOT_IDLE)
        return SNAPSHOT_NOTHING;
    if (!plan->wanted && plan->draining) {
        plan->draining = false; /* reported once */
        return SNAPSHOT_DRAINED;
    }
    if (!plan->wanted)
        return SNAPSHOT_NOTHING;
    if (!plan->draining && now_ms < plan->next_ms) {
        *wait_ms = plan->next_ms - now_ms;
        return SNAPSHOT_WAIT;
    }
    plan->wanted = false;
    plan->state = SNAPSHOT_FILLING;
    return SNAPSHOT_FILL;
}

void snapshot_plan_poke(struct snapshot_plan *plan)
{
    plan->wanted = true;
}

void snapshot_plan_drain(struct snapshot_plan *plan)
{
    plan->wanted = true;
    plan->draining = true;
}

void snapshot_plan_filled(struct snapshot_plan *plan, uint64_t now_ms, uint64_t spent_ns)
{
    uint64_t pause_ms = spent_ns * LOOP_SHARE / NS_PER_MS;

    plan->next_ms = now_ms + (pause_ms > PAUSE_MS ? pause_ms : PAUSE_MS);
    if (plan->state == SNAPSHOT_FILLING)
        plan->state = SNAPSHOT_WRITING;
}

void snapshot_plan_written(struct snapshot_plan *plan)
{
    if (plan->state == SNAPSHOT_WRITING)
        plan->state = SNAPSHOT_IDLE;
}

void snapshot_plan_close(struct snapshot_plan *plan)
{
    plan->state = SNAPSHOT_CLOSED;
}
