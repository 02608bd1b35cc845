/* Pure. Saves the orders that have brought nothing in a scaler's state, and reads them back. */
#ifndef SCALER_UNMET_STATE_H
#define SCALER_UNMET_STATE_H

#include "scaler/state_text.h"
#include "scaler/unmet.h"

#include <stdbool.h>
#include <stdint.h>

void unmet_save(const struct unmet *unmet, struct state_text *out);

/* latest_ms: no time is later. False: the lines are not what unmet_save() writes. */
bool unmet_load(struct unmet *unmet, int64_t latest_ms, struct state_cursor *cursor);

/* Moves all times. */
void unmet_shift(struct unmet *unmet, int64_t shift_ms);

#endif
