/* Pure. Whether forecasts keep what they promise, over a whole run: the interval that is said to hold
 * FORECAST_CONFIDENCE of the outcomes, and the price that is expected of a decision. Counted beside the predictor, from
 * what it says alone. */
#ifndef OFFLINE_CALIBRATION_H
#define OFFLINE_CALIBRATION_H

#include "scaler/forecast.h"

#include <stddef.h>
#include <stdint.h>

#define CALIBRATION_MAX 128U /* that wait for their time; more are not judged */

struct promise {
    int64_t due_ms;
    double low, high, bound;
    double nodes; /* price of the bound's nodes, in mean fleets */
    double price; /* that was expected */
};

struct calibration {
    size_t kept; /* so many of them within their interval */
    size_t judged;
    double promised; /* sums over those that were judged, in mean fleets */
    double paid;
    unsigned first, count;
    struct promise waiting[CALIBRATION_MAX];
};

/* At each step (of step_ms): the demand, the forecast that is made of it, and the price of the settings. */
void calibration_step(struct calibration *promises, int64_t now_ms, int64_t step_ms, double demand,
                      const struct forecast *forecast, double price);

/* Means over those judged; NaN when there are none. */
double calibration_coverage(const struct calibration *promises);
double calibration_promised(const struct calibration *promises);
double calibration_paid(const struct calibration *promises);

#endif
