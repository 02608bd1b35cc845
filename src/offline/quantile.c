#include "offline/quantile.h"

#include <math.h>

/* Quickselect: partitions around a middle value until values[at] is the one of that rank. */
static void select_rank(double *values, size_t n, size_t at)
{
    size_t low = 0, high = n - 1;

    while (low < high) {
        double pivot = values[low + (high - low) / 2];
        size_t i = low, j = high;
        for (;;) {
            while (values[i] < pivot)
                i++;
            while (values[j] > pivot)
                j--;
            if (i >= j)
                break;
            double swapped = values[i];
            values[i++] = values[j];
            values[j--] = swapped;
        }
        /* now all up to i - 1 are at most the pivot, and all from j + 1 on at least */
        if (at <= j)
            high = j;
        else
            low = j + 1;
    }
}

double quantile_of(double *values, size_t n, double share)
{
    double rank = share * (double)(n - 1);
    size_t below = (size_t)rank;
    double part = rank - (double)below;

    select_rank(values, n, below);
    double a = values[below];
    if (below + 1 == n)
        return a;
    double b = values[below + 1];
    for (size_t i = below + 2; i < n; i++)
        b = fmin(b, values[i]);
    /* from the nearer neighbour, as numpy does */
    return part < 0.5 ? a + (b - a) * part : b - (b - a) * (1.0 - part);
}
