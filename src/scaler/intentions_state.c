#include "scaler/intentions_state.h"

#include "scaler/scaler_memory.h"

void intentions_save(const struct scaler *scaler, struct state_text *out)
{
    int64_t times[INTENTIONS_MAX];
    unsigned nodes[INTENTIONS_MAX];

    for (unsigned i = 0; i < scaler->intention_count; i++) {
        times[i] = scaler->intentions[i].time_ms;
        nodes[i] = scaler->intentions[i].before;
    }
    state_put_dated(out, "intentions", times, nodes, scaler->intention_count);
}

bool intentions_load(struct scaler *scaler, struct state_cursor *cursor)
{
    int64_t times[INTENTIONS_MAX];
    unsigned nodes[INTENTIONS_MAX];
    unsigned count = 0;

    if (!state_get_dated(cursor, "intentions", scaler->ticked_ms, times, nodes, INTENTIONS_MAX, &count))
        return false;
    for (unsigned i = 0; i < count; i++)
        scaler->intentions[i] = (struct intention){.time_ms = times[i], .before = nodes[i]};
    scaler->intention_count = count;
    return true;
}

void intentions_shift(struct scaler *scaler, int64_t shift_ms)
{
    for (unsigned i = 0; i < scaler->intention_count; i++)
        scaler->intentions[i].time_ms += shift_ms;
}
