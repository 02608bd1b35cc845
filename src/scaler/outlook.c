#include "scaler/outlook.h"

#include "scaler/forecast.h"

#include <math.h>

#define SURE      3.0 /* standard errors of the slope */
#define REACH_MAX 6.0 /* lengths of the line */

static double share(double value)
{
    return fmin(fmax(value, 0.0), 1.0);
}

static double until(const struct regression *fit, double now, double seen_s, double limit)
{
    double slope_error = fit->standard_error / sqrt(fit->sxx);
    double ahead_s = (limit - now) / fit->slope;

    if (now >= limit)
        return 0.0;
    if (!(fit->slope > SURE * slope_error) || ahead_s > REACH_MAX * seen_s)
        return INFINITY;
    return ahead_s;
}

struct outlook outlook_of(const double *x, const double *y, unsigned n, double horizon_s, double limit)
{
    struct regression fit;
    double first_s = 0.0;

    if (regress_fit(x, y, n, &fit) != 0)
        return (struct outlook){.until_s = INFINITY};
    for (unsigned i = 0; i < n; i++)
        first_s = x[i] < first_s ? x[i] : first_s;
    double now = share(regress_at(&fit, 0.0));
    return (struct outlook){
        .valid = true,
        .now = now,
        .at = share(regress_at(&fit, horizon_s)),
        .until_s = until(&fit, now, -first_s, limit),
        .horizon_s = horizon_s,
        .line = fit,
    };
}

struct outlook_interval outlook_interval(const struct outlook *outlook)
{
    double at = regress_at(&outlook->line, outlook->horizon_s);
    double margin = regress_margin(&outlook->line, outlook->horizon_s, FORECAST_CONFIDENCE);

    return (struct outlook_interval){.low = share(at - margin), .high = share(at + margin)};
}
