/* Pure. Saves the nodes that came without an order in a scaler's state, and reads them back. */
#ifndef SCALER_UNORDERED_STATE_H
#define SCALER_UNORDERED_STATE_H

#include "scaler/state_text.h"
#include "scaler/unordered.h"

#include <stdbool.h>
#include <stdint.h>

void unordered_save(const struct unordered *unordered, struct state_text *out);

/* latest_ms: no time is later. False: the lines are not what unordered_save() writes. */
bool unordered_load(struct unordered *unordered, int64_t latest_ms, struct state_cursor *cursor);

/* Moves all times. */
void unordered_shift(struct unordered *unordered, int64_t shift_ms);

#endif
