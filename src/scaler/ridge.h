/* Pure. Linear regression with a ridge, learned while the data come.
 *
 * The rise y is predicted as base + Σ weight·x over RIDGE_FEATURES numbers x. The weights minimise the squared errors
 * plus a ridge on the weights of the standardised features (Hoerl & Kennard, Technometrics 12, 1970): without it,
 * features that say nearly the same would get large weights of opposite sign. Only sums are kept: of x, y, x·x' and
 * x·y. They lose half of their weight in a day, so that the regression follows what changes (normal equations with
 * exponential forgetting; Ljung, System Identification, 2nd ed., 11.2). Each hour the normal equations
 *
 *     (R + 0.001·I) b = r,    R, r: correlations of the features, and their covariances with y
 *
 * are solved by Cholesky's decomposition. Nothing is predicted before RIDGE_LEAST examples. No rise is predicted that
 * is larger than any seen lately: a line does not know where it ends. */
#ifndef SCALER_RIDGE_H
#define SCALER_RIDGE_H

#include <stdbool.h>
#include <stdint.h>

#define RIDGE_FEATURES 16U
#define RIDGE_PAIRS    (RIDGE_FEATURES * (RIDGE_FEATURES + 1U) / 2U)
#define RIDGE_LEAST    480U /* examples: 30 for each feature; 2 h in steps of 15 s */

/* The sums, with forgetting. */
struct ridge_sums {
    double n;
    double y;
    double x[RIDGE_FEATURES];
    double xy[RIDGE_FEATURES];
    double xx[RIDGE_PAIRS]; /* the lower triangle, row by row */
};

/* All zeros: nothing is learned. */
struct ridge {
    struct ridge_sums sums;
    double largest;           /* rise or fall, with forgetting */
    unsigned known;           /* examples, up to RIDGE_LEAST */
    int64_t unfitted_ms;      /* of examples since the last solution */
    bool is_fitted;           /* there is a solution: */
    double base;              /* what is predicted where all features are 0 */
    double w[RIDGE_FEATURES]; /* the weight of each feature */
};

/* Learns an example; step_ms: the time from one to the next. All numbers are finite. */
void ridge_learn(struct ridge *ridge, const float x[RIDGE_FEATURES], double y, int64_t step_ms);

/* The predicted rise. 0 while nothing is predicted. */
double ridge_predict(const struct ridge *ridge, const float x[RIDGE_FEATURES]);

#endif
