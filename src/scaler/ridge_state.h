/* Pure. Converts what a regression has learned to lines of the saved state and back. */
#ifndef SCALER_RIDGE_STATE_H
#define SCALER_RIDGE_STATE_H

#include "scaler/ridge.h"
#include "scaler/state_text.h"

void ridge_save(const struct ridge *ridge, struct state_text *out);

/* Fills the regression. False: the text is not of one. */
bool ridge_load(struct ridge *ridge, struct state_cursor *cursor);

#endif
