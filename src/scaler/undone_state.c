#include "scaler/undone_state.h"

#include "scaler/sizing.h"

#include <inttypes.h>
#include <string.h>

#define VALUES (RESOURCE_APP + 1U) /* the demand of each resource but that one, and the limit */

void undone_save(const struct undone *undone, struct state_text *out)
{
    double values[VALUES];

    memcpy(values, undone->demand, RESOURCE_APP * sizeof *values);
    values[RESOURCE_APP] = undone->limit;
    state_put(out, "undone %" PRId64 " %u %u %" PRId64 " %u %s\n", undone->in_ms, undone->from, undone->times,
              undone->last_ms, undone->nodes, resource_names[undone->resource]);
    state_put_array(out, "values", values, VALUES, sizeof *values);
}

/* 0: never. */
static bool get_time(const char *word, int64_t latest_ms, int64_t *time_ms)
{
    return state_get_number(word, -STATE_MS_MAX, latest_ms > 0 ? latest_ms : 0, time_ms);
}

bool undone_load(struct undone *undone, int64_t latest_ms, struct state_cursor *cursor)
{
    struct state_line line;
    double values[VALUES];
    unsigned resource = 0;

    if (!state_get_words(cursor, &line, "undone", 7) || !get_time(line.words[1], latest_ms, &undone->in_ms) ||
        !state_get_unsigned(line.words[2], SIZING_NODES_MAX, &undone->from) ||
        !state_get_unsigned(line.words[3], UINT32_MAX, &undone->times) ||
        !get_time(line.words[4], latest_ms, &undone->last_ms) ||
        !state_get_unsigned(line.words[5], SIZING_NODES_MAX, &undone->nodes) ||
        !state_get_name(line.words[6], resource_names, RESOURCE_COUNT, &resource) ||
        !state_get_doubles(cursor, "values", values, VALUES))
        return false;
    undone->resource = resource;
    memcpy(undone->demand, values, RESOURCE_APP * sizeof *values);
    undone->limit = values[RESOURCE_APP];
    return true;
}

void undone_shift(struct undone *undone, int64_t shift_ms)
{
    if (undone->in_ms != 0)
        undone->in_ms += shift_ms;
    if (undone->last_ms != 0)
        undone->last_ms += shift_ms;
}
