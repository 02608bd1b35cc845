/* Pure. Converts a predictor to lines of the saved state and back. */
#ifndef SCALER_PREDICTOR_STATE_H
#define SCALER_PREDICTOR_STATE_H

#include "scaler/predictor.h"
#include "scaler/state_text.h"

#include <stdbool.h>
#include <stdint.h>

/* Writes a line "predictor NAME FORECASTERS ..." and the arrays that belong to it. */
void predictor_save(const struct predictor *predictor, const char *name, struct state_text *out);

/* Fills a predictor that is all zeros. No time may be after latest_ms, apart from those that forecasts are for. False:
 * the text is not what predictor_save() writes, or wrote before there was a regression; the predictor is then
 * undefined. */
bool predictor_load(struct predictor *predictor, const char *name, int64_t latest_ms, struct state_cursor *cursor);

/* Moves all times. */
void predictor_shift(struct predictor *predictor, int64_t shift_ms);

#endif
