#include "scaler/student.h"

#include <assert.h>
#include <float.h>
#include <math.h>

#define FRACTION_TERMS_MAX 10000 /* about sqrt(df) are needed */
#define NEWTON_STEPS_MAX   100   /* fewer than 60 are needed for any confidence below 1 */
#define NEWTON_PRECISION   1e-12

/* log of the beta function. lgamma_r, since lgamma writes a global. */
static double log_beta(double a, double b)
{
    int sign;

    return lgamma_r(a, &sign) + lgamma_r(b, &sign) - lgamma_r(a + b, &sign);
}

/* The j-th coefficient of the continued fraction of I_x(a, b): DLMF 8.17.23. */
static double coefficient(unsigned j, double a, double b, double x)
{
    double m = j / 2; /* NOLINT(bugprone-integer-division): the fraction is meant to go */
    double c = a + 2.0 * m;

    if (j % 2 == 0)
        return m * (b - m) * x / ((c - 1.0) * c);
    return -(a + m) * (a + b + m) * x / (c * (c + 1.0));
}

/* 1 + d1/(1 + d2/(1 + ...)) by Lentz's method: Applied Optics 15 (1976), 668. */
static double continued_fraction(double a, double b, double x)
{
    double numerators = 1.0;   /* ratio of successive ones */
    double denominators = 0.0; /* the inverse of that ratio */
    double value = 1.0;

    for (unsigned j = 1; j < FRACTION_TERMS_MAX; j++) {
        double d = coefficient(j, a, b, x);
        denominators = 1.0 / (1.0 + d * denominators);
        numerators = 1.0 + d / numerators;
        double change = numerators * denominators;
        value *= change;
        if (fabs(change - 1.0) < DBL_EPSILON)
            break;
    }
    return value;
}

/* P(|T| > t). The fraction converges fast on one side of x = (a + 1) / (a + b + 2) only, and the other side is the
 * complement. */
static double tails(double t, double df)
{
    double a = df / 2.0;
    double b = 0.5;
    double x = df / (df + t * t);
    double y = t * t / (df + t * t); /* 1 - x without cancellation */
    double front = exp(-a * log1p(t * t / df) + b * log(y) - log_beta(a, b));

    if (x < (a + 1.0) / (a + b + 2.0))
        return front / (a * continued_fraction(a, b, x));
    return 1.0 - front / (b * continued_fraction(b, a, y));
}

static double density(double t, double df)
{
    return exp(-0.5 * (df + 1.0) * log1p(t * t / df) - log_beta(df / 2.0, 0.5)) / sqrt(df);
}

/* The tails fall convexly from 1 at t = 0, so Newton's steps from there never go past the root. */
double student_quantile(double confidence, double df)
{
    assert(confidence > 0.0 && confidence < 1.0 && df >= 1.0);

    double t = confidence / (2.0 * density(0.0, df));
    for (unsigned i = 0; i < NEWTON_STEPS_MAX; i++) {
        double step = (tails(t, df) - (1.0 - confidence)) / (2.0 * density(t, df));
        t += step;
        if (fabs(step) <= NEWTON_PRECISION * t)
            break;
    }
    return t;
}
