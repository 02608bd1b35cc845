/* Pure. Saves what a scaler knows of nodes that were moved to another group in its state, and reads it back. */
#ifndef SCALER_REGROUPED_STATE_H
#define SCALER_REGROUPED_STATE_H

#include "scaler/regrouped.h"
#include "scaler/state_text.h"

#include <stdbool.h>
#include <stdint.h>

/* Nothing, if no node was moved. */
void regrouped_save(const struct regrouped *regrouped, struct state_text *out);

/* latest_ms: no time is later. False: the line is not what regrouped_save() writes. Without the line all is zero. */
bool regrouped_load(struct regrouped *regrouped, int64_t latest_ms, struct state_cursor *cursor);

/* Moves the time. */
void regrouped_shift(struct regrouped *regrouped, int64_t shift_ms);

#endif
