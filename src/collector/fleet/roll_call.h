/* Pure. Roll call: the time after a start of the collector, or after a mass return, in which a group may not be whole.
 *
 * It ends
 *   - when all nodes that are known from before have reported, or their grace is over: at the first tick if they have
 *     been quicker; or
 *   - without such nodes when no agent has said Hello and no node has come for the longest interval that an agent
 *     reports, the agents' longest backoff and two ticks; and
 *   - in any case after ROLL_CALL_MS_MAX. */
#ifndef COLLECTOR_FLEET_ROLL_CALL_H
#define COLLECTOR_FLEET_ROLL_CALL_H

#include <stdbool.h>
#include <stdint.h>

#define ROLL_CALL_MS_MAX 120000

/* All zero: no tick yet. */
struct roll_call {
    bool begun; /* at least once */
    bool is_under_way;
    bool has_state;   /* the group's saved state was read back */
    bool has_known;   /* nodes were known from before when it began */
    bool was_whole;   /* it has ended before */
    int64_t whole_ms; /* when it ended first */
    int64_t since_ms;
    int64_t arrival_ms; /* when the last node came, or the roll call began */
};

/* What one tick sees of a group. */
struct roll_call_tick {
    int64_t now_ms;
    int64_t tick_ms;
    int64_t interval_ms; /* the longest that one of its agents reports */
    unsigned known;      /* nodes known from before the start that report, or are awaited */
    unsigned awaited;    /* those of them that have not reported, and may still do so */
    unsigned arrived;    /* nodes that came since the last tick, or are connected and have no sample yet */
};

/* A tick; the first one begins the roll call. Returns whether it is under way. */
bool roll_call_tick(struct roll_call *call, const struct roll_call_tick *tick);

/* Many nodes return: it begins anew. */
void roll_call_again(struct roll_call *call, int64_t now_ms);

/* The group's state was read back, before the first tick. */
void roll_call_note_state(struct roll_call *call);

/* Whether a node that came at that time has come after the start's roll call: it is new, and not one that the collector
 * did not know yet. */
bool roll_call_is_after(const struct roll_call *call, int64_t came_ms);

/* It is under way, and neither nodes nor a state were known from before: how large the group is can't be said. */
bool roll_call_is_blind(const struct roll_call *call);

#endif
