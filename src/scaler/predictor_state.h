/* Pure. What a predictor remembers, as lines of the saved state and back. */
#ifndef SCALER_PREDICTOR_STATE_H
#define SCALER_PREDICTOR_STATE_H

#include "scaler/predictor.h"
#include "scaler/state_text.h"

#include <stdbool.h>
#include <stdint.h>

/* Begins with a line "predictor NAME ...". */
void predictor_save(const struct predictor *predictor, const char *name, struct state_text *out);

/* Fills a predictor of all zeros; no time is after latest_ms, or as far ahead of it as forecasts are. False:
 * the text is not what predictor_save() writes, and the predictor is in an undefined state. */
bool predictor_load(struct predictor *predictor, const char *name, int64_t latest_ms, struct state_cursor *cursor);

/* Moves all times. */
void predictor_shift(struct predictor *predictor, int64_t shift_ms);

#endif
