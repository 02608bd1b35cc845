#include "scaler/unordered_state.h"

void unordered_save(const struct unordered *unordered, struct state_text *out)
{
    int64_t times[UNORDERED_MAX];
    unsigned nodes[UNORDERED_MAX];

    for (unsigned i = 0; i < unordered->count; i++) {
        times[i] = unordered->slice[i].time_ms;
        nodes[i] = unordered->slice[i].nodes;
    }
    state_put_dated(out, "unordered", times, nodes, unordered->count);
}

bool unordered_load(struct unordered *unordered, int64_t latest_ms, struct state_cursor *cursor)
{
    int64_t times[UNORDERED_MAX];
    unsigned nodes[UNORDERED_MAX];
    unsigned count = 0;

    if (!state_get_dated(cursor, "unordered", latest_ms, times, nodes, UNORDERED_MAX, &count))
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
