/* Pure. The recent errors of one forecaster, sorted: the distribution from which margins and intervals are computed.
 *
 * An error is the outcome minus the forecast. While there are fewer than ERRORS_ASSUMED, assumed errors fill the gap.
 * They follow a symmetric exponential (Laplace) distribution, whose tails are heavier than the normal distribution's,
 * as those of demand are. */
#ifndef SCALER_ERRORS_H
#define SCALER_ERRORS_H

#define ERRORS_MAX     480U /* 2 h at a tick of 15 s */
#define ERRORS_ASSUMED 80U

struct errors {
    unsigned count;
    unsigned next; /* place of the next error in the ring */
    float ring[ERRORS_MAX];
    float sorted[ERRORS_MAX]; /* ascending */
};

/* Errors to read, ascending. */
struct errors_view {
    const float *values;
    unsigned count;
};

/* Replaces the oldest error when the ring is full. error is finite. */
void errors_push(struct errors *errors, double error);

/* Rebuilds `sorted` after the caller has filled the ring. */
void errors_restore(struct errors *errors);

/* The errors, filled up to ERRORS_ASSUMED with assumed ones. Their spread (> 0) is the one
 * that is given, or what the observed errors say if that is less. scratch: ERRORS_ASSUMED places that
 * live as long as the view. Never empty. */
struct errors_view errors_view(const struct errors *errors, double spread, float *scratch);

/* The quantile at q, 0 to 1, interpolated between order statistics. */
double errors_quantile(const struct errors_view *view, double q);

#endif
