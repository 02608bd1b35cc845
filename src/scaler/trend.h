/* Pure. The least-squares line through the newest points of a history, computed from running sums: O(1) for each new
 * point.
 *
 * Running sums accumulate rounding errors, and lose small values after a large one has passed through. So they are
 * taken about a centre inside the window, and recomputed from the points once per window length. */
#ifndef SCALER_TREND_H
#define SCALER_TREND_H

#include "scaler/history.h"
#include "scaler/regress.h"

#include <stdbool.h>
#include <stdint.h>

#define TREND_POINTS_MAX 2048U /* of a history that a trend follows: 200 s at a tick of 100 ms */

struct trend {
    unsigned n;        /* points in the window: the newest n of the history */
    unsigned slides;   /* since the sums were recomputed */
    int64_t centre_ms; /* of the sums */
    double centre;
    double sx, sy, sxx, sxy, syy; /* of seconds and values about the centre */
};

/* Adds the history's newest point, and removes those that are window_ms old or older. Call it after each
 * history_push(); the history must cover the window. All zeros is a trend without points. */
void trend_follow(struct trend *trend, const struct history *history, int64_t window_ms);

/* The line over seconds from now_ms, so that its present level is regress_at(fit, 0). False: fewer than
 * REGRESS_POINTS_MIN points, or all at the same time. */
bool trend_fit(const struct trend *trend, int64_t now_ms, struct regression *fit);

#endif
