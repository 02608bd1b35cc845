#include "scaler/regrouped_state.h"

#include <inttypes.h>

void regrouped_save(const struct regrouped *regrouped, struct state_text *out)
{
    if (regrouped->moved_ms != 0 || regrouped->is_emptied)
        state_put(out, "regrouped %" PRId64 " %d\n", regrouped->moved_ms, regrouped->is_emptied);
}

bool regrouped_load(struct regrouped *regrouped, int64_t latest_ms, struct state_cursor *cursor)
{
    struct state_line line;
    unsigned emptied = 0;

    if (!state_comes(cursor, "regrouped "))
        return true;
    if (!state_get_words(cursor, &line, "regrouped", 3) ||
        !state_get_number(line.words[1], -STATE_MS_MAX, latest_ms, &regrouped->moved_ms) ||
        !state_get_unsigned(line.words[2], 1, &emptied))
        return false;
    regrouped->is_emptied = emptied == 1;
    return true;
}

void regrouped_shift(struct regrouped *regrouped, int64_t shift_ms)
{
    if (regrouped->moved_ms != 0)
        regrouped->moved_ms += shift_ms;
}
