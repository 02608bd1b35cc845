#include "scaler/margin.h"

#include <math.h>
#include <stdbool.h>

#define POINTS_MAX 100 /* about so many places of the distribution are looked at */
#define LEAST      0.5 /* of the forecast */

static double bound_of(double forecast, float error)
{
    return fmax(LEAST * forecast, forecast + (double)error);
}

/* The place in the errors whose bound is the cheapest at each of the prices. */
static void find(double forecast, const struct errors_view *errors, double per_demand, const double *per_error,
                 unsigned prices, int *best)
{
    int count = (int)errors->count;
    int stride = count > 2 * POINTS_MAX ? count / POINTS_MAX : 1;
    double cheapest[MARGIN_PRICES_MAX];

    for (unsigned p = 0; p < prices; p++)
        cheapest[p] = INFINITY;
    /* Only errors of the upper half: a bound that half of the outcomes exceed is none. Nor is there any use in one more
     * error above the same bound. */
    for (int i = count - 1; i >= count / 2; i -= stride) {
        double bound = forecast + (double)errors->values[i];
        bool least = bound <= LEAST * forecast;
        double nodes = (least ? LEAST * forecast : bound) * per_demand;
        for (unsigned p = 0; p < prices; p++) {
            double cost = nodes + per_error[p] * (count - i);
            best[p] = cost < cheapest[p] ? i : best[p];
            cheapest[p] = cost < cheapest[p] ? cost : cheapest[p];
        }
        if (least)
            return;
    }
}

void margin_cheapest(double forecast, const struct errors_view *errors, double high, double mean_fleet,
                     const double *price, unsigned prices, struct margin *margin)
{
    double per_error[MARGIN_PRICES_MAX];
    int best[MARGIN_PRICES_MAX];

    for (unsigned p = 0; p < prices; p++) {
        per_error[p] = price[p] / (errors->count + 1);
        best[p] = (int)errors->count - 1;
    }
    find(forecast, errors, 1.0 / (high * mean_fleet), per_error, prices, best);
    for (unsigned p = 0; p < prices; p++)
        margin[p] = (struct margin){
            .bound = bound_of(forecast, errors->values[best[p]]),
            .above = (double)((int)errors->count - best[p]) / (errors->count + 1),
        };
}
