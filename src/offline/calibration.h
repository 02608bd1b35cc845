/* Pure. Measures how well forecasts are calibrated over a whole run: whether the interval contains FORECAST_CONFIDENCE
 * of the outcomes, and whether a decision costs the price that was expected.
 *
 * The predictor scores itself while it runs (predictor.c), and adapts to the result. This is an independent check of
 * it: it knows only the published forecasts and the demand, and repeats the arithmetic on purpose. */
#ifndef OFFLINE_CALIBRATION_H
#define OFFLINE_CALIBRATION_H

#include "scaler/forecast.h"

#include <stddef.h>
#include <stdint.h>

#define CALIBRATION_MAX 128U /* forecasts that wait for their time; more are not judged */

/* A forecast whose time has not come yet. */
struct calibration_forecast {
    int64_t due_ms;
    double low, high, bound;
    double nodes; /* price of the bound's nodes, in mean fleets */
    double price; /* expected */
};

struct calibration {
    size_t within; /* forecasts whose outcome lay within their interval */
    size_t judged;
    double promised; /* sums over the judged forecasts, in mean fleets: the expected price, */
    double paid;     /* and the price that was paid */
    unsigned first, count;
    struct calibration_forecast waiting[CALIBRATION_MAX];
};

/* Takes a step, of step_ms: its demand, the forecast made at it, and the price of the settings. */
void calibration_step(struct calibration *calibration, int64_t now_ms, int64_t step_ms, double demand,
                      const struct forecast *forecast, double price);

/* Means over the judged forecasts; NaN when there are none. */
double calibration_coverage(const struct calibration *calibration);
double calibration_promised(const struct calibration *calibration);
double calibration_paid(const struct calibration *calibration);

#endif
