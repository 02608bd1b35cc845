#include "scaler/errors.h"

#include "common/compare.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PRIOR 4U /* observed errors that outweigh the assumed spread */

/* The first place in `sorted` whose value is not below the error. */
static unsigned place(const struct errors *errors, float error)
{
    unsigned low = 0;
    unsigned high = errors->count;

    while (low < high) {
        unsigned middle = (low + high) / 2;
        if (errors->sorted[middle] < error)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void take_out(struct errors *errors, float error)
{
    unsigned at = place(errors, error);

    errors->count--;
    memmove(errors->sorted + at, errors->sorted + at + 1, (errors->count - at) * sizeof *errors->sorted);
}

static void put_in(struct errors *errors, float error)
{
    unsigned at = place(errors, error);

    memmove(errors->sorted + at + 1, errors->sorted + at, (errors->count - at) * sizeof *errors->sorted);
    errors->sorted[at] = error;
    errors->count++;
}

void errors_push(struct errors *errors, double error)
{
    if (errors->count == ERRORS_MAX)
        take_out(errors, errors->ring[errors->next]);
    errors->ring[errors->next] = (float)error;
    errors->next = (errors->next + 1) % ERRORS_MAX;
    put_in(errors, (float)error);
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
