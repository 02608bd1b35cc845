#include "scaler/anticipation_state.h"

#include "scaler/rehearsal_state.h"

#include <stdint.h>

void anticipation_save(const struct anticipation *anticipation, unsigned delay_steps, bool anticipates,
                       struct state_text *out)
{
    double prices[ANTICIPATION_FLEETS];

    state_put(out, "anticipation %u %u %u\n", anticipation->steps, anticipation->same_steps, (unsigned)anticipates);
    for (unsigned i = 0; i < ANTICIPATION_FLEETS; i++) {
        rehearsal_window_save(&anticipation->recommended[i], out);
        rehearsal_save(&anticipation->fleets[i], delay_steps, out);
        prices[i] = anticipation->fleets[i].price;
    }
    state_put_array(out, "prices", prices, ANTICIPATION_FLEETS, sizeof *prices);
}

bool anticipation_load(struct anticipation *anticipation, unsigned delay_steps, bool *anticipates,
                       struct state_cursor *cursor)
{
    double prices[ANTICIPATION_FLEETS];
    struct state_line line;
    unsigned is_anticipating;

    if (!state_get_words(cursor, &line, "anticipation", 4) ||
        !state_get_unsigned(line.words[1], UINT32_MAX, &anticipation->steps) ||
        !state_get_unsigned(line.words[2], UINT32_MAX, &anticipation->same_steps) ||
        !state_get_unsigned(line.words[3], 1, &is_anticipating))
        return false;
    for (unsigned i = 0; i < ANTICIPATION_FLEETS; i++)
        if (!rehearsal_window_load(&anticipation->recommended[i], cursor) ||
            !rehearsal_load(&anticipation->fleets[i], delay_steps, cursor))
            return false;
    if (!state_get_doubles(cursor, "prices", prices, ANTICIPATION_FLEETS))
        return false;
    for (unsigned i = 0; i < ANTICIPATION_FLEETS; i++)
        anticipation->fleets[i].price = prices[i];
    *anticipates = is_anticipating == 1;
    return true;
}
