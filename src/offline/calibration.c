#include "offline/calibration.h"

#include <math.h>

#define ROUNDING 1e-9 /* of demand: what arithmetic rounds away is no overload */

static void judge(struct calibration *calibration, const struct calibration_forecast *forecast, double demand,
                  double price)
{
    calibration->judged++;
    calibration->within += demand >= forecast->low && demand <= forecast->high;
    calibration->promised += forecast->price;
    calibration->paid += forecast->nodes + (demand > forecast->bound * (1.0 + ROUNDING) ? price : 0.0);
}

void calibration_step(struct calibration *calibration, int64_t now_ms, int64_t step_ms, double demand,
                      const struct forecast *forecast, double price)
{
    for (; calibration->count > 0;
         calibration->count--, calibration->first = (calibration->first + 1) % CALIBRATION_MAX) {
        const struct calibration_forecast *oldest = &calibration->waiting[calibration->first];
        if (oldest->due_ms > now_ms + step_ms / 2)
            break;
        if (oldest->due_ms > now_ms - step_ms / 2)
            judge(calibration, oldest, demand, price);
    }
    if (!forecast->valid || calibration->count == CALIBRATION_MAX)
        return;
    calibration->waiting[(calibration->first + calibration->count++) % CALIBRATION_MAX] = (struct calibration_forecast){
        .due_ms = now_ms + forecast->horizon_ms,
        .low = forecast->low,
        .high = forecast->high,
        .bound = forecast->bound,
        .nodes = forecast->price - price * forecast->above,
        .price = forecast->price,
    };
}

static double mean(double sum, size_t count)
{
    return count > 0 ? sum / (double)count : NAN;
}

double calibration_coverage(const struct calibration *calibration)
{
    return mean((double)calibration->within, calibration->judged);
}

double calibration_promised(const struct calibration *calibration)
{
    return mean(calibration->promised, calibration->judged);
}

double calibration_paid(const struct calibration *calibration)
{
    return mean(calibration->paid, calibration->judged);
}
