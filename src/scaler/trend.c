#include "scaler/trend.h"

#include <math.h>

static double seconds(const struct trend *trend, int64_t time_ms)
{
    return (double)(time_ms - trend->centre_ms) / 1000.0;
}

/* Adds a point to the sums, or with sign -1 takes one out. */
static void sum(struct trend *trend, const struct history_point *point, double sign)
{
    double x = seconds(trend, point->time_ms);
    double y = point->value - trend->centre;

    trend->sx += sign * x;
    trend->sy += sign * y;
    trend->sxx += sign * x * x;
    trend->sxy += sign * x * y;
    trend->syy += sign * y * y;
}

/* Recomputes the sums from all points of the window. */
static void refit(struct trend *trend, const struct history *history, int64_t window_ms)
{
    *trend = (struct trend){0};
    if (history->count == 0)
        return;
    int64_t now_ms = history_at(history, 0)->time_ms;
    while (trend->n < history->count && history_at(history, trend->n)->time_ms > now_ms - window_ms)
        trend->n++;

    double mean = 0.0;
    for (unsigned age = 0; age < trend->n; age++)
        mean += history_at(history, age)->value / trend->n;
    trend->centre = mean;
    trend->centre_ms = history_at(history, trend->n / 2)->time_ms;
    for (unsigned age = 0; age < trend->n; age++)
        sum(trend, history_at(history, age), 1.0);
}

void trend_follow(struct trend *trend, const struct history *history, int64_t window_ms)
{
    const struct history_point *newest = history_at(history, 0);

    if (trend->n + 1 > history->count || trend->slides >= trend->n) {
        refit(trend, history, window_ms);
        return;
    }
    sum(trend, newest, 1.0);
    trend->n++;
    trend->slides++;
    while (history_at(history, trend->n - 1)->time_ms <= newest->time_ms - window_ms)
        sum(trend, history_at(history, --trend->n), -1.0);
}

bool trend_fit(const struct trend *trend, int64_t now_ms, struct regression *fit)
{
    double n = trend->n;

    if (trend->n < REGRESS_POINTS_MIN)
        return false;
    double sxx = trend->sxx - trend->sx * trend->sx / n;
    double sxy = trend->sxy - trend->sx * trend->sy / n;
    double syy = trend->syy - trend->sy * trend->sy / n;
    if (sxx <= 1e-9 * (1.0 + trend->sxx))
        return false;
    double slope = sxy / sxx;
    double squares = fmax(syy - slope * sxy, 0.0);
    *fit = (struct regression){
        .n = trend->n,
        .mean_x = trend->sx / n - (double)(now_ms - trend->centre_ms) / 1000.0,
        .mean_y = trend->centre + trend->sy / n,
        .slope = slope,
        .sxx = sxx,
        .standard_error = sqrt(squares / (n - 2.0)),
    };
    return isfinite(fit->slope) && isfinite(fit->standard_error);
}
