#include "scaler/unmet_state.h"

#include "common/limits.h"

void unmet_save(const struct unmet *unmet, struct state_text *out)
{
    int64_t times[UNMET_TIMES];
    uint64_t epochs[UNMET_TIMES];
    uint64_t numbers[UNMET_TIMES];

    for (unsigned i = 0; i < unmet->count; i++) {
        times[i] = unmet->order[i].time_ms;
        epochs[i] = unmet->order[i].epoch;
        numbers[i] = unmet->order[i].number;
    }
    state_put(out, "unmet %u %d\n", unmet->nodes, unmet->is_given_up);
    state_put_array(out, "times", times, unmet->count, sizeof *times);
    state_put_array(out, "epochs", epochs, unmet->count, sizeof *epochs);
    state_put_array(out, "numbers", numbers, unmet->count, sizeof *numbers);
}

bool unmet_load(struct unmet *unmet, int64_t latest_ms, struct state_cursor *cursor)
{
    struct state_line line;
    int64_t times[UNMET_TIMES];
    uint64_t epochs[UNMET_TIMES];
    uint64_t numbers[UNMET_TIMES];
    unsigned nodes = 0;
    unsigned is_given_up = 0;
    unsigned count = 0;

    if (!state_get_words(cursor, &line, "unmet", 3) || !state_get_unsigned(line.words[1], SIZING_NODES_MAX, &nodes) ||
        !state_get_unsigned(line.words[2], 1, &is_given_up) ||
        !state_get_times(cursor, "times", latest_ms, times, UNMET_TIMES, &count) ||
        !state_get_exactly(cursor, "epochs", epochs, count, sizeof *epochs) ||
        !state_get_exactly(cursor, "numbers", numbers, count, sizeof *numbers))
        return false;
    *unmet = (struct unmet){.count = count, .nodes = nodes, .is_given_up = is_given_up == 1};
    for (unsigned i = 0; i < count; i++)
        unmet->order[i] = (struct unmet_order){times[i], epochs[i], numbers[i]};
    return true;
}

void unmet_shift(struct unmet *unmet, int64_t shift_ms)
{
    for (unsigned i = 0; i < unmet->count; i++)
        unmet->order[i].time_ms += shift_ms;
}
