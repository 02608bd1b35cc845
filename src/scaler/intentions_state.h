/* Pure. Saves what was desired before each of the newest orders in a scaler's state, and reads it back. */
#ifndef SCALER_INTENTIONS_STATE_H
#define SCALER_INTENTIONS_STATE_H

#include "scaler/state_text.h"

#include <stdbool.h>
#include <stdint.h>

struct scaler;

void intentions_save(const struct scaler *scaler, struct state_text *out);

/* False: the lines are not what intentions_save() writes. */
bool intentions_load(struct scaler *scaler, struct state_cursor *cursor);

/* Moves all times. */
void intentions_shift(struct scaler *scaler, int64_t shift_ms);

#endif
