/* The largest demand to expect until a node ordered now would help. */
#ifndef SCALER_FORECAST_H
#define SCALER_FORECAST_H

#include "scaler/decision.h"
#include "scaler/history.h"

#include <stdint.h>

#define FORECAST_POINTS_MAX 2048U /* of one fit; the newest ones count */

/* How far back the line is fitted: 120 s, or 4 ticks when those are longer. */
int64_t forecast_window_ms(int64_t tick_ms);

/* Fits a line to the demand of the window and follows it to the horizon (> 0), with an 80 % prediction interval.
 *
 * The trend is damped (Gardner & McKenzie, Management Science 31, 1985): a line is believed as far ahead as it has been
 * seen; beyond that the slope halves with each further such length. So three points cannot carry as far as a window of
 * them, and no line carries further than 2.44 times its length. Peak and interval are those of the line at the time
 * ahead that this leaves; of a falling line they are those of now.
 *
 * Not valid with fewer than 3 points in the window. */
struct forecast forecast_linear(const struct history *demand, int64_t now_ms, int64_t window_ms, int64_t horizon_ms);

#endif
