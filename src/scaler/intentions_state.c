#include "scaler/intentions_state.h"

#include "common/limits.h"
#include "scaler/scaler_memory.h"

void intentions_save(const struct scaler *scaler, struct state_text *out)
{
    int64_t times[INTENTIONS_MAX];
    unsigned nodes[INTENTIONS_MAX];

    for (unsigned i = 0; i < scaler->intention_count; i++) {
        times[i] = scaler->intentions[i].time_ms;
        nodes[i] = scaler->intentions[i].before;
    }
    state_put_array(out, "intentions", times, scaler->intention_count, sizeof *times);
    state_put_array(out, "nodes", nodes, scaler->intention_count, sizeof *nodes);
}

bool intentions_load(struct scaler *scaler, struct state_cursor *cursor)
{
    int64_t times[INTENTIONS_MAX];
    unsigned nodes[INTENTIONS_MAX];
    unsigned count = 0;

    if (!state_get_times(cursor, "intentions", scaler->ticked_ms, times, INTENTIONS_MAX, &count) ||
        !state_get_exactly(cursor, "nodes", nodes, count, sizeof *nodes))
        return false;
    for (unsigned i = 0; i < count; i++) {
        if (nodes[i] > SIZING_NODES_MAX)
            return false;
        scaler->intentions[i] = (struct intention){.time_ms = times[i], .before = nodes[i]};
    }
    scaler->intention_count = count;
    return true;
}

void intentions_shift(struct scaler *scaler, int64_t shift_ms)
{
    for (unsigned i = 0; i < scaler->intention_count; i++)
        scaler->intentions[i].time_ms += shift_ms;
}
