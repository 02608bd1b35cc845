#include "scaler/forecast.h"

#include <math.h>

#define DAMPING    0.5 /* of the slope, over each further length of the line */
#define MARGIN_MAX 1.3 /* times the expected demand: the interval of a few points is too wide to use */

const char *const forecaster_names[FORECASTER_NAMES] = {"last", "line-60s",  "line-120s",  "line-300s",
                                                        "peak", "yesterday", "regression", "yesterday-peak"};

/* How far ahead, in seconds, the undamped line would reach what the damped one does at the horizon: the first `seen_s`
 * in full, then the integral of DAMPING^(t / seen_s) over the rest. */
static double reach(double horizon_s, double seen_s)
{
    if (horizon_s <= seen_s)
        return horizon_s;
    return seen_s + seen_s * (1.0 - pow(DAMPING, (horizon_s - seen_s) / seen_s)) / -log(DAMPING);
}

struct forecast forecast_line(const struct regression *fit, double seen_s, int64_t horizon_ms)
{
    double at = fit->slope > 0.0 ? reach((double)horizon_ms / 1000.0, seen_s) : 0.0;
    double expected = fmax(regress_at(fit, at), 0.0);
    double margin = regress_margin(fit, at, FORECAST_CONFIDENCE);
    struct forecast forecast = {
        .valid = true,
        .horizon_ms = horizon_ms,
        .expected = expected,
        .low = fmax(expected - margin, 0.0),
        .high = expected + margin,
        .bound = fmin(expected + margin, MARGIN_MAX * expected),
        .forecaster = FORECASTER_LINE_120,
        .coverage = NAN,
        .slope = fit->slope,
    };

    if (!isfinite(forecast.high) || !isfinite(forecast.slope))
        return (struct forecast){0};
    return forecast;
}
