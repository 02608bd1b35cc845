/* Pure. Least-squares regression of y over x: the line, the quality of the fit, and the expected distance of the next
 * point from the line.
 *
 * Source: Draper & Smith, Applied Regression Analysis, 3rd edition, chapters 1 and 3. */
#ifndef SCALER_REGRESS_H
#define SCALER_REGRESS_H

#define REGRESS_POINTS_MIN 3U /* two points leave no residual, so the error is unknown */

struct regression {
    unsigned n;
    double mean_x;
    double mean_y;
    double slope;
    double sxx;            /* sum of (x - mean_x)^2 */
    double standard_error; /* of the residuals: sqrt(sum of squares / (n - 2)) */
};

/* Fits n points. 0, or with *fit untouched
 *     -ENODATA  fewer than REGRESS_POINTS_MIN
 *     -EDOM     all x are equal, or a value or a result is not finite */
int regress_fit(const double *x, const double *y, unsigned n, struct regression *fit);

/* The line at x. */
double regress_at(const struct regression *fit, double x);

/* Half of the prediction interval of a new observation at x: t * s * sqrt(1 + 1/n + (x - mean_x)^2 / Sxx), with t for
 * the two-sided confidence and n - 2 degrees of freedom. 0 < confidence < 1. */
double regress_margin(const struct regression *fit, double x, double confidence);

#endif
