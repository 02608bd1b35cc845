/* Pure. A forecast of demand with its interval, and the simplest forecaster: a damped line. */
#ifndef SCALER_FORECAST_H
#define SCALER_FORECAST_H

#include "scaler/regress.h"

#include <stdbool.h>
#include <stdint.h>

enum forecaster {
    FORECASTER_LAST,     /* the last value */
    FORECASTER_LINE_60,  /* least squares over the last 60 s, never below its present level */
    FORECASTER_LINE_120, /* 120 s */
    FORECASTER_LINE_300, /* 300 s */
    FORECASTER_PEAK,     /* the highest of the last 120 s */
    FORECASTER_SEASON,   /* the present level plus the rise at this time yesterday */
    FORECASTER_RIDGE,    /* the last value plus the rise by a regression on the past, see ridge.h */
    FORECASTER_COUNT,
    FORECASTER_YESTERDAY_PEAK = FORECASTER_COUNT, /* decides the bound beside one of them, see anticipation.h */
    FORECASTER_NAMES
};

extern const char *const forecaster_names[FORECASTER_NAMES]; /* last, line-60s, ..., regression, yesterday-peak */

struct forecast {
    bool valid;         /* false: the rest is 0 */
    int64_t horizon_ms; /* from now */
    double expected;    /* demand at the horizon: the median of the outcomes */
    double low;         /* the interval that contains FORECAST_CONFIDENCE of the outcomes */
    double high;
    double bound; /* demand to size for: expected plus the margin, see margin.h */
    enum forecaster forecaster;
    double above;      /* share of outcomes above the bound that is expected */
    double price;      /* expected price of sizing for the bound, in mean fleets */
    double promised;   /* means over past forecasts: the expected price, */
    double paid;       /* and the price paid */
    double coverage;   /* share of past outcomes within their interval; NaN: none yet */
    unsigned scored;   /* observed errors behind the margin */
    double slope;      /* of the line through the last 120 s, demand per second; 0 with fewer than 3 points */
    int64_t window_ms; /* stabilization window to use with it */
};

#define FORECAST_CONFIDENCE 0.90

/* Follows a line to the horizon (> 0), with the classic prediction interval: for series without past errors.
 *
 * fit: over seconds from now. seen_s: the length of the line. The trend is damped (Gardner & McKenzie, Management
 * Science 31, 1985): the slope holds for seen_s beyond now, then halves over each further seen_s. So no line reaches
 * further than 2.44 times its length, and three points less far than a full window. A falling line is not followed: the
 * forecast is its present level. bound is the upper end of the interval, at most 30 % above what is expected. The
 * forecast is invalid if a number overflows. */
struct forecast forecast_line(const struct regression *fit, double seen_s, int64_t horizon_ms);

#endif
