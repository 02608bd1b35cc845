/* Pure. Converts a rehearsed fleet, without its price, and its recommendations to lines of the saved state and back. */
#ifndef SCALER_REHEARSAL_STATE_H
#define SCALER_REHEARSAL_STATE_H

#include "scaler/rehearsal.h"
#include "scaler/state_text.h"

#include <stdbool.h>

void rehearsal_window_save(const struct rehearsal_window *window, struct state_text *out);

/* Fills a window that was initialised. False: the text is not what rehearsal_window_save() writes. */
bool rehearsal_window_load(struct rehearsal_window *window, struct state_cursor *cursor);

void rehearsal_save(const struct rehearsal *rehearsal, unsigned delay_steps, struct state_text *out);

/* False: the text is not what rehearsal_save() writes with the same delay. */
bool rehearsal_load(struct rehearsal *rehearsal, unsigned delay_steps, struct state_cursor *cursor);

#endif
