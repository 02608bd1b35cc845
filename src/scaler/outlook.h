/* Pure. Where a single node's reading is heading: a line through its recent past, the interval of a reading on it, and
 * when it reaches a limit. */
#ifndef SCALER_OUTLOOK_H
#define SCALER_OUTLOOK_H

#include <stdbool.h>

struct outlook {
    bool valid; /* false: too few points; the rest is 0 */
    double now; /* on the line */
    double at;  /* at the horizon; like low and high within 0 to 1 */
    double low; /* the interval that holds FORECAST_CONFIDENCE of readings then, if the line lasts */
    double high;
    double until_s; /* until the line reaches the limit; 0: it has; INFINITY: never, or it is not sure to rise */
};

/* x: seconds from now (not above 0), y: shares, n points. horizon_s > 0. limit: a share. Source of the interval:
 * regress.h. A line is sure to rise when its slope is above 3 times its standard error, s / sqrt(Sxx) (Draper & Smith,
 * chapter 1), and it is believed no further ahead than 6 times its length. */
struct outlook outlook_of(const double *x, const double *y, unsigned n, double horizon_s, double limit);

#endif
