/* Pure. Student's t distribution. */
#ifndef SCALER_STUDENT_H
#define SCALER_STUDENT_H

/* The t with P(|T| <= t) = confidence for T with df degrees of freedom; 0 < confidence < 1, df >= 1, not necessarily
 * whole. Accurate to nine digits up to df = 1e6.
 *
 * P(|T| > t) is the regularized incomplete beta function I_x(df/2, 1/2) at x = df / (df + t^2) (DLMF 8.17, Abramowitz &
 * Stegun 26.7.1), which is inverted by Newton's method. */
double student_quantile(double confidence, double df);

#endif
