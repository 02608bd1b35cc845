#include "scaler/errors.h"

#include "common/compare.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PRIOR 4U /* observed errors that outweigh the assumed spread */

/* The first place in `sorted` whose value is not below the error. It has no branch on the values, which would go either
 * way equally often: the CPU would predict half of them wrongly. */
static unsigned place_of(const struct errors *errors, float error)
{
    unsigned at = 0;

    for (unsigned rest = errors->count; rest > 0;) {
        unsigned half = (rest + 1) / 2;
        at = errors->sorted[at + half - 1] < error ? at + half : at;
        rest -= half;
    }
    return at;
}

/* Puts the error among the sorted ones. */
static void put_in(struct errors *errors, float error)
{
    unsigned at = place_of(errors, error);

    memmove(errors->sorted + at + 1, errors->sorted + at, (errors->count - at) * sizeof *errors->sorted);
    errors->sorted[at] = error;
    errors->count++;
}

/* The same with an old one taken out: only those between both move. */
static void replace(struct errors *errors, float old, float error)
{
    float *sorted = errors->sorted;
    unsigned from = place_of(errors, old);
    unsigned to = place_of(errors, error);

    if (from < to)
        memmove(sorted + from, sorted + from + 1, (--to - from) * sizeof *sorted);
    else
        memmove(sorted + to + 1, sorted + to, (from - to) * sizeof *sorted);
    sorted[to] = error;
}

void errors_push(struct errors *errors, double error)
{
    float newest = (float)error;

    if (errors->count == ERRORS_MAX)
        replace(errors, errors->ring[errors->next], newest);
    else
        put_in(errors, newest);
    errors->ring[errors->next] = newest;
    errors->next = (errors->next + 1) % ERRORS_MAX;
}

void errors_restore(struct errors *errors)
{
    memcpy(errors->sorted, errors->ring, errors->count * sizeof *errors->sorted);
    qsort(errors->sorted, errors->count, sizeof *errors->sorted, compare_float);
}

/* Quantile number i of n of the Laplace distribution, ascending. */
static float assumed(unsigned i, unsigned n, double spread)
{
    double p = (i + 0.5) / n;

    return (float)(p < 0.5 ? spread * log(2.0 * p) : -spread * log(2.0 * (1.0 - p)));
}

/* The spread of the distribution is its mean absolute error. Large errors count by themselves: they widen nothing. */
static double learned_spread(const struct errors *errors, double assumed)
{
    double sum = PRIOR * assumed;

    for (unsigned i = 0; i < errors->count; i++)
        sum += fabs((double)errors->sorted[i]);
    return fmin(assumed, sum / (PRIOR + errors->count));
}

struct errors_view errors_view(const struct errors *errors, double spread, float *scratch)
{
    if (errors->count >= ERRORS_ASSUMED)
        return (struct errors_view){.values = errors->sorted, .count = errors->count};

    /* Merge the observed errors with as many assumed ones as are missing. */
    unsigned missing = ERRORS_ASSUMED - errors->count;
    unsigned own = 0;

    spread = learned_spread(errors, spread);
    for (unsigned i = 0; i < missing; i++) {
        float value = assumed(i, missing, spread);
        while (own < errors->count && errors->sorted[own] <= value) {
            scratch[i + own] = errors->sorted[own];
            own++;
        }
        scratch[i + own] = value;
    }
    for (; own < errors->count; own++)
        scratch[missing + own] = errors->sorted[own];
    return (struct errors_view){.values = scratch, .count = ERRORS_ASSUMED};
}

double errors_quantile(const struct errors_view *view, double q)
{
    double at = q * (view->count - 1);
    unsigned below = (unsigned)at;
    double part = at - below;

    if (below + 1 >= view->count)
        return view->values[view->count - 1];
    return view->values[below] * (1.0 - part) + view->values[below + 1] * part;
}
