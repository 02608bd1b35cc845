#include "scaler/unordered_state.h"

#include "common/limits.h"

void unordered_save(const struct unordered *unordered, struct state_text *out)
{
    int64_t times[UNORDERED_MAX];
    unsigned nodes[UNORDERED_MAX];

    for (unsigned i = 0; i < unordered->count; i++) {
        times[i] = unordered->slice[i].time_ms;
        nodes[i] = unordered->slice[i].nodes;
    }
    state_put_array(out, "unordered", times, unordered->count, sizeof *times);
    state_put_array(out, "nodes", nodes, unordered->count, sizeof *nodes);
}

bool unordered_load(struct unordered *unordered, int64_t latest_ms, struct state_cursor *cursor)
{
    int64_t times[UNORDERED_MAX];
    unsigned nodes[UNORDERED_MAX];
    unsigned count = 0;

    if (!state_get_times(cursor, "unordered", latest_ms, times, UNORDERED_MAX, &count) ||
        !state_get_exactly(cursor, "nodes", nodes, count, sizeof *nodes))
        return false;
    for (unsigned i = 0; i < count; i++)
        if (nodes[i] > SIZING_NODES_MAX)
            return false;
    *unordered = (struct unordered){.count = count};
    for (unsigned i = 0; i < count; i++)
        unordered->slice[i] = (struct unordered_slice){.time_ms = times[i], .nodes = nodes[i]};
    return true;
}

void unordered_shift(struct unordered *unordered, int64_t shift_ms)
{
    for (unsigned i = 0; i < unordered->count; i++)
        unordered->slice[i].time_ms += shift_ms;
}
