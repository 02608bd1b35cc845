/* Pure. Converts a history to arrays of the saved state and back. */
#ifndef SCALER_HISTORY_STATE_H
#define SCALER_HISTORY_STATE_H

#include "scaler/history.h"
#include "scaler/state_text.h"

#include <stdbool.h>
#include <stdint.h>

/* Two arrays, oldest point first: "times", and the values under the given name. At most SCALER_TICKS_MAX points;
 * since_ms is not among them. */
void history_save(const struct history *history, const char *values_name, struct state_text *out);

/* Pushes the points onto an empty history. False: the text is not what history_save() writes, there are more points
 * than the history has room for, a time is after latest_ms, or a value is negative; the history is then undefined. */
bool history_load(struct history *history, const char *values_name, int64_t latest_ms, struct state_cursor *cursor);

/* The same with since_ms and a line of its own, "NAME SINCE"; its values are named "values". */
void history_save_whole(const struct history *history, const char *name, struct state_text *out);
bool history_load_whole(struct history *history, const char *name, int64_t latest_ms, struct state_cursor *cursor);

/* Moves all times. */
void history_shift(struct history *history, int64_t shift_ms);

#endif
