/* Pure. The numbers from which the regression predicts how much demand rises within the horizon.
 *
 * In steps, of the last points that follow each other without a gap, all but the first less the present demand: the
 * present demand; demand 1, 3, 7 and 19 steps ago; means of the last 4, 8, 20, 80 and 240 steps; the highest of the
 * last 8 and 20. And of yesterday, 0 while it is unknown: the rise over the horizon of the means of 2 and of 10
 * minutes, the rise to the highest minute, and the level less the present demand. */
#ifndef SCALER_FEATURES_H
#define SCALER_FEATURES_H

#include "scaler/history.h"
#include "scaler/ridge.h"
#include "scaler/season.h"

#include <stdint.h>

/* points: of demand, the newest at now_ms; not empty. */
void features_of(const struct history *points, const struct season *season, int64_t now_ms, int64_t step_ms,
                 int64_t horizon_ms, float features[RIDGE_FEATURES]);

#endif
