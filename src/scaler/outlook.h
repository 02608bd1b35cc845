/* Pure. Extrapolates the readings of a single node: a line through its recent readings, the interval around the
 * line, and the time at which the line reaches a limit. */
#ifndef SCALER_OUTLOOK_H
#define SCALER_OUTLOOK_H

#include "scaler/regress.h"

#include <stdbool.h>

struct outlook {
    bool valid; /* false: too few points; the rest is 0, but until_s is INFINITY */
    double now; /* on the line */
    double at;  /* at the horizon; clamped to 0 to 1 */
    /* Until the line reaches the limit. 0: it already has. INFINITY: never, or the rise is not significant. */
    double until_s;
    double horizon_s;
    struct regression line;
};

struct outlook_interval {
    double low; /* clamped to 0 to 1 */
    double high;
};

/* x: seconds from now (not above 0), y: shares, n points. horizon_s > 0. limit: a share. A rise is
 * significant when the slope is above 3 times its standard error, s / sqrt(Sxx) (Draper & Smith, chapter 1). No line is
 * followed further ahead than 6 times its length. */
struct outlook outlook_of(const double *x, const double *y, unsigned n, double horizon_s, double limit);

/* The interval that contains FORECAST_CONFIDENCE of the readings at the horizon, if the trend holds; of a valid
 * outlook. Computed only when it is asked for: a quantile of Student's t costs more than the line. */
struct outlook_interval outlook_interval(const struct outlook *outlook);

#endif
