#include "scaler/forecast.h"

#include "scaler/regress.h"

#include <math.h>

#define WINDOW_MS    120000
#define WINDOW_TICKS 4
#define DAMPING      0.5 /* of the slope, for each length of the line beyond its end */
#define CONFIDENCE   0.80

int64_t forecast_window_ms(int64_t tick_ms)
{
    return tick_ms * WINDOW_TICKS > WINDOW_MS ? tick_ms * WINDOW_TICKS : WINDOW_MS;
}

/* The time ahead at which the undamped line is where the damped one is at the horizon: the integral of
 * DAMPING^(t / seen) from 0 to horizon - seen, after the first `seen` in full. */
static double reach(double horizon, double seen)
{
    if (horizon <= seen)
        return horizon;
    return seen + seen * (1.0 - pow(DAMPING, (horizon - seen) / seen)) / -log(DAMPING);
}

struct forecast forecast_linear(const struct history *demand, int64_t now_ms, int64_t window_ms, int64_t horizon_ms)
{
    double x[FORECAST_POINTS_MAX]; /* seconds from now, so not above 0 */
    double y[FORECAST_POINTS_MAX];
    unsigned n = history_window(demand, now_ms, window_ms);
    struct regression fit;

    if (n < REGRESS_POINTS_MIN)
        return (struct forecast){0};
    if (n > FORECAST_POINTS_MAX)
        n = FORECAST_POINTS_MAX;
    for (unsigned age = 0; age < n; age++) {
        const struct history_point *point = history_at(demand, age);
        x[age] = (double)(point->time_ms - now_ms) / 1000.0;
        y[age] = point->value;
    }
    if (regress_fit(x, y, n, &fit) != 0)
        return (struct forecast){0};

    double horizon = (double)horizon_ms / 1000.0;
    double ahead = reach(horizon, -x[n - 1]);
    double peak_at = fit.slope > 0.0 ? ahead : 0.0;
    double peak = fmax(regress_at(&fit, peak_at), 0.0);
    double margin = regress_margin(&fit, peak_at, CONFIDENCE);
    struct forecast forecast = {
        .valid = true,
        .level = fmax(regress_at(&fit, 0.0), 0.0),
        .slope = fit.slope * ahead / horizon,
        .peak = peak,
        .low = fmax(peak - margin, 0.0),
        .high = peak + margin,
        .confidence = CONFIDENCE,
        .points = n,
    };
    /* Demand near the end of what a double holds. */
    if (!isfinite(forecast.high) || !isfinite(forecast.slope))
        return (struct forecast){0};
    return forecast;
}
