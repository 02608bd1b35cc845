#include "scaler/regress.h"

#include "scaler/student.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>

/* x that differ by no more than this share of their size are equal, apart from rounding. */
#define SAME_X 1e-9

static double mean(const double *values, unsigned n)
{
    double sum = 0.0;

    for (unsigned i = 0; i < n; i++)
        sum += values[i];
    return sum / n;
}

static bool all_same(const double *x, unsigned n)
{
    double low = x[0];
    double high = x[0];

    for (unsigned i = 1; i < n; i++) {
        low = x[i] < low ? x[i] : low;
        high = x[i] > high ? x[i] : high;
    }
    return high - low <= SAME_X * fmax(fabs(low), fabs(high));
}

/* Subtracts the means first: sums of squares of large, nearly equal numbers would cancel. */
int regress_fit(const double *x, const double *y, unsigned n, struct regression *fit)
{
    if (n < REGRESS_POINTS_MIN)
        return -ENODATA;
    if (all_same(x, n))
        return -EDOM;

    struct regression line = {.n = n, .mean_x = mean(x, n), .mean_y = mean(y, n)};
    double sxy = 0.0;
    for (unsigned i = 0; i < n; i++) {
        double dx = x[i] - line.mean_x;
        line.sxx += dx * dx;
        sxy += dx * (y[i] - line.mean_y);
    }
    line.slope = sxy / line.sxx;

    double squares = 0.0;
    for (unsigned i = 0; i < n; i++) {
        double residual = y[i] - regress_at(&line, x[i]);
        squares += residual * residual;
    }
    line.standard_error = sqrt(squares / (n - 2));

    /* Any NaN or infinity among the values shows up in one of these. */
    if (!isfinite(line.sxx) || !isfinite(line.slope) || !isfinite(line.standard_error))
        return -EDOM;
    *fit = line;
    return 0;
}

double regress_at(const struct regression *fit, double x)
{
    return fit->mean_y + fit->slope * (x - fit->mean_x);
}

double regress_margin(const struct regression *fit, double x, double confidence)
{
    double distance = x - fit->mean_x;
    double spread = sqrt(1.0 + 1.0 / fit->n + distance * distance / fit->sxx);

    return student_quantile(confidence, fit->n - 2) * fit->standard_error * spread;
}
