/* Pure. Converts an anticipation to lines of the saved state and back. */
#ifndef SCALER_ANTICIPATION_STATE_H
#define SCALER_ANTICIPATION_STATE_H

#include "scaler/anticipation.h"
#include "scaler/state_text.h"

#include <stdbool.h>

/* anticipates: as in struct predictor. */
void anticipation_save(const struct anticipation *anticipation, unsigned delay_steps, bool anticipates,
                       struct state_text *out);

/* Fills an anticipation that is laid out. False: the text is not what anticipation_save() writes with that delay. */
bool anticipation_load(struct anticipation *anticipation, unsigned delay_steps, bool *anticipates,
                       struct state_cursor *cursor);

#endif
