#include "scaler/margin.h"

#include <math.h>

#define POINTS_MAX 100 /* about how many bounds are tried */
#define LEAST      0.5 /* of the forecast */

/* Not fmax(), which is slower: this is the innermost loop of the scaler. */
static double bound_of(double forecast, double error)
{
    double bound = forecast + error;

    return bound > LEAST * forecast ? bound : LEAST * forecast;
}

struct margin margin_cheapest(double forecast, const struct errors_view *errors, double high, double mean_fleet,
                              double price)
{
    int count = (int)errors->count;
    int stride = count > 2 * POINTS_MAX ? count / POINTS_MAX : 1;
    double per_demand = 1.0 / (high * mean_fleet);
    double per_error = price / (count + 1);
    double lowest =
        bound_of(forecast, errors->values[count / 2]) * per_demand; /* of all bounds, without their errors */
    double cheapest = INFINITY;
    int best = count - 1;

    /* From the largest error down to the median: half of the outcomes would exceed a smaller bound. It stops where even
     * the cheapest nodes cost more than the best bound so far. */
    for (int i = count - 1; i >= count / 2 && lowest + per_error * (count - i) < cheapest; i -= stride) {
        double cost = bound_of(forecast, errors->values[i]) * per_demand + per_error * (count - i);
        if (cost < cheapest) {
            cheapest = cost;
            best = i;
        }
    }
    return (struct margin){
        .bound = bound_of(forecast, errors->values[best]),
        .above = (double)(count - best) / (count + 1),
    };
}
