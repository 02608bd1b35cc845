/* Pure. Converts the sums of a trend to lines of the saved state and back. */
#ifndef SCALER_TREND_STATE_H
#define SCALER_TREND_STATE_H

#include "scaler/state_text.h"
#include "scaler/trend.h"

#include <stdbool.h>

void trend_save(const struct trend *trend, struct state_text *out);

/* history: the one that the trend follows, already loaded. False: the text is not what trend_save() writes, or does not
 * fit the history; the trend is then undefined. */
bool trend_load(struct trend *trend, const struct history *history, struct state_cursor *cursor);

#endif
