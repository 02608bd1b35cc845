/* Pure. What is expected of a demand, and how sure that is. */
#ifndef SCALER_FORECAST_H
#define SCALER_FORECAST_H

#include "scaler/regress.h"

#include <stdbool.h>
#include <stdint.h>

enum forecaster {
    FORECASTER_LAST,     /* the last value */
    FORECASTER_LINE_60,  /* least squares over the last 60 s, never below the line's level now */
    FORECASTER_LINE_120, /* 120 s */
    FORECASTER_LINE_300, /* 300 s */
    FORECASTER_PEAK,     /* the highest of the last 120 s */
    FORECASTER_SEASON,   /* today's level with yesterday's rise */
    FORECASTER_COUNT
};

extern const char *const forecaster_names[FORECASTER_COUNT]; /* last, line-60s, ..., peak, yesterday */

struct forecast {
    bool valid;         /* false: the rest is 0 */
    int64_t horizon_ms; /* from now */
    double expected;    /* demand then: the middle of the outcomes */
    double low;         /* the interval that holds FORECAST_CONFIDENCE of them */
    double high;
    double bound; /* demand to size for: with the margin that its price makes worth while */
    enum forecaster forecaster;
    double above;    /* share of past errors beyond the bound */
    double price;    /* expected of a decision for the bound, in mean fleets */
    double promised; /* that price and the one that came, averaged over what fell due */
    double paid;
    double coverage;   /* share of outcomes within their interval; NaN: nothing fell due yet */
    unsigned scored;   /* own errors that the margin rests on */
    double slope;      /* of the line through the last 120 s, demand per second; 0 with fewer than 3 points */
    int64_t window_ms; /* stabilization window that goes with it */
};

#define FORECAST_CONFIDENCE 0.90

/* A line followed to the horizon (> 0), with the classic interval of a new observation: for what has no past errors.
 *
 * A fit's x are seconds from now. The trend is damped (Gardner & McKenzie, Management Science 31, 1985): a line is
 * believed as far ahead as it has been seen; beyond that the slope halves with each further such length. So three
 * points cannot carry as far as a window of them, and no line carries further than 2.44 times its length. A falling
 * line is not followed: it expects its level now. bound is the upper end of the interval, at most 30 % above what is
 * expected. Not valid where numbers leave what a double holds. */
struct forecast forecast_line(const struct regression *fit, double seen_s, int64_t horizon_ms);

#endif
