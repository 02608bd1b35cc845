/* Pure. The least-squares line through the newest points of a history, kept as running sums: O(1) for each new point.
 *
 * Sums that only slide keep what rounding leaves in them, and lose small values beside a large one that has gone by. So
 * they are taken about a centre inside the window, and recomputed from the points once per window length. */
#ifndef SCALER_TREND_H
#define SCALER_TREND_H

#include "scaler/history.h"
#include "scaler/regress.h"

#include <stdbool.h>
#include <stdint.h>

#define TREND_POINTS_MAX 2048U /* that a history of ours holds: 200 s at a tick of 100 ms */

struct trend {
    unsigned n;        /* points in the window: the newest n of the history */
    unsigned slides;   /* since the sums were taken anew */
    int64_t centre_ms; /* of the sums */
    double centre;
    double sx, sy, sxx, sxy, syy; /* of seconds and values about the centre */
};

/* Takes the history's newest point in, and lets those that are window_ms old or older go. To be called after each
 * history_push(), of a history that holds the window; all zeros is a trend of no points. */
void trend_follow(struct trend *trend, const struct history *history, int64_t window_ms);

/* The line over seconds from now_ms, so that its level now is regress_at(fit, 0). False: fewer than REGRESS_POINTS_MIN
 * points, or all at one time. */
bool trend_fit(const struct trend *trend, int64_t now_ms, struct regression *fit);

#endif
