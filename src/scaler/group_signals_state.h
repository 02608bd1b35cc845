/* Pure. Converts what a scaler remembers of a group's signals, which most groups do not have, to lines of the saved
 * state and back. They are saved by name: a text without them is one of a group without signals. */
#ifndef SCALER_GROUP_SIGNALS_STATE_H
#define SCALER_GROUP_SIGNALS_STATE_H

#include "scaler/state_text.h"

#include <stdbool.h>
#include <stdint.h>

struct group_signals;
struct scaler;

/* Nothing, if there is nothing to remember. */
void group_signals_save(const struct scaler *scaler, struct state_text *out);

/* Reads the lines, if they come next, into a scaler whose ticked_ms is known. False: they are not what
 * group_signals_save() writes; the scaler is then undefined. */
bool group_signals_load(struct scaler *scaler, struct state_cursor *cursor);

/* Moves all times. */
void group_signals_shift(struct group_signals *signals, int64_t shift_ms);

#endif
