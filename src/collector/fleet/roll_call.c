#include "collector/fleet/roll_call.h"

#define BACKOFF_MS 10000 /* the agents' longest */

void roll_call_again(struct roll_call *call, int64_t now_ms)
{
    call->begun = true;
    call->is_under_way = true;
    call->has_known = false;
    call->has_state = true; /* how large the group is was known before */
    call->since_ms = now_ms;
    call->arrival_ms = now_ms;
}

void roll_call_note_state(struct roll_call *call)
{
    call->has_state = true;
}

static void begin(struct roll_call *call, const struct roll_call_tick *tick)
{
    call->begun = true;
    call->is_under_way = true;
    call->has_known = tick->known > 0;
    call->since_ms = tick->now_ms;
    call->arrival_ms = tick->now_ms;
}

static bool is_complete(const struct roll_call *call, const struct roll_call_tick *tick)
{
    if (tick->now_ms - call->since_ms >= ROLL_CALL_MS_MAX)
        return true;
    if (call->has_known)
        return tick->awaited == 0;
    return tick->now_ms - call->arrival_ms >= tick->interval_ms + BACKOFF_MS + 2 * tick->tick_ms;
}

static void end(struct roll_call *call, int64_t now_ms)
{
    if (!call->was_whole)
        call->whole_ms = now_ms;
    call->was_whole = true;
    call->is_under_way = false;
}

bool roll_call_tick(struct roll_call *call, const struct roll_call_tick *tick)
{
    if (!call->begun)
        begin(call, tick);
    if (tick->arrived > 0)
        call->arrival_ms = tick->now_ms;
    if (call->is_under_way && is_complete(call, tick))
        end(call, tick->now_ms);
    return call->is_under_way;
}

bool roll_call_is_after(const struct roll_call *call, int64_t came_ms)
{
    return call->was_whole && came_ms > call->whole_ms;
}

bool roll_call_is_blind(const struct roll_call *call)
{
    return call->is_under_way && !call->has_known && !call->has_state;
}
