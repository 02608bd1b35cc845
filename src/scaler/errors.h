/* Pure. The last errors of one forecaster, in their order: what a margin and an interval are read from.
 *
 * An error is what came minus what was forecast. Until there are enough, assumed ones stand in for those that are
 * missing: 80 from a symmetric exponential (Laplace) distribution, which has heavier tails than Gauss's, as demand
 * has. */
#ifndef SCALER_ERRORS_H
#define SCALER_ERRORS_H

#define ERRORS_MAX     480U /* 2 h at a tick of 15 s */
#define ERRORS_ASSUMED 80U

struct errors {
    unsigned count;
    unsigned next; /* where the next one goes in the ring */
    float ring[ERRORS_MAX];
    float sorted[ERRORS_MAX]; /* ascending */
};

/* What is read: ascending values. */
struct errors_view {
    const float *values;
    unsigned count;
};

/* The oldest one makes room. error is finite. */
void errors_push(struct errors *errors, double error);

/* Sorts the ring anew, after it was filled from outside. */
void errors_restore(struct errors *errors);

/* The errors with assumed ones of that spread (> 0) among them, as long as they are needed; scratch has ERRORS_ASSUMED
 * places and lives as long as the view. Never empty. */
struct errors_view errors_view(const struct errors *errors, double spread, float *scratch);

/* The quantile at q, 0 to 1, between order statistics. */
double errors_quantile(const struct errors_view *view, double q);

#endif
