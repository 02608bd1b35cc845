#include "scaler/helping_state.h"

#include "scaler/sizing.h"

#include <inttypes.h>

#define VALUES 4U

/* One line for each resource, and its numbers that are not whole. An application's number has none: it is never
 * saturated, and never judged. */
void helping_save(const struct helping *helping, struct state_text *out)
{
    for (unsigned r = 0; r < RESOURCE_APP; r++) {
        const struct saturation *s = &helping->saturation[r];
        const struct fullness *f = &helping->fullness[r];
        const double values[VALUES] = {s->demand, s->capacity, f->utilisation, f->cpu};
        state_put(out, "helping %u %" PRId64 " %u %u %u %" PRId64 " %" PRId64 "\n", s->vote, s->grown_ms, s->carriers,
                  s->unhelped, f->nodes, f->began_ms, f->ended_ms);
        state_put_array(out, "values", values, VALUES, sizeof *values);
    }
}

/* 0: never. */
static bool get_time(const char *word, int64_t latest_ms, int64_t *time_ms)
{
    return state_get_number(word, -STATE_MS_MAX, latest_ms > 0 ? latest_ms : 0, time_ms);
}

static bool get_resource(struct state_cursor *cursor, int64_t latest_ms, struct saturation *s, struct fullness *f)
{
    struct state_line line;
    double values[VALUES];

    if (!state_get_words(cursor, &line, "helping", 8) ||
        !state_get_unsigned(line.words[1], SIZING_NODES_MAX, &s->vote) ||
        !get_time(line.words[2], latest_ms, &s->grown_ms) ||
        !state_get_unsigned(line.words[3], SIZING_NODES_MAX, &s->carriers) ||
        !state_get_unsigned(line.words[4], UINT32_MAX, &s->unhelped) ||
        !state_get_unsigned(line.words[5], SIZING_NODES_MAX, &f->nodes) ||
        !get_time(line.words[6], latest_ms, &f->began_ms) || !get_time(line.words[7], latest_ms, &f->ended_ms) ||
        !state_get_doubles(cursor, "values", values, VALUES))
        return false;
    s->demand = values[0];
    s->capacity = values[1];
    f->utilisation = values[2];
    f->cpu = values[3];
    return true;
}

bool helping_load(struct helping *helping, int64_t latest_ms, struct state_cursor *cursor)
{
    for (unsigned r = 0; r < RESOURCE_APP; r++)
        if (!get_resource(cursor, latest_ms, &helping->saturation[r], &helping->fullness[r]))
            return false;
    return true;
}

static void shift(int64_t *time_ms, int64_t shift_ms)
{
    if (*time_ms != 0)
        *time_ms += shift_ms;
}

void helping_shift(struct helping *helping, int64_t shift_ms)
{
    for (unsigned r = 0; r < RESOURCE_COUNT; r++) {
        shift(&helping->saturation[r].grown_ms, shift_ms);
        shift(&helping->fullness[r].began_ms, shift_ms);
        shift(&helping->fullness[r].ended_ms, shift_ms);
    }
}
