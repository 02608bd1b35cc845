#include "scaler/ridge.h"

#include <math.h>

#define HALF_LIFE_MS 86400000.0 /* a day: the shortest time over which days are alike */
#define FIT_MS       3600000    /* the weights change little within a 24th of the half-life */
#define RIDGE        1e-3       /* of the variance of a feature: large enough for rounding, too small to bias */
#define NEGLIGIBLE   1e-9       /* the variance of a feature, as a share of its mean square: rounding */

static unsigned pair(unsigned row, unsigned column)
{
    return row * (row + 1) / 2 + column;
}

/* ---- the sums ---- */

/* What was learned before keeps that share of its weight. */
static void add(struct ridge_sums *sums, double keep, const double *x, double y)
{
    double *xx = sums->xx;

    sums->n = sums->n * keep + 1.0;
    sums->y = sums->y * keep + y;
    for (unsigned i = 0; i < RIDGE_FEATURES; i++) {
        sums->x[i] = sums->x[i] * keep + x[i];
        sums->xy[i] = sums->xy[i] * keep + x[i] * y;
        for (unsigned j = 0; j <= i; j++)
            xx[j] = xx[j] * keep + x[i] * x[j];
        xx += i + 1;
    }
}

/* ---- the solution ---- */

/* The standard deviation of a feature; 0 if it is constant but for rounding. */
static double deviation(const struct ridge_sums *sums, unsigned i)
{
    double square = sums->xx[pair(i, i)] / sums->n;
    double mean = sums->x[i] / sums->n;
    double variance = square - mean * mean;

    return variance > NEGLIGIBLE * square ? sqrt(variance) : 0.0;
}

/* The normal equations of the standardised features: the lower triangle of the matrix, and the right side. A feature
 * that is constant gets the weight 0. */
static void standardise(const struct ridge_sums *sums, const double *scale, double *matrix, double *right)
{
    for (unsigned i = 0; i < RIDGE_FEATURES; i++) {
        double mean = sums->x[i] / sums->n;
        bool is_used = scale[i] > 0.0;
        right[i] = is_used ? (sums->xy[i] / sums->n - mean * sums->y / sums->n) / scale[i] : 0.0;
        for (unsigned j = 0; j < i; j++) {
            double product = sums->xx[pair(i, j)] / sums->n - mean * sums->x[j] / sums->n;
            matrix[pair(i, j)] = is_used && scale[j] > 0.0 ? product / scale[i] / scale[j] : 0.0;
        }
        matrix[pair(i, i)] = 1.0 + RIDGE;
    }
}

/* Cholesky's decomposition in place: matrix = L·L'. False: it is not positive definite. */
static bool decompose(double *matrix)
{
    for (unsigned i = 0; i < RIDGE_FEATURES; i++)
        for (unsigned j = 0; j <= i; j++) {
            double rest = matrix[pair(i, j)];
            for (unsigned k = 0; k < j; k++)
                rest -= matrix[pair(i, k)] * matrix[pair(j, k)];
            if (i == j && !(rest > 0.0))
                return false;
            matrix[pair(i, j)] = i == j ? sqrt(rest) : rest / matrix[pair(j, j)];
        }
    return true;
}

/* Solves L·L' b = right in place. */
static void substitute(const double *lower, double *right)
{
    for (unsigned i = 0; i < RIDGE_FEATURES; i++) {
        for (unsigned k = 0; k < i; k++)
            right[i] -= lower[pair(i, k)] * right[k];
        right[i] /= lower[pair(i, i)];
    }
    for (unsigned i = RIDGE_FEATURES; i-- > 0;) {
        for (unsigned k = i + 1; k < RIDGE_FEATURES; k++)
            right[i] -= lower[pair(k, i)] * right[k];
        right[i] /= lower[pair(i, i)];
    }
}

/* Keeps the last solution if there is none now. */
static void fit(struct ridge *ridge)
{
    const struct ridge_sums *sums = &ridge->sums;
    double matrix[RIDGE_PAIRS], weight[RIDGE_FEATURES], scale[RIDGE_FEATURES];
    double base = sums->y / sums->n;

    for (unsigned i = 0; i < RIDGE_FEATURES; i++)
        scale[i] = deviation(sums, i);
    standardise(sums, scale, matrix, weight);
    if (!decompose(matrix))
        return;
    substitute(matrix, weight);
    for (unsigned i = 0; i < RIDGE_FEATURES; i++) {
        weight[i] = scale[i] > 0.0 ? weight[i] / scale[i] : 0.0;
        base -= weight[i] * sums->x[i] / sums->n;
    }
    if (!isfinite(base)) /* nor is it if a weight is not */
        return;
    for (unsigned i = 0; i < RIDGE_FEATURES; i++)
        ridge->w[i] = weight[i];
    ridge->base = base;
    ridge->is_fitted = true;
}

/* ---- its use ---- */

void ridge_learn(struct ridge *ridge, const float x[RIDGE_FEATURES], double y, int64_t step_ms)
{
    double keep = exp2(-(double)step_ms / HALF_LIFE_MS);
    double features[RIDGE_FEATURES];

    for (unsigned i = 0; i < RIDGE_FEATURES; i++)
        features[i] = (double)x[i];
    add(&ridge->sums, keep, features, y);
    ridge->largest = fmax(ridge->largest * keep, fabs(y));
    ridge->unfitted_ms += step_ms;
    if (ridge->known < RIDGE_LEAST)
        ridge->known++;
    if (ridge->known < RIDGE_LEAST || (ridge->is_fitted && ridge->unfitted_ms < FIT_MS))
        return;
    fit(ridge);
    ridge->unfitted_ms = 0;
}

double ridge_predict(const struct ridge *ridge, const float x[RIDGE_FEATURES])
{
    double rise = ridge->base;

    if (!ridge->is_fitted)
        return 0.0;
    for (unsigned i = 0; i < RIDGE_FEATURES; i++)
        rise += ridge->w[i] * (double)x[i];
    return isfinite(rise) ? fmin(fmax(rise, -ridge->largest), ridge->largest) : 0.0;
}
