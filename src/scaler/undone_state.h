/* Pure. Saves the scale-ins that had to be undone in a scaler's state, and reads them back. */
#ifndef SCALER_UNDONE_STATE_H
#define SCALER_UNDONE_STATE_H

#include "scaler/state_text.h"
#include "scaler/undone.h"

#include <stdbool.h>
#include <stdint.h>

void undone_save(const struct undone *undone, struct state_text *out);

/* latest_ms: no time is later. False: the lines are not what undone_save() writes. */
bool undone_load(struct undone *undone, int64_t latest_ms, struct state_cursor *cursor);

/* Moves all times. */
void undone_shift(struct undone *undone, int64_t shift_ms);

#endif
