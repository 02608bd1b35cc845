/* Pure. Converts what is known of additions that help or do not to lines of the saved state and back. */
#ifndef SCALER_HELPING_STATE_H
#define SCALER_HELPING_STATE_H

#include "scaler/helping.h"
#include "scaler/state_text.h"

#include <stdbool.h>
#include <stdint.h>

void helping_save(const struct helping *helping, struct state_text *out);

/* No time may be after latest_ms. False: the text is not what helping_save() writes; *helping is then undefined. */
bool helping_load(struct helping *helping, int64_t latest_ms, struct state_cursor *cursor);

/* Moves all times. */
void helping_shift(struct helping *helping, int64_t shift_ms);

#endif
