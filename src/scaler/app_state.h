/* Pure. Converts a scaler's memory of the resource app, which most groups do not have, to lines of the saved state and
 * back. The other resources have lines in any case; a text of a version without this resource is one without it. */
#ifndef SCALER_APP_STATE_H
#define SCALER_APP_STATE_H

#include "scaler/state_text.h"

#include <stdbool.h>

struct scaler;

/* Nothing, if there is nothing to remember. The predictor is not among it. */
void app_state_save(const struct scaler *scaler, struct state_text *out);

/* Reads the lines, if they come next, into a scaler whose ticked_ms is known. False: they are not what
 * app_state_save() writes; the scaler is then undefined. */
bool app_state_load(struct scaler *scaler, struct state_cursor *cursor);

#endif
