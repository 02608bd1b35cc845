#include "scaler/history_state.h"

#include "scaler/settings.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#define NOTHING "-"

void history_save(const struct history *history, const char *values_name, struct state_text *out)
{
    int64_t times[SCALER_TICKS_MAX];
    double values[SCALER_TICKS_MAX];

    for (unsigned i = 0; i < history->count; i++) {
        const struct history_point *point = history_at(history, history->count - 1 - i);
        times[i] = point->time_ms;
        values[i] = point->value;
    }
    state_put_array(out, "times", times, history->count, sizeof *times);
    state_put_array(out, values_name, values, history->count, sizeof *values);
}

bool history_load(struct history *history, const char *values_name, int64_t latest_ms, struct state_cursor *cursor)
{
    int64_t times[SCALER_TICKS_MAX];
    double values[SCALER_TICKS_MAX];
    unsigned count = 0;

    assert(history->capacity <= SCALER_TICKS_MAX);
    if (!state_get_times(cursor, "times", latest_ms, times, history->capacity, &count) ||
        !state_get_doubles(cursor, values_name, values, count))
        return false;
    for (unsigned i = 0; i < count; i++) {
        if (values[i] < 0.0)
            return false;
        history_push(history, times[i], values[i]);
    }
    return true;
}

void history_save_whole(const struct history *history, const char *name, struct state_text *out)
{
    if (history->since_ms == HISTORY_NEVER)
        state_put(out, "%s " NOTHING "\n", name);
    else
        state_put(out, "%s %" PRId64 "\n", name, history->since_ms);
    history_save(history, "values", out);
}

static bool get_since(const char *word, int64_t latest_ms, int64_t *since_ms)
{
    if (strcmp(word, NOTHING) != 0)
        return state_get_number(word, -STATE_MS_MAX, latest_ms, since_ms);
    *since_ms = HISTORY_NEVER;
    return true;
}

bool history_load_whole(struct history *history, const char *name, int64_t latest_ms, struct state_cursor *cursor)
{
    struct state_line line;
    int64_t since_ms = 0;

    if (!state_get_words(cursor, &line, name, 2) || !get_since(line.words[1], latest_ms, &since_ms) ||
        !history_load(history, "values", latest_ms, cursor))
        return false;
    history->since_ms = since_ms;
    return true;
}

void history_shift(struct history *history, int64_t shift_ms)
{
    for (unsigned i = 0; i < history->capacity; i++)
        history->points[i].time_ms += shift_ms;
    if (history->since_ms != HISTORY_NEVER)
        history->since_ms += shift_ms;
}
